"""Names of stages, intents and reasons, as whoever wired the bot puts them into words."""

import re
from collections.abc import Callable

from admin.telegram.plain import escaped, one_line
from admin.telegram.sentences import SENTENCES, Language, say

Words = Callable[[str, str], str]
"""(key such as `stage.qualifying`, language) -> words; the key itself, or nothing, when it has none."""

_KEY = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def named(words: Words, family: str, name: str, language: Language) -> str:
    """
    `stage`, `qualifying` -> its words, escaped; a name without words is shown as it is, readable.

    A name that carries its family already (`hold.payment_claim`) is the same name.
    """
    name = name.removeprefix(f"{family}.")
    key = f"{family}.{name}"
    found = words(key, language)
    return escaped(one_line(found if found and found != key else readable(name), 120))


def flag(words: Words, name: str, language: Language) -> str:
    """What the rules noticed about the contact's message."""
    ours = f"flag_{name}"
    return say(ours, language) if ours in SENTENCES else f"⚠️ {named(words, 'flag', name, language)}"


def readable(name: str) -> str:
    """`low_confidence` -> `low confidence`; a sentence stays a sentence."""
    return name.replace("_", " ") if _KEY.fullmatch(name) else name
