"""Runs go on where they were, end as they should, and do nothing twice, whatever dies in between."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.mongo.driver import Door, open_door
from adapters.mongo.store import MongoStore
from bot.errors import AlreadyDecided, BadRequest, NotFound
from bot.runs.flow import (
    Flow,
    GiveUp,
    Next,
    Step,
    Turn,
    again,
    done,
    finished,
    sleep_until,
    wait_for_approval,
    wait_for_event,
)
from bot.runs.run import FREE, LARGEST_STATE_BYTES, Hold, ImpossibleMove, RunName, RunStatus
from tests.house.databases import Databases
from tests.runs.shop import ACME, SAMI, Meanwhile, Shop


@pytest.fixture
def shop(store: MongoStore, door: Door) -> Shop:
    return Shop(store, door)


def register(shop: Shop, *steps: Step, name: str = "work", version: int = 1, **more: Any) -> None:
    flow = Flow(name, version, steps, **more)
    shop.flows.append(flow)
    shop.runs.register(flow)


def golden(shop: Shop) -> Flow:
    """Every kind of step: an effect, rounds, an approval, an event, a sleep, an effect."""

    async def prepare(turn: Turn) -> Next:
        await shop.effect(turn)
        return done(prepared=True)

    async def count(turn: Turn) -> Next:
        counted = turn.state.get("counted", 0) + 1
        await shop.effect(turn, f":{counted}")
        progress = {"done": counted, "total": 3}
        return again(counted=counted, progress=progress) if counted < 3 else done(counted=3, progress=progress)

    async def ask(turn: Turn) -> Next:
        shop.people.ask(turn.dedupe_key, shop.at + timedelta(days=9))
        return wait_for_approval(turn.dedupe_key, None, asked=turn.dedupe_key)

    async def await_signing(turn: Turn) -> Next:
        assert turn.state["approval"]["status"] == "approved"
        return wait_for_event("signed", turn.run_id, turn.now + timedelta(days=9))

    async def rest(turn: Turn) -> Next:
        return sleep_until(shop.at + timedelta(hours=1), signed_by=turn.state["event"]["by"])

    async def send(turn: Turn) -> Next:
        await shop.effect(turn)
        return done(sent=True)

    names = (prepare, count, ask, await_signing, rest, send)
    return Flow("golden", 1, tuple(Step(work.__name__, work) for work in names))


async def led(shop: Shop, rooms: list[Any]) -> None:
    """Everything that a golden run needs from outside, done by processes that may die at it."""
    await shop.start("golden")
    for room in rooms:
        await shop.settle(room)
        await shop.takes_over()
        if "r1:ask" in shop.people.asked:
            await shop.people.decide("r1:ask", "approved", is_heard=False)
        shop.moves(seconds=30)
    await shop.runs.signal(ACME, "signed", "r1", {"by": "omar"}, signal_id="s1")
    for _ in range(4):
        if "r1:ask" in shop.people.asked:
            await shop.people.decide("r1:ask", "approved", is_heard=False)
        await shop.takes_over()
        shop.moves(hours=2)
    await shop.takes_over()


EFFECTS = ["r1:count:1", "r1:count:2", "r1:count:3", "r1:prepare", "r1:send"]
DEATH = st.tuples(st.integers(1, 45), st.booleans())


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deaths=st.lists(DEATH, min_size=1, max_size=3))
def test_a_death_at_any_call_of_the_store_changes_neither_the_end_nor_the_effects(
    mongo_uri: str, databases: Databases, deaths: list[tuple[int, bool]]
) -> None:
    async def story() -> None:
        name = databases.take()
        door = open_door(mongo_uri, name)
        store = MongoStore(door)
        await store.prepare()
        shop = Shop(store, door)
        shop.flows.append(golden(shop))
        shop.room = shop.process()
        await led(shop, [shop.dying(at, is_after=is_after) for at, is_after in deaths])

        view = await shop.runs.get(ACME, "r1")
        assert view.run.status is RunStatus.COMPLETED, (view.run.error, await shop.story())
        assert await shop.effects() == EFFECTS
        assert view.run.state["counted"] == 3 and view.run.state["sent"]
        assert view.run.state["signed_by"] == "omar"
        assert view.run.done == ("prepare", "count", "ask", "await_signing", "rest", "send")
        happened = [s for s in await shop.story() if not s.endswith("failed_attempt")]
        assert happened == UNBROKEN
        assert await shop.store.alerts.latest(ACME, 10) == []
        await door.drop_database()
        await door.close()

    asyncio.run(story())


UNBROKEN = [
    "prepare:started",
    "prepare:done",
    "count:again",
    "count:again",
    "count:done",
    "ask:waits",
    "ask:met",
    "await_signing:waits",
    "await_signing:met",
    "rest:done",
    "send:done",
]


async def test_an_unbroken_run_is_what_the_broken_ones_are_compared_with(shop: Shop) -> None:
    flow = golden(shop)
    shop.flows.append(flow)
    shop.runs.register(flow)

    await led(shop, [])

    assert await shop.story() == UNBROKEN
    assert await shop.effects() == EFFECTS
    assert (await shop.runs.get(ACME, "r1")).percent == 100


async def test_the_same_run_id_is_one_run(shop: Shop) -> None:
    async def work(turn: Turn) -> Next:
        await shop.effect(turn, f":{turn.state['of']}")
        return done()

    register(shop, Step("work", work))
    register(shop, Step("other", work), name="other_flow")

    first = await shop.runs.start_run(ACME, "work", run_id="r1", state={"of": "first"}, by=SAMI)
    second = await shop.runs.start_run(ACME, "work", run_id="r1", state={"of": "second"}, by=SAMI)
    await shop.settle()

    assert first.state == second.state == {"of": "first"}
    assert await shop.effects() == ["r1:work:first"]
    with pytest.raises(BadRequest):
        await shop.runs.start_run(ACME, "other_flow", run_id="r1", state={}, by=SAMI)
    with pytest.raises(NotFound):
        await shop.runs.start_run(ACME, "no_such_flow", state={}, by=SAMI)
    with pytest.raises(NotFound):
        await shop.runs.get("zed", "r1")


async def test_many_processes_do_each_step_of_each_run_once(shop: Shop) -> None:
    begun: list[str] = []

    async def work(turn: Turn) -> Next:
        begun.append(turn.dedupe_key)
        await asyncio.sleep(0.001)
        return done()

    register(shop, Step("one", work), Step("two", work))
    for number in range(30):
        await shop.start("work", f"r{number}")

    await asyncio.gather(*(shop.settle(shop.process()) for _ in range(4)))

    assert sorted(begun) == sorted(f"r{n}:{step}" for n in range(30) for step in ("one", "two"))
    assert {await shop.status(f"r{n}") for n in range(30)} == {"completed"}


async def test_a_process_that_was_asleep_past_its_lease_writes_nothing_more(shop: Shop) -> None:
    """Its step ends, its word for it does not count, and what the next one wrote stays."""
    asleep, may_wake = asyncio.Event(), asyncio.Event()
    who: list[str] = []

    async def work(turn: Turn) -> Next:
        who.append("zombie" if not who else "living")
        if who[-1] == "zombie":
            asleep.set()
            await may_wake.wait()
        return done(by=who[-1] if len(who) > 1 and may_wake.is_set() is False else "zombie")

    register(shop, Step("work", work))
    await shop.start("work")
    zombie = asyncio.create_task(shop.settle(shop.process()))
    await asleep.wait()

    await shop.takes_over()
    may_wake.set()
    await zombie

    view = await shop.runs.get(ACME, "r1")
    assert view.run.state["by"] == "living"
    assert await shop.story() == ["work:started", "work:done"]


async def test_whoever_lost_a_run_can_neither_write_nor_keep_it(shop: Shop) -> None:
    register(shop, *golden(shop).steps[:2])
    await shop.start("work")
    rows, name = shop.store.runs, RunName(ACME, "r1")
    first = await rows.claim(name, ["work@1"], shop.at, Hold("first", 30))
    assert await rows.claim(name, ["work@1"], shop.at, Hold("second", 30)) is None, "it is in hand"
    await shop.leases_end()
    second = await rows.claim(name, ["work@1"], shop.at, Hold("second", 30))

    assert (first.fence, second.fence, second.crashes) == (1, 2, 1)
    assert await rows.beat(first, 30) is False and await rows.beat(second, 30) is True
    assert await rows.write(first, first, FREE) is None
    # Also on the version that the second one wrote: the fence alone says whose it is.
    assert await rows.write(replace(first, v=second.v), first, FREE) is None
    assert await rows.write(second, second, FREE) is not None


async def test_whoever_works_long_keeps_the_run(shop: Shop) -> None:
    begun = 0

    async def work(_: Turn) -> Next:
        nonlocal begun
        begun += 1
        await asyncio.sleep(1.5)
        return done()

    register(shop, Step("work", work))
    await shop.start("work")
    busy = asyncio.create_task(shop.settle(shop.process(lease_seconds=1.0)))
    while not busy.done():
        await shop.settle(shop.process())
        await asyncio.sleep(0.05)

    assert begun == 1
    assert await shop.status() == "completed"


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("dies", [False, True])
async def test_a_signal_counts_in_both_orders_and_from_whoever_died_at_it(
    shop: Shop, order: str, dies: bool
) -> None:
    async def hear(turn: Turn) -> Next:
        return wait_for_event("paid", "d1", None)

    async def tell(turn: Turn) -> Next:
        return done(paid=turn.state["event"]["amount_halalas"])

    register(shop, Step("hear", hear), Step("tell", tell))

    async def pays() -> None:
        room = shop.dying(1, is_after=True) if dies else shop.room
        try:
            await room.runs.signal(ACME, "paid", "d1", {"amount_halalas": 500}, signal_id="s1")
        except BaseException as died:  # noqa: BLE001
            assert dies, died

    if order == "before":
        await pays()
    await shop.start("work")
    await shop.settle()
    if order == "after":
        assert await shop.status() == "waiting_event"
        await pays()
    await shop.settle(shop.process())

    assert (await shop.runs.get(ACME, "r1")).run.state["paid"] == 500
    assert await shop.status() == "completed"
    assert await shop.runs.signal(ACME, "paid", "d1", {}, signal_id="s1") is False


async def test_a_signal_between_the_look_and_the_word_that_nothing_came_counts(shop: Shop) -> None:
    async def hear(_: Turn) -> Next:
        return wait_for_event("rang", "x", None)

    async def end(turn: Turn) -> Next:
        return done(n=turn.state["event"]["n"])

    register(shop, Step("hear", hear), Step("end", end))
    await shop.start("work")
    rows = Meanwhile(shop.store.runs, "signal", lambda: shop.runs.signal(ACME, "rang", "x", {"n": 7}))
    await shop.settle(shop.process(rows))

    assert (await shop.runs.get(ACME, "r1")).run.state.get("n") == 7


@pytest.mark.parametrize("status", ["running", "waiting_event"])
async def test_a_wish_to_cancel_while_a_run_is_in_hand_is_heard(shop: Shop, status: str) -> None:
    async def work(_: Turn) -> Next:
        return wait_for_event("never", "x", None)

    register(shop, Step("work", work), Step("after", work))
    await shop.start("work")
    at = "claim" if status == "running" else "signal"
    rows = Meanwhile(shop.store.runs, at, lambda: shop.runs.cancel(ACME, "r1", SAMI))
    await shop.settle(shop.process(rows))

    assert await shop.status() == "cancelled"
    assert await shop.effects() == []


async def test_no_signal_is_lost_while_a_run_is_just_looking(shop: Shop) -> None:
    """Signals race the looks of two processes; each wait is met once, by one signal."""

    async def hear(turn: Turn) -> Next:
        heard = [*turn.state.get("heard", []), turn.state["event"]["n"]] if "event" in turn.state else []
        return wait_for_event("rang", turn.run_id, None, heard=heard)

    async def end(turn: Turn) -> Next:
        return done(heard=[*turn.state["heard"], turn.state["event"]["n"]])

    register(shop, Step("hear", hear), Step("hear_more", hear), Step("end", end))
    for number in range(15):
        await shop.start("work", f"r{number}")

    async def rings() -> None:
        for number in range(15):
            for n in (1, 2):
                await shop.runs.signal(ACME, "rang", f"r{number}", {"n": n})

    other = shop.process()
    await asyncio.gather(shop.settle(), shop.settle(other), rings())
    await shop.settle()

    for number in range(15):
        view = await shop.runs.get(ACME, f"r{number}")
        assert view.run.status is RunStatus.COMPLETED, view.run
        assert sorted(view.run.state["heard"]) == [1, 2]


@pytest.mark.parametrize("is_heard", [True, False])
async def test_an_approval_wakes_its_run_also_when_the_call_was_lost(shop: Shop, is_heard: bool) -> None:
    async def ask(turn: Turn) -> Next:
        shop.people.ask("a1", shop.at + timedelta(days=1))
        return wait_for_approval("a1", turn.now + timedelta(days=2))

    async def act(turn: Turn) -> Next:
        await shop.effect(turn)
        return done(grant=turn.state["approval"]["grant_id"])

    register(shop, Step("ask", ask), Step("act", act), hears=("a_kind",))
    await shop.start("work")
    await shop.settle()
    assert await shop.status() == "waiting_approval"
    assert await shop.effects() == []

    await shop.people.decide("a1", "approved", is_heard=is_heard)
    if not is_heard:
        shop.moves(seconds=6)
    await shop.settle()

    assert (await shop.runs.get(ACME, "r1")).run.state["grant"] == "g:a1"
    assert await shop.effects() == ["r1:act"]


@pytest.mark.parametrize("whose_end", ["the wait's", "the approval's", "the run's"])
async def test_waiting_for_approval_past_its_end_fails_as_expired_and_never_acts(
    shop: Shop, whose_end: str
) -> None:
    async def ask(turn: Turn) -> Next:
        shop.people.ask("a1", shop.at + timedelta(hours=1 if whose_end == "the approval's" else 99))
        return wait_for_approval("a1", turn.now + timedelta(hours=1 if whose_end == "the wait's" else 99))

    async def act(turn: Turn) -> Next:
        await shop.effect(turn)
        return done()

    register(shop, Step("ask", ask), Step("act", act))
    deadline = shop.at + timedelta(hours=1) if whose_end == "the run's" else None
    await shop.start("work", deadline=deadline)
    await shop.settle()
    shop.moves(hours=1, seconds=1)
    await shop.settle()
    await shop.people.decide("a1", "approved")
    await shop.settle()

    view = await shop.runs.get(ACME, "r1")
    assert (view.run.status.value, view.run.error.code) == ("failed", "expired")
    assert view.run.error.message_ar
    assert await shop.effects() == []


async def test_whoever_says_no_ends_the_run_and_what_it_did_is_undone(shop: Shop) -> None:
    async def make(turn: Turn) -> Next:
        await shop.effect(turn)
        return done()

    async def unmake(turn: Turn) -> None:
        await shop.effect(turn, ":undone")

    async def ask(turn: Turn) -> Next:
        shop.people.ask("a1", shop.at + timedelta(days=1))
        return wait_for_approval("a1", None)

    register(shop, Step("make", make, compensate=unmake), Step("ask", ask), Step("act", make))
    await shop.start("work")
    await shop.settle()
    await shop.people.decide("a1", "rejected")
    shop.moves(seconds=10)
    await shop.settle()

    view = await shop.runs.get(ACME, "r1")
    assert (view.run.status.value, view.run.error.code) == ("compensated", "approval_rejected")
    assert await shop.effects() == ["r1:make", "r1:make:undone"]


async def test_a_step_that_wants_to_hear_a_no_hears_it(shop: Shop) -> None:
    async def ask(_: Turn) -> Next:
        shop.people.ask("a1", shop.at + timedelta(days=1))
        return wait_for_approval("a1", None, answers=("approved", "rejected"))

    async def act(turn: Turn) -> Next:
        return finished(said=turn.state["approval"]["status"])

    register(shop, Step("ask", ask), Step("act", act), Step("never", act))
    await shop.start("work")
    await shop.settle()
    await shop.people.decide("a1", "rejected")
    shop.moves(seconds=10)
    await shop.settle()

    view = await shop.runs.get(ACME, "r1")
    assert (view.run.status.value, view.run.state["said"], view.run.done) == (
        "completed",
        "rejected",
        ("ask", "act"),
    )


async def test_poison_stops_after_its_attempts_with_growing_pauses_is_told_once_and_can_be_retried(
    shop: Shop,
) -> None:
    is_broken, tries = True, []

    async def fine(_: Turn) -> Next:
        return done(kept="this")

    async def break_down(turn: Turn) -> Next:
        tries.append((shop.at, turn.attempt))
        if is_broken:
            raise RuntimeError("never show this")
        return done()

    register(shop, Step("fine", fine), Step("break_down", break_down, attempts=4))
    await shop.start("work")
    for _ in range(400):
        await shop.settle()
        shop.moves(seconds=0.1)

    view = await shop.runs.get(ACME, "r1")
    assert view.run.status is RunStatus.FAILED
    assert [attempt for _, attempt in tries] == [1, 2, 3, 4]
    pauses = [(b[0] - a[0]).total_seconds() for a, b in pairwise(tries)]
    assert pauses[0] < pauses[1] < pauses[2] <= 4.2 and pauses[0] >= 0.5
    assert view.run.error.code == "RuntimeError" and "never show" not in repr(view.run.error)
    (alert,) = await shop.store.alerts.latest(ACME, 10)
    assert (alert.kind, alert.about, alert.audience) == ("run_failed", "r1", ("admin",))

    is_broken = False
    with pytest.raises(NotFound):
        await shop.runs.retry("zed", "r1", SAMI)
    await shop.runs.retry(ACME, "r1", SAMI)
    await shop.settle()

    view = await shop.runs.get(ACME, "r1")
    assert (view.run.status.value, view.run.state["kept"], view.run.error) == ("completed", "this", None)
    assert [c.what for c in view.checkpoints if c.step == "fine"] == ["started", "done"]
    with pytest.raises(AlreadyDecided):
        await shop.runs.retry(ACME, "r1", SAMI)
    with pytest.raises(AlreadyDecided):
        await shop.runs.cancel(ACME, "r1", SAMI)


async def test_a_step_that_kills_its_process_again_and_again_is_poison_too(shop: Shop) -> None:
    killed = 0

    async def kill(_: Turn) -> Next:
        nonlocal killed
        killed += 1
        raise SystemError if killed > 99 else KeyboardKill

    class KeyboardKill(BaseException):
        """The process is gone."""

    register(shop, Step("kill", kill))
    await shop.start("work")
    for _ in range(14):
        await shop.takes_over()

    view = await shop.runs.get(ACME, "r1")
    assert (view.run.status.value, view.run.error.code, killed) == ("failed", "crashed", 10)


async def test_whoever_gives_up_is_not_tried_again(shop: Shop) -> None:
    async def work(_: Turn) -> Next:
        raise GiveUp("the partner is gone", "الشريك لم يعد موجودًا", code="partner_gone")

    register(shop, Step("work", work))
    await shop.start("work")
    await shop.settle()

    view = await shop.runs.get(ACME, "r1")
    assert (view.run.error.code, view.run.error.message_ar) == ("partner_gone", "الشريك لم يعد موجودًا")
    assert await shop.story() == ["work:started", "work:failed"]


async def test_a_failure_is_told_and_written_down_once_wherever_its_process_died(shop: Shop) -> None:
    async def work(_: Turn) -> Next:
        raise GiveUp("the partner is gone", "الشريك لم يعد موجودًا", code="partner_gone")

    register(shop, Step("work", work))
    for at in range(3, 8):
        await shop.start("work", f"r{at}")
        await shop.settle(shop.dying(at, is_after=False))
        await shop.takes_over()
        assert await shop.status(f"r{at}") == "failed"

    written = await shop.door.collection("timeline").find({"what": "run_failed"})
    alerts = await shop.store.alerts.latest(ACME, 50)
    assert sorted(row["data"]["run"] for row in written) == [f"r{at}" for at in range(3, 8)]
    assert sorted(alert.about for alert in alerts) == [f"r{at}" for at in range(3, 8)]


async def test_what_ended_is_forgotten_after_400_days_and_what_waits_for_a_person_is_not(
    shop: Shop, door: Door
) -> None:
    async def work(turn: Turn) -> Next:
        if turn.state["ends"] == "badly":
            raise GiveUp("no", "لا")
        return done() if turn.state["ends"] == "well" else wait_for_event("paid", "d1", None)

    register(shop, Step("work", work))
    for ends in ("well", "badly", "cancelled", "not"):
        await shop.start("work", ends, state={"ends": ends})
    await shop.settle()
    await shop.runs.cancel(ACME, "cancelled", SAMI)
    await shop.takes_over()

    rows = await door.collection("workflow_runs").find({})
    kept = await door.collection("workflow_runs").index_information()
    assert {row["run_id"] for row in rows if row["ended_at"]} == {"well", "cancelled"}
    assert all(row["ended_at"] in (None, shop.at) for row in rows)
    assert [i["expireAfterSeconds"] for i in kept.values() if i["key"] == [("ended_at", 1)]] == [400 * 86_400]
    filed = await door.collection("workflow_checkpoints").index_information()
    assert [i["expireAfterSeconds"] for i in filed.values() if i["key"] == [("at", 1)]] == [400 * 86_400]


async def test_a_step_that_hangs_is_ended_and_counts_as_a_failure(shop: Shop) -> None:
    async def hang(_: Turn) -> Next:
        await asyncio.sleep(3_600)
        return done()

    register(shop, Step("hang", hang, attempts=1, timeout_seconds=0.05))
    await shop.start("work")
    await shop.settle()

    assert (await shop.runs.get(ACME, "r1")).run.error.code == "timed_out"


@pytest.mark.parametrize("more", [{"big": "x" * (LARGEST_STATE_BYTES + 1)}, {"odd": object()}])
async def test_a_state_that_cannot_be_kept_is_refused_with_its_reason(shop: Shop, more: dict[str, Any]) -> None:
    async def work(_: Turn) -> Next:
        return done(**more)

    register(shop, Step("work", work))
    with pytest.raises(BadRequest):
        await shop.runs.start_run(ACME, "work", state=more, by=SAMI)
    await shop.start("work")
    await shop.settle()

    view = await shop.runs.get(ACME, "r1")
    assert view.run.status is RunStatus.FAILED
    assert view.run.error.message_ar != view.run.error.message_en
    assert view.run.state == {}


@pytest.mark.parametrize("when", ["done", "waiting", "failed", "running", "asleep"])
async def test_cancelling_undoes_what_is_done_backwards_and_survives_deaths(shop: Shop, when: str) -> None:
    at_work, may_go_on = asyncio.Event(), asyncio.Event()
    undone: list[str] = []

    async def work(_: Turn) -> Next:
        return done()

    async def undo(turn: Turn) -> None:
        undone.append(turn.step)
        assert turn.dedupe_key == f"r1:{turn.step}"

    async def last(_: Turn) -> Next:
        if when == "failed":
            raise GiveUp("no", "لا")
        if when == "asleep":
            return sleep_until(shop.at + timedelta(days=1))
        if when == "running":
            at_work.set()
            await may_go_on.wait()
            return done()
        return wait_for_event("never", "x", None)

    register(
        shop,
        Step("one", work, compensate=undo),
        Step("two", work),
        Step("three", work, compensate=undo),
        Step("last", last, compensate=undo),
        Step("after", last),
    )
    await shop.start("work")
    if when == "done":
        await shop.runs.cancel(ACME, "r1", SAMI)
        assert await shop.status() == "cancelled"
        return
    settling = asyncio.create_task(shop.settle())
    if when == "running":
        await at_work.wait()
        assert (await shop.runs.cancel(ACME, "r1", SAMI)).run.status is RunStatus.RUNNING
        may_go_on.set()
        await settling
    else:
        await settling
        await shop.runs.cancel(ACME, "r1", SAMI)
        for at in (2, 4):
            await shop.settle(shop.dying(at, is_after=True))
            await shop.leases_end()
        await shop.takes_over()

    began = ["last"] if when != "failed" else []
    assert list(dict.fromkeys(undone)) == [*began, "three", "one"]
    assert await shop.status() == "compensated"


async def test_what_cannot_be_undone_waits_for_a_person_and_a_retry_goes_on_undoing(shop: Shop) -> None:
    is_broken, undone = True, []

    async def work(_: Turn) -> Next:
        return done()

    async def undo(turn: Turn) -> None:
        if is_broken and turn.step == "one":
            raise RuntimeError
        undone.append(turn.step)

    async def fail(_: Turn) -> Next:
        raise GiveUp("no", "لا")

    register(
        shop,
        Step("one", work, compensate=undo, attempts=2),
        Step("two", work, compensate=undo),
        Step("fail", fail),
    )
    await shop.start("work")
    await shop.settle()
    await shop.runs.cancel(ACME, "r1", SAMI)
    for _ in range(5):
        await shop.settle()
        shop.moves(seconds=5)
    assert await shop.status() == "failed"

    is_broken = False
    await shop.runs.retry(ACME, "r1", SAMI)
    await shop.settle()

    assert (await shop.status(), undone) == ("compensated", ["two", "one"])


async def test_a_run_stays_with_its_version_and_is_parked_where_nobody_knows_it(shop: Shop) -> None:
    async def old(turn: Turn) -> Next:
        return done(by=1)

    async def new(turn: Turn) -> Next:
        return done(by=2)

    async def pause(_: Turn) -> Next:
        return sleep_until(shop.at + timedelta(hours=1))

    first = Flow("work", 1, (Step("pause", pause), Step("old", old)))
    second = Flow("work", 2, (Step("pause", pause), Step("new", new)))
    shop.room = shop.process(flows=[first])
    await shop.start("work", "r1")
    await shop.settle()
    shop.moves(hours=2)

    newer = shop.process(flows=[second])
    await newer.engine.settle()
    view = await newer.runs.get(ACME, "r1")
    assert view.run.is_parked and view.run.error.code == "unknown_version" and view.is_dead
    assert [v.run.id for v in await newer.runs.parked(ACME)] == ["r1"]
    assert [a.kind for a in await shop.store.alerts.latest(ACME, 5)] == ["run_parked"]

    both = shop.process(flows=[first, second])
    await both.engine.settle()
    view = await both.runs.get(ACME, "r1")
    assert (view.run.status.value, view.run.state["by"], view.run.is_parked) == ("completed", 1, False)
    assert (await both.runs.start_run(ACME, "work", run_id="r2", state={}, by=SAMI)).version == 2


async def test_a_newer_version_takes_old_runs_over_where_it_says_how(shop: Shop) -> None:
    async def pause(_: Turn) -> Next:
        return sleep_until(shop.at + timedelta(hours=1), old_name="x")

    async def new(turn: Turn) -> Next:
        return done(sent=turn.state["new_name"], by=turn.version)

    first = Flow("work", 1, (Step("pause", pause), Step("send", new)))
    second = Flow(
        "work",
        2,
        (Step("pause", pause), Step("check", new)),
        takes_over={1: lambda step, state: ("check", {"new_name": state["old_name"]})},
    )
    shop.room = shop.process(flows=[first])
    await shop.start("work", "r1")
    await shop.settle()
    shop.moves(hours=2)
    newer = shop.process(flows=[second])
    await newer.engine.settle()

    view = await newer.runs.get(ACME, "r1")
    assert (view.run.status.value, view.run.version) == ("completed", 2)
    assert view.run.state == {"new_name": "x", "sent": "x", "by": 2}
    assert [c.what for c in view.checkpoints] == ["started", "done", "taken_over", "done"]


@pytest.mark.parametrize("jump", [-1, 1])
async def test_a_clock_that_jumps_fires_nothing_twice_and_starves_nobody(shop: Shop, jump: int) -> None:
    """A sleep ends once by the clock that set it; a pause after a failure ends also when the clock went back."""
    slept, tries = [], []

    async def pause(_: Turn) -> Next:
        return sleep_until(shop.at + timedelta(minutes=30))

    async def wake(turn: Turn) -> Next:
        slept.append(turn.now)
        return done()

    async def stumble(turn: Turn) -> Next:
        tries.append(turn.now)
        if len(tries) == 1:
            raise RuntimeError
        return done()

    register(shop, Step("pause", pause), Step("wake", wake), name="sleeps")
    register(shop, Step("stumble", stumble), name="stumbles")
    await shop.start("sleeps", "r1")
    await shop.start("stumbles", "r2")
    await shop.settle()
    assert (len(slept), len(tries)) == (0, 1)

    shop.moves(hours=jump)
    await shop.takes_over()
    assert len(tries) == 2 and await shop.status("r2") == "completed"
    assert len(slept) == (1 if jump > 0 else 0)

    shop.moves(hours=-jump)
    await shop.takes_over()
    shop.moves(hours=1)
    await shop.takes_over()

    assert len(slept) == 1 and await shop.status("r1") == "completed"


async def test_a_run_led_from_outside_speaks_the_words_of_old(shop: Shop) -> None:
    register(shop, name="by_hand")
    await shop.start("by_hand", state={"a": 1})
    await shop.settle()

    await shop.runs.checkpoint(ACME, "r1", {"b": 2}, "second")
    await shop.runs.checkpoint(ACME, "r1", {"a": 3}, "third")
    resumed = await shop.runs.resume_run(ACME, "r1")
    assert (resumed.is_already_done, resumed.last.note, resumed.run.state) == (False, "third", {"a": 3, "b": 2})
    assert [v.run.id for v in await shop.runs.list_incomplete_runs(ACME)] == ["r1"]
    assert await shop.runs.list_incomplete_runs("zed") == []

    await shop.runs.complete_run(ACME, "r1", {"c": 4})
    resumed = await shop.runs.resume_run(ACME, "r1")
    assert (resumed.is_already_done, resumed.run.state) == (True, {"c": 4})
    with pytest.raises(AlreadyDecided):
        await shop.runs.checkpoint(ACME, "r1", {"d": 5})
    assert [c.seq for c in (await shop.runs.get(ACME, "r1")).checkpoints] == [0, 1, 2, 3]


async def test_no_write_goes_where_no_arrow_leads_and_none_on_a_version_that_is_past(shop: Shop) -> None:
    register(shop, Step("work", golden(shop).steps[0].work))
    await shop.start("work")
    before = await shop.store.runs.read(ACME, "r1")
    await shop.settle()
    ended = await shop.store.runs.read(ACME, "r1")

    with pytest.raises(ImpossibleMove):
        await shop.store.runs.write(ended, before, FREE)
    assert await shop.store.runs.write(before, before, FREE) is None
    assert (
        await shop.store.runs.claim(RunName(ACME, "r1"), ["work@1"], shop.at, shop.room.engine._grip.hold) is None
    )


async def test_idle_costs_one_question_and_reads_no_run_that_is_not_due(shop: Shop, door: Door) -> None:
    async def pause(_: Turn) -> Next:
        return sleep_until(shop.at + timedelta(days=1))

    register(shop, Step("pause", pause), Step("wake", pause))
    await shop.start("work")
    await shop.settle()
    for _ in range(5):
        await shop.room.engine.look()
    asked = door.round_trips
    await shop.room.engine.look()
    looks = [door.round_trips - asked]

    query = {"next_run_at": {"$lte": shop.at, "$type": "date"}, "kind": {"$in": ["work@1"]}}
    for question, order in (
        (query, "next_run_at"),
        (
            {"lease_until": {"$gt": shop.at, "$type": "date"}, "$expr": {"$lte": ["$lease_until", "$$NOW"]}},
            "lease_until",
        ),
    ):
        asked_of = {"find": "workflow_runs", "filter": question, "sort": {order: 1}, "limit": 200}
        plan = str(
            (await door.command("explain", asked_of, verbosity="queryPlanner"))["queryPlanner"]["winningPlan"]
        )
        assert "IXSCAN" in plan and "COLLSCAN" not in plan and "'SORT'" not in plan, plan
    assert min(looks) in (1, 4)


async def test_a_process_that_stops_gives_back_what_it_has_in_hand(shop: Shop) -> None:
    begun = asyncio.Event()
    first = True

    async def work(_: Turn) -> Next:
        nonlocal first
        if first:
            first = False
            begun.set()
            await asyncio.sleep(3_600)
        return done()

    register(shop, Step("work", work, timeout_seconds=4_000))
    await shop.start("work")
    stopping = shop.process()
    serving = asyncio.create_task(stopping.engine.work())
    await begun.wait()
    await asyncio.sleep(0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    await shop.settle()

    view = await shop.runs.get(ACME, "r1")
    assert (view.run.status.value, view.run.crashes) == ("completed", 0)


def test_a_flow_that_is_described_wrongly_is_refused_at_the_start() -> None:
    async def work(_: Turn) -> Next:
        return done()

    for steps, version in (((Step("A b", work),), 1), ((Step("a", work), Step("a", work)), 1), ((), 0)):
        with pytest.raises(ValueError, match=r"crooked|repeated|version"):
            Flow("work", version, steps)
