"""
The chapter understanding of a book: from its files to somebody who understands messages.

Rule 1: a page of a layer replaces the page with its id; words, lexemes, short answers and priorities are the
        book's own.
Rule 2: every bad page is reported, not only the first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rules.language.page import PageError, UnderstandingPage
from rules.language.understanding import Understander
from rules.problems import Problem
from rules.sheet import Sheet, line_of
from rules.verdict import Because, IntentFound, Question, Understanding

TABLES = ("words.yml", "lexemes.yml", "short_answers.yml", "priorities.yml")


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
    tables = {sheet.file: sheet.plain() for sheet in sheets if sheet.file in TABLES}
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


def _pages(sheets: list[Sheet], problems: list[Problem]) -> dict[str, UnderstandingPage]:
    pages = {}
    for sheet in sheets:
        if not sheet.file.rpartition(":")[2].startswith("understanding/"):
            continue
        try:
            page = UnderstandingPage.from_mapping(sheet.content, sheet.file, _line_finder(sheet.content))
        except PageError as failed:
            problems.append(Problem(failed.file, failed.line, failed.message))
            continue
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
