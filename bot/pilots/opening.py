"""Opens the room of pilots, and makes its action known."""

from typing import TYPE_CHECKING

from bot.actions.room import Actions
from bot.pilots.room import Pilots

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials", actions: Actions) -> Pilots:
    """The room."""
    room = Pilots(m.store, m.trust.evidence.outputs, m.store.onboarding, m.reach.paper, m.tenants, m.now)
    actions.register(room.action())
    return room
