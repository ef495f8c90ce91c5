"""Opens the room of deals."""

from typing import TYPE_CHECKING

from bot.deals.room import Deals

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> Deals:
    """The terms of all deals of an installation."""
    return Deals(m.store.deal_terms, m.store, m.trust.audit, m.now)
