"""A process that was stopped between its intent and the call: it calls nobody when it wakes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.mongo.store import MongoStore
from adapters.whatsapp.chain import Chain
from bot.bell import Bell
from bot.conversation import Conversation, Draft, DraftKind, Grant, Status, Waiting
from bot.events import SendClass
from bot.notebook import Notebook
from bot.outbox import CALL_WITHIN, Call, Outbox
from bot.ports import CannotTell, Health, OutboundMessage, SendResult
from bot.postures import PostureCache
from bot.relay import Relay
from bot.store import Arrival
from bot.tenant import Tenant
from bot.timers import ATTEMPT_LEASE

TENANT = "default"


class Phone:
    """A provider that remembers what it was asked to send."""

    name = channel = sender_identity = "green_api"
    text_limit = 4_096
    needs_window = False
    is_authenticated = True

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, message: OutboundMessage) -> SendResult:
        self.sent.append(message.text)
        return SendResult(SendClass.ACCEPTED, provider_message_ids=("m1",))

    async def find_sent(self, message: OutboundMessage, since: datetime) -> CannotTell:
        return CannotTell("no record")

    async def health(self) -> Health:
        return Health("ok", "")

    async def close(self) -> None:
        return


class Sleeper:
    """One process with a clock of each kind, and another that shares its database."""

    def __init__(self, store: MongoStore) -> None:
        self.store = store
        self.hour = datetime.now(UTC)
        self.since_boot = 5_000.0
        self.phone = Phone()
        tenants = {TENANT: Tenant(id=TENANT, name="Clinic")}
        self.notebook = Notebook(store, tenants, Bell(), Relay(store, self.now), self.now)
        self._chains: Any = {TENANT: Chain([self.phone], self.now)}
        self._numbers = 0
        self.outbox, self.neighbour = self._outbox("me"), self._outbox("neighbour")

    def now(self) -> datetime:
        return self.hour

    def passes(self, by: timedelta) -> None:
        self.hour += by
        self.since_boot += by.total_seconds()

    async def intends(self) -> tuple[Conversation, Call]:
        """A contact whose approved answer is about to leave; its intent is stored."""
        arrival = Arrival(TENANT, Waiting("k", "opened", "", self.now(), "c", {}), ("phone:966501234567",))
        recorded = await self.store.conversations.record(arrival, self.now(), "lead")
        conversation = await self.store.conversations.read(TENANT, recorded.conversation_id)
        assert conversation is not None
        draft = Draft("d", DraftKind.TEST, Status.HELD, "hello", "en", "c", self.now())
        until = self.now() + timedelta(hours=1)
        draft.grant = Grant("g", "sami", draft.text_sha256, conversation.keys, self.now(), until)
        draft.step(Status.QUEUED)
        conversation.outbox.append(draft)
        conversation.mailbox = []
        log = self.notebook.log()
        call = await self.outbox.intend(conversation, log)
        assert call is not None
        await self.notebook.write(conversation, log, handled=["k"])
        return conversation, call

    async def stored(self) -> Draft:
        conversation = await self.store.conversations.read(TENANT, "lead")
        assert conversation is not None
        return conversation.outbox[0]

    def _outbox(self, owner: str) -> Outbox:
        return Outbox(
            self.notebook,
            self._chains,
            PostureCache(self.store, self.now),
            self._new_id,
            owner=owner,
            is_alone=False,
            monotonic=lambda: self.since_boot,
        )

    def _new_id(self) -> str:
        self._numbers += 1
        return f"n{self._numbers}"


@pytest.fixture
def sleeper(store: MongoStore) -> Sleeper:
    return Sleeper(store)


async def test_a_call_that_begins_in_time_is_made(sleeper: Sleeper) -> None:
    conversation, call = await sleeper.intends()
    sleeper.passes(CALL_WITHIN)

    await sleeper.outbox.make(conversation, call)

    assert sleeper.phone.sent == ["hello"]
    assert (await sleeper.stored()).status is Status.ACCEPTED


async def test_whoever_slept_too_long_calls_nobody_and_the_draft_waits_in_the_queue(sleeper: Sleeper) -> None:
    conversation, call = await sleeper.intends()
    sleeper.passes(CALL_WITHIN + timedelta(seconds=1))

    after = await sleeper.outbox.make(conversation, call)

    assert sleeper.phone.sent == []
    draft = await sleeper.stored()
    assert (draft.status, draft.attempts[-1].send_class) == (Status.QUEUED, SendClass.NOT_SENT_FALLBACK)
    sent = await sleeper.outbox.deliver(after, after.outbox[0])
    assert sleeper.phone.sent == ["hello"]
    assert sent is not None
    assert sent.outbox[0].status is Status.ACCEPTED, "nothing was wrong with the channel"


async def test_what_others_put_in_doubt_meanwhile_stays_in_doubt(sleeper: Sleeper) -> None:
    conversation, call = await sleeper.intends()
    sleeper.passes(ATTEMPT_LEASE + timedelta(seconds=1))

    def doubts(fresh: Conversation, log: Any) -> bool:
        return sleeper.neighbour.doubt_orphans(fresh, log)

    _, doubted = await sleeper.notebook.change(TENANT, "lead", doubts)
    assert doubted
    await sleeper.outbox.make(conversation, call)

    assert sleeper.phone.sent == []
    draft = await sleeper.stored()
    assert (draft.status, draft.note) == (Status.UNKNOWN, "process_died")


async def test_a_wall_clock_that_jumps_stops_no_call(sleeper: Sleeper) -> None:
    conversation, call = await sleeper.intends()
    sleeper.hour += timedelta(minutes=30)

    await sleeper.outbox.make(conversation, call)

    assert sleeper.phone.sent == ["hello"]
