"""
The story of one message, reached by its correlation id.

Rule: nobody's words are in it; who may see the conversation reads them there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console.draw import Part, Rows, argument, button, put
from admin.console.place import Place
from admin.console.states import empty
from admin.console.times import day_and_clock
from bot.telemetry.story import Step, Story, lasting
from bot.telemetry.trace_room import TraceRoom

# Less than anybody notices.
AT_ONCE = timedelta(milliseconds=5)

READERS = ("admin", "approver", "agent", "dpo", "rules_editor")

_TYPED = "() => emit(document.querySelector('[data-correlation]').value)"
_ENTERED = "(e) => { if (e.key === 'Enter') emit(e.target.value) }"


@dataclass(frozen=True, slots=True)
class _Told:
    """One step, as a row shows it."""

    step: Step
    number: int


class TracePage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        store = place.house.store
        self._place = place
        self._room = TraceRoom(store.timeline, store.traces, place.house.words, place.now)
        self._wanted = query.get("id", "")

    def build(self) -> None:
        """The frame, without anything of the tenant."""
        say = self._place.say
        with put("div", "trace"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            with put("div", "sheet"), put("div", "trace-ask"):
                put("label", "faint", say("id"), for_="correlation")
                field = put(
                    "input",
                    "code",
                    id="correlation",
                    dir="ltr",
                    value=self._wanted,
                    data_correlation="",
                )
                field.on("keydown", self._ask, js_handler=_ENTERED)
                button(say("show"), look="main", data_tell="").on("click", self._ask, js_handler=_TYPED)
            self._head: Part[Story | None] = Part(put("div"), self._draw_head)
            self._steps: Rows[_Told] = Rows(put("ol", "story"), self._draw_step, tag="li")

    async def open(self) -> None:
        """Tell the story that the address names."""
        self._head.show(None)
        if self._wanted:
            await self._tell(self._wanted)

    async def _ask(self, event: GenericEventArguments) -> None:
        await self._place.act(self._tell(argument(event).strip()))

    async def _tell(self, wanted: str) -> None:
        place = self._place
        place.require(*READERS)
        story = await self._room.story(place.tenant_id, wanted)
        place.remember(id=wanted)
        with place.client:
            self._head.show(story)
            self._steps.show([(str(n), _Told(step, n)) for n, step in enumerate(story.steps)])

    def _draw_head(self, story: Story | None) -> None:
        say, language = self._place.say, self._place.language
        with put("div", "sheet"):
            if story is None:
                empty("search", say("nothing"), say("nothing_hint"))
                return
            with put("div", "sheet-head"):
                put("h2", "code", story.correlation_id, dir="ltr", data_story=story.correlation_id)
                look, words = ("bad", "has_trouble") if story.has_trouble else ("good", "went_well")
                put("span", f"chip-is {look}", say(words))
            took = lasting(story.lasted, language)
            put("p", "faint", f"{day_and_clock(story.began_at)} · {say('took', took=took, n=len(story.steps))}")

    def _draw_step(self, told: _Told) -> None:
        say, step = self._place.say, told.step
        with put("div", "sheet", data_step=step.what):
            with put("div", "sheet-head"):
                put("strong", text=step.told(self._place.language), dir="auto")
                look = "chip-is bad" if step.is_trouble else "chip-is"
                put("span", look, self._when(told))
            if step.data:
                with put("details"):
                    put("summary", "faint tiny", say("facts"))
                    _draw_facts(step.data)

    def _when(self, told: _Told) -> str:
        since = told.step.since_previous
        if told.number and since < AT_ONCE:
            return self._place.say("at_once")
        gap = lasting(since, self._place.language)
        return self._place.say("after", gap=gap) if told.number else day_and_clock(told.step.at)


def _draw_facts(data: Mapping[str, Any]) -> None:
    with put("dl", "facts"):
        for name, value in data.items():
            put("dt", text=name.replace("_", " "), dir="ltr")
            shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            put("dd", "code", shown, dir="ltr")
