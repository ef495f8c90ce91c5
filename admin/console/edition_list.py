"""Editions: the one in force, all before it, what differs between two, and the way back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.change_card import draw_changed
from admin.console.difference import Changed
from admin.console.draw import argument, button, gated, icon, put
from admin.console.place import DECIDES, Place
from admin.console.states import empty
from admin.console.submission import draw_summary
from admin.console.times import day_and_clock
from bot.workbench.editions import Edition, How

Hands = Mapping[str, Callable[..., Awaitable[None]]]
"""`compare(before, after)`, `ask(what)`, `roll_back(number, reason)`"""


@dataclass(frozen=True, slots=True)
class Editions:
    """What was in force, newest first."""

    listed: tuple[Edition, ...]
    here: int
    """The edition by which this process decides."""
    version: str

    @property
    def head(self) -> int:
        """The edition that is in force everywhere within seconds."""
        return self.listed[0].number if self.listed else 0


def draw_in_force(place: Place, editions: Editions) -> None:
    """The rules by which messages are decided now."""
    say = place.say
    newest = editions.listed[0] if editions.listed else None
    with put("div", "sheet force", data_in_force=str(editions.head), data_version=editions.version):
        with put("div", "force-number"):
            put("span", "faint", say("in_force"))
            put("strong", text=say("edition_n", n=editions.head) if editions.head else say("edition_0"))
        with put("div", "force-what"):
            if newest is None:
                put("p", text=say("only_shipped"))
            else:
                put("p", text=_told(place, newest), dir="auto")
                put("p", "faint", _since(place, newest))
                draw_summary(place, newest.summary)
            with put("p", "faint"):
                put("span", text=f"{say('version')} ")
                put("code", text=editions.version, dir="ltr")
            if editions.here != editions.head:
                put("p", "checking", say("switching"), role="status")


def draw_history(
    place: Place,
    editions: Editions,
    compared: tuple[int, int] | None,
    between: tuple[Changed, ...],
    asking: str,
    hands: Hands,
) -> None:
    """All of them, and two side by side."""
    say = place.say
    if not editions.listed:
        empty("clock", say("no_history"), say("no_history_hint"))
        return
    numbers = [edition.number for edition in editions.listed]
    if numbers[-1] == 1:
        numbers.append(0)
    _draw_compare(place, numbers, compared, hands)
    if compared is not None:
        with put("section", "compared", data_compared=f"{compared[0]}-{compared[1]}"):
            if not between:
                put("p", "faint", say("no_difference"))
            draw_changed(place, between)
    with put("ol", "editions"):
        for edition in editions.listed:
            _draw_edition(place, edition, editions.head, asking, hands)
        if numbers[-1] == 0:
            _draw_shipped(place, editions.head, asking, hands)


def _draw_compare(place: Place, numbers: list[int], compared: tuple[int, int] | None, hands: Hands) -> None:
    say = place.say
    before, after = compared or (numbers[1] if len(numbers) > 1 else numbers[0], numbers[0])

    async def pressed(event: GenericEventArguments) -> None:
        given = event.args[0] if isinstance(event.args[0], list) else event.args
        await hands["compare"](int(given[0]), int(given[1]))

    with put("div", "bar-row compare-row"):
        for side, chosen in (("from", before), ("to", after)):
            with put("label", "bar-choice"):
                put("span", text=say(f"compare_{side}"))
                pick = put("select", "pick")
                pick.props.update({f"data-{side}-edition": ""})
                with pick:
                    for number in numbers:
                        words = say("edition_n", n=number) if number else say("edition_0")
                        option = put("option", text=words, value=str(number))
                        if number == chosen:
                            option.props.update({"selected": ""})
        show = button(say("hide") if compared else say("compare"), data_compare_editions="")
        show.on(
            "click", pressed, js_handler="() => emit(dealix.values('[data-from-edition]', '[data-to-edition]'))"
        )


def _draw_edition(place: Place, edition: Edition, head: int, asking: str, hands: Hands) -> None:
    say = place.say
    with put("li", "edition", data_edition=str(edition.number)):
        put("span", "edition-number", str(edition.number))
        with put("div", "edition-what"):
            put("p", text=_told(place, edition), dir="auto")
            put("p", "faint", _since(place, edition))
        with put("div", "edition-do"):
            if edition.number == head:
                put("span", "chip-is good", say("in_force"))
            else:
                _draw_back(place, edition.number, hands)
        if asking == f"back:{edition.number}":
            _draw_sure(place, edition.number, hands)


def _draw_shipped(place: Place, head: int, asking: str, hands: Hands) -> None:
    say = place.say
    with put("li", "edition", data_edition="0"):
        put("span", "edition-number", "0")
        with put("div", "edition-what"):
            put("p", text=say("edition_0"))
            put("p", "faint", say("edition_0_is"))
        with put("div", "edition-do"):
            if head:
                _draw_back(place, 0, hands)
        if asking == "back:0":
            _draw_sure(place, 0, hands)


def _draw_back(place: Place, number: int, hands: Hands) -> None:
    why_not = "" if place.may(DECIDES) else place.needs(DECIDES)
    gated(
        place.say("roll_back"),
        lambda: hands["ask"](f"back:{number}"),
        why_not,
        picture="restart",
        data_roll_back=str(number),
    )


def _draw_sure(place: Place, number: int, hands: Hands) -> None:
    say = place.say

    async def sure(event: GenericEventArguments) -> None:
        await hands["roll_back"](number, argument(event))

    with put("form", "choice", onsubmit="return false"):
        with put("p"):
            icon("warn")
            put("span", text=say("roll_back_sure", n=number) if number else say("roll_back_shipped"))
        put("input", type="text", placeholder=say("roll_back_why"), dir="auto", maxlength="200", data_reason="")
        yes = button(say("roll_back_yes"), look="main", data_sure="", data_autofocus="")
        yes.props.update({"type": "submit"})
        yes.on("click", sure, js_handler="() => emit(document.querySelector('[data-reason]').value)")
        button(say("cancel"), lambda: hands["ask"](""))


def _told(place: Place, edition: Edition) -> str:
    if edition.how is How.ROLLED_BACK:
        told = (
            place.say("went_back", n=edition.of_number) if edition.of_number else place.say("went_back_shipped")
        )
        return f"{told}: {edition.title}" if edition.title else told
    return edition.title or place.say("no_title")


def _since(place: Place, edition: Edition) -> str:
    at = day_and_clock(edition.at)
    if edition.how is How.ROLLED_BACK:
        return place.say("by_at", name=edition.by.name, at=at)
    return place.say("by_and_agreed", name=edition.by.name, other=edition.agreed_by.name, at=at)
