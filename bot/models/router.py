"""
Asks the providers of a task in their order, until one gives an answer that is what was asked for.

Rule 1: the answer is typed: it went through `read`, which refuses everything else. What fails raises `NoAnswer`;
        no text of a model leaves here in any other way.
Rule 2: every attempt is a record before it is made, and is completed whatever becomes of it.
Rule 3: money is set aside before each attempt and settled after it. Where there is none, nobody is asked.
Rule 4: each provider is asked at most once; a stand-in is asked when the one before failed or was refused.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

from bot.departures.limit_terms import day_of
from bot.models.breaker import LOOKED_AT, WRONG_KEY, Breaker, breaker_of
from bot.models.budget import ModelBudget
from bot.models.call import Call, CallRows, CallStatus
from bot.models.prices import Prices
from bot.models.provider import Ask, Provider, Providers, Said, Silent, Task, Usage, Watcher

T = TypeVar("T")

# How far back the breaker looks: the longest pause, and what was before it.
REMEMBERED = timedelta(hours=2)

CONNECTOR = "model"


class NoAnswer(Exception):
    """Nobody gave an answer that could be used; `codes` says why, one for each provider."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        super().__init__(", ".join(codes) or "nobody to ask")
        self.codes = codes

    @property
    def was_asked(self) -> bool:
        """Whether anybody was called at all; if not, the same question may succeed later at no cost."""
        return any(code not in NOT_ASKED for code in self.codes)


NOT_ASKED = frozenset({"breaker_open", "budget", "disabled", "not_configured"})


class Unusable(Exception):
    """What the model said is not what it was asked for; the code says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is to be asked, of whichever model, and how its answer is read."""

    tenant_id: str
    correlation_id: str
    conversation_id: str
    task: Task
    ask: Ask
    """Its model is filled in for each provider."""
    read: Callable[[str], T]
    """Raises Unusable."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """A typed answer, and whose it is."""

    value: T
    provider: str
    model: str
    call_id: str


class Router:
    """Chooses, asks, records."""

    def __init__(
        self,
        providers: Providers,
        calls: CallRows,
        budget: ModelBudget,
        prices: Prices,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        watcher: Watcher | None = None,
    ) -> None:
        self._providers = providers
        self._calls = calls
        self._budget = budget
        self._prices = prices
        self._now = now
        self._new_id = new_id
        self._watcher = watcher

    async def ask(self, question: Question[T], limit_halalas: int) -> Answered[T]:
        """Raises NoAnswer, and what the store raises while it is away."""
        codes: list[str] = []
        chain = [p for p in self._providers if p.model_of(question.task)]
        if not chain:
            raise NoAnswer(("not_configured",))
        if self._watcher is not None and await self._watcher.is_disabled(question.tenant_id, CONNECTOR):
            raise NoAnswer(("disabled",))
        for number, provider in enumerate(chain):
            answered = await self._one(question, provider, limit_halalas, is_fallback=number > 0)
            if isinstance(answered, Answered):
                return answered
            codes.append(answered)
        raise NoAnswer(tuple(codes))

    async def breaker(self, tenant_id: str, provider: str) -> Breaker:
        """How one provider stands for a tenant."""
        now = self._now()
        return breaker_of(await self._calls.latest(tenant_id, provider, now - REMEMBERED, LOOKED_AT), now)

    async def _one(
        self, question: Question[T], provider: Provider, limit_halalas: int, *, is_fallback: bool
    ) -> "Answered[T] | str":
        """The answer of one provider, or the code of why there is none."""
        model = provider.model_of(question.task)
        if not (await self.breaker(question.tenant_id, provider.name)).lets_through:
            return "breaker_open"
        ask = replace(question.ask, model=model)
        most = _at_most(ask)
        amount = self._prices.reserve_for(model, most, _day(self._now()))
        aside = await self._budget.set_aside(question.tenant_id, question.task, amount, limit_halalas)
        if aside is None:
            return "budget"
        call = Call(
            id=self._new_id(),
            tenant_id=question.tenant_id,
            correlation_id=question.correlation_id,
            conversation_id=question.conversation_id,
            task=question.task,
            provider=provider.name,
            model=model,
            at=self._now(),
            is_fallback=is_fallback,
        )
        await self._calls.begin(call)
        try:
            came = await provider.wire.ask(ask)
        except asyncio.CancelledError:
            # The service stops: the record says so, and the money stays counted.
            await asyncio.shield(self._calls.end(replace(call, status=CallStatus.FAILED, error_code="stopped")))
            raise
        value, ended = self._judged(question, call, came)
        await self._calls.end(ended)
        await self._budget.settle(aside, _owed(came, ended))
        await self._report(ended)
        return ended.error_code if value is None else Answered(value, provider.name, model, call.id)

    def _judged(self, question: Question[T], call: Call, came: Said | Silent) -> tuple[T | None, Call]:
        if isinstance(came, Silent):
            retry = came.retry_after_seconds
            return None, replace(
                call,
                status=CallStatus.FAILED,
                error_code=came.code,
                latency_ms=came.latency_ms,
                retry_at=None if retry is None else self._now() + timedelta(seconds=retry),
            )
        counted = self._counted(call, came)
        if came.is_cut:
            return None, replace(counted, status=CallStatus.REFUSED, error_code="cut")
        try:
            return question.read(came.content), replace(counted, status=CallStatus.OK)
        except Unusable as refused:
            return None, replace(counted, status=CallStatus.REFUSED, error_code=refused.code)

    def _counted(self, call: Call, said: Said) -> Call:
        usage, cost = said.usage, self._prices.cost(call.model, said.usage, _day(call.at))
        return replace(
            call,
            latency_ms=said.latency_ms,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            cached_tokens=usage.cached_tokens if usage else None,
            price_version=self._prices.version if cost else "",
            cost_usd=cost.usd if cost else None,
            cost_sar=cost.sar if cost else None,
        )

    async def _report(self, call: Call) -> None:
        if self._watcher is None:
            return
        outcome = "ok"
        if call.status is CallStatus.FAILED:
            is_key = call.error_code in WRONG_KEY
            outcome = "auth_failed" if is_key else "timeout" if call.error_code == "timeout" else "refused"
        await self._watcher.saw(call.tenant_id, CONNECTOR, outcome, call.latency_ms or 0)


def _at_most(ask: Ask) -> Usage:
    """More tokens than the call can need: Arabic takes up to one for each sign, and the schema is read too."""
    return Usage(len(ask.system) + len(ask.user) + len(str(ask.schema)), ask.most_tokens, 0)


def _owed(came: Said | Silent, ended: Call) -> Decimal | None:
    """What to settle; nothing was counted and nobody knows better: it stays as set aside."""
    if ended.cost_sar is not None:
        return ended.cost_sar
    # A refusal costs nothing. After silence the provider may have worked, and may charge for it.
    is_refusal = isinstance(came, Silent) and (came.code.startswith("http_4") or came.code == "unreachable")
    return Decimal(0) if is_refusal else None


def _day(at: datetime) -> date:
    return datetime.fromisoformat(day_of(at)).date()
