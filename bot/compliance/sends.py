"""
What the history says about messages that we tried to send, folded into one record per call. Pure.

Rule 1: only what is written counts: a permission is the entry that gave it; an entry that takes it back ends it.
Rule 2: a fallback to another provider is another call, and is judged like the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.conversation import OWED, UNASKED_FOR, DraftKind
from bot.store import TimelineEntry

KINDS = (
    "attempt_started",
    "reply_queued_by_bot",
    "draft_held",
    "draft_approved",
    "test_send_ordered",
    "doubt_resolved",
    "gate_refused",
)
FIELDS = ("draft", "kind", "consent", "step", "by", "next", "arrived", "grant")

OPT_OUT_KINDS = ("opted_out", "consent_renewed", "stage_moved")
OPT_OUT_FIELDS = ("after", "by")

# Who stopped, was deleted and writes again is still stopped: that is noted as a step of the deal.
_REMEMBERED = "suppression_list"

# A stop must count within this time, from the moment at which the provider told us.
HONOURED_WITHIN = timedelta(seconds=60)

_NEEDS_NO_CONSENT = frozenset(DraftKind) - UNASKED_FOR
_MAY_FOLLOW_A_STOP = OWED - {DraftKind.OPT_OUT_CONFIRMATION}


class Permission(StrEnum):
    """Who let a message go."""

    NOBODY = ""
    RULES = "rules"
    """An automatic reply: class A."""
    HUMAN = "human"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Send:
    """One call of a provider."""

    entry_id: str
    conversation_id: str
    correlation_id: str
    draft_id: str
    at: datetime
    kind: str
    """A `DraftKind`, or `unknown`."""
    consent_id: str
    permission: Permission

    @property
    def is_proactive(self) -> bool:
        """Nobody asked for it just now: it needs a consent of its own. So does a kind that nobody knows."""
        return self.kind not in _NEEDS_NO_CONSENT


@dataclass(slots=True)
class _Known:
    kind: str = ""
    permission: Permission = Permission.NOBODY


def sends_of(entries: Iterable[TimelineEntry], since: datetime) -> list[Send]:
    """Every call since then, oldest first; earlier entries only say who let it go."""
    known: dict[tuple[str, str], _Known] = {}
    found: list[Send] = []
    for item in sorted(entries, key=lambda e: (e.entry.at, e.entry.id)):
        draft_id = str(item.entry.data.get("draft", ""))
        draft = known.setdefault((item.conversation_id, draft_id), _Known())
        if item.entry.what == "attempt_started":
            if item.entry.at >= since:
                found.append(_send(item, draft_id, draft))
        else:
            _learn(draft, item)
    return found


def _learn(draft: _Known, item: TimelineEntry) -> None:
    """What one entry says about who lets a draft go, and what kind it is."""
    data = item.entry.data
    match item.entry.what:
        case "reply_queued_by_bot":
            draft.kind, draft.permission = draft.kind or "reply", Permission.RULES
        case "draft_held":
            draft.kind = draft.kind or ("follow_up" if data.get("step") else "reply")
            draft.permission = Permission.NOBODY
        case "draft_approved" if data.get("by"):
            draft.kind, draft.permission = draft.kind or "manual", Permission.HUMAN
        case "doubt_resolved" if data.get("arrived") is False and data.get("by"):
            draft.permission = Permission.HUMAN
        case "test_send_ordered":
            draft.kind, draft.permission = "test", Permission.TEST
        case "gate_refused" if data.get("next") == "hold":
            draft.permission = Permission.NOBODY


def _send(item: TimelineEntry, draft_id: str, draft: _Known) -> Send:
    data = item.entry.data
    return Send(
        entry_id=item.entry.id,
        conversation_id=item.conversation_id,
        correlation_id=item.entry.correlation_id,
        draft_id=draft_id,
        at=item.entry.at,
        kind=str(data.get("kind") or draft.kind or "unknown"),
        consent_id=str(data.get("consent") or ""),
        permission=draft.permission,
    )


@dataclass(frozen=True, slots=True)
class OptOut:
    """A contact said stop, until they said otherwise."""

    entry_id: str
    conversation_id: str
    correlation_id: str
    at: datetime
    until: datetime | None = None


def opt_outs_of(entries: Iterable[TimelineEntry]) -> list[OptOut]:
    """Every span in which a contact must not hear from us."""
    spans: list[OptOut] = []
    open_at: dict[str, OptOut] = {}
    for item in sorted(entries, key=lambda e: (e.entry.at, e.entry.id)):
        where = item.conversation_id
        if item.entry.what == "stage_moved" and item.entry.data.get("by") != _REMEMBERED:
            continue
        if item.entry.what in ("opted_out", "stage_moved"):
            open_at.setdefault(where, OptOut(item.entry.id, where, item.entry.correlation_id, item.entry.at))
        elif where in open_at:
            spans.append(_ended(open_at.pop(where), item.entry.at))
    return [*spans, *open_at.values()]


def _ended(span: OptOut, at: datetime) -> OptOut:
    return OptOut(span.entry_id, span.conversation_id, span.correlation_id, span.at, at)


def after_a_stop(sends: Sequence[Send], opt_outs: Sequence[OptOut]) -> list[Send]:
    """Calls within a span of silence, but for its one confirmation and what the law makes us answer."""
    spans: dict[str, list[OptOut]] = {}
    for stop in opt_outs:
        spans.setdefault(stop.conversation_id, []).append(stop)
    confirmed: dict[str, str] = {}
    found = []
    for send in sends:
        for stop in spans.get(send.conversation_id, ()):
            if send.at < stop.at or (stop.until is not None and send.at >= stop.until):
                continue
            if send.kind in _MAY_FOLLOW_A_STOP:
                continue
            is_its_answer = send.correlation_id == stop.correlation_id and bool(stop.correlation_id)
            if is_its_answer and confirmed.setdefault(stop.entry_id, send.draft_id) == send.draft_id:
                continue
            found.append(send)
    return found


def late_stops(opt_outs: Sequence[OptOut], received: Iterable[TimelineEntry]) -> list[OptOut]:
    """Stops that counted later than they may, from when the provider told us."""
    told: dict[str, datetime] = {}
    for item in received:
        at = item.entry.data.get("received_at")
        if isinstance(at, datetime):
            told[item.entry.correlation_id] = max(at, told.get(item.entry.correlation_id, at))
    return [
        stop
        for stop in opt_outs
        if stop.correlation_id in told and stop.at - told[stop.correlation_id] > HONOURED_WITHIN
    ]
