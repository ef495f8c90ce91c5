"""
How a connector stands, from what it was asked and what it answered. Pure.

Rule 1: a state is derived and never typed in. Nobody is `ok` of whom no answer is known.
Rule 2: success is what the other side answered well; a refusal of one contact or one text is a good answer.
Rule 3: a state is taken over when two looks in a row saw it, so that one bad second tells nobody anything. What
        people decide, and the first look of all, count at once.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

Outcome = Literal["ok", "refused", "auth_failed", "timeout"]
OUTCOMES: tuple[Outcome, ...] = ("ok", "refused", "auth_failed", "timeout")

WINDOW = timedelta(minutes=15)
GOOD_RATE = 0.98
POOR_RATE = 0.80

# Probes come once a minute; after five of them without an answer nobody knows.
PROBE_HOLDS = timedelta(minutes=5)

# The same as the breaker of each channel in the process that sends.
FAILURES_IN_A_ROW = 3
BREAKER_PAUSE = timedelta(seconds=60)

LOOKS_TO_BELIEVE = 2


class State(StrEnum):
    """How a connector stands; the worst last."""

    NOT_CONFIGURED = "not_configured"
    DISABLED = "disabled"
    UNKNOWN = "unknown"
    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    AUTH_FAILED = "auth_failed"


# Of several channels the worst is the connector's: somebody must look.
_WORSE = (State.OK, State.UNKNOWN, State.DEGRADED, State.DOWN, State.AUTH_FAILED)

TROUBLE = frozenset({State.DEGRADED, State.DOWN, State.AUTH_FAILED})

STATE_AR = {
    State.NOT_CONFIGURED: "غير مضبوط",
    State.DISABLED: "موقوف",
    State.UNKNOWN: "غير معروف",
    State.OK: "يعمل",
    State.DEGRADED: "متراجع",
    State.DOWN: "متعطل",
    State.AUTH_FAILED: "بيانات دخول مرفوضة",
}

_AT_ONCE = frozenset({State.NOT_CONFIGURED, State.DISABLED})


@dataclass(frozen=True, slots=True)
class Call:
    """One real call and what it came to."""

    at: datetime
    outcome: Outcome
    latency_ms: float


@dataclass(frozen=True, slots=True)
class Probe:
    """What asking brought, without sending anything."""

    state: str
    """`not_configured | ok | degraded | down | auth_failed`"""
    at: datetime
    detail_en: str = ""
    detail_ar: str = ""
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look saw."""

    state: State
    calls: int = 0
    succeeded: int = 0
    p95_ms: float | None = None
    probe: Probe | None = None
    last_success_at: datetime | None = None
    last_attempt_at: datetime | None = None
    why_en: str = ""
    why_ar: str = ""

    @property
    def success_rate(self) -> float | None:
        """None when nobody called."""
        return self.succeeded / self.calls if self.calls else None


@dataclass(frozen=True, slots=True)
class Belief:
    """The state that is shown, and the one that waits to be seen a second time."""

    state: State
    since: datetime
    next_state: State | None = None
    next_times: int = 0


def judge(calls: Sequence[Call], probe: Probe | None, now: datetime, slow_ms: float, *, can_probe: bool) -> Seen:
    """
    One channel or port that is configured and switched on.

    Args:
        calls: newest first; those older than the window count for nothing.
        can_probe: whether it can be asked at all; what cannot is known by its calls only.
    """
    recent = [call for call in calls if timedelta(0) <= now - call.at < WINDOW]
    fresh = probe if probe is not None and now - probe.at < PROBE_HOLDS else None
    state, en, ar = _state(recent, fresh, now, slow_ms, can_probe=can_probe)
    answered = [call.at for call in recent if call.outcome == "ok"]
    asked = [call.at for call in recent]
    if fresh is not None:
        asked.append(fresh.at)
        answered += [fresh.at] if fresh.state in ("ok", "degraded") else []
    return Seen(
        state=state,
        calls=len(recent),
        succeeded=sum(call.outcome == "ok" for call in recent),
        p95_ms=p95(recent),
        probe=probe,
        last_success_at=max(answered, default=None),
        last_attempt_at=max(asked, default=None),
        why_en=en,
        why_ar=ar,
    )


