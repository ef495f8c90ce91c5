"""The form for a new page: its chapter, its name, and the first thing that it hears or decides."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.book_shelf import CHAPTERS
from admin.console.draw import button, put
from admin.console.place import Place
from rules.vocabulary import INTENTS

_FIELDS = ("chapter", "name", "title", "intent", "phrase")
_VALUES = "() => emit(dealix.values(" + ", ".join(f"'[data-new={field}]'" for field in _FIELDS) + "))"


@dataclass(frozen=True, slots=True)
class NewPage:
    """What was filled in."""

    chapter: str
    name: str
    title: str
    intent: str
    phrase: str


def draw(
    place: Place, chapter: str, create: Callable[[NewPage], Awaitable[None]], close: Callable[[], None]
) -> None:
    """Draw it; `create` is told what was filled in."""
    say = place.say

    async def filled(event: GenericEventArguments) -> None:
        given = event.args[0] if isinstance(event.args[0], list) else event.args
        await create(NewPage(*(str(value).strip() for value in given)))

    with put("article", "sheet", data_new_form=""):
        put("h2", text=say("new_page"))
        put("p", "faint", say("new_page_why"))
        with put("form", "new-page", onsubmit="return false"):
            _choice(place, "chapter", [(name, say(f"shelf_{name}")) for name in CHAPTERS], chapter)
            _text(place, "title", say("new_title_hint"), focus=True)
            _text(place, "name", "customers_who_ask_for_x", direction="ltr")
            _choice(place, "intent", [(name, place.words("intent", name)) for name in INTENTS], "not_now")
            _text(place, "phrase", say("new_phrase_hint"))
            with put("div", "ask-do"):
                made = button(say("create"), look="main", data_create="")
                made.props.update({"type": "submit"})
                made.on("click", filled, js_handler=_VALUES)
                button(say("cancel"), close)


def _text(place: Place, name: str, hint: str, *, direction: str = "auto", focus: bool = False) -> None:
    with put("label"):
        put("span", text=place.say(f"new_{name}"))
        field = put("input", type="text", placeholder=hint, dir=direction, maxlength="120")
        field.props.update({"data-new": name})
        if focus:
            field.props.update({"data-autofocus": ""})


def _choice(place: Place, name: str, choices: list[tuple[str, str]], chosen: str) -> None:
    with put("label"):
        put("span", text=place.say(f"new_{name}"))
        pick = put("select", "pick")
        pick.props.update({"data-new": name})
        with pick:
            for value, words in choices:
                option = put("option", text=words, value=value)
                if value == chosen:
                    option.props.update({"selected": ""})
