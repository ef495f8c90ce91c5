"""
How many messages left, by what really became of them: counted from what is stored, never from memory.

Rule 1: a message counts in a span in which a call of a provider for it began, once, however many calls it took;
        and under its latest status that is known now.
Rule 2: a span without a message says so: nothing counted is something else than zero of something.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.departures.limit_terms import day_ends
from bot.errors import BadRequest, NotFound
from bot.tenant import Tenant

# A quarter of a year; more belongs into a report that is made at night.
LONGEST = timedelta(days=92)

DEFINITION_EN = (
    "Messages of which at least one call of a provider began in this span, each counted once under its latest "
    "known status: accepted means that the provider took it and nothing more is known; sent, delivered and read "
    "are the provider's own receipts; unknown means that nobody can tell whether it left; refused means that "
    "every call so far was surely not sent; failed means that it will not be tried again; simulated never left."
)
DEFINITION_AR = (
    "الرسائل التي بدأ إرسالها إلى مزوّد واحد على الأقل ضمن هذه المدة، وتُحسب كل رسالة مرة واحدة بآخر حالة معروفة: "
    "accepted استلمها المزوّد ولا يُعرف أكثر من ذلك، وsent وdelivered وread إشعارات المزوّد نفسه، "
    "وunknown لا يُعرف هل خرجت، وrefused لم تخرج أي محاولة حتى الآن، وfailed لن يعاد إرسالها، "
    "وsimulated لم تخرج من النظام."
)

STATUSES = (
    "sending",
    "accepted",
    "sent",
    "delivered",
    "read",
    "unknown",
    "refused",
    "failed",
    "simulated",
)

_FAILED_FOR_GOOD = frozenset(
    {"permanent_recipient", "permanent_recipient_opted_out", "not_sent_do_not_circumvent", "needs_owner"}
)
_SURE = {
    "attempt_started": "sending",
    "attempt_orphaned": "unknown",
    "message_failed_later": "failed",
    "send_given_up": "failed",
    "doubt_resolved": "accepted",
}
_OF_CLASS = {"accepted": "accepted", "simulated": "simulated", "ambiguous": "unknown"}


@dataclass(frozen=True, slots=True)
class Fate:
    """How many messages of one kind over one channel share what happened to them."""

    kind: str
    channel: str
    last: str
    """The last fact about them."""
    last_class: str
    """The class of the last answer, where the last fact is one."""
    receipts: tuple[str, ...]
    """`message_sent`, `message_delivered`, `message_read`."""
    messages: int
    attempts: int


class FateRows(Protocol):
    """Where what happened is counted."""

    async def fates(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Fate]:
        """The messages of which a call began within the span, by what is known of them now."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What left in a span of time."""

    since: datetime
    until: datetime
    as_of: datetime
    messages: int
    attempts: int
    by_status: Mapping[str, int]
    by_kind: Mapping[str, int]
    by_channel: Mapping[str, int]

    @property
    def has_data(self) -> bool:
        return self.messages > 0


class SendStats:
    """Counts for one tenant at a time."""

    def __init__(self, rows: FateRows, tenants: Mapping[str, Tenant], now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._tenants = tenants
        self._now = now

    async def between(self, tenant_id: str, since: datetime | None, until: datetime | None) -> Sent:
        """
        What left from `since` (else: since midnight in Riyadh) until before `until` (else: now).

        Raises NotFound, BadRequest (a span that is none, or too long).
        """
        if tenant_id not in self._tenants:
            raise NotFound("there is no such tenant here", "لا توجد منشأة بهذا المعرّف هنا")
        now = self._now()
        end = until or now
        begin = since or day_ends(end) - timedelta(days=1)  # Riyadh knows no summer time
        if not begin < end:
            raise BadRequest(
                f"since ({begin.isoformat()}) must be before until ({end.isoformat()})",
                "بداية المدة يجب أن تسبق نهايتها",
            )
        if end - begin > LONGEST:
            raise BadRequest(
                f"at most {LONGEST.days} days can be counted at once; ask for a shorter span",
                f"أقصى مدة {LONGEST.days} يومًا في الطلب الواحد؛ اطلب مدة أقصر",
            )
        return _counted(await self._rows.fates(tenant_id, begin, end), begin, end, now)


def status_of(fate: Fate) -> str:
    """What a page calls it."""
    if fate.last == "message_failed_later":
        return "failed"
    for receipt in ("message_read", "message_delivered", "message_sent"):
        if receipt in fate.receipts:
            return receipt.removeprefix("message_")
    if fate.last != "attempt_ended":
        return _SURE.get(fate.last, "unknown")
    return _OF_CLASS.get(fate.last_class, "failed" if fate.last_class in _FAILED_FOR_GOOD else "refused")


def _counted(fates: Sequence[Fate], since: datetime, until: datetime, now: datetime) -> Sent:
    by_status: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    by_channel: Counter[str] = Counter()
    for fate in fates:
        by_status[status_of(fate)] += fate.messages
        by_kind[fate.kind] += fate.messages
        by_channel[fate.channel] += fate.messages
    return Sent(
        since=since,
        until=until,
        as_of=now,
        messages=by_status.total(),
        attempts=sum(fate.attempts for fate in fates),
        by_status={status: by_status[status] for status in STATUSES if by_status[status]},
        by_kind=dict(sorted(by_kind.items())),
        by_channel=dict(sorted(by_channel.items())),
    )
