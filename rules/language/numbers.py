"""Read numbers: digits of any script (already folded), and number words of Arabic and English."""

import re

# Longer digit strings are phone numbers, invoices and codes, never the answer to "how many".
LONGEST_NUMBER = 8

_DIGITS = re.compile(r"(\d+)((?:[.,]\d+)*)([km])?$")

_ONES = {
    "صفر": 0, "واحد": 1, "وحده": 1, "اثنين": 2, "اثنان": 2, "ثنتين": 2, "اتنين": 2, "ثلاثه": 3, "ثلاث": 3,
    "تلاته": 3, "تلات": 3, "اربعه": 4, "اربع": 4, "خمسه": 5, "خمس": 5, "سته": 6, "سبعه": 7, "سبع": 7,
    "ثمانيه": 8, "ثمان": 8, "ثماني": 8, "تمانيه": 8, "تمنيه": 8, "تمن": 8, "تسعه": 9, "تسع": 9,
    "عشره": 10, "عشر": 10,
    "احدعش": 11, "حدعش": 11, "اثنعش": 12, "اطنعش": 12, "ثلطعش": 13, "ثلاثطعش": 13, "اربعطعش": 14, "خمسطعش": 15,
    "خمستعش": 15, "ستطعش": 16, "سبعطعش": 17, "ثمنطعش": 18, "تسعطعش": 19,
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "عشرين": 20, "عشرون": 20, "ثلاثين": 30, "ثلاثون": 30, "تلاتين": 30, "اربعين": 40, "اربعون": 40, "خمسين": 50,
    "خمسون": 50, "ستين": 60, "ستون": 60, "سبعين": 70, "سبعون": 70, "ثمانين": 80, "ثمانون": 80, "تمانين": 80,
    "تسعين": 90, "تسعون": 90, "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_HUNDREDS = {
    "ميه": 100, "مايه": 100, "ميت": 100, "ميتين": 200, "مايتين": 200, "ميتان": 200,
    "hundred": 100, "hundreds": 100,
    "ثلاثميه": 300, "ثلثميه": 300, "ثلاثمايه": 300, "تلتميه": 300, "اربعميه": 400, "اربعمايه": 400, "ربعميه": 400,
    "خمسميه": 500, "خمسمايه": 500, "ستميه": 600, "ستمايه": 600, "سبعميه": 700, "سبعمايه": 700, "ثمانميه": 800,
    "ثمانمايه": 800, "ثمنميه": 800, "تمنميه": 800, "تسعميه": 900, "تسعمايه": 900,
}  # fmt: skip
_SCALES = {
    "الف": 1000, "الاف": 1000, "الفين": 2000, "الوف": 1000, "thousand": 1000, "thousands": 1000,
    "مليون": 1_000_000, "ملايين": 1_000_000, "مليونين": 2_000_000, "million": 1_000_000,
}  # fmt: skip

_BARE_HUNDREDS = frozenset({"ميه", "مايه", "ميت", "hundred", "hundreds"})
_DUALS = frozenset({"الفين", "مليونين"})
_KNOWN = {**_ONES, **_TENS, **_HUNDREDS, **_SCALES}


def number_in_digits(token: str) -> int | None:
    """`80`, `3,500`, `5k`, `3.5k` as a whole number; None when it is too long to be an amount."""
    found = _DIGITS.match(token)
    if found is None:
        return None
    whole, rest, scale = found.groups()
    groups = re.split("[.,]", rest)[1:]
    if len(whole) + sum(map(len, groups)) > LONGEST_NUMBER:
        return None
    if groups and all(len(group) == 3 for group in groups):
        value = float(whole + "".join(groups))
    else:
        value = float(f"{whole}.{groups[0]}") if groups else float(whole)
    return int(value * {"k": 1000, "m": 1_000_000}.get(scale or "", 1))


def number_in_words(tokens: list[str]) -> tuple[int, int] | None:
    """The number that the first tokens spell, and how many tokens it took; None when they spell none."""
    total, current, used = 0, 0, 0
    last_size = 10**9
    for place, token in enumerate(tokens):
        word = token
        if word not in _KNOWN and place and word[:1] == "و":
            word = word[1:]
        if word in ("و", "and") and used and place + 1 < len(tokens) and tokens[place + 1] in _KNOWN:
            continue
        if word not in _KNOWN:
            break
        value = _KNOWN[word]
        if word in _SCALES:
            times = 1 if word in _DUALS else max(current, 1)
            total, current, last_size = total + times * value, 0, value
        elif word in _BARE_HUNDREDS and 0 < current < 10:
            current, last_size = current * 100, 100
        elif value < last_size or (value >= 20 and current < 10 and place and tokens[place][:1] == "و"):
            current, last_size = current + value, (value if value >= 20 else 1)
        else:
            break
        used = place + 1
    return (total + current, used) if used else None
