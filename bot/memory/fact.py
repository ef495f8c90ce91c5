"""
One thing that a contact told us: where it comes from, how sure we are, until when we keep it.

Rule 1: a fact belongs to one contact of one tenant; no method of a memory is asked without both.
Rule 2: a fact names the message it comes from. The same fact of the same message is one fact, however often it is
        remembered.
Rule 3: what has expired is not recalled, whether or not it was swept away already.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

LONGEST_VALUE = 300

# What a business looks like changes with the seasons; where it is and by what it works, hardly within a year.
KEPT_FOR = {
    "language": timedelta(days=365),
    "city": timedelta(days=365),
    "crm": timedelta(days=365),
    "has_sales_team": timedelta(days=180),
    "monthly_leads": timedelta(days=180),
    "monthly_budget_sar": timedelta(days=180),
    "follow_up_problem": timedelta(days=180),
    "start_date": timedelta(days=90),
}
KEYS = tuple(KEPT_FOR)

# A person who changes the language contradicts nothing, and a problem in other words is no other problem.
ONE_AT_A_TIME = frozenset({"city", "crm", "has_sales_team", "monthly_leads", "monthly_budget_sar", "start_date"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact."""

    tenant_id: str
    contact_id: str
    """The conversation with the contact."""
    key: str
    value: str
    source_message_id: str
    confidence: float
    """From 0 to 1."""
    at: datetime
    """When the contact said it."""
    expires_at: datetime

    @property
    def id(self) -> str:
        """The same for the same fact of the same message."""
        told = "\0".join((self.tenant_id, self.contact_id, self.key, self.value, self.source_message_id))
        return hashlib.sha256(told.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Things that one contact told us of which only one can be so."""

    contact_id: str
    key: str
    facts: tuple[Fact, ...]
    """The latest of each value, oldest first."""


@dataclass(frozen=True, slots=True)
class MemoryStats:
    """How much is remembered of one contact."""

    facts: int
    keys: int
    oldest_at: datetime | None
    newest_at: datetime | None


class MemoryRows(Protocol):
    """Where facts are kept; each method is about one contact of one tenant."""

    async def store(self, tenant_id: str, contact_id: str, facts: Sequence[Fact]) -> int:
        """Keep what is not there yet; answers how many were new. Raises BadRequest (of somebody else)."""

    async def retrieve(self, tenant_id: str, contact_id: str, now: datetime, key: str = "") -> list[Fact]:
        """What has not expired, oldest first; of one key where it is named."""

    async def update(
        self, tenant_id: str, contact_id: str, fact_id: str, confidence: float, expires_at: datetime
    ) -> bool:
        """How sure, and until when; what was said stays what was said. False when there is no such fact."""

    async def delete(self, tenant_id: str, contact_id: str, key: str = "") -> int:
        """Forget everything, or everything under a key; answers how many facts went."""

    async def stats(self, tenant_id: str, contact_id: str, now: datetime) -> MemoryStats:
        """Of what has not expired."""


def fact_of(
    tenant_id: str, contact_id: str, key: str, value: str, source: str, confidence: float, at: datetime
) -> Fact:
    """A fact that is kept for as long as its key says."""
    return Fact(tenant_id, contact_id, key, value[:LONGEST_VALUE], source, confidence, at, at + KEPT_FOR[key])


def stats_of(facts: Sequence[Fact]) -> MemoryStats:
    """Counted from the facts themselves."""
    times = sorted(fact.at for fact in facts)
    oldest, newest = (times[0], times[-1]) if times else (None, None)
    return MemoryStats(len(facts), len({fact.key for fact in facts}), oldest, newest)


def conflicts_in(facts: Sequence[Fact]) -> list[Conflict]:
    """What cannot all be so, by key."""
    found = []
    for key in KEYS:
        latest: dict[str, Fact] = {}
        for fact in sorted((f for f in facts if f.key == key), key=lambda f: (f.at, f.id)):
            latest.pop(fact.value, None)
            latest[fact.value] = fact
        if key in ONE_AT_A_TIME and len(latest) > 1:
            found.append(Conflict(next(iter(latest.values())).contact_id, key, tuple(latest.values())))
    return found


def current_of(facts: Sequence[Fact]) -> dict[str, Fact]:
    """What was said last, by key."""
    return {fact.key: fact for fact in sorted(facts, key=lambda f: (f.at, f.id))}
