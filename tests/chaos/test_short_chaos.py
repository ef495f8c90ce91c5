"""
The short form of `make chaos`: a fixed seed, in one process and in several with a real broker.

It kills, so it proves no rate; the long form does that, and `docs/chaos.md` says what either shows.
"""

import pytest

from bench.chaos.checks import judge
from bench.chaos.run import Wish, run

pytestmark = [pytest.mark.crash, pytest.mark.xdist_group("crash")]


@pytest.mark.parametrize("shape", ["one", "many"])
async def test_after_the_short_chaos_no_promise_is_broken(shape, tmp_path):
    wish = Wish(seed=20_261_123, shape=shape, conversations=60, seconds=15, kills=3, keep=tmp_path)
    history = await run(wish, print)
    counts = {count.name: count for count in judge(history)}

    broken = {name: count.broken[:5] for name, count in counts.items() if count.broken}
    assert not broken, (history.setup.command, history.faults, broken)
    # What did not happen was not proved.
    assert sum(fault.kind == "kill" for fault in history.faults) == 3
    for name in ("lost", "repeated", "dedupe", "order", "stages", "unapproved", "after_stop", "tenants", "chain"):
        assert counts[name].n > 0, name
