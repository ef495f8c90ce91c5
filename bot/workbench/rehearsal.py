"""
A conversation that exists only in memory, handled by the very parts that handle real ones.

Rule 1: pipeline, gate, outbox, deadlines and approvals are those of production. What stands in for the database
        and for the provider is in `rehearsal_room`: nothing is stored and nothing leaves.
Rule 2: a reply that may leave by itself has left when its turn ends, so the next message finds the open question,
        the window and the last lines as they would be.
Rule 3: time passes only between turns, and does what time does, at its own moments: drafts expire, a human's turn
        ends, and into a silence a follow-up is drafted.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Literal

from pydantic import TypeAdapter

from bot import effects
from bot.approvals import Approvals
from bot.bell import Bell
from bot.conversation import Conversation, Draft, LogEntry, Status, Waiting
from bot.deadlines import keep_deadlines
from bot.decision import Decision
from bot.errors import BadRequest
from bot.events import InboundMessage, Kind, OptOutSignal
from bot.notebook import Notebook
from bot.outbox import Outbox
from bot.people import Human
from bot.pipeline import Pipeline
from bot.playbook import Playbook
from bot.postures import PostureCache
from bot.storable import storable
from bot.tenant import Tenant
from bot.timers import next_look
from bot.workbench.rehearsal_room import CHANNEL, CONTACT_KEY, CONVERSATION, OnlyAir, Record, Room, opening
from bot.workbench.turn import Before, Turn, turn_of
from flows import deal
from rules.problems import unknown

__all__ = ["Rehearsal", "Turn"]

By = Literal["approver", "system"]

APPROVER = Human("rehearsal:approver", "Sami")

KINDS = tuple(kind.value for kind in Kind)

_MESSAGE = TypeAdapter(InboundMessage)
_SIGNAL = TypeAdapter(OptOutSignal)


async def _money_came(_tenant_id: str, _conversation_id: str) -> bool:
    """A rehearsal is about words: whoever rehearses a won deal need not pay first."""
    return True


async def _nobody_asked(_tenant_id: str, _conversation_id: str) -> int | None:
    """In a rehearsal no request for money leaves."""
    return None


class Rehearsal:
    """One contact of one tenant who talks to one playbook."""

    def __init__(
        self,
        playbook: Playbook,
        tenant: Tenant,
        at: datetime,
        *,
        stage: str = "new_lead",
        slots: Mapping[str, str] = MappingProxyType({}),
        language: str = "",
        asked: str = "",
    ) -> None:
        """
        Begin a talk.

        Args:
            at: when it begins; aware.
            stage: where the deal stands; whoever begins opted out is suppressed.
            slots: qualification answers that are known already, by name.
            language: the language that we last answered in, empty when we never did.
            asked: the qualification question that is open.

        Raises:
            BadRequest: a stage, question or language that does not exist.
        """
        self.playbook = playbook
        self.tenant = tenant
        self.now = at
        self.turns: tuple[Turn, ...] = ()
        self._room = Room(opening(tenant, at, stage, slots, language, asked))
        self._record = Record()
        self._numbers = count(1)
        tenants = {tenant.id: tenant}
        self._notebook = Notebook(self._room, tenants, Bell(), self._record, self._clock)
        postures = PostureCache(self._room, self._clock)
        self._pipeline = Pipeline(self._room, tenants, lambda _: playbook, postures, self._new_id)
        chains = {tenant.id: OnlyAir()}
        self._outbox = Outbox(
            self._notebook,
            chains,
            postures,
            self._new_id,
            owner=CONVERSATION,
            is_alone=True,
            policies_of=lambda _: playbook.book.policies,
        )
        self._approvals = Approvals(
            self._notebook,
            self._new_id,
            lambda _: playbook.book.policies,
            paid=_money_came,
            asked_for=_nobody_asked,
        )

    @property
    def conversation(self) -> Conversation:
        """As it stands now; to be looked at, not changed."""
        return self._room.conversations.stored

    @property
    def history(self) -> tuple[LogEntry, ...]:
        """Every fact that production would have written to the timeline."""
        return tuple(self._record.entries)

    async def says(self, text: str, *, kind: str = "text", button: str = "", minutes_later: float = 1) -> Turn:
        """
        Let the contact write, or press a button, and wait until everything that follows has happened.

        A button without a text says what its title says. Raises BadRequest for a form that does not exist.
        """
        if kind not in KINDS:
            raise BadRequest(unknown("kind of message", kind, KINDS), "نوع الرسالة غير معروف")
        form = Kind.BUTTON if button and kind == Kind.TEXT else Kind(kind)
        said = text or (self._title_of(button) if button else "")
        await self._passes(minutes_later)
        number = next(self._numbers)
        message = InboundMessage(f"in-{number}", (CONTACT_KEY,), form, said, button, sent_at=self.now)
        before = self._before()
        decision = await self._receives("message", _MESSAGE.dump_python(message), message.key)
        await self._settles()
        return self._ends("says", text or said, before, before.fresh(self.conversation), decision)

    async def event(self, name: str, by: By = "approver", *, minutes_later: float = 1) -> Turn:
        """
        Let something happen to the deal.

        By an approver it passes as `bot.approvals` lets it pass; by the system it may be what a provider reports
        (`opted_out`) or what only a verified source may cause. Raises BadRequest when it is not possible here.
        """
        await self._passes(minutes_later)
        before = self._before()
        if by == "approver":
            await self._approvals.system_event(self.tenant.id, CONVERSATION, name, APPROVER, "rehearsal")
        else:
            await self._happens(name)
        await self._settles()
        return self._ends("event", name, before, None)

    async def approves(self, *, minutes_later: float = 1) -> Turn:
        """Say yes to the draft that waits. Raises BadRequest when none does, and what `bot.approvals` raises."""
        await self._passes(minutes_later)
        before = self._before()
        held = [draft for draft in self.conversation.outbox if draft.status is Status.HELD]
        if not held:
            raise BadRequest("nothing waits for a yes here", "لا توجد مسودة تنتظر الموافقة هنا")
        draft = held[-1]
        await self._approvals.approve(self.tenant.id, draft.id, draft.text_version, APPROVER)
        await self._settles()
        return self._ends("approves", "", before, self.conversation.draft(draft.id))

    async def writes(self, text: str, *, minutes_later: float = 1) -> Turn:
        """Let a human of the tenant write to the contact. Raises BadRequest for a text nobody could send."""
        await self._passes(minutes_later)
        before = self._before()
        await self._approvals.write(self.tenant.id, CONVERSATION, APPROVER, text)
        await self._settles()
        return self._ends("writes", text, before, before.fresh(self.conversation))

    async def waits(self, minutes: float) -> Turn:
        """Let time pass in which nobody says anything; a draft that came of it is the message of the turn."""
        before = self._before()
        await self._passes(minutes)
        return self._ends("waits", "", before, before.fresh(self.conversation))

    # What the worker does for real conversations

    async def _receives(self, what: str, data: dict[str, object], key: str) -> Decision | None:
        # A copy: what raises halfway must not leave half of its changes.
        conversation = await self._room.conversations.read(self.tenant.id, CONVERSATION)
        assert conversation is not None
        waiting = Waiting(f"{CHANNEL}|{key}", what, CHANNEL, self.now, f"turn-{key}", storable(data))
        if what == "message":
            conversation.channel = CHANNEL
            conversation.windows[CHANNEL] = self.now
        log = self._notebook.log()
        decision = await self._pipeline.handle(conversation, [waiting], log)
        call = await self._outbox.intend(conversation, log)
        await self._notebook.write(conversation, log)
        if call is not None:
            await self._outbox.make(conversation, call)
        return decision

    async def _settles(self) -> None:
        """Do whatever is due now; every step moves a draft forward, so it comes to an end."""
        while True:
            conversation = self.conversation
            log = self._notebook.log()
            if keep_deadlines(conversation, log) | self._pipeline.follow_up(conversation, log):
                await self._notebook.write(conversation, log)
                continue
            draft = self._outbox.sendable(conversation)
            if draft is None:
                return
            await self._outbox.deliver(conversation, draft)

    async def _passes(self, minutes: float) -> None:
        """Let everything happen at its own time, as whatever waits in the conversation asks to be looked at."""
        until = self.now + timedelta(minutes=minutes)
        while (at := next_look(self.conversation, self.tenant.pace)) is not None and self.now < at <= until:
            self.now = at
            await self._settles()
        self.now = until
        await self._settles()

    async def _happens(self, event: str) -> None:
        conversation = self.conversation
        if not deal.may(conversation.stage, event, "system"):
            known = [
                name for name in deal.allowed(conversation.stage) if deal.may(conversation.stage, name, "system")
            ]
            raise BadRequest(
                unknown(f"event of the system at {conversation.stage}", event, known),
                "هذا الحدث غير ممكن في المرحلة الحالية للصفقة",
            )
        number = next(self._numbers)
        if event == "opted_out":
            signal = OptOutSignal(f"signal-{number}", (CONTACT_KEY,), wants_messages=False, at=self.now)
            await self._receives("opt_out_signal", _SIGNAL.dump_python(signal), signal.key)
            return
        log = self._notebook.log()
        if event == "consent_renewed":
            effects.take_effect(conversation, ("resume_consent",), "", f"event-{number}", self.tenant, log)
        else:
            before, conversation.stage = (
                conversation.stage,
                deal.advance(conversation.stage, event, source="system"),
            )
            log.add("stage_moved", "", before=before, after=conversation.stage, event=event, by="system")
        await self._notebook.write(conversation, log)

    def _clock(self) -> datetime:
        return self.now

    def _new_id(self) -> str:
        return f"rehearsed-{next(self._numbers)}"

    def _title_of(self, button: str) -> str:
        key, wordings = f"button.{button}", self.playbook.wordings
        return wordings.render(key, self.conversation.language or "ar").text if key in wordings.keys else ""

    # What a turn shows

    def _before(self) -> Before:
        return Before.of(self.conversation, len(self.history))

    def _ends(
        self, what: str, text: str, before: Before, draft: Draft | None, decision: Decision | None = None
    ) -> Turn:
        turn = turn_of(
            what,
            text,
            at=self.now,
            before=before,
            conversation=self.conversation,
            fresh=self.history[before.facts :],
            draft=draft,
            decision=decision,
            version=self.playbook.version,
        )
        self.turns = (*self.turns, turn)
        return turn
