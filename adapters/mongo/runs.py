"""
Runs of flows, their checkpoints and the signals they wait for.

Rule 1: a run is one row; every change of it is one conditional write on its version and its fence.
Rule 2: leases are taken and compared by the database's clock; a due time is the house's own, like every other.
Rule 3: checkpoints are appended; there is no way here to change one.
Rule 4: what ended is forgotten after 400 days, and each checkpoint as long after it was written; what goes on,
        and what failed and waits for a person, stays.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import BY_CORRELATION, DAY_SECONDS, Erasure, Index, Shelf
from bot.people import Human
from bot.runs.flow import kind_of
from bot.runs.run import INCOMPLETE, WAITING, Checkpoint, Fault, Hold, Run, RunName, RunStatus, Signal
from bot.telemetry import measures

# A year and a month: who compares this year with the last still finds both.
KEPT_SECONDS = 400 * DAY_SECONDS

RUNS = Shelf(
    "workflow_runs",
    "work in steps: where it stands, and when it goes on",
    ("tenant_id", "run_id", "flow", "version", "status", "state", "created_at", "fence", "v"),
    (
        Index("is there this run?", (("tenant_id", 1), ("run_id", 1)), (("unique", True), ("name", "by_run"))),
        Index(
            "what runs, waits or failed?",
            (("tenant_id", 1), ("status", 1), ("created_at", -1)),
            (("name", "by_status"),),
        ),
        Index("what was started lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)),
        Index(
            "which runs wait for this?",
            (("tenant_id", 1), ("waits_for", 1)),
            (("partialFilterExpression", {"waits_for": {"$gt": ""}}), ("name", "by_wait")),
        ),
        Index(
            "what is done about this contact?",
            (("tenant_id", 1), ("about", 1), ("created_at", -1)),
            (("partialFilterExpression", {"about": {"$gt": ""}}), ("name", "by_about")),
        ),
        Index(
            "which runs are due? (all tenants)",
            (("next_run_at", 1),),
            (("partialFilterExpression", {"next_run_at": {"$type": "date"}}), ("name", "due")),
        ),
        Index(
            "whose lease or pause has ended? (all tenants)",
            (("lease_until", 1),),
            (("partialFilterExpression", {"lease_until": {"$type": "date"}}), ("name", "leases")),
        ),
        BY_CORRELATION,
        Index("what ended long ago (all tenants)", (("ended_at", 1),), (("expireAfterSeconds", KEPT_SECONDS),)),
    ),
    contact_field="about",
    on_erasure=Erasure.DELETE,
    swept="a run goes on when its time has come, whoever it belongs to",
)

CHECKPOINTS = Shelf(
    "workflow_checkpoints",
    "what happened to each run, one row each, never changed",
    ("tenant_id", "run_id", "seq", "step", "what", "at"),
    (
        Index(
            "what happened to this run, in its order?",
            (("tenant_id", 1), ("run_id", 1), ("seq", 1)),
            (("unique", True), ("name", "by_seq")),
        ),
        Index("what happened long ago (all tenants)", (("at", 1),), (("expireAfterSeconds", KEPT_SECONDS),)),
    ),
    contact_field="about",
    on_erasure=Erasure.DELETE,
)

SIGNALS = Shelf(
    "workflow_signals",
    "what happened that runs may wait for, for ninety days",
    ("tenant_id", "waits_for", "facts", "at"),
    (
        Index(
            "has it happened?",
            (("tenant_id", 1), ("waits_for", 1), ("at", 1)),
            (("name", "by_event"),),
        ),
        Index(
            "which runs were perhaps not told? (all tenants)",
            (("untold_since", 1),),
            (("partialFilterExpression", {"untold_since": {"$type": "date"}}), ("name", "untold")),
        ),
        Index("garbage (all tenants)", (("at", 1),), (("expireAfterSeconds", 90 * DAY_SECONDS),)),
    ),
    why_kept="ids and codes of what happened, never what people wrote; forgotten after ninety days",
    swept="a run must hear of what happened, whoever it belongs to",
)

# A lower bound that every date passes and no empty field does.
_EVER = datetime(1970, 1, 2, tzinfo=UTC)

_ENDED = {"lease_until": {"$gt": _EVER, "$type": "date"}, "$expr": {"$lte": ["$lease_until", "$$NOW"]}}


class MongoRuns:
    """`bot.runs.run.RunRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._runs = Rows(door, RUNS)
        self._checkpoints = Rows(door, CHECKPOINTS)
        self._signals = Rows(door, SIGNALS)

    async def add(self, run: Run) -> bool:
        try:
            await self._runs.of(run.tenant_id).insert_one({"_id": _id(run.tenant_id, run.id), **_row(run)})
        except Duplicate:
            return False
        return True

    async def read(self, tenant_id: str, run_id: str) -> Run | None:
        row = await self._runs.of(tenant_id).find_one({"_id": _id(tenant_id, run_id)})
        return _run(row) if row else None

    async def due(self, now: datetime, kinds: Sequence[str], limit: int) -> list[RunName]:
        query = {"next_run_at": {"$lte": now, "$type": "date"}, "kind": {"$in": list(kinds)}}
        return await self._names(query, "next_run_at", limit)

    async def abandoned(self, kinds: Sequence[str], limit: int) -> list[RunName]:
        return await self._names({**_ENDED, "kind": {"$in": list(kinds)}}, "lease_until", limit)

    async def strangers(self, since: datetime, kinds: Sequence[str], limit: int) -> list[RunName]:
        query = {
            "next_run_at": {"$lte": since, "$type": "date"},
            "kind": {"$nin": list(kinds)},
            "is_parked": False,
        }
        return await self._names(query, "next_run_at", limit)

    async def _names(self, query: Document, order: str, limit: int) -> list[RunName]:
        wanted = {"tenant_id": 1, "run_id": 1, order: 1}
        found = await self._runs.sweep().find(query, wanted, sort=[(order, 1)], limit=limit)
        return [RunName(row["tenant_id"], row["run_id"]) for row in found]

    async def claim(self, name: RunName, kinds: Sequence[str], now: datetime, hold: Hold) -> Run | None:
        query = {
            "_id": _id(name.tenant_id, name.run_id),
            "kind": {"$in": list(kinds)},
            "$or": [{"lease_owner": "", "next_run_at": {"$lte": now, "$type": "date"}}, _ENDED],
        }
        pending = {"$eq": ["$status", RunStatus.PENDING.value]}
        taken = {
            "status": {"$cond": [pending, RunStatus.RUNNING.value, "$status"]},
            "crashes": {"$cond": [{"$eq": ["$lease_owner", ""]}, "$crashes", {"$add": ["$crashes", 1]}]},
            "lease_owner": {"$literal": hold.owner},
            "lease_until": _from_now(hold.seconds),
            "next_run_at": None,
            "is_parked": False,
            "error": {"$cond": ["$is_parked", None, "$error"]},
            "fence": {"$add": ["$fence", 1]},
            "v": {"$add": ["$v", 1]},
        }
        row = await self._runs.of(name.tenant_id).find_one_and_update(query, [{"$set": taken}])
        return _run(row) if row else None

    async def beat(self, run: Run, seconds: float) -> bool:
        query = {"_id": _id(run.tenant_id, run.id), "fence": run.fence, "lease_owner": run.lease_owner}
        longer = [{"$set": {"lease_until": _from_now(seconds)}}]
        return bool(await self._runs.of(run.tenant_id).update_one(query, longer))

    async def write(self, before: Run, after: Run, hold: Hold | None) -> Run | None:
        before.check_move(after.status)
        query = {
            "_id": _id(before.tenant_id, before.id),
            "v": before.v,
            "fence": before.fence,
            "status": before.status.value,
        }
        changed = {name: {"$literal": value} for name, value in _changing(after).items()}
        if hold is not None:
            changed["lease_owner"] = {"$literal": hold.owner}
            changed["lease_until"] = _from_now(hold.seconds) if hold.seconds else None
        changed["v"] = {"$literal": before.v + 1}
        row = await self._runs.of(before.tenant_id).find_one_and_update(query, [{"$set": changed}])
        if row and after.last.seq != before.last.seq:
            measures.run_step(after.flow, after.last.what)
        return _run(row) if row else None

    async def file(self, checkpoint: Checkpoint, about: str = "") -> None:
        row = {"_id": f"{_id(checkpoint.tenant_id, checkpoint.run_id)}:{checkpoint.seq:06}", "about": about}
        row |= {"run_id": checkpoint.run_id, **_checkpoint_row(checkpoint)}
        await self._checkpoints.of(checkpoint.tenant_id).insert_missing([row])

    async def checkpoints(self, tenant_id: str, run_id: str, limit: int) -> list[Checkpoint]:
        rows = self._checkpoints.of(tenant_id)
        found = await rows.find({"run_id": run_id}, sort=[("seq", -1)], limit=limit)
        return [_checkpoint(row, tenant_id, run_id) for row in reversed(found)]

    async def latest(self, tenant_id: str, statuses: Sequence[RunStatus], flow: str, limit: int) -> list[Run]:
        query: Document = {"status": {"$in": [s.value for s in statuses]}} if statuses else {}
        if flow:
            query["flow"] = flow
        rows = self._runs.of(tenant_id)
        return [_run(row) for row in await rows.find(query, sort=[("created_at", -1), ("_id", -1)], limit=limit)]

    async def concerning(self, tenant_id: str, about: str, limit: int) -> list[Run]:
        newest = [("created_at", -1), ("_id", -1)]
        rows = await self._runs.of(tenant_id).find({"about": about}, sort=newest, limit=limit)
        return [_run(row) for row in rows]

    async def parked(self, tenant_id: str, limit: int) -> list[Run]:
        query = {"status": {"$in": [s.value for s in INCOMPLETE]}, "is_parked": True}
        return [_run(row) for row in await self._runs.of(tenant_id).find(query, limit=limit)]

    async def poke(self, tenant_id: str, waits_for: str, now: datetime) -> int:
        query = {"waits_for": waits_for, "status": {"$in": _WAITING}}
        change = {"$set": {"next_run_at": now}, "$inc": {"v": 1}}
        return await self._runs.of(tenant_id).update_many(query, change)

    async def add_signal(self, signal: Signal) -> bool:
        row = {
            "_id": _id(signal.tenant_id, signal.id),
            "signal_id": signal.id,
            "waits_for": signal.waits_for,
            "facts": dict(signal.facts),
            "at": signal.at,
            "untold_since": signal.at,
        }
        return bool(await self._signals.of(signal.tenant_id).insert_missing([row]))

    async def signal(self, tenant_id: str, waits_for: str, besides: Sequence[str]) -> Signal | None:
        found = await self._signals.of(tenant_id).find(
            {"waits_for": waits_for, "signal_id": {"$nin": list(besides)}}, sort=[("at", 1), ("_id", 1)], limit=1
        )
        if not found:
            return None
        row = found[0]
        return Signal(row["signal_id"], tenant_id, waits_for, MappingProxyType(row["facts"]), row["at"])

    async def untold_signals(self, limit: int) -> list[tuple[str, str, str]]:
        query = {"untold_since": {"$type": "date", "$gt": _EVER}}
        wanted = {"tenant_id": 1, "signal_id": 1, "waits_for": 1, "untold_since": 1}
        found = await self._signals.sweep().find(query, wanted, sort=[("untold_since", 1)], limit=limit)
        return [(row["tenant_id"], row["signal_id"], row["waits_for"]) for row in found]

    async def signal_told(self, tenant_id: str, signal_id: str) -> None:
        await self._signals.of(tenant_id).update_one(
            {"_id": _id(tenant_id, signal_id)}, {"$unset": {"untold_since": ""}}
        )


_WAITING = [s.value for s in WAITING]


def _id(tenant_id: str, name: str) -> str:
    return f"{tenant_id}:{name}"


def _from_now(seconds: float) -> Document:
    """A time by the database's clock."""
    return {"$add": ["$$NOW", round(seconds * 1_000)]}


def _row(run: Run) -> Document:
    return {
        "run_id": run.id,
        "flow": run.flow,
        "correlation_id": run.correlation_id,
        "by": _person(run.by),
        "created_at": run.created_at,
        "about": run.about,
        "traceparent": run.traceparent,
        "lease_owner": "",
        "lease_until": None,
        "fence": run.fence,
        "v": run.v,
        **_changing(run),
    }


def _changing(run: Run) -> Document:
    """What a step writes."""
    return {
        "version": run.version,
        "kind": kind_of(run.flow, run.version),
        "status": run.status.value,
        "step": run.step,
        "state": dict(run.state),
        "updated_at": run.updated_at,
        "ended_at": run.updated_at if run.is_over else None,
        "last": _checkpoint_row(run.last),
        "done": list(run.done),
        "attempts": run.attempts,
        "crashes": run.crashes,
        "next_run_at": run.next_run_at,
        "deadline": run.deadline,
        "waits_for": run.waits_for,
        "wait_until": run.wait_until,
        "wait_answers": list(run.wait_answers),
        "met": list(run.met),
        "error": _fault_row(run.error),
        "is_undoing": run.is_undoing,
        "is_parked": run.is_parked,
        "cancel_by": _person(run.cancel_by),
    }


def _run(row: Document) -> Run:
    tenant_id, run_id = row["tenant_id"], row["run_id"]
    return Run(
        id=run_id,
        tenant_id=tenant_id,
        flow=row["flow"],
        version=row["version"],
        status=RunStatus(row["status"]),
        step=row["step"],
        state=MappingProxyType(row["state"]),
        correlation_id=row["correlation_id"],
        by=_human(row["by"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        last=_checkpoint(row["last"], tenant_id, run_id),
        about=row["about"],
        traceparent=row.get("traceparent", ""),  # not in runs of before
        done=tuple(row["done"]),
        attempts=row["attempts"],
        crashes=row["crashes"],
        next_run_at=row["next_run_at"],
        deadline=row["deadline"],
        waits_for=row["waits_for"],
        wait_until=row["wait_until"],
        wait_answers=tuple(row["wait_answers"]),
        met=tuple(row["met"]),
        error=_fault(row["error"]),
        is_undoing=row["is_undoing"],
        is_parked=row["is_parked"],
        cancel_by=_human(row["cancel_by"]),
        lease_owner=row["lease_owner"],
        lease_until=row["lease_until"],
        fence=row["fence"],
        v=row["v"],
    )


def _checkpoint_row(checkpoint: Checkpoint) -> Document:
    return {
        "seq": checkpoint.seq,
        "step": checkpoint.step,
        "what": checkpoint.what,
        "status": checkpoint.status.value,
        "at": checkpoint.at,
        "patch": dict(checkpoint.patch),
        "note": checkpoint.note,
        "attempt": checkpoint.attempt,
        "by": _person(checkpoint.by),
    }


def _checkpoint(row: Document, tenant_id: str, run_id: str) -> Checkpoint:
    return Checkpoint(
        tenant_id=tenant_id,
        run_id=run_id,
        seq=row["seq"],
        step=row["step"],
        what=row["what"],
        status=RunStatus(row["status"]),
        at=row["at"],
        patch=MappingProxyType(row["patch"]),
        note=row["note"],
        attempt=row["attempt"],
        by=_human(row["by"]),
    )


def _fault_row(fault: Fault | None) -> Document | None:
    if fault is None:
        return None
    return {
        "code": fault.code,
        "step": fault.step,
        "message_en": fault.message_en,
        "message_ar": fault.message_ar,
        "at": fault.at,
        "path": list(fault.path),
    }


def _fault(row: Document | None) -> Fault | None:
    return Fault(**{**row, "path": tuple(row["path"])}) if row else None


def _person(human: Human) -> list[str]:
    return [human.id, human.name]


def _human(row: Any) -> Human:
    return Human(*row)
