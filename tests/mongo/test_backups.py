"""A backup is everything as it was at one moment, and comes back as it was, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import AsyncMongoClient

from adapters.mongo import schema
from adapters.mongo.copies import MongoCopies
from adapters.mongo.doors import Doors
from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.backups.archive import parts
from bot.backups.faults import BackupDamaged, BackupRefused
from bot.backups.manifest import Manifest
from bot.backups.restoring import Restored, restore
from bot.backups.taking import look_through, take
from bot.errors import Misconfigured
from bot.stored_format import FORMAT, FORMAT_NOTE

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
NAMES = [shelf.name for shelf in schema.SHELVES if shelf.name not in ("marks", "seats")]


class Place:
    """An installation's databases and data folder."""

    def __init__(self, uri: str, folder: Path, own: tuple[str, ...] = ()) -> None:
        self.uri, self.folder = uri, folder
        self.database = f"backup_{uuid4().hex[:12]}"
        self.own = {tenant: f"{self.database}_{tenant}" for tenant in own}
        doors = {tenant: open_door(uri, name) for tenant, name in self.own.items()}
        self.doors = Doors(open_door(uri, self.database), doors)
        self.copies = MongoCopies(self.doors)

    async def holds(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        async with AsyncMongoClient(self.uri) as client:
            for name, its in rows.items():
                for row in its:
                    database = self.own.get(row["tenant_id"], self.database)
                    await client[database][name].insert_one(row)

    async def contents(self, whose: str = "") -> dict[str, dict[Any, bytes]]:
        """Every row byte for byte, of the common database or of a tenant's own."""
        database = self.own.get(whose, self.database)
        async with AsyncMongoClient(self.uri, document_class=RawBSONDocument) as client:
            names = sorted(set(await client[database].list_collection_names()) - {"seats"})
            found = {n: {r["_id"]: bytes(r.raw) async for r in client[database][n].find()} for n in names}
            return {name: rows for name, rows in found.items() if rows}

    async def saves(self, to: Path, passphrase: str = "") -> Manifest:
        return await take(
            to,
            self.copies,
            folder=self.folder,
            passphrase=passphrase,
            made_at=NOW,
            backup_id="b-1",
            version="0.1.0",
        )

    async def takes_back(self, file: Path, passphrase: str = "", *, replace: bool = False) -> Restored:
        return await restore(
            file, self.copies, folder=self.folder, passphrase=passphrase, replace=replace, now=lambda: NOW
        )

    async def goes(self) -> None:
        for door, _ in self.doors.every:
            await door.drop_database()
        await self.doors.close()


@asynccontextmanager
async def places(uri: str, folder: Path, *owns: tuple[str, ...]) -> AsyncIterator[list[Place]]:
    async with AsyncExitStack() as stack:
        made = []
        for number, own in enumerate(owns):
            its = folder / f"{number}-{uuid4().hex[:6]}"
            its.mkdir()
            made.append(Place(uri, its, own))
            stack.push_async_callback(made[-1].goes)
        await made[0].doors.main.remember_the_past(600)
        stack.push_async_callback(made[0].doors.main.remember_the_past, 0)
        yield made


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=True)
    | st.text(max_size=12)
    | st.binary(max_size=12)
    | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1))
    | st.builds(bson.ObjectId)
    | st.builds(bson.Decimal128, st.decimals(-(10**9), 10**9, places=3).map(str))
    | st.builds(bson.Int64, st.integers(-9, 9)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
rows = st.fixed_dictionaries(
    {
        "_id": st.text(min_size=1, max_size=9) | st.integers(0, 99),
        "tenant_id": st.sampled_from(["default", "acme"]),
    },
    optional={"data": values, "more": values},
)
stocks = st.dictionaries(
    st.sampled_from(NAMES), st.lists(rows, max_size=4, unique_by=lambda row: repr(row["_id"])), max_size=4
)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stock=stocks, passphrase=st.sampled_from(["", "سر طويل"]), moves_in=st.booleans())
def test_every_row_comes_back_as_it_was(
    mongo_uri: str, tmp_path: Path, stock: dict[str, Any], passphrase: str, moves_in: bool
) -> None:
    """... also into an installation where a tenant has got, or lost, a database of its own."""

    async def round_trip() -> None:
        own = ("acme",)
        owns = ((), own) if moves_in else (own, ())
        async with places(mongo_uri, tmp_path, *owns) as (here, there):
            await here.holds(stock)
            before = {**await here.contents()}
            for name, its in (await here.contents("acme")).items():
                before[name] = {**before.get(name, {}), **its}
            file = tmp_path / f"{uuid4().hex}.backup"
            manifest = await here.saves(file, passphrase)
            assert look_through(file, passphrase) == manifest
            assert manifest.rows == sum(len(its) for its in before.values())

            await bare(there).takes_back(file, passphrase)

            after = {name: its for name, its in (await there.contents()).items() if name != "marks"}
            for name, its in (await there.contents("acme") if there.own else {}).items():
                assert all(bson.decode(row)["tenant_id"] == "acme" for row in its.values())
                after[name] = {**after.get(name, {}), **its}
            assert after == before

    asyncio.run(round_trip())


