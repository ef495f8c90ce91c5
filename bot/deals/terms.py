"""
The terms of a deal: its value, when it is expected to close, and who looks after it.

Rule 1: a value is an estimate until money was verified; nothing here is revenue.
Rule 2: every change is kept with who made it, when and from what; the latest one counts.
Rule 3: a change succeeds only on the version that was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Final, Protocol

from bot.errors import BadRequest, DealixError

# Ten billion riyals: a larger number is halalas typed twice.
MOST_HALALAS = 1_000_000_000_000
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)

SOURCES = ("human", "proposal", "qualification", "crm", "import")
"""From what a value is known."""


class Cleared(Enum):
    CLEAR = "clear"


CLEAR: Final = Cleared.CLEAR
"""Take away what is there; None leaves it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known of one deal at one moment."""

    conversation_id: str
    value_halalas: int | None = None
    expected_on: date | None = None
    """The day in Riyadh on which it is expected to be paid."""
    owner: str = ""
    source: str = "human"
    set_at: datetime | None = None
    """None where nobody has ever said anything."""
    set_by: str = ""
    set_by_name: str = ""
    v: int = 0


class OldTerms(DealixError):
    """Somebody else changed the terms since they were read."""

    code, status = "terms_changed", 409


class DealRows(Protocol):
    """Where terms are kept, with every version there ever was."""

    async def get(self, tenant_id: str, conversation_id: str) -> Terms | None: ...

    async def put(self, tenant_id: str, terms: Terms) -> bool:
        """Keep a version; False unless it is the next after the stored one."""

    async def history(self, tenant_id: str, conversation_id: str) -> Sequence[Terms]:
        """Newest first."""

    async def valued(self, tenant_id: str) -> Sequence[Terms]:
        """Every deal that has a value."""

    async def of(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, Terms]: ...


def check(value_halalas: object, expected_on: object, source: str, owner: object) -> None:
    """Raises BadRequest for terms that cannot be."""
    if value_halalas is not None and value_halalas is not CLEAR:
        is_whole = isinstance(value_halalas, int) and not isinstance(value_halalas, bool)
        if not is_whole or not 0 <= value_halalas <= MOST_HALALAS:  # type: ignore[operator]
            raise BadRequest(
                f"a value is whole halalas from 0 to {MOST_HALALAS}: 150000 for 1,500 riyals",
                f"القيمة عدد صحيح بالهللات من 0 إلى {MOST_HALALAS}: اكتب 150000 لمبلغ 1,500 ريال",
            )
    if isinstance(expected_on, date) and not EARLIEST <= expected_on <= LATEST:
        raise BadRequest(
            f"an expected day lies between {EARLIEST} and {LATEST}", f"اليوم المتوقع بين {EARLIEST} و{LATEST}"
        )
    if source not in SOURCES:
        known = ", ".join(SOURCES)
        raise BadRequest(f"{source!r} is no source of terms: choose one of {known}", f"المصدر أحد هذه: {known}")
    if isinstance(owner, str) and len(owner) > 100:
        raise BadRequest("an owner is at most 100 signs", "اسم المسؤول 100 حرف على الأكثر")
