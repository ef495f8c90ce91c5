"""The lead's phone: what was said, what arrived, and where to type."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from admin.console.bubble import draw_bubble
from admin.console.draw import Part, Rows, argument, button, icon, put
from admin.console.lead import Caller, LeadPhone
from admin.console.phone_head import PhoneHead
from admin.console.place import Place
from admin.console.scene import Scene
from admin.console.thread import Line
from bot.events import Kind

# What a visitor may try first: key of the sentence, and how it is sent.
CHIPS: tuple[tuple[str, Kind], ...] = (
    ("chip_price", Kind.TEXT),
    ("chip_demo", Kind.TEXT),
    ("chip_english", Kind.TEXT),
    ("chip_paid", Kind.TEXT),
    ("chip_human", Kind.TEXT),
    ("chip_stop", Kind.TEXT),
    ("chip_doubt", Kind.TEXT),
    ("chip_voice", Kind.VOICE),
)

_SEND_ON_ENTER = (
    "(e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing)"
    " { e.preventDefault(); dealix.send(e.target, emit); } }"
)
_SEND_ON_CLICK = "() => dealix.send(document.querySelector('[data-say]'), emit)"
_TAKE_CAPTION = "() => emit(dealix.take(document.querySelector('[data-say]')))"


class PhonePane:
    """Draws the phone and sends what is done on it."""

    def __init__(
        self,
        place: Place,
        phone: LeadPhone,
        caller: Callable[[], Caller],
        choose: Callable[[Caller], Awaitable[None]],
    ) -> None:
        self._place = place
        self._phone = phone
        self._caller = caller
        self._head = PhoneHead(place, phone, caller, choose)

    def build(self) -> None:
        """Everything that is always there."""
        self._head.build()
        with put("div", "thread", role="log", aria_label=self._place.say("phone"), data_thread=""):
            self._empty = Part(put("div"), self._draw_empty)
            self._cut = Part(put("div"), self._draw_cut)
            self._lines: Rows[Line] = Rows(put("div", "lines"), self._draw_line)
            self._moving = Part(put("div", aria_live="polite"), self._draw_moving)
        self._chips = Part(put("div", "chips-bar"), self._draw_chips)
        self._build_composer()

    def show(self, scene: Scene) -> None:
        self._head.show(scene.leads)
        self._empty.show(bool(scene.lines))
        self._cut.show(scene.is_cut)
        self._lines.show([(line.key, line) for line in scene.lines])
        self._moving.show("reading" if scene.is_reading else "writing" if scene.is_writing else "")
        self._chips.show(bool(scene.lines))

    def _draw_empty(self, has_lines: bool) -> None:
        if not has_lines:
            with put("div", "blank"):
                icon("chat")
                put("p", text=self._place.say("phone_empty"))

    def _draw_cut(self, is_cut: bool) -> None:
        if is_cut:
            put("p", "cut", self._place.say("earlier_gone"))

    def _draw_chips(self, has_lines: bool) -> None:
        with put(
            "div",
            "chips" if has_lines else "chips chips-first",
            role="group",
            aria_label=self._place.say("try_also"),
        ):
            for key, kind in CHIPS:
                button(self._place.say(key), self._tries(key, kind), look="chip", dir="auto", data_chip=key)

    def _tries(self, key: str, kind: Kind) -> Callable[[], Awaitable[bool]]:
        if kind is Kind.TEXT:
            return self._place.later(lambda: self._phone.says(self._caller(), self._place.say(key)))
        return self._place.later(lambda: self._phone.attaches(self._caller(), kind))

    def _draw_line(self, line: Line) -> None:
        is_lead = line.who == "contact"
        with put("div", f"bubble {'mine' if is_lead else 'theirs'} kind-{line.kind}", data_line=line.who):
            draw_bubble(self._place, line)
        if line.buttons:
            with put("div", "taps"):
                for button_id, title in line.buttons:
                    button(title, self._taps(line, button_id, title), look="tap", dir="auto", data_tap=button_id)

    def _taps(self, line: Line, button_id: str, title: str) -> Callable[[], Awaitable[bool]]:
        return self._place.later(
            lambda: self._phone.taps(self._caller(), button_id, title, concerns=f"simulated-{line.key}")
        )

    def _draw_moving(self, what: str) -> None:
        if what:
            hint = self._place.say("reading_why") if what == "reading" else ""
            with put("div", "bubble theirs moving", data_moving=what, title=hint):
                with put("span", "dots", aria_hidden="true"):
                    for _ in range(3):
                        put("i")
                put("span", text=self._place.say(what))

    # -- where to type

    def _build_composer(self) -> None:
        say = self._place.say
        with put("div", "composer"):
            self._attach(Kind.IMAGE, "image")
            field = put(
                "textarea",
                rows="1",
                placeholder=say("type_here"),
                aria_label=say("type_here"),
                data_say="",
                dir="auto",
                maxlength="4096",
            )
            field.on("keydown", self._typed, js_handler=_SEND_ON_ENTER)
            self._attach(Kind.VOICE, "mic")
            send: Element = button(
                "", look="main round", picture="send", aria_label=say("send"), title=say("send")
            )
            send.on("click", self._typed, js_handler=_SEND_ON_CLICK)

    def _attach(self, kind: Kind, picture: str) -> None:
        words = self._place.say(f"attach_{kind.value}")
        made = button(
            "", look="quiet round", picture=picture, aria_label=words, title=words, data_attach=kind.value
        )

        async def attached(event: GenericEventArguments) -> None:
            await self._place.act(self._phone.attaches(self._caller(), kind, argument(event).strip()))

        made.on("click", attached, js_handler=_TAKE_CAPTION if kind is Kind.IMAGE else "() => emit('')")

    async def _typed(self, event: GenericEventArguments) -> None:
        text = argument(event)
        if text.strip():
            await self._place.send(text, self._phone.says(self._caller(), text), "[data-say]")