def bare(place: Place) -> Place:
    """Without the step that makes indexes: random rows know nothing of what is unique."""

    class Unindexed(MongoCopies):
        async def prepare(self) -> None:
            return

    place.copies = Unindexed(place.doors)
    return place


async def stocked(place: Place, count: int = 3) -> None:
    await schema.prepare(place.doors)
    at = {"tenant_id": "default", "conversation_id": "c", "what": "decided", "at": NOW}
    await place.holds({"timeline": [{"_id": f"e{n}", **at} for n in range(count)]})
    (place.folder / "keys" / "evidence").mkdir(parents=True)
    (place.folder / "keys" / "contacts.key").write_bytes(b"k" * 32)
    (place.folder / "keys" / "evidence" / "signing.key").write_bytes(b"s" * 32)
    (place.folder / "anchors.jsonl").write_text("one\n")


async def test_a_backup_is_one_moment_while_messages_go_on(mongo_uri: str, tmp_path: Path) -> None:
    """A pair of rows is always written together: never is one of them in the backup without the other."""
    async with places(mongo_uri, tmp_path, ()) as (here,), AsyncMongoClient(mongo_uri) as client:
        database = client[here.database]
        await schema.prepare(here.doors)
        await database["conversations"].insert_one(
            {"_id": "c", "tenant_id": "default", "keys": [], "v": 0, "stage": ""}
        )
        await database["suppressions"].insert_one(
            {"_id": "s", "tenant_id": "default", "key": "k", "reason": "r", "at": NOW, "v": 0}
        )
        is_over = asyncio.Event()

        async def writes() -> int:
            rounds = 0
            async with client.start_session() as session:
                while not is_over.is_set():
                    async with await session.start_transaction():
                        for name in ("conversations", "suppressions"):
                            await database[name].update_one({}, {"$inc": {"v": 1}}, session=session)
                    rounds += 1
            return rounds

        writing = asyncio.create_task(writes())
        for number in range(6):
            file = tmp_path / f"{number}.backup"
            await here.saves(file)
            seen = {name: bson.decode(batch)["v"] for kind, name, batch in parts(file, "") if kind == "rows"}
            assert seen["conversations"] == seen["suppressions"]
        is_over.set()
        assert await writing > 6


async def test_keys_and_anchors_come_along_and_the_indexes_are_made(mongo_uri: str, tmp_path: Path) -> None:
    async with places(mongo_uri, tmp_path, (), ()) as (here, there):
        await stocked(here)
        file = tmp_path / "all.backup"
        await here.saves(file)

        restored = await there.takes_back(file)
        await there.copies.finish()

        assert (there.folder / "keys" / "evidence" / "signing.key").read_bytes() == b"s" * 32
        assert (there.folder / "keys" / "contacts.key").stat().st_mode & 0o777 == 0o600
        assert (there.folder / "anchors.jsonl").read_text() == "one\n"
        assert restored.kept_keys is None
        names = await there.doors.main.collection("timeline").index_information()
        assert {"by_conversation", "by_kind"} <= set(names)
        await MongoStore(there.doors).prepare()  # a process may start on it


@pytest.mark.parametrize("passphrase", ["", "secret"])
async def test_a_file_that_was_changed_or_cut_anywhere_is_refused_and_nothing_is_written(
    mongo_uri: str, tmp_path: Path, passphrase: str
) -> None:
    async with places(mongo_uri, tmp_path, (), ()) as (here, there):
        await stocked(here)
        whole = tmp_path / "whole.backup"
        await here.saves(whole, passphrase)
        content = whole.read_bytes()
        step = max(1, len(content) // (2 if passphrase else 12))
        # Bytes 4 to 9 of an open file are gzip's own note of when and where it was packed: nothing of ours.
        places_to_hurt = [*range(10 if not passphrase else 0, len(content), step), len(content) - 1]
        hurt = tmp_path / "hurt.backup"
        for at in places_to_hurt:
            for broken in (content[:at], content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]):
                hurt.write_bytes(broken)
                with pytest.raises((BackupDamaged, BackupRefused)):
                    await there.takes_back(hurt, passphrase)
        assert await there.contents() == {}
        assert not (there.folder / "keys").exists()


