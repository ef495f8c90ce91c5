"""The list of collections is the truth about them, and no shelf lets tenants meet."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.mongo import schema
from adapters.mongo.driver import Door
from adapters.mongo.shelf import Erasure, Index, Shelf
from adapters.mongo.store import MongoStore

ROOT = Path(__file__).parents[2]
GOOD = Shelf("things", "things", ("tenant_id",))


def test_no_shelf_lets_tenants_meet() -> None:
    assert schema.faults_of(schema.SHELVES) == []


@pytest.mark.parametrize(
    ("shelf", "complaint"),
    [
        (replace(GOOD, required=("name",)), "need no tenant"),
        (replace(GOOD, indexes=(Index("?", (("key", 1),), (("unique", True),)),)), "unique over all tenants"),
        (
            replace(GOOD, indexes=(Index("?", (("key", 1),), (("unique", True),)),), swept="every second"),
            "unique over all tenants",
        ),
        (replace(GOOD, indexes=(Index("?", (("at", 1),)),)), "no sweep is declared"),
        (replace(GOOD, on_erasure=Erasure.DELETE), "cannot forget"),
    ],
)
async def test_a_shelf_in_which_tenants_could_meet_stops_the_start(
    door: Door, shelf: Shelf, complaint: str
) -> None:
    with pytest.raises(schema.CrookedShelf, match=complaint):
        await schema.prepare(door, [shelf])

    assert await door.collection_names() == []


async def test_a_collection_is_described_once(door: Door) -> None:
    with pytest.raises(schema.CrookedShelf, match="twice"):
        await schema.prepare(door, [GOOD, GOOD])


@pytest.mark.parametrize("shelf", schema.SHELVES, ids=lambda shelf: shelf.name)
def test_every_shelf_says_what_becomes_of_its_rows(shelf: Shelf) -> None:
    """`nothing about a contact is in it` is not said of rows that name one."""
    untold = Shelf("", "", ()).why_kept

    assert shelf.holds
    assert all(index.answers for index in shelf.indexes)
    if shelf.contact_field and shelf.on_erasure is Erasure.KEEP:
        assert shelf.why_kept != untold, f"{shelf.name} keeps what names a contact: say why"


async def test_the_start_makes_every_collection_of_the_list_and_no_other(store: MongoStore, door: Door) -> None:
    assert sorted(await door.collection_names()) == sorted(shelf.name for shelf in schema.SHELVES)


async def test_in_the_database_too_nothing_is_unique_over_all_tenants(store: MongoStore, door: Door) -> None:
    for shelf in schema.SHELVES:
        for name, index in (await door.collection(shelf.name).index_information()).items():
            first = index["key"][0][0]
            assert name == "_id_" or first == "tenant_id" or not index.get("unique"), (shelf.name, name)


async def test_a_row_without_a_tenant_is_refused_by_the_database_itself(store: MongoStore, door: Door) -> None:
    from pymongo.errors import WriteError

    for shelf in schema.SHELVES:
        full = dict.fromkeys(shelf.required, 1)
        for tenant in ({}, {"tenant_id": ""}, {"tenant_id": None}, {"tenant_id": 7}):
            row = {name: value for name, value in full.items() if name != "tenant_id"} | tenant
            with pytest.raises(WriteError, match="failed validation"):
                await door.collection(shelf.name).insert_one(row)


async def test_a_second_start_needs_no_right_to_change_collections(store: MongoStore, door: Door) -> None:
    before = door.round_trips

    await store.prepare()

    with_indexes = sum(bool(shelf.indexes) for shelf in schema.SHELVES)
    assert door.round_trips - before == 2 + with_indexes, "what is there, its format, and the indexes"


async def test_an_older_validator_is_brought_up_to_date(door: Door) -> None:
    await schema.prepare(door, [GOOD])

    await schema.prepare(door, [replace(GOOD, required=("tenant_id", "name"))])

    validator = (await door.validators())["things"]
    assert validator["$jsonSchema"]["required"] == ["tenant_id", "name"]


def test_nobody_outside_the_mongo_folder_opens_a_collection() -> None:
    """Only what puts the house together may hold a door, and only to hand it on."""
    importers, openers = set(), []
    for path, node in _outside():
        module = node.module if isinstance(node, ast.ImportFrom) else ""
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if any(name.startswith("adapters.mongo") for name in (module or "", *names)):
            importers.add(path)
        if isinstance(node, ast.Attribute) and node.attr in _OPENING:
            openers.append(f"{path}:{node.lineno} .{node.attr}")

    # The last two hand doors to what copies a whole installation, and to what judges one.
    assert importers == {
        "bot/bootstrap.py",
        "bot/building.py",
        "bot/commands/workroom.py",
        "bot/commands/vault.py",
        "bot/commands/doctor_hands.py",
    }
    assert openers == []


def _outside() -> Iterator[tuple[str, ast.AST]]:
    for folder in ("bot", "rules", "flows", "adapters", "admin"):
        for path in (ROOT / folder).rglob("*.py"):
            if not path.is_relative_to(ROOT / "adapters" / "mongo"):
                for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                    yield path.relative_to(ROOT).as_posix(), node


def test_inside_the_folder_only_the_handle_and_the_start_open_a_collection() -> None:
    # An installation is copied and examined as a whole; nobody who serves a tenant comes near these two.
    allowed = {"scope.py", "schema.py", "driver.py", "copies.py", "checkup.py"}
    offenders = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "adapters" / "mongo").glob("*.py")
        if path.name not in allowed
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in (*_OPENING, "_raw", "_client")
    ]

    assert offenders == []


_OPENING = ("collection", "_database", "create_missing_collection", "drop_database")
