"""The operator's page has words for everything that a channel can be, in both languages."""

import pytest

from admin.console.sentences_operations import SENTENCES
from bot.events import SendClass

STATES = ("ok", "degraded", "down", "auth_failed", "unknown", "disabled", "paused", "silent")
BAD = [one for one in SendClass if one not in (SendClass.ACCEPTED, SendClass.SIMULATED)]


@pytest.mark.parametrize("key", [*(f"state_{one}" for one in STATES), *(f"class_{one}" for one in BAD)])
def test_each_has_words_in_both_languages(key: str) -> None:
    arabic, english = SENTENCES[key]
    assert any("\u0600" <= letter <= "\u06ff" for letter in arabic)
    assert english and "_" not in english