async def test_a_sealed_backup_shows_nothing_and_opens_with_its_passphrase_only(
    mongo_uri: str, tmp_path: Path
) -> None:
    async with places(mongo_uri, tmp_path, ()) as (here,):
        await stocked(here, 400)
        file = tmp_path / "sealed.backup"
        await here.saves(file, "the right one")

        assert b"k" * 32 not in file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600
        for wrong in ("", "the wrong one"):
            with pytest.raises(BackupRefused, match="passphrase"):
                look_through(file, wrong)
        assert look_through(file, "the right one").collections["timeline"].rows == 400


async def test_what_is_there_stays_unless_somebody_says_so(mongo_uri: str, tmp_path: Path) -> None:
    async with places(mongo_uri, tmp_path, (), ()) as (here, there):
        await stocked(here)
        await stocked(there, 5)
        (there.folder / "keys" / "contacts.key").write_bytes(b"other" * 6)
        (there.folder / "anchors.jsonl").write_text("later\n")
        (here.folder / "keys" / "standing.revoked").write_text("default:old\n")
        (there.folder / "keys" / "standing.revoked").write_text("default:old\ndefault:later\n")
        file = tmp_path / "all.backup"
        await here.saves(file)
        before = await there.contents()

        with pytest.raises(BackupRefused, match="not empty"):
            await there.takes_back(file)
        assert await there.contents() == before

        restored = await there.takes_back(file, replace=True)
        assert len((await there.contents())["timeline"]) == 3
        assert restored.kept_keys is not None
        assert (restored.kept_keys / "contacts.key").read_bytes() == b"other" * 6
        assert (there.folder / "anchors.jsonl").read_text() == "later\n"
        assert (there.folder / "keys" / "standing.revoked").read_text() == "default:old\ndefault:later\n"


async def test_other_keys_are_not_written_over(mongo_uri: str, tmp_path: Path) -> None:
    async with places(mongo_uri, tmp_path, (), ()) as (here, there):
        await stocked(here)
        (there.folder / "keys").mkdir()
        (there.folder / "keys" / "contacts.key").write_bytes(b"other" * 6)
        await here.saves(tmp_path / "all.backup")

        with pytest.raises(BackupRefused, match="other keys"):
            await there.takes_back(tmp_path / "all.backup")
        assert await there.contents() == {}


async def test_a_running_dealix_keeps_a_restore_away(mongo_uri: str, tmp_path: Path) -> None:
    async with places(mongo_uri, tmp_path, (), ()) as (here, there):
        await stocked(here)
        await here.saves(tmp_path / "all.backup")
        await MongoStore(there.doors).seats.claim("some process", ["worker:p00"], 30)

        with pytest.raises(BackupRefused, match="works on this database now"):
            await there.takes_back(tmp_path / "all.backup", replace=True)


async def test_half_a_restore_lets_no_process_start_and_is_begun_anew(mongo_uri: str, tmp_path: Path) -> None:
    """A restore that ended before its last step, as a kill would leave it."""
    async with places(mongo_uri, tmp_path, (), ()) as (here, there):
        await stocked(here)
        await here.saves(tmp_path / "all.backup")
        await there.takes_back(tmp_path / "all.backup")

        with pytest.raises(Misconfigured, match="was not finished"):
            await MongoStore(there.doors).prepare()
        with pytest.raises(BackupRefused, match="was not finished"):
            await there.saves(tmp_path / "half.backup")
        assert not list(tmp_path.glob("half*"))

        await there.takes_back(tmp_path / "all.backup")
        await there.copies.finish()
        await MongoStore(there.doors).prepare()
        assert len((await there.contents())["timeline"]) == 3


async def test_nothing_is_written_over_a_backup(mongo_uri: str, tmp_path: Path) -> None:
    async with places(mongo_uri, tmp_path, ()) as (here,):
        await stocked(here)
        file = tmp_path / "all.backup"
        file.write_text("mine")
        with pytest.raises(BackupRefused, match="already"):
            await here.saves(file)
        assert file.read_text() == "mine"


async def test_data_of_a_newer_format_start_no_process(store: MongoStore) -> None:
    assert await store.marks.read(FORMAT_NOTE) == FORMAT
    await store.marks.write(FORMAT_NOTE, FORMAT + 1)

    with pytest.raises(Misconfigured, match="start the newer Dealix again"):
        await store.prepare()
