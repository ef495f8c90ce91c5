"""
What every word of a message counts as, for the pages of one book.

Law 1: a word matches whole or not at all; «كم» is not in «عليكم».
Law 2: a word of one or two letters matches only exactly as written; longer ones may carry و ف ب ل ك ال.
Law 3: a typo is repaired only in a word that nothing else in the book knows.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from rules.language.arabizi import skeletons_of_arabic, skeletons_of_latin
from rules.language.inflection import (
    LONGEST_PREFIX,
    LONGEST_SUFFIX,
    NOUN_PREFIXES,
    NOUN_SUFFIXES,
    VERB_PREFIXES,
    VERB_SUFFIXES,
    Features,
    noun_features,
    verb_features,
    without_proclitics,
)
from rules.language.normalise import fold_word
from rules.language.script import ENGLISH_WORDS, SPELLED

NUMBER_KEY = "#num"
ANY_KEY = "#any"
# The memory of analysed words; a flood of nonsense words empties it instead of filling the machine.
WORDS_REMEMBERED = 50_000
LONGEST_WORD_ANALYSED = 24
SHORTEST_WORD_WITH_TYPO = 4

_LATIN_PROCLITIC = re.compile(r"(?:w|b|f|l|bi|wi|bel|bil|lel|lil)?(?:al|el|il|l)?-?")


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One word in all its forms."""

    name: str
    verbs: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    """Forms that take no endings: English, Arabizi, particles."""
    excluded: frozenset[str] = frozenset()

    @classmethod
    def from_mapping(cls, name: str, entry: Mapping[str, object]) -> "Lexeme":
        """Build from `{verb: [...], noun: [...], exact: [...], not: [...]}`."""

        def folded(key: str) -> tuple[str, ...]:
            values = entry.get(key) or ()
            return tuple(dict.fromkeys(fold_word(str(value)) for value in values))  # type: ignore[attr-defined]

        return cls(name, folded("verb"), folded("noun"), folded("exact"), frozenset(folded("not")))


