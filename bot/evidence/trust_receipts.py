"""
A receipt for everything the service did outside itself, and for everything it refused to do.

Rule 1: a receipt is a view over entries of the timeline; they are sealed, and so is what a receipt says.
Rule 2: what we say of ourselves proves nothing. A message counts as delivered when its provider said so later, on
        a way of its own; without that it stays unverified.
Rule 3: a score without enough receipts is no score.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from bot.conversation import LogEntry
from bot.errors import NotFound
from bot.events import SendClass
from bot.evidence.blocks import entry_hash
from bot.store import Store, TimelineEntry


class ReceiptVerdict(StrEnum):
    """What independent evidence says of a receipt."""

    VERIFIED = "verified"
    """The provider reported that it arrived."""
    PARTIALLY_VERIFIED = "partially_verified"
    """It was seen leaving, or somebody saw it; nobody reported that it arrived."""
    UNVERIFIED = "unverified"
    CONTRADICTED = "contradicted"
    """We took it for one thing, and the evidence says the other."""
    BLOCKED = "blocked"
    """It was refused, and did not happen."""


# The weights of the product that this one comes from: a refusal is worth little, but it is no fault.
WEIGHTS: Mapping[ReceiptVerdict, float] = MappingProxyType(
    {
        ReceiptVerdict.VERIFIED: 1.0,
        ReceiptVerdict.PARTIALLY_VERIFIED: 0.6,
        ReceiptVerdict.UNVERIFIED: 0.3,
        ReceiptVerdict.CONTRADICTED: 0.0,
        ReceiptVerdict.BLOCKED: 0.2,
    }
)

SAMPLE = 500
"""How many of the latest receipts the score looks at."""
SHOWN_FROM = 20
"""A score over fewer receipts says more about chance than about the service."""

REFUSALS = (
    "gate_refused",
    "action_refused",
    "grant_refused",
    "sharing_blocked",
    "standing_approval_refused",
)
SENDS = ("attempt_ended", "attempt_orphaned")
EFFECTS = ("data_exported", "sharing_exported")
KINDS = (*SENDS, *EFFECTS, *REFUSALS)

_ARRIVED = ("message_delivered", "message_read")
_LEFT = ("message_sent", "doubt_resolved")
_PROOFS = (*_ARRIVED, *_LEFT, "message_failed_later", "attempt_started", "draft_approved")

# Every other answer of a provider says that nothing left.
PROCESS_DIED = "process_died"
_MAY_HAVE_LEFT = (SendClass.ACCEPTED.value, SendClass.AMBIGUOUS.value, PROCESS_DIED)

# A delivery may be reported days later; a receipt's start may lie hours before its end.
PROOFS_BEFORE = timedelta(days=2)
EVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One thing that was done, or refused."""

    id: str
    """The id of the entry that tells of it."""
    tenant_id: str
    conversation_id: str
    correlation_id: str
    at: datetime
    action: str
    """`send_whatsapp | data_exported | ...`; of a refusal, what was refused."""
    outcome: str
    """How it ended, or why it was refused."""
    verdict: ReceiptVerdict
    decision: str
    """Who let it: a grant, the rules, or what refused it."""
    content_sha256: str
    evidence: tuple[str, ...]
    """Ids of the entries that the verdict rests on."""
    counts: bool = True
    """False for what a provider refused, or what was only rehearsed: nothing happened that could be verified."""


@dataclass(frozen=True, slots=True)
class SealedReceipt:
    """A receipt, and where its entry is sealed."""

    receipt: Receipt
    block: int | None
    entry_sha256: str


@dataclass(frozen=True, slots=True)
class TrustScore:
    """What the latest receipts say of the service."""

    sample: int
    score: float | None
    """Mean weight of the verdicts; None below SHOWN_FROM receipts."""
    contradiction_rate: float | None
    by_verdict: Mapping[ReceiptVerdict, int]
    since: datetime | None
    until: datetime | None


