"""What leaves, leaves no faster and no more often than agreed, over all processes; nobody waits for others."""

import asyncio
import signal
import time
from collections import Counter
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import pytest
from pydantic import TypeAdapter

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.conversation import DraftKind, Status, Waiting
from bot.departures.held_up import ANSWERS_WAIT
from bot.events import InboundMessage, Kind
from bot.store import Arrival
from tests.fakes.whatsapp import ACCOUNTS, FakeWhatsApp, bodies
from tests.house import Talk
from tests.house.clock import Clock
from tests.house.running import PATIENCE, RunningHouse, eventually, running, settings_for
from tests.house.sami import Sami
from tests.laws.test_follow_ups import falls_silent
from tests.mongo.locked import LockedMongo

# The driver leaves a socket behind when its server dies.
DRIVER_LEAK = "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"

NUMBERS_ONLY = {"DEALIX_MAY_CHANGE_NUMBER": "false"}


async def asks(house: RunningHouse, path: str, role: str = "admin", **query: str) -> dict:
    answer = await house.http.get(f"/api/v1/{path}", headers=house.token(role), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def all_say(talks: list[Talk], words: str = "كم السعر؟") -> None:
    answers = await asyncio.gather(*(talk.posts(talk.writes(words)) for talk in talks))
    assert {answer.status_code for answer in answers} == {200}


async def looks(*talks: Talk) -> None:
    for talk in talks:
        await talk.looks()


async def they_settle(talks: list[Talk], status: Status, several: int) -> None:
    """Wait until so many drafts have this status and no other is on its way."""
    deadline = time.monotonic() + PATIENCE
    while True:
        await looks(*talks)
        left = [draft.status for talk in talks for draft in talk.conversation.on_the_way()]
        if left == [status] * several:
            return
        assert time.monotonic() < deadline, left
        await asyncio.sleep(0.05)


# The day


async def test_more_than_ten_a_day_want_another_yes_and_more_than_the_limit_wait_for_tomorrow(new_house) -> None:
    house = await new_house(WHATSAPP_DAILY_LIMIT="5", DEALIX_APPROVAL_ABOVE_A_DAY="3")
    sami, talks = Sami(house), [Talk(house) for _ in range(7)]
    await falls_silent(talks[0])
    await all_say(talks[1:], "مهتم بالخدمة")
    await looks(*talks)
    await house.inside.relay.flush()
    assert (await asks(house, "sends/stats"))["by_kind"] == {"reply": 7}
    await house.moves(hours=20, minutes=10)
    await looks(*talks)
    before = Counter(len(talk.arrived) for talk in talks)
    assert before == {1: 7}

    held = [next(draft for draft in talk.held if draft.kind is DraftKind.FOLLOW_UP) for talk in talks]
    answers = await asyncio.gather(*(sami.taps_approve(draft) for draft in held))
    assert {answer.status_code for answer in answers} == {200}
    await they_settle(talks, Status.HELD, 4)  # a linked phone says one thing a second that nobody asked for
    assert Counter(len(talk.arrived) for talk in talks) == {2: 3, 1: 4}
    again = [talk for talk in talks if talk.held]
    assert {reason for talk in again for reason in talk.held[0].hold_reasons} >= {"hold.many_today"}

    answers = await asyncio.gather(*(sami.taps_approve(talk.held[0]) for talk in again))
    assert {answer.status_code for answer in answers} == {200}
    await they_settle(talks, Status.QUEUED, 2)
    assert Counter(len(talk.arrived) for talk in talks) == {2: 5, 1: 2}
    waiting = [draft for talk in talks for draft in talk.drafts(Status.QUEUED)]
    assert {draft.note for draft in waiting} == {"day_is_full"}
    (midnight,) = {draft.retry_at for draft in waiting}
    assert (midnight + timedelta(hours=3)).time().isoformat() == "00:00:00"

    view = await asks(house, "limits", "executive")
    (budget,) = view["budgets"]
    assert (budget["used"], budget["left"], budget["limit"], budget["approval_above"]) == (5, 0, 5, 3)
    assert datetime.fromisoformat(budget["until"]) == midnight
    assert view["each_contact"] == {"unasked_for_in_24_hours": 1, "unasked_for_in_30_days": 3}


async def test_what_surely_was_not_sent_gives_its_place_back(new_house) -> None:
    house = await new_house(WHATSAPP_DAILY_LIMIT="1", **NUMBERS_ONLY)
    sami, one, other = Sami(house), Talk(house), Talk(house)
    await falls_silent(one)
    await all_say([other], "مهتم بالخدمة")
    await house.moves(hours=20, minutes=10)
    await looks(one, other)
    house.fake.script("green_api", "refuse:400:validation failed", times=1)
    await sami.approves(one, one.held[0])
    assert one.drafts(Status.QUEUED) or one.drafts(Status.FAILED)
    assert len(one.arrived) == 1
    await house.moves(minutes=30)
    await looks(one)
    used = (await asks(house, "limits"))["budgets"][0]["used"]
    assert used == len(one.arrived) - 1


# The rate


async def test_answers_leave_at_the_pace_of_the_number_and_none_is_held_or_refused(new_house) -> None:
    house = await new_house(WHATSAPP_RATE_LIMIT_PER_SECOND="6", **NUMBERS_ONLY)
    talks = [Talk(house) for _ in range(20)]
    await all_say(talks)
    await eventually(lambda: len(house.fake.ledger) == 20)
    await looks(*talks)

    assert {draft.status for talk in talks for draft in talk.conversation.outbox} == {Status.ACCEPTED}
    began = sorted(a.started_at for talk in talks for d in talk.conversation.outbox for a in d.attempts)
    second = timedelta(seconds=1)
    assert max(sum(end - second < at <= end for at in began) for end in began) <= 6
    assert house.fake.calls["green_api"] == 20


async def test_what_waits_its_turn_is_not_passed_by_the_next_answer(new_house) -> None:
    house = await new_house(WHATSAPP_RATE_LIMIT_PER_SECOND="1", **NUMBERS_ONLY)
    crowd, talk = [Talk(house) for _ in range(6)], Talk(house)
    await all_say(crowd)
    await all_say([talk], "السلام عليكم")
    await all_say([talk], "كم السعر؟")
    await eventually(lambda: talk.arrived and not house.inside.worker._lanes)
    await eventually(lambda: len(house.fake.ledger) >= 7)
    await looks(talk)
    sent = [d for d in talk.conversation.outbox if d.attempts]
    assert [d.created_at for d in sent] == sorted(d.created_at for d in sent)
    assert [entry.text for entry in talk.arrived] == [d.text for d in sent]


# Pauses


async def test_a_pause_holds_for_every_process_and_after_a_restart(
    mongo_uri, databases, tmp_path_factory, own_house
) -> None:
    database, clock = databases.take(), Clock()
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeWhatsApp())

        def settings():
            more = {"DEALIX_CHANNEL_ORDER": "green_api", **NUMBERS_ONLY}
            return settings_for(fake.url, mongo_uri, database, tmp_path_factory.mktemp("p"), **more)

        def state(house: RunningHouse) -> str:
            return next(r.state for r in house.inside.chains["default"].report() if r.channel == "green_api")

        first = await stack.enter_async_context(running(settings(), fake, clock))
        second = await stack.enter_async_context(running(settings(), fake, clock))
        fake.script("green_api", "rate_limit:3000", times=1)
        refused, later = Talk(first), Talk(second)
        await refused.posts(refused.writes("كم السعر؟"))
        await eventually(lambda: state(first) == "paused")
        await eventually(lambda: state(second) == "paused")
        await later.posts(later.writes("كم السعر؟"))
        third = await stack.enter_async_context(running(settings(), fake, clock))
        await eventually(lambda: state(third) == "paused")

        (shown,) = [c for c in (await asks(third, "limits"))["channels"] if c["channel"] == "green_api"]
        until = datetime.fromisoformat(shown["paused_until"])
        assert timedelta(minutes=45) < until - clock() <= timedelta(minutes=50)
        assert "الانتظار" in shown["reason_ar"]

        async def waits(talk: Talk) -> bool:
            talk.memory = await first.remembers(f"phone:{talk.phone}")
            return bool(talk.memory and any(d.retry_at for d in talk.drafts(Status.QUEUED)))

        for talk in (refused, later):
            while not await waits(talk):
                await asyncio.sleep(0.05)
        assert fake.calls["green_api"] == 1

        async def told() -> list[str]:
            found = await third.inside.trust.alerts.latest("default")
            return [alert.title_en for alert in found if alert.kind == ANSWERS_WAIT]

        held_up = first.inside.trust.held_up
        await held_up.look()
        assert await told() == []  # nobody has waited for five minutes yet
        clock.moves(timedelta(minutes=5))
        for house in (first, second, third):
            await house.inside.trust.held_up.look()
        (title,) = await told()
        assert title.startswith("2 answers wait until ") and "green_api" in title
        clock.moves(timedelta(seconds=2_701))
        for house in (first, second, third):
            house.inside.bell.ring("default", "nobody")
        await eventually(lambda: len(fake.ledger) == 2)
        assert fake.calls["green_api"] == 3
    await databases.give_back([database])