class Lexicon:
    """Knows for each word the keys that it satisfies: `w:word`, `p:prefix`, `@set`, `%lexeme.feature`..."""

    def __init__(self, lexemes: Iterable[Lexeme]) -> None:
        self.lexemes = {lexeme.name: lexeme for lexeme in lexemes}
        self._by_word: dict[str, set[str]] = defaultdict(set)
        self._by_exact: dict[str, set[str]] = defaultdict(set)
        self._by_prefix: dict[str, set[str]] = defaultdict(set)
        self._fuzzy: dict[str, set[str]] = defaultdict(set)
        self._filters: dict[str, dict[str, tuple[Features, ...]]] = defaultdict(dict)
        self._verbs: dict[str, set[str]] = defaultdict(set)
        self._nouns: dict[str, set[str]] = defaultdict(set)
        self._bound_nouns: dict[str, set[str]] = defaultdict(set)
        self._written: dict[str, set[str]] = defaultdict(set)
        self._skeletons = _Skeletons()
        self._remembered: dict[tuple[str, bool], frozenset[str]] = {}
        for lexeme in self.lexemes.values():
            self._index(lexeme)

    def _index(self, lexeme: Lexeme) -> None:
        for stem in lexeme.verbs:
            self._verbs[stem].add(lexeme.name)
            self._skeletons.add_stem(stem, lexeme.name, is_verb=True)
        for stem in lexeme.nouns:
            self._nouns[stem].add(lexeme.name)
            self._skeletons.add_stem(stem, lexeme.name, is_verb=False)
            if stem.endswith("ه"):
                self._bound_nouns[stem[:-1] + "ت"].add(lexeme.name)
        for form in lexeme.written:
            self._written[form].add(lexeme.name)

    # What the phrases of the book ask for, registered while they are compiled.

    def word(self, word: str) -> str:
        """The key of a plain word."""
        return self._register(self._by_word, word, f"w:{word}")

    def exactly(self, word: str) -> str:
        """The key of a word that takes no prefixes."""
        return self._register(self._by_exact, word, f"={word}")

    def beginning(self, prefix: str) -> str:
        """The key of a word with any ending."""
        key = f"{prefix}*"
        self._by_prefix[prefix].add(key)
        return key

    def nearly(self, word: str) -> str:
        """The key of a word that may carry one typing mistake."""
        key = f"{word}~"
        self._register(self._by_word, word, key)
        for shape in _with_one_letter_less(word):
            self._fuzzy[shape].add(word)
        return key

    def member(self, name: str, words: Iterable[str]) -> str:
        """The key of a named set of single words."""
        key = f"@{name}"
        for word in words:
            self._register(self._by_word, word, key)
        return key

    def form(self, name: str, features: tuple[Features, ...]) -> str:
        """The key of a lexeme, limited to forms that have one feature of every group."""
        dots = "".join("." + "/".join(sorted(group)) for group in features)
        key = f"%{name}{dots}"
        self._filters[name][key] = features
        return key

    def _register(self, table: dict[str, set[str]], word: str, key: str) -> str:
        table[word].add(key)
        self._skeletons.add_word(word, key)
        return key

    # What a word of a message is.

    def keys(self, text: str, *, arabizi: bool) -> frozenset[str]:
        """All keys that this folded word satisfies."""
        remembered = self._remembered.get((text, arabizi))
        if remembered is None:
            if len(self._remembered) >= WORDS_REMEMBERED:
                self._remembered.clear()
            remembered = self._remembered[(text, arabizi)] = frozenset(self._analyse(text, arabizi))
        return remembered

    def is_known(self, text: str, *, mistyped: bool = True) -> bool:
        """True when some page knows this word, or one it is `mistyped` for; a shared beginning is not enough."""
        unsure = "*" if mistyped else ("*", "~")
        return any(not key.endswith(unsure) for key in self.keys(text, arabizi=False))

    def is_verb_form(self, text: str, wanted: frozenset[str]) -> bool:
        """True when the word is a verb of the book in one of these persons."""
        return any(wanted & features for _, features in self._arabic_forms(text))

    def _analyse(self, text: str, arabizi: bool) -> set[str]:
        keys = set(self._by_exact.get(text, ()))
        for left in without_proclitics(text):
            if left == text or len(left) > 2:
                keys |= self._by_word.get(left, set())
                for length in range(2, len(left) + 1):
                    keys |= self._by_prefix.get(left[:length], set())
        forms = [(name, frozenset({"written"})) for name in self._written.get(text, ())]
        if len(text) <= LONGEST_WORD_ANALYSED:
            forms += self._arabic_forms(text)
        keys |= self._keys_of_forms(text, forms)
        if arabizi and text in SPELLED:
            keys |= self._analyse(SPELLED[text], arabizi=False)
        elif arabizi and not _certain(keys) and text.isascii() and text not in ENGLISH_WORDS:
            keys |= self._as_typo(text) or self._as_arabizi(text)
        # A word that is known only by its beginning may still be another word with a mistake in it.
        return keys if _certain(keys) else keys | self._as_typo(text)

    def _arabic_forms(self, text: str) -> list[tuple[str, Features]]:
        forms: list[tuple[str, Features]] = []
        for start in range(min(LONGEST_PREFIX, len(text) - 2) + 1):
            prefix = text[:start]
            for end in range(len(text), max(start + 1, len(text) - LONGEST_SUFFIX - 1), -1):
                stem = text[start:end]
                if stem in self._verbs:
                    readings = verb_features(prefix, text[end:])
                    forms += [(name, reading) for name in self._verbs[stem] for reading in readings]
                forms += self._noun_forms(prefix, stem, text[end:])
        return forms

    def _noun_forms(self, prefix: str, stem: str, suffix: str) -> list[tuple[str, Features]]:
        names = self._nouns.get(stem, set())
        if suffix:
            names = names | self._bound_nouns.get(stem, set())
        if not names:
            return []
        features = noun_features(prefix, suffix)
        return [(name, features) for name in names] if features else []

    def _keys_of_forms(self, text: str, forms: list[tuple[str, Features]]) -> set[str]:
        keys: set[str] = set()
        for name, features in forms:
            if text in self.lexemes[name].excluded:
                continue
            for key, groups in self._filters[name].items():
                if "not" in features and not any("not" in group for group in groups):
                    continue
                if all(group & features for group in groups):
                    keys.add(key)
            if "not" in features:
                keys.add("<not>")
            if "will" in features:
                keys.add("<will>")
        readings = [features for name, features in forms if "noun" not in features]
        if readings and all("do" in reading and not reading & {"you", "they", "i"} for reading in readings):
            keys.add("<do>")
        return keys

    def _as_arabizi(self, text: str) -> set[str]:
        bare = text[_LATIN_PROCLITIC.match(text).end() :]  # type: ignore[union-attr]
        keys: set[str] = set()
        for spelling in {text, bare} if len(bare) >= 3 else {text}:
            for skeleton in skeletons_of_latin(spelling):
                keys |= self._skeletons.words(skeleton)
                keys |= self._keys_of_forms(text, self._skeletons.forms(skeleton))
        return keys

    def _as_typo(self, text: str) -> set[str]:
        keys: set[str] = set()
        for left in without_proclitics(text):
            if not SHORTEST_WORD_WITH_TYPO <= len(left) <= LONGEST_WORD_ANALYSED:
                continue
            for shape in _with_one_letter_less(left):
                for word in self._fuzzy.get(shape, ()):
                    if OSA.distance(left, word, score_cutoff=1) <= 1:
                        keys.add(f"{word}~")
        return keys


