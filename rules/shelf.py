"""
A book and the layers over it: read, laid over each other, and checked together.

Rule 1: a layer may replace a page by its id or add one. Safety pages, the pages that hear an opt-out, and those
        by which a safety page stops or resumes messages, it can only add to; the order of safety it can only
        lengthen at the end.
Rule 2: two routing pages that could both win for the same message, and decide differently, refuse to load.
Rule 3: every message finds a routing page and a reply.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules import vocabulary
from rules.chapter_of_words import TABLES, Language, read_language
from rules.facts import PAGES
from rules.layers import Layer, layer_of, path_of
from rules.page_reader import PageReader
from rules.pages import Page
from rules.policies import Policies, read_policies
from rules.problems import BookError, Problem, unknown
from rules.program import Program, compile_pages, over_limits
from rules.sheet import Sheet, items, read
from rules.ties import ties

DECIDING_CHAPTERS = ("safety", "routing", "replies", "approval", "follow_up")
SAFETY_ORDER = "safety/order.yml"

# Flags by which messages to a contact end, pause, or begin again.
DECIDES_WHO_IS_WRITTEN_TO = frozenset({"opt_out", "suspect_opt_out", "resume_consent"})

# What stands in the folder of a book beside its pages; whoever needs it reads it.
BESIDE_THE_PAGES = ("policies", "chats", "wording")
LOOSE_FILES = (*TABLES, "qualification.yml")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything that was read."""

    program: Program
    content: dict[str, Any]
    """Every file as plain data, for the version."""
    language: Language | None
    """None for a book without words of its own; it judges ready meanings only."""
    policies: Policies


def take_from_shelf(layers: Sequence[Layer], wordings: Collection[str], today: date | None) -> Shelf:
    """
    Read a book and the layers over it.

    Raises:
        BookError: with every problem found.
    """
    problems: list[Problem] = []
    sheets = _read_all(layers, problems)
    pages = _read_pages(sheets, wordings, problems)
    order = _safety_order(sheets, problems)
    policies = read_policies(sheets, problems, wordings)
    in_force = [page for page in pages.values() if page.is_in_force(today)]
    problems += _unlisted(pages.values(), order, sheets)
    if problems:
        raise BookError(problems)
    program = compile_pages(in_force, order)
    language = read_language(
        sheets,
        problems,
        wishes=_heard_by(pages.values(), frozenset({"resume_consent"})),
        deciding=_heard_by(pages.values(), DECIDES_WHO_IS_WRITTEN_TO),
    )
    problems += [*over_limits(program), *ties(in_force), *_gaps(in_force)]
    if problems:
        raise BookError(problems)
    content = {sheet.file: sheet.plain() for sheet in sheets}
    content["in force"] = sorted(page.id for page in in_force)
    return Shelf(program, content, language, policies)


def _read_all(layers: Sequence[Layer], problems: list[Problem]) -> list[Sheet]:
    """Read every file of the book and its layers."""
    sheets = []
    for layer in layers:
        problems += layer.problems
        for file, text in sorted(layer.files.items()):
            if file.split("/", 1)[0] == "wording":
                continue  # sentences are read by whoever says them
            try:
                sheets.append(read(text, layer.label(file)))
            except BookError as failed:
                problems += failed.problems
    return sheets


def _read_pages(sheets: list[Sheet], wordings: Collection[str], problems: list[Problem]) -> dict[str, Page]:
    pages: dict[str, Page] = {}
    heard = [file.rpartition("/")[2].removesuffix(".yml") for file in _files(sheets, "understanding")]
    for sheet in sheets:
        path = path_of(sheet.file)
        folder, _, _name = path.rpartition("/")
        if not folder and path not in LOOSE_FILES:
            problems.append(Problem(sheet.file, 1, unknown("file beside the chapters", path, LOOSE_FILES)))
        if not folder or path == SAFETY_ORDER or folder in ("understanding", *BESIDE_THE_PAGES):
            continue
        if folder not in DECIDING_CHAPTERS:
            problems.append(Problem(sheet.file, 1, unknown("chapter", folder, vocabulary.CHAPTERS)))
            continue
        reader = PageReader(sheet, folder, wordings, heard)
        page = reader.page()
        problems += reader.problems
        if page is None:
            continue
        known = pages.get(page.id)
        if known and layer_of(known.file) == layer_of(page.file):
            problems.append(Problem(page.file, 1, f'the id "{page.id}" is also in {known.file}. Rename one.'))
        elif known and known.chapter == "safety":
            what = "a safety page cannot be replaced, only added to. Write a page of your own with another id."
            problems.append(Problem(page.file, 1, what))
        elif known and known.chapter != page.chapter:
            what = f'"{page.id}" is a page of the chapter {known.chapter}. Move it there, or give it another id.'
            problems.append(Problem(page.file, 1, what))
        if layer_of(page.file) and "resume_consent" in page.then.flag:
            what = "only the book itself says when a contact may be written to again. Drop resume_consent."
            problems.append(Problem(page.file, page.line, what))
        pages[page.id] = page
    return pages


def _heard_by(pages: Iterable[Page], flags: frozenset[str]) -> frozenset[str]:
    """The pages of understanding that the book's own safety pages with one of these flags listen to."""
    return frozenset(
        word
        for page in pages
        if not layer_of(page.file) and flags & set(page.then.flag)
        for way in page.alternatives
        for condition in way
        if condition.fact in PAGES
        for word in condition.words
    )


def _files(sheets: list[Sheet], chapter: str) -> list[str]:
    return [sheet.file for sheet in sheets if path_of(sheet.file).startswith(f"{chapter}/")]


def _safety_order(sheets: list[Sheet], problems: list[Problem]) -> list[str]:
    order: list[str] = []
    for sheet in sheets:
        if path_of(sheet.file) != SAFETY_ORDER:
            continue
        listed = sheet.content.get("safest_first")
        if not isinstance(listed, list) or len(sheet.content) != 1:
            problems.append(
                Problem(sheet.file, 1, "this file has one key, safest_first, with a list of page ids.")
            )
            continue
        for page, line in items(listed):
            if page in order:
                problems.append(Problem(sheet.file, line, f'"{page}" stands twice. Keep one.'))
            order.append(str(page))
    return order


def _unlisted(pages: Collection[Page], order: list[str], sheets: list[Sheet]) -> list[Problem]:
    safety = {page.id: page for page in pages if page.chapter == "safety"}
    missing = [
        Problem(page.file, 1, f'the safety page "{page.id}" is not in {SAFETY_ORDER}. Add it at its place.')
        for page in safety.values()
        if page.id not in order
    ]
    written = [file.rpartition("/")[2].removesuffix(".yml") for file in _files(sheets, "safety")]
    gone = [
        Problem(SAFETY_ORDER, 1, unknown("safety page", name, written)) for name in order if name not in written
    ]
    return missing + gone


def _gaps(pages: list[Page]) -> list[Problem]:
    """Make sure that no message is left without a routing page and a reply."""
    problems = []
    for chapter in ("routing", "replies"):
        if not any(() in page.alternatives for page in pages if page.chapter == chapter and not page.is_shadow):
            problems.append(
                Problem(chapter, 1, "no page here fires always. Add one with `when: always`, for the rest.")
            )
    speechless = [
        page for page in pages
        if page.chapter in ("safety", "replies") and not page.then.say and not page.then.silence
    ]  # fmt: skip
    return problems + [
        Problem(page.file, page.line, "it neither says anything nor says why it is silent. Add say or silence.")
        for page in speechless
    ]
