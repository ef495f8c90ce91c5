"""
Spreads the collections over the shards of a cluster, where MONGODB_URI leads to one (`mongos`).

Rule 1: a shelf says by which fields it is spread (`Shelf.spread_by`); the service's own small shelves are not.
Rule 2: what is unique stays unique: an index that makes something unique begins with the fields by which its
        shelf is spread, so that one shard can judge it. Contacts are unique by each of their keys, which is a
        list, and a list spreads nothing; so a tenant's contacts lie on one shard. A tenant too large for that has
        a database of its own.
Rule 3: doing it again changes nothing; a user without the right is told in the log, and the service runs.
"""

from collections.abc import Sequence
from typing import Any

import structlog

from adapters.mongo.doors import Doors
from adapters.mongo.driver import REFUSED, Door
from adapters.mongo.schema import SHELVES
from adapters.mongo.shelf import Shelf

log = structlog.get_logger()


async def spread(doors: Door | Doors, shelves: Sequence[Shelf] = SHELVES) -> int:
    """Shard what is not sharded yet, in every database that is a cluster; answers in how many."""
    clusters = 0
    for door, _ in doors.every:
        if not is_cluster(await door.command("hello")):
            continue
        clusters += 1
        for shelf in shelves:
            if needs_index(shelf):
                index = {"key": dict.fromkeys(shelf.spread_by, 1), "name": "spread"}
                await door.command("createIndexes", shelf.name, indexes=[index])
        for command, namespace, options in commands(door.name, shelves):
            try:
                await door.admin_command(command, namespace, **options)
            except REFUSED as refused:
                log.warning("not_spread_over_shards", what=namespace, code=getattr(refused, "code", None))
    return clusters


def is_cluster(hello: dict[str, Any]) -> bool:
    """Whether the one who answered is a router of shards."""
    return hello.get("msg") == "isdbgrid"


def needs_index(shelf: Shelf) -> bool:
    """Whether no index of a spread shelf begins with what it is spread by, as a cluster wants it."""
    whole = (index for index in shelf.indexes if "partialFilterExpression" not in dict(index.options))
    begins = (tuple(field for field, _ in index.keys)[: len(shelf.spread_by)] for index in whole)
    return bool(shelf.spread_by) and shelf.spread_by not in begins


def commands(database: str, shelves: Sequence[Shelf]) -> list[tuple[str, str, dict[str, Any]]]:
    """(command, what, options), in the order in which a router takes them."""
    spread_out = [shelf for shelf in shelves if shelf.spread_by]
    keys = [(f"{database}.{shelf.name}", dict.fromkeys(shelf.spread_by, 1)) for shelf in spread_out]
    return [
        ("enableSharding", database, {}),
        *(("shardCollection", namespace, {"key": key}) for namespace, key in keys),
    ]


def faults_of(shelves: Sequence[Shelf]) -> list[str]:
    """Indexes that could not stay unique over shards, in words."""
    return [
        f"{shelf.name}: {index.answers}"
        for shelf in shelves
        for index in shelf.indexes
        if dict(index.options).get("unique")
        and tuple(field for field, _ in index.keys)[: len(shelf.spread_by)] != shelf.spread_by
    ]
