"""The routes of the rooms of business, in one list."""

from collections.abc import Sequence

from fastapi import APIRouter

from admin.api import (
    actions,
    bookings,
    connectors,
    contradictions,
    conversation_memory,
    deal_terms,
    executive_room,
    forecast_control,
    golden_path,
    knowledge,
    models,
    offers,
    sales,
)
from bot.rooms import Rooms
from bot.web.caller import Callers


def routers(rooms: Rooms, callers: Callers) -> Sequence[APIRouter]:
    """Everything under `/api/v1` that these rooms offer."""
    return (
        actions.router(rooms.actions, callers),
        bookings.router(rooms.bookings, callers),
        bookings.hooks_router(rooms.booking_hooks),
        *offers.routers(rooms.offers, callers),
        models.router(rooms.models, callers),
        connectors.router(rooms.connectors, callers),
        contradictions.router(rooms.contradictions, callers),
        deal_terms.router(rooms.deals, rooms.refunds, callers),
        executive_room.router(rooms.executive, callers),
        forecast_control.router(rooms.forecast, callers),
        golden_path.router(rooms.golden_paths, callers),
        conversation_memory.router(rooms.memory, callers),
        knowledge.router(rooms.knowledge, callers),
        sales.router(rooms.sales, callers),
    )
