"""Who may carry a message now, who is left out, and who may try after whom."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.whatsapp.chain import Chain
from bot.events import ChannelState, SendClass
from bot.ports import SendResult
from tests.adapters.whatsapp.seats import fonnte, green, message, meta, ultramsg

START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ACCEPTED = SendResult(SendClass.ACCEPTED)
REFUSED = SendResult(SendClass.NOT_SENT_FALLBACK)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def house(fake, clock):
    """Green API and Ultramsg on one phone, Fonnte and Meta on numbers of their own."""
    common = {"clock": clock, "read_timeout_seconds": 0.8}
    providers = [
        green(fake.url, sender_identity="phone:1", **common),
        ultramsg(fake.url, sender_identity="phone:1", **common),
        fonnte(fake.url, sender_identity="phone:2", **common),
        meta(fake.url, sender_identity="phone:3", **common),
    ]
    yield Chain(providers, clock, missing={"meta_cloud": ("WHATSAPP_API_TOKEN",)})
    for provider in providers:
        await provider.close()


def usable(chain, *, sticky="", other=False):
    return [found.provider.name for found in chain.candidates(sticky, other) if not found.skip_code]


def skipped(chain, *, sticky="", other=False):
    return {found.provider.name: found.skip_code for found in chain.candidates(sticky, other) if found.skip_code}


def test_the_tenants_order_is_kept_and_the_channel_that_reached_the_contact_goes_first(house):
    assert usable(house, other=True) == ["green_api", "ultramsg", "fonnte", "meta_cloud"]
    assert usable(house, sticky="ch_fonnte", other=True) == ["fonnte", "green_api", "ultramsg", "meta_cloud"]


def test_the_contact_is_not_written_to_from_another_number_unless_the_tenant_agreed(house):
    assert usable(house, sticky="ch_ultra") == ["ultramsg", "green_api"]
    assert skipped(house, sticky="ch_ultra") == {"fonnte": "other_number", "meta_cloud": "other_number"}
    assert usable(house, sticky="ch_meta") == ["meta_cloud"]


def test_a_first_message_comes_from_the_first_number_that_can_send(house):
    assert usable(house) == ["green_api", "ultramsg"]

    house.note_state("ch_green", ChannelState("k", False, "x", START))
    house.note_state("ch_ultra", ChannelState("k", False, "x", START))

    assert usable(house) == ["fonnte"]


def test_when_the_contacts_channel_is_gone_no_other_number_steps_in_unasked(house):
    assert usable(house, sticky="ch_old") == []
    assert set(skipped(house, sticky="ch_old").values()) == {"channel_gone"}
    assert usable(house, sticky="ch_old", other=True) == ["green_api", "ultramsg", "fonnte", "meta_cloud"]


def test_a_switched_off_channel_is_left_out(fake, clock):
    chain = Chain([green(fake.url), ultramsg(fake.url)], clock, disabled=["ch_green"])

    assert skipped(chain, other=True) == {"green_api": "disabled"}
    assert chain.report()[0].state == "disabled"


async def test_a_provider_nobody_has_asked_may_be_used_without_a_probe(house, fake):
    assert "green_api" in usable(house)
    assert house.report()[0].state == "unknown"


async def test_a_provider_that_is_down_is_skipped_without_a_post(house, fake):
    fake.script("green_api", "unlinked")

    await house.refresh_health()

    assert usable(house, sticky="ch_green") == ["ultramsg"]
    assert skipped(house, sticky="ch_green")["green_api"] == "down"
    assert fake.calls["green_api"] == 0


async def test_health_is_asked_again_only_after_a_minute(house, fake, clock):
    await house.refresh_health()
    fake.script("ultramsg", "unlinked")

    clock.passes(seconds=59)
    await house.refresh_health()
    assert "ultramsg" in usable(house)

    clock.passes(seconds=1)
    await house.refresh_health()
    assert "ultramsg" not in usable(house)

    fake.script("ultramsg", "ok")
    clock.passes(seconds=60)
    await house.refresh_health()
    assert "ultramsg" in usable(house)


def test_a_webhook_about_the_phone_counts_at_once(house, clock):
    house.note_state("ch_green", ChannelState("k1", False, "unlinked\nغير مرتبط", START))
    assert "green_api" not in usable(house)

    house.note_state("ch_green", ChannelState("k2", True, "linked\nمرتبط", START + timedelta(seconds=5)))
    assert "green_api" in usable(house)


def test_every_provider_that_is_skipped_says_why_in_two_languages(house):
    house.note_state("ch_green", ChannelState("k1", False, "", START))
    for _ in range(3):
        house.note("ch_ultra", REFUSED)

    for candidate in house.candidates("ch_ultra"):
        english, _, arabic = candidate.skip_reason.partition("\n")
        assert english and arabic, candidate.skip_code


async def test_a_webhook_of_the_second_in_which_we_asked_counts(house, clock):
    clock.passes(seconds=0.4)
    await house.refresh_health()

    house.note_state("ch_green", ChannelState("k", False, "unlinked\nغير مرتبط", START))

    assert "green_api" not in usable(house)


async def test_old_news_does_not_undo_what_is_known(house):
    await house.refresh_health()

    house.note_state("ch_green", ChannelState("k", False, "late", START - timedelta(hours=20)))
    house.note_state("ch_nobody", ChannelState("k", False, "x", START))

    assert "green_api" in usable(house)


async def test_refused_credentials_take_a_provider_out_until_a_probe_says_better(house, fake, clock):
    fake.script("green_api", "auth", times=1)
    provider = house.candidates()[0].provider

    house.note("ch_green", await provider.send(message()))
    assert skipped(house)["green_api"] == "auth_failed"

    clock.passes(seconds=60)
    await house.refresh_health()
    assert "green_api" in usable(house)


@pytest.mark.parametrize(
    ("name", "channel", "behaviour"),
    [
        ("ultramsg", "ch_ultra", "refuse:Wrong token."),
        ("fonnte", "ch_fonnte", "refuse:token invalid"),
        ("meta_cloud", "ch_meta", "refuse:190"),
        ("meta_cloud", "ch_meta", "reply:403:"),
    ],
)
async def test_every_provider_is_known_by_its_way_of_refusing_credentials(house, fake, name, channel, behaviour):
    fake.script(name, behaviour)
    provider = next(c.provider for c in house.candidates(channel, True) if c.provider.name == name)

    house.note(channel, await provider.send(message()))

    assert skipped(house, other=True)[name] == "auth_failed"


async def test_a_problem_of_one_message_does_not_take_a_provider_out(house, fake):
    fake.script("meta_cloud", 'reply:403:{"error":{"message":"Template not approved","code":200}}')
    provider = house.candidates("ch_meta", True)[0].provider

    house.note("ch_meta", await provider.send(message()))

    assert "meta_cloud" in usable(house, other=True)


@pytest.mark.parametrize(
    "send_class", [SendClass.NOT_SENT_FALLBACK, SendClass.AMBIGUOUS, SendClass.NOT_SENT_CONFIG]
)
def test_three_failures_in_a_row_give_a_provider_a_pause(house, clock, send_class):
    for _ in range(2):
        house.note("ch_green", SendResult(send_class))
    assert "green_api" in usable(house)

    house.note("ch_green", SendResult(send_class))
    assert skipped(house)["green_api"] == "breaker_open"
    assert "ultramsg" in usable(house)

    clock.passes(seconds=60)
    assert "green_api" in usable(house)
    assert house.report()[0].breaker == "half_open"


def test_after_the_pause_one_failure_is_enough_and_one_success_forgives_all(house, clock):
    for _ in range(3):
        house.note("ch_green", REFUSED)
    clock.passes(seconds=60)
    house.note("ch_green", REFUSED)
    assert "green_api" not in usable(house)

    clock.passes(seconds=60)
    house.note("ch_green", ACCEPTED)
    house.note("ch_green", REFUSED)
    house.note("ch_green", REFUSED)
    assert "green_api" in usable(house)
    assert house.report()[0].breaker == "closed"


@pytest.mark.parametrize(
    "send_class",
    [SendClass.PERMANENT_RECIPIENT, SendClass.NOT_SENT_WINDOW_CLOSED, SendClass.NOT_SENT_WAIT_PAIR_LIMIT],
)
def test_an_answer_about_the_contact_shows_that_the_provider_works(house, send_class):
    for result in (REFUSED, REFUSED, SendResult(send_class), REFUSED, REFUSED):
        house.note("ch_green", result)

    assert "green_api" in usable(house)


def test_a_text_that_does_not_fit_says_nothing_about_the_provider(house):
    for _ in range(10):
        house.note("ch_green", SendResult(SendClass.NOT_SENT_FIX_REQUEST))

    assert "green_api" in usable(house)


def test_a_rate_limit_pauses_as_long_as_the_provider_asks(house, clock):
    house.note("ch_green", SendResult(SendClass.NOT_SENT_FALLBACK, retry_after_seconds=7))
    assert "green_api" not in usable(house)

    clock.passes(seconds=7)
    assert "green_api" in usable(house)


def test_trouble_of_one_channel_is_not_anothers(house):
    for _ in range(3):
        house.note("ch_green", REFUSED)
    house.note("ch_nobody", REFUSED)

    assert "ultramsg" in usable(house)


@pytest.mark.parametrize("send_class", list(SendClass))
def test_only_a_certain_refusal_that_is_not_the_contacts_falls_back(send_class):
    may = {SendClass.NOT_SENT_FALLBACK, SendClass.NOT_SENT_FIX_REQUEST, SendClass.NOT_SENT_CONFIG}

    assert Chain.may_fall_back(SendResult(send_class)) == (send_class in may)


async def test_the_report_names_every_provider_in_two_languages(house, fake):
    fake.script("fonnte", "auth")
    await house.refresh_health()

    lines = {(line.name, line.channel): line for line in house.report()}

    assert lines["green_api", "ch_green"].state == "ok"
    assert lines["fonnte", "ch_fonnte"].state == "auth_failed"
    assert lines["meta_cloud", ""].state == "not_configured"
    assert "WHATSAPP_API_TOKEN" in lines["meta_cloud", ""].detail_ar
    for line in lines.values():
        assert line.detail_en and line.detail_ar
        assert line.detail_en != line.detail_ar


def test_the_report_says_whose_webhooks_anybody_could_forge(clock):
    (line,) = Chain([green(webhook_token="")], clock).report()

    assert not line.is_authenticated
    assert "forge" in line.detail_en
    assert "تزوير" in line.detail_ar
