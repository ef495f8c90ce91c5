"""
Random programs of one tenant against a collection that it shares with another, and what must be true afterwards.

Every route that leads out of a tenant is among the operations, because random questions alone never find some of
them: the classic `{"tenant_id": mine, **question}` survives thousands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bson import BSON
from hypothesis import strategies as st
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.driver import REFUSED, Door, Duplicate

MINE, THEIRS, MARKER = "acme", "zed", "THEIRS-AND-NOBODY-ELSES"
THINGS, HIDDEN = "things", "hidden"

Operation = tuple[Any, ...]

numbers = st.integers(0, 3)
keys = st.sampled_from(["k0", "k1", "k2"])
paths = st.sampled_from(["k", "n", "tags", "inner.x"])
their_name = st.sampled_from(["tenant_id", "tenant_id.x"])

tame_questions = st.one_of(
    st.just({}),
    st.builds(lambda k: {"k": k}, keys),
    st.builds(lambda n: {"n": {"$gte": n}}, numbers),
    st.builds(lambda a, b: {"$or": [{"k": a}, {"n": b}]}, keys, numbers),
    st.builds(lambda k: {"$nor": [{"k": k}]}, keys),
    st.builds(lambda n: {"$expr": {"$lt": ["$n", n]}}, numbers),
    st.builds(lambda k: {"tags": {"$elemMatch": {"$in": [k]}}}, keys),
    st.builds(lambda k: {"k": {"$not": {"$eq": k}}}, keys),
    st.builds(lambda k: {"_id": {"$in": [f"{MINE}:{k}", f"{THEIRS}:{k}"]}}, keys),
    st.builds(lambda k: {"_id": f"{THEIRS}:{k}"}, keys),
)

wild_questions = st.one_of(
    st.builds(lambda name: {name: THEIRS}, their_name),
    st.just({"tenant_id": {"$ne": None}}),
    st.just({"tenant_id": {"$in": [MINE, THEIRS]}}),
    st.just({"$or": [{"tenant_id": THEIRS}, {}]}),
    st.just({"$and": [{"tenant_id": THEIRS}]}),
    st.just({"$expr": {"$eq": ["$tenant_id", THEIRS]}}),
    st.just({"$expr": {"$eq": ["$$ROOT.tenant_id", THEIRS]}}),
    st.just({"$where": "true"}),
    st.just({"$expr": {"$function": {"body": "function() { return true }", "args": [], "lang": "js"}}}),
    st.just({"$jsonSchema": {}}),
    st.just({"$text": {"$search": MARKER}}),
)

questions = st.one_of(tame_questions, wild_questions)

tame_updates = st.one_of(
    st.builds(lambda p, n: {"$set": {p: n}}, st.sampled_from(["n", "k", "inner.x"]), numbers),
    st.builds(lambda n: {"$inc": {"n": n}}, numbers),
    st.builds(lambda p: {"$unset": {p: ""}}, st.sampled_from(["n", "inner"])),
    st.just({"$push": {"tags": "k9"}}),
    st.just({"$rename": {"n": "m"}}),
    st.just([{"$set": {"n": {"$add": [{"$ifNull": ["$n", 0]}, 1]}}}]),
)

wild_updates = st.one_of(
    st.builds(lambda name: {"$set": {name: THEIRS}}, their_name),
    st.builds(lambda name: {"$setOnInsert": {name: THEIRS}}, their_name),
    st.builds(lambda name: {"$unset": {name: ""}}, their_name),
    st.builds(lambda name: {"$min": {name: "a"}}, their_name),
    st.just({"$max": {"tenant_id": THEIRS}}),
    st.just({"$currentDate": {"tenant_id": True}}),
    st.just({"$rename": {"tenant_id": "was"}}),
    st.just({"$rename": {"k": "tenant_id"}}),
    st.just({"$push": {"tenant_id": THEIRS}}),
    st.just([{"$set": {"tenant_id": THEIRS}}]),
    st.just([{"$addFields": {"tenant_id": "$k"}}]),
    st.just([{"$unset": "tenant_id"}]),
    st.just([{"$unset": ["n", "tenant_id"]}]),
    st.just([{"$replaceWith": {"_id": "$_id", "k": "$k"}}]),
    st.just([{"$replaceRoot": {"newRoot": {"_id": "$_id", "tenant_id": THEIRS}}}]),
    st.just([{"$project": {"k": 1}}]),
)

updates = st.one_of(tame_updates, wild_updates)

tame_stages = st.one_of(
    st.builds(lambda q: {"$match": q}, tame_questions),
    st.builds(lambda p: {"$project": {p: 1}}, paths),
    st.just({"$group": {"_id": "$k", "all": {"$push": "$$ROOT"}}}),
    st.just({"$sort": {"n": 1}}),
    st.just({"$limit": 2}),
    st.just({"$unwind": "$tags"}),
    st.just({"$set": {"tenant_id": THEIRS}}),
    st.just({"$replaceWith": {"all": "$$ROOT"}}),
    st.just({"$facet": {"a": [{"$match": {}}], "b": [{"$count": "n"}]}}),
)

wild_stages = st.one_of(
    st.builds(lambda q: {"$match": q}, wild_questions),
    st.just({"$lookup": {"from": THINGS, "pipeline": [], "as": "got"}}),
    st.just({"$lookup": {"from": HIDDEN, "localField": "k", "foreignField": "k", "as": "got"}}),
    st.just({"$unionWith": THINGS}),
    st.just({"$unionWith": {"coll": HIDDEN, "pipeline": []}}),
    st.just(
        {
            "$graphLookup": {
                "from": THINGS,
                "startWith": "$k",
                "connectFromField": "k",
                "connectToField": "k",
                "as": "got",
            }
        }
    ),
    st.just({"$facet": {"a": [{"$lookup": {"from": THINGS, "pipeline": [], "as": "got"}}]}}),
    st.just({"$facet": {"a": [{"$unionWith": THINGS}]}}),
    st.just({"$collStats": {"count": {}}}),
    st.just({"$currentOp": {}}),
    st.just({"$geoNear": {"near": [0, 0], "distanceField": "d", "key": "place"}}),
)

writing_stages = st.one_of(
    st.just({"$out": THINGS}),
    st.just({"$out": "stolen"}),
    st.just({"$merge": {"into": THINGS, "on": "_id"}}),
    st.just({"$merge": "stolen"}),
)

pipelines = st.one_of(
    st.lists(tame_stages, min_size=1, max_size=3),
    st.lists(st.one_of(tame_stages, wild_stages), min_size=1, max_size=3),
    st.builds(lambda before, last: [*before, last], st.lists(tame_stages, max_size=1), writing_stages),
)

rows = st.builds(
    lambda number, k, tenant: {"_id": f"{MINE}:new{number}", "k": k, "n": 1, **tenant},
    numbers,
    keys,
    st.sampled_from([{}, {"tenant_id": MINE}, {"tenant_id": THEIRS}, {"tenant_id": None}]),
)

operations = st.one_of(
    st.tuples(st.just("find"), questions),
    st.tuples(st.just("find_one"), questions),
    st.tuples(st.just("count"), questions),
    st.tuples(st.just("aggregate"), pipelines),
    st.tuples(st.just("insert_one"), rows),
    st.tuples(st.just("insert_missing"), st.lists(rows, min_size=1, max_size=2)),
    st.tuples(st.just("update_one"), questions, updates),
    st.tuples(st.just("upsert"), questions, updates),
    st.tuples(st.just("update_many"), questions, updates),
    st.tuples(st.just("find_one_and_update"), questions, updates),
    st.tuples(st.just("delete_one"), questions),
    st.tuples(st.just("delete_many"), questions),
)

programs = st.lists(operations, min_size=1, max_size=3)


@dataclass(frozen=True, slots=True)
class Scene:
    """A collection that two tenants share, and one that only the other has rows in."""

    door: Door
    watcher: AsyncDatabase[Any]
    """A client of the test's own, which sees everything."""

    async def set(self) -> bytes:
        """Begin anew; answers the other tenant's rows, byte for byte."""
        for name in (await self.watcher.list_collection_names()) or ():
            if name not in (THINGS, HIDDEN):
                await self.watcher.drop_collection(name)
            else:
                await self.watcher[name].delete_many({})
        await self.watcher[THINGS].insert_many([_row(tenant, n) for tenant in (MINE, THEIRS) for n in range(3)])
        await self.watcher[HIDDEN].insert_one({**_row(THEIRS, 0), "_id": "h"})
        return await self.theirs()

    async def theirs(self) -> bytes:
        found = [BSON.encode(row) async for row in self.watcher[THINGS].find({"tenant_id": THEIRS}).sort("_id")]
        hidden = [BSON.encode(row) async for row in self.watcher[HIDDEN].find().sort("_id")]
        return b"".join([*found, *hidden])

    async def strays(self) -> list[Any]:
        """Rows that belong to neither."""
        query = {"tenant_id": {"$nin": [MINE, THEIRS]}}
        return [row async for row in self.watcher[THINGS].find(query)]


