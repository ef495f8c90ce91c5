"""
What counts: from raw records to numbers. Pure.

Rule 1: revenue is verified payments less refunds; a payment without an amount adds nothing, and an estimate never
        stands in for it.
Rule 2: a deal has one outcome in a window. Won stays won; lost is undone by being opened again or won later.
Rule 3: of a deal that is paid in part only the rest is still to come.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from bot.deals.terms import Terms
from bot.metrics.dictionary import percent
from bot.metrics.records import Handled, Outcome, Paid
from bot.metrics.spans import Span
from flows import deal


class _Timed(Protocol):
    @property
    def at(self) -> datetime: ...


R = TypeVar("R", bound=_Timed)


@dataclass(frozen=True, slots=True)
class Revenue:
    """What came in, and what was only said to."""

    verified_halalas: int
    unverified_halalas: int
    payments: int
    """Verified payments and refunds with an amount."""

    @property
    def basis(self) -> str:
        """`verified | unverified | none`: what `actual_halalas` is made of."""
        if self.payments:
            return "verified"
        return "unverified" if self.unverified_halalas else "none"

    @property
    def actual_halalas(self) -> int:
        """Verified money; where no payment was verified, the value of what was won, and `basis` says so."""
        return self.unverified_halalas if self.basis == "unverified" else self.verified_halalas


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """A deal that may still bring money."""

    conversation_id: str
    stage: str
    rest_halalas: int
    terms: Terms


def within(rows: Sequence[R], span: Span) -> Sequence[R]:
    """Those of a span; `rows` come oldest first, so that a month is cut out of years without a look at each."""
    since, until = (bisect_left(rows, end, key=_moment) for end in (span.since, span.until))
    return rows[since:until]


def _moment(row: "_Timed") -> datetime:
    return row.at


def won_and_lost(outcomes: Iterable[Outcome]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The deals that were won and those that were lost; `outcomes` come oldest first."""
    last: dict[str, str] = {}
    for one in outcomes:
        if last.get(one.conversation_id) != "won":
            last[one.conversation_id] = one.what
    won = tuple(deal_id for deal_id, what in last.items() if what == "won")
    return won, tuple(deal_id for deal_id, what in last.items() if what == "lost")


def win_rate(won: int, lost: int) -> Decimal | None:
    return percent(won, won + lost)


def paid_by_deal(payments: Iterable[Paid]) -> Mapping[str, int]:
    """What each deal has paid, as far as amounts were recorded."""
    found: defaultdict[str, int] = defaultdict(int)
    for one in payments:
        if one.amount_halalas is not None:
            found[one.conversation_id] += one.amount_halalas
    return found


def revenue(
    payments: Sequence[Paid], won: Iterable[str], terms: Mapping[str, Terms], ever_paid: Mapping[str, int]
) -> Revenue:
    """
    The revenue of a window.

    Args:
        payments: of the window. `won`: deals won in it. `ever_paid`: what every deal has paid at any time.
    """
    known = [one.amount_halalas for one in payments if one.amount_halalas is not None]
    unpaid = (terms[one].value_halalas or 0 for one in won if one in terms and one not in ever_paid)
    return Revenue(sum(known), sum(unpaid), len(known))


def open_deals(
    valued: Iterable[Terms], stages: Mapping[str, str], ever_paid: Mapping[str, int]
) -> tuple[OpenDeal, ...]:
    """Deals with a value that are not over; one whose conversation is gone is over."""
    found = []
    for terms in valued:
        stage = stages.get(terms.conversation_id, "")
        if stage and stage not in deal.FINAL_STAGES:
            rest = max(0, (terms.value_halalas or 0) - max(0, ever_paid.get(terms.conversation_id, 0)))
            found.append(OpenDeal(terms.conversation_id, stage, rest, terms))
    return tuple(found)


def in_time(*kinds: Handled) -> Decimal | None:
    """The share that was decided before it was overdue; None when nothing came to an end."""
    ended, late = sum(one.ended for one in kinds), sum(one.late for one in kinds)
    return percent(ended - late, ended)


def median_of(counts: Mapping[int, int]) -> int | None:
    """The median of values with how often each was seen; of an even number the lower of the two."""
    total = sum(counts.values())
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if 2 * seen >= total:
            return value
    return None


def change(now: Decimal | int | None, before: Decimal | int | None) -> Decimal | int | None:
    """How much more it is than before; None where one of them is not known."""
    return None if now is None or before is None else now - before
