"""
What lies behind a number: a list of ids, moments and amounts; nobody's name, phone or words.

Rule: the list is made of the same records as the number, so that counting it gives the number.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.errors import NotFound
from bot.executive.sources import OVERDUE, WARNED, Gatherer
from bot.metrics.room import Numbers
from bot.metrics.spans import Span

Cell = str | int | datetime | date | None
Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows of one number."""

    metric: str
    window: str
    at: datetime
    rows: tuple[Row, ...]


async def behind(
    numbers: Numbers, gatherer: Gatherer, tenant_id: str, metric: str, span: Span, at: datetime
) -> Behind:
    """The rows behind a number. Raises NotFound for one that has no list."""

    async def paid() -> Sequence[Row]:
        found = await numbers.results(tenant_id, span, at)
        known = [one for one in found.payments if one.amount_halalas is not None]
        return [
            {"conversation_id": p.conversation_id, "at": p.at, "amount_halalas": p.amount_halalas} for p in known
        ]

    async def won() -> Sequence[Row]:
        return [{"conversation_id": one} for one in (await numbers.results(tenant_id, span, at)).won]

    async def lost() -> Sequence[Row]:
        return [{"conversation_id": one} for one in (await numbers.results(tenant_id, span, at)).lost]

    async def pipeline() -> Sequence[Row]:
        return [
            {
                "conversation_id": one.conversation_id,
                "stage": one.stage,
                "rest_halalas": one.rest_halalas,
                "expected_on": one.terms.expected_on,
                "owner": one.terms.owner,
            }
            for one in await numbers.open_deals(tenant_id, at)
        ]

    def waiting(levels: Callable[[int], bool]) -> Callable[[], Awaitable[Sequence[Row]]]:
        async def rows() -> Sequence[Row]:
            return [
                {"approval_id": v.id, "kind": v.kind, "risk": str(v.risk), "level": v.level, "due_at": v.due_at}
                for v in await gatherer.pending(tenant_id)
                if levels(v.level)
            ]

        return rows

    lists: Mapping[str, tuple[str, Callable[[], Awaitable[Sequence[Row]]]]] = {
        "revenue_actual": (span.window, paid),
        "deals_won": (span.window, won),
        "deals_lost": (span.window, lost),
        "pipeline_value": ("now", pipeline),
        "open_deals": ("now", pipeline),
        "approvals_pending": ("now", waiting(lambda _: True)),
        "approvals_warning": ("now", waiting(lambda level: level == WARNED)),
        "approvals_breach": ("now", waiting(lambda level: level >= OVERDUE)),
    }
    if metric not in lists:
        known = ", ".join(lists)
        raise NotFound(
            f"there is no list behind {metric}; there is one behind {known}", "لا قائمة وراء هذا الرقم"
        )
    window, ask = lists[metric]
    return Behind(metric, window, at, tuple(await ask()))
