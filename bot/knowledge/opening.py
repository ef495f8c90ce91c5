"""Opens the room of knowledge, and what watches the drafts that quote it."""

from typing import TYPE_CHECKING

from bot.knowledge.quotes import Quotes
from bot.knowledge.reading import Reader
from bot.knowledge.room import Knowledge

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> Knowledge:
    """The room of one installation."""
    return Knowledge(
        rows=m.store.knowledge,
        reader=Reader(m.store.knowledge, m.now),
        tenants=m.tenants,
        policies_of=m.playbooks.policies_of,
        audit=m.trust.audit,
        alerts=m.trust.alerts,
        unreachable=m.store.unreachable,
        now=m.now,
        new_id=m.new_id,
    )


def open_quotes(m: "Materials") -> Quotes:
    """What watches the drafts that quote articles."""
    return Quotes(m.notebook, Reader(m.store.knowledge, m.now), m.tenants, m.store.unreachable)
