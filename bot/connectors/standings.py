"""One connector as people see it: what is shown, why, since when, and what is known of its calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.connectors.kept import Kept
from bot.connectors.registry import Connector
from bot.connectors.states import STATE_AR, Seen, State

# Looks come twice a minute; after so long without one nobody knows any more.
LOOK_HOLDS = timedelta(minutes=5)

WHY = {
    State.NOT_CONFIGURED: ("Its settings are not filled in.", "إعداداته غير معبأة."),
    State.UNKNOWN: ("Configured; no answer yet.", "مضبوط؛ لا جواب بعد."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one connector stands now."""

    connector: Connector
    state: State
    since: datetime | None
    why_en: str
    why_ar: str
    is_configured: bool
    kept: Kept
    channels: tuple[str, ...] = ()
    """The WhatsApp channels that go through it."""

    @property
    def seen(self) -> Seen | None:
        """The latest look, None before the first."""
        return self.kept.seen


@dataclass(frozen=True, slots=True)
class Counts:
    """How many stand how, for whoever looks from far away."""

    healthy: int
    degraded: int
    error: int
    unknown: int
    disabled: int
    not_configured: int


def standing_of(
    connector: Connector, kept: Kept | None, now: datetime, channels: tuple[str, ...], *, is_configured: bool
) -> Standing:
    """What is shown of one connector: what people decided first, then what is configured, then what was seen."""
    kept = kept or Kept(connector.key)
    state, since, (en, ar) = _shown(kept, now, is_configured=is_configured)
    return Standing(connector, state, since, en, ar, is_configured, kept, channels)


def _shown(kept: Kept, now: datetime, *, is_configured: bool) -> tuple[State, datetime | None, tuple[str, str]]:
    if kept.is_disabled:
        return State.DISABLED, kept.disabled_at, (kept.reason, kept.reason)
    if not is_configured:
        return State.NOT_CONFIGURED, None, WHY[State.NOT_CONFIGURED]
    belief, seen = kept.belief, kept.seen
    is_old = kept.looked_at is None or now - kept.looked_at >= LOOK_HOLDS
    if belief is None or seen is None or is_old or belief.state in (State.DISABLED, State.NOT_CONFIGURED):
        return State.UNKNOWN, None, WHY[State.UNKNOWN]
    if belief.state is seen.state:
        return belief.state, belief.since, (seen.why_en, seen.why_ar)
    en = f"The last look saw {seen.state.value}; it counts when seen twice. {seen.why_en}"
    ar = f"رأت آخر نظرة: {STATE_AR[seen.state]}، ولا تُعتمد إلا مرتين. {seen.why_ar}"
    return belief.state, belief.since, (en, ar)


def counts_of(standings: Sequence[Standing]) -> Counts:
    """For the executive room."""
    found = [one.state for one in standings]
    return Counts(
        healthy=found.count(State.OK),
        degraded=found.count(State.DEGRADED),
        error=found.count(State.DOWN) + found.count(State.AUTH_FAILED),
        unknown=found.count(State.UNKNOWN),
        disabled=found.count(State.DISABLED),
        not_configured=found.count(State.NOT_CONFIGURED),
    )
