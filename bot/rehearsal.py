"""
A conversation that exists only in memory, handled by the very parts that handle real ones.

Rule 1: pipeline, gate, outbox, deadlines and approvals are those of production. What stands in for the database
        and for the provider is in `rehearsal_room`: nothing is stored and nothing leaves.
Rule 2: a reply that may leave by itself has left when its turn ends, so the next message finds the open question,
        the window and the last lines as they would be.
Rule 3: time passes only between turns, and does what time does: drafts expire, a human's turn ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Literal

from pydantic import TypeAdapter

from bot import effects
from bot.approvals import Approvals
from bot.bell import Bell
from bot.conversation import Conversation, Draft, LogEntry, Slot, Status, Suppression, Waiting
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
from bot.rehearsal_room import CHANNEL, OnlyAir, Record, Room
from bot.storable import storable
from bot.tenant import Tenant
from flows import deal
from flows.qualification import SLOTS
from flows.wording import LANGUAGES
from rules.problems import unknown
from rules.verdict import Because

By = Literal["approver", "system"]

APPROVER = Human("rehearsal:approver", "Sami")

KINDS = tuple(kind.value for kind in Kind)

_MESSAGE = TypeAdapter(InboundMessage)
_SIGNAL = TypeAdapter(OptOutSignal)
_ID, _KEY = "rehearsal", "phone:966500000000"


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that happened, and everything that followed from it."""

    what: str
    """`says | event | approves | writes`"""
    text: str
    """What the contact or the human wrote, or the name of the event."""
    at: datetime
    decision: Decision | None
    """None when nothing was asked of the rules."""
    intent: str
    confidence: float
    stage_before: str
    stage_after: str
    said: str
    """The message that answers, whether it left or waits for a human; empty when there is none."""
    wording: str
    buttons: tuple[tuple[str, str], ...]
    """(id, title)"""
    held: bool
    """True when that message waits for a human."""
    hold_reasons: tuple[str, ...]
    """Wording keys, `hold.<reason>`."""
    flags: tuple[str, ...]
    silence_reason: str
    """Why nothing was said: `silence.<reason>`, or the reason of the gate or of a human who took over."""
    proposes: str
    """The event that an approver's yes to this message would cause."""
    proposed_stage: str
    """Where that event would lead."""
    asked: str
    """The qualification question that is open afterwards."""
    expects: str
    slots: Mapping[str, str]
    """Every qualification answer so far."""
    because: tuple[Because, ...]
    language: str
    is_suppressed: bool
    sends_paused: str
    mode: str
    """`bot | human`: who answers the contact from here on."""
    version: str
    """Of the playbook that decided."""


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
        _check_start(stage, slots, language, asked)
        self._room = Room(_first_page(tenant, at, stage, slots, language, asked))
        self._record = Record()
        self._numbers = count(1)
        tenants = {tenant.id: tenant}
        self._notebook = Notebook(self._room, tenants, Bell(), self._record, self._clock)
        postures = PostureCache(self._room, self._clock)
        self._pipeline = Pipeline(self._room, tenants, lambda _: playbook, postures, self._new_id)
        chains = {tenant.id: OnlyAir()}
        self._outbox = Outbox(self._notebook, chains, postures, self._new_id, owner=_ID, is_alone=True)
        self._approvals = Approvals(self._notebook, self._new_id)

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
        message = InboundMessage(f"in-{number}", (_KEY,), form, said, button, sent_at=self.now)
        before = _Before(self)
        decision = await self._receives("message", _MESSAGE.dump_python(message), message.key)
        await self._settles()
        return self._turn("says", text or said, before, before.fresh_draft(), decision)

    async def event(self, name: str, by: By = "approver", *, minutes_later: float = 1) -> Turn:
        """
        Let something happen to the deal.

        By an approver it passes as `bot.approvals` lets it pass; by the system it may be what a provider reports
        (`opted_out`) or what only a verified source may cause. Raises BadRequest when it is not possible here.
        """
        await self._passes(minutes_later)
        before = _Before(self)
        if by == "approver":
            await self._approvals.system_event(self.tenant.id, _ID, name, APPROVER, "rehearsal")
        else:
            await self._happens(name)
        await self._settles()
        return self._turn("event", name, before, None)

    async def approves(self, *, minutes_later: float = 1) -> Turn:
        """Say yes to the draft that waits. Raises BadRequest when none does, and what `bot.approvals` raises."""
        await self._passes(minutes_later)
        before = _Before(self)
        held = [draft for draft in self.conversation.outbox if draft.status is Status.HELD]
        if not held:
            raise BadRequest("nothing waits for a yes here", "لا توجد مسودة تنتظر الموافقة هنا")
        draft = held[-1]
        await self._approvals.approve(self.tenant.id, draft.id, draft.text_version, APPROVER)
        await self._settles()
        return self._turn("approves", "", before, self.conversation.draft(draft.id))

    async def writes(self, text: str, *, minutes_later: float = 1) -> Turn:
        """Let a human of the tenant write to the contact. Raises BadRequest for a text nobody could send."""
        await self._passes(minutes_later)
        before = _Before(self)
        await self._approvals.write(self.tenant.id, _ID, APPROVER, text)
        await self._settles()
        return self._turn("writes", text, before, before.fresh_draft())

    # What the worker does for real conversations

    async def _receives(self, what: str, data: dict[str, object], key: str) -> Decision | None:
        # A copy: what raises halfway must not leave half of its changes.
        conversation = await self._room.conversations.read(self.tenant.id, _ID)
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
            if keep_deadlines(conversation, log):
                await self._notebook.write(conversation, log)
                continue
            draft = self._outbox.sendable(conversation)
            if draft is None:
                return
            await self._outbox.deliver(conversation, draft)

    async def _passes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)
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
            signal = OptOutSignal(f"signal-{number}", (_KEY,), wants_messages=False, at=self.now)
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

    def _turn(
        self, what: str, text: str, before: "_Before", draft: Draft | None, decision: Decision | None = None
    ) -> Turn:
        conversation = self.conversation
        verdict = decision.verdict if decision else None
        is_there = draft is not None and draft.status in (Status.HELD, Status.SIMULATED)
        shown = draft if is_there else None
        proposes = shown.proposes if shown and shown.status is Status.HELD else ""
        turn = Turn(
            what=what,
            text=text,
            at=self.now,
            decision=decision,
            intent=verdict.intent if verdict else "",
            confidence=verdict.confidence if verdict else 0.0,
            stage_before=before.stage,
            stage_after=conversation.stage,
            said=shown.text if shown else "",
            wording=shown.wording if shown else "",
            buttons=shown.buttons if shown else (),
            held=shown is not None and shown.status is Status.HELD,
            hold_reasons=shown.hold_reasons if shown and shown.status is Status.HELD else (),
            flags=verdict.flags if verdict else (),
            silence_reason="" if shown else (draft.note if draft else before.kept_silent_because()),
            proposes=proposes,
            proposed_stage=_leads_to(conversation.stage, proposes),
            asked=conversation.asked,
            expects=conversation.expects,
            slots=MappingProxyType({name: slot.value for name, slot in conversation.slots.items()}),
            because=verdict.because if verdict else (),
            language=conversation.language,
            is_suppressed=conversation.is_suppressed,
            sends_paused=conversation.sends_paused,
            mode=conversation.mode,
            version=self.playbook.version,
        )
        self.turns = (*self.turns, turn)
        return turn


