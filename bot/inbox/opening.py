"""Opens the inbox over the rooms of trust."""

from typing import TYPE_CHECKING

from bot.inbox.room import Inbox

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> Inbox:
    """The inbox of an installation."""
    return Inbox(m.store.inbox, m.notebook, m.trust.privacy.consents, m.trust.audit)
