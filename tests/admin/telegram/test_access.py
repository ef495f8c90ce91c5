"""Only the listed people, only in private, each update once."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from admin.telegram.settings import Webhook
from bot.conversation import Status
from bot.errors import BadSignature, Misconfigured, UnreadableBody
from tests.admin.telegram.house import House, quick
from tests.fakes.telegram import FakeTelegram, Person


async def test_a_stranger_learns_nothing(house: House, sami: Person, telegram: FakeTelegram) -> None:
    stranger = telegram.person(666, "Stranger")
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")

    for words in ("/start", "/queue", "/brief", "مرحبا", f"/contact {draft.id}"):
        await stranger.types(words)
    stolen = await stranger.sends_tap(f"d:approve:{draft.id}:1", card)
    mailed = await stranger.sends_tap(f"c:show:{(await house.conversation_of(draft.id)).id}", card)

    for popup in (stolen, mailed):
        assert popup.is_alert
        assert "ليس لك" in popup.text
        assert "not for you" in popup.text
    assert stranger.messages == []
    assert not [call for call in telegram.calls if call.params.get("chat_id") == "666"]
    assert (await house.draft(draft.id)).status is Status.HELD


async def test_groups_are_ignored_even_with_sami_in_them(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    await sami.sees_button("approve")
    group = {"id": -100123, "type": "supergroup", "title": "Sales"}
    user = {"id": sami.chat.id, "is_bot": False, "first_name": "Sami"}
    telegram.pushes({"message": {"message_id": 5, "from": user, "chat": group, "date": 1, "text": "/queue"}})
    tap = telegram.pushes(
        {
            "callback_query": {
                "id": "g1",
                "from": user,
                "chat_instance": "1",
                "message": {"message_id": 6, "chat": group, "date": 1, "text": "x"},
                "data": f"d:approve:{draft.id}:1",
            }
        }
    )

    popup = await sami.hears(tap)

    assert popup.is_alert
    assert (await house.draft(draft.id)).status is Status.HELD
    assert not [call for call in telegram.calls if call.params.get("chat_id") == "-100123"]


async def test_a_replayed_update_does_nothing_again(house: House, sami: Person, telegram: FakeTelegram) -> None:
    first = await house.opens()
    draft = await house.holds("أهلًا", warn_at=None, due_at=None)
    popup = await sami.taps("snooze_15")
    before = (await house.draft(draft.id)).snoozed_until
    await first.stop()
    house.passes(minutes=5)

    await house.opens()
    telegram.replays(popup.update)
    await sami.types("/queue")
    await sami.sees("📋 ينتظر قرارك")

    assert (await house.draft(draft.id)).snoozed_until == before


async def test_one_update_that_nobody_understands_does_not_hide_the_next(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    await house.opens()
    telegram.pushes({"message": {"message_id": "what", "chat": 7}})
    telegram.pushes({"a_kind_of_the_future": {"x": 1}})

    await sami.types("/help")

    await sami.sees("أنا بوت الاعتماد")


async def test_a_tap_on_a_message_that_telegram_no_longer_shows_still_works(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    await house.opens()
    draft = await house.holds("أهلًا")
    card = await sami.sees_button("approve")
    tap = telegram.pushes(
        {
            "callback_query": {
                "id": "old1",
                "from": {"id": sami.chat.id, "is_bot": False, "first_name": "Sami"},
                "chat_instance": "1",
                "message": {
                    "message_id": card.message_id,
                    "date": 0,
                    "chat": {"id": sami.chat.id, "type": "private"},
                },
                "data": f"d:approve:{draft.id}:1",
            }
        }
    )

    await sami.hears(tap)

    await sami.sees("جارٍ الإرسال", on=card)


async def test_updates_can_be_brought_instead_of_asked_for(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    draft = await house.holds("أهلًا")
    bot = house.bot(webhook=Webhook("http://127.0.0.1:9/telegram/webhook", "s3cret-Token"))
    with pytest.raises(BadSignature):
        await bot.feed(b"{}", "wrong")
    with pytest.raises(BadSignature):
        await bot.feed(b"{}", "")
    for body in (b"not json", b"[]", b'{"message": {}}'):
        with pytest.raises(UnreadableBody):
            await bot.feed(body, "s3cret-Token")

    await bot.start()
    card = await sami.sees_button("approve")
    update = sami.taps_silently(card.button("approve")["callback_data"], card)
    for _ in range(2):
        await bot.feed(json.dumps(update).encode(), "s3cret-Token")

    assert telegram.world.webhook["secret_token"] == "s3cret-Token"
    assert (await house.draft(draft.id)).status is Status.QUEUED


async def test_telegram_brings_an_update_again_until_it_was_taken(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    answers = [503, 503]

    async def receive(request: web.Request) -> web.Response:
        if answers:
            return web.Response(status=answers.pop())
        await bot.feed(await request.read(), request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""))
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram/webhook", receive)
    async with TestServer(app) as server:
        bot = await house.opens(webhook=Webhook(str(server.make_url("/telegram/webhook")), "s3cret"))
        draft = await house.holds("أهلًا")
        await sami.taps("approve")

    assert answers == []
    assert (await house.draft(draft.id)).status is Status.QUEUED


async def test_polling_refuses_calls_to_the_webhook(house: House) -> None:
    bot = await house.opens()

    with pytest.raises(BadSignature):
        await bot.feed(b'{"update_id": 1}', "")


async def test_a_token_that_cannot_be_one_stops_the_start(house: House) -> None:
    with pytest.raises(Misconfigured):
        house.bot(token="not-a-token")


async def test_a_webhook_left_behind_does_not_stop_the_polling(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(f"{telegram.url}/bot{telegram.token}/setWebhook", data={"url": "http://127.0.0.1:9/x"})
    await house.opens()

    await sami.types("/help")

    await sami.sees("أنا بوت الاعتماد")


async def test_neither_the_token_nor_what_people_write_is_logged(
    house: House, sami: Person, telegram: FakeTelegram, capfd: pytest.CaptureFixture[str]
) -> None:
    await house.opens()
    telegram.has_trouble("html", times=5)
    await house.holds("سر المسودة", says="سر العميل")
    card = await sami.sees_button("approve")
    await sami.replies("سر التعديل", to=card)
    await sami.sees("سر التعديل", on=card)
    telegram.goes_down()
    await asyncio.sleep(0.2)
    telegram.comes_back()
    await sami.types("/find سر البحث")
    await sami.sees("لا أحد بهذا الاسم")

    logged = "".join(capfd.readouterr())

    assert "telegram_away" in logged
    for secret in (telegram.token, telegram.token.split(":")[1], "سر "):
        assert secret not in logged


async def test_the_fake_can_be_driven_from_another_process(
    house: House, sami: Person, telegram: FakeTelegram
) -> None:
    await house.opens(rhythm=quick())
    draft = await house.holds("أهلًا")
    await sami.sees_button("approve")

    async with httpx.AsyncClient(base_url=telegram.url) as client:
        popup = (await client.post("/_/chats/1001/taps", json={"button": "approve"})).json()
        messages: list[dict[str, Any]] = (await client.get("/_/chats/1001")).json()

    assert "معتمد" in popup["text"]
    assert len(messages) == 1
    assert (await house.draft(draft.id)).status is Status.QUEUED


def test_the_package_itself_costs_no_start_time() -> None:
    package = Path(__file__).parents[3] / "admin" / "telegram" / "__init__.py"

    assert "import" not in package.read_text()
