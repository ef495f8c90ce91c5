"""One page of the book, read: as a card for people, and as it is written beside it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from admin.console import difference
from admin.console.book_shelf import CHAPTERS, Entry, Sentence, content_of
from admin.console.book_side import draw_chips
from admin.console.draw import argument, button, gated, icon, put
from admin.console.place import WRITES, Place
from admin.console.read_aloud import Example, Line, Reader, Reading
from admin.console.sentences import named, said_in
from admin.console.sentences_reader import SENTENCES as READER
from admin.console.states import fault

Hands = Mapping[str, Callable[..., Awaitable[None]]]
"""`edit()`, `undo()`, `drop()`, `status(name)`, `compare()`, `add_to_safety()`"""

STATUSES = ("live", "shadow", "draft", "retired")


@dataclass(frozen=True, slots=True)
class Shown:
    """What is read."""

    entry: Entry
    text: str
    before: str | None
    """What it is compared with: in force, or for a page in the place of ours, the shipped one."""
    is_comparing: bool
    wordings: tuple[tuple[str, Sentence], ...]
    """The sentences that the page says."""
    titles: tuple[tuple[str, str], ...] = ()
    """Titles of pages by which it hears."""
    said_by: tuple[tuple[str, str], ...] = ()
    """For a sentence: path and title of each page that says it."""


def draw(place: Place, shown: Shown, hands: Hands) -> None:
    """The whole page."""
    with put("article", "sheet", data_page=shown.entry.key):
        _draw_head(place, shown, hands)
        if shown.is_comparing:
            difference.draw(place, shown.before or "", shown.text)
            return
        if shown.entry.shelf == "wording":
            _draw_sentence(place, shown)
            return
        content = content_of(shown.text)
        with put("div", "beside"):
            with put("div", "aloud"):
                if shown.entry.shelf in CHAPTERS:
                    _draw_reading(place, reader(place, dict(shown.titles)).read(content), dict(shown.wordings))
                    if not content:
                        fault(place.say("page_broken"), place.say("page_broken_hint"))
                else:
                    put("p", text=place.say(f"about_{shown.entry.shelf}"))
            with put("div", "written"):
                put("pre", "code", shown.text, data_yaml="", tabindex="0")


def _draw_sentence(place: Place, shown: Shown) -> None:
    """A sentence as it looks on a phone, and the pages that say it."""
    say = place.say
    sentence = dict(shown.wordings)[shown.entry.id]
    with put("div", "wordings"):
        for language, direction, text in (("ar", "rtl", sentence.ar), ("en", "ltr", sentence.en)):
            with put("section", "wording-side", lang=language), put("div", "wall", dir=direction):
                put("p", "bubble theirs", text, dir="auto", data_said=language)
    if sentence.buttons:
        put("p", "faint", say("has_buttons", names=" · ".join(sentence.buttons)))
    if shown.said_by:
        put("h3", text=say("said_by"))
        with put("ul", "said-by"):
            for path, title in shown.said_by:
                with put("li"):
                    put("a", "btn link", title, href=place.address("book", page=path), dir="auto")


def reader(place: Place, titles: Mapping[str, str]) -> Reader:
    """Reads in the language of the page, with the names of the house."""

    def say(key: str, **values: object) -> str:
        return said_in(READER, key, place.language, **values)

    def words(family: str, name: str) -> str:
        match family:
            case "reader":
                return say(name) if name in READER else name.replace("_", " ")
            case "page":
                return titles.get(name, name.replace("_", " "))
            case "event" | "flag" | "action":
                return named(family, name, place.language)
            case _:
                return place.words(family, name)

    return Reader(say, words)


def _draw_head(place: Place, shown: Shown, hands: Hands) -> None:
    say, entry = place.say, shown.entry
    with put("header", "page-is"):
        with put("div", "page-is-what"):
            put("h2", text=entry.called(place.language), dir="auto", data_title="")
            with put("p", "entry-is"):
                put("code", text=entry.path, dir="ltr")
                draw_chips(place, entry)
        with put("div", "page-is-do"):
            _draw_actions(place, shown, hands)
    if entry.is_locked:
        with put("p", "locked-note", data_locked=""):
            icon("shield")
            put("span", text=say("locked_why" if entry.shelf != "tables" else "locked_table"))


def _draw_actions(place: Place, shown: Shown, hands: Hands) -> None:
    say, entry = place.say, shown.entry
    why_not = "" if place.may(WRITES) else place.needs(WRITES)
    if not entry.is_locked:
        is_ours = entry.origin == "shipped" and entry.shelf in CHAPTERS
        edit = say("make_own") if is_ours else say("edit")
        gated(edit, hands["edit"], why_not, look="main", picture="edit", data_edit="")
    elif entry.shelf == "safety":
        gated(
            say("add_to_safety"), hands["add_to_safety"], why_not, look="main", picture="plus", data_add_safety=""
        )
    if shown.before is not None and shown.before != shown.text:
        words = say("read") if shown.is_comparing else say("compare")
        button(words, hands["compare"], data_compare_page="", aria_pressed=str(shown.is_comparing).lower())
    if entry.status and not entry.is_locked:
        _draw_status(place, entry.status, why_not, hands)
    if entry.is_changed:
        gated(say("undo_file"), hands["undo"], why_not, data_undo="")
    elif entry.origin != "shipped":
        words = say("back_to_shipped") if entry.origin == "replaced" else say("drop")
        gated(words, hands["drop"], why_not, data_drop="")


def _draw_status(place: Place, status: str, why_not: str, hands: Hands) -> None:
    with put("label", "status-pick", title=why_not or place.say("status")):
        pick = put("select", "pick", aria_label=place.say("status"), data_status="")
        if why_not:
            pick.props.update({"disabled": ""})
        with pick:
            for name in STATUSES:
                option = put("option", text=place.say(f"status_{name}"), value=name)
                if name == status:
                    option.props.update({"selected": ""})
        if not why_not:
            pick.on("change", lambda e: hands["status"](argument(e)), js_handler="(e) => emit(e.target.value)")


def _draw_reading(place: Place, reading: Reading, wordings: Mapping[str, Sentence]) -> None:
    say = place.say
    if reading.why:
        with put("section", "aloud-part why-part"):
            put("h3", text=say("why"))
            put("p", text=reading.why, dir="auto")
    for name, lines in (("when", reading.when), ("then", reading.then)):
        if lines:
            with put("section", f"aloud-part {name}-part"):
                put("h3", text=say(name))
                for line in lines:
                    _draw_line(place, line, wordings)
    if reading.examples:
        with put("section", "aloud-part"):
            put("h3", text=say("examples"))
            with put("ul", "examples"):
                for example in reading.examples:
                    _draw_example(place, example)
    if reading.owner:
        put("p", "faint tiny", f"{say('owner')}: {reading.owner}", dir="auto")


# A page may hear a thousand words; the card shows the beginning, the text beside it has all.
PHRASES_SHOWN = 8


def _draw_line(place: Place, line: Line, wordings: Mapping[str, Sentence]) -> None:
    with put("div", f"aloud-line {line.kind}"):
        put("span", "aloud-label", line.label)
        if line.kind == "any":
            with put("div", "aloud-any"):
                for way in line.lines:
                    with put("div", "aloud-way"):
                        for inner in way.lines:
                            _draw_line(place, inner, wordings)
            return
        if line.kind == "wording":
            for key in line.values:
                _draw_wording(place, key, wordings.get(key))
            return
        if line.values:
            with put("span", "aloud-values"):
                for value in line.values[:PHRASES_SHOWN]:
                    put("bdi", "aloud-value", value, dir="auto")
                if len(line.values) > PHRASES_SHOWN:
                    put("span", "faint", place.say("and_more", n=len(line.values) - PHRASES_SHOWN))


def _draw_wording(place: Place, key: str, sentence: Sentence | None) -> None:
    with put("div", "aloud-wording"):
        if sentence is None:
            put("code", text=key, dir="ltr")
            return
        href = place.address("book", page=f"{sentence.path}#{key}")
        put("a", "tiny", key, href=href, dir="ltr")
        put("p", "bubble mine", sentence.ar if place.language == "ar" else sentence.en, dir="auto")


def _draw_example(place: Place, example: Example) -> None:
    with put("li", "example silent" if example.is_silent else "example"):
        put("span", "faint tiny", example.name, dir="auto")
        if example.says:
            put("p", "bubble theirs", example.says, dir="auto")
        with put("p", "example-facts"):
            for fact in example.given:
                put("span", "chip-is", fact)
            icon("arrow")
            if example.is_silent:
                put("span", "chip-is", place.say("stays_silent"))
            for fact in example.expected:
                put("span", "chip-is good", fact)
