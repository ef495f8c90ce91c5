"""
How the models stand: one answer for the page, the API and the command line.

Rule 1: everything comes from the records of calls; a provider that nobody called lately is `unknown`, not well.
Rule 2: no model, no calls and no money look different from zero: each says what it is.
Rule 3: a recommendation names what it was seen in, and nothing is changed by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.models import windows
from bot.models.breaker import Breaker
from bot.models.budget import BudgetView, ModelBudget
from bot.models.call import CallRows, CallStatus, Group
from bot.models.figures import Figures, Hour, by, figures, hours
from bot.models.prices import Prices
from bot.models.provider import Providers, Task
from bot.models.router import Router
from bot.models.terms import OFF, ModelTerms, TermRows

HEALTH_WINDOW = timedelta(hours=1)

# Fewer calls than this prove nothing about a provider.
LEAST_CALLS = 3
LEAST_FOR_ADVICE = 20

DEGRADED_FROM = Decimal("0.2")
MANY_STAND_INS = Decimal("0.3")
SLOW_MS = 10_000


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything of one span of time."""

    status: str
    """`ok | no_calls`"""
    is_configured: bool
    terms: ModelTerms
    window: str
    since: datetime
    until: datetime
    total: Figures
    by_provider: tuple[Figures, ...]
    by_model: tuple[Figures, ...]
    by_task: tuple[Figures, ...]
    by_error: tuple[tuple[str, int], ...]
    hours: tuple[Hour, ...]
    conversations: int
    cost_per_conversation_sar: Decimal | None
    budget: BudgetView
    sar_per_usd: Decimal
    price_version: str


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """How one provider stands."""

    provider: str
    models: tuple[tuple[str, str], ...]
    """(task, model)"""
    state: str
    """`unknown | healthy | degraded | down`"""
    breaker: Breaker
    calls: int
    error_rate: Decimal | None
    latency_p95_ms: int | None
    last_ok_at: datetime | None
    last_error_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class CostLine:
    """What one model came to on one day of UTC."""

    day: str
    provider: str
    model: str
    price_versions: tuple[str, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to consider."""

    code: str
    subject: str
    en: str
    ar: str
    seen_in: tuple[tuple[str, str], ...]


class Dashboards:
    """Reads the records."""

    def __init__(
        self,
        *,
        calls: CallRows,
        terms: TermRows,
        budget: ModelBudget,
        router: Router,
        providers: Providers,
        prices: Prices,
        limit_halalas: int,
        now: Callable[[], datetime],
    ) -> None:
        self._calls = calls
        self._terms = terms
        self._budget = budget
        self._router = router
        self._providers = providers
        self._prices = prices
        self._limit = limit_halalas
        self._now = now

    async def look(self, tenant_id: str, window: str = windows.DEFAULT) -> Dashboard:
        """Raises BadRequest for a window that is none."""
        since, until, groups = await self._groups(tenant_id, window)
        terms = await self._terms.read(tenant_id) or OFF
        total = figures("all", groups)
        asked = await self._calls.conversations(tenant_id, since, until)
        each = total.cost_sar / asked if asked and total.calls > total.unpriced_calls else None
        return Dashboard(
            status="ok" if total.calls else "no_calls",
            is_configured=bool(self._providers),
            terms=terms,
            window=window,
            since=since,
            until=until,
            total=total,
            by_provider=by(groups, lambda g: g.provider),
            by_model=by(groups, lambda g: g.model),
            by_task=by(groups, lambda g: g.task),
            by_error=_errors(groups),
            hours=hours(groups),
            conversations=asked,
            cost_per_conversation_sar=each,
            budget=await self._budget.today(tenant_id, terms.allowed(self._limit)),
            sar_per_usd=self._prices.sar_per_usd,
            price_version=self._prices.version,
        )

    async def health(self, tenant_id: str) -> tuple[ProviderHealth, ...]:
        """One line for each provider that is configured."""
        now = self._now()
        groups = await self._calls.groups(tenant_id, now - HEALTH_WINDOW, _just_after(now))
        return tuple([await self._health_of(tenant_id, provider.name, groups) for provider in self._providers])

    async def costs(self, tenant_id: str, window: str = windows.DEFAULT) -> tuple[CostLine, ...]:
        """By day and model, the newest day first. Raises BadRequest."""
        _, _, groups = await self._groups(tenant_id, window)
        lines = {}
        for group in groups:
            lines.setdefault((f"{group.hour:%Y-%m-%d}", group.provider, group.model), []).append(group)
        newest = sorted(lines.items(), key=lambda one: one[0][1:])
        newest.sort(key=lambda one: one[0][0], reverse=True)
        return tuple(
            CostLine(
                day,
                provider,
                model,
                tuple(sorted({g.price_version for g in own if g.price_version})),
                figures(model, own),
            )
            for (day, provider, model), own in newest
        )

    async def recommendations(self, tenant_id: str, window: str = windows.DEFAULT) -> tuple[Advice, ...]:
        """What the records suggest. Raises BadRequest."""
        seen = await self.look(tenant_id, window)
        return tuple(_advice(seen))

    async def _groups(self, tenant_id: str, window: str) -> tuple[datetime, datetime, Sequence[Group]]:
        until = _just_after(self._now())
        since = until - windows.length_of(window)
        return since, until, await self._calls.groups(tenant_id, since, until)

    async def _health_of(self, tenant_id: str, name: str, groups: Sequence[Group]) -> ProviderHealth:
        now = self._now()
        breaker = await self._router.breaker(tenant_id, name)
        own = figures(name, [g for g in groups if g.provider == name])
        latest = await self._calls.latest(tenant_id, name, now - HEALTH_WINDOW, 200)
        last_ok = next((c for c in latest if c.status is CallStatus.OK), None)
        bad = (CallStatus.FAILED, CallStatus.REFUSED)
        last_bad = next((c for c in latest if c.status in bad), None)
        provider = next(p for p in self._providers if p.name == name)
        return ProviderHealth(
            provider=name,
            models=tuple((task.value, provider.model_of(task)) for task in Task if provider.model_of(task)),
            state=_state(own, breaker),
            breaker=breaker,
            calls=own.calls,
            error_rate=own.error_rate,
            latency_p95_ms=own.latency_p95_ms,
            last_ok_at=last_ok.at if last_ok else None,
            last_error_at=last_bad.at if last_bad else None,
            last_error=last_bad.error_code if last_bad else "",
        )


def _just_after(now: datetime) -> datetime:
    """A span ends before its end: what began in this moment is in it."""
    return now + timedelta(milliseconds=1)


def _state(own: Figures, breaker: Breaker) -> str:
    if not breaker.lets_through:
        return "down"
    rate = own.error_rate
    if rate is None:
        return "unknown"
    if rate == 1 or (own.calls >= LEAST_CALLS and rate >= DEGRADED_FROM) or breaker.state == "half_open":
        return "degraded"
    return "healthy"


def _errors(groups: Sequence[Group]) -> tuple[tuple[str, int], ...]:
    counted: dict[str, int] = {}
    for group in groups:
        if group.error_code:
            counted[group.error_code] = counted.get(group.error_code, 0) + group.calls
    return tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _advice(seen: Dashboard) -> list[Advice]:
    found = []
    for line in seen.by_model:
        if line.unpriced_calls:
            found.append(
                Advice(
                    "add_a_price",
                    line.key,
                    f"{line.key} has no price on the day of its calls, so its cost is unknown: add one",
                    f"لا سعر للنموذج {line.key} في يوم نداءاته فتكلفته مجهولة: أضفه إلى الجدول",
                    (("unpriced_calls", str(line.unpriced_calls)),),
                )
            )
    for line in seen.by_provider:
        if line.calls < LEAST_FOR_ADVICE:
            continue
        if line.error_rate is not None and line.error_rate >= DEGRADED_FROM:
            found.append(
                Advice(
                    "look_at_provider",
                    line.key,
                    f"one call in {max(1, round(1 / line.error_rate))} to {line.key} fails: "
                    "look at its errors, or ask another one first",
                    f"يتعثر نداء من كل {max(1, round(1 / line.error_rate))} لدى {line.key}: "
                    "راجع أخطاءه أو قدّم غيره",
                    (("error_rate", str(line.error_rate)), ("calls", str(line.calls))),
                )
            )
        if line.latency_p95_ms is not None and line.latency_p95_ms > SLOW_MS:
            found.append(
                Advice(
                    "faster_model",
                    line.key,
                    f"one answer in twenty of {line.key} takes over {SLOW_MS // 1000} s: choose a faster one",
                    f"جواب من كل عشرين لدى {line.key} يتجاوز {SLOW_MS // 1000} ثوانٍ: اختر نموذجًا أسرع",
                    (("latency_p95_ms", str(line.latency_p95_ms)),),
                )
            )
    rate = seen.total.fallback_rate
    if seen.total.calls >= LEAST_FOR_ADVICE and rate is not None and rate >= MANY_STAND_INS:
        found.append(
            Advice(
                "swap_order",
                "fallback",
                "the stand-in is asked for a third of the questions or more: ask it first",
                "يُسأل البديل في ثلث الأسئلة أو أكثر: اجعله الأول",
                (("fallback_rate", str(rate)),),
            )
        )
    if seen.budget.state != "ok" and seen.budget.limit_halalas:
        found.append(
            Advice(
                "budget",
                seen.budget.day,
                f"{seen.budget.percent} % of today's money is used: raise the limit, or ask for fewer tasks",
                f"استُهلك {seen.budget.percent}٪ من ميزانية اليوم: ارفع الحد أو قلّل المهام",
                (("percent", str(seen.budget.percent)), ("state", seen.budget.state)),
            )
        )
    return found
