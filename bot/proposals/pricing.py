"""
From the price list to the lines of a proposal. Pure.

Rule 1: every number comes from a price that holds today. What is not on the list has no price, and is refused.
Rule 2: a discount has a reason. More than a tenth, or fifty thousand riyals and more, takes an admin's yes too:
        the larger the promise, the higher who makes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.errors import BadRequest
from bot.evidence.canonical import sha256
from bot.proposals.proposal import Line
from rules.policies.prices import Price, Prices

MOST_LINES = 20
MOST_OF_ONE = 10_000
MOST_HALALAS = 100_000_000_000
MOST_DISCOUNT_PERCENT = 50

# From here on the founder, who is an admin, agrees as well: 50,000 riyals.
FOUNDER_FROM_HALALAS = 5_000_000
FOUNDER_ABOVE_DISCOUNT_PERCENT = 10


class NoPrices(BadRequest):
    """There is nothing that could be offered."""

    code = "no_price_list"

    def __init__(self) -> None:
        super().__init__(
            "no price of the price list holds today, so there is nothing to put into a proposal: add prices to "
            "policies/prices.yml of your rules and publish them",
            "لا يوجد سعر سارٍ اليوم في قائمة الأسعار، فلا يمكن إعداد عرض: أضف الأسعار إلى policies/prices.yml "
            "في قواعدك وانشرها",
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line as somebody asks for it."""

    price_id: str
    quantity: int


def lines_of(prices: Prices, wanted: Sequence[Wanted], today: date) -> tuple[Line, ...]:
    """The lines at today's prices. Raises NoPrices, BadRequest."""
    valid = {price.id: price for price in prices.valid(today)}
    if not valid:
        raise NoPrices
    if not 1 <= len(wanted) <= MOST_LINES:
        raise BadRequest(
            f"a proposal has 1 to {MOST_LINES} lines; the price list has today: {', '.join(valid)}",
            f"العرض من بند إلى {MOST_LINES} بندًا؛ في قائمة الأسعار اليوم: {'، '.join(valid)}",
        )
    twice = {one.price_id for one in wanted if [w.price_id for w in wanted].count(one.price_id) > 1}
    if twice:
        raise BadRequest(
            f"{', '.join(sorted(twice))} stands twice: say the quantity instead",
            f"تكرر البند {'، '.join(sorted(twice))}: اذكر الكمية بدل التكرار",
        )
    return tuple(_line(valid, one) for one in wanted)


def check_discount(percent: int, reason: str) -> None:
    """Raises BadRequest."""
    if not 0 <= percent <= MOST_DISCOUNT_PERCENT:
        raise BadRequest(
            f"a discount is 0 to {MOST_DISCOUNT_PERCENT} percent",
            f"الخصم من 0 إلى {MOST_DISCOUNT_PERCENT} بالمئة",
        )
    if percent and not reason.strip():
        raise BadRequest(
            "say why there is a discount: whoever agrees reads it", "اذكر سبب الخصم: سيقرؤه من يوافق على العرض"
        )


def steps_for(total_halalas: int, discount_percent: int) -> tuple[str, ...]:
    """Whose yes it takes, one after the other."""
    is_large = total_halalas >= FOUNDER_FROM_HALALAS or discount_percent > FOUNDER_ABOVE_DISCOUNT_PERCENT
    return ("approver", "admin") if is_large else ("approver",)


def hash_of_list(prices: Prices, today: date) -> str:
    """What tells this price list from any other, as it holds on a day."""
    held = sorted(prices.valid(today), key=lambda price: price.id)
    return sha256([_told(price) for price in held])


def _line(valid: dict[str, Price], wanted: Wanted) -> Line:
    price = valid.get(wanted.price_id)
    if price is None:
        known = ", ".join(valid)
        raise BadRequest(
            f"{wanted.price_id!r} has no price today; the price list has: {known}",
            f"لا سعر اليوم للبند {wanted.price_id}؛ في قائمة الأسعار: {known}",
        )
    if not 1 <= wanted.quantity <= MOST_OF_ONE:
        raise BadRequest(f"a quantity is 1 to {MOST_OF_ONE}", f"الكمية من 1 إلى {MOST_OF_ONE}")
    return Line(price.id, price.name_ar, price.name_en, wanted.quantity, price.amount_halalas)


def _told(price: Price) -> list[object]:
    last = price.valid_until.isoformat() if price.valid_until else ""
    first = price.valid_from.isoformat()
    return [price.id, price.name_ar, price.name_en, price.amount_halalas, price.currency, first, last]
