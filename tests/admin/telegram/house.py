"""Leads with held drafts, a worker's hands, a clock that can be moved, and bots that can be restarted."""

import asyncio
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ulid import ULID

from adapters.mongo.store import MongoStore
from adapters.whatsapp.chain import Chain
from admin.telegram.bot import TelegramApprovals
from admin.telegram.post import Pace
from admin.telegram.rooms import Heart
from admin.telegram.settings import Rhythm, Webhook
from bot import trust
from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.ask import Ask
from bot.bell import Bell
from bot.conversation import (
    Attempt,
    Conversation,
    Draft,
    DraftKind,
    Notice,
    Reason,
    Said,
    Status,
    Suppression,
    Waiting,
)
from bot.deadlines import keep_deadlines
from bot.departures.opening import open_room as open_limits
from bot.desk import Desk
from bot.elsewhere import Elsewhere
from bot.intake import Intake
from bot.memory.room import Memory
from bot.notebook import Log, Notebook
from bot.playbook import Playbooks, shipped
from bot.relay import Relay
from bot.settings import Settings
from bot.store import Arrival
from bot.templates.room import TemplateRoom
from bot.tenant import Tenant
from bot.workbench.bench import Workbench
from bot.workbench.replays import Replays
from tests.fakes.telegram import FakeTelegram

TENANT = "riyadh-clinic"
OTHER = "jeddah-bakery"

# Everything that takes seconds in production takes a hundredth of it here.
QUICK = Rhythm(
    poll_seconds=2,
    sweep_seconds=0.2,
    settle_seconds=0.01,
    first_pause_seconds=0.05,
    longest_pause_seconds=0.2,
    closed_chat_seconds=0.3,
    daily_tick_seconds=0.05,
    pace=Pace(chat_gap_seconds=0.01, overall_gap_seconds=0.001),
)

WORDS = {
    "stage.new_lead": ("عميل جديد", "New lead"),
    "stage.qualifying": ("قيد التأهيل", "Qualifying"),
    "intent.ask_price": ("يسأل عن السعر", "Asks the price"),
    "hold.discount": ("طلب خصمًا", "a discount was asked for"),
}


def words(key: str, language: str) -> str:
    return WORDS[key][language == "en"] if key in WORDS else key


