"""Templates at Meta: sent by name, listed, and heard of; nobody else pretends to have any."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from adapters.whatsapp.fonnte import Fonnte
from adapters.whatsapp.green_api import GreenApi
from adapters.whatsapp.meta_cloud import MetaCloud
from adapters.whatsapp.ultramsg import Ultramsg
from bot.events import Ignored, SendClass, TemplateNews
from bot.ports import CarriesTemplates, HistoryAway, OutboundMessage, Recipient, TemplateMessage
from tests.fakes.whatsapp import ACCOUNTS, FakeWhatsApp
from tests.fakes.whatsapp.templates import MetaTemplate

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WHO = Recipient(("phone:966501234567",), "966501234567")
HELLO = MetaTemplate("hello", "ar", "مرحبا {{1}} من {{2}} أهلا", "للإيقاف اكتب: إيقاف")


@pytest.fixture
async def meta(fake: FakeWhatsApp) -> AsyncIterator[MetaCloud]:
    fake.templates.hold(HELLO)
    provider = MetaCloud(
        "meta_cloud",
        phone_number_id=ACCOUNTS.meta_phone_number_id,
        token=ACCOUNTS.meta_token,
        clock=lambda: NOW,
        app_secret=ACCOUNTS.meta_app_secret,
        account=ACCOUNTS.meta_account,
        graph_url=fake.url,
    )
    yield provider
    await provider.close()


def message(name: str = "hello", code: str = "ar", *values: str) -> OutboundMessage:
    return OutboundMessage("d1", WHO, "what the contact reads", template=TemplateMessage(name, code, values))


async def test_a_template_leaves_by_its_name_and_the_contact_reads_its_words(meta, fake):
    result = await meta.send(message("hello", "ar", "فهد", "ديالكس"))

    assert result.send_class is SendClass.ACCEPTED
    (entry,) = fake.ledger
    assert entry.text == "مرحبا فهد من ديالكس أهلا\n\nللإيقاف اكتب: إيقاف"
    assert (entry.recipient, entry.reference) == ("+966501234567", "d1")


@pytest.mark.parametrize(
    ("status", "asked", "code", "said"),
    [
        ("APPROVED", ("nobody", "ar"), "132001", "missing"),
        ("APPROVED", ("hello", "en"), "132001", "missing"),
        ("APPROVED", ("hello", "ar", "فهد"), "132000", ""),
        ("APPROVED", ("hello", "ar", "فهد\nأبو", "ديالكس"), "132012", ""),
        ("PAUSED", ("hello", "ar", "فهد", "ديالكس"), "132015", "paused"),
        ("DISABLED", ("hello", "ar", "فهد", "ديالكس"), "132016", "disabled"),
    ],
)
async def test_what_meta_refuses_was_not_sent_and_is_not_repeated(meta, fake, status, asked, code, said):
    fake.templates.turn("hello", status)
    result = await meta.send(message(*asked))

    assert (result.send_class, result.provider_code) == (SendClass.NOT_SENT_FIX_REQUEST, code)
    assert meta.template_status(result) == said
    assert fake.ledger == []


async def test_the_whole_list_is_read_page_by_page(meta, fake):
    for number in range(450):
        fake.templates.hold(MetaTemplate(f"t{number}", "en_US", "Hi {{1}} there", buttons=number == 7))
    found = await meta.templates()

    assert len(found) == 451
    assert found[0].words == "مرحبا {{1}} من {{2}} أهلا\n\nللإيقاف اكتب: إيقاف"
    assert (found[0].status, found[0].category, found[0].besides) == ("approved", "utility", ())
    assert [row.name for row in found if row.besides] == ["t7"]


@pytest.mark.parametrize("behaviour", ["auth", "server_error", "down", "reply:200:{}", "reply:200:[1]"])
async def test_a_list_that_cannot_be_read_is_no_empty_list(meta, fake, behaviour):
    fake.script("meta_cloud", behaviour)

    assert isinstance(await meta.templates(), HistoryAway)


def news(field: str, account: str = ACCOUNTS.meta_account, **value: str) -> bytes:
    named = {"message_template_name": "hello", "message_template_language": "ar", **value}
    entry = {"id": account, "time": 1_795_424_400, "changes": [{"field": field, "value": named}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


@pytest.mark.parametrize(
    ("event", "status"),
    [("APPROVED", "approved"), ("PAUSED", "paused"), ("REJECTED", "rejected"), ("SOMETHING_NEW", "unknown")],
)
async def test_the_news_of_a_template_is_read(meta, event, status):
    (heard,) = meta.parse(news("message_template_status_update", event=event, reason="TAG_CONTENT_MISMATCH"))

    assert isinstance(heard, TemplateNews)
    assert (heard.name, heard.code, heard.status) == ("hello", "ar", status)
    assert heard.reason == "TAG_CONTENT_MISMATCH"
    assert heard.at == datetime.fromtimestamp(1_795_424_400, UTC)


async def test_the_quality_of_a_template_changes_no_status(meta):
    (heard,) = meta.parse(news("message_template_quality_update", new_quality_score="RED"))

    assert isinstance(heard, TemplateNews)
    assert (heard.status, heard.quality) == ("", "red")


async def test_the_news_of_another_account_is_not_ours(meta):
    (heard,) = meta.parse(news("message_template_status_update", account="1", event="PAUSED"))

    assert isinstance(heard, Ignored)


@pytest.mark.parametrize(
    "value",
    [{}, {"message_template_name": 5}, {"message_template_name": "hello", "message_template_language": ""}],
)
async def test_news_without_a_template_is_kept_without_effect(meta, value):
    entry = {
        "id": ACCOUNTS.meta_account,
        "changes": [{"field": "message_template_status_update", "value": value}],
    }
    (heard,) = meta.parse(json.dumps({"entry": [entry]}).encode())

    assert isinstance(heard, Ignored)


async def test_nobody_but_meta_has_templates(fake):
    account = ACCOUNTS
    others = [
        GreenApi(
            "green_api",
            instance_id=account.green_instance,
            token=account.green_token,
            clock=lambda: NOW,
            api_url=fake.url,
        ),
        Ultramsg(
            "ultramsg",
            instance_id=account.ultramsg_instance,
            token=account.ultramsg_token,
            clock=lambda: NOW,
            api_url=fake.url,
        ),
        Fonnte("fonnte", token=account.fonnte_token, clock=lambda: NOW, api_url=fake.url),
    ]
    for provider in others:
        result = await provider.send(message("hello", "ar", "فهد", "ديالكس"))
        assert not isinstance(provider, CarriesTemplates)
        assert (result.send_class, result.provider_code) == (SendClass.NOT_SENT_FIX_REQUEST, "no_templates")
        await provider.close()
    assert fake.ledger == []
    assert fake.calls.total() == 0