async def breaks_out(scene: Scene, handle: Any, refusal: type[Exception], program: Sequence[Operation]) -> str:
    """What a program of one tenant did to the other, in words; empty when it did nothing."""
    before = await scene.set()
    collections = set(await scene.watcher.list_collection_names())
    for operation in program:
        try:
            answer = await _does(handle, operation)
        except (refusal, Duplicate, *REFUSED) as said_no:
            answer = str(getattr(said_no, "details", said_no))
        if MARKER in repr(answer):
            return f"{operation} read {answer!r}"
        if operation[0] == "count" and answer.__class__ is int and answer > await _own(scene):
            return f"{operation} counted {answer}"
    if await scene.theirs() != before:
        return f"{program} changed what is not ours"
    if strays := await scene.strays():
        return f"{program} left {strays} to nobody"
    if set(await scene.watcher.list_collection_names()) != collections:
        return f"{program} made a collection"
    return ""


async def _does(handle: Any, operation: Operation) -> Any:
    verb, *arguments = operation
    if verb == "upsert":
        return await handle.update_one(*arguments, upsert=True)
    return await getattr(handle, verb)(*arguments)


async def _own(scene: Scene) -> int:
    return await scene.watcher[THINGS].count_documents({"tenant_id": MINE})


def _row(tenant: str, number: int) -> dict[str, Any]:
    secret = MARKER if tenant == THEIRS else "ours"
    return {
        "_id": f"{tenant}:k{number}",
        "tenant_id": tenant,
        "k": f"k{number}",
        "n": number,
        "tags": [f"k{number}", "all"],
        "inner": {"x": number},
        "secret": secret,
    }
