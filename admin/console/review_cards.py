"""One message of the review queue: what was said, what was made of it, and what it should have meant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.events import GenericEventArguments

from admin.console.draw import Part, argument, button, pieces, put
from admin.console.place import Place
from admin.console.playground_why import spanned
from admin.console.review_edit import HearingPage
from admin.console.times import RIYADH
from bot.playbook import Playbook
from bot.workbench.review_queue import REASONS, Item, as_example
from rules import vocabulary
from rules.problems import Problem
from rules.verdict import Question

SILENT = "silent:"
"""Begins the choice that a page must not hear the message."""

DECIDING = ("understanding/", "safety/", "routing/")
"""Where the pages stand that made of a message what was made of it; the others only followed."""

Hands = Mapping[str, Callable[..., Any]]

_SAYS_WHOLE = (
    "(e) => {{ const field = e.target.closest('[data-item]').querySelector('[data-phrase]');"
    " field.value = {words}; field.focus(); }}"
)
_VALUES = "(e) => emit(e.target.closest('[data-item]').querySelector('[data-phrase]')?.value ?? '')"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an analyst is about to teach."""

    choice: str = ""
    """An intent, or `silent:<page>`."""
    path: str = ""
    phrase: str = ""
    warning: str = ""
    """Why the example would fail as it is."""
    problems: tuple[Problem, ...] = ()
    focus: str = ""
    """The field that was used last: the card is drawn anew, and the focus goes back there."""

    @property
    def intent(self) -> str:
        return "" if self.choice.startswith(SILENT) else self.choice


@dataclass(frozen=True, slots=True)
class Card:
    """An item with the lesson that stands open on it."""

    item: Item
    lesson: Lesson
    pages: tuple[HearingPage, ...]
    """Pages that the lesson may go into."""
    heard_by: tuple[HearingPage, ...]
    """Pages that said so, which may have to stay silent."""
    proposed: tuple[str, ...] = ()
    """Intents that a language model proposes."""


def question_of(item: Item) -> Question:
    """The item as the rules are asked about it."""
    return Question(text=item.example, stage=item.stages[0][0], expects=item.expects)


def draw_card(place: Place, card: Card, book: Playbook, hands: Hands) -> None:
    """One message."""
    item = card.item
    with put("article", "sheet review-card", aria_label=item.text, data_item=item.id, data_times=item.times):
        with put("header", "review-head"):
            put("q", "review-text", item.text, dir="auto")
            if item.times > 1:
                put("span", "chip-is blue", place.say("times", n=item.times))
        _draw_reasons(place, item)
        _draw_understood(place, item, book)
        _draw_proposed(place, card)
        _draw_now(place, item, book)
        _draw_lesson(place, card, hands)


def _draw_reasons(place: Place, item: Item) -> None:
    number = 0 if place.language == "ar" else 1
    with put("div", "review-facts"):
        for reason, times in item.reasons:
            words = REASONS[reason][number]
            put("span", "chip-is gold", f"{words} ×{times}" if times > 1 else words, data_reason=reason)
        for stage, times in item.stages:
            words = place.say("at_stage", stage=place.words("stage", stage))
            put("span", "faint tiny", f"{words} ×{times}" if times > 1 else words)
        if item.expects:
            put("span", "faint tiny", place.say("asked_for", what=place.say(f"expects_{item.expects}")))
        at = f"\u2066{item.last_at.astimezone(RIYADH):%m-%d %H:%M}\u2069"
        put("span", "faint tiny", place.say("last_seen", at=at))


def _draw_understood(place: Place, item: Item, book: Playbook) -> None:
    titles, paths = book.book.titles_in(place.language), paths_of(book)
    with put("p", "review-meant"):
        put("span", "faint", place.say("understood_as"))
        for intent, times in item.intents:
            words = place.words("intent", intent)
            put("strong", text=f"{words} ×{times}" if len(item.intents) > 1 else words, data_intent=intent)
        deciding = [rule for rule in item.rules if paths.get(rule, "").startswith(DECIDING)]
        if deciding:
            put("span", "faint", place.say("because_of"))
            for rule in deciding:
                _draw_page_link(place, paths.get(rule, ""), titles.get(rule, rule.replace("_", " ")))


