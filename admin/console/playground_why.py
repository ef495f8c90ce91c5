"""
Why one book said what it said: the words that it heard, the pages that decided, lost or nearly fired, the facts.

Rule 1: words are marked where they stand in the message, by their place and not by their spelling.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from admin.console.draw import pieces, put
from admin.console.marks import Piece
from admin.console.place import Place
from admin.console.sentences import named
from admin.console.story import said
from bot.playbook import Playbook
from bot.workbench.rehearsal import Turn
from rules.book import Explanation
from rules.layers import path_of
from rules.verdict import Because

_LINE = re.compile(r":\d+$")

# More of them help nobody; the Book page explains a message in full.
NEARLY_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Lost:
    """A page that matched and did not decide."""

    file: str
    title: str
    why: str
    """`safety | page | nothing_to_hold | other`"""
    winner: str = ""
    """The title of the page that decided instead."""


def spanned(text: str, spans: Iterable[tuple[int, int]]) -> tuple[Piece, ...]:
    """The text with these places marked; places that overlap or touch are one mark."""
    marked: list[Piece] = []
    at = 0
    for start, end in _merged(spans, len(text)):
        if start > at:
            marked.append(Piece(text[at:start]))
        marked.append(Piece(text[start:end], "heard"))
        at = end
    if at < len(text):
        marked.append(Piece(text[at:]))
    return tuple(marked)


def lost_pages(explanation: Explanation, titles: Mapping[str, str], language: str) -> tuple[Lost, ...]:
    """The pages that matched and did not decide, each with what came before it; `titles` by the ids of pages."""
    because = [reason for reason in explanation.verdict.because if not reason.shadow]
    safety = next((reason.called(language) for reason in because if reason.chapter == "safety"), "")
    found = []
    for line in explanation.lost:
        file, _, written = line.partition(" ")
        title = titles.get(path_in_book(file).rpartition("/")[2].removesuffix(".yml"), written)
        chapter = path_in_book(file).partition("/")[0]
        winner = next((reason.called(language) for reason in because if reason.chapter == chapter), "")
        if safety and chapter != "safety":
            found.append(Lost(file, title, "safety", safety))
        elif winner:
            found.append(Lost(file, title, "page", winner))
        elif chapter == "approval":
            found.append(Lost(file, title, "nothing_to_hold"))
        else:
            found.append(Lost(file, title, "other"))
    return tuple(found)


def draw_why(place: Place, book: Playbook, turn: Turn, explanation: Explanation | None) -> None:
    """Everything behind one turn of one side."""
    if explanation is None:
        put("p", "faint", place.say("no_decision"))
        return
    _draw_words(place, turn)
    _draw_fired(place, explanation.verdict.because)
    titles = book.book.titles_in(place.language)
    _draw_lost(place, lost_pages(explanation, titles, place.language))
    _draw_nearly(place, titles, explanation.nearly[:NEARLY_SHOWN])
    _draw_facts(place, explanation.facts)
    if not explanation.verdict.engine_agreed:
        put("p", "flag", place.say("disagreed"))


def _draw_words(place: Place, turn: Turn) -> None:
    decision = turn.decision
    assert decision is not None
    text = decision.question.text
    spans = [span for found in decision.verdict.understanding.intents for span in found.spans]
    with put("section", "why-part"):
        put("h4", text=place.say("words_heard"))
        if spans and text:
            with put("blockquote", "why-words", dir="auto"):
                pieces(spanned(text, spans))
        else:
            put("p", "faint", place.say("no_words"))


def _draw_fired(place: Place, because: Sequence[Because]) -> None:
    with put("section", "why-part"):
        put("h4", text=place.say("fired"))
        with put("ol", "rules"):
            for reason in because:
                with put("li", "rule shadow" if reason.shadow else "rule", data_rule=reason.page):
                    for verb, name in said(reason.said):
                        put("span", "rule-said", place.say(f"said_{verb}", name=verb_words(place, verb, name)))
                    put("span", "rule-title", reason.called(place.language), dir="auto")
                    with put("span", "rule-place"):
                        _draw_link(place, reason.file)
                        for word in reason.words:
                            put("mark", text=word, dir="auto")
                        if reason.shadow:
                            put("span", "faint", place.say("shadow"))


def _draw_lost(place: Place, lost: Sequence[Lost]) -> None:
    if not lost:
        return
    with put("section", "why-part"):
        put("h4", text=place.say("lost"))
        with put("ul", "why-list"):
            for page in lost:
                with put("li", data_lost=page.file):
                    put("span", "rule-title", page.title, dir="auto")
                    with put("span", "rule-place"):
                        _draw_link(place, page.file)
                        put("span", "faint", _why_lost(place, page))


def _why_lost(place: Place, page: Lost) -> str:
    # A title may be in another language; isolated, it does not reorder the sentence.
    winner = f"\u2068{page.winner}\u2069"
    match page.why:
        case "safety":
            return place.say("lost_to_safety", page=winner)
        case "page":
            return place.say("lost_to", page=winner)
        case "nothing_to_hold":
            return place.say("lost_nothing_to_hold")
        case _:
            return place.say("lost_other")


def _draw_nearly(place: Place, titles: Mapping[str, str], nearly: Sequence[str]) -> None:
    if not nearly:
        return
    with put("section", "why-part"), put("details", "why-fold"):
        put("summary", text=f"{place.say('nearly')} ({len(nearly)})")
        with put("ul", "why-list"):
            for line in nearly:
                page, _, missed = line.partition(": ")
                condition = missed.removeprefix("it is not true that ")
                with put("li", data_nearly=page):
                    put("span", "rule-title", titles.get(page, page), dir="auto")
                    put("span", "faint", place.say("nearly_missed", condition=f"\u2068{condition}\u2069"))


def _draw_facts(place: Place, facts: Sequence[tuple[str, str]]) -> None:
    known = [(name, value) for name, value in facts if value not in ("", "False", "0")]
    with put("section", "why-part"), put("details", "why-fold"):
        put("summary", text=f"{place.say('facts')} ({len(known)})")
        with put("dl", "why-facts"):
            for name, value in known:
                put("dt", text=name, dir="ltr")
                put("dd", text=place.say("fact_true") if value == "True" else value, dir="auto")


def _draw_link(place: Place, file: str) -> None:
    """A place in the book, as a link that opens its page."""
    path = path_in_book(file)
    with put(
        "a",
        "page-link",
        href=place.address("book", page=path),
        target="_blank",
        title=place.say("open_page", page=f"\u2066{path}\u2069"),
    ):
        put("code", text=file, dir="ltr")


def path_in_book(place_in_file: str) -> str:
    """`acme:routing/price.yml:8` -> `routing/price.yml`"""
    return path_of(_LINE.sub("", place_in_file))


def verb_words(place: Place, verb: str, name: str) -> str:
    """What a verb of a page is about, in words."""
    language = place.language
    match verb:
        case "intent" | "hold" | "silence":
            return place.words(verb, name.removeprefix(f"{verb}."))
        case "go" | "propose":
            return named("event", name, language)
        case "flag":
            return named("flag", name, language)
        case "act":
            return named("action", name, language)
        case _:
            return name


def _merged(spans: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(end, length)) for start, end in spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
