"""A Telegram that lives on a loopback port: the Bot API for the bot, and people with thumbs for the tests."""

from tests.fakes.telegram.people import Person, Popup
from tests.fakes.telegram.server import FakeTelegram, Trouble
from tests.fakes.telegram.state import ShownMessage

__all__ = ["FakeTelegram", "Person", "Popup", "ShownMessage", "Trouble"]
