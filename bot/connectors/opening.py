"""Puts the room of connectors together: which of them are configured, and how each is asked."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bot.connectors.probes import CanBeAsked
from bot.connectors.registry import CONNECTORS
from bot.connectors.room import Connectors
from bot.ports import Health
from bot.reach import Reach
from bot.store import Store

if TYPE_CHECKING:
    from bot.rooms import Materials

Questions = dict[str, Callable[[], Awaitable[Health]] | None]


def open_room(m: "Materials") -> Connectors:
    """The connectors of one installation."""
    return Connectors(
        rows=m.store.connectors,
        tenants=list(m.tenants),
        channels=m.channels,
        chains=m.chains,
        questions=questions_of(m.store, m.reach, m.now),
        audit=m.trust.audit,
        alerts=m.trust.alerts,
        unreachable=m.store.unreachable,
        now=m.now,
        new_id=m.new_id,
    )


def questions_of(store: Store, reach: Reach, now: Callable[[], datetime]) -> Questions:
    """How to ask each connector that is configured and no WhatsApp; None for those that nobody can ask."""

    async def database() -> Health:
        try:
            await store.ping()
        except store.unreachable as away:
            return Health("down", f"No answer: {type(away).__name__}.\nلا جواب من قاعدة البيانات.", now())
        return Health("ok", "It answers.\nتجيب.", now())

    questions: Questions = {"mongodb": database}
    for connector in CONNECTORS:
        port = getattr(reach, connector.port, None) if connector.port else None
        if port is not None:
            questions[connector.key] = port.probe if isinstance(port, CanBeAsked) else None
    return questions
