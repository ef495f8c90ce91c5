"""End background tasks for certain."""

import asyncio
from collections.abc import Iterable

ASK_AGAIN_SECONDS = 1.0


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """
    Cancel tasks and wait until they are gone.

    Asks again every second: the database driver may swallow a cancellation that arrives in the middle of a call.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=ASK_AGAIN_SECONDS)
