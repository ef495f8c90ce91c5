"""
The first steps with one customer: what is to be done, by whom it was done, and when.

Rule 1: a customer has one list; opening it twice is opening it once.
Rule 2: who ticked an item, and when, is kept; taking a tick back is kept too, in the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.people import NOBODY, Human


@dataclass(frozen=True, slots=True)
class Item:
    """One step, as it stood when the list was opened."""

    id: str
    title_ar: str
    title_en: str
    role: str
    due_at: datetime
    done_by: Human = NOBODY
    done_at: datetime | None = None

    @property
    def is_done(self) -> bool:
        return self.done_at is not None


@dataclass(frozen=True, slots=True)
class Checklist:
    """The list of one deal."""

    tenant_id: str
    conversation_id: str
    items: tuple[Item, ...]
    opened_by: Human
    opened_at: datetime
    v: int = 1

    @property
    def done(self) -> int:
        return sum(item.is_done for item in self.items)


class ChecklistRows(Protocol):
    """Where they are kept."""

    async def add(self, checklist: Checklist) -> bool:
        """False when this deal has one."""

    async def read(self, tenant_id: str, conversation_id: str) -> Checklist | None: ...

    async def write(self, checklist: Checklist) -> bool:
        """Write it at `v` + 1 if it is still at `v`; False when somebody was faster."""

    async def latest(self, tenant_id: str, limit: int) -> list[Checklist]:
        """Newest first."""

    async def at_stages(self, tenant_id: str, stages: Sequence[str], limit: int) -> list[str]:
        """Conversations at one of these stages, oldest first."""
