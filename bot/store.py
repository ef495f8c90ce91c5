"""
What the heart asks of the place where everything is remembered.

Rule 1: every question names its tenant; an answer never holds another tenant's rows.
Rule 2: a write that returned has survived a crash of any process.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.access.kept import EndedSessions, MachineKeyStore
from bot.access.user import Rosters
from bot.alerts import AlertRows
from bot.authority.approval import ApprovalRows
from bot.authority.budgets import BudgetRows
from bot.authority.mandates import DelegationRows, GrantRows
from bot.authority.standing_terms import StandingRows
from bot.authority.task_runs import TaskRuns
from bot.belongings import Belongings
from bot.booking.booking import BookingRows
from bot.bulk.job import BulkRows
from bot.campaigns.campaign import CampaignRows
from bot.compliance.registers import Registers
from bot.compliance.scans import Ledger
from bot.compliance.walls import Isolation
from bot.connectors.kept import ConnectorRows
from bot.contradictions.kept import ContactRows, ContradictionRows
from bot.conversation import Conversation, LogEntry, Waiting
from bot.crm.crm import CrmLinks
from bot.deals.terms import DealRows
from bot.departures.limits import LimitRows
from bot.departures.send_stats import FateRows
from bot.events import DeliveryReceipt
from bot.evidence.blocks import Chain
from bot.evidence.owed import OwedEvidence
from bot.evidence.packs import Packs
from bot.forecast.rows import ForecastRows
from bot.gaps.watch import Watches
from bot.idempotency import Reservations
from bot.inbox.rows import InboxRows
from bot.knowledge.article import ArticleRows
from bot.mail.letter import LetterRows
from bot.memory.fact import MemoryRows
from bot.metrics.records import NumberRows
from bot.models.rows import ModelRows
from bot.onboarding.checklist import ChecklistRows
from bot.operations import OperationRows
from bot.outputs.stored import Outputs
from bot.partners.case import CaseRows
from bot.payments.request import PaymentRows
from bot.privacy.consent import ConsentRows
from bot.privacy.data_exports import ExportRows
from bot.privacy.data_requests import DataRequestRows
from bot.privacy.personal import PersonalRows
from bot.proposals.proposal import ProposalRows
from bot.runs.run import RunRows
from bot.seats import SeatRows
from bot.sharing.partners import PartnerRows
from bot.sharing.request import SharingRows
from bot.templates.standing import TemplateRows
from bot.tenant import Autonomy
from bot.workbench.editions import Rulebooks


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event for a contact's mailbox, with what it tells about the contact."""

    tenant_id: str
    waiting: Waiting
    keys: tuple[str, ...]
    phone: str = ""
    name: str = ""
    opens_window: bool = False
    said_at: datetime | None = None
    """When the contact wrote it, if that is known and past: the service window runs from then."""
    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where an arrival was put; `is_new` is False for a repeated delivery."""

    conversation_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A conversation that has something to do."""

    tenant_id: str
    conversation_id: str
    at: datetime
    duty: str = ""
    """Whose turn it is; empty for a contact that was last written before there were duties."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One fact of the past, kept for good."""

    tenant_id: str
    conversation_id: str
    entry: LogEntry


