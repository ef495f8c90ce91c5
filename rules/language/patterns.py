"""
The phrase grammar that analysts write, compiled to something quick.

    كم السعر        words in this order, each may carry و ف ب ل ك ال
    (a|b)           one of              [x] or [a|b]   optional
    ..  ..4         up to three (four) other words
    word*           any ending          word~          one typing mistake (four letters or more)
    =word           exactly this word   #num           a number, in digits or in words
    #any            any word, for phrases that end in "?"
    @name           a set of words.yml  %name          a word of lexemes.yml in any form
    %name.you/do    ... second person or imperative; more dots, more conditions
    <  >            where a clause begins and ends, greetings and courtesies aside
    << phrase >>    the whole message but for greetings and courtesies
    ?               at the end: only in a question

Law 1: a phrase that could match everything is refused.
Law 2: words of the book are folded exactly as messages are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from rules.language.lexicon import ANY_KEY, NUMBER_KEY, SHORTEST_WORD_WITH_TYPO, Lexicon
from rules.language.normalise import fold_word

DEFAULT_GAP = 3
FEATURES = frozenset(
    {"do", "you", "i", "they", "did", "youdid", "they_did", "will", "me", "to_me", "it", "to_you", "not", "pl",
     "noun", "my",
     "your", "written"}
)  # fmt: skip

_PIECE = re.compile(
    r"\s*(?:(?P<whole><<|>>)|(?P<edge>[<>])|(?P<open>[(\[])|(?P<close>[)\]])|(?P<bar>\|)|\.\.(?P<gap>\d*)"
    r"|#(?P<num>num|any)\b|@(?P<set>\w+)|%(?P<lexeme>\w+(?:\.[\w/]+)*)|(?P<ask>[?؟])"
    r"|(?P<word>=?[^\s()\[\]|<>@%#?؟]+))"
)


class PatternError(ValueError):
    """A phrase cannot be read. `column` counts from 1; the message says what to do."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(f"column {column}: {message}")
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Key:
    """One word that satisfies one of these keys."""

    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these sequences, or none of them when it is optional."""

    options: tuple["Sequenced", ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to `most` other words."""

    most: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A place: where a clause begins or ends."""

    is_end: bool


Node = Key | Choice | Gap | Edge
Sequenced = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled phrase."""

    source: str
    nodes: Sequenced
    is_whole: bool = False
    needs_question: bool = False
    anchors: frozenset[str] = field(default=frozenset())
    """Keys of which a message must have at least one."""
    starts: frozenset[str] | None = None
    """Keys of which the first word must have one; None when any word may come first."""
    needs: tuple[frozenset[str], ...] = ()
    """Of each of these the words must have at least one: a quick no before the words are tried in order."""

    @property
    def has_edge(self) -> bool:
        """Whether it says where a clause begins or ends."""
        return "<" in self.source or ">" in self.source


class Grammar:
    """Compiles phrases against one lexicon and its named sets."""

    def __init__(self, lexicon: Lexicon, words: Mapping[str, Sequence[str]]) -> None:
        self.lexicon = lexicon
        self.words = words
        self._sets: dict[str, Node] = {}
        self._opening: list[str] = []
        self._compiled: dict[str, Pattern] = {}

    def compile(self, phrase: str) -> Pattern:
        """Compile one phrase, the same one once: a message is then searched for it once; raises PatternError."""
        if phrase not in self._compiled:
            self._compiled[phrase] = _Parser(self, phrase).pattern()
        return self._compiled[phrase]

    def named_set(self, name: str, column: int) -> Node:
        """The node of `@name`."""
        if name not in self.words:
            raise PatternError(f'no set "{name}" in words.yml{_did_you_mean(name, self.words)}', column)
        if name in self._opening:
            raise PatternError(f'the set "{name}" contains itself', column)
        if name not in self._sets:
            self._opening.append(name)
            self._sets[name] = self._build_set(name)
            self._opening.pop()
        return self._sets[name]

    def _build_set(self, name: str) -> Node:
        singles: list[str] = []
        sequences: list[Sequenced] = []
        for entry in self.words[name]:
            if re.fullmatch(r"[^\s()\[\]|<>@%#?؟=*~.]+", entry):
                singles.append(fold_word(entry))
            else:
                sequences.append(self.compile(entry).nodes)
        key = Key(frozenset({self.lexicon.member(name, singles)}))
        if not sequences:
            return key
        return _choice_of([*sequences, *([(key,)] if singles else [])], optional=False)