def _draw_proposed(place: Place, card: Card) -> None:
    """What a language model would have understood: a hint for whoever teaches, and nothing more."""
    if card.proposed:
        with put("p", "review-meant", data_model_intent=card.proposed[0]):
            put("span", "faint", place.say("model_proposes"))
            for intent in card.proposed:
                put("span", "chip-is blue", place.words("intent", intent))


def _draw_page_link(place: Place, path: str, words: str) -> None:
    """A page of the rules in force; one that was retired since is only named."""
    if not path:
        put("span", "tiny", words, dir="auto")
        return
    put(
        "a",
        "tiny",
        words,
        href=place.address("book", page=path),
        target="_blank",
        title=place.say("open_page", page=f"\u2066{path}\u2069"),
        dir="auto",
    )


def paths_of(book: Playbook) -> dict[str, str]:
    """Page id -> the path of its file, among the rules in force."""
    return {path.rpartition("/")[2].removesuffix(".yml"): path for path in book.files if path.endswith(".yml")}


def _draw_now(place: Place, item: Item, book: Playbook) -> None:
    """The rules in force may have learned it since; filled when it is opened."""
    with put("details", "round-why", data_now="") as fold:
        put("summary", text=place.say("why_now"))
        part: Part[bool] = Part(put("div", "why"), lambda is_open: _fill_now(place, item, book, is_open))
    fold.on("toggle", lambda _: part.show(True), args=[])


def _fill_now(place: Place, item: Item, book: Playbook, is_open: bool) -> None:
    if not is_open:
        return
    question = question_of(item)
    understood = book.book.understand(question)
    hearing = book.book.pages_that_hear(question)
    titles, paths = book.book.titles_in(place.language), paths_of(book)
    primary = understood.primary
    percent = f"\u2066{round(primary.confidence * 100)}%\u2069"
    put("p", text=place.say("now_intent", intent=place.words("intent", primary.name), percent=percent))
    spans = [span for found in understood.intents for span in found.spans]
    with put("blockquote", "why-words", dir="auto"):
        pieces(spanned(item.example, spans))
    if not hearing:
        put("p", "faint", place.say("now_hears_none"))
        return
    put("h4", text=place.say("now_hears"))
    with put("ul", "why-list"):
        for page in hearing:
            with put("li", data_hears=page):
                _draw_page_link(place, paths.get(page, ""), titles.get(page, page))


# the lesson


def _draw_lesson(place: Place, card: Card, hands: Hands) -> None:
    say, item, lesson = place.say, card.item, card.lesson
    with put("div", "lesson"):
        with put("label", "setup-field"):
            put("span", text=say("what_meant"))
            with put("select", "pick", data_meant="", **_focused(lesson, "meant")) as pick:
                put("option", text=say("choose_intent"), value="")
                _draw_intents(place, card)
        _on_value(pick, lambda value: hands["meant"](item, value))
        if lesson.choice:
            _draw_page_choice(place, card, hands)
        else:
            button(say("not_useful"), lambda: hands["dismiss"](item), look="quiet", data_dismiss="")
    if lesson.choice and lesson.path:
        _draw_writing(place, card, hands)


def _draw_intents(place: Place, card: Card) -> None:
    lesson = card.lesson
    with put("optgroup", label=place.say("group_intents")):
        for intent in vocabulary.INTENTS:
            if intent != "default":
                _option(place.words("intent", intent), intent, lesson.choice)
    if card.heard_by:
        with put("optgroup", label=place.say("group_silent")):
            for page in card.heard_by:
                words = place.say("silent_of", intent=place.words("intent", page.intent), page=page.id)
                _option(words, f"{SILENT}{page.id}", lesson.choice)


def _draw_page_choice(place: Place, card: Card, hands: Hands) -> None:
    with put("label", "setup-field"):
        put("span", text=place.say("which_page"))
        with put("select", "pick", data_page_pick="", **_focused(card.lesson, "page")) as pick:
            for page in card.pages:
                _option(page.called(place.language), page.path, card.lesson.path)
    _on_value(pick, lambda value: hands["page"](card.item, value))


