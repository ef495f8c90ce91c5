"""
The chapter understanding of a book: from its files to somebody who understands messages.

Rule 1: a page of a layer replaces the page with its id, unless that page hears an opt-out. A layer may add words
        to a set, and add sets and lexemes; short answers and priorities are the book's own.
Rule 2: every bad page is reported, not only the first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.language.page import PageError, UnderstandingPage
from rules.language.understanding import Understander
from rules.layers import layer_of, path_of
from rules.problems import Problem
from rules.sheet import Sheet, line_of
from rules.verdict import Because, IntentFound, Question, Understanding

TABLES = ("words.yml", "lexemes.yml", "short_answers.yml", "priorities.yml")
EXTENDABLE = ("words.yml", "lexemes.yml")


@dataclass(frozen=True, slots=True)
class Language:
    """Understands messages, and knows the pages by which it does."""

    understander: Understander
    pages: Mapping[str, UnderstandingPage]

    def understand(self, question: Question) -> Understanding:
        """Say what a message means at its place in the talk."""
        return self.understander.understand(
            question.text,
            stage=question.stage,
            expects=question.expects,
            button_id=question.button_id,
            kind=str(question.kind),
            is_first_reply_to_outbound=question.is_first_reply_to_outbound,
            language_before=question.language_before,
        )

    def because(self, found: IntentFound) -> Because:
        """Name the page by which an intent was found; short answers and buttons have no page of their own."""
        page = self.pages.get(found.page)
        place = f"{page.file}:{page.line}" if page else "short_answers.yml:1"
        title = page.title if page else found.page.replace("_", " ")
        return Because(found.page, title, "understanding", place, f"intent {found.name}", found.words)


def read_language(sheets: list[Sheet], problems: list[Problem]) -> Language | None:
    """Compile the chapter; None when the book has none, or when it has problems."""
    tables = _tables(sheets, problems)
    pages = _pages(sheets, problems)
    if not tables and not pages:
        return None
    missing = [name for name in TABLES if name not in tables]
    problems += [Problem(name, 1, "this file is missing. A book that understands needs it.") for name in missing]
    if problems:
        return None
    try:
        understander = Understander.load(
            pages.values(),
            words=tables["words.yml"],
            lexemes=tables["lexemes.yml"],
            short_answers=tables["short_answers.yml"],
            priorities=tables["priorities.yml"]["safest_first"],
        )
    except PageError as failed:
        problems.append(Problem(failed.file, failed.line, failed.message))
        return None
    return Language(understander, pages)


def _tables(sheets: list[Sheet], problems: list[Problem]) -> dict[str, Any]:
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
            known = tables.setdefault(name, {}).get(key)
            if known is None:
                tables[name][key] = value
            elif isinstance(known, list) and isinstance(value, list):
                tables[name][key] = [*known, *(word for word in value if word not in known)]
            else:
                what = f'"{key}" is in the book already, and a layer cannot change it. Use another name.'
                problems.append(Problem(sheet.file, line_of(sheet.content, key), what))
    return tables


def _pages(sheets: list[Sheet], problems: list[Problem]) -> dict[str, UnderstandingPage]:
    pages = {}
    for sheet in sheets:
        if not path_of(sheet.file).startswith("understanding/"):
            continue
        try:
            page = UnderstandingPage.from_mapping(sheet.content, sheet.file, _line_finder(sheet.content))
        except PageError as failed:
            problems.append(Problem(failed.file, failed.line, failed.message))
            continue
        known = pages.get(page.id)
        if known is not None and known.opt_out:
            what = "a page that hears an opt-out cannot be replaced, only added to. Give yours another id."
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