def _state(
    calls: Sequence[Call], probe: Probe | None, now: datetime, slow_ms: float, *, can_probe: bool
) -> tuple[State, str, str]:
    if calls and calls[0].outcome == "auth_failed":
        return State.AUTH_FAILED, "The last call was refused because of who we are.", "رُفض آخر اتصال لهويتنا."
    if probe is not None and probe.state in ("auth_failed", "down"):
        return State(probe.state), probe.detail_en, probe.detail_ar
    if _is_open(calls, now):
        en, ar = "The last three calls in a row failed.", "فشلت آخر ثلاثة اتصالات متتالية."
        return State.DOWN, en, ar
    good = sum(call.outcome == "ok" for call in calls)
    rate = good / len(calls) if calls else 1.0
    if rate < GOOD_RATE:
        return State.DOWN if rate < POOR_RATE else State.DEGRADED, *_of_calls(good, len(calls))
    slow = p95(calls)
    if slow is not None and slow > slow_ms:
        en, ar = f"Answers take {slow / 1000:.1f} s.", f"الردود تستغرق {slow / 1000:.1f} ثانية."
        return State.DEGRADED, en, ar
    if probe is not None and probe.state == "degraded":
        return State.DEGRADED, probe.detail_en, probe.detail_ar
    if probe is not None and probe.latency_ms is not None and probe.latency_ms > slow_ms:
        took = probe.latency_ms / 1000
        return State.DEGRADED, f"The probe took {took:.1f} s.", f"استغرق الفحص {took:.1f} ثانية."
    if probe is not None and probe.state == "ok":
        return State.OK, probe.detail_en, probe.detail_ar
    if calls and not can_probe:
        return State.OK, "Its calls succeed.", "اتصالاته ناجحة."
    return State.UNKNOWN, "Configured; no answer yet.", "مضبوط؛ لا جواب بعد."


def _of_calls(good: int, calls: int) -> tuple[str, str]:
    """How many calls stand behind a rate: one of two says less than fifty of a hundred."""
    minutes, rate = WINDOW // timedelta(minutes=1), f"{good / calls:.1%}"
    en = f"{good} of {calls} calls of the last {minutes} minutes succeeded ({rate})."
    return en, f"نجح من الاتصالات في آخر {minutes} دقيقة: {good} من {calls} ({rate})."


def p95(calls: Sequence[Call]) -> float | None:
    """How long the 95th of a hundred calls took, None without any."""
    took = sorted(call.latency_ms for call in calls)
    return took[math.ceil(0.95 * len(took)) - 1] if took else None


def _is_open(calls: Sequence[Call], now: datetime) -> bool:
    """Whether whoever sends has stopped asking for a while."""
    last = calls[:FAILURES_IN_A_ROW]
    return (
        len(last) == FAILURES_IN_A_ROW
        and all(call.outcome != "ok" for call in last)
        and now - last[0].at < BREAKER_PAUSE
    )


def together(channels: Collection[Seen]) -> Seen:
    """Several channels of one connector: the worst state, and what they carried in all."""
    assert channels, "nobody to put together"
    worst = max(channels, key=lambda seen: _WORSE.index(seen.state))
    slow = [seen.p95_ms for seen in channels if seen.p95_ms is not None]
    return replace(
        worst,
        calls=sum(seen.calls for seen in channels),
        succeeded=sum(seen.succeeded for seen in channels),
        p95_ms=max(slow, default=None),
        last_success_at=max((s.last_success_at for s in channels if s.last_success_at), default=None),
        last_attempt_at=max((s.last_attempt_at for s in channels if s.last_attempt_at), default=None),
    )


def believe(before: Belief | None, seen: State, now: datetime) -> Belief:
    """What is shown after a look that saw this."""
    if before is None:
        return Belief(seen, now)
    if seen is before.state:
        return Belief(before.state, before.since)
    is_first = before.state in (*_AT_ONCE, State.UNKNOWN)
    times = before.next_times + 1 if before.next_state is seen else 1
    if seen in _AT_ONCE or is_first or times >= LOOKS_TO_BELIEVE:
        return Belief(seen, now)
    return Belief(before.state, before.since, seen, times)
