"""Whoever is cut off while waiting for a turn at the database leaves nothing behind."""

import asyncio
import gc
import warnings
from contextlib import suppress
from uuid import uuid4

from adapters.mongo.driver import POOL, open_door


async def test_a_question_that_was_never_put_is_closed(mongo_uri):
    door = open_door(mongo_uri, f"turns_{uuid4().hex[:8]}")
    try:
        rows = door.collection("rows")
        # More than there are turns: the last ones wait, and are cut off before anybody asked.
        asking = [asyncio.create_task(rows.find_one({"n": n})) for n in range(POOL * 2)]
        await asyncio.sleep(0)
        with warnings.catch_warnings(record=True) as complaints:
            warnings.simplefilter("always")
            for task in asking[POOL:]:
                task.cancel()
            for task in asking:
                with suppress(asyncio.CancelledError):
                    await task
            gc.collect()

        assert [str(complaint.message) for complaint in complaints] == []
        assert await rows.find_one({"n": 1}) is None, "the turns of those who left are free again"
    finally:
        await door.close()
