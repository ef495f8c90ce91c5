"""Opens the room of sales."""

from typing import TYPE_CHECKING

from bot.sales.room import Sales

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> Sales:
    """The room of one installation."""
    return Sales(m.tenants, m.playbooks.of, None, m.now)
