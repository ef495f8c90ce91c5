"""Who holds the simulated phone: the leads to choose from, a new one, and starting over."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.draw import Part, button, put
from admin.console.lead import Caller, LeadPhone
from admin.console.place import Place
from admin.console.scene import Lead
from bot.phones import BadPhone, normalise


@dataclass(frozen=True, slots=True)
class _Head:
    caller: Caller
    leads: tuple[Lead, ...]
    form: str
    """`"" | new | start_over`: which question stands open."""
    number: str


class PhoneHead:
    """Lets the visitor be one lead or another."""

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
        self._head = Part(put("header", "phone-head"), self._draw)

    def show(self, leads: tuple[Lead, ...]) -> None:
        self._leads = leads
        self._show()

    def _show(self) -> None:
        self._head.show(_Head(self._caller(), self._leads, self._form, self._number))

    def _draw(self, head: _Head) -> None:
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
            self._show()

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


def _initial(name: str) -> str:
    return name.strip()[:1].upper() or "?"


def _spaced(phone: str) -> str:
    """`+966 55 000 0001`"""
    if phone.startswith("966") and len(phone) == 12:
        return f"+966 {phone[3:5]} {phone[5:8]} {phone[8:]}"
    return f"+{phone}"
