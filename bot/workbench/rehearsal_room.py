"""
What stands in for the world while a conversation is rehearsed: a store that holds one conversation, and a channel
that takes every message and tells nobody.

Rule 1: they speak the contracts of `bot.store` and `bot.ports`, as far as one conversation uses them.
Rule 2: a write against an older version is refused here as it is in the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime

from bot.conversation import Conversation, LogEntry, Slot, Suppression
from bot.errors import BadRequest, StaleConversation
from bot.events import SendClass
from bot.ports import Candidate, OutboundMessage, SendResult
from bot.store import Posture
from bot.tenant import Tenant
from flows import deal
from flows.qualification import SLOTS
from flows.wording import LANGUAGES
from rules.problems import unknown

CHANNEL = CONVERSATION = "rehearsal"
CONTACT_PHONE = "966500000000"
CONTACT_KEY = f"phone:{CONTACT_PHONE}"


class OneConversation:
    """The conversations of a store that has only this one."""

    def __init__(self, conversation: Conversation) -> None:
        self.stored = conversation

    async def read(self, _tenant_id: str, conversation_id: str) -> Conversation | None:
        """A copy, so that a change that is refused halfway leaves no trace."""
        return deepcopy(self.stored) if conversation_id == self.stored.id else None

    async def by_draft(self, _tenant_id: str, draft_id: str) -> Conversation | None:
        return deepcopy(self.stored) if self.stored.draft(draft_id) else None

    async def commit(
        self,
        conversation: Conversation,
        now: datetime,
        *,
        handled: Sequence[str] = (),
        log: Sequence[LogEntry] = (),
    ) -> None:
        """Keep the conversation. Raises StaleConversation."""
        if conversation.v != self.stored.v:
            raise StaleConversation(f"conversation {conversation.id} is no longer at version {conversation.v}")
        conversation.updated_at = now
        conversation.v += 1
        conversation.mailbox = [w for w in conversation.mailbox if w.key not in handled]
        self.stored = conversation


class NoOtherSuppressions:
    """A suppression list besides the conversation: what a rehearsal suppresses ends with it."""

    async def add(
        self,
        tenant_id: str,
        keys: Sequence[str],
        reason: str,
        source_key: str,
        at: datetime,
        correlation_id: str = "",
    ) -> None: ...

    async def find(self, _tenant_id: str, _keys: Sequence[str], besides: Sequence[str] = ()) -> str:
        return ""

    async def lift(self, tenant_id: str, keys: Sequence[str], evidence: str, at: datetime) -> None: ...


class NothingKept:
    """Consents and data requests of a rehearsal end with it."""

    async def add(self, _what: object) -> None: ...


class NothingSwitched:
    """Nobody has paused the bot or changed its freedom: what the tenant settled counts."""

    async def read(self, _tenant_id: str) -> Posture | None:
        return None


class Room:
    """The store of a rehearsal."""

    unreachable: tuple[type[Exception], ...] = ()

    def __init__(self, conversation: Conversation) -> None:
        self.conversations = OneConversation(conversation)
        self.suppressions = NoOtherSuppressions()
        self.postures = NothingSwitched()
        self.consents = NothingKept()
        self.data_requests = NothingKept()


class Record:
    """Keeps what happened, in the place of the relay to the timeline."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    @contextmanager
    def writing(self, _tenant_id: str, _conversation_id: str, _at: datetime) -> Iterator[None]:
        """A write here is answered at once."""
        yield

    def add(self, _tenant_id: str, _conversation_id: str, entries: Sequence[LogEntry]) -> None:
        self.entries += entries


class Air:
    """A channel on which everything is said and nothing travels."""

    name = channel = CHANNEL
    needs_window = False

    async def send(self, _message: OutboundMessage) -> SendResult:
        return SendResult(SendClass.SIMULATED)


class OnlyAir:
    """A chain of that one channel."""

    def __init__(self) -> None:
        self._air = Air()

    def candidates(
        self, sticky_channel: str, allow_other_number: bool, began_at: datetime | None = None
    ) -> list[Candidate]:
        return [Candidate(self._air)]

    def note(self, channel: str, result: SendResult) -> None: ...

    def may_fall_back(self, _result: SendResult) -> bool:
        return False


def opening(
    tenant: Tenant, at: datetime, stage: str, slots: Mapping[str, str], language: str, asked: str
) -> Conversation:
    """The first page of a rehearsed talk. Raises BadRequest for words that do not exist."""
    _check(stage, slots, language, asked)
    conversation = Conversation(CONVERSATION, tenant.id, (CONTACT_KEY,), at, phone=CONTACT_PHONE)
    conversation.stage, conversation.channel = stage, CHANNEL
    conversation.slots = {name: Slot(str(value), at, "start") for name, value in slots.items()}
    conversation.language = language
    if asked:
        conversation.asked, conversation.asked_times = asked, 1
        conversation.expects = next(slot.expects for slot in SLOTS if slot.name == asked)
    if stage == "opted_out":
        conversation.suppression = Suppression("user_optout", at, "start")
        conversation.confirmed_opt_out = True
    return conversation


def _check(stage: str, slots: Mapping[str, str], language: str, asked: str) -> None:
    questions = [slot.name for slot in SLOTS]
    wrong = [
        *([unknown("stage", stage, deal.STAGES)] if stage not in deal.STAGES else []),
        *(unknown("question", name, questions) for name in slots if name not in questions),
        *([unknown("question", asked, questions)] if asked and asked not in questions else []),
        *([unknown("language", language, LANGUAGES)] if language and language not in LANGUAGES else []),
    ]
    if wrong:
        raise BadRequest(" ".join(wrong), "بداية المحادثة غير صحيحة: مرحلة أو سؤال أو لغة غير معروفة")
