"""
How a request that waits is shown: the same for Telegram, the console and the API.

Rule 1: how urgent it is now is worked out from the stored deadlines when somebody looks.
Rule 2: a draft that waits in a conversation is shown in the same words as a request that belongs to none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from bot.authority.approval import PRIORITIES, Approval, ApprovalStatus, Risk, Step
from bot.cards import Card
from bot.conversation import DraftKind, ShownCard, Status
from bot.people import NOBODY, Human
from flows.deal import APPROVAL_STAGES

# One line on a phone.
PREVIEW = 150

# Why a draft waits that nothing is wrong with: the tenant wants to see everything.
ONLY_WATCHED = "hold.everything_is_drafted"

LEVELS: tuple[tuple[str, str], ...] = (
    ("in time", "ضمن المهلة"),
    ("soon due", "يقترب موعده"),
    ("overdue", "تجاوز المهلة"),
    ("critical: the owner must look", "حرج: يلزم تدخل المالك"),
)
"""What each level of urgency is called."""


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """One request as Telegram, the console and the API show it; the same for a draft in a conversation."""

    id: str
    tenant_id: str
    source: str
    """`centre | conversation`"""
    kind: str
    action: str
    action_class: str
    resource: str
    content_sha256: str
    recipient: str
    title_en: str
    title_ar: str
    summary_en: str
    summary_ar: str
    risk: str
    priority: str
    requested_by: Human
    correlation_id: str
    created_at: datetime
    warn_at: datetime | None
    due_at: datetime | None
    escalate_at: datetime | None
    expires_at: datetime | None
    status: ApprovalStatus
    level: int
    level_en: str
    level_ar: str
    waits_for: tuple[str, ...]
    """The roles whose yes is still missing."""
    steps: tuple[Step, ...]
    four_eyes: bool
    decided_by: Human
    on_behalf_of: Human
    decided_at: datetime | None
    decision_note: str
    v: int
    """Give it back with a decision."""
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    cards: tuple[ShownCard, ...] = ()


def level_of(
    now: datetime, warn_at: datetime | None, due_at: datetime | None, escalate_at: datetime | None
) -> int:
    """How urgent it is: 0 in time, 1 soon due, 2 overdue, 3 critical."""
    return sum(1 for at in (warn_at, due_at, escalate_at) if at is not None and at <= now)


def view_of(approval: Approval, now: datetime) -> ApprovalView:
    """A request as it is shown at a moment."""
    status = approval.status_at(now)
    is_open = status is ApprovalStatus.PENDING
    level = level_of(now, approval.warn_at, approval.due_at, approval.escalate_at) if is_open else 0
    return ApprovalView(
        id=approval.id,
        tenant_id=approval.tenant_id,
        source="centre",
        kind=approval.kind,
        action=approval.action,
        action_class=approval.action_class,
        resource=approval.resource,
        content_sha256=approval.content_sha256,
        recipient=approval.recipient,
        title_en=approval.title_en,
        title_ar=approval.title_ar,
        summary_en=approval.summary_en,
        summary_ar=approval.summary_ar,
        risk=approval.risk.value,
        priority=approval.priority,
        requested_by=approval.requested_by,
        correlation_id=approval.correlation_id,
        created_at=approval.created_at,
        warn_at=approval.warn_at,
        due_at=approval.due_at,
        escalate_at=approval.escalate_at,
        expires_at=approval.expires_at,
        status=status,
        level=level,
        level_en=LEVELS[level][0],
        level_ar=LEVELS[level][1],
        waits_for=tuple(step.role for step in approval.steps if step.is_open) if is_open else (),
        steps=approval.steps,
        four_eyes=approval.four_eyes,
        decided_by=approval.decided_by,
        on_behalf_of=approval.on_behalf_of,
        decided_at=approval.decided_at,
        decision_note=approval.decision_note,
        v=approval.v,
        facts=approval.facts,
        cards=approval.cards,
    )


_OF_DRAFTS: Mapping[Status, ApprovalStatus] = MappingProxyType(
    {
        Status.HELD: ApprovalStatus.PENDING,
        Status.REJECTED: ApprovalStatus.REJECTED,
        Status.EXPIRED: ApprovalStatus.EXPIRED,
        Status.CANCELLED: ApprovalStatus.CANCELLED,
    }
)


def view_of_draft(card: Card, content_sha256: str, now: datetime) -> ApprovalView:
    """A draft of a conversation in the words of the centre; `v` is the version of its wording."""
    status = _OF_DRAFTS.get(card.status, ApprovalStatus.APPROVED)
    if card.superseded_by:
        status = ApprovalStatus.SUPERSEDED
    elif status is ApprovalStatus.PENDING and card.expires_at is not None and card.expires_at <= now:
        status = ApprovalStatus.EXPIRED
    is_open = status is ApprovalStatus.PENDING
    critical = critical_at(card.created_at, card.due_at)
    level = level_of(now, card.warn_at, card.due_at, critical) if is_open else 0
    risk = draft_risk(card)
    preview = card.text if len(card.text) <= PREVIEW else card.text[: PREVIEW - 1] + "…"
    who = card.contact_name or card.phone_masked
    by = Human("", card.decided_by)
    step = Step("approver") if is_open else Step("approver", by, at=card.decided_at or card.created_at)
    return ApprovalView(
        id=card.draft_id,
        tenant_id=card.tenant_id,
        source="conversation",
        kind=card.kind.value,
        action="send_whatsapp",
        action_class="B",
        resource=f"conversation:{card.conversation_id}",
        content_sha256=content_sha256,
        recipient=card.conversation_id,
        title_en=f"Message to {who}" if who else "Message to a contact",
        title_ar=f"رسالة إلى {who}" if who else "رسالة إلى عميل",
        summary_en=preview,
        summary_ar=preview,
        risk=risk.value,
        priority=PRIORITIES[risk],
        requested_by=NOBODY,
        correlation_id=card.correlation_id,
        created_at=card.created_at,
        warn_at=card.warn_at,
        due_at=card.due_at,
        escalate_at=critical,
        expires_at=card.expires_at,
        status=status,
        level=level,
        level_en=LEVELS[level][0],
        level_ar=LEVELS[level][1],
        waits_for=("approver",) if is_open else (),
        steps=(step,),
        four_eyes=False,
        decided_by=by,
        on_behalf_of=NOBODY,
        decided_at=card.decided_at,
        decision_note=card.note,
        v=card.text_version,
    )


def critical_at(created_at: datetime, due_at: datetime | None) -> datetime | None:
    """When a draft has waited twice as long as it may."""
    return due_at + (due_at - created_at) if due_at is not None else None


def draft_risk(draft: Card) -> Risk:
    """High where money is near; low where nothing but the tenant's wish to see everything holds the draft."""
    if draft.stage in APPROVAL_STAGES or draft.stage_after in APPROVAL_STAGES or draft.proposes:
        return Risk.HIGH
    if draft.flags or draft.edits or draft.kind is not DraftKind.REPLY:
        return Risk.MEDIUM
    return Risk.LOW if set(draft.hold_reasons) <= {ONLY_WATCHED} else Risk.MEDIUM


