"""What the room of forecasts asks of the place where everything is remembered."""

from dataclasses import dataclass

from bot.forecast.calibration import Calibrations
from bot.forecast.snapshots import Snapshots
from bot.forecast.targets import Targets


@dataclass(frozen=True, slots=True)
class ForecastRows:
    """Three collections of one room."""

    snapshots: Snapshots
    targets: Targets
    calibrations: Calibrations
