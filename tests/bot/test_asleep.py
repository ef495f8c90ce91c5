"""A process that was stopped between its intent and the call: it calls nobody when it wakes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.mongo.driver import AWAY
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
ACCEPTED = SendResult(SendClass.ACCEPTED, provider_message_ids=("m1",))


class Phone:
    """A provider that remembers what it was asked to send."""

    name = channel = sender_identity = "green_api"
    text_limit = 4_096
    needs_window = False
    is_authenticated = True

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        """What happens during the next call."""
        self.says = ACCEPTED

    async def send(self, message: OutboundMessage) -> SendResult:
        meanwhile, self.meanwhile, says = self.meanwhile, None, self.says
        if meanwhile is not None:
            await meanwhile()
        self.sent.append(message.text)
        return says

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

    async def intends_again(self) -> tuple[Conversation, Call]:
        """Once more, as whoever took it over."""
        conversation = await self.store.conversations.read(TENANT, "lead")
        assert conversation is not None
        log = self.notebook.log()
        call = await self.neighbour.intend(conversation, log)
        assert call is not None
        await self.notebook.write(conversation, log)
        return conversation, call

    async def is_given_up(self) -> None:
        """So long that somebody else takes the attempt for one that nobody will finish."""
        self.passes(ATTEMPT_LEASE + timedelta(seconds=1))
        await self.notebook.change(TENANT, "lead", self.neighbour.doubt_orphans)

    async def is_given_up_and_sent_again(self) -> None:
        """And Sami says: send it again."""
        await self.is_given_up()
        await self.notebook.change(TENANT, "lead", send_again)

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


async def test_a_stop_that_came_while_a_process_slept_is_obeyed(sleeper: Sleeper) -> None:
    conversation, call = await sleeper.intends()
    stop = Arrival(TENANT, Waiting("stop", "message", "", sleeper.now(), "c2", {}), conversation.keys)
    await sleeper.store.conversations.record(stop, sleeper.now(), "new")
    sleeper.passes(timedelta(seconds=5))

    await sleeper.outbox.make(conversation, call)

    assert sleeper.phone.sent == [], "what waits is read first"
    assert (await sleeper.stored()).status is Status.QUEUED


async def test_an_acceptance_that_comes_late_stops_what_was_to_be_sent_again(sleeper: Sleeper) -> None:
    conversation, call = await sleeper.intends()
    sleeper.phone.meanwhile = sleeper.is_given_up_and_sent_again

    after = await sleeper.outbox.make(conversation, call)

    assert after.outbox[0].status is Status.ACCEPTED, "it has arrived: nobody wants it twice"
    assert sleeper.outbox.sendable(after) is None


@pytest.mark.parametrize(
    "late", [SendClass.NOT_SENT_FALLBACK, SendClass.AMBIGUOUS, SendClass.NOT_SENT_FIX_REQUEST]
)
async def test_the_late_answer_of_one_attempt_says_nothing_about_the_next(
    sleeper: Sleeper, late: SendClass
) -> None:
    conversation, call = await sleeper.intends()
    sleeper.phone.says = SendResult(late)
    second: list[tuple[Conversation, Call]] = []

    async def is_under_way_again() -> None:
        await sleeper.is_given_up_and_sent_again()
        second.append(await sleeper.intends_again())

    sleeper.phone.meanwhile = is_under_way_again
    await sleeper.outbox.make(conversation, call)

    draft = await sleeper.stored()
    assert draft.status is Status.SENDING, "the second call is under way, and its own answer counts"
    sleeper.phone.says = ACCEPTED
    done = await sleeper.neighbour.make(*second[0])
    assert done.outbox[0].status is Status.ACCEPTED


async def test_whoever_gives_up_while_the_database_is_away_says_so_when_it_is_back(sleeper: Sleeper) -> None:
    conversation, call = await sleeper.intends()
    sleeper.passes(CALL_WITHIN + timedelta(seconds=1))
    sleeper.store.conversations = conversations = Fickle(sleeper.store.conversations, times=2)

    await sleeper.outbox.make(conversation, call)

    assert conversations.times == 0
    assert (await sleeper.stored()).status is Status.QUEUED


def send_again(conversation: Conversation, log: Any) -> None:
    draft = conversation.outbox[0]
    draft.step(Status.QUEUED, "sent_again")
    draft.retry_at = log.at


class Fickle:
    """Conversations of a database that is away for the next few reads."""

    def __init__(self, conversations: Any, times: int) -> None:
        self._conversations = conversations
        self.times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conversations, name)

    async def read(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        if self.times:
            self.times -= 1
            raise AWAY[0]("away")
        return await self._conversations.read(tenant_id, conversation_id)
