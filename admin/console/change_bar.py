"""Which change one writes in: choose, begin, name, and ask somebody to agree."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.draw import Part, argument, gated, put
from admin.console.place import WRITES, Place
from bot.workbench.editions import Change, State

Hands = Mapping[str, Callable[..., Awaitable[None]]]
"""`choose(id)`, `begin()`, `rename(title)`, `submit()`"""


@dataclass(frozen=True, slots=True)
class Bar:
    """What the bar shows."""

    edition: int
    version: str
    choices: tuple[tuple[str, str], ...]
    """(id, words) of every change under way."""
    chosen: str
    title: str
    state: str
    files: tuple[str, ...]
    conflicts: tuple[str, ...]


def bar_of(
    place: Place,
    edition: int,
    version: str,
    changes: list[Change],
    chosen: Change | None,
    conflicts: Sequence[str],
) -> Bar:
    """Everything that the bar shows, as one value."""
    return Bar(
        edition,
        version,
        tuple((change.id, _words(place, change)) for change in changes),
        chosen.id if chosen else "",
        chosen.title if chosen else "",
        chosen.state.value if chosen else "",
        tuple(sorted(chosen.edits)) if chosen else (),
        tuple(conflicts),
    )


def _words(place: Place, change: Change) -> str:
    title = change.title or place.say("no_title")
    return place.say("change_words", title=title, name=change.author.name, n=len(change.edits))


class ChangeBar:
    """Draws it."""

    def __init__(self, place: Place, hands: Hands) -> None:
        self._place = place
        self._hands = hands

    def build(self) -> None:
        """Its place on the page."""
        self._part = Part(put("section", "sheet change-bar", aria_label=self._place.say("change")), self._draw)

    def show(self, bar: Bar) -> None:
        """Show this."""
        self._part.show(bar)

    def _draw(self, bar: Bar) -> None:
        say = self._place.say
        with put("div", "bar-row"):
            with put("label", "bar-choice"):
                put("span", text=say("you_look_at"))
                pick = put("select", "pick", data_change="")
                with pick:
                    in_force = say("in_force_n", n=bar.edition) if bar.edition else say("in_force_shipped")
                    _option(in_force, "", not bar.chosen)
                    for change_id, words in bar.choices:
                        _option(words, change_id, change_id == bar.chosen)
                pick.on("change", self._chosen, js_handler="(e) => emit(e.target.value)")
            put("code", "number", bar.version, dir="ltr", title=say("version"))
            self._draw_begin(bar)
        if bar.chosen:
            self._draw_chosen(bar)

    def _draw_begin(self, bar: Bar) -> None:
        place = self._place
        why_not = "" if place.may(WRITES) else place.needs(WRITES)
        look = "" if bar.chosen else "main"
        gated(place.say("begin"), self._hands["begin"], why_not, look=look, picture="plus", data_begin="")
        if why_not:
            put("p", "faint why-not", why_not)

    def _draw_chosen(self, bar: Bar) -> None:
        say, place = self._place.say, self._place
        is_open = bar.state == State.OPEN.value
        with put("div", "bar-row"):
            with put("label", "bar-choice wide"):
                put("span", text=say("change_is_for"))
                field = put(
                    "input",
                    type="text",
                    defaultValue=bar.title,
                    placeholder=say("change_is_for_hint"),
                    maxlength="200",
                    dir="auto",
                    data_change_title="",
                )
                if not (is_open and place.may(WRITES)):
                    field.props.update({"readonly": ""})
                else:
                    field.on("change", self._renamed, js_handler="(e) => emit(e.target.value)")
            put("span", "chip-is gold", say("files_n", n=len(bar.files)), data_files=str(len(bar.files)))
            put("a", "btn", say("to_try"), href=place.address("playground", change=bar.chosen))
            put("a", "btn", say("to_versions_of"), href=place.address("versions", change=bar.chosen))
            if is_open:
                gated(
                    say("submit"), self._hands["submit"], self._why_not_submit(bar), look="main", data_submit=""
                )
            else:
                put("span", "chip-is blue", say(f"state_{bar.state}"))
        if bar.conflicts:
            with put("p", "conflict", role="alert", data_conflicts=""):
                put("span", text=say("touched_meanwhile", files="، ".join(bar.conflicts)))

    def _why_not_submit(self, bar: Bar) -> str:
        if not self._place.may(WRITES):
            return self._place.needs(WRITES)
        return "" if bar.files else self._place.say("nothing_changed_yet")

    async def _chosen(self, event: GenericEventArguments) -> None:
        await self._hands["choose"](argument(event))

    async def _renamed(self, event: GenericEventArguments) -> None:
        await self._hands["rename"](argument(event))


def _option(words: str, value: str, is_chosen: bool) -> None:
    option = put("option", text=words, value=value)
    if is_chosen:
        option.props.update({"selected": ""})
