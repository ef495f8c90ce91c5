"""
How long a draft or another request may wait for a human, by its kind.

Rule 1: deadlines are worked out once, when a draft is made, and stored with it.
Rule 2: warn, due and expiry come in this order; a draft that answers a contact expires with the service window.
Rule 3: a clock of working hours counts only the hours in which somebody works.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rules.notes import Notes
from rules.policies.fields import WEEKDAYS, Fields, said
from rules.policies.zones import RIYADH, read_zone
from rules.sheet import Sheet

DRAFT_KINDS = ("reply", "follow_up")
APPROVAL_KINDS = ("proposal", "discount", "data_sharing", "data_request", "payment", "task", "request")
KINDS = (*DRAFT_KINDS, *APPROVAL_KINDS)

# What an approval of a kind without deadlines of its own waits like.
ANY_REQUEST = "request"

# Twice the time until due is the time at which the owner must know.
CRITICAL_AFTER = 2
CLOCKS = ("always", "working_hours")
ENTRY_KEYS = ("warn_after", "due_after", "escalate_after", "expire_after", "expires_with_window", "clock")
HOURS_KEYS = ("timezone", "days", "from", "until")

# Whoever waits longer than a month waits for nobody.
LONGEST = timedelta(days=30)

# Free text leaves only inside the service window: these drafts are worth nothing after it.
BOUND_TO_THE_WINDOW = ("reply", "follow_up")


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When somebody is there to decide."""

    zone: str = RIYADH
    days: tuple[str, ...] = ("sunday", "monday", "tuesday", "wednesday", "thursday")
    start: time = time(9)
    end: time = time(18)

    def after(self, at: datetime, span: timedelta) -> datetime:
        """The moment at which so much working time has passed."""
        local = at.astimezone(ZoneInfo(self.zone))
        left = span
        while True:
            opens, closes = self._of(local)
            begins = max(local, opens)
            if opens < closes and begins < closes:
                if begins + left <= closes:
                    return (begins + left).astimezone(UTC)
                left -= closes - begins
            local = datetime.combine(local.date() + timedelta(days=1), time(0), local.tzinfo)

    def _of(self, local: datetime) -> tuple[datetime, datetime]:
        day = local.date()
        if WEEKDAYS[day.weekday()] not in self.days:
            return local, local
        return (
            datetime.combine(day, self.start, local.tzinfo),
            datetime.combine(day, self.end, local.tzinfo),
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long one kind of draft may wait."""

    warn_after: timedelta = timedelta(minutes=15)
    due_after: timedelta = timedelta(hours=1)
    expire_after: timedelta = timedelta(hours=24)
    expires_with_window: bool = True
    clock: str = "always"
    escalate_after: timedelta | None = None
    """When nobody decided in twice the time, unless it says otherwise."""

    @property
    def critical_after(self) -> timedelta:
        return self.escalate_after or CRITICAL_AFTER * self.due_after


@dataclass(frozen=True, slots=True)
class DraftTimes:
    """The stored deadlines of one draft or request."""

    warn_at: datetime
    due_at: datetime
    escalate_at: datetime
    expires_at: datetime


def _shipped() -> Mapping[str, Waiting]:
    hours = timedelta(hours=1)
    return MappingProxyType(
        {
            "reply": Waiting(),
            "follow_up": Waiting(timedelta(hours=1), 3 * hours, 24 * hours),
            "proposal": Waiting(4 * hours, 24 * hours, 72 * hours, expires_with_window=False),
            "discount": Waiting(4 * hours, 24 * hours, 72 * hours, expires_with_window=False),
            "data_sharing": Waiting(4 * hours, 12 * hours, 72 * hours, expires_with_window=False),
            # The law gives 30 days; whoever looks in the last week looks too late.
            "data_request": Waiting(24 * hours, 72 * hours, LONGEST, expires_with_window=False),
            "payment": Waiting(4 * hours, 24 * hours, 72 * hours, expires_with_window=False),
            "task": Waiting(hours, 4 * hours, 24 * hours, expires_with_window=False),
            ANY_REQUEST: Waiting(4 * hours, 24 * hours, 72 * hours, expires_with_window=False),
        }
    )


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long drafts may wait, by kind; a book without a policy has the product's own."""

    kinds: Mapping[str, Waiting] = field(default_factory=_shipped)
    hours: WorkingHours = WorkingHours()

    def of(self, kind: str, created_at: datetime, window_ends: datetime | None) -> DraftTimes:
        """The deadlines of a draft that is made now; a kind without an entry waits like a reply."""
        waiting = self.kinds.get(kind, self.kinds["reply"])
        expires = self._later(waiting, created_at, waiting.expire_after)
        if waiting.expires_with_window and window_ends is not None and window_ends > created_at:
            expires = min(expires, window_ends)
        due = min(self._later(waiting, created_at, waiting.due_after), expires)
        warn = min(self._later(waiting, created_at, waiting.warn_after), due)
        critical = min(self._later(waiting, created_at, waiting.critical_after), expires)
        return DraftTimes(warn, due, max(critical, due), expires)

    def of_request(self, kind: str, created_at: datetime) -> DraftTimes:
        """The deadlines of an approval that belongs to no conversation; one of an unknown kind waits like any."""
        return self.of(kind if kind in self.kinds else ANY_REQUEST, created_at, None)

    def _later(self, waiting: Waiting, at: datetime, span: timedelta) -> datetime:
        return self.hours.after(at, span) if waiting.clock == "working_hours" else at + span


def read_deadlines(sheets: list[Sheet], notes: dict[str, Notes]) -> Deadlines:
    """Read the policy and its layers; a layer replaces a kind as a whole."""
    kinds = dict(_shipped())
    hours = WorkingHours()
    for sheet in sheets:
        top = Fields(
            notes[sheet.file], sheet.content, 1, ("working_hours", "kinds"), "the file approval_deadlines.yml"
        )
        if "working_hours" in top:
            hours = _hours(top.inner("working_hours", HOURS_KEYS), hours)
        for name, entry in top.entries("kinds", ENTRY_KEYS, "the deadlines of"):
            if name not in KINDS:
                entry.notes.problem(
                    entry.line, f'there is no kind of draft or request "{name}". Use one of: {", ".join(KINDS)}.'
                )
                continue
            kinds[name] = _waiting(name, entry)
    return Deadlines(MappingProxyType(kinds), hours)


def _hours(entry: Fields, before: WorkingHours) -> WorkingHours:
    hours = WorkingHours(
        read_zone(entry, "timezone", before.zone),
        entry.words("days", WEEKDAYS, before.days) or before.days,
        entry.clock("from", before.start),
        entry.clock("until", before.end),
    )
    if hours.start >= hours.end:
        entry.problem("until", "working hours end before they begin. Change one of them.")
        return before
    return hours


def _waiting(name: str, entry: Fields) -> Waiting:
    entry.need("warn_after", "due_after", "expire_after")
    default = Waiting()
    waiting = Waiting(
        entry.duration("warn_after", default.warn_after, LONGEST),
        entry.duration("due_after", default.due_after, LONGEST),
        entry.duration("expire_after", LONGEST, LONGEST),
        entry.truth("expires_with_window", default=name in BOUND_TO_THE_WINDOW),
        entry.word("clock", CLOCKS, "always"),
        entry.duration("escalate_after", default.due_after, LONGEST) if "escalate_after" in entry else None,
    )
    if not waiting.warn_after <= waiting.due_after <= waiting.expire_after:
        order = ", ".join(said(s) for s in (waiting.warn_after, waiting.due_after, waiting.expire_after))
        entry.notes.problem(entry.line, f"warn, due and expiry must come in this order, not {order}. Change one.")
    if not waiting.due_after <= waiting.critical_after:
        entry.problem("escalate_after", "the owner is told before the time is due. Make it the same or longer.")
    if name in BOUND_TO_THE_WINDOW and not waiting.expires_with_window:
        entry.problem(
            "expires_with_window",
            f"a {name.replace('_', ' ')} cannot leave after the service window. Write true, or leave it out.",
        )
    return waiting
