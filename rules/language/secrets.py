"""
Does this text carry a password, a key, a code or a card number?

Law 1: the answer is yes or no; the secret itself is never returned, stored or logged.
Law 2: order numbers, phone numbers and long links are no secrets. A shape alone is enough only where the shape is
unmistakable (known key prefixes, a card number with a right check digit, an IBAN); anything else needs its word.
"""

import re

from rules.language.normalise import fold

_KEY_SHAPES = re.compile(
    r"(?<![\w/])(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}"
    r"|(?<!\w)AKIA[0-9A-Z]{16}(?!\w)"
    r"|(?<!\w)gh[pousr]_[A-Za-z0-9]{30,}"
    r"|(?<!\w)github_pat_\w{20,}"
    r"|(?<!\w)xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|(?<!\w)AIza[0-9A-Za-z_-]{30,}"
    r"|(?<!\w)EAA[A-Za-z0-9]{30,}"
    r"|(?<!\w)eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
    r"|(?<!\w)\d{8,10}:[A-Za-z0-9_-]{33,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|(?i:bearer)\s+[A-Za-z0-9._-]{20,}"
    r"|\w{3,10}://[^\s/:@]+:[^\s/@]+@"
)
_IBAN = re.compile(r"(?<![a-z0-9])sa ?(?:\d ?){22}(?!\d)")
_CARD = re.compile(r"(?<![\d+])(?:\d[ -]?){12,18}\d(?!\d)")
_GAP = r"\s*(?:is|=|:|هو|هي|حقي|حقتي|حقنا|للحساب|الجديد|الجديده|my|now|-)?\s*[:=\-]?\s*"
_NAMES_OF_CREDENTIALS = (
    r"(?:كلمه (?:ال)?(?:مرور|سر)|(?:ال)?رقم (?:ال)?سري|الرقم السري|رقمي السري|الباسورد|باسورد|الباسوورد|باسوورد|"
    r"كلمه سري|كلمه مروري|passw(?:or)?d|passcode|pwd|api[ _-]?key|secret(?:[ _-]key)?|access[ _-]?token|token|"
    r"الرمز السري|مفتاح الـ? ?api|مفتاح الربط)"
)
_NAMED_SECRET = re.compile(
    rf"{_NAMES_OF_CREDENTIALS}(?:{_GAP}|\s+(?:\w+\s+)?(?:is|هو|هي)\s+)(?P<value>[!-~]{{4,}})"
)
_CODE_NAMES = (
    r"(?:otp|رمز التحقق|كود التحقق|رمز التفعيل|كود التفعيل|verification code|pin|cvv|cvc|الرقم السري|رمز الدخول)"
)
_NAMED_CODE = re.compile(rf"{_CODE_NAMES}{_GAP}(?:is|هو)?\s*(?P<value>\d{{3,8}})(?!\d)")
_ORDINARY_WORD = re.compile(r"[a-z]+[?!.,]*$")


def has_secret(text: str, folded: str | None = None) -> bool:
    """True when a secret was pasted into this text; whoever has folded it already hands that over."""
    if _KEY_SHAPES.search(text):
        return True
    if folded is None:
        folded = fold(text).text
    if any(_looks_secret(match.group("value"), match.group(0)) for match in _NAMED_SECRET.finditer(folded)):
        return True
    if _NAMED_CODE.search(folded) or _IBAN.search(folded):
        return True
    return any(_is_card(match.group()) for match in _CARD.finditer(folded))


def _looks_secret(value: str, whole: str) -> bool:
    """`password reset` is a topic, `password is hunter2` and `password: letmein` are secrets."""
    if value.startswith(("http", "?", "؟")):
        return False
    if any(char.isdigit() for char in value):
        return True
    announced = re.search(r"[:=]\s*\S+$|(?:is|هو|هي)\s+\S+$", whole)
    return bool(announced) and not value.startswith(("required", "wrong", "not", "the", "incorrect", "expired"))


def _is_card(shown: str) -> bool:
    """Thirteen to nineteen digits of a card scheme whose check digit is right (Luhn)."""
    digits = [int(char) for char in shown if char.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (3, 4, 5, 6) or len(set(digits)) < 2:
        return False
    if digits[0] in (4, 5) and len(digits) not in (16, 13, 19):
        return False
    doubled = [
        digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits[::-1])
    ]
    return sum(doubled) % 10 == 0
