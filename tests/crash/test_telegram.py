"""Cards in Sami's chat outlive the process that sent them."""

import asyncio

import pytest_asyncio

from tests.crash.lead import Lead
from tests.fakes.telegram import FakeTelegram
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.process import Product


@pytest_asyncio.fixture(loop_scope="session")
async def telegram():
    async with FakeTelegram() as telegram:
        yield telegram


@pytest_asyncio.fixture(loop_scope="session")
async def product(telegram, tmp_path_factory):
    """One product that knows Telegram."""
    async with FakeWhatsApp() as fake:
        product = Product(
            tmp_path_factory.mktemp("product"),
            fake,
            TELEGRAM_API_URL=telegram.url,
            TELEGRAM_BOT_TOKEN=telegram.token,
            TELEGRAM_APPROVER_IDS="1001",
        )
        telegram.person(1001, "Sami")
        try:
            await product.boots()
            yield product
        finally:
            await product.ends()


async def test_no_card_is_forgotten_and_none_is_decided_twice(product, telegram):
    sami = telegram.person(1001, "Sami")
    before, during = Lead(product), Lead(product)
    await before.says("حولت المبلغ")
    await before.draft_that_is("held")
    card = await sami.sees_button("approve", within=20)

    # Recorded, and killed before a card could be shown; a tap is made while nobody is there to hear it.
    await during.says("حولت المبلغ")
    product.dies()
    tap = sami.taps_silently(card.button("approve")["callback_data"], card)
    telegram.replays(tap)
    await product.boots()
    sent = await before.draft_that_is("accepted")
    held = await during.draft_that_is("held")

    assert [entry.text for entry in before.arrived] == [sent["text"]]
    assert during.arrived == []
    # By its draft: a card that was sent in the moment of dying, and not noted, is sent once more.
    for _ in range(200):
        cards = [m for m in sami.messages if m.button(f":approve:{held['id']}")]
        if cards:
            break
        await asyncio.sleep(0.1)
    assert len(cards) == 1, [message.text for message in sami.messages]
    await sami.taps("approve", on=cards[0], within=20)
    await during.draft_that_is("accepted")
    assert [entry.text for entry in during.arrived] == [held["text"]]


async def test_a_restart_shows_no_card_again(product, telegram):
    sami = telegram.person(1001, "Sami")
    lead = Lead(product)
    await lead.says("حولت المبلغ")
    await sami.sees_button("approve", within=20)
    await asyncio.sleep(1)
    shown = len(sami.messages)
    await product.reboots()
    await asyncio.sleep(4)

    assert len(sami.messages) == shown
    await sami.taps("approve", within=20)
    await lead.draft_that_is("accepted")
    assert len(lead.arrived) == 1


async def test_a_request_agreed_to_while_nobody_was_there_is_carried_out_once(product, telegram):
    sami = telegram.person(1001, "Sami")
    lead = Lead(product)
    await lead.says("السلام عليكم")
    await lead.draft_that_is("accepted")
    contact = await product.contact(lead.phone)
    asked = await product.asks(
        "POST",
        "tasks/send_whatsapp",
        payload={"conversation_id": contact["_id"], "text": "موعدنا غدًا العاشرة"},
        correlation_id="crash-1",
    )
    assert asked.status_code == 202, asked.text
    card = await sami.sees_button("a:approve", within=20)
    await asyncio.sleep(1)  # a card that is sent and not noted in the moment of dying is sent once more

    product.dies()
    tap = sami.taps_silently(card.button("a:approve")["callback_data"], card)
    telegram.replays(tap)
    await product.boots()
    await sami.sees("✅ تمت الموافقة", on=card, within=60)

    for _ in range(600):
        if [entry for entry in lead.arrived if entry.text == "موعدنا غدًا العاشرة"]:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(3)
    assert len([entry for entry in lead.arrived if entry.text == "موعدنا غدًا العاشرة"]) == 1
    assert len([m for m in sami.messages if "موعدنا غدًا" in m.text]) == 1


async def test_an_alert_is_shown_once_whatever_dies(product, telegram):
    sami = telegram.person(1001, "Sami")
    refused = await product.asks("POST", "tasks/delete_data_without_audit", correlation_id="crash-2")
    assert refused.status_code in (403, 404), refused.text
    alert = await sami.sees_button("n:ok", within=20)
    await asyncio.sleep(1)

    await product.reboots()
    await asyncio.sleep(5)
    await sami.taps("n:ok", on=alert, within=20)
    await sami.sees("اطلع عليه", on=alert)

    about = [message.text for message in sami.messages if "delete_data_without_audit" in message.text]
    assert len(about) == 1, [message.text for message in sami.messages]
