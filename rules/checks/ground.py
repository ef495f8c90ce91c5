"""
Every message that could come, as sets: what a page can fire on, and what the pages above it leave to it.

Rule 1: a fact has finitely many values that matter: the words of its list, and for a number one sample on each
        side of every limit in the book. `Condition.holds` judges them; nothing here knows what a test means.
Rule 2: what can never come together is left out: a page of understanding means what it means, at its stages.
Rule 3: a doubt is no finding: a search that grows past MOST_LOOKS claims nothing.

A set is one number, a bit for each value of each fact; only `also_intent` and `also_heard`, which hold several
words at once, need more than that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rules import facts, vocabulary
from rules.facts import Condition
from rules.language.page import UnderstandingPage

# A search through the shipped book looks at a few hundred ways of pages; one that needs more than this (about a
# tenth of a second) would make whoever types wait.
MOST_LOOKS = 100_000

# Where an intent can come from that no page of understanding heard.
NOT_HEARD_BY_A_PAGE = ("", "short_answers", "button:opt_out_yes", "button:opt_out_no")
SEVERAL = {"also_intent": "intent", "also_heard": "heard"}
"""Facts that hold several words at once, and the fact whose word is always among them."""
BUTTON_MEANS = {"opt_out_yes": ("unsubscribe", "hard"), "opt_out_no": ("default", "")}
"""What the two buttons of the opt-out question mean, whatever else is written."""
SAYS_STOP = ("unsubscribe", "opt_out_suspected")


@dataclass(frozen=True, slots=True)
class Area:
    """A set of messages: allowed values, and groups of words of which one must be among several."""

    bits: int
    some: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Test:
    """One condition over bits: `allowed` inside `within`, or one of `some`, or none of `some`."""

    within: int
    allowed: int
    some: int = 0
    none: int = 0


@dataclass(frozen=True, slots=True)
class Cover:
    """One way in which a page can be true."""

    tests: tuple[_Test, ...]
    bits: int
    places: tuple[int, ...]
    """Where it needs at least one value."""
    outs: tuple[int, ...]
    """Values that each test does not allow."""
    several: tuple["_Test", ...]
    """Tests that need one of several words."""


class TooWide(Exception):
    """A search grew past MOST_LOOKS; whoever asked claims nothing."""


class Ground:
    """The facts of one book, laid out as bits."""

    def __init__(self, conditions: Iterable[Condition], heard: Mapping[str, UnderstandingPage]) -> None:
        conditions = list(conditions)
        self._values = _values(conditions, heard)
        self._at: dict[str, int] = {}
        width = 0
        for fact, values in self._values.items():
            self._at[fact] = width
            width += len(values)
        self._dims = {fact: ((1 << len(v)) - 1) << self._at[fact] for fact, v in self._values.items()}
        self._bit = {
            (fact, value): 1 << (self._at[fact] + n)
            for fact, values in self._values.items()
            for n, value in enumerate(values)
        }
        self.everything = Area((1 << width) - 1)
        self._tests = {condition: self._test(condition) for condition in set(conditions)}
        self._links = [self._link(page) for page in heard.values()]
        self._heard_by_pages = self._words("heard", heard)
        self._stops = self._words("intent", SAYS_STOP)
        self._quiet = self._words("opt_out", [""])
        self._pressed = [
            (self._words("button", [button]), self._words("intent", [intent]), self._words("opt_out", [opt_out]))
            for button, (intent, opt_out) in BUTTON_MEANS.items()
        ]

    def cover(self, way: Sequence[Condition]) -> Cover:
        """Lay one way out."""
        tests = tuple(self._tests[condition] for condition in way)
        bits = self.everything.bits
        for test in tests:
            bits &= ~(test.within & ~test.allowed) & ~test.none
        return Cover(
            tests,
            bits,
            places=tuple(test.some or test.within for test in tests if test.some or test.within),
            outs=tuple(test.none | test.within & ~test.allowed for test in tests if not test.some),
            several=tuple(test for test in tests if test.some),
        )

    def area(self, way: Sequence[Condition]) -> Area | None:
        """Return the messages on which a way is true; None when there is none."""
        return self.inside(self.everything, self.cover(way))

    def only(self, area: Area, fact: str, *words: object) -> Area | None:
        """Narrow an area to some values of a fact; None when nothing is left."""
        kept = self._words(fact, words)
        return self._settled(replace(area, bits=area.bits & (kept | ~self._dims[fact])))

    def outside(self, area: Area, covers: Iterable[Cover]) -> Area | None:
        """Return some messages of an area that no cover has; None when there are none, or in doubt."""
        try:
            return self._search(area, list(covers), [0])
        except TooWide:
            return None

    def is_covered(self, area: Area, covers: Iterable[Cover]) -> bool:
        """Tell whether every message of an area is in some cover; in doubt it is not."""
        try:
            return self._search(area, list(covers), [0]) is None
        except TooWide:
            return False

    def values(self, area: Area, fact: str) -> tuple[object, ...]:
        """Name the values that a fact may have in an area."""
        bits = area.bits >> self._at[fact]
        return tuple(value for n, value in enumerate(self._values[fact]) if bits >> n & 1)

    # laying out

    def _words(self, fact: str, words: Iterable[object]) -> int:
        return sum(self._bit.get((fact, word), 0) for word in set(words))

    def _test(self, condition: Condition) -> _Test:
        if condition.fact in SEVERAL:
            words = self._words(condition.fact, condition.words)
            if condition.test == "is":
                return _Test(0, 0, some=words)
            return _Test(0, 0, none=words)
        fact = "slots_filled" if condition.fact == "slots_missing" else condition.fact
        held = [value for value in self._values[fact] if condition.holds({condition.fact: _as(condition, value)})]
        return _Test(self._dims[fact], self._words(fact, held))

    def _link(self, page: UnderstandingPage) -> tuple[int, int, int]:
        """What a page of understanding can mean, and where: (itself, intents, stages)."""
        means = {page.intent, *(intent for _, intent in page.instead_at)}
        means |= {page.if_negated} - {"", "same"}
        if page.resembles is not None:
            means |= set(vocabulary.INTENTS)  # a guess is whatever the message is most like
        return (
            self._words("heard", [page.id]),
            self._words("intent", means),
            self._words("stage", page.stages or vocabulary.STAGES),
        )

    # what can come together

    def _settled(self, area: Area) -> Area | None:
        bits = area.bits
        before = -1
        while bits != before:
            before = bits
            for several, one in SEVERAL.items():
                allowed = (bits & self._dims[several]) >> self._at[several] << self._at[one]
                bits &= allowed | ~self._dims[one]
            bits = self._without_impossible_hearing(bits)
            bits = self._without_impossible_stops(bits)
            if not all(bits & dim for dim in self._dims.values()) or not all(bits & some for some in area.some):
                return None
        return Area(bits, area.some)

    def _without_impossible_hearing(self, bits: int) -> int:
        if bits & self._dims["heard"] & ~self._heard_by_pages:
            return bits  # nobody need have heard it, so nothing is impossible yet
        means, stands = 0, 0
        for page, intents, stages in self._links:
            if bits & page:
                if bits & intents and bits & stages:
                    means |= intents
                    stands |= stages
                else:
                    bits &= ~page
        return bits & (means | ~self._dims["intent"]) & (stands | ~self._dims["stage"])

    def _without_impossible_stops(self, bits: int) -> int:
        for button, intent, opt_out in self._pressed:
            if bits & self._dims["button"] == button:
                bits &= (intent | ~self._dims["intent"]) & (opt_out | ~self._dims["opt_out"])
        if bits & self._dims["opt_out"] == self._quiet:
            bits &= ~self._stops
        if not bits & self._dims["intent"] & ~self._stops:
            bits &= ~self._quiet
        return bits

    # one set inside, outside another

    def inside(self, area: Area, cover: Cover) -> Area | None:
        """Narrow an area to what a cover has of it; None when they have no message in common."""
        some = area.some + tuple(test.some for test in cover.tests if test.some)
        return self._settled(Area(area.bits & cover.bits, some))

    def _has_one(self, area: Area, test: _Test) -> bool:
        """Whether every message of an area has one of the several words that a test needs."""
        several = next(fact for fact in SEVERAL if test.some & self._dims[fact])
        one = SEVERAL[several]
        primary = (area.bits & self._dims[one]) >> self._at[one] << self._at[several]
        return any(not group & area.bits & ~test.some for group in (*area.some, primary))

    def _search(self, area: Area, covers: list[Cover], looks: list[int]) -> Area | None:
        looks[0] += len(covers)
        if looks[0] > MOST_LOOKS:
            raise TooWide
        best: Cover | None = None
        fewest = 1 << 30
        near = []
        for cover in covers:
            if not _may_meet(area, cover):
                continue
            missing = len(cover.several)
            for out in cover.outs:
                missing += bool(area.bits & out)
            if missing == len(cover.several) and all(self._has_one(area, test) for test in cover.several):
                return None
            near.append(cover)
            if missing < fewest:
                best, fewest = cover, missing
        if best is None:
            return area
        rest = [cover for cover in near if cover is not best]
        for piece in self._minus(area, best):
            found = self._search(piece, rest, looks)
            if found is not None:
                return found
        return None

    def _minus(self, area: Area, cover: Cover) -> Iterator[Area]:
        """Cut an area into pieces that lie outside a cover."""
        left: Area | None = area
        for test in cover.tests:
            if left is None:
                return
            outside, inside = _split(left, test)
            piece = self._settled(outside)
            if piece is not None:
                yield piece
            left = self._settled(inside)


def _split(area: Area, test: _Test) -> tuple[Area, Area]:
    """What of an area lies outside a test, and what inside."""
    bits, some = area.bits, area.some
    if test.some:
        return Area(bits & ~test.some, some), Area(bits, (*some, test.some))
    if test.none:
        return Area(bits, (*some, test.none)), Area(bits & ~test.none, some)
    rest = bits & ~test.within
    return Area(rest | bits & test.within & ~test.allowed, some), Area(rest | bits & test.allowed, some)


def _may_meet(area: Area, cover: Cover) -> bool:
    bits = area.bits & cover.bits
    for place in cover.places:  # noqa: SIM110 (the innermost loop of all: `all` costs three times as much)
        if not bits & place:
            return False
    return True


def _values(conditions: list[Condition], heard: Mapping[str, UnderstandingPage]) -> dict[str, tuple[object, ...]]:
    values: dict[str, tuple[object, ...]] = {**facts.WORDS}
    for fact in facts.PAGES:
        values[fact] = (*heard, *NOT_HEARD_BY_A_PAGE)
    for fact in facts.YES_NO:
        values[fact] = (False, True)
    for fact in facts.NUMBERS:
        if fact == "slots_missing":
            continue
        limits = {condition.number for condition in conditions if condition.fact == fact}
        values[fact] = _samples(fact, limits)
    return values


def _samples(fact: str, limits: set[float]) -> tuple[object, ...]:
    """Values on each side of every limit, and on the limits themselves, as far as the fact can have them."""
    if fact == "slots_filled":
        return tuple(range(len(vocabulary.SLOTS) + 1))
    if fact == "confidence":
        edges = sorted({0.0, 1.0, *limits})
        between = {(low + high) / 2 for low, high in pairwise(edges)}
        return tuple(value for value in sorted({*edges, *between}) if 0 <= value <= 1)
    whole = {int(limit // 1) + step for limit in limits for step in (-1, 0, 1, 2)} | {0, 1}
    return tuple(sorted(value for value in whole if value >= 0))


def _as(condition: Condition, value: object) -> object:
    return len(vocabulary.SLOTS) - int(str(value)) if condition.fact == "slots_missing" else value
