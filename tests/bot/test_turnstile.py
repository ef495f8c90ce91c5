"""How often somebody may ask, and be wrong: in one process, in several, and while the counting place is away."""

import time
from uuid import uuid4

import pytest

from bot.access import LockedOut, TooMany
from bot.access.turnstile import Turnstile
from bot.errors import Misconfigured


async def test_several_processes_count_together_where_they_are_told_to(mongo_uri):
    one, two = (Turnstile("3/hour", "2/hour", mongo_uri) for _ in range(2))
    who = uuid4().hex

    for turnstile in (one, two, one):
        await turnstile.ask(who)
    with pytest.raises(TooMany) as refused:
        await two.ask(who)
    assert 0 < refused.value.details["retry_after_seconds"] <= 3600
    assert await one.be_wrong(who) is False
    assert await two.be_wrong(who) is True
    with pytest.raises(LockedOut):
        await one.be_wrong(who)


async def test_one_process_forgets_when_the_time_is_over():
    turnstile = Turnstile("2/second", "2/second")
    for _ in range(2):
        await turnstile.ask("noura")
    with pytest.raises(TooMany):
        await turnstile.ask("noura")
    await turnstile.ask("huda")
    began = time.monotonic()
    while True:
        try:
            await turnstile.ask("noura")
            break
        except TooMany:
            assert time.monotonic() - began < 3


async def test_while_the_counting_place_is_away_everybody_may_pass():
    nowhere = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50&connectTimeoutMS=50"
    turnstile = Turnstile("1/hour", "1/hour", nowhere)

    for _ in range(3):
        await turnstile.ask("noura")
        assert await turnstile.be_wrong("203.0.113.9") is False


@pytest.mark.parametrize("limits", [("often", "1/minute"), ("1/minute", "never"), ("", "1/minute")])
def test_a_limit_that_is_none_stops_the_start(limits):
    with pytest.raises(Misconfigured):
        Turnstile(*limits)


def test_a_place_that_cannot_be_used_stops_the_start_and_is_not_repeated():
    with pytest.raises(Misconfigured) as refused:
        Turnstile("1/minute", "1/minute", "carrier-pigeon://sami:secret@roof")
    assert "secret" not in str(refused.value)
