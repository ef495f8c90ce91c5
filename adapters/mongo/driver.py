"""
The one door to MongoDB: the only file that imports a driver.

Rule 1: at most `POOL` operations are under way, first come first served. PyMongo's own pool is unfair when tasks
        outnumber connections: some starve for seconds, exactly when a backlog drains.
Rule 2: every acknowledged write is journalled on a majority (`w=majority`).
Rule 3: both drivers answer to the same few verbs; nobody outside this file knows which one runs.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from bson import json_util
from bson.decimal128 import Decimal128
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient, IndexModel
from pymongo.errors import (
    BulkWriteError,
    CollectionInvalid,
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from bot.telemetry import measures

Duplicate = DuplicateKeyError

Exact = Decimal128
"""A decimal as it is stored, no digit lost."""

REFUSED = (OperationFailure, DocumentTooLarge)
"""The database answered, and said no."""

Away = ConnectionFailure

AWAY = (ConnectionFailure, ExecutionTimeout, WTimeoutError)
"""The database does not answer now, and the same call may succeed later. Anything else is a fault."""

T = TypeVar("T")
Document = dict[str, Any]

# 16 connections feed two cores; more only queue inside the server (measured with 128 tasks).
POOL = 16

# A stuck database must become an error that a caller sees, never a request that hangs.
OPERATION_TIMEOUT_MS = 10_000

DUPLICATE_KEY = 11000

# The rights or the password of a user are not what its address says.
_LOCKED_OUT = (13, 18)

# "Resulting document after update is larger than 16777216", and its relatives.
_TOO_LARGE = (10334, 17419, 17420)


def is_too_large(refused: Exception) -> bool:
    """Whether a write was refused because the document would pass MongoDB's 16 MB."""
    if isinstance(refused, DocumentTooLarge):
        return True
    return isinstance(refused, OperationFailure) and refused.code in _TOO_LARGE


def is_locked_out(refused: Exception) -> bool:
    """Whether the server does not know this user, or does not let it do this."""
    return isinstance(refused, OperationFailure) and refused.code in _LOCKED_OUT


class Collection:
    """One collection; every call takes its turn at the gate and is counted as one round trip."""

    def __init__(self, raw: Any, door: "Door") -> None:
        self._raw = raw
        self._door = door

    async def find_one(
        self, query: Mapping[str, Any], projection: Mapping[str, Any] | None = None
    ) -> Document | None:
        return await self._door.turn(self._raw.find_one(query, projection))

    async def find(
        self,
        query: Mapping[str, Any],
        projection: Mapping[str, Any] | None = None,
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        index: str = "",
    ) -> list[Document]:
        """`index` names the one to read, where the server would choose another."""
        cursor = self._raw.find(query, projection)
        if index:
            cursor = cursor.hint(index)
        if sort:
            cursor = cursor.sort(list(sort))
        if limit:
            cursor = cursor.limit(limit)
        return await self._door.turn(cursor.to_list(None))

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> list[Document]:
        async def run() -> list[Document]:
            cursor = self._raw.aggregate(list(pipeline))
            if asyncio.iscoroutine(cursor):  # PyMongo answers with a coroutine, motor with the cursor itself
                cursor = await cursor
            return await cursor.to_list(None)

        return await self._door.turn(run())

    async def insert_one(self, document: Document) -> None:
        await self._door.turn(self._raw.insert_one(document))

    async def insert_missing(self, documents: Sequence[Document]) -> int:
        """Insert what is not there yet; answers how many were new."""
        try:
            done = await self._door.turn(self._raw.insert_many(list(documents), ordered=False))
        except BulkWriteError as refused:
            others = [e for e in refused.details["writeErrors"] if e["code"] != DUPLICATE_KEY]
            if others:
                raise
            return int(refused.details["nInserted"])
        return len(done.inserted_ids)

    async def update_one(self, query: Mapping[str, Any], update: Any, *, upsert: bool = False) -> int:
        """Answers how many documents matched."""

        async def run() -> Any:
            return await self._door.turn(self._raw.update_one(query, update, upsert=upsert))

        return int((await _made_by_either(run, upsert, query)).matched_count)

    async def update_many(self, query: Mapping[str, Any], update: Any) -> int:
        done = await self._door.turn(self._raw.update_many(query, update))
        return int(done.modified_count)

    async def find_one_and_update(
        self,
        query: Mapping[str, Any],
        update: Any,
        *,
        projection: Mapping[str, Any] | None = None,
        upsert: bool = False,
    ) -> Document | None:
        """Answers the document as it is after the update."""

        async def run() -> Document | None:
            asking = self._raw.find_one_and_update(
                query, update, projection=projection, upsert=upsert, return_document=True
            )
            return await self._door.turn(asking)

        return await _made_by_either(run, upsert, query)

    async def delete_one(self, query: Mapping[str, Any]) -> int:
        return int((await self._door.turn(self._raw.delete_one(query))).deleted_count)

    async def delete_many(self, query: Mapping[str, Any]) -> int:
        return int((await self._door.turn(self._raw.delete_many(query))).deleted_count)

    async def count(self, query: Mapping[str, Any]) -> int:
        return int(await self._door.turn(self._raw.count_documents(query)))

    async def create_indexes(
        self, indexes: Sequence[tuple[Sequence[tuple[str, int]], Mapping[str, Any]]]
    ) -> None:
        """Create those of the (keys, options) that are not there yet."""
        models = [IndexModel(list(keys), **options) for keys, options in indexes]
        await self._door.turn(self._raw.create_indexes(models))

    async def index_information(self) -> Document:
        return dict(await self._door.turn(self._raw.index_information()))