def _draw_writing(place: Place, card: Card, hands: Hands) -> None:
    say, item, lesson = place.say, card.item, card.lesson
    page = next((page for page in card.pages if page.path == lesson.path), None)
    if lesson.intent and page is not None:
        _draw_phrase(place, card, page)
    with put("div", "example-preview"):
        put("span", "faint tiny", say("example"))
        put("pre", "code", as_example(item, lesson.intent).rstrip(), data_example_text="", tabindex="0")
    _draw_objections(place, lesson)
    with put("div", "actions"):
        words = say("add_anyway") if lesson.warning else say("add")
        add = button(words, None, look="main narrow", picture="plus", data_add="")

        async def pressed(event: GenericEventArguments) -> None:
            await hands["add"](item, argument(event))

        add.on("click", pressed, js_handler=_VALUES)
        button(say("not_useful"), lambda: hands["dismiss"](item), look="quiet", data_dismiss="")


def _draw_phrase(place: Place, card: Card, page: HearingPage) -> None:
    say = place.say
    if not page.takes_phrase:
        put("p", "faint tiny", say("no_phrase_here"))
        return
    hint = f"phrase-hint-{card.item.id}"
    with put("div", "phrase-row"):
        with put("label", "setup-field"):
            put("span", text=say("phrase"))
            put(
                "input",
                "text-field",
                dir="auto",
                maxlength="300",
                aria_describedby=hint,
                data_phrase="",
                **{"^value": card.lesson.phrase},  # as `value` it would be put back over what is being typed
                **_focused(card.lesson, "phrase"),
            )
        words = plain_words(card.item.example)
        whole = button(say("phrase_whole"), None, look="small", data_whole="")
        whole.on("click", js_handler=_SAYS_WHOLE.format(words=_js(words)))
    put("p", "faint tiny", say("phrase_hint"), id=hint)


def _draw_objections(place: Place, lesson: Lesson) -> None:
    if lesson.warning:
        put("p", "bench-note stale", lesson.warning, role="alert", data_warning="")
    if lesson.problems:
        with put("div", "state fault", role="alert", data_problems=len(lesson.problems)):
            put("p", text=place.say("refused"))
            with put("ul", "problem-list"):
                for problem in lesson.problems[:4]:
                    with put("li", dir="ltr"):
                        put("code", text=f"{problem.file}:{problem.line}")
                        put("span", text=f" {problem.what}")


def plain_words(text: str) -> str:
    """The words of a message, without signs that mean something in a phrase."""
    kept = "".join(letter if letter.isalnum() or letter.isspace() else " " for letter in text)
    return " ".join(kept.split())


def reason_words(place: Place, reason: str) -> str:
    return REASONS[reason][0 if place.language == "ar" else 1]


def _focused(lesson: Lesson, field: str) -> dict[str, str]:
    return {"data_autofocus": ""} if lesson.focus == field else {}


def _option(words: str, value: str, chosen: str) -> None:
    made = put("option", text=words, value=value)
    if value == chosen:
        made.props.update({"selected": True})


def _on_value(pick: Any, chosen: Callable[[str], Any]) -> None:
    async def changed(event: GenericEventArguments) -> None:
        await chosen(argument(event))

    pick.on("change", changed, js_handler="(e) => emit(e.target.value)")


def _js(text: str) -> str:
    """A text as a JavaScript string; letters and blanks only, so nothing can end it."""
    return f'"{text}"'


def known_reasons(items: Sequence[Item]) -> tuple[tuple[str, int], ...]:
    """Each reason with how many items it brought here, in the order of REASONS."""
    counted = {reason: sum(any(r == reason for r, _ in item.reasons) for item in items) for reason in REASONS}
    return tuple((reason, count) for reason, count in counted.items() if count)


def plain_phrase(phrase: str) -> str:
    """A typed phrase on one line, without signs that nobody sees."""
    return " ".join("".join(letter for letter in phrase if letter.isprintable() or letter.isspace()).split())
