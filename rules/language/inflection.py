"""
Arabic inflection as far as a chat needs it: take a word apart into prefixes, a stem of the book, and endings.

Law 1: stems come from the book; only the closed classes (conjunctions, person, pronouns) stand here.
Law 2: an analysis says who acts, so that "you send" (ترسلون), "send!" (ارسلوا) and "we sent" (ارسلنا) differ.

Features: `do` imperative, `you` second person present (also "she"), `i` first person, `they` third person,
`did` past of the first person (or "you did"), `youdid` past of the second person plural, `will` marked
future, `me` the object is me or us, `to_me` the receiver is, `it` the object is a third person, `not`
Egyptian م...ش, `noun`,
`my`, `your` possessive, `written` an exact form.
"""

from functools import cache
from itertools import product

Features = frozenset[str]

_CONJUNCTIONS = ("", "و", "ف")
_ASPECTS = {"": (), "ب": ("will",), "ه": ("will",), "ح": ("will",), "س": ("will",)}
_PERSONS = {
    "": ("do", "did", "they_did"),
    "ا": ("i", "do", "did", "they_did"),
    "ت": ("you",),
    "ن": ("i",),
    "ي": ("they",),
}
_SUBJECTS = {
    "": (), "ي": ("f",), "و": ("pl",), "وا": ("pl",), "ون": ("present",), "ين": ("present",), "ن": ("pl",),
    "ت": ("did",), "تو": ("youdid",), "توا": ("youdid",), "تم": ("youdid",), "تي": ("youdid",),
    "نا": ("did", "me"),
    "يت": ("did",), "يتو": ("youdid",), "يتوا": ("youdid",), "يتي": ("youdid",), "ينا": ("did", "me"),
}  # fmt: skip
_OBJECTS = {
    "": (), "ني": ("me",), "نا": ("me",), "ه": ("it",), "ها": ("it",), "هم": ("it",), "هن": ("it",),
    "ك": ("to_you",), "كم": ("to_you",), "كو": ("to_you",),
}  # fmt: skip
_RECEIVERS = {
    "": (), "لي": ("to_me",), "لنا": ("to_me",), "يلي": ("to_me",), "لو": (), "له": (), "لها": (), "لهم": (),
    "لك": ("to_you",), "لكم": ("to_you",), "لكو": ("to_you",), "ليا": ("to_me",),
}  # fmt: skip
_NOUN_PREFIXES = (
    "", "ال", "ب", "ل", "ك", "بال", "لل", "كال", "ع", "عال", "هال", "ها", "م", "مال", "بهال",
)  # fmt: skip
_POSSESSIVES = {
    "": (), "ي": ("my",), "نا": ("my",), "ك": ("your",), "كم": ("your",), "كن": ("your",), "كو": ("your",),
    "ه": (), "ها": (), "هم": (),
}  # fmt: skip
_NUMBERS = ("", "ات", "ين", "ون", "يات", "تين")


def _verb_prefixes() -> dict[str, Features]:
    table: dict[str, set[str]] = {}
    for conjunction, (aspect, marks), (person, roles) in product(
        _CONJUNCTIONS, _ASPECTS.items(), _PERSONS.items()
    ):
        # «بحول» and «هدفع» drop the alef of the first person.
        features = ("i",) if aspect and person in ("", "ا") else roles
        table.setdefault(conjunction + aspect + person, set()).update((*features, *marks))
    for negator, aspect, person in product(("م", "ما"), ("", "ب", "ه", "ح"), ("", "ا", "ت", "ن", "ي")):
        roles = ("i",) if aspect and person in ("", "ا") else _PERSONS[person]
        table.setdefault(negator + aspect + person, set()).update((*roles, "opens_negation"))
    for letter in "تنيا":
        table.setdefault("ل" + letter, set()).update(_PERSONS[letter])
    return {prefix: frozenset(features) for prefix, features in table.items()}


