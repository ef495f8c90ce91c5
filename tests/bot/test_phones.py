"""One phone number, whatever way it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.phones import BadPhone, from_provider, mask, normalise, without_phones


@pytest.mark.parametrize(
    "written",
    [
        "0501234567",
        "+966 50 123 4567",
        "00966501234567",
        "501234567",
        "(050) 123-4567",
        "٠٥٠١٢٣٤٥٦٧",
        "۰۵۰۱۲۳۴۵۶۷",
        "966501234567",
        "9660501234567",
        "+9660501234567",
        "009660501234567",
        "‏+966‑50‑123‑4567‏",
        "＋966501234567",
        "050.123.4567",
        "0501234567\n",
    ],
)
def test_every_spelling_of_a_saudi_mobile_is_one_number(written):
    assert normalise(written) == "966501234567"


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("+14155550100", "14155550100"),
        ("+971 50 123 4567", "971501234567"),
        ("00447911123456", "447911123456"),
        ("971501234567", "971501234567"),
        ("96550012345", "96550012345"),
    ],
)
def test_a_foreign_mobile_keeps_its_own_country(written, digits):
    assert normalise(written) == digits


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "12",
        "05",
        "966",
        "050123456",
        "05012345678",
        "0112345678",
        "+966112345678",
        "920012345",
        "8001241234",
        "+97142345678",
        "120363043968066561@g.us",
        "11001234567-1581234048@g.us",
        "11001234567-1581234048",
        "120363043968066561",
        "966501234567@c.us",
        "+",
        "++966501234567",
        "966501234567+",
        "call me",
        "05x1234567",
        "1-800-FLOWERS",
        "+99912345678901",
    ],
)
def test_what_whatsapp_cannot_reach_is_refused_in_both_languages(written):
    with pytest.raises(BadPhone) as refused:
        normalise(written)

    assert refused.value.message_en
    assert refused.value.message_ar != refused.value.message_en
    assert refused.value.status == 422


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(written):
    try:
        digits = normalise(written)
    except BadPhone:
        return
    assert digits.isascii()
    assert digits.isdigit()
    assert normalise(digits) == normalise("+" + digits) == digits


@pytest.mark.parametrize(
    ("given_digits", "expected"),
    [
        ("966501234567", "966501234567"),
        ("+966501234567", "966501234567"),
        ("966112345678", "966112345678"),
        ("0501234567", ""),
        ("120363043968066561", ""),
        ("12345", ""),
        ("٩٦٦٥٠١٢٣٤٥٦٧", ""),
        ("", ""),
    ],
)
def test_a_provider_is_believed_about_the_number_but_not_about_its_shape(given_digits, expected):
    assert from_provider(given_digits) == expected


def test_a_masked_phone_can_be_recognised_and_not_called():
    assert mask("966501234567") == "9665•••••567"
    assert mask("12345") == "•••••"
    assert mask("") == ""


@pytest.mark.parametrize(
    "written", ["0501234567", "+966 50 123 4567", "966501234567", "٠٥٠ ١٢٣ ٤٥٦٧", "(050) 123-4567"]
)
def test_a_note_keeps_its_words_and_loses_its_phones(written):
    said = without_phones(f"called {written} twice, 4,900 riyals on 2026-11-23")
    assert "twice, 4,900 riyals on 2026-11-23" in said
    assert "1234567" not in said.replace(" ", "") and "١٢٣٤٥٦٧" not in said.replace(" ", "")


@pytest.mark.parametrize(
    "named", ["1cdb002987044067896f267b37a2c797", "01M84W1M9RKV9GAC8NGXJDCARP", "012345678901A23456789012AB"]
)
def test_an_id_of_ours_is_no_phone(named):
    assert without_phones(f"run {named} ended") == f"run {named} ended"


@pytest.mark.parametrize(
    "written", ["a966501234567", "966501234567abc", "id966501234567", "9" * 24, "9" * 32, "_966501234567_"]
)
def test_letters_beside_a_phone_do_not_hide_it(written):
    assert "50123456" not in without_phones(f"call {written}")
    assert "9" * 12 not in without_phones(f"call {written}")
