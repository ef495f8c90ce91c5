"""
Beside a talk: who answers, what waits for a decision, what may be done for this contact, what the deal is worth,
what was set in motion, and why.

Rule 1: a stop is for good, so it is asked about first; everything else here can be taken back.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from nicegui.events import GenericEventArguments

from admin.console.draw import Part, argument, button, gated, put
from admin.console.inbox_read import Talk
from admin.console.lead import Caller
from admin.console.place import DECIDES, Place
from admin.console.queue_pane import QueuePane
from admin.console.story_pane import StoryPane
from admin.console.worth_pane import WorthPane
from bot.actions.action import ActionView

# How a state of an action looks.
_LOOKS = {"done": "good", "waiting_approval": "gold", "failed": "bad", "unknown": "gold", "waiting": "blue"}


@dataclass(frozen=True, slots=True)
class _Do:
    conversation_id: str
    is_stopped: bool
    is_paused: bool
    asks: bool
    """Whether the question before a stop is open."""


class InboxSide:
    """Draws what stands beside one talk."""

    def __init__(
        self,
        place: Place,
        story: StoryPane,
        caller: Callable[[], Caller],
        open_caller: Callable[[Caller], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        self._place = place
        self._story = story
        self._queue = QueuePane(place, caller, open_caller, has_writer=False)
        self._changed = changed
        self._worth = WorthPane(place, changed)
        self._asks = ""
        self._talk: Talk | None = None
        self._why_not = "" if place.may(DECIDES) else place.needs(DECIDES)

    def build(self) -> None:
        say = self._place.say
        with put("div", "inbox-side-head"):
            button(say("back_to_talk"), None, look="small inbox-to-side", data_to_talk="")
        self._queue.build()
        self._summary: Part[str] = Part(put("div"), self._draw_summary)
        self._do: Part[_Do | None] = Part(put("div"), self._draw_do)
        self._worth.build()
        self._actions: Part[tuple[ActionView, ...]] = Part(put("div"), self._draw_actions)
        put("h2", "between", say("story"))
        self._story.build()

    def show(self, talk: Talk) -> None:
        self._talk = talk
        found = talk.conversation
        self._queue.show(talk.scene)
        self._summary.show(talk.summary)
        self._do.show(_Do(found.id, found.is_suppressed, bool(found.sends_paused), self._asks == found.id))
        self._worth.show(found.id, talk.worth)
        self._actions.show(talk.actions)
        self._story.show(talk.scene)

    def _draw_summary(self, summary: str) -> None:
        if summary:
            with put("details", "because", data_handover=""):
                put("summary", text=self._place.say("handover"))
                put("p", "inbox-summary", summary, dir="auto")

    def _draw_do(self, do: _Do | None) -> None:
        if do is None or do.is_stopped:
            return
        say = self._place.say
        inbox, tenant_id, who = self._place.house.rooms.inbox, self._place.tenant_id, self._place.visitor
        with put("div", "inbox-do"):
            if do.is_paused:
                gated(
                    say("do_unpause"),
                    self._does(lambda: inbox.unpause(tenant_id, do.conversation_id, who), "ok_unpaused"),
                    self._why_not,
                    picture="play",
                    data_unpause="",
                )
            else:
                gated(
                    say("do_pause"),
                    self._does(lambda: inbox.pause(tenant_id, do.conversation_id, who), "ok_contact_paused"),
                    self._why_not,
                    picture="pause",
                    data_pause_contact="",
                )
            gated(say("do_stop"), self._ask, self._why_not, look="bad", picture="no", data_stop="")
        if do.asks and not self._why_not:
            self._draw_stop(do.conversation_id)

    def _draw_stop(self, conversation_id: str) -> None:
        say = self._place.say
        with put("div", "choice", role="group", aria_label=say("do_stop")):
            put("p", text=say("stop_is_for_good"))
            put(
                "input",
                type="text",
                aria_label=say("stop_why"),
                placeholder=say("stop_why"),
                data_stop_why="",
                data_autofocus="",
                dir="auto",
                maxlength="300",
            )
            sure = button(say("stop_sure"), look="bad", data_stop_sure="")
            button(say("cancel"), self._ask, data_stop_no="")

        async def stopped(event: GenericEventArguments) -> None:
            place, why = self._place, argument(event).strip()[:300]
            self._asks = ""
            room = place.house.rooms.inbox
            await self._do_it(
                lambda: room.stop(place.tenant_id, conversation_id, place.visitor, why), "ok_stopped"
            )

        sure.on("click", stopped, js_handler="() => emit(document.querySelector('[data-stop-why]').value)")

    def _draw_actions(self, actions: tuple[ActionView, ...]) -> None:
        if not actions:
            return
        say, is_arabic = self._place.say, self._place.language == "ar"
        with put("section", "inbox-actions", aria_label=say("actions")):
            put("h3", text=say("actions"))
            with put("ul"):
                for one in actions:
                    state = str(one.state)
                    with put("li", "inbox-action", data_deed=one.name, data_deed_state=state):
                        put("strong", text=one.title_ar if is_arabic else one.title_en, dir="auto")
                        key = f"deed_{state}"
                        words = say(key) if key in self._place.sentences else state.replace("_", " ")
                        put("span", f"chip-is {_LOOKS.get(state, '')}", words)
                        why = one.reason_ar if is_arabic else one.reason_en
                        if why:
                            put("span", "faint tiny", why, dir="auto")

    async def _ask(self) -> None:
        self._asks = "" if self._asks or self._talk is None else self._talk.conversation.id
        if self._talk is not None:
            self.show(self._talk)

    def _does(self, deed: Callable[[], Awaitable[Any]], done: str) -> Callable[[], Awaitable[None]]:
        async def pressed() -> None:
            await self._do_it(deed, done)

        return pressed

    async def _do_it(self, deed: Callable[[], Awaitable[Any]], done: str) -> None:
        async def asked() -> None:
            self._place.require(*DECIDES)
            await deed()

        await self._place.act(asked(), done)
        self._changed()
