"""
The two phones: each turn as today's rules and the proposed ones tell it, side by side, with what differs marked.

Rule 1: a reply that waits for Sami never looks like one that left.
Rule 2: both phones show the lead's message, so that each of them reads alone, as it must on a small screen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from admin.console.draw import Part, button, icon, put
from admin.console.place import Place
from admin.console.playground_talk import APPROVES, EVENT, Deed, Round, Told, explain
from admin.console.playground_why import draw_why
from admin.console.sentences import SENTENCES, named
from bot.playbook import Playbook
from bot.workbench.rehearsal import Turn
from rules import vocabulary

Tap = Callable[[str, str], object]
"""What a button of a bubble does: (id, title)."""

# Two reasons are read against each other: what is opened on one phone opens on the other.
_OPEN_BOTH = (
    "(e) => { for (const fold of e.target.closest('.turn').querySelectorAll('[data-why]'))"
    " fold.open = e.target.open; emit(); }"
)

# Which chips of a turn a difference is about.
_CHIPS = {"intent": "intent", "stage": "stage", "outcome": "outcome", "proposes": "proposes"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One turn with the books that told it; another book makes it another turn."""

    round: Round
    versions: tuple[str, ...]


def draw_round(place: Place, shown: Shown, names: Sequence[str], books: Sequence[Playbook], tap: Tap) -> None:
    """One turn on every phone."""
    each = shown.round
    look = "turn two" if len(each.sides) > 1 else "turn"
    with put("div", look, data_round=each.number, data_differs=" ".join(each.differs)):
        for side, told in enumerate(each.sides):
            differs = each.differs if side == len(each.sides) - 1 else ()
            with put("section", f"round-side side-{side}", aria_label=names[side], data_side=side):
                _draw_deed(place, each.deed)
                _draw_answer(place, told, differs, tap)
                if told.turn is not None:
                    _draw_gist(place, told, differs)
                if len(each.sides) > 1 and side == len(each.sides) - 1:
                    _draw_differs(place, each.differs)
                if told.turn is not None:
                    _draw_why(place, books[side], told.turn)


def _draw_deed(place: Place, deed: Deed) -> None:
    language = place.language
    if deed.what == APPROVES:
        put("p", "round-deed", place.say("did_approve"))
        return
    if deed.what == EVENT:
        put("p", "round-deed", place.say("did_event", name=named("event", deed.text, language)))
        return
    with put("div", f"bubble mine kind-{deed.kind}", data_line="contact"):
        if deed.button:
            put("span", "kind", place.say("tapped"))
        if deed.kind != "text":
            with put("div", f"media media-{deed.kind}"):
                icon("mic" if deed.kind == "voice" else "image")
                put("span", "media-name", named("kind", deed.kind, language))
        if deed.text:
            put("p", text=deed.text, dir="auto")


def _draw_answer(place: Place, told: Told, differs: Sequence[str], tap: Tap) -> None:
    turn = told.turn
    if turn is None:
        message = told.refused[1] if place.language == "ar" else told.refused[0]
        put("p", "round-silence refused", message, dir="auto", data_answer="refused")
        return
    if not turn.said:
        if told.outcome == "silent":
            why = silence_words(place, turn.silence_reason)
            look = "round-silence differs" if {"outcome", "silence"} & set(differs) else "round-silence"
            put("p", look, place.say("silent_because", why=why), data_answer="silent")
        return
    look = "bubble theirs" + (" waiting" if turn.held else "") + (" differs" if "said" in differs else "")
    with put("div", look, data_answer=told.outcome):
        put("p", text=turn.said, dir="auto")
        if turn.held:
            with put("span", "meta"):
                put("span", "status unknown", place.say("outcome_held"))
    if turn.buttons:
        with put("div", "taps differs" if "buttons" in differs else "taps"):
            for button_id, title in turn.buttons:
                button(title, lambda i=button_id, t=title: tap(i, t), look="tap", dir="auto", data_tap=button_id)


