"""Opens the room of deals, and the one of refunds."""

from typing import TYPE_CHECKING

from bot.deals.refunds import Refunds
from bot.deals.room import Deals

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> Deals:
    """The terms of all deals of an installation."""
    return Deals(m.store.deal_terms, m.store, m.trust.audit, m.now)


def open_refunds(m: "Materials") -> Refunds:
    """What was given back, of all deals."""
    return Refunds(m.notebook, m.store)