class _Before:
    """How things stood before a turn, to tell what it brought."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        self.stage = rehearsal.conversation.stage
        self._drafts = {draft.id for draft in rehearsal.conversation.outbox}
        self._facts = len(rehearsal.history)

    def fresh_draft(self) -> Draft | None:
        fresh = [d for d in self._rehearsal.conversation.outbox if d.id not in self._drafts]
        return fresh[-1] if fresh else None

    def kept_silent_because(self) -> str:
        fresh = self._rehearsal.history[self._facts :]
        return next((str(entry.data["reason"]) for entry in fresh if entry.what == "kept_silent"), "")


def _leads_to(stage: str, event: str) -> str:
    return deal.TABLE[stage, event] if event and deal.may(stage, event, "approver") else ""


def _check_start(stage: str, slots: Mapping[str, str], language: str, asked: str) -> None:
    questions = [slot.name for slot in SLOTS]
    wrong = [
        *([unknown("stage", stage, deal.STAGES)] if stage not in deal.STAGES else []),
        *(unknown("question", name, questions) for name in slots if name not in questions),
        *([unknown("question", asked, questions)] if asked and asked not in questions else []),
        *([unknown("language", language, LANGUAGES)] if language and language not in LANGUAGES else []),
    ]
    if wrong:
        raise BadRequest(" ".join(wrong), "بداية المحادثة غير صحيحة: مرحلة أو سؤال أو لغة غير معروفة")


def _first_page(
    tenant: Tenant, at: datetime, stage: str, slots: Mapping[str, str], language: str, asked: str
) -> Conversation:
    conversation = Conversation(_ID, tenant.id, (_KEY,), at, phone="966500000000", stage=stage, channel=CHANNEL)
    conversation.slots = {name: Slot(str(value), at, "start") for name, value in slots.items()}
    conversation.language = language
    if asked:
        conversation.asked, conversation.asked_times = asked, 1
        conversation.expects = next(slot.expects for slot in SLOTS if slot.name == asked)
    if stage == "opted_out":
        conversation.suppression = Suppression("user_optout", at, "start")
        conversation.confirmed_opt_out = True
    return conversation
