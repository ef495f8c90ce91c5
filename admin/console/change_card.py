"""One change on the page of versions: what it is, what it would change, and who may do what with it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from nicegui.events import GenericEventArguments

from admin.console import difference
from admin.console.difference import Changed
from admin.console.draw import argument, button, gated, put
from admin.console.place import DECIDES, WRITES, Place
from admin.console.submission import draw_summary
from admin.console.times import day_and_clock
from bot.people import folded
from bot.workbench.editions import Change, State

Hands = Mapping[str, Callable[..., Awaitable[None]]]
"""`turn()`, `ask(what)`, `submit()`, `agree()`, `refuse(reason)`, `withdraw()`, `reopen()`, `update()`"""

LOOK_OF_STATE = {
    State.OPEN: "",
    State.SUBMITTED: "blue",
    State.PUBLISHED: "good",
    State.REFUSED: "bad",
    State.WITHDRAWN: "",
}


@dataclass(frozen=True, slots=True)
class Carded:
    """A change, and how its card stands."""

    change: Change = field(compare=False)
    """Compared by its version: it is read anew at every look."""
    v: int
    is_open: bool
    conflicts: tuple[str, ...]
    files: tuple[Changed, ...]
    asking: str
    """`refuse | withdraw`, or empty."""
    is_busy: bool


def draw(place: Place, card: Carded, hands: Hands) -> None:
    """The card."""
    say, change = place.say, card.change
    with put("div", "sheet change", data_change_card=change.id, data_state=change.state.value):
        with put("header", "sheet-head"):
            put("h3", text=change.title or say("no_title"), dir="auto")
            put(
                "span",
                f"chip-is {LOOK_OF_STATE[change.state]}",
                say(f"state_{change.state.value}"),
                data_state_chip="",
            )
            put("span", "chip-is gold", say("files_n", n=len(change.edits)))
        with put("p", "faint"):
            put("span", text=say("written_by", name=change.author.name, at=day_and_clock(change.updated_at)))
            if change.submitted_at is not None:
                told = say("submitted_by", name=change.submitted_by.name, at=day_and_clock(change.submitted_at))
                put("span", text=f" · {told}")
        if change.reason:
            put("p", "reason", say("because", name=change.decided_by.name, reason=change.reason), dir="auto")
        if card.conflicts:
            put("p", "conflict", say("touched_meanwhile", files="، ".join(card.conflicts)), data_conflicts="")
        draw_summary(place, change.summary)
        if card.is_busy:
            _draw_busy(place)
        else:
            _draw_buttons(place, card, hands)
        if card.asking:
            _draw_question(place, card, hands)
        if card.is_open:
            _draw_files(place, card)


def _draw_busy(place: Place) -> None:
    with put("div", "running", role="status", data_busy=""):
        put("p", "checking", place.say("at_work"))
        with put("div", "progress unknown"):
            put("span")


def _draw_buttons(place: Place, card: Carded, hands: Hands) -> None:
    say, change = place.say, card.change
    may_write = "" if place.may(WRITES) else place.needs(WRITES)
    with put("div", "actions"):
        words = say("hide_files") if card.is_open else say("show_files")
        button(words, hands["turn"], data_files_of=change.id, aria_expanded=str(card.is_open).lower())
        if change.state is State.OPEN:
            put(
                "a",
                "btn",
                say("open_in_book"),
                href=place.address("book", change=change.id),
                data_open_in_book="",
            )
            why_not = may_write or ("" if change.edits else say("nothing_changed_yet"))
            gated(say("submit"), hands["submit"], why_not, look="main", data_submit="")
            if card.conflicts:
                gated(say("bring_up_to_date"), hands["update"], may_write, data_update="")
        if change.state is State.SUBMITTED:
            _draw_decision(place, change, hands)
        if change.state in (State.SUBMITTED, State.REFUSED):
            gated(say("reopen"), hands["reopen"], may_write, data_reopen="")
        if change.state in (State.OPEN, State.SUBMITTED):
            gated(say("withdraw"), lambda: hands["ask"]("withdraw"), may_write, look="quiet", data_withdraw="")
    if may_write and change.state is State.OPEN:
        put("p", "faint", may_write)


def _draw_decision(place: Place, change: Change, hands: Hands) -> None:
    """Agree or refuse; the author reads that somebody else must."""
    say = place.say
    may_decide = "" if place.may(DECIDES) else place.needs(DECIDES)
    # As the workbench compares people: one may write here today and in Telegram tomorrow.
    is_own = folded(place.visitor.name) in (folded(change.author.name), folded(change.submitted_by.name))
    if is_own:
        put("p", "faint", say("somebody_else_agrees"), data_own_change="")
    elif may_decide:
        put("p", "faint", may_decide, data_needs_role="")
    else:
        gated(say("agree"), hands["agree"], "", look="main", picture="check", data_agree="")
        gated(say("refuse"), lambda: hands["ask"]("refuse"), "", data_refuse="")


def _draw_question(place: Place, card: Carded, hands: Hands) -> None:
    say = place.say
    if card.asking == "withdraw":
        with put("div", "choice", role="alertdialog", aria_label=say("withdraw_sure")):
            put("p", text=say("withdraw_sure"))
            button(say("withdraw"), hands["withdraw"], look="bad", data_sure="", data_autofocus="")
            button(say("cancel"), lambda: hands["ask"](""))
        return

    async def refused(event: GenericEventArguments) -> None:
        await hands["refuse"](argument(event))

    with put("form", "choice", onsubmit="return false"):
        put("label", text=say("refuse_why"), for_="why")
        put("input", type="text", id="why", dir="auto", maxlength="500", data_reason="", data_autofocus="")
        sure = button(say("refuse"), look="bad", data_sure="")
        sure.props.update({"type": "submit"})
        sure.on("click", refused, js_handler="() => emit(document.querySelector('[data-reason]').value)")
        button(say("cancel"), lambda: hands["ask"](""))


def _draw_files(place: Place, card: Carded) -> None:
    if not card.files:
        put("p", "faint", place.say("nothing_changed_yet"))
    draw_changed(place, card.files, card.change.id)


def draw_changed(place: Place, files: tuple[Changed, ...], change_id: str = "") -> None:
    """Each file that differs, side by side."""
    for file in files:
        kind = "new" if file.before is None else "gone" if file.after is None else "edited"
        with put("details", "changed-file", open="", data_changed_file=file.path):
            with put("summary"):
                put("code", text=file.path, dir="ltr")
                look = {"new": "good", "gone": "bad", "edited": "gold"}[kind]
                put("span", f"chip-is {look}", place.say(f"file_{kind}"))
                if change_id:
                    put(
                        "a",
                        "tiny",
                        place.say("open_page"),
                        href=place.address("book", change=change_id, page=file.path),
                    )
            difference.draw(place, file.before or "", file.after or "")