# Back-pressure


async def test_a_number_whose_provider_hangs_keeps_nobody_else_waiting(new_house) -> None:
    house = await new_house(**NUMBERS_ONLY)
    house.fake.script("green_api", "slow:5")
    stuck = [Talk(house) for _ in range(24)]
    await all_say(stuck)
    await eventually(lambda: house.fake.calls["green_api"] >= 4)
    for number in range(4):
        quick = Talk(house, "ultramsg" if number % 2 else "fonnte")
        await quick.posts(quick.writes("كم السعر؟"))
        await eventually(lambda quick=quick: quick.arrived, within=5)
    assert not any(talk.arrived for talk in stuck), "the others were answered before the first of the stuck"

    heard_meanwhile = Talk(house, "ultramsg")
    await heard_meanwhile.posts(heard_meanwhile.writes("وقفوا الرسايل"))
    await eventually(lambda: heard_meanwhile.arrived, within=5)
    house.fake.heals("green_api")
    await eventually(lambda: all(talk.arrived for talk in stuck), within=60)


TENANT = """
  - id: {id}
    name: {id}
    channels:
      - {{id: {id}_green, provider: green_api, url: "{url}", instance_id: "{instance}", token: "{token}",
         webhook_secret: "{secret}", pace: {{a_second: 1000, a_minute: 60000}}}}
"""


