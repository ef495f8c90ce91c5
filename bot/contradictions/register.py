r"""
One contradiction: what two sources claim, how bad that is, and what became of it. Pure.

    detected -> reviewing -> resolved          found again while still true: detected
        |           |    \-> accepted ---------- until its day: then detected
        \-----------+------> resolved | accepted

Rule 1: the same pair is the same contradiction, in whichever order and spelling it is said.
Rule 2: whoever accepts one says until when; nobody accepts for good.
Rule 3: what is resolved stays resolved only as long as it is not true any more.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from bot.errors import BadRequest, NotAllowed
from bot.people import Human
from rules.language.normalise import fold

ACCEPTED_FOR = timedelta(days=30)
LONGEST_ACCEPTED = timedelta(days=366)

# A register is no diary; the audit log has every step.
STEPS_KEPT = 50

# A reason shorter than this says nothing.
SHORTEST_REASON = 3


class Kind(StrEnum):
    """What kind of thing is contradicted."""

    FACTUAL = "factual"
    TEMPORAL = "temporal"
    SCOPE = "scope"
    POLICY = "policy"


class Severity(StrEnum):
    """How bad it is; the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Status(StrEnum):
    DETECTED = "detected"
    REVIEWING = "reviewing"
    RESOLVED = "resolved"
    ACCEPTED = "accepted"


ACTIVE = (Status.DETECTED, Status.REVIEWING)

ARROWS: dict[Status, frozenset[Status]] = {
    Status.DETECTED: frozenset({Status.REVIEWING, Status.RESOLVED, Status.ACCEPTED}),
    Status.REVIEWING: frozenset({Status.RESOLVED, Status.ACCEPTED}),
    Status.ACCEPTED: frozenset({Status.RESOLVED, Status.DETECTED}),
    Status.RESOLVED: frozenset({Status.DETECTED}),
}
"""What may follow what; back to detected only by the service, when it is found again or its day has come."""

DetectedBy = Literal["manual", "ai_scan", "runtime"]


class WrongStatus(NotAllowed):
    code, status = "wrong_status", 409


class MovedMeanwhile(NotAllowed):
    code, status = "moved_meanwhile", 409


@dataclass(frozen=True, slots=True)
class Side:
    """What one source claims."""

    source: str
    """Where it stands: `wording greeting (ar), wording/x.yml line 3`."""
    claim: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector found, or a person reports."""

    detector: str
    """Of `kinds.KINDS`, `manual` for what people report."""
    kind: Kind
    severity: Severity
    a: Side
    b: Side
    about: str = ""
    """The conversation it is about, empty for what is about nobody."""
    evidence: tuple[str, ...] = ()
    """Ids and places where both can be looked up."""
    detected_by: DetectedBy = "runtime"

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.a, self.b)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the status."""

    at: datetime
    status: Status
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One entry of the register."""

    id: str
    tenant_id: str
    fingerprint: str
    detector: str
    kind: Kind
    severity: Severity
    status: Status
    a: Side
    b: Side
    detected_by: DetectedBy
    first_seen_at: datetime
    last_seen_at: datetime
    seen_count: int = 1
    reopened: int = 0
    about: str = ""
    evidence: tuple[str, ...] = ()
    resolution: str = ""
    resolved_by: str = ""
    resolved_by_name: str = ""
    resolved_for: str = ""
    """In whose name, where whoever resolved it said so."""
    resolved_at: datetime | None = None
    accepted_until: datetime | None = None
    steps: tuple[Step, ...] = ()
    v: int = 0

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    def has_come_back(self, now: datetime) -> bool:
        """Whether it was accepted until a day that has come."""
        until = self.accepted_until
        return self.status is Status.ACCEPTED and until is not None and until <= now


@dataclass(frozen=True, slots=True)
class Stats:
    """How many there are."""

    total: int
    active: int
    critical_active: int
    accepted: int
    by_severity: dict[str, int]
    """Of the active ones."""
    by_detector: dict[str, int]
    """Of the active ones."""

    @property
    def resolved(self) -> int:
        return self.total - self.active


def fingerprint_of(a: Side, b: Side) -> str:
    """The same for the same pair, however it is ordered, spaced and spelled."""
    sides = sorted(f"{_plain(side.source)}|{_plain(side.claim)}" for side in (a, b))
    return hashlib.sha256("\n".join(sides).encode()).hexdigest()


def is_one_thing(a: Side, b: Side) -> bool:
    """Whether both sides say the same of the same: no contradiction."""
    return (_plain(a.source), _plain(a.claim)) == (_plain(b.source), _plain(b.claim))


def _plain(text: str) -> str:
    return " ".join(fold(text).text.split())


def moved(one: Contradiction, status: Status, by: Human, at: datetime, note: str = "") -> Contradiction:
    """With another status. Raises WrongStatus."""
    if status not in ARROWS[one.status]:
        raise WrongStatus(
            f"this contradiction is {one.status.value}; from there it cannot become {status.value}",
            f"حالة هذا التناقض {one.status.value} ولا يمكن أن تصبح {status.value}",
        )
    step = Step(at, status, by.name or by.id, note)
    return replace(one, status=status, steps=(*one.steps, step)[-STEPS_KEPT:])


def resolved(one: Contradiction, by: Human, at: datetime, resolution: str, named: str = "") -> Contradiction:
    """Settled: one side was changed. Raises WrongStatus, BadRequest."""
    _require_a_reason(resolution)
    after = moved(one, Status.RESOLVED, by, at, resolution)
    return replace(
        after,
        resolution=resolution,
        resolved_by=by.id,
        resolved_by_name=by.name,
        resolved_for=named,
        resolved_at=at,
        accepted_until=None,
    )


def accepted(
    one: Contradiction, by: Human, at: datetime, resolution: str, until: datetime | None, named: str = ""
) -> Contradiction:
    """Lived with until a day. Raises WrongStatus, BadRequest."""
    _require_a_reason(resolution)
    end = until or at + ACCEPTED_FOR
    if not at < end <= at + LONGEST_ACCEPTED:
        raise BadRequest(
            f"accept it until a day within the next {LONGEST_ACCEPTED.days} days; then it comes back",
            f"اقبله حتى يوم خلال {LONGEST_ACCEPTED.days} يومًا القادمة؛ ثم يعود",
        )
    after = moved(one, Status.ACCEPTED, by, at, resolution)
    return replace(
        after,
        resolution=resolution,
        resolved_by=by.id,
        resolved_by_name=by.name,
        resolved_for=named,
        resolved_at=at,
        accepted_until=end,
    )


def reopened(one: Contradiction, by: Human, at: datetime, why: str) -> Contradiction:
    """True again, or its day has come."""
    after = moved(one, Status.DETECTED, by, at, why)
    return replace(after, reopened=one.reopened + 1, resolved_at=None, accepted_until=None)


def _require_a_reason(resolution: str) -> None:
    if len(resolution.strip()) < SHORTEST_REASON:
        raise BadRequest(
            "say in a few words what was changed, or why it may stay as it is",
            "اذكر في كلمات ماذا عُدّل، أو لماذا يبقى كما هو",
        )
