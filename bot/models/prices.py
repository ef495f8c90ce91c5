"""
What a call costs: tokens times a dated price, in dollars, and in riyals at a rate that is configuration.

Rule 1: money is exact decimals; nothing is rounded before somebody shows it.
Rule 2: what is not in the table has no price. It is counted as unpriced, never as free.
Rule 3: every priced call keeps the version of the table it was priced with.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import Misconfigured
from bot.models.provider import Usage
from flows.plain_yaml import NotPlain, read

SHIPPED = Path(__file__).with_name("prices.yml")

_MILLION = Decimal(1_000_000)

# A hundred times the dearest model that anybody sells: a larger number is a price for something else.
_DEAREST = Decimal(10_000)

_Dollars = Annotated[Decimal, Field(ge=0, le=_DEAREST, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Strict):
    """One model from one day on."""

    model: str = Field(min_length=1, max_length=200)
    valid_from: date
    input: _Dollars
    output: _Dollars
    cached: _Dollars


class _Table(_Strict):
    version: str = Field(min_length=1, max_length=40)
    as_of: date
    models: tuple[Price, ...] = Field(min_length=1, max_length=1_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call cost."""

    usd: Decimal
    sar: Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    """The table, and what a dollar is in riyals."""

    version: str
    as_of: date
    rows: tuple[Price, ...]
    sar_per_usd: Decimal

    def of(self, model: str, day: date) -> Price | None:
        """The row that holds on a day."""
        valid = [row for row in self.rows if row.model == model and row.valid_from <= day]
        return max(valid, key=lambda row: row.valid_from, default=None)

    def cost(self, model: str, usage: Usage | None, day: date) -> Cost | None:
        """None when the model has no price, or nobody counted."""
        price = self.of(model, day)
        return None if price is None or usage is None else self._priced(price, usage)

    def reserve_for(self, model: str, usage: Usage, day: date) -> Decimal:
        """What to set aside, in riyals; of a model without a price, as for the dearest one that has one."""
        price = self.of(model, day)
        candidates = [price] if price is not None else list(self.rows)
        return max(self._priced(row, usage).sar for row in candidates)

    def _priced(self, price: Price, usage: Usage) -> Cost:
        tokens = (
            usage.input_tokens * price.input
            + usage.output_tokens * price.output
            + usage.cached_tokens * price.cached
        )
        usd = tokens / _MILLION
        return Cost(usd, usd * self.sar_per_usd)


def read_prices(sar_per_usd: Decimal, file: Path | None = None) -> Prices:
    """The table of a file, or ours. Raises Misconfigured."""
    path = file or SHIPPED
    try:
        table = _Table.model_validate(read(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, NotPlain, ValidationError) as refused:
        raise Misconfigured(
            f"the price table of models ({path.name}) cannot be used: {_why(refused)}",
            f"جدول أسعار النماذج ({path.name}) غير صالح؛ راجع شكله في docs/models.md",
        ) from refused
    return Prices(table.version, table.as_of, table.models, sar_per_usd)


def _why(refused: Exception) -> str:
    if isinstance(refused, ValidationError):
        first = refused.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(refused) or type(refused).__name__
