"""Who asks is proved once per request, however many parts of it want to know."""

from typing import Any

from fastapi import Request

from bot.access import Principal
from bot.errors import DealixError
from bot.web.caller import Callers

_PROVED = "dealix.caller"


def once(callers: Callers) -> Callers:
    """The same answer or refusal for one request: a failed proof counts once where failures are counted."""

    async def principal(request: Request) -> Principal:
        memory: dict[str, Any] = request.scope.setdefault(_PROVED, {})
        if not memory:
            try:
                memory["caller"] = await callers(request)
            except DealixError as refused:
                memory["refused"] = refused
        if "refused" in memory:
            raise memory["refused"]
        return memory["caller"]

    return principal
