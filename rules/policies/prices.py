"""
The dated price list: the only place from which a price may be said.

Rule 1: money is a whole number of halalas; nothing here is ever a fraction.
Rule 2: a price holds from its first day to its last, both included; outside of them it is never said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rules.notes import Notes
from rules.policies.fields import Fields
from rules.sheet import Sheet

HALALAS = 100
CURRENCIES = {"SAR": ("ريال", "SAR")}
KEYS = ("name_ar", "name_en", "amount_halalas", "currency", "valid_from", "valid_until", "is_public")

# Ten million riyals: a larger number is halalas typed twice.
MOST_HALALAS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the list."""

    id: str
    name_ar: str
    name_en: str
    amount_halalas: int
    currency: str
    valid_from: date
    valid_until: date | None
    """Last day; None for a price without an end."""
    is_public: bool

    def holds(self, today: date) -> bool:
        """Whether it may be said today."""
        return self.valid_from <= today and (self.valid_until is None or today <= self.valid_until)

    @property
    def amount(self) -> str:
        """`1,500` or `1,500.50`."""
        whole, rest = divmod(self.amount_halalas, HALALAS)
        return f"{whole:,}.{rest:02}" if rest else f"{whole:,}"

    def sentence(self, language: str) -> str:
        """`الباقة الأساسية: 1,500 ريال`, or the same in English."""
        arabic, english = CURRENCIES[self.currency]
        if language == "ar":
            return f"{self.name_ar}: {self.amount} {arabic}"
        return f"{self.name_en}: {english} {self.amount}"


@dataclass(frozen=True, slots=True)
class Prices:
    """Every price, by its id."""

    prices: tuple[Price, ...] = ()

    def __iter__(self) -> Iterator[Price]:
        return iter(self.prices)

    def valid(self, today: date) -> tuple[Price, ...]:
        """The prices that hold today, public or not."""
        return tuple(price for price in self.prices if price.holds(today))

    def public(self, today: date) -> tuple[Price, ...]:
        """The prices that the bot may say today."""
        return tuple(price for price in self.valid(today) if price.is_public)

    def sentence(self, language: str, today: date) -> str:
        """What fills the blank {price} of a wording; empty when no public price holds today."""
        joint = "، " if language == "ar" else ", "
        return joint.join(price.sentence(language) for price in self.public(today))


def read_prices(sheets: list[Sheet], notes: dict[str, Notes]) -> Prices:
    """Read the list and its layers; a layer replaces a price by its id."""
    prices: dict[str, Price] = {}
    for sheet in sheets:
        top = Fields(notes[sheet.file], sheet.content, 1, ("prices",), "the file prices.yml")
        top.need("prices")
        for name, entry in top.entries("prices", KEYS, "the price"):
            price = _price(name, entry)
            if price is not None:
                prices[name] = price
    return Prices(tuple(prices.values()))


def _price(name: str, entry: Fields) -> Price | None:
    entry.need("name_ar", "name_en", "amount_halalas", "currency", "valid_from", "is_public")
    amount = entry.map.get("amount_halalas", 1)
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < amount <= MOST_HALALAS:
        entry.problem(
            "amount_halalas",
            f'"{amount}" is not an amount. Write whole halalas: 150000 for one thousand five hundred riyals.',
        )
        return None
    first, last = entry.day("valid_from"), entry.day("valid_until")
    if first and last and last < first:
        entry.problem("valid_until", "the last day is before the first. Change one of them.")
    price = Price(
        name,
        entry.text("name_ar"),
        entry.text("name_en"),
        amount,
        entry.word("currency", tuple(CURRENCIES), "SAR"),
        first or date.min,
        last,
        entry.truth("is_public", default=False),
    )
    return price if first else None
