"""
A workshop for runs: the real engine on the real database, with flows, a clock and deaths of the test's choosing.

A process here is an engine with its own view of the store. `Dying` stands before the store and kills its process
at one of its calls: before the call, or after it and before its answer, and from then on at every call.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from adapters.mongo.driver import Door
from adapters.mongo.store import MongoStore
from bot.alerts import Alerts
from bot.audit import Audit
from bot.authority.approval import ApprovalStatus
from bot.errors import NotFound
from bot.people import Human
from bot.runs.flow import Flow, Turn
from bot.runs.opening import RunsRoom, open_room
from bot.runs.room import Runs

ACME = "acme"
SAMI = Human("console:sami", "Sami")


class Died(BaseException):
    """SIGKILL, as far as one process can tell."""


class Dying:
    """The store of a process that dies at its n-th call."""

    def __init__(self, rows: Any, at: int, *, is_after: bool) -> None:
        self._rows = rows
        self._left = at
        self._is_after = is_after

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        asked = getattr(self._rows, name)

        async def call(*args: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left < 0 or (self._left == 0 and not self._is_after):
                raise Died
            answer = await asked(*args, **named)
            if self._left == 0:
                raise Died
            return answer

        return call


class Meanwhile:
    """The store of a process in which something happens right after its first call of one kind."""

    def __init__(self, rows: Any, name: str, happens: Callable[[], Awaitable[Any]]) -> None:
        self._rows = rows
        self._name = name
        self._happens: Callable[[], Awaitable[Any]] | None = happens

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        asked = getattr(self._rows, name)

        async def call(*args: Any, **named: Any) -> Any:
            answer = await asked(*args, **named)
            if name == self._name and self._happens is not None:
                happens, self._happens = self._happens, None
                await happens()
            return answer

        return call


class People:
    """Approvals that the test decides; the engine asks it what it asks the centre."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self._heard: list[Callable[[Any], Awaitable[None]]] = []

    def when_decided(self, _kind: str, callback: Callable[[Any], Awaitable[None]]) -> None:
        self._heard.append(callback)

    def ask(self, approval_id: str, expires_at: datetime) -> None:
        self.asked.setdefault(approval_id, [ApprovalStatus.PENDING, expires_at])

    async def decide(self, approval_id: str, status: str, *, is_heard: bool = True) -> None:
        self.asked[approval_id][0] = ApprovalStatus(status)
        if is_heard:
            for callback in self._heard:
                await callback(SimpleNamespace(id=approval_id, tenant_id=ACME))

    async def read(self, _tenant_id: str, approval_id: str) -> Any:
        if approval_id not in self.asked:
            raise NotFound("no approval", "لا توجد موافقة")
        status, expires_at = self.asked[approval_id]

        def status_at(now: datetime) -> ApprovalStatus:
            is_late = status is ApprovalStatus.PENDING and expires_at <= now
            return ApprovalStatus.EXPIRED if is_late else status

        return SimpleNamespace(status_at=status_at, is_noted=True, grant_id=f"g:{approval_id}", decided_by=SAMI)

    async def get(self, tenant_id: str, approval_id: str) -> Any:
        return await self.read(tenant_id, approval_id)


class Shop:
    """Flows, a clock, and as many processes as one likes."""

    def __init__(self, store: MongoStore, door: Door, *flows: Flow) -> None:
        self.store = store
        self.door = door
        self.people = People()
        self.flows = list(flows)
        # Of today: the database forgets what is old, by its own clock.
        self.at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self._ids = 0
        self.room = self.process()

    def now(self) -> datetime:
        return self.at

    def moves(self, **by: float) -> None:
        self.at += timedelta(**by)

    def _id(self) -> str:
        self._ids += 1
        return f"id{self._ids:05}"

    def process(self, rows: Any = None, flows: list[Flow] | None = None, lease_seconds: float = 30.0) -> RunsRoom:
        """One more process; its flows are the shop's unless it has others."""
        room = open_room(
            rows=rows or self.store.runs,
            centre=self.people,  # type: ignore[arg-type]
            alerts=Alerts(self.store.alerts, self.now, self._id),
            audit=Audit(self.store, self.now, self._id),
            unreachable=self.store.unreachable,
            now=self.now,
            new_id=self._id,
            lease_seconds=lease_seconds,
        )
        for flow in self.flows if flows is None else flows:
            room.runs.register(flow)
        return room

    def dying(self, at: int, *, is_after: bool) -> RunsRoom:
        return self.process(Dying(self.store.runs, at, is_after=is_after))

    @property
    def runs(self) -> Runs:
        return self.room.runs

    async def start(self, flow: str, run_id: str = "r1", **more: Any) -> None:
        await self.runs.start_run(ACME, flow, run_id=run_id, state=more.pop("state", {}), by=SAMI, **more)

    async def settle(self, room: RunsRoom | None = None) -> None:
        with suppress(Died):
            await (room or self.room).engine.settle()

    async def leases_end(self) -> None:
        """What a dead process held is free by the database's clock, without waiting for that."""
        held = {"lease_until": {"$type": "date"}}
        gone = {"$set": {"lease_until": datetime(2000, 1, 1, tzinfo=UTC)}}
        await self.door.collection("workflow_runs").update_many(held, gone)

    async def takes_over(self) -> None:
        """The process that lives finds what a dead one held, and whoever was not told."""
        await self.leases_end()
        room = self.process()  # its first look is a whole one
        await room.engine.settle()

    async def effect(self, turn: Turn, extra: str = "") -> None:
        """A side effect through a door that takes the key."""
        key = f"{turn.dedupe_key}{extra}"
        await self.door.collection("effects").insert_missing([{"_id": key, "tenant_id": turn.tenant_id}])

    async def effects(self) -> list[str]:
        return sorted(row["_id"] for row in await self.door.collection("effects").find({}))

    async def status(self, run_id: str = "r1") -> str:
        return (await self.runs.get(ACME, run_id)).run.status.value

    async def story(self, run_id: str = "r1") -> list[str]:
        view = await self.runs.get(ACME, run_id)
        assert [c.seq for c in view.checkpoints] == list(range(len(view.checkpoints))), "no gap, none twice"
        return [f"{c.step}:{c.what}" for c in view.checkpoints]
