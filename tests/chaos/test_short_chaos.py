"""
The short form of `make chaos`: a fixed seed, in one process and in several with a real broker.

It kills, so it proves no rate; the long form does that, and `docs/chaos.md` says what either shows.
"""

import asyncio

import pytest

from bench.chaos.checks import judge
from bench.chaos.run import Wish, run

pytestmark = [pytest.mark.crash, pytest.mark.xdist_group("crash")]


async def test_after_the_short_chaos_no_promise_is_broken(tmp_path):
    """Both shapes at once: most of the time goes by in waiting for the lease of what a kill cut off."""
    wishes = [
        Wish(seed=20_261_123, shape=shape, conversations=40, seconds=10, kills=2, keep=tmp_path / shape)
        for shape in ("one", "many")
    ]
    for history in await asyncio.gather(*(run(wish, print) for wish in wishes)):
        _nothing_is_broken(history)


def _nothing_is_broken(history):
    counts = {count.name: count for count in judge(history)}

    broken = {name: count.broken[:5] for name, count in counts.items() if count.broken}
    assert not broken, (history.setup.command, history.faults, broken)
    # What did not happen was not proved.
    assert sum(fault.kind == "kill" for fault in history.faults) == 2
    for name in ("lost", "repeated", "dedupe", "order", "stages", "unapproved", "after_stop", "tenants", "chain"):
        assert counts[name].n > 0, name
