"""Opens the room of sales."""

from typing import TYPE_CHECKING

from bot.proposals.paper import Paper
from bot.sales.pack import Pack
from bot.sales.room import Printing, Sales
from bot.sales.sheet import sheet_of

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> Sales:
    """The room of one installation."""
    return Sales(m.tenants, m.playbooks.of, _printing(m.reach.paper), m.now)


def _printing(paper: Paper | None) -> Printing | None:
    if paper is None:
        return None

    async def on_paper(pack: Pack) -> bytes:
        return await paper.print(sheet_of(pack))

    return on_paper
