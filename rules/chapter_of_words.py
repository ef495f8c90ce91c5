"""
The chapter understanding of a book: from its files to somebody who understands messages.

Rule 1: a page of a layer replaces the page with its id, unless that page hears an opt-out, or a safety page
        decides by it who is written to. A layer may add sets and lexemes, and words to a set, unless opt-outs are
        heard by means of it; short answers and priorities are the book's own.
Rule 2: an opt-out that the book hears is heard under every layer, and a wish to hear from us again counts only
        when the book hears it too: where a layer changes the words, every message is heard by the book as well.
Rule 3: every bad page is reported, not only the first.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from rules.language.listening import opt_out_of
from rules.language.page import PageError, UnderstandingPage
from rules.language.understanding import Understander
from rules.language.vocabulary import NEEDED_SETS
from rules.layers import layer_of, path_of
from rules.problems import BookError, Problem
from rules.sheet import Sheet, line_of
from rules.verdict import Because, IntentFound, Question, Understanding

TABLES = ("words.yml", "lexemes.yml", "short_answers.yml", "priorities.yml")
EXTENDABLE = ("words.yml", "lexemes.yml")

# A process reads one book, and perhaps its next version while it still decides by the first.
REMEMBERED_BOOKS = 2

# How much is known of a wish to hear no more.
_WEIGHTS = ("", "suspected", "hard")
_DOUBTFUL = "opt_out_check"

_SET = re.compile(r"@(\w+)")


@dataclass(frozen=True, slots=True)
class Language:
    """Understands messages, and knows the pages by which it does."""

    understander: Understander
    pages: Mapping[str, UnderstandingPage]
    wishes: frozenset[str] = frozenset()
    """The pages that hear somebody ask for messages again."""
    of_the_book: "Language | None" = None
    """What the book alone hears, where a layer changes the words."""

    def understand(self, question: Question) -> Understanding:
        """Say what a message means at its place in the talk."""
        heard = self._heard(question)
        return heard if self.of_the_book is None else self._kept_safe(question, heard, self.of_the_book)

    def because(self, found: IntentFound) -> Because:
        """Name the page by which an intent was found; short answers and buttons have no page of their own."""
        page = self.pages.get(found.page)
        place = f"{page.file}:{page.line}" if page else "short_answers.yml:1"
        title = page.title if page else found.page.replace("_", " ")
        title_ar = page.title_ar if page else ""
        said = f"intent {found.name}"
        return Because(found.page, title, "understanding", place, said, found.words, title_ar=title_ar)

    def _heard(self, question: Question) -> Understanding:
        return self.understander.understand(
            question.text,
            stage=question.stage,
            expects=question.expects,
            button_id=question.button_id,
            kind=str(question.kind),
            is_first_reply_to_outbound=question.is_first_reply_to_outbound,
            language_before=question.language_before,
        )

    def _kept_safe(self, question: Question, heard: Understanding, book: "Language") -> Understanding:
        """What a layer makes of a message, unless it would write to somebody whom the book would leave alone."""
        by_book = book._heard(question)
        if _WEIGHTS.index(book._certain_opt_out(by_book)) > _WEIGHTS.index(heard.opt_out):
            return by_book
        if not self._wishes_in(heard) <= self._wishes_in(by_book):
            return by_book
        # The answer to "shall we stop?" decides who is written to.
        return replace(heard, answer=by_book.answer) if question.expects == _DOUBTFUL else heard

    def _certain_opt_out(self, heard: Understanding) -> str:
        """The opt-out that pages heard; a mere fallback gives way to whoever understands the message."""
        if heard.opt_out != "suspected":
            return heard.opt_out
        pages = [(self.pages.get(found.page), found.name) for found in heard.intents]
        firm = any(
            page is not None and not page.only_if_nothing_else and not page.resembles
            for page, intent in pages
            if page is not None and opt_out_of(intent, page.opt_out)
        )
        return "suspected" if firm else ""

    def _wishes_in(self, heard: Understanding) -> frozenset[str]:
        return self.wishes & {found.page for found in heard.intents}


def read_language(
    sheets: list[Sheet],
    problems: list[Problem],
    *,
    wishes: Collection[str] = (),
    deciding: Collection[str] = (),
) -> Language | None:
    """
    Compile the chapter; None when the book has none, or when it has problems.

    Args:
        sheets: of the book, then of its layers.
        wishes: ids of the pages that hear somebody ask for messages again.
        deciding: ids of the pages by which safety pages stop or resume messages; the wishes are among them.
    """
    words = [sheet for sheet in sheets if path_of(sheet.file) in TABLES or _is_page(sheet)]
    if not words:
        return None
    own = tuple(sheet for sheet in words if not layer_of(sheet.file))
    try:
        book = _compiled(own, frozenset(wishes))
    except BookError as failed:
        problems += failed.problems
        return None
    if len(own) == len(words):
        return book
    tables = _tables(words, _guarded(book, own, frozenset(wishes)), problems)
    pages = _pages(words, frozenset(deciding), problems)
    if problems:
        return None
    try:
        understander = _understander(tables, pages)
    except PageError as failed:
        problems.append(Problem(failed.file, failed.line, failed.message))
        return None
    return Language(understander, pages, frozenset(wishes), book)


@lru_cache(maxsize=REMEMBERED_BOOKS)
def _compiled(own: tuple[Sheet, ...], wishes: frozenset[str]) -> Language:
    """The chapter without any layer: the same for all tenants, so it is compiled once. Raises BookError."""
    problems: list[Problem] = []
    tables = {sheet.file: sheet.plain() for sheet in own if sheet.file in TABLES}
    pages = _pages(own, frozenset(), problems)
    missing = [name for name in TABLES if name not in tables]
    problems += [Problem(name, 1, "this file is missing. A book that understands needs it.") for name in missing]
    if problems:
        raise BookError(problems)
    try:
        return Language(_understander(tables, pages), pages, wishes)
    except PageError as failed:
        raise BookError([Problem(failed.file, failed.line, failed.message)]) from failed


def _understander(tables: Mapping[str, Any], pages: Mapping[str, UnderstandingPage]) -> Understander:
    return Understander.load(
        pages.values(),
        words=tables["words.yml"],
        lexemes=tables["lexemes.yml"],
        short_answers=tables["short_answers.yml"],
        priorities=tables["priorities.yml"]["safest_first"],
    )


def _tables(sheets: Iterable[Sheet], guarded: Collection[str], problems: list[Problem]) -> dict[str, Any]:
    """The tables of the book, with what layers add to them."""
    tables: dict[str, Any] = {sheet.file: sheet.plain() for sheet in sheets if sheet.file in TABLES}
    for sheet in sheets:
        name = path_of(sheet.file)
        if name not in TABLES or not layer_of(sheet.file):
            continue
        if name not in EXTENDABLE:
            what = f"this file is the book's own. A layer may add to: {', '.join(EXTENDABLE)}."
            problems.append(Problem(sheet.file, 1, what))
            continue
        for key, value in sheet.plain().items():
            known = tables[name].get(key)
            if known is None:
                tables[name][key] = value
            elif not isinstance(known, list) or not isinstance(value, list):
                if value != known:
                    what = f'"{key}" is in the book already, and a layer cannot change it. Use another name.'
                    problems.append(Problem(sheet.file, line_of(sheet.content, key), what))
            elif added := [word for word in value if word not in known]:
                if key in guarded:
                    what = (
                        f'opt-outs are heard by means of "{key}", so no words can be added to it. '
                        "Write a set of your own."
                    )
                    problems.append(Problem(sheet.file, line_of(sheet.content, key), what))
                tables[name][key] = [*known, *added]
    return tables


def _guarded(book: Language, own: Iterable[Sheet], wishes: frozenset[str]) -> frozenset[str]:
    """The sets with whose words a stop could be talked away, or a wish to hear from us talked into a message."""
    plain = {sheet.file: sheet.plain() for sheet in own if sheet.file in TABLES}
    named = set(NEEDED_SETS) | _sets_in([str(plain["short_answers.yml"])])
    for page in book.pages.values():
        if _hears_opt_out(page) or page.id in wishes:
            near = [phrase for near in page.not_near for phrase in near.phrases]
            named |= _sets_in([*page.unless, *page.unless_in_message, *near])
        if page.id in wishes:
            named |= _sets_in(phrase for group in page.says for phrase in group)
    while inner := _sets_in(str(plain["words.yml"].get(name, "")) for name in named) - named:
        named |= inner
    return frozenset(named)


def _sets_in(phrases: Iterable[str]) -> set[str]:
    return {name for phrase in phrases for name in _SET.findall(phrase)}


def _hears_opt_out(page: UnderstandingPage) -> bool:
    """Whether somebody is, or may be, left alone because of this page."""
    intents = (page.intent, page.if_negated, *(intent for _, intent in page.instead_at))
    return any(opt_out_of(intent, page.opt_out) for intent in intents)


def _is_page(sheet: Sheet) -> bool:
    return path_of(sheet.file).startswith("understanding/")


def _pages(
    sheets: Sequence[Sheet], deciding: frozenset[str], problems: list[Problem]
) -> dict[str, UnderstandingPage]:
    pages: dict[str, UnderstandingPage] = {}
    for sheet in filter(_is_page, sheets):
        try:
            page = UnderstandingPage.from_mapping(sheet.content, sheet.file, _line_finder(sheet.content))
        except PageError as failed:
            problems.append(Problem(failed.file, failed.line, failed.message))
            continue
        known = pages.get(page.id)
        if known is not None and _hears_opt_out(known):
            what = "a page that hears an opt-out cannot be replaced, only added to. Give yours another id."
            problems.append(Problem(sheet.file, 1, what))
        elif known is not None and known.id in deciding:
            what = (
                "by this page a safety page decides who is written to, so it cannot be replaced. "
                "Give yours another id."
            )
            problems.append(Problem(sheet.file, 1, what))
        pages[page.id] = page
    return pages


def _line_finder(content: Mapping[str, Any]) -> Callable[[tuple[str | int, ...]], int]:
    def line(path: tuple[str | int, ...]) -> int:
        holder: Any = content
        found = 1
        for key in path:
            inside = isinstance(holder, list) and isinstance(key, int) and key < len(holder)
            if not inside and not (isinstance(holder, Mapping) and key in holder):
                break
            found, holder = line_of(holder, key), holder[key]
        return found

    return line
