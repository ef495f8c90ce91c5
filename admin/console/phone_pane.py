"""The lead's phone: who holds it, what was said, what arrived, and where to type."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from admin.console.draw import Part, Rows, argument, button, icon, put
from admin.console.lead import Caller, LeadPhone
from admin.console.place import Place
from admin.console.scene import Lead, Scene
from admin.console.sentences import named
from admin.console.thread import Line
from admin.console.times import clock
from bot.conversation import REACHED, Status
from bot.events import Kind
from bot.phones import BadPhone, normalise

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

# A conversation keeps this many lines; a page that saw fewer knows that it shows all of them.
KEPT_LINES = 12

_SEND_ON_ENTER = (
    "(e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing)"
    " { e.preventDefault(); dealix.send(e.target, emit); } }"
)
_SEND_ON_CLICK = "() => dealix.send(document.querySelector('[data-say]'), emit)"
_TAKE_CAPTION = "() => emit(dealix.take(document.querySelector('[data-say]')))"

_SENT = frozenset({*(s.value for s in REACHED), Status.SIMULATED.value})


@dataclass(frozen=True, slots=True)
class _Head:
    caller: Caller
    leads: tuple[Lead, ...]
    form: str
    """`"" | new | start_over`: which question stands open."""
    number: str


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
        self._choose = choose
        self._form = ""
        self._number = ""
        self._leads: tuple[Lead, ...] = ()

    def build(self) -> None:
        """Everything that is always there."""
        self._head = Part(put("header", "phone-head"), self._draw_head)
        with put("div", "thread", role="log", aria_label=self._place.say("phone"), data_thread=""):
            self._empty = Part(put("div"), self._draw_empty)
            self._lines: Rows[Line] = Rows(put("div", "lines"), self._draw_line)
            self._moving = Part(put("div", aria_live="polite"), self._draw_moving)
        self._chips = Part(put("div", "chips-bar"), self._draw_chips)
        self._build_composer()

    def show(self, scene: Scene) -> None:
        self._leads = scene.leads
        self._show_head()
        self._empty.show(bool(scene.lines))
        self._lines.show([(line.key, line) for line in scene.lines])
        self._moving.show("reading" if scene.is_reading else "writing" if scene.is_writing else "")
        self._chips.show(bool(scene.lines))

    def _show_head(self) -> None:
        self._head.show(_Head(self._caller(), self._leads, self._form, self._number))

    # -- who holds the phone

    def _draw_head(self, head: _Head) -> None:
        say = self._place.say
        with put("div", "phone-who"):
            put("span", "avatar", _initial(head.caller.name), aria_hidden="true")
            with put("div", "phone-name"):
                put("strong", text=head.caller.name, dir="auto")
                put("span", "number", _spaced(head.caller.phone), dir="ltr")
            button(
                "",
                self._open("start_over"),
                look="quiet",
                picture="restart",
                aria_label=say("start_over"),
                title=say("start_over"),
            )
        with put("nav", "leads", aria_label=say("leads")):
            button(say("new_lead"), self._ask_for_number, look="pill", picture="plus")
            for lead in head.leads:
                self._draw_lead(lead, lead.phone == head.caller.phone)
        if head.form == "new":
            self._draw_new(head.number)
        elif head.form == "start_over":
            self._draw_start_over()

    def _draw_lead(self, lead: Lead, is_chosen: bool) -> None:
        async def chosen() -> None:
            self._form = ""
            await self._choose(Caller(lead.phone, lead.name))

        with button(
            "", chosen, look="pill lead-pill", aria_pressed="true" if is_chosen else "false", data_lead=lead.phone
        ):
            put("span", text=lead.name or lead.phone[-4:], dir="auto")
            if lead.waits:
                put("b", "dot", aria_label=self._place.say("status_held"))

    def _draw_new(self, number: str) -> None:
        say = self._place.say
        # `defaultValue`, because `value` would be put back at every redraw, over what is being typed.
        with put("form", "ask", onsubmit="return false"):
            with put("label"):
                put("span", text=say("lead_name"))
                put(
                    "input",
                    defaultValue=say("test_lead", n=int(number[-4:])),
                    data_new_name="",
                    maxlength="60",
                    dir="auto",
                )
            with put("label"):
                put("span", text=say("lead_phone"))
                put("input", defaultValue=f"+{number}", data_new_phone="", inputmode="tel", dir="ltr")
            with put("div", "ask-do"):
                begin = button(say("start"), look="main")
                begin.props.update({"type": "submit"})
                button(say("cancel"), self._open(""))
        begin.on(
            "click",
            self._start_new,
            js_handler="() => emit(dealix.values('[data-new-phone]', '[data-new-name]'))",
        )

    def _draw_start_over(self) -> None:
        say = self._place.say
        with put("div", "ask", role="alertdialog", aria_label=say("start_over")):
            put("p", text=say("start_over_sure"))
            with put("div", "ask-do"):
                button(say("start_over_yes"), self._start_over, look="bad", data_autofocus="")
                button(say("cancel"), self._open(""))

    def _open(self, form: str) -> Callable[[], None]:
        def opened() -> None:
            self._form = form
            self._show_head()

        return opened

    async def _ask_for_number(self) -> None:
        async def find() -> None:
            self._number = await self._phone.free_number()

        if await self._place.act(find()):
            self._open("new")()

    async def _start_new(self, event: GenericEventArguments) -> None:
        typed, name = event.args if len(event.args) == 2 else event.args[0]
        try:
            phone = normalise(typed)
        except BadPhone as bad:
            self._place.tell(bad.message_ar if self._place.language == "ar" else bad.message_en, is_bad=True)
            return
        self._form = ""
        await self._choose(Caller(phone, name.strip() or _spaced(phone)))

    async def _start_over(self) -> None:
        stays_opted_out = False

        async def forget() -> None:
            nonlocal stays_opted_out
            stays_opted_out = await self._phone.starts_over(self._caller())

        self._form = ""
        if await self._place.act(forget()):
            if stays_opted_out:
                self._place.tell(self._place.say("start_over_opted_out"), is_bad=True)
            else:
                self._place.tell(self._place.say("ok_forgotten"))
        await self._choose(self._caller())

    # -- the talk

    def _draw_empty(self, has_lines: bool) -> None:
        if not has_lines:
            with put("div", "blank"):
                icon("chat")
                put("p", text=self._place.say("phone_empty"))

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
            if line.who in ("human", "phone"):
                put("span", "by", self._place.say(f"by_{line.who}"))
            if line.kind not in ("text", "button"):
                self._draw_media(line.kind)
            if line.text:
                put("p", text=line.text, dir="auto")
            with put("span", "meta"):
                put("time", text=clock(line.at), dir="ltr")
                self._draw_status(line, is_lead)
        if line.buttons:
            with put("div", "taps"):
                for button_id, title in line.buttons:
                    button(title, self._taps(line, button_id, title), look="tap", dir="auto", data_tap=button_id)

    def _draw_status(self, line: Line, is_lead: bool) -> None:
        say = self._place.say
        if is_lead:
            words = say("lead_waiting") if line.status == "waiting" else say("lead_sent")
            put(
                "span",
                f"ticks {line.status}",
                "✓" if line.status == "waiting" else "✓✓",
                title=words,
                aria_label=words,
                role="img",
            )
        elif line.status:
            put("span", f"status {line.status}", named("status", line.status, self._place.language))

    def _draw_media(self, kind: str) -> None:
        language = self._place.language
        words = named("kind", kind, language)
        with put("div", f"media media-{kind}"):
            if kind in ("voice", "audio"):
                icon("play")
                with put("span", "wave", aria_hidden="true"):
                    for height in (5, 9, 14, 8, 12, 16, 10, 6, 11, 15, 9, 5, 8, 12, 6):
                        put("i").style(f"height:{height}px")
            elif kind == "image":
                put("span", "picture", aria_hidden="true")
            put("span", "media-name", words)

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


def _initial(name: str) -> str:
    return name.strip()[:1].upper() or "?"


def _spaced(phone: str) -> str:
    """`+966 55 000 0001`"""
    if phone.startswith("966") and len(phone) == 12:
        return f"+966 {phone[3:5]} {phone[5:8]} {phone[8:]}"
    return f"+{phone}"
