"""
What the calls of a span of time come to: counts, rates, latency and money, from the records. Pure.

Rule 1: nothing that was not measured is a zero: a rate of no calls and a latency of no answer are None.
Rule 2: a sum says how many calls are missing from it, because nobody knows their price.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.models.call import CallStatus, Group

DEFINITIONS: dict[str, tuple[str, str]] = {
    "calls": ("calls to providers that began in the window", "نداءات المزوّدين التي بدأت في الفترة"),
    "error_rate": (
        "calls that failed or whose answer was refused, of all that ended",
        "نسبة النداءات المتعثرة أو المرفوض جوابها من كل ما انتهى",
    ),
    "fallback_rate": (
        "calls to a stand-in for every call to a first choice",
        "نداءات البديل مقابل نداءات الخيار الأول",
    ),
    "latency": (
        "from the request to the last byte, of calls that were answered",
        "من الطلب إلى آخر بايت، للنداءات المجابة",
    ),
    "cost_sar": (
        "tokens times the dated price times the rate of the riyal; calls without a price are counted beside it",
        "الرموز × السعر المؤرخ × سعر الريال؛ وما لا سعر له يُعد بجانبه",
    ),
    "cost_per_conversation_sar": (
        "the sum, divided by the conversations that somebody was asked about",
        "المجموع مقسومًا على المحادثات التي سُئل عنها",
    ),
}
"""What each number means, in English and Arabic."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of a table."""

    key: str
    calls: int
    ok: int
    failed: int
    refused: int
    open: int
    fallback_calls: int
    unpriced_calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: Decimal
    cost_sar: Decimal
    latency_p50_ms: int | None
    latency_p95_ms: int | None

    @property
    def error_rate(self) -> Decimal | None:
        ended = self.ok + self.failed + self.refused
        return _share(self.failed + self.refused, ended)

    @property
    def fallback_rate(self) -> Decimal | None:
        return _share(self.fallback_calls, self.calls - self.fallback_calls)


@dataclass(frozen=True, slots=True)
class Hour:
    """What happened in one hour."""

    at: datetime
    ok: int
    not_ok: int
    cost_sar: Decimal


def figures(key: str, groups: Iterable[Group]) -> Figures:
    """Everything in these groups together."""
    found = list(groups)
    latencies = sorted(ms for group in found for ms in group.latencies_ms)

    def calls(*statuses: CallStatus) -> int:
        return sum(g.calls for g in found if not statuses or g.status in statuses)

    return Figures(
        key=key,
        calls=calls(),
        ok=calls(CallStatus.OK),
        failed=calls(CallStatus.FAILED),
        refused=calls(CallStatus.REFUSED),
        open=calls(CallStatus.OPEN),
        fallback_calls=sum(g.calls for g in found if g.is_fallback),
        unpriced_calls=sum(g.unpriced for g in found),
        input_tokens=sum(g.input_tokens for g in found),
        output_tokens=sum(g.output_tokens for g in found),
        cached_tokens=sum(g.cached_tokens for g in found),
        cost_usd=sum((g.cost_usd for g in found), Decimal(0)),
        cost_sar=sum((g.cost_sar for g in found), Decimal(0)),
        latency_p50_ms=percentile(latencies, 50),
        latency_p95_ms=percentile(latencies, 95),
    )


def by(groups: Sequence[Group], key_of: Callable[[Group], str]) -> tuple[Figures, ...]:
    """One line for each key, the most called first."""
    kept: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        kept[key_of(group)].append(group)
    lines = [figures(key, own) for key, own in kept.items()]
    return tuple(sorted(lines, key=lambda line: (-line.calls, line.key)))


def hours(groups: Sequence[Group]) -> tuple[Hour, ...]:
    """The hours in which there was a call, oldest first."""
    kept: dict[datetime, list[Group]] = defaultdict(list)
    for group in groups:
        kept[group.hour].append(group)
    return tuple(
        Hour(
            at,
            sum(g.calls for g in own if g.status == CallStatus.OK),
            sum(g.calls for g in own if g.status in (CallStatus.FAILED, CallStatus.REFUSED)),
            sum((g.cost_sar for g in own), Decimal(0)),
        )
        for at, own in sorted(kept.items())
    )


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The nearest rank: at least so many of a hundred are no larger. None of nothing."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, rank - 1)]


def _share(part: int, whole: int) -> Decimal | None:
    return None if whole <= 0 else (Decimal(part) / whole).quantize(Decimal("0.0001"))
