"""Whoever is cut off while waiting for a turn at the database leaves nothing behind."""

import asyncio
import gc
import warnings
from contextlib import suppress
from uuid import uuid4

import pytest

from adapters.mongo.driver import POOL, Duplicate, open_door


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


async def test_a_row_that_many_make_at_the_same_instant_is_made_once_and_nobody_is_refused(mongo_uri):
    door = open_door(mongo_uri, f"turns_{uuid4().hex[:8]}")
    try:
        rows = door.collection("rows")
        for row in range(40):
            mine = {"_id": f"row:{row}", "tenant_id": "acme"}
            once = [rows.update_one(mine, {"$inc": {"n": 1}}, upsert=True) for _ in range(6)]
            again = [rows.find_one_and_update(mine, {"$inc": {"n": 1}}, upsert=True) for _ in range(6)]
            await asyncio.gather(*once, *again)
            assert await rows.find_one(mine) == {**mine, "n": 12}
    finally:
        await door.close()


async def test_a_row_that_is_in_another_state_still_refuses_whoever_asks_for_that_state(mongo_uri):
    door = open_door(mongo_uri, f"turns_{uuid4().hex[:8]}")
    try:
        rows = door.collection("rows")
        await rows.insert_one({"_id": "lease", "tenant_id": "acme", "holder": "one"})
        with pytest.raises(Duplicate):
            await rows.update_one({"_id": "lease", "holder": "two"}, {"$set": {"n": 1}}, upsert=True)
    finally:
        await door.close()
