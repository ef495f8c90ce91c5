"""
A golden path whose process is killed at any write goes on in another: one request, one pack, no step twice.

A process here is the whole house, unstarted, with its own view of the store. `Mortal` stands before the store and
kills its process right after one of its writes, and from then on at every call. Building a house takes longer
than the story, so the doomed one is born again for each death; each story has a tenant of its own.
"""

import inspect
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest_asyncio

from adapters.mongo.driver import Door, open_door
from adapters.mongo.store import MongoStore
from bot.building import House, build
from bot.partners.case import Declared
from bot.partners.scoring import Inputs
from bot.people import Human
from tests.house.databases import Databases
from tests.house.running import RunningHouse

LENA, SAMI = Human("api:lena", "Lena"), Human("console:sami", "Sami")
DECLARED = Declared("Najd Systems", "أنظمة نجد", "reseller", "", 10_000_000, 2_000_000, Inputs(cr_verified=True))
NEVER = 10**9
ANSWERS = {False: ("approve", "completed"), True: ("reject", "rejected")}

# Whoever is killed before a read is as far as whoever is killed after the write before it.
_READS = ("read", "get", "of", "latest", "pending", "due", "abandoned", "strangers", "untold", "story", "last")
_READS += ("about", "after", "checkpoints", "lent", "open_of", "to", "beginning", "unpublished", "signal", "head")


class Died(BaseException):
    """SIGKILL, as far as one process can tell."""


class Mortal:
    """The store of a process that dies when it has no writes left."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.left = NEVER
        self.writes: list[str] = []

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._store, name)
        return held if name == "unreachable" or callable(held) else _Line(held, name, self)


class _Line:
    def __init__(self, rows: Any, name: str, life: Mortal) -> None:
        self._rows, self._name, self._life = rows, name, life

    def __getattr__(self, name: str) -> Any:
        asked, life = getattr(self._rows, name), self._life
        if not inspect.iscoroutinefunction(asked):
            return asked

        async def call(*args: Any, **named: Any) -> Any:
            if life.left <= 0:
                raise Died
            answer = await asked(*args, **named)
            if not name.startswith(_READS):
                life.writes.append(f"{self._name}.{name}")
                life.left -= 1
                if life.left <= 0:
                    raise Died
            return answer

        return call


class Village:
    """As many processes as one likes, over one database."""

    def __init__(self, house: RunningHouse, store: MongoStore, door: Door) -> None:
        self._house, self.store, self._door = house, store, door

    def process(self, life: Mortal | None = None) -> House:
        inside = self._house.installation
        return build(
            inside.settings,
            inside.configs,
            life or self.store,  # type: ignore[arg-type]
            self._house.inside.playbooks,
            inside.keyring,
            self._house.clock,
            is_alone=True,
        )

    async def leases_end(self) -> None:
        """What a dead process held is free by the database's clock, without waiting for that."""
        gone = {"$set": {"lease_until": datetime(2000, 1, 1, tzinfo=UTC)}}
        await self._door.collection("workflow_runs").update_many({"lease_until": {"$type": "date"}}, gone)


@pytest_asyncio.fixture(loop_scope="session")
async def village(house: RunningHouse, mongo_uri: str, databases: Databases) -> AsyncIterator[Village]:
    name = databases.take()
    door = open_door(mongo_uri, name)
    store = MongoStore(door)
    await store.prepare()
    yield Village(house, store, door)
    await door.close()
    await databases.give_back([name])


async def story(process: House, tenant_id: str, answer: str) -> str:
    """Somebody asks, again and again under one id; people decide, once; answers how it stands."""
    paths, centre = process.rooms.golden_paths, process.trust.centre
    chain = await paths.run(tenant_id, DECLARED, LENA, "p1")
    if chain.approval is not None and chain.approval.status == "pending":
        decide = centre.approve if answer == "approve" else centre.reject
        await decide(tenant_id, chain.approval.id, chain.approval.v, SAMI, ("approver",))
    await centre.deliver(tenant_id)
    return (await paths.run(tenant_id, DECLARED, LENA, "p1")).status.value


# How the engine files what it has written is a matter of its own tests.
OF_THE_ENGINE = ("runs.file", "runs.claim")

# What the centre tells itself it may tell again after a kill; these are a golden path's own.
OURS = ("golden_path_started", "partner_dossier_made", "partner_economics_made", "approval_requested")
OURS += ("grant_used", "partnership_activated", "golden_path_ended", "evidence_pack_assembled")


async def test_a_kill_after_any_write_leaves_one_request_and_one_pack(village: Village) -> None:
    life = Mortal(village.store)
    doomed, survivor = village.process(life), village.process()
    assert await story(doomed, "whole", "approve") == "completed"
    writes = tuple(life.writes)
    for at, write in enumerate(writes, 1):
        if write in OF_THE_ENGINE:
            continue
        tenant_id, (answer, ends) = f"t{at}", ANSWERS[at % 3 == 0]
        with suppress(Died):
            life.left = at  # born again, to die later
            await story(doomed, tenant_id, answer)
        await village.leases_end()
        last = f"killed after write {at}, {write}"
        assert await story(survivor, tenant_id, answer) == ends, last
        asked = await survivor.trust.centre.list(tenant_id, kind="partnership")
        assert len(asked) == 1, last
        chain = await survivor.rooms.golden_paths.get(tenant_id, "p1")
        packs = await survivor.trust.evidence.packs.listed(tenant_id, "", "p1")
        assert [pack.id for pack in packs] == [chain.case.pack_id] and packs[0].missing == (), last
        rows = await village.store.seals.story(tenant_id, "", chain.case.correlation_id, 100)
        happened = Counter(row.entry.what for row in rows)
        assert all(happened[what] <= 1 for what in OURS), (last, happened)
