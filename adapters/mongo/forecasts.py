"""Frozen forecasts, stated figures and proposals: written once, never changed."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.forecast.calibration import Calibration
from bot.forecast.rows import ForecastRows
from bot.forecast.snapshots import Kind, Snapshot
from bot.forecast.targets import Target

SNAPSHOTS = Shelf(
    "forecast_snapshots",
    "what was forecast, as it was when a period or a week began",
    ("tenant_id", "period", "kind", "key", "taken_at", "method", "forecast_halalas", "by_stage"),
    (
        Index(
            "was this forecast frozen already?",
            (("tenant_id", 1), ("period", 1), ("kind", 1), ("key", 1)),
            (("unique", True), ("name", "by_period")),
        ),
    ),
)

TARGETS = Shelf(
    "forecast_targets",
    "what people have stated for a period, with every version",
    ("tenant_id", "metric", "period", "value", "owner", "set_at", "v"),
    (
        Index(
            "what was stated for this period?",
            (("tenant_id", 1), ("period", 1), ("metric", 1), ("v", 1)),
            (("unique", True), ("name", "by_period")),
        ),
    ),
)

CALIBRATIONS = Shelf(
    "forecast_calibrations",
    "probabilities that the past proposes",
    ("tenant_id", "at", "sample", "stages"),
    (Index("what was proposed lately?", (("tenant_id", 1), ("at", -1)), (("name", "recent"),)),),
)

T = TypeVar("T")

_SNAPSHOT = TypeAdapter(Snapshot)
_TARGET = TypeAdapter(Target)
_CALIBRATION = TypeAdapter(Calibration)


class MongoSnapshots:
    """`bot.forecast.snapshots.Snapshots` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SNAPSHOTS)

    async def add(self, snapshot: Snapshot) -> bool:
        plain = _SNAPSHOT.dump_python(snapshot)
        told = plain.pop("outlook")
        row = {
            **plain,
            "kind": snapshot.kind.value,
            **{name: told[name] for name in ("won_halalas", "overdue_deals", "undated_deals")},
            "by_stage": [dict(line) for line in told["by_stage"]],
            "forecast_halalas": snapshot.outlook.forecast_halalas,
        }
        name = f"{snapshot.tenant_id}:{snapshot.period}:{snapshot.kind.value}:{snapshot.key}"
        return await _added(self._rows, snapshot.tenant_id, {"_id": name, **row})

    async def find(self, tenant_id: str, period: str, kind: Kind, key: str) -> Snapshot | None:
        query = {"period": period, "kind": kind.value, "key": key}
        row = await self._rows.of(tenant_id).find_one(query)
        return _snapshot(row) if row else None

    async def of_periods(self, tenant_id: str, periods: Sequence[str]) -> Sequence[Snapshot]:
        rows = await self._rows.of(tenant_id).find({"period": {"$in": list(periods)}})
        return sorted((_snapshot(row) for row in rows), key=lambda one: (one.taken_at, one.kind))


class MongoTargets:
    """`bot.forecast.targets.Targets` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, TARGETS)

    async def add(self, tenant_id: str, target: Target) -> bool:
        name = f"{tenant_id}:{target.period}:{target.metric}:{target.v}"
        return await _added(self._rows, tenant_id, {"_id": name, **_TARGET.dump_python(target)})

    async def current(self, tenant_id: str, periods: Sequence[str]) -> Mapping[tuple[str, str], Target]:
        rows = await self._rows.of(tenant_id).find({"period": {"$in": list(periods)}}, sort=[("v", 1)])
        return {(row["metric"], row["period"]): _read(_TARGET, row) for row in rows}

    async def history(self, tenant_id: str, metric: str, period: str) -> Sequence[Target]:
        query = {"period": period, "metric": metric}
        return [_read(_TARGET, row) for row in await self._rows.of(tenant_id).find(query, sort=[("v", -1)])]


class MongoCalibrations:
    """`bot.forecast.calibration.Calibrations` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, CALIBRATIONS)

    async def add(self, calibration: Calibration) -> None:
        row = _CALIBRATION.dump_python(calibration)
        row["stages"] = [dict(stage) for stage in row["stages"]]
        name = f"{calibration.tenant_id}:{calibration.id}"
        await self._rows.of(calibration.tenant_id).insert_one({"_id": name, **row})

    async def latest(self, tenant_id: str, limit: int) -> Sequence[Calibration]:
        rows = await self._rows.of(tenant_id).find({}, sort=[("at", -1), ("_id", -1)], limit=limit)
        return [_CALIBRATION.validate_python({n: v for n, v in row.items() if n != "_id"}) for row in rows]


def forecast_rows(door: Door | Doors) -> ForecastRows:
    """The three of them."""
    return ForecastRows(MongoSnapshots(door), MongoTargets(door), MongoCalibrations(door))


async def _added(rows: Rows, tenant_id: str, row: Document) -> bool:
    try:
        await rows.of(tenant_id).insert_one(row)
    except Duplicate:
        return False
    return True


def _snapshot(row: Mapping[str, Any]) -> Snapshot:
    told = ("won_halalas", "by_stage", "overdue_deals", "undated_deals")
    fields = {name: value for name, value in row.items() if name not in ("_id", "forecast_halalas", *told)}
    return _SNAPSHOT.validate_python({**fields, "outlook": {name: row[name] for name in told}})


def _read(model: TypeAdapter[T], row: Mapping[str, Any]) -> T:
    return model.validate_python({n: v for n, v in row.items() if n not in ("_id", "tenant_id")})
