"""
A text as search compares it: content words in the forms in which others may write them. Pure.

Rule 1: text is folded and cut by `rules.language` and nowhere else; articles and questions go the same way.
Rule 2: each word has keys of falling certainty: its stem, what means the same (`same_words.yml`), and its
        consonants, by which broken plurals («سعر», «اسعار») meet. A match counts once, by its surest key.
Rule 3: words that every question has («كم», «وش», "how") say nothing about what is asked; «بكم» does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from flows.plain_yaml import read as read_yaml
from rules.language.arabizi import skeletons_of_arabic, skeletons_of_latin
from rules.language.lexicon import Lexeme, Lexicon
from rules.language.normalise import fold_word
from rules.language.tokens import read

SAME_WORDS = Path(__file__).parent / "same_words.yml"
STOP_WORDS = "stop"
WORDS_REMEMBERED = 20_000

# A stem of two letters is a particle more often than a word.
SHORTEST_STEM = 3
# English words of one family share their beginning: integrate, integration, integrations.
SHARED_BEGINNING = 5

_ARTICLES = ("وبال", "وال", "فال", "بال", "كال", "ولل", "لل", "ال")
_PROCLITICS = ("و", "ف", "ب", "ل", "ك")
_PERSONS = ("بي", "بت", "بن", "ست", "سن", "سي", "ح", "ي", "ت", "ن", "ا", "م")
_ENDINGS = (
    "تكم", "تنا", "ياتكم", "اتكم", "اتنا", "ناها", "ونها", "يات", "كم", "نا", "ها", "هم", "ات", "ون", "ين", "وا",
    "ني", "تي", "يه", "ته", "ه", "ي", "ك", "و", "ت",
)  # fmt: skip
_WEAK = frozenset("اويهء")


@dataclass(frozen=True, slots=True)
class Term:
    """One content word."""

    written: str
    """As it was written, folded."""
    stems: frozenset[str]
    """Forms in which the same word may be written, surest keys."""
    meanings: frozenset[str] = frozenset()
    """Names of what means the same, whatever the language."""
    bones: frozenset[str] = frozenset()
    """Consonants, or the beginning of an English word: weak keys."""
    sounds: frozenset[str] = frozenset()
    """Arabic consonants of a word in Latin letters."""

    @property
    def main(self) -> str:
        """The shortest stem, by which typing mistakes are found."""
        return min(self.stems, key=lambda stem: (len(stem), stem))


def terms(text: str) -> tuple[Term, ...]:
    """The content words of a text in their order."""
    reading = read(text)
    return tuple(
        _term(token.text, reading.may_be_arabizi and token.kind == "la")
        for token in reading.tokens
        if token.kind in ("ar", "la", "num") and not _says_nothing(token.text)
    )


@lru_cache(maxsize=WORDS_REMEMBERED)
def _term(word: str, arabizi: bool) -> Term:
    meanings = frozenset(key for key in _lexicon().keys(word, arabizi=arabizi) if key.startswith("%"))
    if _is_arabic(word):
        stems = frozenset(_arabic_stems(word))
        return Term(word, stems, meanings, frozenset(filter(None, map(_consonants, stems))), _sounds(stems))
    stem = _english_stem(word)
    beginning = {f"{stem[:SHARED_BEGINNING]}…"} if len(stem) >= SHARED_BEGINNING and stem.isalpha() else set()
    sounds = frozenset(s for s in skeletons_of_latin(word) if len(s) >= SHORTEST_STEM) if arabizi else frozenset()
    return Term(word, frozenset({stem}), meanings, frozenset(beginning), sounds)


def _says_nothing(word: str) -> bool:
    return len(word) < 2 or word in _stop_words() or _without_end(word) in _stop_words()


def _is_arabic(word: str) -> bool:
    return "\u0621" <= word[:1] <= "\u06d3"


def _arabic_stems(word: str) -> Iterator[str]:
    """The word without what may be glued to it, never shorter than three letters."""
    yield word
    for bare in _without_front(word):
        yield bare
        yield _without_end(bare)
        for person in () if _is_definite(word) else _PERSONS:
            if bare.startswith(person) and len(left := _without_end(bare[len(person) :])) >= SHORTEST_STEM:
                yield left


def _is_definite(word: str) -> bool:
    """With an article it is a noun: no person stands before it."""
    return any(word.startswith(a) and len(word) - len(a) >= SHORTEST_STEM for a in _ARTICLES)


def _without_front(word: str) -> Iterator[str]:
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= SHORTEST_STEM:
            yield word[len(article) :]
            return
    yield word
    for letter in _PROCLITICS:
        if word.startswith(letter) and len(word) > SHORTEST_STEM + 1:
            yield word[1:]


def _without_end(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def _consonants(stem: str) -> str:
    """What is left of a stem without its weak letters; nothing when that is too little to be a word."""
    left = "".join(letter for letter in stem if letter not in _WEAK)
    return f"{left}+" if len(left) >= SHORTEST_STEM else ""


def _sounds(stems: frozenset[str]) -> frozenset[str]:
    return frozenset(s for stem in stems for s in skeletons_of_arabic(stem) if len(s) >= SHORTEST_STEM)


def _english_stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= SHORTEST_STEM:
            return (word[: -len(ending)] + instead).rstrip("e") or word
    return word.rstrip("e") if len(word) > SHORTEST_STEM else word


@cache
def _same_words() -> dict[str, dict[str, list[str]]]:
    return read_yaml(SAME_WORDS.read_text(encoding="utf-8"))  # type: ignore[return-value]


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(fold_word(word) for words in _same_words()[STOP_WORDS].values() for word in words)


@cache
def _lexicon() -> Lexicon:
    """What means the same, by the machine that reads the words of the rule book."""
    lexicon = Lexicon(
        Lexeme.from_mapping(name, entry) for name, entry in _same_words().items() if name != STOP_WORDS
    )
    for name in lexicon.lexemes:
        lexicon.form(name, ())
    return lexicon