async def _made_by_either(run: Callable[[], Awaitable[T]], upsert: bool, query: Mapping[str, Any]) -> T:
    """
    Two who make the same row at the same instant: the server refuses one of them, for whom the row is there now.

    Where the question names more than the row itself, a refusal is an answer ("not in this state") and stays one.
    """
    try:
        return await run()
    except DuplicateKeyError:
        if not upsert or not query.keys() <= {"_id", "tenant_id"}:
            raise
        return await run()


class Door:
    """A connection to one database."""

    answers_within_ms = OPERATION_TIMEOUT_MS
    keeps_open = 2

    def __init__(self, client: Any, database: str) -> None:
        self._client = client
        self._database = client[database]
        self._gate = asyncio.Semaphore(POOL)
        self._collections: dict[str, Collection] = {}
        self.round_trips = 0

    @property
    def name(self) -> str:
        """Of the database."""
        return str(self._database.name)

    def of(self, _tenant_id: str) -> "Door":
        """The database of a tenant: this one, where there is one for all."""
        return self

    @property
    def every(self) -> Sequence[tuple["Door", Document]]:
        """Every database, with the filter of whose rows in it count."""
        return ((self, {}),)

    def collection(self, name: str) -> Collection:
        """For this folder only: everybody else asks through `scope.Rows`."""
        known = self._collections.get(name)
        if known is None:  # making one costs the driver as much as a small call
            known = self._collections[name] = Collection(self._database[name], self)
        return known

    async def turn(self, work: Awaitable[T]) -> T:
        """Wait for a turn, then do one round trip."""
        try:
            await self._gate.acquire()
        except asyncio.CancelledError:
            # Nobody will ask any more; a question that was never put is closed, or Python complains of it later.
            if asyncio.iscoroutine(work):
                work.close()
            raise
        try:
            self.round_trips += 1
            return await work
        except PyMongoError as fault:
            if not isinstance(fault, DuplicateKeyError | BulkWriteError):  # those two are answers
                measures.database_failed(fault)
            raise
        finally:
            self._gate.release()

    async def command(self, name: str, value: Any = 1, **options: Any) -> Document:
        return dict(await self.turn(self._database.command(name, value, **options)))

    async def admin_command(self, name: str, value: Any = 1, **options: Any) -> Document:
        """A command to the server and not to this database."""
        return dict(await self.turn(self._client.admin.command(name, value, **options)))

    async def collection_names(self) -> list[str]:
        return list(await self.turn(self._database.list_collection_names()))

    async def validators(self) -> dict[str, Document]:
        """Collection -> what it refuses now."""

        async def read() -> dict[str, Document]:
            listed = self._database.list_collections()
            if asyncio.iscoroutine(listed):
                listed = await listed
            rows = await listed.to_list(None)
            return {row["name"]: row.get("options", {}).get("validator", {}) for row in rows}

        return await self.turn(read())

    async def create_missing_collection(self, name: str, validator: Mapping[str, Any]) -> None:
        """Create a collection; one that another process has just created is fine."""
        already_there = 48
        try:
            await self.turn(self._database.create_collection(name, validator=dict(validator)))
        except CollectionInvalid:
            return
        except OperationFailure as refused:
            if refused.code != already_there:
                raise

    @asynccontextmanager
    async def at_one_moment(self) -> AsyncIterator["Moment"]:
        """
        Read everything as it is now, however long that takes and whatever is written meanwhile.

        Needs a replica set, and one that remembers for as long as the reading takes. Raises MomentGone then.
        """
        opened = self._client.start_session(snapshot=True)
        if asyncio.iscoroutine(opened):  # motor
            opened = await opened
        async with opened as session:
            yield Moment(self, self._database, session)

    async def put_back(self, name: str, rows: Sequence[bytes]) -> None:
        """Insert rows byte for byte as they were read."""
        await self.turn(self._database[name].insert_many([RawBSONDocument(row) for row in rows], ordered=False))

    async def estimated_count(self, name: str) -> int:
        """From the server's own bookkeeping: at once, and a little wrong after a crash."""
        return int(await self.turn(self._database[name].estimated_document_count()))

    async def drop_collection(self, name: str) -> None:
        await self.turn(self._database.drop_collection(name))

    async def remember_the_past(self, seconds: int) -> None:
        """How long the server must be able to read an earlier moment; for a server of our own only."""
        await self.turn(self._client.admin.command("setParameter", 1, minSnapshotHistoryWindowInSeconds=seconds))

    async def drop_database(self) -> None:
        await self.turn(self._client.drop_database(self._database.name))

    async def close(self) -> None:
        closing = self._client.close()
        if asyncio.iscoroutine(closing):
            await closing