class _Skeletons:
    """The same vocabulary by its consonants, for Arabizi."""

    def __init__(self) -> None:
        self._words: dict[str, set[str]] = defaultdict(set)
        self._stems: dict[str, set[tuple[str, bool]]] = defaultdict(set)
        self._verb_prefixes = _by_skeleton(VERB_PREFIXES)
        self._verb_suffixes = _by_skeleton(VERB_SUFFIXES)
        self._noun_prefixes = _by_skeleton(NOUN_PREFIXES)
        self._noun_suffixes = _by_skeleton(NOUN_SUFFIXES)

    def add_word(self, word: str, key: str) -> None:
        for skeleton in skeletons_of_arabic(word):
            # One consonant says nothing, and two say little of a long word.
            if len(skeleton) > 2 or (len(skeleton) == 2 and len(word) <= 4):
                self._words[skeleton].add(key)

    def add_stem(self, stem: str, lexeme: str, *, is_verb: bool) -> None:
        for skeleton in skeletons_of_arabic(stem):
            if len(skeleton) > 2 or (len(skeleton) == 2 and len(stem) <= 3):
                self._stems[skeleton].add((lexeme, is_verb))

    def words(self, skeleton: str) -> set[str]:
        return self._words.get(skeleton, set())

    def forms(self, skeleton: str) -> list[tuple[str, Features]]:
        found: list[tuple[str, Features]] = []
        for start in range(min(4, len(skeleton) - 2) + 1):
            for end in range(len(skeleton), start + 1, -1):
                for lexeme, is_verb in self._stems.get(skeleton[start:end], ()):
                    features = self._features(skeleton[:start], skeleton[end:], is_verb=is_verb)
                    found += [(lexeme, reading) for reading in features]
        return found

    def _features(self, before: str, after: str, *, is_verb: bool) -> tuple[Features, ...]:
        prefixes = (self._verb_prefixes if is_verb else self._noun_prefixes).get(before, ())
        suffixes = (self._verb_suffixes if is_verb else self._noun_suffixes).get(after, ())
        readings: set[Features] = set()
        for prefix in prefixes:
            for suffix in suffixes:
                if is_verb:
                    readings.update(verb_features(prefix, suffix))
                elif noun_features(prefix, suffix):
                    readings.add(noun_features(prefix, suffix))
        return tuple(readings)


def _by_skeleton(affixes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = defaultdict(list)
    for affix in affixes:
        for skeleton in skeletons_of_arabic(affix):
            table[skeleton].append(affix)
    return {skeleton: tuple(found) for skeleton, found in table.items()}


def _certain(keys: set[str]) -> bool:
    """True when the word is known whole, not only by its beginning."""
    return any(not key.endswith("*") for key in keys)


def _with_one_letter_less(word: str) -> list[str]:
    return [word, *(word[:place] + word[place + 1 :] for place in range(len(word)))]
