"""
The table of doors: every route of the running application, and whether it asks who calls.

It looks at what FastAPI will really do, not at what we meant: a route asks when proving the caller is among the
things that are done before it.
"""

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from bot.compliance.sources import Route
from bot.web.caller import Callers

# They answer 401 by themselves before they say anything: they ask inside, because no tenant's token opens them.
_ASKS_INSIDE = ("/api/openapi.json", "/metrics")


def table_of(app: FastAPI, callers: Callers) -> Sequence[Route]:
    """Every route of the API; pages of the console stand behind a doorway of their own and are not in it."""
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and not _is_page(route):
            asks = context.path in _ASKS_INSIDE or _asks(context.dependant, callers)
            found.append(Route(str(context.path), tuple(sorted(context.methods or ())), asks))
    return found


def _is_page(route: APIRoute) -> bool:
    """Whether the page framework made it; its pages send strangers to the entrance."""
    return route.endpoint.__module__.startswith("nicegui") or route.path.startswith("/console")


def _asks(dependant: Dependant, callers: Callers) -> bool:
    return any(d.call is callers or _asks(d, callers) for d in dependant.dependencies)
