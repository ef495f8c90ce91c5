"""The routes of the rooms of business, in one list."""

from collections.abc import Sequence

from fastapi import APIRouter

from admin.api import deal_terms, knowledge
from bot.rooms import Rooms
from bot.web.caller import Callers


def routers(rooms: Rooms, callers: Callers) -> Sequence[APIRouter]:
    """Everything under `/api/v1` that these rooms offer."""
    return (deal_terms.router(rooms.deals, callers), knowledge.router(rooms.knowledge, callers),)
