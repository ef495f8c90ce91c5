"""
Files that contacts sent, over HTTP: listed, and streamed to a person who asks for one.

Rule 1: the tenant comes from the token; another tenant's conversation is as unknown as one that never existed.
Rule 2: a file comes as an attachment that no browser opens by itself, and is kept nowhere on its way.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import Any

import structlog
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from bot.errors import DealixError
from bot.media import MediaRoom, OpenMedia
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import reads_only

logger = structlog.get_logger()

READERS = ("admin", "approver", "agent")


def router(room: MediaRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/conversations/{conversation_id}/media", tags=["media"])

    Caller = caller_of(callers)

    @routes.get("")
    async def files(conversation_id: str, caller: Caller) -> dict[str, Any]:
        """What this contact sent beside words."""
        caller.require(*READERS)
        found = await room.files(caller.tenant_id, conversation_id)
        return {"media": [asdict(item) for item in found], "total": len(found)}

    @routes.post("/{ref}", dependencies=[reads_only], response_class=StreamingResponse)
    async def fetch(conversation_id: str, ref: str, caller: Caller) -> StreamingResponse:
        """One file, fetched from the provider now."""
        caller.require(*READERS)
        opening = await room.open(caller.tenant_id, conversation_id, ref, caller.human)
        opened = await opening.__aenter__()  # before the answer begins, so that a refusal is a refusal
        name = f"{ref}.{opened.extension}"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_whole(opening, opened), media_type=opened.mime_type, headers=headers)

    return routes


async def _whole(opening: AbstractAsyncContextManager[OpenMedia], opened: OpenMedia) -> AsyncIterator[bytes]:
    """All of it; a file that turns out too large or too slow breaks off, which every client sees."""
    try:
        async for chunk in opened.chunks:
            yield chunk
    except DealixError as refused:
        logger.warning("media_broken_off", code=refused.code)
        raise
    finally:
        await opening.__aexit__(None, None, None)
