"""The side list of the inbox: search, filters, and one line for each conversation, newest first."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.draw import Part, Rows, argument, button, icon, put
from admin.console.inbox_read import Listed
from admin.console.place import Place
from admin.console.sentences import named
from admin.console.states import empty, loading
from bot.inbox.rows import FILTERS, Wanted
from flows.deal import STAGES

# Somebody who types gets an answer when they pause; a list that jumps with each letter reads badly.
_TYPED = (
    "(e) => { clearTimeout(e.target.waits);"
    " e.target.waits = setTimeout(() => emit(e.target.value), e.key === 'Enter' ? 0 : 300); }"
)


@dataclass(frozen=True, slots=True)
class Hands:
    """What the list does."""

    want: Callable[[Wanted], Awaitable[None]]
    open: Callable[[str], Awaitable[None]]
    more: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _None:
    """Why the list is empty."""

    is_loading: bool
    is_narrowed: bool


class InboxList:
    """Draws lines and passes on what is pressed."""

    def __init__(self, place: Place, hands: Hands, wanted: Wanted) -> None:
        self._place = place
        self._hands = hands
        self._wanted = wanted
        # The field is the browser's; it is drawn anew only where we empty it.
        self._emptied = 0

    def build(self) -> None:
        say = self._place.say
        with put("div", "inbox-ask"):
            self._field: Part[int] = Part(put("div", "inbox-search"), self._draw_field)
            self._filters: Part[Wanted] = Part(put("div", "inbox-filters"), self._draw_filters)
        with put("div", "inbox-lines", data_lines="", role="region", aria_label=say("heading"), tabindex="0"):
            self._empty: Part[_None | None] = Part(put("div"), self._draw_none)
            self._rows: Rows[Listed] = Rows(put("ul"), self._draw_line, tag="li")
            self._more: Part[bool] = Part(put("div", "inbox-more"), self._draw_more)

    def show_loading(self) -> None:
        self._field.show(self._emptied)
        self._filters.show(self._wanted)
        self._empty.show(_None(is_loading=True, is_narrowed=False))

    def show(self, wanted: Wanted, lines: Sequence[Listed], has_more: bool) -> None:
        self._wanted = wanted
        self._filters.show(wanted)
        self._empty.show(None if lines else _None(is_loading=False, is_narrowed=wanted != Wanted()))
        self._rows.show([(line.row.conversation_id, line) for line in lines])
        self._more.show(has_more)

    def _draw_field(self, _: int) -> None:
        say = self._place.say
        icon("search")
        field = put(
            "input",
            type="search",
            placeholder=say("search"),
            aria_label=say("search"),
            value=self._wanted.text,
            data_search="",
            dir="auto",
            maxlength="80",
        )
        field.on("input", self._typed, js_handler=_TYPED)

    async def _show_all(self) -> None:
        self._emptied += 1
        self._wanted = Wanted()
        self._field.show(self._emptied)
        await self._hands.want(Wanted())

    def _draw_filters(self, wanted: Wanted) -> None:
        say = self._place.say
        with put("div", "choose-one", role="group", aria_label=say("filters")):
            for one in FILTERS:
                button(
                    say(f"filter_{one}"),
                    lambda one=one: self._hands.want(Wanted(one, wanted.stage, wanted.text)),
                    aria_pressed="true" if one == wanted.filter else "false",
                    title=say(f"filter_{one}_is"),
                    data_filter=one,
                )
        with put("select", "pick small", aria_label=say("stage"), data_stage_filter="") as picker:
            put("option", text=say("every_stage"), value="")
            for stage in STAGES:
                chosen = {"selected": True} if stage == wanted.stage else {}
                put("option", text=self._place.words("stage", stage), value=stage, **chosen)
        picker.on("change", self._picked, js_handler="(e) => emit(e.target.value)")

    def _draw_none(self, why: _None | None) -> None:
        if why is None:
            return
        say = self._place.say
        if why.is_loading:
            loading(say("opening"))
        elif why.is_narrowed:
            empty("search", say("none_found"), say("none_found_hint"))
            button(say("show_all"), self._show_all, data_show_all="")
        else:
            empty("chat", say("nobody_yet"), say("nobody_yet_hint"))

    def _draw_line(self, line: Listed) -> None:
        row, place = line.row, self._place
        current = {"aria_current": "true"} if line.is_open else {}
        made = put("button", "inbox-line", type="button", data_conversation=row.conversation_id, **current)
        made.on("click", lambda _: self._hands.open(row.conversation_id), args=[])
        name = row.name or line.phone or place.say("no_name")
        with made:
            put("span", "avatar", name.lstrip("+")[:1], aria_hidden="true")
            with put("span", "inbox-line-in"):
                with put("span", "inbox-line-top"):
                    with put("strong"):
                        put("bdi", text=name)
                    put("time", "number", line.at)
                words = line.text or (named("kind", row.last_kind, place.language) if row.last_who else "")
                who = place.say("we_said") if row.last_who in ("bot", "human", "phone") and words else ""
                with put("span", "inbox-line-said"):
                    if who:
                        put("span", "faint", who)
                    put("bdi", text=words)
                with put("span", "inbox-line-marks"):
                    put("span", f"stage-name at-{row.stage}", place.words("stage", row.stage))
                    self._draw_marks(line)

    def _draw_marks(self, line: Listed) -> None:
        row, say = line.row, self._place.say
        marks = (
            ("bad", "mark_stopped", row.is_stopped),
            ("gold", "mark_waits", row.waiting > 0),
            ("good", "mark_unanswered", row.is_unanswered and not row.is_stopped),
            ("blue", "mark_human", row.mode == "human"),
            ("gold", "mark_paused", bool(row.sends_paused)),
        )
        for look, key, holds in marks:
            if holds:
                put("span", f"chip-is {look}", say(key), data_mark=key.removeprefix("mark_"))

    def _draw_more(self, has_more: bool) -> None:
        if has_more:
            button(self._place.say("more"), self._hands.more, data_more="")

    async def _typed(self, event: GenericEventArguments) -> None:
        wanted = self._wanted
        await self._hands.want(Wanted(wanted.filter, wanted.stage, argument(event).strip()[:80]))

    async def _picked(self, event: GenericEventArguments) -> None:
        stage = argument(event)
        if stage in ("", *STAGES):
            await self._hands.want(Wanted(self._wanted.filter, stage, self._wanted.text))
