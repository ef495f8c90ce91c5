"""The top of the playground: which rules are compared, where the talk begins, and the names over the phones."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.events import GenericEventArguments

from admin.console.draw import Part, argument, button, icon, put
from admin.console.place import Place
from admin.console.playground_books import NOTHING, Choice, draw_options
from admin.console.playground_talk import Start
from admin.console.sentences import named
from flows.deal import STAGES
from flows.qualification import SLOTS
from rules.problems import Problem

# A page with more problems than these shows the rest on the Book page.
PROBLEMS_SHOWN = 6

Hands = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Heads:
    """What stands over the phones."""

    live_number: int
    versions: tuple[str, ...]
    choice: Choice | None
    rounds: int
    differing: int
    problems: tuple[Problem, ...]


class SetupBar:
    """
    The choices, and what one can do with the whole talk.

    A field that somebody just used is never drawn anew by what it caused: it would lose the focus.
    """

    def __init__(self, place: Place, hands: Hands) -> None:
        self._place = place
        self._hands = hands
        self._key = NOTHING

    def build(self, start: Start) -> None:
        """Its frame; `start` is where the talk begins at first."""
        say = self._place.say
        with put("div", "setup-row"):
            with put("label", "setup-field"):
                put("span", text=say("compare_with"))
                self._compare: Part[tuple[Choice, ...]] = Part(put("span"), self._draw_compare)
            with put("label", "setup-field"):
                put("span", text=say("stage_at_start"))
                with put("select", "pick", data_start_stage="") as pick:
                    for stage in STAGES:
                        option = put("option", text=self._place.words("stage", stage), value=stage)
                        if stage == start.stage:
                            option.props.update({"selected": True})
                _on_choice(pick, self._hands["stage"])
            self._build_known()
            self._doing: Part[bool] = Part(put("div", "setup-do-slot"), self._draw_doing)
        self._none: Part[bool] = Part(put("div", "bench-slot"), self._draw_none)

    def show(self, choices: tuple[Choice, ...], key: str, start: Start, *, has_rounds: bool) -> None:
        """The choices of this moment."""
        self._key = key
        self._compare.show(choices)
        self._known.show(len(start.slots))
        self._doing.show(has_rounds)
        self._none.show(not any(choice.is_change for choice in choices))

    def _draw_compare(self, choices: tuple[Choice, ...]) -> None:
        with put("select", "pick", data_compare="") as pick:
            put("option", text=self._place.say("compare_nothing"), value=NOTHING)
            draw_options(self._place, choices, self._key)
        _on_choice(pick, self._hands["compare"])

    def _build_known(self) -> None:
        """The answers of the qualification that are known at the start."""
        say = self._place.say
        with put("details", "setup-known", data_known=""):
            with put("summary"):
                self._known: Part[int] = Part(put("span"), self._draw_known)
            with put("div", "known-card"):
                put("p", "faint tiny", say("answer_hint"))
                for slot in SLOTS:
                    with put("label"):
                        put("span", text=named("slot", slot.name, self._place.language))
                        field = put("input", dir="auto", maxlength="120", data_slot=slot.name)
                    _on_answer(field, slot.name, self._hands["answer"])

    def _draw_known(self, known: int) -> None:
        say = self._place.say
        put("span", text=say("answers_n", n=known) if known else say("answers_at_start"))

    def _draw_doing(self, has_rounds: bool) -> None:
        say, hands = self._place.say, self._hands
        with put("div", "setup-do"):
            if has_rounds:
                undo = button(say("undo"), hands["undo"], picture="restart", look="small", data_undo="")
                undo.props.update({"title": say("undo_hint")})
                button(say("start_over"), hands["start_over"], look="small", data_start_over="")
            button(say("paste"), hands["paste"], look="small", data_paste="")
            if has_rounds:
                button(say("as_chat"), hands["chat"], look="small", data_as_chat="")

    def _draw_none(self, has_none: bool) -> None:
        if has_none:
            with put("p", "faint tiny setup-none", data_no_changes=""):
                put("span", text=self._place.say("no_changes"))
                put("a", text=self._place.say("to_the_book"), href=self._place.address("book"))


def _on_choice(pick: Any, chosen: Callable[[str], Awaitable[None]]) -> None:
    async def changed(event: GenericEventArguments) -> None:
        await chosen(argument(event))

    pick.on("change", changed, js_handler="(e) => emit(e.target.value)")


def _on_answer(field: Any, name: str, answered: Callable[[str, str], Awaitable[None]]) -> None:
    async def changed(event: GenericEventArguments) -> None:
        await answered(name, argument(event))

    field.on("change", changed, js_handler="(e) => emit(e.target.value)")


def draw_heads(place: Place, heads: Heads) -> None:
    """The names over the phones, and how often they differ; on a small screen they are tabs."""
    say = place.say
    with put("div", "heads two" if heads.choice else "heads"):
        today = say("today_edition", n=heads.live_number) if heads.live_number else say("today_shipped")
        _draw_head(place, 0, say("today"), today, heads.versions[0])
        if heads.choice:
            version = heads.versions[1] if len(heads.versions) > 1 else ""
            _draw_head(place, 1, say("proposed"), heads.choice.title, version, heads.choice.change_id)
    if heads.choice and heads.rounds and len(heads.versions) > 1:
        words = (
            say("differ_n", n=heads.differing, total=heads.rounds)
            if heads.differing
            else say("differ_none", total=heads.rounds)
        )
        put(
            "p",
            "heads-sum some" if heads.differing else "heads-sum",
            words,
            role="status",
            data_differing=heads.differing,
        )
    if heads.problems:
        _draw_problems(place, heads.problems)


def _draw_head(place: Place, side: int, name: str, title: str, version: str, change_id: str = "") -> None:
    with put("div", f"head side-{side}"):
        tab = button("", None, look="head-tab", data_show_side=side)
        tab.on(
            "click",
            js_handler=f"() => {{ document.querySelector('[data-board]').dataset.shown = '{side}'; }}",
        )
        with tab:
            icon("chat")
            put("strong", text=name)
            put("bdi", "head-title", title)
        if version:
            put("code", "head-version", version, dir="ltr", title=place.say("version"))
        if change_id:
            put("a", "head-link", place.say("to_the_book"), href=place.address("book", change=change_id))


def _draw_problems(place: Place, problems: Sequence[Problem]) -> None:
    with put("div", "state fault heads-problems", role="alert", data_problems=len(problems)):
        put("p", text=place.say("refused_rules"))
        with put("ul"):
            for problem in problems[:PROBLEMS_SHOWN]:
                with put("li", dir="ltr"):
                    put("code", text=f"{problem.file}:{problem.line}")
                    put("span", text=f" {problem.what}")
        if len(problems) > PROBLEMS_SHOWN:
            put("p", text=place.say("refused_more", n=len(problems) - PROBLEMS_SHOWN))