def _verb_suffixes() -> dict[str, tuple[Features, ...]]:
    table: dict[str, set[Features]] = {}
    for (subject, a), (obj, b), (receiver, c), negation in product(
        _SUBJECTS.items(), _OBJECTS.items(), _RECEIVERS.items(), ("", "ش")
    ):
        if subject in ("وا", "توا", "يتوا") and (obj or receiver or negation):
            continue
        if obj and subject.endswith("ن") and obj == "نا":
            continue
        features = frozenset((*a, *b, *c, *(("closes_negation",) if negation else ())))
        table.setdefault(subject + obj + receiver + negation, set()).add(features)
    return {suffix: tuple(sorted(options, key=sorted)) for suffix, options in table.items()}


def _noun_suffixes() -> dict[str, Features]:
    table: dict[str, set[str]] = {}
    for number, (possessive, marks) in product(_NUMBERS, _POSSESSIVES.items()):
        table.setdefault(number + possessive, set()).update(marks)
    return {suffix: frozenset(features) for suffix, features in table.items()}


VERB_PREFIXES = _verb_prefixes()
VERB_SUFFIXES = _verb_suffixes()
NOUN_PREFIXES = frozenset(a + b for a in _CONJUNCTIONS for b in _NOUN_PREFIXES)
NOUN_SUFFIXES = _noun_suffixes()
LONGEST_PREFIX = max(map(len, [*VERB_PREFIXES, *NOUN_PREFIXES]))
LONGEST_SUFFIX = max(map(len, [*VERB_SUFFIXES, *NOUN_SUFFIXES]))

# What may stand before a word of a phrase without making it another word.
PROCLITICS = (
    "و", "ف", "ب", "ل", "ك", "ال", "وال", "فال", "بال", "كال", "لل", "ولل", "وب", "ول", "وبال",
    "عال", "هال", "بهال",
    "ها",
)  # fmt: skip


@cache
def verb_features(prefix: str, suffix: str) -> tuple[Features, ...]:
    """What a verb between these two means; empty when they do not go together."""
    if prefix not in VERB_PREFIXES or suffix not in VERB_SUFFIXES:
        return ()
    before = VERB_PREFIXES[prefix]
    readings = (_combine(before, after) for after in VERB_SUFFIXES[suffix])
    return tuple(dict.fromkeys(reading for reading in readings if reading))


_WHO = frozenset({"do", "you", "i", "they", "did", "youdid", "they_did"})


def _combine(before: Features, after: Features) -> Features:
    negated = "opens_negation" in before
    if negated != ("closes_negation" in after):
        if negated:
            return frozenset()
        after = after - {"closes_negation"} | {"not"}
    elif negated:
        after = after | {"not"}
    who = before & _WHO
    if after & {"did", "youdid"}:
        if "did" not in who:
            return frozenset()
        who = after & {"did", "youdid"}
    elif "present" in after:
        who = who & {"you", "i", "they"}
    elif "did" in who:
        # A bare stem is "send!" or "he sent"; only an ending makes it "I sent".
        who = who - {"did"}
    if after & {"pl", "f", "present"}:
        who = who - {"i"}
    if not who:
        return frozenset()
    return frozenset(who | (after & {"me", "to_me", "it", "to_you", "not", "pl"}) | (before & {"will"}))


@cache
def noun_features(prefix: str, suffix: str) -> Features:
    """What a noun between these two means; empty when they do not go together."""
    if prefix not in NOUN_PREFIXES or suffix not in NOUN_SUFFIXES:
        return frozenset()
    return frozenset({"noun", *NOUN_SUFFIXES[suffix]})


@cache
def without_proclitics(word: str) -> tuple[str, ...]:
    """The word and what is left of it when its proclitics go, at least two letters long."""
    left = [word]
    for proclitic in PROCLITICS:
        if word.startswith(proclitic) and len(word) - len(proclitic) >= 2:
            rest = word[len(proclitic) :]
            left.append(rest)
            if proclitic in ("لل", "ولل"):
                left.append("ال" + rest)
    return tuple(dict.fromkeys(left))
