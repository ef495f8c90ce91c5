"""
How right forecasts were. Pure.

Rule 1: only closed periods with a forecast frozen at their start count.
Rule 2: accuracy = max(0, 1 - |actual - forecast| / max(actual, forecast)); bias = (forecast - actual) / actual.
        Where the divisor is not positive there is no number.
Rule 3: the average weighs each period by what came in. Fewer than 2 periods give no number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ENOUGH = 2
_FOUR = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Measured:
    """One closed period."""

    period: str
    actual_halalas: int
    forecast_halalas: int
    basis: str
    """`verified | unverified | none`: what the actual is made of."""

    @property
    def accuracy(self) -> Decimal | None:
        return accuracy(self.actual_halalas, self.forecast_halalas)

    @property
    def bias(self) -> Decimal | None:
        return bias(self.actual_halalas, self.forecast_halalas)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """All of them together."""

    periods: tuple[Measured, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """Closed periods that could not be measured, and why: `no_forecast | late_forecast`."""

    @property
    def is_enough(self) -> bool:
        return len(self.periods) >= ENOUGH

    @property
    def status(self) -> str:
        if not self.is_enough:
            return "insufficient_data"
        return "ok" if self.average is not None else "no_data"

    @property
    def average(self) -> Decimal | None:
        """Weighted by what came in; a period in which nothing came in, or more went out, weighs nothing."""
        if not self.is_enough:
            return None
        weighed = [(m.accuracy, m.actual_halalas) for m in self.periods if m.actual_halalas > 0]
        weight = sum(actual for _, actual in weighed)
        return _share(sum((a or Decimal(0)) * actual for a, actual in weighed), weight) if weight else None

    @property
    def wape(self) -> Decimal | None:
        """The sum of all errors / the sum of all actuals; None where that is not positive."""
        if not self.is_enough:
            return None
        total = sum(m.actual_halalas for m in self.periods)
        error = sum(abs(m.actual_halalas - m.forecast_halalas) for m in self.periods)
        return _share(error, total) if total > 0 else None

    @property
    def average_bias(self) -> Decimal | None:
        """How much more was forecast than came in, over all of them."""
        if not self.is_enough:
            return None
        total = sum(m.actual_halalas for m in self.periods)
        return _share(sum(m.forecast_halalas for m in self.periods) - total, total) if total > 0 else None


def accuracy(actual: int, forecast: int) -> Decimal | None:
    """Between 0 and 1; None where nothing was expected and nothing came."""
    larger = max(actual, forecast)
    if larger <= 0:
        return None
    return max(Decimal(0), 1 - Decimal(abs(actual - forecast)) / larger).quantize(_FOUR, ROUND_HALF_UP)


def bias(actual: int, forecast: int) -> Decimal | None:
    """Positive when too much was forecast; None where nothing came in."""
    return _share(forecast - actual, actual) if actual > 0 else None


def measured(closed: Sequence[tuple[str, int, str, int | None, bool]]) -> Accuracy:
    """From (period, actual, basis, forecast at start or None, whether it is late) of closed periods."""
    good, left_out = [], []
    for period, actual, basis, forecast, is_late in closed:
        if forecast is None:
            left_out.append((period, "no_forecast"))
        elif is_late:
            left_out.append((period, "late_forecast"))
        else:
            good.append(Measured(period, actual, forecast, basis))
    return Accuracy(tuple(good), tuple(left_out))


def _share(part: Decimal | int, whole: int) -> Decimal:
    return (Decimal(part) / Decimal(whole)).quantize(_FOUR, ROUND_HALF_UP)
