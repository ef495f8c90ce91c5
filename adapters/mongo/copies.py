"""
All rows of an installation for a backup, and back into the databases of the installation as it is configured now.

Rule 1: what is read is one moment of each database. A tenant's rows are in one database, so they are of one
        moment.
Rule 2: rows are copied byte for byte; nobody between the server and the file understands them.
Rule 3: a row goes where its tenant lives now, which may be another database than it came from.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.mongo import marks, schema, seats
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Moment, MomentGone, tenant_in
from adapters.mongo.fences import TENANT
from adapters.mongo.marks import MongoMarks
from adapters.mongo.scope import Rows
from adapters.mongo.seats import MongoSeats
from adapters.mongo.shelf import SERVICE
from bot.backups.faults import BackupRefused
from bot.stored_format import HALF_RESTORED_NOTE

# A conversation has some kB: a part of this many stays far below the 16 MB of one answer.
ROWS_AT_A_TIME = 2_000

# Who sits where is nothing to keep: in an hour it is wrong.
_OF_THE_HOUR = frozenset({seats.SHELF.name})


class OneMoment:
    """`bot.backups.ports.View` on MongoDB."""

    def __init__(self, moments: Sequence[tuple[Moment, Document]]) -> None:
        self._moments = moments

    async def rows(self, collection: str) -> AsyncIterator[bytes]:
        for moment, whose in self._moments:
            try:
                async for batch in moment.rows(collection, whose, ROWS_AT_A_TIME):
                    yield batch
            except MomentGone as gone:
                raise BackupRefused(
                    "the database does not remember one moment for as long as this takes: it must be a replica "
                    "set (not SecantusDB), and minSnapshotHistoryWindowInSeconds longer than the backup takes",
                    "لا تتذكر قاعدة البيانات لحظة واحدة طوال هذه المدة: يلزم replica set (لا SecantusDB) "
                    "وأن يكون minSnapshotHistoryWindowInSeconds أطول من مدة النسخ",
                ) from gone


class MongoCopies:
    """`bot.backups.ports.Copies` on MongoDB."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._notes = Rows(doors, marks.SHELF).of(SERVICE)
        self.collections = tuple(shelf.name for shelf in schema.SHELVES if shelf.name not in _OF_THE_HOUR)

    async def server(self) -> str:
        told = await self._doors.main.command("buildInfo")
        return f"MongoDB {told['version']}"

    async def about_how_many(self) -> int:
        return sum(
            [await door.estimated_count(name) for door, _ in self._doors.every for name in self.collections]
        )

    @asynccontextmanager
    async def at_one_moment(self) -> AsyncIterator[OneMoment]:
        async with AsyncExitStack() as stack:
            yield OneMoment(
                [
                    (await stack.enter_async_context(door.at_one_moment()), whose)
                    for door, whose in self._doors.every
                ]
            )

    async def filled(self) -> Sequence[str]:
        """The collections in which somebody has something; the service's own notes do not count."""
        found = []
        for name in self.collections:
            notes = {TENANT: {"$ne": SERVICE}} if name in (marks.SHELF.name, marks.SEEN.name) else {}
            rows = [await door.collection(name).find_one(notes, {"_id": 1}) for door, _ in self._doors.every]
            found += [name] if any(rows) else []
        return found

    async def is_at_work(self) -> bool:
        """Whether a process of Dealix holds a seat here."""
        return bool(await MongoSeats(self._doors).taken())

    async def begun(self) -> str:
        return str(await MongoMarks(self._doors).read(HALF_RESTORED_NOTE) or "")

    async def begin(self, backup_id: str) -> None:
        await MongoMarks(self._doors).write(HALF_RESTORED_NOTE, backup_id)

    async def empty(self) -> None:
        for door, _ in self._doors.every:
            for name in set(await door.collection_names()) & {*self.collections, *_OF_THE_HOUR}:
                if name == marks.SHELF.name:
                    await door.collection(name).delete_many({"_id": {"$ne": HALF_RESTORED_NOTE}})
                else:
                    await door.drop_collection(name)

    async def put_back(self, collection: str, rows: Sequence[bytes]) -> None:
        if len(self._doors.every) == 1:
            await self._doors.main.put_back(collection, rows)
            return
        by_door: dict[Door, list[bytes]] = {}
        for row in rows:
            by_door.setdefault(self._doors.of(tenant_in(row)), []).append(row)
        for door, its in by_door.items():
            await door.put_back(collection, its)

    async def prepare(self) -> None:
        await schema.prepare(self._doors)

    async def finish(self) -> None:
        await self._notes.delete_one({"_id": HALF_RESTORED_NOTE})