class House:
    """One tenant without a worker: the test does by hand what the worker would."""

    def __init__(
        self, store: MongoStore, telegram: FakeTelegram, approvers: tuple[int, ...], folder: Path
    ) -> None:
        self.store = store
        self.folder = folder
        self.telegram = telegram
        self.tenant_id = TENANT
        self.ahead = _to_noon()
        self.bell = Bell()
        self.bots: list[TelegramApprovals] = []
        self.let_decide(approvers)

    def let_decide(self, approvers: tuple[int, ...], others: tuple[int, ...] = ()) -> None:
        """Say who may decide; bots started from now on know it."""
        self.tenants = {
            TENANT: Tenant(id=TENANT, name="Clinic", approver_chats=approvers),
            OTHER: Tenant(id=OTHER, name="Bakery", approver_chats=others),
        }
        tenants = self.tenants
        self.notebook = Notebook(self.store, tenants, self.bell, Relay(self.store, self.now), self.now)
        self.approvals = Approvals(self.notebook, lambda: str(ULID()))
        self.desk = Desk(self.notebook)
        self.memory = Memory(
            rows=self.store.memories, store=self.store, tenants=tenants, words=words, now=self.now
        )
        self.playbooks = Playbooks(shipped(), "reference", self.now)
        nobody = {tenant_id: Chain((), self.now) for tenant_id in tenants}
        limits = open_limits(
            self.store, tenants, nobody, 6_000, self.playbooks.policies_of, self.now, _new_id, is_alone=True
        )
        self.trust = trust.build(
            settings=Settings(_env_file=None, DEALIX_DATA_DIR=self.folder),  # type: ignore[call-arg]
            store=self.store,
            tenants=tenants,
            notebook=self.notebook,
            approvals=self.approvals,
            ask=Ask(
                self.notebook,
                Elsewhere(self.notebook, self.bell, self.now),
                self.playbooks.of,
                nobody,
                _new_id,
            ),
            channels={},
            chains=nobody,
            intake=Intake(self.notebook, {}, nobody, _new_id),
            playbook_of=self.playbooks.of,
            limits=limits,
            templates=TemplateRoom(
                rows=self.store.templates,
                channels={},
                tenants=tenants,
                policies_of=self.playbooks.policies_of,
                alerts=Alerts(self.store.alerts, self.now, _new_id),
                unreachable=self.store.unreachable,
                now=self.now,
            ),
            policies_of=self.playbooks.policies_of,
            thresholds_of=lambda tenant_id: self.playbooks.of(tenant_id).thresholds,
            now=self.now,
            new_id=_new_id,
        )
        self.audit, self.alerts, self.users = self.trust.audit, self.trust.alerts, self.trust.who.users
        self.centre, self.delegations = self.trust.centre, self.trust.authority.delegations
        self.rights = self.trust.privacy.rights
        replays = Replays(self.store, lambda: self.playbooks.base, lambda: self.playbooks.today)
        self.workbench = Workbench(
            self.store, self.playbooks, tenants, replays.over, self.now, lambda: str(ULID())
        )

    def at(self, tenant_id: str) -> "House":
        """The same house, seen from another tenant."""
        other = copy(self)
        other.tenant_id = tenant_id
        return other

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def passes(self, **time: float) -> None:
        self.ahead += timedelta(**time)

    def bot(
        self, *, rhythm: Rhythm = QUICK, webhook: Webhook | None = None, token: str = ""
    ) -> TelegramApprovals:
        """A new bot on the same database, as after a restart."""
        bot = TelegramApprovals(
            token or self.telegram.token,
            self.telegram.url,
            self.tenants,
            Heart(
                approvals=self.approvals,
                desk=self.desk,
                store=self.store,
                bell=self.bell,
                workbench=self.workbench,
                users=self.users,
                centre=self.centre,
                delegations=self.delegations,
                alerts=self.alerts,
                rights=self.rights,
                public_url="https://dealix.example",
                handover=self.memory.handover,
                now=self.now,
                words=words,
            ),
            rhythm=rhythm,
            webhook=webhook,
        )
        self.bots.append(bot)
        return bot

    async def opens(self, **how: Any) -> TelegramApprovals:
        await self.playbooks.start(self.store.rulebooks)
        bot = self.bot(**how)
        await bot.start()
        return bot

    async def deals_with(self, *updates: dict[str, Any]) -> None:
        """Wait until the bot is done with updates that nobody is answered for."""
        name = f"telegram_handled:{self.telegram.token.partition(':')[0]}"
        async with asyncio.timeout(30):
            while not {update["update_id"] for update in updates} <= set(await self.store.marks.read(name) or ()):
                await asyncio.sleep(0.02)

    async def closes(self) -> None:
        for bot in self.bots:
            await bot.stop()
        self.bots = []

    async def hears_from(self, name: str, *lines: str, phone: str = "966501234567") -> str:
        """A lead writes; what was written is read, as by the pipeline. Answers the conversation id."""
        recorded = await self._record(name, lines[-1], phone)
        key = f"phone:{phone}"

        def read(conversation: Conversation, _log: Log) -> None:
            for line in lines:
                conversation.said(Said("contact", line, self.now()))
            conversation.language = "ar"

        conversation = await self.store.conversations.by_key(self.tenant_id, key)
        assert conversation is not None
        read(conversation, self.notebook.log())
        await self.notebook.write(
            conversation, self.notebook.log(), handled=[w.key for w in conversation.mailbox]
        )
        return recorded

    async def is_written_to(self, name: str, text: str, phone: str = "966501234567") -> None:
        """A lead writes, and nobody has read it yet."""
        await self._record(name, text, phone)

    async def _record(self, name: str, text: str, phone: str) -> str:
        event = str(ULID())
        waiting = Waiting(event, "message", "green", self.now(), event, {"text": text})
        arrival = Arrival(self.tenant_id, waiting, (f"phone:{phone}",), phone=phone, name=name, opens_window=True)
        return (await self.store.conversations.record(arrival, self.now(), str(ULID()))).conversation_id

    async def holds(
        self, text: str, *, name: str = "أحمد", says: str = "كم السعر؟", phone: str = "966501234567", **more: Any
    ) -> Draft:
        """A lead wrote, and the answer waits for a human."""
        conversation_id = await self.hears_from(name, says, phone=phone)
        return await self.adds_draft(conversation_id, text, **more)

    async def adds_draft(self, conversation_id: str, text: str, **more: Any) -> Draft:
        now = self.now()
        fields: dict[str, Any] = {
            "id": str(ULID()),
            "intent": "ask_price",
            "confidence": 0.93,
            "stage_before": "new_lead",
            "stage_after": "qualifying",
            "hold_reasons": ("discount",),
            "because": (
                Reason("price_question", "سؤال عن السعر", "routing", "routing/p.yml:8", "go", ("السعر",)),
            ),
            "book_version": "3f9acde1",
            "warn_at": now + timedelta(minutes=15),
            "due_at": now + timedelta(hours=1),
            "expires_at": now + timedelta(hours=23),
        }
        draft = Draft(
            kind=DraftKind.REPLY,
            status=Status.HELD,
            text=text,
            language="ar",
            correlation_id=str(ULID()),
            created_at=now,
            **{**fields, **more},
        )
        await self.changes(conversation_id, lambda c: c.outbox.append(draft))
        return draft

    async def changes(self, conversation_id: str, edit: Callable[[Conversation], Any]) -> Conversation:
        """Whatever a worker, a receipt or a rule would write."""
        conversation, _ = await self.notebook.change(self.tenant_id, conversation_id, lambda c, _log: edit(c))
        return conversation

    async def steps(self, draft_id: str, status: Status, note: str = "", **more: Any) -> None:
        """The worker or a receipt moves a draft on."""

        def step(conversation: Conversation) -> None:
            draft = conversation.draft(draft_id)
            assert draft is not None
            for field, value in more.items():
                setattr(draft, field, value)
            draft.step(status, note)

        await self.changes((await self.conversation_of(draft_id)).id, step)

    async def sends(self, draft_id: str, status: Status = Status.ACCEPTED, channel: str = "green") -> None:
        """The worker calls the provider."""
        await self.steps(draft_id, Status.SENDING, attempts=(Attempt("a1", channel, self.now()),))
        await self.steps(draft_id, status)

    async def keeps_deadlines(self, draft_id: str) -> None:
        """The worker looks at the clock."""
        conversation = await self.conversation_of(draft_id)
        await self.notebook.change(self.tenant_id, conversation.id, keep_deadlines)

    async def opts_out(self, draft_id: str) -> None:
        """The lead wants no more messages: everything that waited is cancelled."""

        def stop(conversation: Conversation) -> None:
            conversation.suppression = Suppression("user_optout", self.now(), "k")
            conversation.stage = "opted_out"
            for draft in conversation.outbox:
                if draft.status is Status.HELD:
                    draft.step(Status.CANCELLED, "opted_out")
            conversation.notices.append(Notice(str(ULID()), "opted_out", self.now()))

        await self.changes((await self.conversation_of(draft_id)).id, stop)

    async def replaces(self, draft: Draft, text: str) -> Draft:
        """The lead wrote again: the old draft gives way to a new one."""
        conversation_id = (await self.conversation_of(draft.id)).id
        newer = await self.adds_draft(conversation_id, text)

        def give_way(conversation: Conversation) -> None:
            old = conversation.draft(draft.id)
            assert old is not None
            old.superseded_by = newer.id
            old.step(Status.CANCELLED, "the contact wrote again")

        await self.changes(conversation_id, give_way)
        return newer

    async def conversation_of(self, draft_id: str) -> Conversation:
        conversation = await self.store.conversations.by_draft(self.tenant_id, draft_id)
        assert conversation is not None
        return conversation

    async def draft(self, draft_id: str) -> Draft:
        draft = (await self.conversation_of(draft_id)).draft(draft_id)
        assert draft is not None
        return draft


def _new_id() -> str:
    return str(ULID())


def _to_noon() -> timedelta:
    """From now to noon in Riyadh, tomorrow: no brief of the day falls between the messages of a test."""
    now = datetime.now(UTC)
    return (now + timedelta(days=1)).replace(hour=9, minute=0) - now


def quick(**changed: Any) -> Rhythm:
    return replace(QUICK, **changed)