@pytest.mark.parametrize("backlog", [150, 1_100], ids=["on the page", "longer than the page"])
async def test_one_tenants_backlog_is_not_the_others(mongo_uri, databases, tmp_path, backlog) -> None:
    """As after a night without a worker: nothing rings, and all of one tenant's waiting is older."""
    database, clock = databases.take(), Clock()
    async with FakeWhatsApp() as fake:
        file = tmp_path / "tenants.yml"
        named = {
            "url": fake.url,
            "instance": ACCOUNTS.green_instance,
            "token": ACCOUNTS.green_token,
            "secret": ACCOUNTS.green_webhook_token,
        }
        file.write_text("tenants:" + "".join(TENANT.format(id=name, **named) for name in ("default", "quiet")))
        elsewhere = MongoStore(open_door(mongo_uri, database))
        await elsewhere.prepare()
        for first in range(0, backlog, 25):
            several = range(first, min(first + 25, backlog))
            await asyncio.gather(*(_left_lying(elsewhere, "default", number, clock()) for number in several))
        await asyncio.gather(*(_left_lying(elsewhere, "quiet", number, clock()) for number in range(5)))
        await elsewhere.close()
        clock.moves(timedelta(minutes=2))
        more = {"DEALIX_TENANTS_FILE": file}
        async with running(
            settings_for(fake.url, mongo_uri, database, tmp_path / "data", **more), fake, clock
        ) as house:
            await eventually(lambda: sum("96657" in entry.recipient for entry in fake.ledger) == 5, within=60)
            assert sum("96656" in entry.recipient for entry in fake.ledger) < 0.8 * backlog
            house.clock.moves(timedelta(hours=30))  # what is left is too late for an answer
    await databases.give_back([database])


async def _left_lying(store: MongoStore, tenant: str, number: int, at: datetime) -> None:
    """What a process took in that died right afterwards."""
    phone = f"{'96656' if tenant == 'default' else '96657'}{number:07}"
    message = InboundMessage(f"m{phone}", (f"phone:{phone}",), Kind.TEXT, "كم السعر؟", phone=phone)
    later = at + timedelta(seconds=tenant == "quiet")
    waiting = Waiting(
        f"{tenant}_green|m{phone}",
        "message",
        f"{tenant}_green",
        later,
        f"c{phone}",
        TypeAdapter(InboundMessage).dump_python(message),
    )
    arrival = Arrival(tenant, waiting, (f"phone:{phone}",), phone, opens_window=True, wake_at=later)
    await store.conversations.record(arrival, later, f"id{phone}")


