"""Puts the room of connectors together: which of them are configured for whom, and how each is asked."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bot.connectors.registry import CONNECTORS
from bot.connectors.room import Connectors, Ports
from bot.ports import Health
from bot.reach import Reach
from bot.store import Store

if TYPE_CHECKING:
    from bot.rooms import Materials


class Database:
    """Our own database, as one more connector."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def probe(self) -> Health:
        """Whether it answers."""
        try:
            await self._store.ping()
        except self._store.unreachable as away:
            en, ar = f"No answer: {type(away).__name__}.", "لا جواب من قاعدة البيانات."
            return Health("down", f"{en}\n{ar}", self._now())
        return Health("ok", "It answers.\nتجيب.", self._now())


class Watched(Protocol):
    """Whoever calls out and asks first."""

    def watched_by(self, watcher: Connectors) -> None: ...


def open_room(m: "Materials", *callers: Watched) -> Connectors:
    """The connectors of one installation; `callers` ask them before they call out, and tell what it came to."""
    connectors = Connectors(
        rows=m.store.connectors,
        tenants=list(m.tenants),
        channels=m.channels,
        chains=m.chains,
        ports=ports_of(m.store, m.reach, m.now),
        audit=m.trust.audit,
        alerts=m.trust.alerts,
        unreachable=m.store.unreachable,
        now=m.now,
        new_id=m.new_id,
    )
    for caller in callers:
        caller.watched_by(connectors)
    return connectors


def ports_of(store: Store, reach: Reach, now: Callable[[], datetime]) -> Ports:
    """What stands behind each connector that is no WhatsApp, for a tenant."""
    database = Database(store, now)
    ports: dict[str, Callable[[str], object | None]] = {"mongodb": lambda _: database}
    for connector in CONNECTORS:
        if connector.port:
            ports[connector.key] = _of_each(getattr(reach, connector.port))
    return ports


def _of_each(port: object | None) -> Callable[[str], object | None]:
    """Some ports are one for all, others have an account for each tenant."""
    own = getattr(port, "of", None)
    if own is not None:
        return own
    return lambda _: port or None  # no model at all is an empty tuple