class Conversations(Protocol):
    """One document per contact; the mailbox is part of it."""

    async def record(self, arrival: Arrival, now: datetime, new_id: str) -> Recorded:
        """Dedupe and append in one durable write, creating the contact when it is new."""

    async def read(self, tenant_id: str, conversation_id: str) -> Conversation | None: ...

    async def recall(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        """As this process took it in last, else as `read`; may be behind, and then its next commit is refused."""

    async def commit(
        self,
        conversation: Conversation,
        now: datetime,
        *,
        handled: Sequence[str] = (),
        log: Sequence[LogEntry] = (),
    ) -> None:
        """
        Write the conversation if nobody else did since it was read, and take handled events from its mailbox.

        Afterwards `conversation.v` is the stored version. Raises StaleConversation.
        """

    async def by_key(self, tenant_id: str, key: str) -> Conversation | None:
        """The conversation of a contact key such as `phone:966501234567`."""

    async def by_draft(self, tenant_id: str, draft_id: str) -> Conversation | None: ...

    async def by_provider_message(self, tenant_id: str, ids: Sequence[str]) -> Conversation | None: ...

    async def due(self, now: datetime, limit: int, duties: Collection[str] = ()) -> list[Due]:
        """Conversations of all tenants whose time has come, oldest first; with duties, those whose turn it is."""

    async def due_of(self, tenant_id: str, now: datetime, limit: int, duties: Collection[str] = ()) -> list[Due]:
        """The same of one tenant."""

    async def with_drafts(self, tenant_id: str, statuses: Sequence[str], limit: int) -> list[Conversation]: ...

    async def with_cards_due(self, tenant_id: str, limit: int) -> list[Conversation]:
        """Conversations holding a draft that changed since its cards were shown."""

    async def search(self, tenant_id: str, text: str, limit: int) -> list[Conversation]:
        """By a part of the name, the last digits of the phone, or the id."""

    async def recently_active(self, tenant_id: str, limit: int) -> list[Conversation]: ...

    def changed_since(self, tenant_id: str, since: datetime) -> AsyncIterator[list[TimelineEntry]]:
        """The recent log of every conversation that changed, in pages; what a restart relays again."""

    async def log_of(self, tenant_id: str, conversation_id: str) -> list[LogEntry]:
        """The latest facts of one conversation, before and after they are copied to the timeline."""

    async def count_by_stage(self, tenant_id: str) -> dict[str, int]: ...

    async def forget(self, tenant_id: str, conversation_id: str) -> None:
        """Remove one conversation; used by the simulator's "start over"."""


class Timeline(Protocol):
    """Append-only history of everything that happened."""

    async def add(self, entries: Sequence[TimelineEntry]) -> None:
        """Store entries; one that is stored already is left as it is."""

    async def of_conversation(self, tenant_id: str, conversation_id: str, limit: int) -> list[LogEntry]: ...

    async def of_correlation(self, tenant_id: str, correlation_id: str) -> list[LogEntry]: ...

    async def of_kind(
        self, tenant_id: str, what: str, since: datetime, until: datetime, limit: int
    ) -> list[TimelineEntry]:
        """The latest entries of one kind in a span of time, oldest first."""

    async def count(self, tenant_id: str, what: str, since: datetime, until: datetime) -> int: ...

    def each(
        self,
        tenant_id: str,
        kinds: Sequence[str],
        since: datetime,
        until: datetime,
        fields: Sequence[str] = (),
    ) -> AsyncIterator[TimelineEntry]:
        """
        Every entry of these kinds, oldest first, read in pages; entries of one moment come in any order.

        With `fields`, only these facts of each entry are read; `question.text` names one inside another.
        """

    async def unsure(
        self, tenant_id: str, since: datetime, until: datetime, below: float, limit: int
    ) -> list[TimelineEntry]:
        """
        Decisions about words that nobody understood, or hardly, or in doubt of the matchers; newest first.

        `below` is the confidence below which an understanding is a guess.
        """

    async def of_correlations(
        self, tenant_id: str, correlation_ids: Sequence[str], what: str
    ) -> list[TimelineEntry]:
        """The entries of one kind that these inbound events caused, in any order."""

    async def first_words(
        self, tenant_id: str, stage: str, since: datetime, until: datetime
    ) -> dict[str, datetime]:
        """Conversation -> when it was first decided about at this stage, within a span of time."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that could not be placed, kept as it came."""

    id: str
    tenant_id: str
    channel: str
    reason: str
    body: bytes
    received_at: datetime
    correlation_id: str = ""
    """Of the event, or of the whole body where no event could be read."""
    is_noise: bool = False
    """Understood, and on purpose without effect: forgotten after a month, and never an operator's business."""
    ended: str = ""
    """What a person did with it: `put_back | set_aside`; empty while it waits."""
    about: str = ""
    """The conversation it belongs to, where it was put into one before; what belongs to none is kept a month."""


class Quarantine(Protocol):
    """What came in and could not be understood or placed, and what was without effect."""

    async def keep(self, raw: Raw) -> None: ...

    async def count(self, tenant_id: str) -> int:
        """How many bodies wait for an operator."""

    async def waiting(self, tenant_id: str, limit: int) -> list[Raw]:
        """Those that wait, newest first."""

    async def read(self, tenant_id: str, raw_id: str) -> Raw | None: ...

    async def end(self, tenant_id: str, raw_id: str, how: str, by: str, at: datetime) -> bool:
        """Close one that waits; False when somebody was faster. It is forgotten a month later."""


class WaitingReceipts(Protocol):
    """Delivery receipts that came before the message they are about was written down."""

    async def keep(self, tenant_id: str, channel: str, receipt: DeliveryReceipt, now: datetime) -> None: ...

    async def take_due(self, now: datetime, limit: int) -> list[tuple[str, str, DeliveryReceipt, datetime]]:
        """(tenant, channel, receipt, kept at), longest due first; they stay until `drop`."""

    async def later(self, tenant_id: str, channel: str, key: str, next_at: datetime) -> None:
        """Not be due before a time."""

    async def drop(self, tenant_id: str, channel: str, key: str) -> None: ...


class Suppressions(Protocol):
    """Contact keys we must never write to; outlives the conversation."""

    async def add(
        self,
        tenant_id: str,
        keys: Sequence[str],
        reason: str,
        source_key: str,
        at: datetime,
        correlation_id: str = "",
    ) -> None: ...

    async def find(self, tenant_id: str, keys: Sequence[str], besides: Sequence[str] = ()) -> str:
        """
        The reason of an active suppression of any of the keys, empty when there is none.

        One that an event of `besides` has caused does not count: that event is just being handled again.
        """

    async def lift(self, tenant_id: str, keys: Sequence[str], evidence: str, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Posture:
    """What the tenant's humans have switched at run time."""

    autonomy: Autonomy
    paused_by: str = ""
    paused_at: datetime | None = None

    @property
    def is_paused(self) -> bool:
        return bool(self.paused_by)


class Postures(Protocol):
    """The run-time switches of a tenant."""

    async def read(self, tenant_id: str) -> Posture | None: ...

    async def write(self, tenant_id: str, posture: Posture) -> None: ...


class Reviewed(Protocol):
    """Words of the review queue that somebody has done with, known by a key that says nothing."""

    async def add(self, tenant_id: str, key: str, how: str, by: str, at: datetime) -> None:
        """Remember it; the first one stands."""

    async def among(self, tenant_id: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys that somebody has done with."""


class Marks(Protocol):
    """Small durable notes of the service itself: a name and a value."""

    async def read(self, name: str) -> Any: ...

    async def write(self, name: str, value: Any) -> None: ...

    async def append(self, name: str, value: Any, keep: int) -> None:
        """Add to a note that is a list, in one step; it keeps its latest so many."""

    async def beginning(self, with_: str) -> dict[str, Any]:
        """Every note whose name begins so."""

    async def drop(self, name: str, value: Any) -> None:
        """Forget a note if it still says so; one that is not there is fine."""

    async def first_time(self, kind: str, key: str, now: datetime) -> bool:
        """Remember that something was seen; False when it had been seen before. Kept for 14 days."""


class Store(Protocol):
    """All of it, opened once by bootstrap."""

    conversations: Conversations
    inbox: InboxRows
    timeline: Timeline
    quarantine: Quarantine
    waiting_receipts: WaitingReceipts
    suppressions: Suppressions
    postures: Postures
    rulebooks: Rulebooks
    reviewed: Reviewed
    marks: Marks
    seats: SeatRows
    alerts: AlertRows
    approvals: ApprovalRows
    forecasts: ForecastRows
    grants: GrantRows
    delegations: DelegationRows
    deal_terms: DealRows
    bookings: BookingRows
    letters: LetterRows
    standing: StandingRows
    budgets: BudgetRows
    bulk: BulkRows
    campaigns: CampaignRows
    templates: TemplateRows
    task_runs: TaskRuns
    runs: RunRows
    compliance: Ledger
    isolation: Isolation
    registers: Registers
    partners: PartnerRows
    golden_paths: CaseRows
    memories: MemoryRows
    sharing: SharingRows
    idempotency: Reservations
    connectors: ConnectorRows
    contradictions: ContradictionRows
    contradiction_contacts: ContactRows
    consents: ConsentRows
    data_requests: DataRequestRows
    data_exports: ExportRows
    personal: PersonalRows
    belongings: Belongings
    seals: Chain
    packs: Packs
    owed_evidence: OwedEvidence
    outputs: Outputs
    proposals: ProposalRows
    payments: PaymentRows
    crm_links: CrmLinks
    onboarding: ChecklistRows
    knowledge: ArticleRows
    users: Rosters
    api_keys: MachineKeyStore
    ended_sessions: EndedSessions
    numbers: NumberRows
    operations: OperationRows
    channel_watches: Watches
    limits: LimitRows
    models: ModelRows
    send_stats: FateRows
    unreachable: tuple[type[Exception], ...]
    """What a call raises while the database is away; the caller waits and tries again."""

    async def prepare(self) -> None:
        """Create collections, validators and indexes; readiness waits for it."""

    async def ping(self) -> None:
        """Raise when the database does not answer."""

    async def close(self) -> None: ...
