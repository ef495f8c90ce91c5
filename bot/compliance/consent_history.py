"""
Whether the register of consents still says what the sealed history says.

The history is chained; the register is not. What was granted and revoked stands in both, under one id, so that a
change of the register shows against the history, and a change of the history shows against its seals.

Rule 1: a record that the history names and the register lacks was removed; one that differs was changed.
Rule 2: a record that no entry of the history names was put in past us. Of a long import, and of contacts who were
        forgotten, the history need not name every record.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.compliance.registers import ConsentFact, Registers
from bot.compliance.sources import Chain, ChainReport, History
from bot.store import TimelineEntry

_KINDS = ("consent_granted", "consent_revoked", "consents_imported")
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)

# The register is written a moment before the history is.
_LAG = timedelta(seconds=10)


class ConsentHistory:
    """The chain over the timeline, and the register of consents against it."""

    def __init__(self, chain: Chain, history: History, registers: Registers, now: Callable[[], datetime]) -> None:
        self._chain = chain
        self._history = history
        self._registers = registers
        self._now = now

    async def verify(self, tenant_id: str) -> ChainReport:
        """What the seals say, and then the first record that the history does not bear out."""
        report = await self._chain.verify(tenant_id)
        if report.first_broken:
            return report
        facts = {fact.id: fact for fact in await self._registers.facts(tenant_id)}
        told = await self._told(tenant_id)
        broken, why = _difference(facts, told, self._now() - _LAG)
        return replace(report, first_broken=broken, why=why)

    async def _told(self, tenant_id: str) -> dict[str, Mapping[str, object]]:
        """Record -> what the history says of it; an import names its records without repeating them."""
        until = self._now() + _LAG
        found: dict[str, Mapping[str, object]] = {}
        async for item in self._history.each(tenant_id, _KINDS, _BEGINNING, until):
            for record_id in _named(item):
                found[record_id] = _said(item)
        return found


def _named(item: TimelineEntry) -> Sequence[str]:
    data = item.entry.data
    return [str(r) for r in data.get("records") or ()] or ([str(data["record"])] if data.get("record") else [])


def _said(item: TimelineEntry) -> Mapping[str, object]:
    """What an entry says of its record; an import says only that it was one."""
    if item.entry.what == "consents_imported":
        return {"action": "granted", "source": "import"}
    return {**item.entry.data, "action": item.entry.what.removeprefix("consent_")}


def _difference(
    facts: Mapping[str, ConsentFact], told: Mapping[str, Mapping[str, object]], settled: datetime
) -> tuple[str, str]:
    for record_id in sorted(told):
        fact = facts.get(record_id)
        if fact is None:
            return record_id, "removed from the register"
        if any(
            name in told[record_id] and told[record_id][name] != is_now for name, is_now in fact.shown.items()
        ):
            return record_id, "changed in the register"
    for record_id in sorted(facts):
        fact = facts[record_id]
        if record_id not in told and fact.is_named_in_history and fact.recorded_at < settled:
            return record_id, "in the register and not in the history"
    return "", ""
