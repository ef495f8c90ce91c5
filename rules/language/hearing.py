"""
One message with everything the pages may ask about it: keys of its words, clauses, negation, courtesies.

Law 1: a negator reaches three words ahead inside its clause, no further; «مو» and "not" reach one, unless a word
between them carries on; «لا» never reaches an imperative: «لا، وقفوا» asks to stop.
Law 2: idioms («ما قصرت», «لا هنت», «لو سمحت») negate nothing and set no condition.
"""

from dataclasses import dataclass, field
from functools import cached_property

from rules.language.lexicon import ANY_KEY, NUMBER_KEY, Lexicon
from rules.language.patterns import Pattern, matches
from rules.language.tokens import Reading

NEGATION_REACHES_WORDS = 3
# «طيب هل عندكم» asks although it does not begin with its question word.
QUESTION_WORD_AMONG_FIRST = 2


@dataclass(frozen=True, slots=True)
class FixedPhrases:
    """The compiled sets of words.yml that the code itself needs."""

    idioms: tuple[Pattern, ...]
    fillers: tuple[Pattern, ...]
    question_openers: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Where a phrase stood: the places of its words, and the clause of the first (-1 for a whole line)."""

    places: tuple[int, ...]
    clause: int


@dataclass
class Hearing:
    """A reading with the keys of every token; what is costly is found out once and only when asked."""

    reading: Reading
    lexicon: Lexicon
    fixed: FixedPhrases
    arabizi: bool
    keys: list[frozenset[str]] = field(init=False)
    _found: dict[int, list[Match]] = field(init=False, default_factory=dict)
    """By the identity of the phrase: the book keeps its phrases, so no two share one while this lives."""

    def __post_init__(self) -> None:
        self.keys = [self._keys_of(place) for place in range(len(self.reading.tokens))]

    def _keys_of(self, place: int) -> frozenset[str]:
        token = self.reading.tokens[place]
        keys = self.lexicon.keys(token.text, arabizi=self.arabizi) if token.kind != "num" else frozenset()
        general = {ANY_KEY, NUMBER_KEY} if token.number is not None else {ANY_KEY}
        return keys | general

    @cached_property
    def _keys_of_clause(self) -> list[frozenset[str]]:
        return [frozenset().union(*self.keys[clause.first : clause.last]) for clause in self.reading.clauses]

    @property
    def words(self) -> list[str]:
        """The words as they were folded."""
        return [token.text for token in self.reading.tokens]

    @cached_property
    def all_keys(self) -> frozenset[str]:
        """Every key that some word of the message has."""
        return frozenset().union(*self.keys)

    @cached_property
    def clause_of(self) -> list[int]:
        """The clause of every token."""
        owner = [0] * len(self.keys)
        for place, clause in enumerate(self.reading.clauses):
            for token in range(clause.first, clause.last):
                owner[token] = place
        return owner

    @cached_property
    def idiomatic(self) -> frozenset[int]:
        """Places of words inside idioms."""
        return self._covered(self.fixed.idioms)

    @cached_property
    def courtesies(self) -> frozenset[int]:
        """Places of greetings, pleases and thanks."""
        return self._covered(self.fixed.fillers)

    @cached_property
    def negators(self) -> frozenset[int]:
        """Places of words that negate."""
        return frozenset(
            place for place, keys in enumerate(self.keys) if "@negators" in keys and place not in self.idiomatic
        )

    def _covered(self, patterns: tuple[Pattern, ...]) -> frozenset[int]:
        covered: set[int] = set()
        for pattern in patterns:
            if not pattern.anchors.isdisjoint(self.all_keys):
                for match in self.find_all(pattern):
                    covered.update(match.places)
        return frozenset(covered)

    def find_all(self, pattern: Pattern) -> list[Match]:
        """Where the phrase stands, one match for every word it can begin at; searched for once."""
        found = self._found.get(id(pattern))
        if found is None:
            found = self._found[id(pattern)] = self._search(pattern)
        return found

    def _search(self, pattern: Pattern) -> list[Match]:
        if any(need.isdisjoint(self.all_keys) for need in pattern.needs):
            return []
        if pattern.is_whole:
            return self._find_whole(pattern)
        return [
            match
            for place in range(len(self.reading.clauses))
            if (not pattern.needs_question or self.asks(place))
            for match in self._find_in_clause(pattern, place)
        ]

    def _find_in_clause(self, pattern: Pattern, place: int) -> list[Match]:
        if any(need.isdisjoint(self._keys_of_clause[place]) for need in pattern.needs):
            return []
        clause = self.reading.clauses[place]
        found: list[Match] = []
        for at in range(clause.first, clause.last):
            if pattern.starts is not None and pattern.starts.isdisjoint(self.keys[at]):
                continue
            taken = next(matches(pattern.nodes, self.keys, at, clause.first, clause.last), None)
            if taken is None and pattern.has_edge:
                # «وقفوا لو سمحت» ends with its stop word as much as «لو سمحت وقفوا» begins with it.
                first, last = self._spoken_edges[place]
                taken = next(matches(pattern.nodes, self.keys, at, first, last), None) if at < last else None
            if taken:
                found.append(Match(taken, place))
        return found

    @cached_property
    def _spoken_edges(self) -> list[tuple[int, int]]:
        """Where each clause begins and ends when the courtesies around it are left out."""
        edges = []
        for clause in self.reading.clauses:
            first, last = clause.first, clause.last
            while first < last and first in self.courtesies:
                first += 1
            while last > first and last - 1 in self.courtesies:
                last -= 1
            edges.append((first, last))
        return edges

    def _find_whole(self, pattern: Pattern) -> list[Match]:
        found = []
        for first, last in self.reading.lines:
            spoken = [place for place in range(first, last) if place not in self.courtesies]
            # A courtesy can be the message itself («لا شكرا»), so the line is tried as it is as well.
            for places in (range(first, last), spoken):
                match = self._covers(pattern, list(places))
                if match and (not pattern.needs_question or self.asks(match.clause)):
                    found.append(match)
                    break
        return found

    def _covers(self, pattern: Pattern, places: list[int]) -> Match | None:
        if not places:
            return None
        keys = [self.keys[place] for place in places]
        for taken in matches(pattern.nodes, keys, 0, 0, len(keys)):
            if len(taken) == len(keys):
                return Match(tuple(places[at] for at in taken), self.clause_of[places[0]])
        return None

    @cached_property
    def _asking(self) -> list[bool]:
        return [self._is_question(place) for place in range(len(self.reading.clauses))]

    def asks(self, clause: int) -> bool:
        """True when the clause is a question, by its mark or by its first words."""
        return self._asking[clause]

    def _is_question(self, place: int) -> bool:
        clause = self.reading.clauses[place]
        if clause.asks:
            return True
        first = clause.first
        while first < clause.last - 1 and first in self.courtesies:
            first += 1
        opening = range(first, min(first + QUESTION_WORD_AMONG_FIRST, clause.last))
        return any(
            next(matches(pattern.nodes, self.keys, at, first, clause.last), None)
            for at in opening
            for pattern in self.fixed.question_openers
            if pattern.starts is None or not pattern.starts.isdisjoint(self.keys[at])
        )

    def is_conditional(self, clause: int) -> bool:
        """True when a condition stands anywhere in the line of this clause."""
        first, last = self.reading.lines[self.reading.clauses[clause].line]
        return any(
            "@conditions" in self.keys[place] and place not in self.idiomatic for place in range(first, last)
        )

    def is_future(self, match: Match) -> bool:
        """True when the words themselves, or one before them in the clause, speak of the future."""
        first = self.reading.clauses[match.clause].first
        if any("<will>" in self.keys[place] for place in match.places):
            return True
        return any("@future_marks" in self.keys[place] for place in range(first, match.places[-1] + 1))

    def is_negated(self, match: Match) -> bool:
        """True when a negator reaches the first word of the match and the phrase does not carry its own."""
        start = match.places[0]
        if any(place in self.negators for place in match.places) or "<not>" in self.keys[start]:
            return False
        earliest = max(self.reading.clauses[match.clause].first, start - NEGATION_REACHES_WORDS)
        negators = [place for place in range(earliest, start) if self._reaches(place, start)]
        if negators and "<do>" in self.keys[start]:
            # «ما وقفوا» is "they did not stop"; any other negator before an imperative belongs to something else.
            negators = [
                place for place in negators if place == start - 1 and self.reading.tokens[place].text == "ما"
            ]
        return bool(negators)

    def _reaches(self, negator: int, start: int) -> bool:
        """«مو مهتم، احذف رقمي»: مو negates مهتم and nothing after it."""
        if negator not in self.negators:
            return False
        if "@nominal_negators" not in self.keys[negator]:
            return True
        return all("@carries_negation" in self.keys[place] for place in range(negator + 1, start))

    def is_near(self, pattern: Pattern, match: Match, within: int) -> bool:
        """True when the phrase stands at most `within` words from the match, in its clause."""
        clause = self.reading.clauses[match.clause]
        first = max(clause.first, match.places[0] - within - 1)
        last = min(clause.last, match.places[-1] + within + 2)
        return any(
            next(matches(pattern.nodes, self.keys, at, first, last), None) is not None
            for at in range(first, last)
        )

    def in_clause(self, pattern: Pattern, clause: int) -> bool:
        """True when the phrase stands in this clause."""
        if pattern.anchors.isdisjoint(self.all_keys):
            return False
        return any(match.clause == clause for match in self.find_all(pattern))

    def anywhere(self, pattern: Pattern) -> bool:
        """True when the phrase stands in the message."""
        return not pattern.anchors.isdisjoint(self.all_keys) and bool(self.find_all(pattern))
