"""
What contacts wrote, shown to people who read many messages of many contacts: without ways to reach anybody.

Rule 1: of a phone number two digits at each end stay, of an address of mail nothing.
Rule 2: a text that becomes an example keeps its shape, so that it means to the rules what it meant before.
"""

import re

# Nine digits are the shortest mobile number that people write, and accounts are longer; digits of any
# script, and what stands between them.
_PHONE = re.compile(r"(?<!\d)\d(?:[\s\-().]{0,2}\d){8,}")
# Sought where a word begins, not at each of its letters: a contact may send 65 thousand of them in one word.
_MAIL = re.compile(r"(?<![^\s@<>])[^\s@<>]+@[^\s@<>]+\.[^\s@<>.,،]+")
_SHOWN_AT_EACH_END = 2


def masked(text: str) -> str:
    """The text as people may see it."""
    return _PHONE.sub(_masked_phone, _MAIL.sub("•••@•••", text))


def made_up(text: str) -> str:
    """The text as it may stand in a page, where everybody reads it for ever."""
    return _PHONE.sub(lambda found: _ordinary(found[0]), _MAIL.sub("name@example.com", text))


def _masked_phone(found: re.Match[str]) -> str:
    places = [place for place, char in enumerate(found[0]) if char.isdecimal()]
    hidden = set(places[_SHOWN_AT_EACH_END:-_SHOWN_AT_EACH_END])
    return "".join("•" if place in hidden else char for place, char in enumerate(found[0]))


def _ordinary(phone: str) -> str:
    """The same number of digits, and nobody's number."""
    kept = 0
    signs = []
    for char in phone:
        if char.isdecimal():
            kept += 1
            char = char if kept <= _SHOWN_AT_EACH_END else "0"
        signs.append(char)
    return "".join(signs)
