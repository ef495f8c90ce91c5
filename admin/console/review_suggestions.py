"""What humans keep changing: a sentence with what they wrote instead, and one press to make it a change."""

from collections.abc import Callable, Mapping
from typing import Any

from admin.console.draw import button, pieces, put
from admin.console.place import Place
from admin.console.replay_view import difference
from bot.playbook import WORDING_FOLDER
from bot.workbench.suggestions import Suggestion

_TONES = {"reworded": "gold", "refused_wording": "bad", "misunderstood": "bad"}


def draw_suggestion(
    place: Place, found: Suggestion, files: Mapping[str, str], make: Callable[[Suggestion], Any]
) -> None:
    """One suggestion; `files` are those in force."""
    say = place.say
    with put("article", "sheet review-card", data_suggestion=found.subject, data_kind=found.kind):
        with put("header", "review-head"):
            put("span", f"chip-is {_TONES[found.kind]}", say(f"kind_{found.kind}"))
            put("strong", "suggestion-says", found.ar if place.language == "ar" else found.en, dir="auto")
            with put(
                "span", "suggestion-share", title=say("edited_share", times=found.times, drafts=found.drafts)
            ):
                put("span", "bar", aria_hidden="true").style(
                    f"--share:{round(100 * found.times / found.drafts)}%"
                )
                put("span", "num tiny", say("edited_share", times=found.times, drafts=found.drafts))
        if found.present:
            _draw_texts(place, found)
        if found.lost_blanks:
            blanks = "\u2066" + " ".join(f"{{{blank}}}" for blank in found.lost_blanks) + "\u2069"
            put("p", "bench-note stale", say("lost_blanks", blanks=blanks))
        if found.problems:
            with put("div", "bench-note bad"):
                put("strong", text=say("problems"))
                with put("ul"):
                    for problem in found.problems:
                        put("li", text=problem, dir="auto")
        _draw_doing(place, found, files, make)


def _draw_texts(place: Place, found: Suggestion) -> None:
    say = place.say
    with put("div", "suggestion-texts"):
        with put("section"):
            put("h4", text=say("present"))
            put("div", "proposal old", found.present.strip(), dir="auto")
        if found.proposed:
            with put("section"):
                put("h4", text=say("proposed"))
                put("div", "proposal", found.proposed.strip(), dir="auto", data_proposed="")
    if found.proposed:
        put("h4", text=say("difference"))
        with put("div", "diff", dir="auto", data_diff=""):
            pieces(difference(found.present.strip(), found.proposed.strip()))
    elif found.kind == "reworded":
        put("p", "faint", say("no_one_text"))
    if found.texts:
        with put("details", "idle-fold"):
            put("summary", text=say("written"))
            with put("ul", "written"):
                for written in found.texts:
                    with put("li"):
                        put("span", "chip-is", f"×{written.times}")
                        put("span", text=written.text, dir="auto")


def _draw_doing(
    place: Place, found: Suggestion, files: Mapping[str, str], make: Callable[[Suggestion], Any]
) -> None:
    say = place.say
    with put("div", "actions"):
        if found.edit:
            button(say("make_change"), lambda: make(found), look="main narrow", picture="plus", data_make="")
        if page := where_it_stands(found, files):
            put("a", "btn small", say("open_in_book"), href=place.address("book", page=page))
            put("code", "faint", page, dir="ltr")


def where_it_stands(found: Suggestion, files: Mapping[str, str]) -> str:
    """The page or sentence as the Book page calls it; a proposal may be for a file that is not there yet."""
    if found.kind == "misunderstood":
        return found.path
    holding = (p for p, text in files.items() if p.startswith(WORDING_FOLDER) and _has_key(text, found.subject))
    path = max(holding, key=lambda p: p == found.path, default="")
    return f"{path}#{found.subject}" if path else ""


def _has_key(text: str, key: str) -> bool:
    return any(line.startswith(f"{key}:") for line in text.splitlines())
