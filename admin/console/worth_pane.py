"""
What the deal of the open talk is worth, when it is expected and who looks after it; and the form that changes it.

Rule 1: the form is drawn once, when it is opened, so that nothing takes what is typed from anybody's hands.
Rule 2: whoever changes what somebody else has changed since is told, and changes nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from admin.console.draw import Part, button, gated, put
from admin.console.inbox_read import Worth
from admin.console.money import riyals
from admin.console.place import Place
from bot.deals.terms import CLEAR, MOST_HALALAS
from bot.errors import BadRequest
from bot.money import halalas_of
from bot.money import riyals as typed

WRITERS = ("admin", "approver", "agent")
FIELDS = ("worth_value", "worth_expected", "worth_owner")

_READ = "() => emit([...document.querySelectorAll('[data-worth-field]')].map(one => one.value))"


@dataclass(frozen=True, slots=True)
class _Deal:
    conversation_id: str
    worth: Worth


class WorthPane:
    """Draws it beside one talk."""

    def __init__(self, place: Place, changed: Callable[[], None]) -> None:
        self._place = place
        self._changed = changed
        self._deal: _Deal | None = None
        self._opened: _Deal | None = None
        self._why_not = "" if place.may(WRITERS) else place.needs(WRITERS)

    def build(self) -> None:
        with put("section", "inbox-worth", aria_label=self._place.say("worth")):
            self._known: Part[_Deal] = Part(put("div"), self._draw_known)
            self._form: Part[_Deal | None] = Part(put("div"), self._draw_form)

    def show(self, conversation_id: str, worth: Worth) -> None:
        self._deal = _Deal(conversation_id, worth)
        if self._opened is not None and self._opened.conversation_id != conversation_id:
            self._opened = None
        self._known.show(self._deal)
        self._form.show(self._opened)

    def _draw_known(self, deal: _Deal) -> None:
        say, worth = self._place.say, deal.worth
        value = riyals(worth.value_halalas, self._place.language) if worth.value_halalas is not None else ""
        put("h3", text=say("worth"))
        with put("dl", "slots"):
            for key, told in zip(FIELDS, (value, _day(worth.expected_on), worth.owner), strict=True):
                put("dt", text=say(key))
                put("dd", "" if told else "faint", told or say("not_said"), dir="auto", data_worth=key)
        gated(say("worth_change"), self._turn, self._why_not, look="small", data_change_worth="")

    def _draw_form(self, deal: _Deal | None) -> None:
        if deal is None:
            return
        say = self._place.say
        with put("div", "worth-form", data_worth_form=""):
            for name, kind in zip(FIELDS, ("text", "date", "text"), strict=True):
                with put("label"):
                    put("span", text=say("worth_in_riyals" if name == "worth_value" else name))
                    put(
                        "input",
                        "pick",
                        type=kind,
                        data_worth_field=name,
                        maxlength="100",
                        dir="auto" if name == "worth_owner" else "ltr",
                        inputmode="decimal" if name == "worth_value" else "text",
                    )
            with put("div", "actions"):
                sure = button(say("worth_save"), look="main", data_save_worth="")
                button(say("cancel"), self._turn, data_no_worth="")
        sure.on("click", self._save, js_handler=_READ)

    async def _turn(self) -> None:
        if self._deal is None:
            return
        self._opened = None if self._opened else self._deal
        self.show(self._deal.conversation_id, self._deal.worth)
        if self._opened is not None:
            self._fill(self._opened.worth)

    def _fill(self, worth: Worth) -> None:
        # Not as attributes: every redraw of the page would put them back over what somebody typed.
        value = "" if worth.value_halalas is None else typed(worth.value_halalas)
        said = dict(
            zip(FIELDS, (value, worth.expected_on and worth.expected_on.isoformat(), worth.owner), strict=True)
        )
        with self._place.client:
            ui.run_javascript(
                f"Object.entries({json.dumps(said)}).forEach(([name, value]) => {{"
                " const field = document.querySelector(`[data-worth-field=${name}]`);"
                " if (field) field.value = value ?? ''; })"
            )

    async def _save(self, given: GenericEventArguments) -> None:
        deal = self._opened
        if deal is not None and await self._place.act(self._set(deal, list(given.args)), "ok_worth"):
            self._opened = None
        self._changed()

    async def _set(self, deal: _Deal, given: list[Any]) -> None:
        place = self._place
        place.require(*WRITERS)
        value, day, owner = (str(one or "").strip() for one in given)
        await place.house.rooms.deals.set_terms(
            place.tenant_id,
            deal.conversation_id,
            halalas_of(value, MOST_HALALAS) if value else CLEAR,
            _read_day(day) if day else CLEAR,
            "human",
            place.visitor,
            owner=owner,
            seen_v=deal.worth.v,
        )


def _read_day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as wrong:
        raise BadRequest("write the day as 2026-11-30", "اكتب اليوم هكذا: 2026-11-30") from wrong


def _day(on: date | None) -> str:
    return f"\u2066{on.isoformat()}\u2069" if on else ""