class TrustReceipts:
    """Reads receipts out of the timeline."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def latest(self, tenant_id: str, limit: int = SAMPLE, before: datetime | None = None) -> list[Receipt]:
        """The latest, newest first."""
        until = before or self._now() + timedelta(minutes=1)
        found: list[TimelineEntry] = []
        for what in KINDS:
            found += await self._store.timeline.of_kind(tenant_id, what, EVER, until, limit)
        chosen = sorted(found, key=lambda one: (one.entry.at, one.entry.id), reverse=True)[:limit]
        if not chosen:
            return []
        since = min(one.entry.at for one in chosen) - PROOFS_BEFORE
        drafts = {str(one.entry.data.get("draft", "")) for one in chosen}
        proofs = await self._proofs(tenant_id, since, drafts)
        return [receipt_of(one, proofs) for one in chosen]

    async def of_conversation(self, tenant_id: str, conversation_id: str, limit: int = SAMPLE) -> list[Receipt]:
        """Those of one conversation, newest first."""
        story = await self._store.timeline.of_conversation(tenant_id, conversation_id, 20_000)
        return _receipts(tenant_id, conversation_id, story)[:limit]

    async def get(self, tenant_id: str, receipt_id: str) -> SealedReceipt:
        """One, with its seal. Raises NotFound."""
        row = (await self._store.seals.rows(tenant_id, [receipt_id])).get(receipt_id)
        if row is None or row.entry.what not in KINDS:
            raise NotFound(f"there is no receipt {receipt_id}", "لا يوجد إيصال بهذا المعرّف")
        if row.conversation_id:
            story = await self._store.timeline.of_conversation(tenant_id, row.conversation_id, 20_000)
        else:
            story = [row.entry]
        found = {
            receipt.id: receipt for receipt in _receipts(tenant_id, row.conversation_id, [*story, row.entry])
        }
        return SealedReceipt(found[receipt_id], row.block, entry_hash(row))

    async def trust(self, tenant_id: str) -> TrustScore:
        """What the last SAMPLE receipts say."""
        return score_of([one for one in await self.latest(tenant_id) if one.counts])

    async def _proofs(self, tenant_id: str, since: datetime, drafts: set[str]) -> dict[str, list[LogEntry]]:
        proofs: dict[str, list[LogEntry]] = {}
        until = self._now() + timedelta(minutes=1)
        fields = ("draft", "attempt", "grant", "text_sha256", "arrived", "by")
        async for one in self._store.timeline.each(tenant_id, _PROOFS, since, until, fields):
            draft = str(one.entry.data.get("draft", ""))
            if draft in drafts:
                proofs.setdefault(draft, []).append(one.entry)
        return proofs


def score_of(receipts: Sequence[Receipt]) -> TrustScore:
    """The score over these receipts; None where there are too few to say."""
    by_verdict = {verdict: sum(one.verdict is verdict for one in receipts) for verdict in ReceiptVerdict}
    known = len(receipts)
    is_shown = known >= SHOWN_FROM
    weight = sum(WEIGHTS[one.verdict] for one in receipts)
    return TrustScore(
        sample=known,
        score=round(weight / known, 4) if is_shown else None,
        contradiction_rate=round(by_verdict[ReceiptVerdict.CONTRADICTED] / known, 4) if is_shown else None,
        by_verdict=MappingProxyType(by_verdict),
        since=min((one.at for one in receipts), default=None),
        until=max((one.at for one in receipts), default=None),
    )


def receipt_of(told: TimelineEntry, proofs: Mapping[str, Sequence[LogEntry]]) -> Receipt:
    """The receipt of one entry; `proofs` are what is known about each draft."""
    entry, data = told.entry, told.entry.data
    known = proofs.get(str(data.get("draft", "")), ())
    if entry.what in SENDS:
        return _of_send(told, known)
    is_refusal = entry.what in REFUSALS
    return Receipt(
        id=entry.id,
        tenant_id=told.tenant_id,
        conversation_id=told.conversation_id,
        correlation_id=entry.correlation_id,
        at=entry.at,
        action=_action(entry),
        outcome=str(data.get("code") or data.get("reason") or ("refused" if is_refusal else "done")),
        verdict=ReceiptVerdict.BLOCKED if is_refusal else ReceiptVerdict.UNVERIFIED,
        decision=_decision(entry),
        content_sha256=str(data.get("sha256") or data.get("content_sha256") or _text_of(entry, known)),
        evidence=(entry.id,),
    )


def _of_send(told: TimelineEntry, known: Sequence[LogEntry]) -> Receipt:
    entry, data = told.entry, told.entry.data
    outcome = str(data.get("send_class") or PROCESS_DIED)
    verdict, evidence = _verdict(entry, outcome, known)
    grant = next((str(e.data["grant"]) for e in reversed(known) if e.data.get("grant")), "")
    return Receipt(
        id=entry.id,
        tenant_id=told.tenant_id,
        conversation_id=told.conversation_id,
        correlation_id=entry.correlation_id,
        at=entry.at,
        action="send_whatsapp",
        outcome=outcome,
        verdict=verdict,
        decision=f"grant:{grant}" if grant else "rules",
        content_sha256=_text_of(entry, known),
        evidence=evidence,
        counts=outcome in _MAY_HAVE_LEFT or verdict is ReceiptVerdict.CONTRADICTED,
    )


def _verdict(entry: LogEntry, outcome: str, known: Sequence[LogEntry]) -> tuple[ReceiptVerdict, tuple[str, ...]]:
    """What the entries about the same draft say of one attempt; later attempts speak for themselves."""
    later = [e for e in known if (e.at, e.id) > (entry.at, entry.id)]
    following = next((e.at for e in later if e.what == "attempt_started"), None)
    mine = [e for e in later if following is None or e.at < following]
    arrived = [e.id for e in mine if e.what in _ARRIVED]
    left = [e.id for e in mine if e.what in _LEFT and e.data.get("arrived") is not False]
    failed = [e.id for e in mine if e.what == "message_failed_later"]
    if outcome not in _MAY_HAVE_LEFT:
        denied = tuple(arrived + left)
        return (ReceiptVerdict.CONTRADICTED, denied) if denied else (ReceiptVerdict.UNVERIFIED, ())
    if arrived:
        return ReceiptVerdict.VERIFIED, tuple(arrived)
    if failed and outcome == SendClass.ACCEPTED.value:
        return ReceiptVerdict.CONTRADICTED, tuple(failed)
    if left:
        return ReceiptVerdict.PARTIALLY_VERIFIED, tuple(left)
    return ReceiptVerdict.UNVERIFIED, ()


def _receipts(tenant_id: str, conversation_id: str, story: Iterable[LogEntry]) -> list[Receipt]:
    known = {entry.id: entry for entry in story}
    entries = sorted(known.values(), key=lambda entry: (entry.at, entry.id))
    proofs: dict[str, list[LogEntry]] = {}
    for entry in entries:
        if entry.what in _PROOFS:
            proofs.setdefault(str(entry.data.get("draft", "")), []).append(entry)
    told = [TimelineEntry(tenant_id, conversation_id, e) for e in reversed(entries) if e.what in KINDS]
    return [receipt_of(one, proofs) for one in told]


def _text_of(entry: LogEntry, known: Sequence[LogEntry]) -> str:
    """The hash of the text that was, or was not, sent."""
    attempt = entry.data.get("attempt")
    same = [e for e in known if e.data.get("text_sha256") and (not attempt or e.data.get("attempt") == attempt)]
    others = [e for e in known if e.data.get("text_sha256")]
    found = (same or others)[-1:]
    return str(found[0].data["text_sha256"]) if found else ""


def _action(entry: LogEntry) -> str:
    if entry.what == "gate_refused":
        return "send_whatsapp"
    return str(entry.data.get("action") or entry.what)


def _decision(entry: LogEntry) -> str:
    if entry.what == "gate_refused":
        return "gate"
    if entry.data.get("grant"):
        return f"grant:{entry.data['grant']}"
    return f"policy:{entry.data['policy']}" if entry.data.get("policy") else "service"