class _Parser:
    def __init__(self, grammar: Grammar, phrase: str) -> None:
        self.grammar = grammar
        self.phrase = phrase
        self.pieces = self._cut()
        self.place = 0

    def _cut(self) -> list[tuple[str, str, int]]:
        pieces: list[tuple[str, str, int]] = []
        at = 0
        while at < len(self.phrase.rstrip()):
            match = _PIECE.match(self.phrase, at)
            if match is None or not match.lastgroup:
                raise PatternError(f'cannot read "{self.phrase[at : at + 10]}"; see the phrase grammar', at + 1)
            pieces.append((match.lastgroup, match.group(match.lastgroup), match.start(match.lastgroup) + 1))
            at = match.end()
        return pieces

    def pattern(self) -> Pattern:
        needs_question = bool(self.pieces) and self.pieces[-1][0] == "ask"
        if needs_question:
            self.pieces.pop()
        is_whole = bool(self.pieces) and self.pieces[0][1] == "<<"
        if is_whole:
            if self.pieces[-1][1] != ">>":
                raise PatternError("<< needs its >> at the end", len(self.phrase))
            self.pieces = self.pieces[1:-1]
        nodes = self._sequence(closing="")
        anchors = _anchors(nodes)
        if not anchors or (anchors == {ANY_KEY} and not needs_question):
            raise PatternError("this phrase would match anything; name at least one word that must be there", 1)
        needs = tuple(found for node in nodes if (found := _anchors((node,))) and ANY_KEY not in found)
        return Pattern(self.phrase, nodes, is_whole, needs_question, anchors, _starts(nodes), needs)

    def _sequence(self, closing: str) -> Sequenced:
        nodes: list[Node] = []
        while self.place < len(self.pieces):
            kind, text, column = self.pieces[self.place]
            if kind == "bar" and closing:
                break
            if kind == "close":
                if text == closing:
                    break
                raise PatternError(f'"{text}" closes nothing', column)
            self.place += 1
            nodes.append(self._node(kind, text, column))
        return tuple(nodes)

    def _node(self, kind: str, text: str, column: int) -> Node:
        if kind == "open":
            return self._choice(text, column)
        if kind == "gap":
            return Gap(int(text) if text else DEFAULT_GAP)
        if kind == "edge":
            return Edge(is_end=text == ">")
        if kind == "num":
            return _key(f"#{text}")
        if kind == "set":
            return self.grammar.named_set(text, column)
        if kind == "lexeme":
            return self._lexeme(text, column)
        if kind == "word":
            return self._word(text, column)
        raise PatternError(f'"{text}" cannot stand here', column)

    def _choice(self, opened: str, column: int) -> Node:
        closing = ")" if opened == "(" else "]"
        options: list[Sequenced] = []
        while True:
            options.append(self._sequence(closing))
            if self.place >= len(self.pieces):
                raise PatternError(f'"{opened}" is never closed; add "{closing}"', column)
            kind = self.pieces[self.place][0]
            self.place += 1
            if kind == "close":
                break
        if not all(options):
            raise PatternError("an empty choice; write [x] for an optional word", column)
        return _choice_of(options, optional=opened == "[")

    def _lexeme(self, text: str, column: int) -> Key:
        name, *dots = text.split(".")
        lexicon = self.grammar.lexicon
        if name not in lexicon.lexemes:
            raise PatternError(f'no lexeme "{name}" in lexemes.yml{_did_you_mean(name, lexicon.lexemes)}', column)
        groups = tuple(frozenset(dot.split("/")) for dot in dots)
        for feature in frozenset().union(*groups):
            if feature not in FEATURES:
                raise PatternError(f'no form "{feature}"{_did_you_mean(feature, FEATURES)}', column)
        return _key(lexicon.form(name, groups))

    def _word(self, text: str, column: int) -> Node:
        lexicon = self.grammar.lexicon
        bare = fold_word(text.strip("=*~"))
        if not bare:
            raise PatternError(f'"{text}" has no letters', column)
        if text.startswith("="):
            return _key(lexicon.exactly(bare))
        if text.endswith("*"):
            if len(bare) < 2:
                raise PatternError(f'"{text}" is too short for any ending', column)
            return _key(lexicon.beginning(bare))
        if text.endswith("~"):
            if len(bare) < SHORTEST_WORD_WITH_TYPO:
                raise PatternError(f'"{text}" is too short for a typing mistake; four letters at least', column)
            return _key(lexicon.nearly(bare))
        parts = bare.split()
        if len(parts) > 1:
            return Choice((tuple(_key(lexicon.word(part)) for part in parts),))
        return _key(lexicon.word(bare))


