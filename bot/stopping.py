"""End background tasks for certain."""

import asyncio
from collections.abc import Iterable

ASK_AGAIN_SECONDS = 1.0


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """
    Cancel tasks and wait until they are gone.

    Asks again every second: the database driver may swallow a cancellation that arrives in the middle of a call.
    Whoever is cancelled while waiting here still sees them gone first: a task left behind would go on using what
    its owner is about to close.
    """
    left = {task for task in tasks if not task.done()}
    asked_meanwhile: asyncio.CancelledError | None = None
    while left:
        for task in left:
            task.cancel()
        try:
            _, left = await asyncio.wait(left, timeout=ASK_AGAIN_SECONDS)
        except asyncio.CancelledError as cancelled:
            asked_meanwhile = cancelled
            left = {task for task in left if not task.done()}
    if asked_meanwhile is not None:
        raise asked_meanwhile