@pytest.mark.filterwarnings(DRIVER_LEAK)
async def test_while_the_database_is_away_providers_are_asked_to_come_again_and_nothing_is_lost(tmp_path) -> None:
    async with AsyncExitStack() as stack:
        (tmp_path / "server").mkdir()
        server = await stack.enter_async_context(LockedMongo(tmp_path / "server"))
        uri = await server.user("dealix", "dealix")
        fake = await stack.enter_async_context(FakeWhatsApp())
        settings = settings_for(fake.url, uri, "dealix", tmp_path / "data", **NUMBERS_ONLY)
        house = await stack.enter_async_context(running(settings, fake, Clock()))
        before, during = Talk(house), [Talk(house) for _ in range(3)]
        await before.says("كم السعر؟")
        assert len(before.arrived) == 1

        server.dies()
        hooks = [(talk, talk.writes("كم السعر؟")) for talk in during]
        answers = await asyncio.gather(*(talk.posts(hook) for talk, hook in hooks))
        assert {answer.status_code for answer in answers} == {503}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)

        await asyncio.to_thread(server.comes_back)
        for talk, hook in hooks:
            while (await talk.posts(hook)).status_code != 200:
                await asyncio.sleep(0.1)
            assert (await talk.posts(hook)).json()["new"] == 0
        await eventually(lambda: all(talk.arrived for talk in during))
        await house.settles()
        assert [len(talk.arrived) for talk in during] == [1, 1, 1]


@pytest.mark.filterwarnings(DRIVER_LEAK)
async def test_a_database_that_stands_still_for_a_moment_slows_and_loses_nothing(tmp_path) -> None:
    async with AsyncExitStack() as stack:
        (tmp_path / "server").mkdir()
        server = await stack.enter_async_context(LockedMongo(tmp_path / "server"))
        uri = await server.user("dealix", "dealix")
        fake = await stack.enter_async_context(FakeWhatsApp())
        settings = settings_for(fake.url, uri, "dealix", tmp_path / "data", **NUMBERS_ONLY)
        house = await stack.enter_async_context(running(settings, fake, Clock()))
        talks = [Talk(house) for _ in range(12)]
        process = server._process
        process.send_signal(signal.SIGSTOP)
        posted = [asyncio.create_task(talk.posts(talk.writes("كم السعر؟"))) for talk in talks]
        await asyncio.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        answers = await asyncio.gather(*posted)
        assert {answer.status_code for answer in answers} == {200}
        await eventually(lambda: all(talk.arrived for talk in talks))
        await house.settles()
        assert [len(talk.arrived) for talk in talks] == [1] * 12


# What is shown


async def test_who_may_look_and_at_what(house) -> None:
    for path in ("limits", "sends/stats"):
        for role in ("approver", "rules_editor", "agent", "service", "dpo"):
            answer = await house.http.get(f"/api/v1/{path}", headers=house.token(role))
            assert answer.status_code == 403
        assert (await house.http.get(f"/api/v1/{path}")).status_code == 401


@pytest.mark.parametrize(
    "span",
    [
        {"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"since": "2026-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"since": "2020-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"since": "yesterday"},
        {"since": "2026-03-01T00:00:00"},
    ],
)
async def test_a_span_that_is_none_is_refused_with_a_reason(house, span) -> None:
    answer = await house.http.get("/api/v1/sends/stats", headers=house.token("admin"), params=span)
    assert answer.status_code == 422
    assert answer.json()["message_ar"]


async def test_messages_are_counted_by_what_became_of_them(new_house) -> None:
    house = await new_house(**NUMBERS_ONLY)
    empty = await asks(house, "sends/stats")
    assert (empty["has_data"], empty["messages"], empty["by_status"]) == (False, 0, {})
    assert empty["definition_en"] and empty["definition_ar"]

    read, doubtful, refused = Talk(house), Talk(house), Talk(house, "ultramsg")
    await read.says("كم السعر؟")
    receipt = bodies.receipt(
        "green_api", "read", provider_message_id=read.arrived[0].id, phone=read.phone, at=house.clock()
    )
    assert (await house.is_told("green_api", receipt)).status_code == 200
    house.fake.script("green_api", "html_200", times=1)
    await doubtful.says("كم السعر؟")
    house.fake.script("ultramsg", "refuse:Wrong token", times=1)
    await refused.says("كم السعر؟")
    await house.settles()
    await house.inside.relay.flush()

    stats = await asks(house, "sends/stats")
    assert stats["has_data"] is True
    assert stats["messages"] == 3
    assert stats["by_status"] == {"read": 1, "unknown": 1, "refused": 1}
    assert stats["by_channel"] == {"green_api": 2, "ultramsg": 1}
    past = await asks(house, "sends/stats", since="2026-03-01T00:00:00Z", until="2026-03-02T00:00:00Z")
    assert past["has_data"] is False
