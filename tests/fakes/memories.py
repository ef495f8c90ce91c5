"""`bot.memory.fact.MemoryRows` in a process's own memory; it passes the same contract as the one on MongoDB."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.errors import BadRequest
from bot.memory.fact import Fact, MemoryStats, stats_of


class InMemory:
    """Facts by tenant and contact."""

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str], dict[str, Fact]] = {}

    async def store(self, tenant_id: str, contact_id: str, facts: Sequence[Fact]) -> int:
        mine = self._of(tenant_id, contact_id)
        if any((fact.tenant_id, fact.contact_id) != (tenant_id, contact_id) for fact in facts):
            raise BadRequest("a fact is kept with its own contact", "تُحفظ المعلومة مع صاحبها فقط")
        new = {fact.id: fact for fact in facts if fact.id not in mine}
        mine.update(new)
        return len(new)

    async def retrieve(self, tenant_id: str, contact_id: str, now: datetime, key: str = "") -> list[Fact]:
        mine = self._of(tenant_id, contact_id).values()
        found = [fact for fact in mine if fact.expires_at > now and key in ("", fact.key)]
        return sorted(found, key=lambda fact: (fact.at, fact.id))

    async def update(
        self, tenant_id: str, contact_id: str, fact_id: str, confidence: float, expires_at: datetime
    ) -> bool:
        mine = self._of(tenant_id, contact_id)
        if fact_id not in mine:
            return False
        mine[fact_id] = replace(mine[fact_id], confidence=confidence, expires_at=expires_at)
        return True

    async def delete(self, tenant_id: str, contact_id: str, key: str = "") -> int:
        mine = self._of(tenant_id, contact_id)
        gone = [name for name, fact in mine.items() if key in ("", fact.key)]
        for name in gone:
            del mine[name]
        return len(gone)

    async def stats(self, tenant_id: str, contact_id: str, now: datetime) -> MemoryStats:
        return stats_of(await self.retrieve(tenant_id, contact_id, now))

    def _of(self, tenant_id: str, contact_id: str) -> dict[str, Fact]:
        if not tenant_id or not contact_id:
            raise BadRequest("say of which contact of which tenant", "حدد العميل والمنشأة")
        return self._facts.setdefault((tenant_id, contact_id), {})
