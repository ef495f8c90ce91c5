"""The routes of the rooms of business, in one list."""

from collections.abc import Sequence

from fastapi import APIRouter

from admin.api import actions, connectors, deal_terms, forecast_control, golden_path, knowledge, models, sales
from bot.rooms import Rooms
from bot.web.caller import Callers


def routers(rooms: Rooms, callers: Callers) -> Sequence[APIRouter]:
    """Everything under `/api/v1` that these rooms offer."""
    return (actions.router(rooms.actions, callers),
        models.router(rooms.models, callers),
        connectors.router(rooms.connectors, callers),
        deal_terms.router(rooms.deals, callers),
        forecast_control.router(rooms.forecast, callers),
        golden_path.router(rooms.golden_paths, callers), knowledge.router(rooms.knowledge, callers), sales.router(rooms.sales, callers),)
