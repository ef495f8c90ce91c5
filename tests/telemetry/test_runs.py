"""Durable work in traces: each try of a step, pointing back at what started its run."""

from uuid import uuid4

from bot.people import Human
from bot.runs.flow import Flow, GiveUp, Next, Step, Turn, done
from bot.telemetry import spans
from bot.tenants import DEFAULT_TENANT

SAMI = Human("console:sami", "Sami")


async def test_each_try_of_a_step_is_a_trace_that_points_at_what_started_the_run(house, watcher):
    tries = []

    async def count(turn: Turn) -> Next:
        tries.append(turn.attempt)
        return done(words="never in a trace")

    async def stop(_: Turn) -> Next:
        raise GiveUp("the partner is gone", "الشريك لم يعد موجودًا", code="partner_gone")

    runs, name, about = house.inside.trust.runs, f"watched_{uuid4().hex[:6]}", uuid4().hex
    runs.register(Flow(name, 1, (Step("count", count), Step("stop", stop))))
    with spans.span("inbound.record", is_entry=True, correlation_id=about):
        place = spans.here().split("-")
        run = await runs.start_run(DEFAULT_TENANT, name, state={}, by=SAMI, correlation_id=about)
    while (await runs.get(DEFAULT_TENANT, run.id)).run.status.value != "failed":
        await house.settles()
    seen = await watcher.looks()

    counted, stopped = seen.called("run.step", run=run.id)
    assert [(s.says("flow"), s.says("step"), s.says("attempt")) for s in (counted, stopped)] == [
        (name, "count", "1"),
        (name, "stop", "1"),
    ]
    assert counted.links == stopped.links == ((place[1], place[2]),)
    assert len({counted.trace, stopped.trace, place[1]}) == 3
    assert {span.says("correlation_id") for span in (counted, stopped)} == {about}
    assert counted.says("outcome") == "done" and not counted.is_error and tries == [1]
    assert stopped.is_error
    assert "never in a trace" not in repr(seen.spans) and "partner is gone" not in repr(seen.spans)
