"""
One phone number, written one way: the digits of E.164 without `+`, for example `966501234567`.

Rule 1: what a human typed goes through `normalise`, which refuses with a sentence instead of guessing.
Rule 2: what a provider says about a contact goes through `from_provider`: it is already international, and
        WhatsApp itself vouches that somebody answers there, so only its shape is checked.
Rule 3: a phone in a log or on a page for people who need not call is shown through `mask`.
"""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from bot.errors import BadRequest

HOME_COUNTRY_CODE = "966"

# Every Saudi mobile is 5 and eight more digits. The library's table of prefixes in use lags behind the
# regulator's, and refusing a real lead is worse than accepting a number that does not ring.
_SAUDI_MOBILE = re.compile(r"9665\d{8}")

# Ten digits without a country code are more often a mistyped local number than a foreign one.
_SHORTEST_FOREIGN_WITHOUT_PLUS = 11

_E164 = re.compile(r"[1-9]\d{6,14}")
_DECORATION = re.compile(r"[\s\-().\/\u00a0\u2010-\u2015\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
# An id of ours in one word (hexadecimal, or 26 signs of a ULID) may hold as many digits in a row by chance.
_ID = r"(?<![^\W_])(?!\d+\b)(?:[0-9a-f]{24}|[0-9a-f]{32}|[0-9A-HJKMNP-TV-Z]{26})(?![^\W_])"
_WRITTEN_OR_ID = re.compile(rf"(?P<id>{_ID})|\+?\d(?:[\s\-().]{{0,3}}\d){{8,}}")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹＋", "01234567890123456789+")
_MOBILE_TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class BadPhone(BadRequest):
    """What was given is not a mobile number that WhatsApp could reach."""

    code = "bad_phone"


def normalise(text: str) -> str:
    """
    Give the E.164 digits of a mobile number in any usual spelling; local spellings are Saudi.

    Raises: BadPhone, for landlines, short or unknown numbers, group ids and anything with letters.
    """
    compact = _DECORATION.sub("", text.translate(_DIGITS))
    if not re.fullmatch(r"\+?[0-9]+", compact):
        raise BadPhone(
            "This is not a phone number. Write it with digits only, for example 0501234567.",
            "هذا ليس رقم هاتف. اكتبه بالأرقام فقط، مثال: 0501234567.",
        )
    international, is_certain = _international(compact)
    if international.startswith(HOME_COUNTRY_CODE):
        return _saudi_mobile(international)
    return _foreign_mobile(international, is_certain)


def from_provider(digits: str) -> str:
    """Give the E.164 digits that a provider names a contact by, or an empty string when they are not a phone."""
    compact = digits.strip().removeprefix("+")
    return compact if _E164.fullmatch(compact) and compact.isascii() else ""


def mask(phone: str) -> str:
    """Show enough of a phone to recognise it and too little to call it: `9665•••••567`."""
    if len(phone) < 10:
        return "•" * len(phone)
    return f"{phone[:4]}{'•' * (len(phone) - 7)}{phone[-3:]}"


def without_phones(text: str) -> str:
    """What somebody wrote, with every phone in it shown through `mask`; an id of ours stays as it is."""
    return _WRITTEN_OR_ID.sub(
        lambda found: found[0] if found["id"] else mask("".join(s for s in found[0] if s.isdecimal())), text
    )


def _international(compact: str) -> tuple[str, bool]:
    """Give the digits with a country code, and whether the writer said which country."""
    if compact.startswith("+"):
        return compact[1:], True
    if compact.startswith("00"):
        return compact[2:], True
    if compact.startswith("0"):
        return HOME_COUNTRY_CODE + compact[1:], True
    if len(compact) == 9 and compact.startswith("5"):
        return HOME_COUNTRY_CODE + compact, True
    return compact, compact.startswith(HOME_COUNTRY_CODE)


def _saudi_mobile(digits: str) -> str:
    # `+966 050 123 4567` is a common mistake: the local zero was kept behind the country code.
    if digits.startswith(HOME_COUNTRY_CODE + "0"):
        digits = HOME_COUNTRY_CODE + digits[len(HOME_COUNTRY_CODE) + 1 :]
    if _SAUDI_MOBILE.fullmatch(digits):
        return digits
    raise BadPhone(
        "This is not a Saudi mobile number: those are 05 and eight more digits. WhatsApp needs a mobile.",
        "هذا ليس رقم جوال سعودي: رقم الجوال يبدأ بـ 05 وبعدها ثمانية أرقام. واتساب يحتاج رقم جوال.",
    )


def _foreign_mobile(digits: str, is_certain: bool) -> str:
    if is_certain or len(digits) >= _SHORTEST_FOREIGN_WITHOUT_PLUS:
        try:
            number = phonenumbers.parse("+" + digits, None)
        except NumberParseException:
            number = None
        if (
            number is not None
            and phonenumbers.is_valid_number(number)
            and phonenumbers.number_type(number) in _MOBILE_TYPES
        ):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    raise BadPhone(
        "No mobile number of any country looks like this. Write it with its country code, "
        "for example +971501234567.",
        "لا يوجد رقم جوال بهذا الشكل في أي دولة. اكتبه مع رمز الدولة، مثال: +971501234567.",
    )
