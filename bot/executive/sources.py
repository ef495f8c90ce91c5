"""
Where the executive room gets its numbers: each source by itself, so that one that fails greys its own numbers.

Rule: a neighbour that this installation does not have is `no_data`; one that does not answer is `error`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from bot.authority.approval import ApprovalStatus
from bot.authority.approval_view import ApprovalView
from bot.authority.centre import ApprovalCentre
from bot.compliance.findings import Status
from bot.compliance.room import Compliance
from bot.forecast.room import Forecast, Unified
from bot.metrics.dictionary import Number, percent
from bot.metrics.room import Blocks, Numbers, Source
from bot.metrics.spans import Span, day_of, month_of

Pair = Callable[[str], Awaitable[Sequence[Number | None]]]
"""A tenant -> the numbers of one neighbour."""

WARNED, OVERDUE = 1, 2
"""Levels of urgency of what waits for a person."""

GROUPS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "revenue": (
            ("actual", "revenue_actual"),
            ("unverified", "revenue_unverified"),
            ("forecast", "revenue_forecast"),
            ("forecast_at_start", "revenue_forecast_at_start"),
            ("target", "revenue_target"),
            ("variance_percent", "revenue_variance_percent"),
            ("likely_percent", "revenue_likely_percent"),
            ("forecast_variance_percent", "forecast_variance_percent"),
            ("forecast_accuracy", "forecast_accuracy"),
            ("pipeline_value", "pipeline_value"),
            ("open_deals", "open_deals"),
            ("won", "deals_won"),
            ("lost", "deals_lost"),
            ("win_rate", "win_rate"),
        ),
        "activity": (
            ("messages_received", "messages_received"),
            ("drafts_decided", "drafts_decided"),
            ("sla_met", "sla_met"),
            ("response_seconds", "response_seconds"),
            ("opt_outs", "opt_outs"),
            ("workflows_completed", "workflows_completed"),
        ),
        "approvals": (
            ("pending", "approvals_pending"),
            ("warning", "approvals_warning"),
            ("breach", "approvals_breach"),
        ),
        "connectors": (
            ("healthy", "connectors_healthy"),
            ("degraded", "connectors_degraded"),
            ("error", "connectors_error"),
        ),
        "compliance": (
            ("compliant", "compliance_compliant"),
            ("partial", "compliance_partial"),
            ("non_compliant", "compliance_non_compliant"),
            ("posture", "compliance_rate"),
        ),
        "contradictions": (("active", "contradictions_active"), ("critical", "contradictions_critical")),
        "strategic_deals": (("active", "strategic_deals_active"), ("pipeline_value", "strategic_deals_value")),
        "evidence_packs": (("ready", "evidence_ready"), ("pending_review", "evidence_pending_review")),
        "roi": (
            ("cost", "roi_cost"),
            ("revenue", "revenue_actual"),
            ("return_percent", "roi_return_percent"),
            ("response_change_percent", "response_change_percent"),
        ),
    }
)
"""The blocks of the room: their names there, and the metric behind each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Rooms that an installation may have; each answers its numbers in the order of the group."""

    connectors: Pair | None = None
    contradictions: Pair | None = None
    partners: Pair | None = None


class Gatherer:
    """Asks everybody."""

    def __init__(
        self,
        *,
        numbers: Numbers,
        forecast: Forecast,
        centre: ApprovalCentre,
        compliance: Compliance,
        neighbours: Neighbours,
    ) -> None:
        self.numbers = numbers
        self.forecast = forecast
        self._centre = centre
        self._compliance = compliance
        self._neighbours = neighbours

    async def everything(
        self, tenant_id: str, span: Span, at: datetime, *, activity: Span | None = None
    ) -> Blocks:
        """
        Every number of the room: those of a window over `span`, money against the forecast over its month.

        Args:
            activity: the window of what was said and decided, where that is another.
        """
        money = await self.numbers.money(tenant_id, span, at)
        counted = {**money, **await self.numbers.activity(tenant_id, activity or span, at)}
        now = await self.numbers.of_now(tenant_id, at)
        month = month_of(min(span.last, day_of(at)))
        one, said = await self._of_month(tenant_id, month, at)
        asked = await self.numbers.ask(self._now_sources(tenant_id), "now", at)
        return {**counted, **now, **asked, **said, **await self._roi(tenant_id, counted, one, month, at)}

    async def pending(self, tenant_id: str) -> list[ApprovalView]:
        """What waits for people, what is due first."""
        return await self._centre.list(tenant_id, status=ApprovalStatus.PENDING)

    def _now_sources(self, tenant_id: str) -> tuple[Source, ...]:
        async def approvals() -> Sequence[Number | None]:
            waiting = await self.pending(tenant_id)
            warned = sum(view.level == WARNED for view in waiting)
            return len(waiting), warned, sum(view.level >= OVERDUE for view in waiting)

        async def compliance() -> Sequence[Number | None]:
            found = await self._compliance.posture(tenant_id)
            if found.measured_at is None:
                return None, None, None, None
            counts = found.counts
            return (
                *(counts[status] for status in (Status.COMPLIANT, Status.PARTIAL, Status.NON_COMPLIANT)),
                Decimal(found.rate),
            )

        def of(pair: Pair | None, count: int) -> Callable[[], Awaitable[Sequence[Number | None]]]:
            async def ask() -> Sequence[Number | None]:
                return (None,) * count if pair is None else await pair(tenant_id)

            return ask

        def metrics(group: str) -> tuple[str, ...]:
            return tuple(metric for _, metric in GROUPS[group])

        beside = self._neighbours
        return (
            Source("approvals.pending/1", metrics("approvals"), approvals),
            Source("compliance.matrix/1", metrics("compliance"), compliance),
            Source("connectors.counts/1", metrics("connectors"), of(beside.connectors, 3)),
            Source("contradictions.open/1", metrics("contradictions"), of(beside.contradictions, 2)),
            Source("partners.open/1", metrics("strategic_deals"), of(beside.partners, 2)),
        )

    async def _of_month(self, tenant_id: str, month: Span, at: datetime) -> tuple[Unified | None, Blocks]:
        seen: list[Unified] = []

        async def money() -> Sequence[Number | None]:
            one = await self.forecast.unified(tenant_id, month.id, at)
            seen.append(one)
            likely = one.outlook.forecast_halalas if one.outlook and one.has_data else None
            start = one.at_start.outlook.forecast_halalas if one.at_start else None
            target = one.target.value if one.target else None
            against = (one.against_target.percent, one.likely_percent, one.against_forecast.percent)
            return likely, start, target, *against

        async def accuracy() -> Sequence[Number | None]:
            found = await self.forecast.accuracy(tenant_id, at=at)
            return (None if found.average is None else percent(found.average, 1),)

        sources = (
            Source(
                "forecast.unified/1",
                (
                    "revenue_forecast",
                    "revenue_forecast_at_start",
                    "revenue_target",
                    "revenue_variance_percent",
                    "revenue_likely_percent",
                    "forecast_variance_percent",
                ),
                money,
            ),
            Source("forecast.accuracy/1", ("forecast_accuracy",), accuracy),
        )
        blocks = await self.numbers.ask(sources, month.window, at)
        return (seen[0] if seen else None), blocks

    async def _roi(
        self, tenant_id: str, counted: Blocks, one: Unified | None, month: Span, at: datetime
    ) -> Blocks:
        """What it costs against what it verifiably brought, of the month."""

        async def money() -> Sequence[Number | None]:
            stated = one.targets if one else {}
            if one is None or "plan_cost" not in stated:
                return None, None
            names = ("plan_cost", "provider_cost", "model_cost")
            cost = sum(stated[name].value for name in names if name in stated)
            return cost, percent(one.revenue.verified_halalas - cost, cost)

        async def speed() -> Sequence[Number | None]:
            stated = one.targets.get("baseline_response_seconds") if one else None
            now = counted["response_seconds"].value
            if stated is None or now is None:
                return (None,)
            return (percent(now - stated.value, stated.value),)

        sources = (
            Source("targets.costs/1", ("roi_cost", "roi_return_percent"), money),
            Source("targets.baseline/1", ("response_change_percent",), speed),
        )
        return await self.numbers.ask(sources, month.window, at)
