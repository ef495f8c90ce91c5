"""Opens the room of first steps, and makes its action known."""

from typing import TYPE_CHECKING

from bot.actions.room import Actions
from bot.onboarding.room import OnboardingRoom

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials", actions: Actions) -> OnboardingRoom:
    """The room."""
    room = OnboardingRoom(m.store.onboarding, m.store, m.trust.audit, m.playbooks.policies_of, m.now)
    actions.register(room.action())
    return room