def _key(key: str) -> Key:
    return Key(frozenset({key}))


def _choice_of(options: Sequence[Sequenced], *, optional: bool) -> Node:
    """A choice whose single words are one test, because most choices are lists of words."""
    words: set[str] = set()
    longer: list[Sequenced] = []
    for option in options:
        if len(option) == 1 and isinstance(option[0], Key):
            words |= option[0].keys
        else:
            longer.append(option)
    if words and not longer and not optional:
        return Key(frozenset(words))
    return Choice((*longer, *(((Key(frozenset(words)),),) if words else ())), optional)


def _did_you_mean(name: str, known: object) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)  # type: ignore[call-overload]
    return f'. Did you mean "{close[0]}"?' if close else ""


def _weight(key: str) -> float:
    """How common a key is in messages, roughly: the index wants the rarest word of a phrase."""
    if key.startswith("@"):
        return 4.0
    if key.startswith("%"):
        return 2.0
    if key == NUMBER_KEY:
        return 3.0
    if key == ANY_KEY:
        return 9.0
    return 5.0 if len(key) <= 5 else 1.0


def _anchors(nodes: Sequenced) -> frozenset[str]:
    best: frozenset[str] = frozenset()
    best_weight = float("inf")
    for node in nodes:
        found: frozenset[str] = frozenset()
        if isinstance(node, Key):
            found = node.keys
        elif isinstance(node, Choice) and not node.optional:
            parts = [_anchors(option) for option in node.options]
            found = frozenset().union(*parts) if all(parts) else frozenset()
        if found:
            weight = max(map(_weight, found)) + 0.05 * len(found)
            if weight < best_weight:
                best, best_weight = found, weight
    return best


def _starts(nodes: Sequenced) -> frozenset[str] | None:
    keys: set[str] = set()
    for node in nodes:
        if isinstance(node, Gap):
            return None
        if isinstance(node, Key):
            return frozenset(keys | node.keys)
        if isinstance(node, Choice):
            for option in node.options:
                first = _starts(option)
                if first is None:
                    return None
                keys |= first
            if not node.optional:
                return frozenset(keys)
    return None


def matches(
    nodes: Sequenced, keys: Sequence[frozenset[str]], at: int, first: int, last: int
) -> Iterator[tuple[int, ...]]:
    """Every way in which the nodes match from word `at`, inside `first` to `last`: the places of their words."""
    for _, taken in _walk(nodes, 0, keys, at, first, last):
        yield taken


def _walk(
    nodes: Sequenced, k: int, keys: Sequence[frozenset[str]], at: int, first: int, last: int
) -> Iterator[tuple[int, tuple[int, ...]]]:
    if k == len(nodes):
        yield at, ()
        return
    node = nodes[k]
    if isinstance(node, Key):
        if at < last and not node.keys.isdisjoint(keys[at]):
            for end, taken in _walk(nodes, k + 1, keys, at + 1, first, last):
                yield end, (at, *taken)
    elif isinstance(node, Choice):
        for option in node.options:
            for middle, before in _walk(option, 0, keys, at, first, last):
                for end, taken in _walk(nodes, k + 1, keys, middle, first, last):
                    yield end, before + taken
        if node.optional:
            yield from _walk(nodes, k + 1, keys, at, first, last)
    elif isinstance(node, Gap):
        for skipped in range(min(node.most, last - at) + 1):
            yield from _walk(nodes, k + 1, keys, at + skipped, first, last)
    elif at == (last if node.is_end else first):
        yield from _walk(nodes, k + 1, keys, at, first, last)
