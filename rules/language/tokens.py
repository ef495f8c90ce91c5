"""
Cut a message into lines, clauses and tokens, with the place of every token in the raw text.

Law 1: a line is one message of a burst; a clause is what one negation can reach.
Law 2: tokens are whole words. Arabic marks are no letters to `\\b`, so it is never used here.
Law 3: a very long text is read at both ends: an opt-out stands first or last, not in the middle of a pasted page.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from rules.language.normalise import Folded, fold
from rules.language.numbers import number_in_digits, number_in_words
from rules.language.script import looks_arabizi, may_be_arabizi, script_of

# A WhatsApp message of a human has a dozen words; 300 at each end is twenty times the longest we have seen.
TOKENS_READ_AT_EACH_END = 300

_ARABIC = "\u0621-\u064a\u066e-\u066f\u0671-\u06d3"
_EMOJI = "\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f100-\U0001faff"
_TOKEN = re.compile(
    rf"(?P<ar>[{_ARABIC}]+)"
    r"|(?P<num>\d+(?:[.,]\d+)*[km]?(?![a-z0-9]))"
    r"|(?P<la>[a-z0-9]*[a-z][a-z0-9]*)"
    rf"|(?P<emoji>[{_EMOJI}])"
    r"|(?P<line>\n)"
    r"|(?P<ask>[?؟])"
    r"|(?P<stop>[.!…۔])"
    r"|(?P<pause>[،,؛;—–|]|(?<!\d)[:/]|[:/](?!\d)| - )"
    r"|(?P<dangling>\d+)"
)
_BUT = frozenset({"بس", "لكن", "ولكن", "لاكن", "but", "however", "bas", "lakin", "laken"})
_BARE_PREFIXES = frozenset({"ال", "بال", "لل", "وال", "عال", "ب", "ل", "و", "ف"})


class Token(NamedTuple):
    """One word, number or emoji."""

    text: str
    """Folded."""
    start: int
    end: int
    """Span in the raw text."""
    kind: str
    """`ar | la | num | emoji`"""
    number: int | None = None


class Clause(NamedTuple):
    """Tokens `first` to `last` (exclusive) that belong together."""

    first: int
    last: int
    line: int
    asks: bool
    """True when it ended in a question mark."""


class Reading(NamedTuple):
    """A message as the pages see it."""

    folded: Folded
    tokens: tuple[Token, ...]
    clauses: tuple[Clause, ...]
    lines: tuple[tuple[int, int], ...]
    """First and last (exclusive) token of every line that has one."""
    emoji: tuple[str, ...]
    numbers: tuple[int, ...]
    ends_in_question: bool
    script: str
    language: str
    """`ar | en`; `ar` when there is nothing to go by."""
    is_arabizi: bool
    may_be_arabizi: bool
    """True when at least as many Latin words look Arabic as English: none of either is enough."""

    @property
    def is_emoji_only(self) -> bool:
        """True when no word and no number was written."""
        return bool(self.tokens) and all(token.kind == "emoji" for token in self.tokens)


Unglue = Callable[[str], int]
"""Where a word falls apart into two (`لاترسلون` after its second letter), or 0."""


def _never_apart(_: str) -> int:
    return 0


def read(text: str, unglue: Unglue = _never_apart) -> Reading:
    """Read a message. `unglue` knows which words are two words written as one."""
    folded = fold(text)
    found = _Cut(folded, unglue)
    found.run()
    return found.reading()


class _Cut:
    """One pass over the folded text."""

    def __init__(self, folded: Folded, unglue: Unglue) -> None:
        self.folded = folded
        self.unglue = unglue
        self.words: list[Token] = []
        self.clauses: list[Clause] = []
        self.lines: list[tuple[int, int]] = []
        self.emoji: list[str] = []
        self.clause_start = self.line_start = 0
        self.last_sign = ""

    def run(self) -> None:
        for match in _matches_at_both_ends(self.folded.text):
            kind = match.lastgroup or ""
            if kind in ("ar", "la"):
                self._word(match, kind)
            elif kind == "num":
                self._add(match, "num", number_in_digits(match.group()))
            elif kind == "emoji":
                self.emoji.append(match.group())
                continue
            elif kind != "dangling":
                self._close_clause(asks=kind == "ask")
                if kind == "line":
                    self._close_line()
            if kind != "pause" and kind != "line":
                self.last_sign = kind
        self._close_line()

    def _word(self, match: re.Match[str], kind: str) -> None:
        word, start = match.group(), match.start()
        text = self.folded.text
        if kind == "ar" and word in _BARE_PREFIXES and match.end() < len(text):
            after = text[match.end()]
            if "a" <= after <= "z" or after.isdigit():
                return
        if word in _BUT:
            self._close_clause(asks=False)
        cut = self.unglue(word) if kind == "ar" else 0
        if cut:
            self._append(word[:cut], start, start + cut, kind)
            self._append(word[cut:], start + cut, match.end(), kind)
        else:
            self._append(word, start, match.end(), kind)

    def _add(self, match: re.Match[str], kind: str, number: int | None) -> None:
        self._append(match.group(), match.start(), match.end(), kind, number)

    def _append(self, word: str, start: int, end: int, kind: str, number: int | None = None) -> None:
        raw_start, raw_end = self.folded.raw_span(start, end)
        self.words.append(Token(word, raw_start, raw_end, kind, number))

    def _close_clause(self, *, asks: bool) -> None:
        if len(self.words) > self.clause_start:
            self.clauses.append(Clause(self.clause_start, len(self.words), len(self.lines), asks))
            self.clause_start = len(self.words)
        elif asks and self.clauses and self.clauses[-1].line == len(self.lines):
            self.clauses[-1] = self.clauses[-1]._replace(asks=True)

    def _close_line(self) -> None:
        self._close_clause(asks=False)
        if len(self.words) > self.line_start:
            self.lines.append((self.line_start, len(self.words)))
            self.line_start = len(self.words)

    def reading(self) -> Reading:
        if not self.words:
            self._emoji_become_words()
        words, clauses, lines = _join_number_words(self.words, self.clauses, self.lines)
        arabic = sum(len(word.text) for word in words if word.kind == "ar")
        arabic_words = sum(word.kind == "ar" for word in words)
        latin_words = [word.text for word in words if word.kind == "la"]
        latin = sum(map(len, latin_words))
        is_arabizi = latin > 0 and looks_arabizi(latin_words)
        return Reading(
            folded=self.folded,
            tokens=tuple(words),
            clauses=tuple(clauses),
            lines=tuple(lines),
            emoji=tuple(self.emoji),
            numbers=tuple(word.number for word in words if word.number is not None),
            ends_in_question=self.last_sign == "ask",
            script=script_of(arabic, latin),
            language="ar" if arabic_words >= len(latin_words) or is_arabizi else "en",
            is_arabizi=is_arabizi,
            may_be_arabizi=latin > 0 and may_be_arabizi(latin_words),
        )

    def _emoji_become_words(self) -> None:
        """Between words an emoji is decoration; alone it is the message."""
        for place, char in enumerate(self.folded.text):
            if char in self.emoji:
                self._append(char, place, place + 1, "emoji")
            if len(self.words) >= TOKENS_READ_AT_EACH_END:
                break
        self._close_line()


def _matches_at_both_ends(text: str) -> list[re.Match[str]]:
    matches = list(_TOKEN.finditer(text))
    if len(matches) <= 2 * TOKENS_READ_AT_EACH_END:
        return matches
    return matches[:TOKENS_READ_AT_EACH_END] + matches[-TOKENS_READ_AT_EACH_END:]


def _join_number_words(
    words: list[Token], clauses: list[Clause], lines: list[tuple[int, int]]
) -> tuple[list[Token], list[Clause], list[tuple[int, int]]]:
    """«خمسة وعشرين» becomes one token with the number 25; bounds move with it."""
    joined: list[Token] = []
    moved = [0] * (len(words) + 1)
    ends = {clause.last for clause in clauses}
    place = 0
    while place < len(words):
        moved[place] = len(joined)
        token, used = _number_here(words, place, ends)
        for skipped in range(place + 1, place + used):
            moved[skipped] = len(joined)
        joined.append(token)
        place += used
    moved[len(words)] = len(joined)
    return (
        joined,
        [clause._replace(first=moved[clause.first], last=moved[clause.last]) for clause in clauses],
        [(moved[first], moved[last]) for first, last in lines],
    )


def _number_here(words: list[Token], place: int, ends: set[int]) -> tuple[Token, int]:
    token = words[place]
    if token.kind == "emoji":
        return token, 1
    following = place + 1
    if token.kind == "num":
        if token.number is None or following >= len(words) or following in ends:
            return token, 1
        scale = number_in_words([words[following].text])
        if scale is None or scale[0] < 100:
            return token, 1
        return token._replace(end=words[following].end, number=token.number * scale[0]), 2
    window = [token.text]
    while following < len(words) and following not in ends and len(window) < 8:
        window.append(words[following].text)
        following += 1
    spelled = number_in_words(window)
    if spelled is None:
        return token, 1
    value, used = spelled
    if used == 1:
        return token._replace(number=value), 1
    text = " ".join(window[:used])
    return Token(text, token.start, words[place + used - 1].end, token.kind, value), used