class MomentGone(RuntimeError):
    """The server does not keep the past for as long as somebody wanted to read it, or keeps none."""


# The moment is older than what the server keeps; a server that knows no such reading.
_TOO_OLD, _NO_MOMENTS = (239, 246), (20, 72, 123, 263)


class Moment:
    """One database as it was when the first row was read."""

    def __init__(self, door: Door, database: Any, session: Any) -> None:
        self._door = door
        self._database = database
        self._session = session

    async def rows(self, name: str, query: Mapping[str, Any], at_a_time: int) -> AsyncIterator[bytes]:
        """
        The rows of a collection as the server sends them: BSON documents, one after the other, some at a time.

        A batch has 16 MB at most. Raises MomentGone.
        """
        cursor = self._database[name].find_raw_batches(query, session=self._session, batch_size=at_a_time)
        try:
            while True:
                try:
                    batch = await self._door.turn(anext(cursor))
                except StopAsyncIteration:
                    return
                if batch:
                    yield bytes(batch)
        except (OperationFailure, ConfigurationError, InvalidOperation) as refused:
            code = getattr(refused, "code", None)
            if code in (*_TOO_OLD, *_NO_MOMENTS) or not isinstance(refused, OperationFailure):
                raise MomentGone(type(refused).__name__) from refused
            raise
        finally:
            await cursor.close()


def tenant_in(row: bytes) -> str:
    """Whose row this is, read without the rest of it."""
    return str(RawBSONDocument(row)["tenant_id"])


D = TypeVar("D", bound=Door)


def open_door(uri: str, database: str, driver: str = "pymongo", kind: type[D] = Door) -> D:
    """
    Connect to a database; `driver` is `pymongo` or `motor`, `kind` the door to open.

    Nothing is sent until the first call. How writes are made safe is settled here, whatever the address says.
    Raises ValueError for a driver that does not exist or is not installed.
    """
    options: dict[str, Any] = {
        "tz_aware": True,
        "w": "majority",
        "journal": True,
        "retryWrites": True,
        "retryReads": True,
        "readPreference": "primary",
        "timeoutMS": kind.answers_within_ms,
        "maxPoolSize": POOL,
        "minPoolSize": kind.keeps_open,
        "appname": "dealix",
    }
    if driver == "pymongo":
        return kind(AsyncMongoClient(uri, **options), database)
    if driver == "motor":
        return kind(_motor_client(uri, options), database)
    raise ValueError(f"unknown MongoDB driver {driver!r}: say pymongo or motor")


def _motor_client(uri: str, options: Document) -> Any:
    # Imported only when selected: motor reached its end of life in May 2026 and is an extra, not a dependency.
    try:
        from motor.motor_asyncio import AsyncIOMotorClient  # noqa: PLC0415
    except ImportError as missing:
        raise ValueError("the motor driver is not installed: pip install 'dealix[motor]'") from missing
    return AsyncIOMotorClient(uri, **options)


def extended_json(document: Mapping[str, Any]) -> str:
    """One line in MongoDB's extended JSON, from which the very same document can be read again."""
    return json_util.dumps(document, json_options=json_util.CANONICAL_JSON_OPTIONS, ensure_ascii=False)


async def ping(uri: str, timeout_ms: int = 1_000) -> Document | None:
    """What a server says of itself, or None when nobody answers."""
    client: Any = AsyncMongoClient(uri, serverSelectionTimeoutMS=timeout_ms, directConnection=True)
    try:
        return dict(await client.admin.command("hello"))
    except PyMongoError:
        return None
    finally:
        await client.close()


async def initiate_replica_set(uri: str, name: str, member: str) -> None:
    """Make a lone server the only member of its replica set; a server that already is one stays as it is."""
    client: Any = AsyncMongoClient(uri, serverSelectionTimeoutMS=5_000, directConnection=True)
    config = {"_id": name, "members": [{"_id": 0, "host": member}], "settings": {"electionTimeoutMillis": 1_000}}
    already_initialised = 23
    try:
        await client.admin.command("replSetInitiate", config)
    except OperationFailure as refused:
        if refused.code != already_initialised:
            raise
    finally:
        await client.close()


async def shut_down(uri: str) -> None:
    """Ask a server to stop cleanly; a server that is gone already is fine."""
    client: Any = AsyncMongoClient(uri, serverSelectionTimeoutMS=1_000, directConnection=True)
    try:
        await client.admin.command("shutdown", 1, force=True)
    except PyMongoError:
        return  # the connection breaks while the server stops: that is the answer
    finally:
        await client.close()
