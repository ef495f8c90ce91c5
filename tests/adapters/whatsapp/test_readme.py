"""The table of what each provider can do is true."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.whatsapp.simulated import Simulated
from bot.errors import BadSignature
from bot.events import Outcome
from bot.ports import CannotTell, Recipient
from tests.adapters.whatsapp.seats import fonnte, green, message, meta, ultramsg, utc_now

NAMES = ("green_api", "ultramsg", "fonnte", "meta_cloud", "simulated")
README = Path(__file__).parents[3] / "adapters" / "README.md"


async def _show(outgoing):
    """The exam looks at results only."""


@pytest.fixture
async def providers(fake):
    made = {make.__name__: make(fake.url) for make in (green, ultramsg, fonnte, meta)}
    made["simulated"] = Simulated("ch_sim", secret=b"x", delivered=_show, clock=lambda: datetime.now(UTC))
    yield {provider.name: provider for provider in made.values()}
    for provider in made.values():
        await provider.close()


def row(title):
    (line,) = [line for line in README.read_text("utf-8").splitlines() if line.startswith(f"| {title} |")]
    return dict(zip(NAMES, [cell.strip() for cell in line.strip("|").split("|")][1:], strict=True))


def test_text_limits_and_windows_are_as_written(providers):
    assert row("text limit, characters") == {name: str(providers[name].text_limit) for name in NAMES}
    says_yes = {name: cell == "yes" for name, cell in row("free text only in the service window").items()}
    assert says_yes == {name: providers[name].needs_window for name in NAMES}


async def test_contacts_with_hidden_numbers_are_reached_where_written(providers):
    hidden = message(recipient=Recipient(("bsuid:SA.77", "lid:120650379300963")))

    for name, cell in row("a contact with a hidden number").items():
        reached = (await providers[name].send(hidden)).outcome is Outcome.ACCEPTED
        assert reached == cell.startswith("yes"), name


async def test_draft_ids_and_buttons_travel_where_written(providers, fake):
    for provider in providers.values():
        await provider.send(message(buttons=(("yes", "نعم"),)))
    entries = {entry.provider: entry for entry in fake.ledger}

    travels, shown = row("our draft id travels along"), row("buttons are shown")
    for name, entry in entries.items():
        assert bool(entry.reference) == (travels[name] == "yes"), name
        assert bool(entry.buttons) == (shown[name] != "no"), name


async def test_sends_in_doubt_can_be_found_where_written(providers):
    for name, cell in row("a send in doubt can be found").items():
        found = await providers[name].find_sent(message(), utc_now())
        assert isinstance(found, CannotTell) == (cell == "no"), name


def test_without_a_secret_webhooks_are_treated_as_written(fake):
    bare = [green(webhook_token=""), ultramsg(webhook_secret=""), fonnte(webhook_secret=""), meta(app_secret="")]
    written = row("a webhook without a configured secret")

    for provider in bare:
        try:
            provider.verify({}, {}, b"{}")
            accepted = True
        except BadSignature:
            accepted = False
        assert written[provider.name].startswith("accepted") == accepted, provider.name
