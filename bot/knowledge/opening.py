"""Opens the room of knowledge."""

from typing import TYPE_CHECKING

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
