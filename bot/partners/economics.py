"""
What a partnership brings and costs in a year. Pure.

Rule 1: money is whole halalas and ratios are decimals; nothing here is a float.
Rule 2: what cannot be divided is null, with the reason; never a number that looks like one.
Rule 3: every row can be reckoned again from what stands in it: its payback and return are those of its own
        halalas.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from bot import money
from bot.errors import BadRequest
from bot.outputs.partner_models import Scenario, ScenarioName

PRODUCER = "partner_economics/1"
MONTHS = 12
HALALAS_IN_A_RIYAL = 100

# A trillion riyals is a typing mistake; below it every number here is exact in any reader of JSON.
MOST_HALALAS = 10**14

_TENTH, _TEN_THOUSANDTH = Decimal("0.1"), Decimal("0.0001")
_ONE = Decimal(1)

SCENARIOS: tuple[tuple[ScenarioName, Decimal, Decimal], ...] = (
    ("base", _ONE, _ONE),
    ("revenue_plus_30", Decimal("1.3"), _ONE),
    ("revenue_minus_30", Decimal("0.7"), _ONE),
    ("cost_plus_20", _ONE, Decimal("1.2")),
    ("combined_worst", Decimal("0.7"), Decimal("1.2")),
)
"""(name, what the revenue and the cost are multiplied by)"""


@dataclass(frozen=True, slots=True)
class Economics:
    """The rows, the declared one first, and where it stops paying."""

    rows: tuple[Scenario, ...]
    break_even_multiplier: Decimal | None

    @property
    def base(self) -> Scenario:
        return self.rows[0]


def economics(revenue_halalas: int, cost_halalas: int) -> Economics:
    """Reckon with the revenue and the cost of a year. Raises BadRequest for amounts that are none."""
    for name, name_ar, amount in (("revenue", "الإيراد", revenue_halalas), ("cost", "التكلفة", cost_halalas)):
        if isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount <= MOST_HALALAS:
            raise BadRequest(
                f"the {name} is a whole number of halalas from 0 to {MOST_HALALAS}",
                f"{name_ar} عدد صحيح من الهللات بين 0 و{MOST_HALALAS}",
            )
    rows = tuple(_row(name, revenue_halalas, cost_halalas, rx, cx) for name, rx, cx in SCENARIOS)
    return Economics(rows, _ratio(cost_halalas, revenue_halalas, _TEN_THOUSANDTH))


def _row(name: ScenarioName, revenue: int, cost: int, revenue_x: Decimal, cost_x: Decimal) -> Scenario:
    gets, pays = _times(revenue, revenue_x), _times(cost, cost_x)
    payback = _ratio(pays * MONTHS, gets, _TENTH)
    roi = _ratio((gets - pays) * 100, pays, _TENTH)
    return Scenario(
        name=name,
        revenue_x=revenue_x,
        cost_x=cost_x,
        revenue_halalas=gets,
        cost_halalas=pays,
        net_halalas=gets - pays,
        payback_months=payback,
        payback_reason="no_monthly_upside" if payback is None else "",
        roi_pct=roi,
        roi_reason="no_cost" if roi is None else "",
    )


def _times(halalas: int, factor: Decimal) -> int:
    """Whole halalas, halves upwards."""
    return int((halalas * factor).quantize(_ONE, ROUND_HALF_UP))


def _ratio(over: int, under: int, to: Decimal) -> Decimal | None:
    """A quotient to so many places; None when there is nothing to divide by."""
    if under <= 0:
        return None
    with localcontext(prec=60):
        return (Decimal(over) / under).quantize(to, ROUND_HALF_UP)


def riyals(halalas: int) -> str:
    """An amount as people read it: `80,000` or `1,250.75`, a minus before it where it is one."""
    whole, rest = divmod(abs(halalas), HALALAS_IN_A_RIYAL)
    sign = "-" if halalas < 0 else ""
    return f"{sign}{whole:,}.{rest:02d}" if rest else f"{sign}{whole:,}"


def halalas_of(said: str) -> int:
    """An amount in riyals as somebody types it. Raises BadRequest."""
    return money.halalas_of(said, MOST_HALALAS)