def _draw_gist(place: Place, told: Told, differs: Sequence[str]) -> None:
    turn = told.turn
    assert turn is not None
    say = place.say
    with put("div", "round-gist"):
        if turn.intent:
            percent = round(turn.confidence * 100)
            with put("span", _look("gist-chip", "intent", differs), title=say("sure", percent=percent)):
                put("strong", text=place.words("intent", turn.intent), data_intent=turn.intent)
                put("span", "num", f"{percent}%", dir="ltr")
        _draw_stage(place, turn, differs)
        put(
            "span",
            _look(f"gist-chip is-{told.outcome}", "outcome", differs),
            say(f"outcome_{told.outcome}"),
            data_outcome=told.outcome,
        )
        for flag in turn.flags:
            put("span", "gist-chip is-flag", named("flag", flag, place.language))
    if turn.hold_reasons:
        why = " · ".join(place.words("hold", reason.removeprefix("hold.")) for reason in turn.hold_reasons)
        look = "reason differs" if "hold" in differs else "reason"
        put("p", f"{look} tiny", say("held_because", why=why))
    if turn.proposed_stage:
        words = say("would_lead_to", stage=place.words("stage", turn.proposed_stage))
        put("p", _look("faint tiny", "proposes", differs), words)
    _draw_answers(place, turn, differs)


def _draw_stage(place: Place, turn: Turn, differs: Sequence[str]) -> None:
    before, after = (place.words("stage", stage) for stage in (turn.stage_before, turn.stage_after))
    with put("span", _look("gist-chip", "stage", differs), data_stage=turn.stage_after):
        if turn.stage_before != turn.stage_after:
            put("span", "faint", before)
            icon("arrow")
        put("span", f"stage-name at-{turn.stage_after}", after)


def _draw_answers(place: Place, turn: Turn, differs: Sequence[str]) -> None:
    if not turn.slots:
        return
    known = [
        f"{named('slot', name, place.language)}: \u2068{_value(place, turn.slots[name])}\u2069"
        for name in vocabulary.SLOTS
        if name in turn.slots
    ]
    look = "faint tiny differs" if "answers" in differs else "faint tiny"
    put("p", look, place.say("answers_so_far", answers=" · ".join(known)))


def _value(place: Place, value: str) -> str:
    known = {"unknown": "dont_know", "yes": "yes", "no": "no"}
    return named("slot", known[value], place.language) if value in known else value


def _draw_differs(place: Place, differs: Sequence[str]) -> None:
    if differs:
        with put("p", "round-differs", data_differences=" ".join(differs)):
            put("strong", text=place.say("differs"))
            put("span", text=" · ".join(place.say(f"differs_{name}") for name in differs))
    else:
        put("p", "round-same", place.say("same"), data_differences="")


def _draw_why(place: Place, book: Playbook, turn: Turn) -> None:
    """The fold is filled when it is opened: most of them never are."""
    with put("details", "round-why", data_why="") as fold:
        put("summary", text=place.say("why"))
        part: Part[bool] = Part(put("div", "why"), lambda is_open: _fill(place, book, turn, is_open))
    fold.on("toggle", lambda _: part.show(True), args=[], js_handler=_OPEN_BOTH)


def _fill(place: Place, book: Playbook, turn: Turn, is_open: bool) -> None:
    if is_open:
        draw_why(place, book, turn, explain(book, turn))


def _look(look: str, chip: str, differs: Sequence[str]) -> str:
    return f"{look} differs" if _CHIPS[chip] in differs else look


def silence_words(place: Place, reason: str) -> str:
    """Why nothing was said, in words; the heart's own reasons stand beside those of the pages."""
    name = reason.rpartition(".")[2]
    if f"silence_{name}" in SENTENCES:
        return place.say(f"silence_{name}")
    if f"code_{name}" in SENTENCES:
        return named("code", name, place.language)
    return place.words("silence", name)
