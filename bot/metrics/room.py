"""
Computes the numbers of a window from raw records, each by itself, so that one broken source breaks one number.

Rule 1: everybody who shows one of these numbers gets it here.
Rule 2: what a source raises becomes an `error` of its numbers and stands in the log; the database being away is
        no fault of a source, and raises.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog

from bot.deals.terms import DealRows, Terms
from bot.logs import trail
from bot.metrics.dictionary import Block, Number, block, failed
from bot.metrics.figures import (
    OpenDeal,
    Revenue,
    in_time,
    median_of,
    open_deals,
    paid_by_deal,
    revenue,
    win_rate,
    within,
    won_and_lost,
)
from bot.metrics.records import Ahead, NumberRows, Outcome, Paid, Reached
from bot.metrics.spans import Span

logger = structlog.get_logger()

T = TypeVar("T")

EVER = datetime.fromtimestamp(0, UTC)

# The twelve closed months over which forecasts are measured, and this one.
LOOK_BACK = timedelta(days=400)

Blocks = Mapping[str, Block]
"""Numbers by the id of their metric."""


@dataclass(frozen=True, slots=True)
class Results:
    """What deals came to in a window."""

    payments: tuple[Paid, ...]
    won: tuple[str, ...]
    lost: tuple[str, ...]
    revenue: Revenue
    was_ever_paid: bool
    """Whether any payment was ever verified: only then is nothing a zero."""


@dataclass(frozen=True, slots=True)
class Source:
    """One question and the numbers that it answers."""

    id: str
    metrics: tuple[str, ...]
    ask: Callable[[], Awaitable[Sequence[Number | None]]]


class Numbers:
    """The numbers of all tenants."""

    def __init__(self, rows: NumberRows, deals: DealRows, unreachable: tuple[type[Exception], ...]) -> None:
        self._rows = rows
        self._deals = deals
        self._unreachable = unreachable
        self._read: dict[tuple[str, str], tuple[datetime, Any]] = {}
        self._reading: dict[tuple[str, str], asyncio.Lock] = {}

    async def results(self, tenant_id: str, span: Span, at: datetime) -> Results:
        """What was won, lost and paid in a window, as far as it has passed."""
        return (await self.results_of(tenant_id, (span,), at))[0]

    async def results_of(self, tenant_id: str, spans: Sequence[Span], at: datetime) -> tuple[Results, ...]:
        """The same of several windows, which lie side by side; the records are read once."""
        ever = await self._ever_paid(tenant_id, at)
        decided = await self._outcomes(tenant_id, min(one.since for one in spans), at)
        outcomes = [within(decided, span) for span in spans]
        paid, found = paid_by_deal(ever), []
        # Only what was won and never paid is told by its terms.
        unpaid = {one.conversation_id for each in outcomes for one in each if one.what == "won"} - set(paid)
        terms = await self._deals.of(tenant_id, sorted(unpaid)) if unpaid else {}
        for span, each in zip(spans, outcomes, strict=True):
            payments = tuple(within(ever, span))
            won, lost = won_and_lost(each)
            found.append(Results(payments, won, lost, revenue(payments, won, terms, paid), bool(ever)))
        return tuple(found)

    async def open_deals(self, tenant_id: str, at: datetime) -> tuple[OpenDeal, ...]:
        """Every deal with a value that is not over."""

        async def read() -> tuple[OpenDeal, ...]:
            valued = await self._deals.valued(tenant_id)
            stages = await self._rows.stages(tenant_id, [terms.conversation_id for terms in valued])
            return open_deals(valued, stages, paid_by_deal(await self._ever_paid(tenant_id, at)))

        return await self._once(tenant_id, "open_deals", at, read)

    async def _ever_paid(self, tenant_id: str, at: datetime) -> Sequence[Paid]:
        return await self._once(tenant_id, "payments", at, lambda: self._rows.payments(tenant_id, EVER, at))

    async def _outcomes(self, tenant_id: str, since: datetime, at: datetime) -> Sequence[Outcome]:
        """Every outcome since a moment, oldest first; what most numbers look back on is read once for all."""
        year = at - LOOK_BACK
        if since < year:
            return await self._rows.outcomes(tenant_id, since, at)
        return await self._once(tenant_id, "outcomes", at, lambda: self._rows.outcomes(tenant_id, year, at))

    async def _once(self, tenant_id: str, what: str, at: datetime, read: Callable[[], Awaitable[T]]) -> T:
        """Several numbers of one moment rest on the same rows, which are read once for it."""
        name = (tenant_id, what)
        async with self._reading.setdefault(name, asyncio.Lock()):
            if name not in self._read or self._read[name][0] != at:
                self._read[name] = (at, await read())
            return self._read[name][1]

    async def terms_of(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, Terms]:
        return await self._deals.of(tenant_id, conversation_ids)

    async def stages_of(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Where deals stand now."""
        return await self._rows.stages(tenant_id, conversation_ids)

    async def decided(
        self, tenant_id: str, since: datetime, until: datetime
    ) -> tuple[tuple[str, ...], tuple[str, ...], Mapping[str, Sequence[Reached]]]:
        """The deals that were won and lost in a span, and the stages that they went through."""
        won, lost = won_and_lost(await self._rows.outcomes(tenant_id, since, until))
        return won, lost, await self._rows.reached(tenant_id, (*won, *lost))

    async def ahead(self, tenant_id: str, span: Span) -> Ahead:
        return await self._rows.ahead(tenant_id, span.since, span.until)

    async def is_known_before(self, tenant_id: str, at: datetime) -> bool:
        """Whether there was anything to count before a moment."""
        return await self._rows.is_known_before(tenant_id, at)

    async def of_span(self, tenant_id: str, span: Span, at: datetime) -> Blocks:
        """Every number of a window that comes from this tenant's own records."""
        return {**await self.money(tenant_id, span, at), **await self.activity(tenant_id, span, at)}

    async def money(self, tenant_id: str, span: Span, at: datetime) -> Blocks:
        """What deals came to in a window."""

        async def counted() -> Sequence[Number | None]:
            found = await self.results(tenant_id, span, at)
            won, lost, came = len(found.won), len(found.lost), found.revenue
            has_begun = found.was_ever_paid or won or lost
            verified = came.verified_halalas if has_begun else None
            return verified, came.unverified_halalas, won, lost, win_rate(won, lost)

        metrics = ("revenue_actual", "revenue_unverified", "deals_won", "deals_lost", "win_rate")
        return await self.ask((Source("timeline.deals/1", metrics, counted),), span.window, at)

    async def activity(self, tenant_id: str, span: Span, at: datetime) -> Blocks:
        """What was said, decided and finished in a window."""
        rows, since, until = self._rows, span.since, min(span.until, at)

        async def waited() -> Sequence[Number | None]:
            drafts = await rows.drafts(tenant_id, since, until)
            return drafts.decided, in_time(drafts, await rows.requests(tenant_id, since, until))

        async def talks() -> Sequence[Number | None]:
            return await rows.messages(tenant_id, since, until), await rows.opt_outs(tenant_id, since, until)

        async def answers() -> Sequence[Number | None]:
            return (median_of(await rows.responses(tenant_id, since, until)),)

        async def work() -> Sequence[Number | None]:
            return (await rows.workflows(tenant_id, since, until),)

        sources = (
            Source("timeline.decisions/1", ("drafts_decided", "sla_met"), waited),
            Source("timeline.talks/1", ("messages_received", "opt_outs"), talks),
            Source("timeline.responses/1", ("response_seconds",), answers),
            Source("runs.completed/1", ("workflows_completed",), work),
        )
        return await self.ask(sources, span.window, at)

    async def of_now(self, tenant_id: str, at: datetime) -> Blocks:
        """The numbers of this moment that come from this tenant's own records."""

        async def pipeline() -> Sequence[Number | None]:
            found = await self.open_deals(tenant_id, at)
            return (sum(one.rest_halalas for one in found) if found else None), len(found)

        async def packs() -> Sequence[Number | None]:
            found = await self._rows.packs(tenant_id)
            return found.ready, found.unreviewed

        sources = (
            Source("deals.open/1", ("pipeline_value", "open_deals"), pipeline),
            Source("evidence.packs/1", ("evidence_ready", "evidence_pending_review"), packs),
        )
        return await self.ask(sources, "now", at)

    async def ask(self, sources: Sequence[Source], window: str, at: datetime) -> Blocks:
        """Ask each source by itself."""
        answers = await asyncio.gather(*(self._answer(source, window, at) for source in sources))
        return {one.definition_id: one for found in answers for one in found}

    async def tried(self, source: str, asked: Awaitable[T]) -> T | None:
        """What a source answers; None where it breaks."""
        try:
            return await asked
        except self._unreachable:
            raise
        except Exception as fault:  # noqa: BLE001  (the border of a source: one that breaks must not hide the rest)
            logger.error("number_not_computed", source=source, **trail(fault))
            return None

    async def _answer(self, source: Source, window: str, at: datetime) -> list[Block]:
        values = await self.tried(source.id, source.ask())
        if values is None:
            return [failed(metric, window, source.id, at) for metric in source.metrics]
        pairs = zip(source.metrics, values, strict=True)
        return [block(metric, value, window, source.id, at) for metric, value in pairs]
