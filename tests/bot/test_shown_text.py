"""What people may read of a contact's words, and what may stand in a page."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.shown_text import made_up, masked
from bot.storable import TEXT_LIMIT


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("رقمي 0501234567 كلموني", "رقمي 05••••••67 كلموني"),
        ("+966 50 123 4567", "+96• •• ••• ••67"),
        ("٠٥٠١٢٣٤٥٦٧", "٠٥••••••٦٧"),
        ("(050) 123-4567", "(05•) •••-••67"),
        ("write to noura.s@shop.com.sa, please", "write to •••@•••, please"),
        ("الطلب 4711 بسعر 12500 ريال", "الطلب 4711 بسعر 12500 ريال"),
        ("", ""),
    ],
)
def test_a_phone_or_an_address_is_not_shown(written: str, shown: str) -> None:
    assert masked(written) == shown


def test_an_example_keeps_its_shape_and_is_nobodys_number() -> None:
    assert made_up("كلموني على 0501234567 او a@b.sa") == "كلموني على 0500000000 او name@example.com"


_NUMBER = st.text("0123456789٠١٢٣٤٥٦٧٨٩", min_size=9, max_size=30)


@given(st.text(st.characters(exclude_categories=["Nd"]), max_size=20), _NUMBER, st.text("كلم ، .", max_size=9))
def test_no_number_that_could_be_called_is_left(before: str, number: str, behind: str) -> None:
    text = f"{before} {number} {behind}"

    assert not re.search(r"\d{5}", masked(text))
    assert number not in masked(text)
    assert len(re.findall(r"\d", made_up(text))) == len(number)


@given(st.text())
def test_what_is_masked_stays_masked(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize("sign", ["5", "ب", "a.", "a@", "5 "])
def test_the_longest_text_that_a_phone_sends_is_masked_at_once(sign: str) -> None:
    """Whoever may see no phones opened an inbox with such a text, and nobody was answered for half a minute."""
    before = time.process_time()
    masked((sign * TEXT_LIMIT)[:TEXT_LIMIT])
    assert time.process_time() - before < 5
