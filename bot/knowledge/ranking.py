"""
Which articles speak of what was asked, best first. Pure.

Okapi BM25 over words that know their other spellings (`words.py`), not MongoDB's text index: that one has no
Arabic, no notion of a rare word, and repairs no typing mistake, and every one of the three costs hits.

Rule 1: a word of the question counts once in an article, by its surest key there.
Rule 2: confidence is the part of the question, by the weight of its words, that the article speaks of. It does
        not depend on how many articles there are, so a threshold means the same on the first day and later.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.knowledge.article import LANGUAGES, Article, Hit
from bot.knowledge.words import Term, terms

# How sure a match of each kind is. A meaning is nearly the word itself; consonants and sounds meet by accident.
BY_STEM, BY_MEANING, BY_MISTAKE, BY_BONES, BY_SOUND = 1.0, 0.8, 0.75, 0.6, 0.6

# A title names what an article is about, tags are other names of it, a body only mentions.
IN_TITLE, IN_TAGS, IN_BODY = 3.0, 2.5, 1.0

# The usual constants of BM25: how fast repetition stops counting, and how much long texts are held back.
SATURATION, LENGTH = 1.2, 0.6

# A shelf of a few articles is judged as if it had these many: otherwise no word on it would be rare.
LEAST_SHELF = 40

# A word that no article has may be a name, or chatter that our list of it lacks: less than the rarest known word.
UNKNOWN_WORD = 0.7

# One mistake from four letters on, two from eight on: below that another word is nearer than a mistake.
LEAST_LETTERS, LETTERS_FOR_TWO = 4, 8

# A question of more words than this is a story. What is held in memory is asked by whoever holds everybody up.
WORDS_ASKED = 64

# Mentioned in a body only, a word says less than in a title about whether the article answers.
BODY_SPEAKS = 0.85


@dataclass(frozen=True, slots=True)
class _Kept:
    article: Article
    weights: dict[str, float]
    """Key -> how often, by the weight of its place."""
    named: frozenset[str]
    """Keys of the title and the tags."""
    length: float


class Shelf:
    """Articles, ready to be searched; made anew when one of them changed."""

    def __init__(self, articles: Iterable[Article], before: "Shelf | None" = None) -> None:
        """`before` lends what it knows of articles that are still the same: reading one takes milliseconds."""
        self.articles = tuple(articles)
        read = {(kept.article.id, kept.article.version): kept for kept in before._kept} if before else {}
        self._kept = [_kept(article, read.get((article.id, article.version))) for article in self.articles]
        self._having: dict[str, set[int]] = defaultdict(set)
        for place, kept in enumerate(self._kept):
            for key in kept.weights:
                self._having[key].add(place)
        self._stems = [key for key in self._having if key[0] not in "%+#~" and key[-1] not in "+…"]
        self._average = sum(k.length for k in self._kept) / len(self._kept) if self._kept else 1.0

    def find(self, question: str, limit: int, among: frozenset[int] | None = None) -> list[Hit]:
        """The articles that speak of a question, best first; `among` are places in `articles`."""
        asked = _without_repetitions(terms(question)[:WORDS_ASKED])
        found: dict[int, list[tuple[float, float, str]]] = defaultdict(list)
        total = 0.0
        for term in asked:
            keys = self._keys(term)
            having = {place for key, _ in keys for place in self._having[key]}
            weight = self._rarity(len(having)) * (1.0 if having else UNKNOWN_WORD)
            total += weight
            for place in having if among is None else having & among:
                score, part = self._in(self._kept[place], keys)
                found[place].append((weight * score, weight * part, term.written))
        hits = [self._hit(place, matches, total) for place, matches in found.items()]
        hits.sort(key=lambda hit: (-hit.score, hit.article.id))
        return hits[:limit]

    def _hit(self, place: int, matches: Sequence[tuple[float, float, str]], total: float) -> Hit:
        confidence = sum(part for _, part, _ in matches) / total if total else 0.0
        # What covers more of the question goes before what repeats one word of it.
        score = sum(score for score, _, _ in matches) * (0.5 + confidence)
        return Hit(self._kept[place].article, score, min(confidence, 1.0), tuple(word for _, _, word in matches))

    def _keys(self, term: Term) -> list[tuple[str, float]]:
        """Keys of this word that some article has, surest first."""
        sure = [(stem, BY_STEM) for stem in term.stems if stem in self._having]
        weaker = [(name, BY_MEANING) for name in term.meanings if name in self._having]
        weaker += [(bones, BY_BONES) for bones in term.bones if bones in self._having]
        if not sure and not term.meanings:
            weaker += [(stem, BY_MISTAKE) for stem in self._mistaken(term)]
        weaker += [(f"~{sound}", BY_SOUND) for sound in term.sounds if f"~{sound}" in self._having]
        return sorted([*sure, *weaker], key=lambda one: -one[1])

    def _mistaken(self, term: Term) -> list[str]:
        """Words of the articles that this one is mistyped for."""
        near = []
        for stem in {term.written, term.main}:
            if len(stem) >= LEAST_LETTERS and not stem.isdigit():
                most = 2 if len(stem) >= LETTERS_FOR_TWO else 1
                near += process.extract(stem, self._stems, scorer=OSA.distance, score_cutoff=most, limit=5)
        return [found for found, _, _ in near if len(found) >= LEAST_LETTERS]

    def _rarity(self, having: int) -> float:
        shelf = max(len(self._kept), LEAST_SHELF)
        return math.log(1 + (shelf - having + 0.5) / (having + 0.5))

    def _in(self, kept: _Kept, keys: Sequence[tuple[str, float]]) -> tuple[float, float]:
        """How strongly one article speaks of a word, and how surely it does."""
        held_back = SATURATION * (1 - LENGTH + LENGTH * kept.length / self._average)
        best, part = 0.0, 0.0
        for key, sureness in keys:
            often = kept.weights.get(key, 0.0)
            if often:
                best = max(best, sureness * often * (SATURATION + 1) / (often + held_back))
                part = max(part, sureness * (1.0 if key in kept.named else BODY_SPEAKS))
        return best, part


def _kept(article: Article, before: _Kept | None) -> _Kept:
    if before is not None and before.article.content == article.content:
        return replace(before, article=article)
    weights: Counter[str] = Counter()
    named: set[str] = set()
    content, length = article.content, 0
    for language in LANGUAGES:
        text = content.text(language)
        for said, weight in ((text.title, IN_TITLE), (text.body, IN_BODY)):
            for term in terms(said):
                length += 1
                _weigh(term, weight, weights)
                if said is text.title:
                    named.update(_keys_of(term))
    for tag in content.tags:
        for term in terms(tag):
            _weigh(term, IN_TAGS, weights)
            named.update(_keys_of(term))
    return _Kept(article, dict(weights), frozenset(named), float(max(length, 1)))


def _weigh(term: Term, weight: float, weights: Counter[str]) -> None:
    for key in _keys_of(term):
        weights[key] += weight


def _keys_of(term: Term) -> set[str]:
    return {*term.stems, *term.meanings, *term.bones, *(f"~{sound}" for sound in term.sounds)}


def _without_repetitions(asked: Sequence[Term]) -> list[Term]:
    """«كم السعر؟ بكم؟» asks once."""
    kept: list[Term] = []
    for term in asked:
        if not any(term.stems & other.stems or term.meanings & other.meanings for other in kept):
            kept.append(term)
    return kept
