"""
The talk itself: what was said, what was decided between two lines and because of which rules, and where a human
writes.

Rule 1: the field is drawn once for each conversation, so that nothing takes words from a writer's hands.
Rule 2: what a human writes passes the gate like everything else; what the gate said stands under the line.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.bubble import draw_bubble
from admin.console.draw import Part, Rows, argument, button, icon, put
from admin.console.inbox_read import Moment, Talk
from admin.console.place import DECIDES, Place
from admin.console.sentences import named
from admin.console.states import empty
from admin.console.story import Decision
from admin.console.story_pane import StoryPane
from admin.console.thread import Line
from bot.conversation import REACHED, Status

_SEND_ON_ENTER = (
    "(e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing)"
    " { e.preventDefault(); dealix.send(e.target, emit); } }"
)

_LEFT = frozenset({"", *(status.value for status in REACHED), Status.SIMULATED.value})


@dataclass(frozen=True, slots=True)
class _Head:
    name: str
    phone: str
    stage: str


@dataclass(frozen=True, slots=True)
class _Told:
    item: Line | Moment
    note: str


class InboxThread:
    """Draws one talk."""

    def __init__(self, place: Place, story: StoryPane, close: Callable[[], Awaitable[None]]) -> None:
        self._place = place
        self._story = story
        self._close = close

    def build(self) -> None:
        self._head: Part[_Head | None] = Part(put("div"), self._draw_head)
        with put("div", "thread", role="log", aria_label=self._place.say("talk"), tabindex="0", data_thread=""):
            self._empty: Part[str] = Part(put("div"), self._draw_empty)
            self._items: Rows[_Told] = Rows(put("div", "lines"), self._draw_item)
            self._moving: Part[str] = Part(put("div", aria_live="polite"), self._draw_moving)
        self._writer: Part[tuple[str, str]] = Part(put("div", "inbox-writer"), self._draw_writer)

    def show(self, talk: Talk | None, missing: str = "") -> None:
        """`missing` says why there is no talk: nothing was chosen, or nothing is there."""
        self._empty.show("" if talk else missing)
        if talk is None:
            self._head.show(None)
            self._items.show([])
            self._moving.show("")
            self._writer.show(("", ""))
            return
        found, notes = talk.conversation, dict(talk.notes)
        name = found.name or talk.phone or self._place.say("no_name")
        self._head.show(_Head(name, talk.phone, found.stage))
        self._items.show([(_key(item), _Told(item, self._note_of(item, notes))) for item in talk.items])
        self._moving.show("reading" if talk.scene.is_reading else "writing" if talk.scene.is_writing else "")
        self._writer.show((found.id, "stopped" if found.is_suppressed else ""))

    def _draw_head(self, head: _Head | None) -> None:
        if head is None:
            return
        say = self._place.say
        with put("header", "inbox-head"):
            button(
                "",
                self._close,
                look="quiet round inbox-back",
                picture="arrow",
                aria_label=say("back_to_list"),
                data_back="",
            )
            put("span", "avatar", head.name.lstrip("+")[:1], aria_hidden="true")
            with put("div", "phone-name"):
                put("h2", text=head.name, dir="auto", data_open_name="")
                put("span", "number", head.phone, dir="ltr", data_open_phone="")
            stage = self._place.words("stage", head.stage)
            put("span", f"stage-name at-{head.stage}", stage, data_open_stage=head.stage)
            button(say("details"), None, look="small inbox-to-side", data_to_side="")

    def _draw_empty(self, missing: str) -> None:
        if missing:
            say = self._place.say
            empty("chat", say(missing), say(f"{missing}_hint"))

    def _draw_item(self, told: _Told) -> None:
        item = told.item
        if isinstance(item, Moment):
            self._draw_moment(item)
            return
        side = "theirs" if item.who == "contact" else "mine"
        with put("div", f"bubble {side} kind-{item.kind}", data_line=item.who, data_status=item.status):
            draw_bubble(self._place, item, with_day=True)
            if told.note:
                put("p", "bubble-note", told.note, data_gate="")

    def _draw_moment(self, moment: Moment) -> None:
        happening, place = moment.happening, self._place
        if not isinstance(happening, Decision):
            put("p", "moment", self._story.sentence(happening), data_moment=happening.what)
            return
        live = [rule for rule in happening.rules if not rule.is_shadow]
        with put("details", "moment decided-line", data_moment="decided"):
            with put("summary"):
                put("strong", text=place.words("intent", happening.intent))
                put("span", text=f" · {place.say(f'gate_{happening.outcome}')}")
            if happening.stage_after != happening.stage_before:
                with put("p"):
                    put("span", text=place.words("stage", happening.stage_before))
                    icon("arrow")
                    put("strong", text=place.words("stage", happening.stage_after))
            if live:
                put("p", "faint", place.say("because_of"))
                with put("ul", "rules"):
                    for rule in live:
                        with put("li", "rule", data_because=rule.name):
                            put("span", "rule-title", self._story.title_of(rule.name), dir="auto")

    def _draw_moving(self, what: str) -> None:
        if what:
            with put("div", "bubble mine moving", data_moving=what):
                with put("span", "dots", aria_hidden="true"):
                    for _ in range(3):
                        put("i")
                put("span", text=self._place.say(what))

    def _draw_writer(self, state: tuple[str, str]) -> None:
        conversation_id, why_not = state
        place, say = self._place, self._place.say
        if not conversation_id:
            return
        if why_not:
            put("p", "faint inbox-no", say("nothing_leaves"))
            return
        if not place.may(DECIDES):
            put("p", "faint inbox-no", place.needs(DECIDES))
            return
        with put("div", "composer"):
            field = put(
                "textarea",
                rows="1",
                placeholder=say("write"),
                aria_label=say("write"),
                data_write="",
                dir="auto",
                maxlength="4096",
            )
            send = button("", look="main round", picture="send", aria_label=say("send"), data_send="")

        async def wrote(event: GenericEventArguments) -> None:
            text = argument(event)
            await place.send(text, self._write(conversation_id, text), "[data-write]", "ok_written")

        field.on("keydown", wrote, js_handler=_SEND_ON_ENTER)
        send.on("click", wrote, js_handler="() => dealix.send(document.querySelector('[data-write]'), emit)")

    async def _write(self, conversation_id: str, text: str) -> None:
        place = self._place
        place.require(*DECIDES)
        await place.house.approvals.write(place.tenant_id, conversation_id, place.visitor, text)

    def _note_of(self, item: Line | Moment, notes: dict[str, str]) -> str:
        """What the gate or a provider said about a line that did not leave."""
        if isinstance(item, Moment) or item.status in _LEFT or not notes.get(item.key):
            return ""
        return named("code", notes[item.key], self._place.language)


def _key(item: Line | Moment) -> str:
    return f"moment {item.id}" if isinstance(item, Moment) else item.key
