"""
What a message resembles when no phrase of the book is sure: every word and every run of letters was weighed once,
in labelled messages, and here the weights are added up.

Law 1: pages may suspect an opt-out by a likeness, guess an intent that changes nothing, or doubt what another
       page heard, so that a person reads it. A certain opt-out needs both tables: one must be very sure and the
       other must find nothing likelier. None decides a payment, an acceptance or a conversion, and none takes an
       opt-out, a complaint or a wish for a person away.
Law 2: the words that weighed most are named, so that a person can see why.
Law 3: the tables are made by `bench/resemblance.py` from `rules/corpus`, never by hand. A page names the
       table that it was tested with, so a new table is a new version of the book.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

SHIPPED = Path(__file__).parent / "resemblance.json"

# Shorter runs of letters stand in every word, longer ones in one word only.
RUNS_OF_LETTERS = (3, 4, 5)
# Long messages have more words to be like anything; this keeps a page of text as careful as a sentence.
LOUDNESS = 4.0
# Weights are whole numbers in the file: a hundredth is finer than a hundred examples can tell.
STEPS = 100
# What the book knows about a word counts too; keys of single words are in its letters already.
MARKS_OF_KEYS = "%@<"
WORDS_NAMED = 4
WORDS_REMEMBERED = 20_000
# Moves money or a contract: nobody guesses that.
NEVER_GUESSED = frozenset({"paid", "accepted", "converted"})
ENDS_ALL_CONTACT = frozenset({"unsubscribe", "erasure_request"})
# What was labelled so is only ever suspected when an intent is guessed.
ONLY_SUSPECTED = frozenset({"unsubscribe", "opt_out_suspected", "erasure_request"})

# Ends a deal for good: a guess of it must be surer than any other.
ENDS_A_DEAL = frozenset({"rejected", "declined", "churned", "not_qualified", "cancelled"})
SURER = 0.8


class Heard(Protocol):
    """What is needed of a message: its words, and what the book knows of each."""

    @property
    def words(self) -> Sequence[str]: ...

    keys: list[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a message is like what was labelled so."""

    name: str
    degree: float
    """0 to 1."""
    places: tuple[int, ...]
    """The words that weighed most, in their order."""
    against: float = 0.0
    """The same degree for what the pages heard."""


NOTHING = Likeness("", 0.0, ())


@lru_cache(maxsize=WORDS_REMEMBERED)
def features_of_word(word: str) -> tuple[str, ...]:
    """The word itself and its runs of letters, its edges included."""
    framed = f" {word} "
    runs = [framed[at : at + run] for run in RUNS_OF_LETTERS for at in range(len(framed) - run + 1)]
    return (f"w:{word}", *(f"c:{run}" for run in runs))


def features_of_keys(keys: frozenset[str]) -> tuple[str, ...]:
    """What the book knows about a word."""
    return tuple(f"k:{key}" for key in sorted(keys) if key[0] in MARKS_OF_KEYS)


def features(heard: Heard) -> Iterator[tuple[str, int]]:
    """Every feature of the message with the place of its word; the same one may come twice."""
    for place, (word, keys) in enumerate(zip(heard.words, heard.keys, strict=True)):
        for feature in (*features_of_word(word), *features_of_keys(keys)):
            yield feature, place


def features_of_stage(stage: str, heard: Heard) -> Iterator[tuple[str, int]]:
    """What the same words weigh at this stage: «موافق» is an answer early and an acceptance late."""
    yield f"s:{stage}", -1
    for place, keys in enumerate(heard.keys):
        for feature in features_of_keys(keys):
            yield f"{stage}|{feature}", place


def loudness(count: int) -> float:
    """How much each of `count` known features counts."""
    return LOUDNESS / math.sqrt(max(count, 1))


class Resemblance:
    """The two tables: is it like an opt-out, and which intent is it like."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self.name = str(table["name"])
        suspicion: Mapping[str, int] = table["opt_out"]  # type: ignore[assignment]
        guesses: Mapping[str, list[int]] = table["intents"]  # type: ignore[assignment]
        self._opt_out = {feature: weight / STEPS for feature, weight in suspicion.items()}
        self._opt_out_from = float(table["opt_out_from"]) / STEPS  # type: ignore[arg-type]
        self._names: list[str] = list(table["names"])  # type: ignore[call-overload]
        self._names_from = [value / STEPS for value in table["names_from"]]  # type: ignore[attr-defined]
        self._intents = {
            feature: tuple((row[at], row[at + 1] / STEPS) for at in range(0, len(row), 2))
            for feature, row in guesses.items()
        }

    def opt_out(self, heard: Heard) -> Likeness:
        """How much this is like an opt-out."""
        weighed = {
            feature: (self._opt_out[feature], place)
            for feature, place in features(heard)
            if feature in self._opt_out
        }
        loud = loudness(len(weighed))
        total = self._opt_out_from + loud * sum(weight for weight, _ in weighed.values())
        by_place: dict[int, float] = {}
        for weight, place in weighed.values():
            by_place[place] = by_place.get(place, 0.0) + weight
        return Likeness("opt_out", _logistic(total), _heaviest(by_place))

    def intent(self, heard: Heard, stage: str, instead_of: str = "") -> Likeness:
        """
        The intent that this is most like, or nothing when it is like what may not be guessed.

        What ends a deal must be surer than the rest. Given what the pages heard, says also how much it is like
        that; without it `default` is no guess.
        """
        rows, totals = self._weighed(heard, stage)
        best = max(range(len(totals)), key=totals.__getitem__)
        shares = [math.exp(total - totals[best]) for total in totals]
        name, degree = self._names[best], 1 / sum(shares)
        if name in NEVER_GUESSED:
            return NOTHING
        if (not instead_of and name == "default") or (name in ENDS_A_DEAL and degree < SURER):
            return NOTHING
        by_place: dict[int, float] = {}
        for row, place in rows.values():
            by_place[place] = by_place.get(place, 0.0) + sum(w for column, w in row if column == best)
        by_place.pop(-1, None)
        heard_so = self._names.index(instead_of) if instead_of in self._names else best
        name = "opt_out_suspected" if name in ONLY_SUSPECTED else name
        return Likeness(name, degree, _heaviest(by_place), shares[heard_so] * degree)

    def reads_like_an_opt_out(self, heard: Heard, stage: str) -> bool:
        """Whether of all intents this is most like one of those that end all contact."""
        _, totals = self._weighed(heard, stage)
        return self._names[max(range(len(totals)), key=totals.__getitem__)] in ENDS_ALL_CONTACT

    def _weighed(
        self, heard: Heard, stage: str
    ) -> tuple[dict[str, tuple[tuple[tuple[int, float], ...], int]], list[float]]:
        """The known features with their weights and places, and the sum for every intent."""
        rows = {
            feature: (self._intents[feature], place)
            for feature, place in (*features(heard), *features_of_stage(stage, heard))
            if feature in self._intents
        }
        loud = loudness(len(rows))
        totals = list(self._names_from)
        for row, _ in rows.values():
            for column, weight in row:
                totals[column] += loud * weight
        return rows, totals


@cache
def shipped() -> Resemblance:
    """The tables that ship with the code."""
    return Resemblance(json.loads(SHIPPED.read_text(encoding="utf-8")))


def _logistic(total: float) -> float:
    return 1 / (1 + math.exp(-max(min(total, 50.0), -50.0)))


def _heaviest(by_place: Mapping[int, float]) -> tuple[int, ...]:
    ordered = sorted((place for place, weight in by_place.items() if weight > 0), key=lambda at: -by_place[at])
    return tuple(sorted(ordered[:WORDS_NAMED]))
