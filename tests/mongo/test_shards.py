"""What a cluster is told, and what an address cannot talk us out of."""

import pytest

from adapters.mongo import schema, shards
from adapters.mongo.driver import Door, open_door
from adapters.mongo.shelf import Index, Shelf


def test_whatever_is_unique_can_stay_so_on_one_shard() -> None:
    assert shards.faults_of(schema.SHELVES) == []


def test_an_index_that_one_shard_cannot_judge_is_named() -> None:
    crooked = Shelf(
        "things",
        "things",
        ("tenant_id",),
        (Index("?", (("tenant_id", 1), ("key", 1)), (("unique", True),)),),
        spread_by=("tenant_id", "contact"),
    )

    assert shards.faults_of([crooked]) == ["things: ?"]


def test_every_collection_is_spread_but_the_services_own() -> None:
    told = shards.commands("dealix", schema.SHELVES)

    assert told[0] == ("enableSharding", "dealix", {})
    keys = {what: options["key"] for command, what, options in told if command == "shardCollection"}
    assert keys["dealix.conversations"] == {"tenant_id": 1}
    assert keys["dealix.timeline"] == {"tenant_id": 1, "conversation_id": 1}
    together = {shelf.name for shelf in schema.SHELVES if f"dealix.{shelf.name}" not in keys}
    assert together == {"marks", "seen", "seats"}


async def test_a_lone_server_is_no_cluster(door: Door) -> None:
    assert await shards.spread(door, [Shelf("things", "things", ("tenant_id",))]) == 0
    assert shards.is_cluster({"msg": "isdbgrid"})


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_an_address_does_not_weaken_our_writes(driver: str) -> None:
    careless = "mongodb://127.0.0.1:1/?w=1&journal=false&retryWrites=false&readPreference=secondary"

    door = open_door(careless, "dealix", driver)

    client = door._client
    assert client.write_concern.document == {"w": "majority", "j": True}
    assert client.options.retry_writes if driver == "pymongo" else client.delegate.options.retry_writes
    assert client.read_preference.name == "Primary"
    await door.close()
