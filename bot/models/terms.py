"""
Whether a tenant has a language model at all, and how much of one. The default is no.

Rule 1: an admin of the tenant switches it on, by name; until then nothing of a conversation leaves the house.
Rule 2: a tenant may spend less than the installation allows, never more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.models.provider import Task


@dataclass(frozen=True, slots=True)
class ModelTerms:
    """What one tenant has settled."""

    is_on: bool = False
    tasks: tuple[Task, ...] = tuple(Task)
    limit_halalas: int | None = None
    """A day's money; None for as much as the installation allows."""
    by: str = ""
    at: datetime | None = None

    def allows(self, task: Task, at: datetime) -> bool:
        """Whether this may be asked about a message of that moment: what came before the switch stays here."""
        return self.is_on and task in self.tasks and (self.at is None or at >= self.at)

    def allowed(self, installation_halalas: int) -> int:
        """Halalas a day."""
        own = self.limit_halalas
        return installation_halalas if own is None else min(own, installation_halalas)


OFF = ModelTerms()


class TermRows(Protocol):
    """Where they are kept."""

    async def read(self, tenant_id: str) -> ModelTerms | None: ...

    async def write(self, tenant_id: str, terms: ModelTerms) -> None: ...
