"""
The control centre of forecasts: frozen snapshots, what came in, targets, and how right the past was.

Rule 1: the forecast of the start of a period is frozen when it begins, and once a week after that; nothing that
        is frozen is computed again.
Rule 2: what came in of a closed period is computed from the records of today: a late payment corrects the
        actual, never the forecast.
Rule 3: calibration proposes; probabilities change only with the rule book.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.audit import Audit
from bot.errors import BadRequest
from bot.evidence.seals import to_the_millisecond
from bot.forecast.accuracy import Accuracy, measured
from bot.forecast.calibration import LOOK_BACK, Calibration, odds
from bot.forecast.rows import ForecastRows
from bot.forecast.snapshots import TAKEN_WITHIN, Kind, Outlook, Snapshot, outlook
from bot.forecast.targets import LARGEST, STATED, Target
from bot.metrics.dictionary import percent
from bot.metrics.figures import Revenue
from bot.metrics.room import Numbers, Results
from bot.metrics.spans import Span, day_of, month_before, month_of, months_until, read_month, week_of
from bot.people import Human
from bot.rounds import for_each
from rules.policies import Policies

# A period begins at midnight; its snapshot is there minutes later.
LOOK_EVERY_SECONDS = 60.0

# Two years show a season twice.
PERIODS_AT_MOST = 24
MEASURED_OVER = 12

MAX_RACES = 20


@dataclass(frozen=True, slots=True)
class Variance:
    """What came in against a number that was said before; None where that was not said."""

    against_halalas: int | None
    halalas: int | None
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Unified:
    """One period, from every side."""

    period: Span
    as_of: datetime
    is_closed: bool
    revenue: Revenue
    won: int
    lost: int
    outlook: Outlook | None
    """The forecast of now; None of a closed period."""
    at_start: Snapshot | None
    target: Target | None
    pipeline_halalas: int
    has_data: bool
    targets: Mapping[str, Target]
    """Every figure that was stated for the period."""

    @property
    def against_target(self) -> Variance:
        return self._against(self.target.value if self.target else None)

    @property
    def likely_halalas(self) -> int:
        """What the period is likely to bring; of a closed one, what came in."""
        return self.outlook.forecast_halalas if self.outlook else self.revenue.actual_halalas

    @property
    def likely_percent(self) -> Decimal | None:
        """What is likely against the target."""
        if self.target is None or not self.has_data:
            return None
        return variance(self.likely_halalas, self.target.value).percent

    @property
    def against_forecast(self) -> Variance:
        return self._against(self.at_start.outlook.forecast_halalas if self.at_start else None)

    def _against(self, said: int | None) -> Variance:
        """Where nothing ever came in or was decided there is nothing to compare."""
        return variance(self.revenue.actual_halalas, said) if self.has_data else Variance(said, None, None)

    @property
    def health(self) -> str:
        """`no_data | on_track | at_risk | off_track`: what came in or is forecast, against target or forecast."""
        if not self.has_data:
            return "no_data"
        said = self.target.value if self.target else None
        if said is None and self.at_start is not None:
            said = self.at_start.outlook.forecast_halalas
        if not said or said < 0:
            return "no_data"
        share = percent(self.likely_halalas, said) or Decimal(0)
        return "on_track" if share >= ON_TRACK else "at_risk" if share >= AT_RISK else "off_track"


# Within a tenth of what was said is as said; less than three quarters will hardly be made up.
ON_TRACK, AT_RISK = Decimal(90), Decimal(75)


class Forecast:
    """The forecasts of all tenants."""

    def __init__(
        self,
        *,
        rows: ForecastRows,
        numbers: Numbers,
        audit: Audit,
        tenants: Sequence[str],
        policies_of: Callable[[str], Policies],
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._numbers = numbers
        self._audit = audit
        self._tenants = tenants
        self._policies_of = policies_of
        self._unreachable = unreachable
        self._now = now
        self._new_id = new_id

    # What is frozen

    async def take_snapshots(self) -> None:
        """The job: freeze what is to be frozen of every tenant."""
        await for_each("forecast_snapshots", self._tenants, self.freeze, self._unreachable)

    async def freeze(self, tenant_id: str) -> None:
        """Take the snapshots of this month and week, unless somebody has."""
        now = to_the_millisecond(self._now())
        month, week = month_of(day_of(now)), week_of(day_of(now))
        await self._take(tenant_id, month, Kind.START, month.id, month.since, now)
        # The first forecast of a week that began in another month is due when this one begins.
        await self._take(tenant_id, month, Kind.WEEKLY, week.id, max(week.since, month.since), now)

    async def _take(
        self, tenant_id: str, month: Span, kind: Kind, key: str, due: datetime, now: datetime
    ) -> None:
        if await self._rows.snapshots.find(tenant_id, month.id, kind, key) is not None:
            return
        policy = self._policies_of(tenant_id).forecast
        came = (await self._numbers.results(tenant_id, month, now)).revenue
        deals = await self._numbers.open_deals(tenant_id, now)
        seen = outlook(deals, month, policy, came.verified_halalas)
        late = now - due > TAKEN_WITHIN
        await self._rows.snapshots.add(Snapshot(tenant_id, month.id, kind, key, now, policy.method, seen, late))

    # What is asked

    async def unified(self, tenant_id: str, period: str = "", at: datetime | None = None) -> Unified:
        """One month, this one by default, as of a moment, now by default. Raises BadRequest."""
        now = at or self._now()
        month = self._month(period, now)
        (one,) = await self._seen(tenant_id, (month,), now)
        return one

    async def trends(self, tenant_id: str, periods: int, at: datetime | None = None) -> tuple[Unified, ...]:
        """So many months, oldest first, this one last. Raises BadRequest."""
        if not 1 <= periods <= PERIODS_AT_MOST:
            raise BadRequest(
                f"ask for 1 to {PERIODS_AT_MOST} periods", f"اطلب من فترة واحدة إلى {PERIODS_AT_MOST} فترة"
            )
        now = at or self._now()
        return await self._seen(tenant_id, months_until(month_of(day_of(now)), periods), now)

    async def accuracy(
        self, tenant_id: str, periods: int = MEASURED_OVER, at: datetime | None = None
    ) -> Accuracy:
        """How right the forecasts of the last closed months were. Raises BadRequest."""
        if not 1 <= periods <= PERIODS_AT_MOST:
            raise BadRequest(
                f"ask for 1 to {PERIODS_AT_MOST} periods", f"اطلب من فترة واحدة إلى {PERIODS_AT_MOST} فترة"
            )
        now = at or self._now()
        months = months_until(month_before(month_of(day_of(now))), periods)
        results = await self._numbers.results_of(tenant_id, months, now)
        frozen = await self._starts(tenant_id, months)
        return measured(
            [
                (
                    month.id,
                    came.revenue.actual_halalas,
                    came.revenue.basis,
                    frozen[month.id].outlook.forecast_halalas if month.id in frozen else None,
                    month.id in frozen and frozen[month.id].is_late,
                )
                for month, came in zip(months, results, strict=True)
            ]
        )

    async def snapshots(self, tenant_id: str, period: str = "") -> Sequence[Snapshot]:
        """What was frozen of a month, oldest first. Raises BadRequest."""
        return await self._rows.snapshots.of_periods(tenant_id, [self._month(period, self._now()).id])

    # What people say

    async def set_target(
        self, tenant_id: str, metric: str, period: str, value: int, owner: str, note: str, by: Human
    ) -> Target:
        """State a figure of a month; what was stated before is kept. Raises BadRequest."""
        month = self._month(period, self._now())
        _check_known(metric)
        if isinstance(value, bool) or not 0 <= value <= LARGEST or not owner.strip():
            raise BadRequest(
                f"state a whole number from 0 to {LARGEST}, and who answers for it",
                f"اذكر عددًا صحيحًا من 0 إلى {LARGEST} واسم المسؤول عنه",
            )
        for _ in range(MAX_RACES):
            before = (await self._rows.targets.current(tenant_id, [month.id])).get((metric, month.id))
            at = to_the_millisecond(self._now())
            v = before.v + 1 if before else 1
            made = Target(metric, month.id, value, owner.strip(), note, at, by.id, by.name, v)
            if await self._rows.targets.add(tenant_id, made):
                await self._audit.note(
                    tenant_id, "target_set", by, metric=metric, period=month.id, value=value,
                    before=before.value if before else None, owner=made.owner, version=v, note=note,
                )  # fmt: skip
                return made
        raise BadRequest("this figure is being stated by several people at once", "أكثر من شخص يعدّل هذا الرقم")

    async def targets(self, tenant_id: str, period: str = "") -> Sequence[Target]:
        """Everything that was stated for a month. Raises BadRequest."""
        month = self._month(period, self._now())
        return list((await self._rows.targets.current(tenant_id, [month.id])).values())

    async def target_history(self, tenant_id: str, metric: str, period: str) -> Sequence[Target]:
        """Every version of a figure, newest first. Raises BadRequest."""
        _check_known(metric)
        return await self._rows.targets.history(tenant_id, metric, self._month(period, self._now()).id)

    # What the past says

    async def recalibrate(self, tenant_id: str, by: Human) -> Calibration:
        """Propose probabilities from the deals of a year; what is in force stays in force."""
        now = to_the_millisecond(self._now())
        policy, since = self._policies_of(tenant_id).forecast, now - LOOK_BACK
        won, lost, reached = await self._numbers.decided(tenant_id, since, now)
        made = Calibration(
            self._new_id(), tenant_id, now, since, by.id, by.name, policy.method,
            len(won) + len(lost), odds(won, lost, reached, policy),
        )  # fmt: skip
        await self._rows.calibrations.add(made)
        await self._audit.note(
            tenant_id, "forecast_recalibration_proposed", by, calibration=made.id, sample=made.sample,
            changes=[s.stage for s in made.changes],
        )  # fmt: skip
        return made

    async def calibrations(self, tenant_id: str, limit: int = 20) -> Sequence[Calibration]:
        """What was proposed, newest first."""
        return await self._rows.calibrations.latest(tenant_id, limit)

    async def _seen(self, tenant_id: str, months: Sequence[Span], now: datetime) -> tuple[Unified, ...]:
        results = await self._numbers.results_of(tenant_id, months, now)
        deals = await self._numbers.open_deals(tenant_id, now)
        frozen = await self._starts(tenant_id, months)
        stated = await self._rows.targets.current(tenant_id, [month.id for month in months])
        policy = self._policies_of(tenant_id).forecast

        def one(month: Span, came: Results) -> Unified:
            start = frozen.get(month.id)
            is_closed = month.is_closed(now)
            own = {metric: target for (metric, period), target in stated.items() if period == month.id}
            return Unified(
                period=month,
                as_of=now,
                is_closed=is_closed,
                revenue=came.revenue,
                won=len(came.won),
                lost=len(came.lost),
                outlook=None if is_closed else outlook(deals, month, policy, came.revenue.verified_halalas),
                at_start=start,
                target=own.get("revenue"),
                pipeline_halalas=sum(deal.rest_halalas for deal in deals),
                has_data=bool(came.was_ever_paid or came.won or came.lost or deals),
                targets=own,
            )

        return tuple(one(month, came) for month, came in zip(months, results, strict=True))

    async def _starts(self, tenant_id: str, months: Sequence[Span]) -> Mapping[str, Snapshot]:
        found = await self._rows.snapshots.of_periods(tenant_id, [month.id for month in months])
        return {one.period: one for one in found if one.kind is Kind.START}

    def _month(self, text: str, now: datetime) -> Span:
        month = read_month(text) if text else month_of(day_of(now))
        if month is None:
            raise BadRequest(f"{text!r} is no period: write a month as 2026-11", "اكتب الشهر هكذا: 2026-11")
        return month


def _check_known(metric: str) -> None:
    if metric not in STATED:
        known = ", ".join(STATED)
        raise BadRequest(f"{metric!r} cannot be stated: choose one of {known}", f"اختر من: {known}")


def variance(actual: int, said: int | None) -> Variance:
    """How far what came in lies from what was said."""
    if said is None:
        return Variance(None, None, None)
    # Of less than nothing there is no share that would say which way it went.
    return Variance(said, actual - said, percent(actual - said, said) if said > 0 else None)
