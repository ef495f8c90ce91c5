"""
Language models over HTTP: how they stand, what they cost, and whether this tenant has one at all.

Rule 1: nothing here asks a model anything. What is read comes from the records of calls.
Rule 2: money is exact decimals, written as text; what nobody measured is null, never zero.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.models.breaker import Breaker
from bot.models.budget import ALERT_PERCENT, THROTTLE_PERCENT, BudgetView
from bot.models.dashboard import Advice, CostLine, Dashboard, ProviderHealth
from bot.models.figures import DEFINITIONS, Figures
from bot.models.provider import Task
from bot.models.question import ModelQuestion
from bot.models.room import Models
from bot.models.terms import ModelTerms
from bot.models.windows import DEFAULT
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "executive")
KEEPERS = ("admin",)
PROPOSAL_READERS = ("admin", "approver", "rules_editor")

NO_CALLS = ("no calls in this window", "لا نداءات في هذه الفترة")
NOT_CONFIGURED = (
    "no language model is configured; everything works without one",
    "لا يوجد نموذج لغوي معدّ؛ وكل شيء يعمل من دونه",
)

Window = Annotated[str, Query(max_length=10, description="So many hours or days: 1h, 24h, 7d, 30d; at most 90d.")]


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Meaning(_View):
    en: str
    ar: str


class Line(_View):
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
    error_rate: Decimal | None
    fallback_rate: Decimal | None


class ErrorCount(_View):
    code: str
    calls: int


class HourShown(_View):
    at: datetime
    ok: int
    not_ok: int
    cost_sar: Decimal


class BudgetShown(_View):
    day: str
    limit_halalas: int
    used_sar: Decimal
    used_percent: Decimal
    state: str
    alert_at_percent: int = ALERT_PERCENT
    throttle_at_percent: int = THROTTLE_PERCENT
    until: datetime


class TermsShown(_View):
    is_configured: bool
    is_on: bool
    tasks: list[Task]
    limit_halalas: int | None
    by: str
    at: datetime | None


class DashboardShown(_View):
    status: str
    message: Meaning | None
    terms: TermsShown
    window: str
    since: datetime
    until: datetime
    total: Line
    by_provider: list[Line]
    by_model: list[Line]
    by_task: list[Line]
    by_error: list[ErrorCount]
    hours: list[HourShown]
    conversations: int
    cost_per_conversation_sar: Decimal | None
    budget: BudgetShown
    sar_per_usd: Decimal
    price_version: str
    definitions: dict[str, Meaning]


class HealthLine(_View):
    provider: str
    models: dict[str, str]
    state: str
    breaker: str
    retry_at: datetime | None
    calls: int
    error_rate: Decimal | None
    latency_p95_ms: int | None
    last_ok_at: datetime | None
    last_error_at: datetime | None
    last_error: str


class HealthShown(_View):
    status: str
    """`not_configured | unknown | healthy | degraded | down`: of the best provider there is."""
    message: Meaning | None
    providers: list[HealthLine]


class CostShown(_View):
    day: str
    provider: str
    model: str
    price_versions: list[str]
    calls: int
    unpriced_calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: Decimal
    cost_sar: Decimal


class CostsShown(_View):
    status: str
    message: Meaning | None
    window: str
    currency: str = "SAR"
    sar_per_usd: Decimal
    price_version: str
    cost_usd: Decimal
    cost_sar: Decimal
    unpriced_calls: int
    lines: list[CostShown]
    budget: BudgetShown


class AdviceShown(_View):
    code: str
    subject: str
    message: Meaning
    seen_in: dict[str, str]


class AdviceList(_View):
    status: str
    message: Meaning | None
    window: str
    recommendations: list[AdviceShown]


class ProposalShown(_View):
    task: Task
    status: str
    conversation_id: str
    draft_id: str
    correlation_id: str
    at: datetime
    intent: str
    confidence: float
    text: str
    flags: list[str]
    provider: str
    model: str
    why: str


class ProposalList(_View):
    proposals: list[ProposalShown]


class Terms(_View):
    """What a tenant settles."""

    is_on: bool = Field(description="Whether masked words of conversations may go to the configured providers")
    tasks: list[Task] = Field(default=list(Task), min_length=1, max_length=len(Task))
    limit_halalas: int | None = Field(None, ge=0, le=10_000_000, strict=True, description="A day's money")


def router(models: Models, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/model-routing", tags=["models"])

    Caller = caller_of(callers)

    @routes.get("/dashboard")
    async def dashboard(caller: Caller, window: Window = DEFAULT) -> DashboardShown:
        """Calls, errors, latency and money of a span of time, by provider, model and task."""
        caller.require(*READERS)
        return _dashboard(await models.dashboards.look(caller.tenant_id, window), models.is_configured)

    @routes.get("/health")
    async def health(caller: Caller) -> HealthShown:
        """How each provider stands, from its calls of the last hour; without any it is unknown."""
        caller.require(*READERS)
        lines = [_health(one) for one in await models.dashboards.health(caller.tenant_id)]
        order = ("healthy", "degraded", "unknown", "down")
        best = min((line.state for line in lines), key=order.index, default="not_configured")
        return HealthShown(status=best, message=None if lines else _meaning(NOT_CONFIGURED), providers=lines)

    @routes.get("/costs")
    async def costs(caller: Caller, window: Window = DEFAULT) -> CostsShown:
        """What was spent, by day and model; calls without a known price are counted beside it."""
        caller.require(*READERS)
        seen = await models.dashboards.look(caller.tenant_id, window)
        return _costs(seen, await models.dashboards.costs(caller.tenant_id, window))

    @routes.get("/recommendations")
    async def recommendations(caller: Caller, window: Window = DEFAULT) -> AdviceList:
        """What the records suggest; nothing is changed by it."""
        caller.require(*READERS)
        found = await models.dashboards.recommendations(caller.tenant_id, window)
        seen = await models.dashboards.look(caller.tenant_id, window)
        return AdviceList(
            status=seen.status,
            message=_message(seen),
            window=window,
            recommendations=[_advice(one) for one in found],
        )

    @routes.get("/proposals")
    async def proposals(caller: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> ProposalList:
        """What was asked lately and what came of it, newest first."""
        caller.require(*PROPOSAL_READERS)
        return ProposalList(proposals=[_proposal(q) for q in await models.latest(caller.tenant_id, limit)])

    @routes.get("/settings")
    async def terms(caller: Caller) -> TermsShown:
        """Whether this tenant has a model."""
        caller.require(*READERS)
        return _terms(await models.terms_of(caller.tenant_id), models.is_configured)

    @routes.put("/settings", dependencies=[acts])
    async def settle(body: Terms, caller: Caller) -> TermsShown:
        """Switch it on or off, for which tasks, and for how much a day."""
        caller.require(*KEEPERS)
        settled = await models.switch(
            caller.tenant_id,
            is_on=body.is_on,
            by=caller.human,
            tasks=body.tasks,
            limit_halalas=body.limit_halalas,
        )
        return _terms(settled, models.is_configured)

    return routes


def _dashboard(seen: Dashboard, is_configured: bool) -> DashboardShown:
    return DashboardShown(
        status=seen.status,
        message=_message(seen),
        terms=_terms(seen.terms, is_configured),
        window=seen.window,
        since=seen.since,
        until=seen.until,
        total=_line(seen.total),
        by_provider=[_line(one) for one in seen.by_provider],
        by_model=[_line(one) for one in seen.by_model],
        by_task=[_line(one) for one in seen.by_task],
        by_error=[ErrorCount(code=code, calls=calls) for code, calls in seen.by_error],
        hours=[HourShown(at=h.at, ok=h.ok, not_ok=h.not_ok, cost_sar=plain(h.cost_sar)) for h in seen.hours],
        conversations=seen.conversations,
        cost_per_conversation_sar=_money(seen.cost_per_conversation_sar),
        budget=_budget(seen.budget),
        sar_per_usd=seen.sar_per_usd,
        price_version=seen.price_version,
        definitions={name: Meaning(en=en, ar=ar) for name, (en, ar) in DEFINITIONS.items()},
    )


def _message(seen: Dashboard) -> Meaning | None:
    if seen.status == "ok":
        return None
    if seen.is_configured:
        return _meaning(NO_CALLS)
    return Meaning(en=f"{NO_CALLS[0]}: {NOT_CONFIGURED[0]}", ar=f"{NO_CALLS[1]}: {NOT_CONFIGURED[1]}")


def _meaning(words: tuple[str, str]) -> Meaning:
    return Meaning(en=words[0], ar=words[1])


def _line(one: Figures) -> Line:
    return Line(
        key=one.key,
        calls=one.calls,
        ok=one.ok,
        failed=one.failed,
        refused=one.refused,
        open=one.open,
        fallback_calls=one.fallback_calls,
        unpriced_calls=one.unpriced_calls,
        input_tokens=one.input_tokens,
        output_tokens=one.output_tokens,
        cached_tokens=one.cached_tokens,
        cost_usd=plain(one.cost_usd),
        cost_sar=plain(one.cost_sar),
        latency_p50_ms=one.latency_p50_ms,
        latency_p95_ms=one.latency_p95_ms,
        error_rate=one.error_rate,
        fallback_rate=one.fallback_rate,
    )


def _budget(one: BudgetView) -> BudgetShown:
    return BudgetShown(
        day=one.day,
        limit_halalas=one.limit_halalas,
        used_sar=plain(one.used_sar),
        used_percent=one.percent,
        state=one.state,
        until=one.until,
    )


def _terms(terms: ModelTerms, is_configured: bool) -> TermsShown:
    return TermsShown(
        is_configured=is_configured,
        is_on=terms.is_on,
        tasks=list(terms.tasks),
        limit_halalas=terms.limit_halalas,
        by=terms.by,
        at=terms.at,
    )


def _health(one: ProviderHealth) -> HealthLine:
    breaker: Breaker = one.breaker
    return HealthLine(
        provider=one.provider,
        models=dict(one.models),
        state=one.state,
        breaker=breaker.state,
        retry_at=breaker.until,
        calls=one.calls,
        error_rate=one.error_rate,
        latency_p95_ms=one.latency_p95_ms,
        last_ok_at=one.last_ok_at,
        last_error_at=one.last_error_at,
        last_error=one.last_error,
    )


def _costs(seen: Dashboard, lines: tuple[CostLine, ...]) -> CostsShown:
    return CostsShown(
        status=seen.status,
        message=_message(seen),
        window=seen.window,
        sar_per_usd=seen.sar_per_usd,
        price_version=seen.price_version,
        cost_usd=plain(seen.total.cost_usd),
        cost_sar=plain(seen.total.cost_sar),
        unpriced_calls=seen.total.unpriced_calls,
        budget=_budget(seen.budget),
        lines=[
            CostShown(
                day=line.day,
                provider=line.provider,
                model=line.model,
                price_versions=list(line.price_versions),
                calls=line.figures.calls,
                unpriced_calls=line.figures.unpriced_calls,
                input_tokens=line.figures.input_tokens,
                output_tokens=line.figures.output_tokens,
                cached_tokens=line.figures.cached_tokens,
                cost_usd=plain(line.figures.cost_usd),
                cost_sar=plain(line.figures.cost_sar),
            )
            for line in lines
        ],
    )


def _advice(one: Advice) -> AdviceShown:
    return AdviceShown(
        code=one.code, subject=one.subject, message=Meaning(en=one.en, ar=one.ar), seen_in=dict(one.seen_in)
    )


def _proposal(one: ModelQuestion) -> ProposalShown:
    return ProposalShown(
        task=one.task,
        status=one.status.value,
        conversation_id=one.conversation_id,
        draft_id=one.draft_id,
        correlation_id=one.correlation_id,
        at=one.at,
        intent=one.intent,
        confidence=one.confidence,
        text=one.text,
        flags=list(one.flags),
        provider=one.provider,
        model=one.model,
        why=one.why,
    )


def _money(amount: Decimal | None) -> Decimal | None:
    """A share of a sum may have no end: a millionth of a riyal is fine enough for it."""
    return None if amount is None else plain(amount.quantize(Decimal("0.000001")))


def plain(amount: Decimal) -> Decimal:
    """The same amount without an exponent or zeros at its end."""
    return Decimal(f"{amount.normalize():f}")
