"""
What everybody calls to be counted: one function for each thing that happens.

Rule 1: a call is a few dictionary look-ups when metrics are kept, and one comparison when they are not.
Rule 2: a label never grows without bound (`catalogue.VALUES_AT_MOST`).
Rule 3: gauges keep their last value; one that is said by a single process falls silent when it moves elsewhere.
"""

import os
import resource
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from bot.telemetry import catalogue
from bot.telemetry.catalogue import VALUES_AT_MOST, Kind, Metric

Labels = dict[str, str]
OTHER = "other"


class Board(Protocol):
    """Whoever keeps the spreads; counts and gauges are kept here and read from here."""

    def observe(self, metric: Metric, value: float, labels: Labels) -> None: ...


# Of the process (rule 1 of the package); more than one board only where houses share a process, as in tests.
_boards: tuple[Board, ...] = ()
_values: dict[tuple[str, str], set[str]] = {}
_counts: dict[str, dict[tuple[str, ...], float]] = {}
_gauges: dict[str, dict[tuple[str, ...], tuple[float, float]]] = {}


def begin(board: Board) -> None:
    """From now on everything is counted there too."""
    global _boards
    _boards = (*_boards, board)


def end(board: Board) -> None:
    """No more."""
    global _boards
    _boards = tuple(b for b in _boards if b is not board)


# What comes in


def inbound(provider: str, outcome: str = "new") -> None:
    """One event of a webhook: `new | repeated | receipt | state | ignored | quarantined`."""
    _count(catalogue.INBOUND, provider=provider, outcome=outcome)


def webhook(provider: str, outcome: str, seconds: float) -> None:
    """One webhook was answered: `recorded | quarantined | refused | failed`."""
    _observe(catalogue.WEBHOOK, seconds, provider=provider, outcome=outcome)


def lag(seconds: float) -> None:
    """A message was handled this long after it was recorded."""
    _observe(catalogue.LAG, seconds)


# What is decided


def decided(intent: str, rule: str) -> None:
    """A burst was understood; `rule` is the page that heard it, empty when none did."""
    _count(catalogue.DECISIONS, intent=intent or "none", rule=rule or "none")


def drafted(kind: str, status: str) -> None:
    """A draft was made: `queued` or `held`."""
    _count(catalogue.DRAFTS_MADE, kind=kind, status=status)


def opted_out(source: str) -> None:
    """A contact stopped us."""
    _count(catalogue.OPT_OUTS, source=source)


def approved(seconds: float, decision: str) -> None:
    """A human decided about a draft: `approved | rejected | taken_over | ...`."""
    _observe(catalogue.APPROVAL, seconds, decision=decision)


# What goes out


def sent(provider: str, outcome: str, seconds: float = 0.0) -> None:
    """A provider was called; `outcome` is the send class."""
    _count(catalogue.SENDS, provider=provider, outcome=outcome)
    _observe(catalogue.SEND, seconds, provider=provider, outcome=outcome)


def postponed() -> None:
    """Nobody could take a message in this round."""
    _count(catalogue.POSTPONED)


def given_up() -> None:
    """Nobody took a message in any round."""
    _count(catalogue.GIVEN_UP)


def refused(reason: str) -> None:
    """The gate did not let a message through."""
    _count(catalogue.REFUSALS, reason=reason)


def receipt(provider: str, status: str) -> None:
    """A delivery receipt found its message."""
    _count(catalogue.RECEIPTS, provider=provider, status=status)


# How the house is


def handling_failed() -> None:
    """A look at a conversation ended in a fault."""
    _count(catalogue.FAILURES)


def parked(count: int = 1) -> None:
    """Events were put aside for an operator."""
    _count(catalogue.PARKED, count)


def database_failed(fault: BaseException) -> None:
    """A database operation failed."""
    _count(catalogue.DATABASE, fault=type(fault).__name__)


def ring(is_connected: bool) -> None:
    """Whether this process hears the others."""
    gauge(catalogue.RING, 1.0 if is_connected else 0.0)


def rang(outcome: str) -> None:
    """A ring between processes: `sent | heard | lost`."""
    _count(catalogue.RINGS, outcome=outcome)


def seat(name: str, *, is_held: bool) -> None:
    """This process took a seat, or lost it."""
    gauge(catalogue.SEATS, 1.0 if is_held else 0.0, seat=name)


def run_step(flow: str, outcome: str) -> None:
    """A step of a workflow run ended: `done | again | waiting | retried | failed | compensated`."""
    _count(catalogue.RUN_STEPS, flow=flow, outcome=outcome)


def limited(budget: str) -> None:
    """A budget was spent."""
    _count(catalogue.LIMITED, budget=budget)


def background_failed(work: str) -> None:
    """A round of background work ended in a fault."""
    _count(catalogue.JOBS, work=work)


def relay_waits(seconds: float, count: int) -> None:
    """How far the timeline is behind."""
    gauge(catalogue.RELAY_LAG, seconds)
    gauge(catalogue.RELAY_WAITING, float(count))


def telemetry_lost(signal: str) -> None:
    """A batch could not be delivered."""
    _count(catalogue.LOST, signal=signal)


def gauge(metric: Metric, value: float, **labels: str) -> None:
    """Say how something is now."""
    _gauges.setdefault(metric.name, {})[_key(metric, labels)] = (value, time.monotonic())


def forget(metric: Metric) -> None:
    """What was said of a gauge is no longer so, for all its labels: they are said anew."""
    _gauges.pop(metric.name, None)


def readings(metric: Metric) -> Iterable[tuple[float, Labels]]:
    """The values of a counter, or those of a gauge that still hold; of the process itself they are read now."""
    if metric is catalogue.MEMORY:
        return [(_resident_bytes(), {})]
    if metric is catalogue.CPU:
        return [(time.process_time(), {})]
    if metric.kind is Kind.COUNTER:
        counts = list(_counts.get(metric.name, {} if metric.labels else {(): 0}).items())  # nothing yet is zero
        return [(count, _named(metric, key)) for key, count in counts]
    oldest = time.monotonic() - metric.lasts_seconds if metric.lasts_seconds else 0.0
    said = list(_gauges.get(metric.name, {}).items())
    return [(value, _named(metric, key)) for key, (value, at) in said if at >= oldest]


def _count(metric: Metric, amount: float = 1, **labels: str) -> None:
    if _boards:
        counts = _counts.setdefault(metric.name, {})
        key = _key(metric, labels)
        counts[key] = counts.get(key, 0) + amount


def _observe(metric: Metric, value: float, **labels: str) -> None:
    if _boards:
        named = _named(metric, _key(metric, labels))
        for board in _boards:
            board.observe(metric, max(0.0, value), named)


def _key(metric: Metric, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the labels in the catalogue's order; one that would be one too many is called `other`."""
    found = []
    for name in metric.labels:
        value = labels[name]
        known = _values.setdefault((metric.name, name), set())
        if value not in known:
            if len(known) >= VALUES_AT_MOST:
                value = OTHER
            known.add(value)
        found.append(value)
    return tuple(found)


def _named(metric: Metric, key: tuple[str, ...]) -> Labels:
    return dict(zip(metric.labels, key, strict=True))


def _resident_bytes() -> float:
    if sys.platform == "linux":
        return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # the highest so far, where nobody says more
