"""Names of things on a card: the words of the house, in the reader's language, whoever wrote the key."""

import pytest

from admin.telegram.names import named
from flows.wording import Wordings

WORDINGS = Wordings.load()


def words(key: str, language: str) -> str:
    return WORDINGS.render(key, language).text if key in WORDINGS.keys else key


@pytest.mark.parametrize("name", ["payment_claim", "hold.payment_claim"])
def test_a_reason_to_hold_is_said_in_words_with_and_without_its_family(name: str) -> None:
    assert named(words, "hold", name, "ar") == WORDINGS.render("hold.payment_claim", "ar").text
    assert named(words, "hold", name, "en") == WORDINGS.render("hold.payment_claim", "en").text


def test_a_name_that_nobody_put_into_words_is_readable() -> None:
    assert named(words, "hold", "hold.something_new", "en") == "something new"
