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
