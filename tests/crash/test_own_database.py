"""A database that nobody but us keeps running is started again when something kills it."""

import asyncio
import os
import signal
import time

from tests.crash.lead import Lead


async def test_a_killed_database_comes_back_under_a_living_service(product, whatsapp):
    before, after = Lead(product), Lead(product)
    assert (await before.says("كم السعر؟")).status_code == 200
    await before.draft_that_is("accepted")
    os.kill(product._database_pid, signal.SIGKILL)

    hook = after.writes("كم السعر؟")
    deadline = time.monotonic() + 60
    while (await product.is_told(after.provider, hook)).status_code != 200:
        assert time.monotonic() < deadline, product.said[-2_000:]
        await asyncio.sleep(0.5)
    sent = await after.draft_that_is("accepted")

    assert [entry.text for entry in after.arrived] == [sent["text"]]
    assert [entry.text for entry in before.arrived] == [(await before.contact())["outbox"][-1]["text"]]
    assert (await product.http.get("/readyz")).status_code == 200
