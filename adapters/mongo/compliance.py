"""Scans and attestations, which are never changed; and the self-check of the walls between tenants."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.fences import LeavesTenant
from adapters.mongo.scope import NoTenant, Rows
from adapters.mongo.shelf import Index, Shelf
from bot.compliance.attestations import Attestation
from bot.compliance.scans import Scan
from bot.compliance.walls import Probe

SCANS = Shelf(
    "compliance_scans",
    "every look at the compliance controls, append only",
    ("tenant_id", "started_at", "outcomes"),
    (Index("what was found last?", (("tenant_id", 1), ("started_at", -1)), (("name", "recent"),)),),
    why_kept="it names records by their ids and counts them; nothing that anybody wrote is in it",
)

ATTESTATIONS = Shelf(
    "compliance_attestations",
    "what somebody vouches for, append only",
    ("tenant_id", "control_id", "by", "at", "expires_at"),
    (
        Index(
            "who vouches for this control?",
            (("tenant_id", 1), ("control_id", 1), ("at", -1)),
            (("name", "by_control"),),
        ),
    ),
    why_kept="it names staff of the tenant, and no contact",
)

_SCAN = TypeAdapter(Scan)
_ATTESTATION = TypeAdapter(Attestation)


class MongoCompliance:
    """`bot.compliance.scans.Ledger` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._scans = Rows(door, SCANS)
        self._attestations = Rows(door, ATTESTATIONS)

    async def add_scan(self, scan: Scan) -> bool:
        """False when a scan of this id is there already."""
        return bool(await self._scans.of(scan.tenant_id).insert_missing([_row(_SCAN, scan)]))

    async def scan(self, tenant_id: str, scan_id: str) -> Scan | None:
        row = await self._scans.of(tenant_id).find_one({"_id": f"{tenant_id}:{scan_id}"})
        return _read(_SCAN, row, tenant_id) if row else None

    async def scans(self, tenant_id: str, limit: int) -> list[Scan]:
        """Newest first."""
        rows = await self._scans.of(tenant_id).find({}, sort=[("started_at", -1), ("_id", -1)], limit=limit)
        return [_read(_SCAN, row, tenant_id) for row in rows]

    async def add_attestation(self, attestation: Attestation) -> None:
        row = _row(_ATTESTATION, attestation)
        await self._attestations.of(attestation.tenant_id).insert_missing([row])

    async def attestations(self, tenant_id: str, control_id: str = "") -> list[Attestation]:
        """Newest first, of one control or of all."""
        query = {"control_id": control_id} if control_id else {}
        rows = await self._attestations.of(tenant_id).find(query, sort=[("at", -1), ("_id", -1)])
        return [_read(_ATTESTATION, row, tenant_id) for row in rows]


def _row(codec: TypeAdapter[Any], item: Scan | Attestation) -> Document:
    fields = _plain(codec.dump_python(item))
    if isinstance(item, Scan):
        fields["rate"] = str(item.rate)  # a decimal: kept as text, never as a float
    return {**fields, "_id": f"{item.tenant_id}:{fields.pop('id')}"}


def _plain(value: Any) -> Any:
    """The same without enumerations and tuples, which the driver does not write."""
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.value if isinstance(value, StrEnum) else value


def _read(codec: TypeAdapter[Any], row: Document, tenant_id: str) -> Any:
    return codec.validate_python({**row, "id": row["_id"].removeprefix(f"{tenant_id}:")})


class MongoIsolation:
    """
    Tries to leave a tenant through the handle that everything uses, here and now.

    It is the part of the isolation test that a running service can do to itself: what the handle refuses, and
    that the database itself refuses a row without a tenant. The walk over every route belongs to the tests of a
    build.
    """

    def __init__(self, door: Door | Doors) -> None:
        self._door = door
        self._rows = Rows(door, ATTESTATIONS)

    async def collections(self) -> Sequence[str]:
        """The names of everything that is stored."""
        names = {name for door, _ in self._door.every for name in await door.collection_names()}
        return sorted(names)

    async def probe(self, tenant_id: str) -> Sequence[Probe]:
        """What must be refused, and whether it was."""
        mine = self._rows.of(tenant_id)
        other = f"{tenant_id}-probe"
        row = {"_id": f"{other}:probe", "tenant_id": other}
        lookup = {"$lookup": {"from": "conversations", "pipeline": [], "as": "found"}}
        tries: dict[str, Callable[[], Awaitable[object]]] = {
            "a question in another tenant's name": lambda: mine.find({"tenant_id": other}),
            "a row in another tenant's name": lambda: mine.insert_one(row),
            "an update into another tenant": lambda: mine.update_many(
                {"_id": ""}, {"$set": {"tenant_id": other}}
            ),
            "a look into another collection": lambda: mine.aggregate([lookup]),
            "a join with another collection": lambda: mine.aggregate([{"$unionWith": "conversations"}]),
            "a copy into another collection": lambda: mine.aggregate([{"$out": "probe"}]),
        }
        probes = [Probe(name, await _is_refused(attempt)) for name, attempt in tries.items()]
        return [
            *probes,
            Probe("a handle without a tenant", self._no_tenant()),
            *await self._validators(tenant_id),
        ]

    def _no_tenant(self) -> bool:
        try:
            self._rows.of("")
        except NoTenant:
            return True
        return False

    async def _validators(self, tenant_id: str) -> list[Probe]:
        """Every collection must refuse a row that belongs to nobody."""
        there = await self._door.of(tenant_id).validators()
        bare = sorted(name for name, rule in there.items() if not _wants_tenant(rule) and not _is_servers(name))
        return [Probe(f"a row without a tenant in {name}", is_refused=False) for name in bare] or [
            Probe("a row without a tenant in any collection", is_refused=True)
        ]


def _is_servers(name: str) -> bool:
    return name.startswith("system.")


def _wants_tenant(validator: Document) -> bool:
    schema = validator.get("$jsonSchema", {})
    return "tenant_id" in schema.get("required", ()) and "tenant_id" in schema.get("properties", {})


async def _is_refused(attempt: Callable[[], Awaitable[object]]) -> bool:
    """Whether the handle itself said no; what only the database refused is no wall."""
    try:
        await attempt()
    except LeavesTenant:
        return True
    return False
