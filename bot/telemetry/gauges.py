"""
How the house stands as a whole, read from the database by one process and shown as gauges.

Rule 1: cheap counts on indexes, for each tenant, added up: no gauge names a tenant.
Rule 2: a process that loses the seat says nothing more, and what it said is forgotten within a minute. What a
        process knows of the providers it says for itself.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from bot.ports import Chain
from bot.telemetry import catalogue, measures

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 15.0

# Due for longer than any process takes to see a ring.
DUE_FOR = timedelta(seconds=5)

# A certificate is renewed weeks before it ends; twice a day is soon enough to notice that it was not.
CERTIFICATE_EVERY = timedelta(hours=12)
CONNECT_SECONDS = 5.0

ExpiryOf = Callable[[str, int], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class Vitals:
    """How one tenant stands."""

    drafts: Mapping[str, int]
    """Status -> how many drafts on their way have it."""
    oldest: Mapping[str, datetime]
    """Status -> when the oldest of them was made."""
    overdue: int
    """Held drafts whose time to decide has passed."""
    due: int
    """Conversations that somebody should have looked at."""
    due_since: datetime | None
    quarantined: int
    runs: Mapping[str, int]
    dead_letters: int


class VitalRows(Protocol):
    """Who counts."""

    async def vitals(self, tenant_id: str, now: datetime, due_before: datetime) -> Vitals: ...


class Gauges:
    """Looks, and says what it saw."""

    def __init__(
        self,
        rows: VitalRows,
        tenants: Sequence[str],
        chains: Mapping[str, Chain],
        now: Callable[[], datetime],
        *,
        unreachable: tuple[type[Exception], ...],
        public_url: str = "",
        expiry_of: ExpiryOf | None = None,
    ) -> None:
        """
        Args:
            public_url: the address whose certificate is watched, empty for none.
            expiry_of: when the certificate of a host and port ends; asks over the network.
        """
        self._rows = rows
        self._tenants = tenants
        self._chains = chains
        self._now = now
        self._unreachable = unreachable
        self._address = urlsplit(public_url)
        self._expiry_of = expiry_of or expiry_of_certificate
        self._asked_at: datetime | None = None

    async def look(self) -> None:
        """One round; while the database is away the gauges fall silent."""
        now = self._now()
        await self._look_at_certificate(now)
        try:
            found = [await self._rows.vitals(tenant, now, now - DUE_FOR) for tenant in self._tenants]
        except self._unreachable as away:
            log.warning("gauges_wait_for_database", reason=type(away).__name__)
            return
        _say(found, now)

    async def look_at_channels(self) -> None:
        """What this process knows of the providers; every process says that for itself."""
        seen = Counter((line.name, line.state) for chain in self._chains.values() for line in chain.report())
        measures.forget(catalogue.CHANNELS)
        for (provider, state), count in seen.items():
            measures.gauge(catalogue.CHANNELS, count, provider=provider, state=state)

    async def _look_at_certificate(self, now: datetime) -> None:
        is_early = self._asked_at is not None and now - self._asked_at < CERTIFICATE_EVERY
        if self._address.scheme != "https" or not self._address.hostname or is_early:
            return
        self._asked_at = now
        ends = await self._expiry_of(self._address.hostname, self._address.port or 443)
        if ends is not None:
            measures.gauge(catalogue.CERTIFICATE, (ends - now).total_seconds())


def _say(found: Sequence[Vitals], now: datetime) -> None:
    drafts: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    for one in found:
        drafts.update(one.drafts)
        runs.update(one.runs)
    for gauge in (catalogue.DRAFTS, catalogue.DRAFTS_AGE, catalogue.RUNS):
        measures.forget(gauge)
    for status in ("held", "queued", "sending", "unknown"):
        measures.gauge(catalogue.DRAFTS, drafts[status], status=status)
        oldest = min((one.oldest[status] for one in found if status in one.oldest), default=now)
        measures.gauge(catalogue.DRAFTS_AGE, max(0.0, (now - oldest).total_seconds()), status=status)
    for status, count in runs.items():
        measures.gauge(catalogue.RUNS, count, status=status)
    measures.gauge(catalogue.DEAD_LETTERS, sum(one.dead_letters for one in found))
    measures.gauge(catalogue.DRAFTS_OVERDUE, sum(one.overdue for one in found))
    measures.gauge(catalogue.UNKNOWN, drafts["unknown"])
    measures.gauge(catalogue.DUE, sum(one.due for one in found))
    since = min((one.due_since for one in found if one.due_since), default=now)
    measures.gauge(catalogue.DUE_AGE, max(0.0, (now - since).total_seconds()))
    measures.gauge(catalogue.QUARANTINED, sum(one.quarantined for one in found))


async def expiry_of_certificate(host: str, port: int) -> datetime | None:
    """When the certificate that a host shows ends; None when nobody answers there with one we believe."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except (OSError, ssl.SSLError, TimeoutError) as refused:
        log.warning("certificate_not_seen", host=host, reason=type(refused).__name__)
        return None
    shown = writer.get_extra_info("peercert") or {}
    writer.close()
    ends = shown.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None
