"""`dealix limits` and `dealix channels`: the numbers of the API, for whoever sits at a terminal."""

import os
from datetime import UTC, datetime, timedelta

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.departures.limit_terms import day_of
from bot.departures.limits import UNASKED_FOR, Reservation
from bot.departures.pauses import Pause
from bot.tenants import DEFAULT_TENANT
from tests.bot.test_gaps_commands import _own_logs, fake, gaps, loses, run  # noqa: F401


def rows_of(told):
    return {line.split("  ")[0].strip(): line.split() for line in told.output.splitlines() if line.strip()}


async def test_limits_say_what_is_used_what_is_left_and_what_pauses(fake, mongo_uri) -> None:  # noqa: F811
    now = datetime.now(UTC)
    store = MongoStore(open_door(mongo_uri, os.environ["MONGODB_DATABASE"]))
    await store.prepare()
    for draft in ("d1", "d2", "d2", "d3"):
        await store.limits.reserve(Reservation(DEFAULT_TENANT, UNASKED_FOR, day_of(now), draft, 1, now), 15)
    until = now + timedelta(minutes=50)
    await store.limits.pause(Pause(DEFAULT_TENANT, "green_api", until, 3_000.0, now, "busy"))
    await store.limits.pause(Pause("another", "fonnte", until, 3_000.0, now, "busy"))
    await store.close()

    told = await run("limits")

    assert told.exit_code == 0, told.output
    rows = rows_of(told)
    assert {"3", "12", "15"} <= set(rows["unasked today"])
    assert f"{until:%H:%M}" in rows["green_api paused"]
    assert "50/s" in rows["fonnte pace"]
    assert (await run("limits", "--tenant", "nobody")).exit_code == 1


async def test_channels_say_what_was_missing_and_repaired(fake) -> None:  # noqa: F811
    loses(fake, "وين موقعكم", hours=2)
    assert (await gaps("look")).exit_code == 0

    told = await run("channels")

    assert told.exit_code == 0, told.output
    rows = rows_of(told)
    assert "1/1/0" in rows["green_api"] and "0/0/0" in rows["fonnte"]
    assert "fonnte: " in told.output  # it keeps no record, and says so
    assert (await run("channels", "--tenant", "nobody")).exit_code == 1
