"""A switch that a human turned holds in every process when they are told that it does."""

from datetime import UTC, datetime, timedelta

from adapters.mongo.store import MongoStore
from bot.bell import Bell
from bot.desk import Desk
from bot.notebook import Notebook
from bot.people import Human
from bot.postures import PostureCache
from bot.relay import Relay
from bot.tenant import Tenant

CLINIC = Tenant(id="default", name="Clinic")
SAMI = Human("api:sami", "Sami")


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_pause_holds_in_every_process_as_soon_as_it_is_confirmed(store: MongoStore) -> None:
    here, elsewhere = (PostureCache(store, now, is_alone=False) for _ in range(2))
    desk = Desk(Notebook(store, {CLINIC.id: CLINIC}, Bell(), Relay(store, now), now), here)

    for _ in range(5):
        assert not (await elsewhere.of(CLINIC)).is_paused
        await desk.pause(CLINIC.id, SAMI)
        assert (await elsewhere.of(CLINIC)).is_paused
        assert (await here.of(CLINIC)).is_paused
        await desk.resume(CLINIC.id)


async def test_a_clock_that_is_set_back_makes_nobody_remember_an_old_switch(store: MongoStore) -> None:
    hour = [now()]
    postures = PostureCache(store, lambda: hour[0])
    desk = Desk(Notebook(store, {CLINIC.id: CLINIC}, Bell(), Relay(store, now), now))
    assert not (await postures.of(CLINIC)).is_paused

    hour[0] -= timedelta(hours=1)
    await desk.pause(CLINIC.id, SAMI)

    assert (await postures.of(CLINIC)).is_paused