@dataclass(frozen=True, slots=True)
class Stats:
    """The numbers over one list of requests."""

    total: int
    total_pending: int
    sla_compliant: int
    """Waiting, and in time."""
    sla_warning: int
    sla_breach: int
    """Overdue, the critical ones among them."""
    critical: int
    health: str
    """`ok | warning | breach`"""
    by_status: Mapping[str, int]
    by_kind: Mapping[str, int]
    resolved: int
    """How many the average is made of."""
    avg_resolution_hours: float | None
    """Over what people approved or rejected; None when nobody has yet."""


def stats_of(views: Sequence[ApprovalView]) -> Stats:
    """Count what a list shows, and nothing else."""
    waiting = [view for view in views if view.status is ApprovalStatus.PENDING]
    levels = Counter(view.level for view in waiting)
    breach = levels[2] + levels[3]
    hours = [
        (view.decided_at - view.created_at).total_seconds() / 3600
        for view in views
        if view.decided_at and view.status in (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED)
    ]
    return Stats(
        total=len(views),
        total_pending=len(waiting),
        sla_compliant=levels[0],
        sla_warning=levels[1],
        sla_breach=breach,
        critical=levels[3],
        health="breach" if breach else "warning" if levels[1] else "ok",
        by_status=Counter(view.status.value for view in views),
        by_kind=Counter(view.kind for view in views),
        resolved=len(hours),
        avg_resolution_hours=round(sum(hours) / len(hours), 2) if hours else None,
    )
