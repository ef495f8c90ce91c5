"""
Partners: who was examined and how that stands, what it came to, and a form that begins an examination.

Rule 1: nobody agrees here: whoever asks is led to the approvals, and from there to what proves the outcome.
Rule 2: what is typed is never redrawn; the same form pressed twice is one golden path.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from nicegui import ui
from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console import partner_card
from admin.console.draw import Part, Rows, button, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.states import empty, loading
from admin.console.times import day_and_clock
from bot.errors import BadRequest
from bot.partners.case import Declared
from bot.partners.economics import halalas_of
from bot.partners.room import Chain, Line
from bot.partners.scoring import NO, YES, Inputs, published

ASKERS = ("admin", "approver", "executive")
READERS = (*ASKERS, "dpo")

LISTED = 30

FIELDS = ("partner_name", "partner_name_ar", "revenue", "cost")
CHOICES = ("sector_fit", "size", "cr_verified", "references", "pdpl_readiness")

_USUAL = {"revenue": "100000", "cost": "20000"}
"""What stands in the form at first."""

_READ_FORM = "() => emit([...document.querySelectorAll('[data-partner-field]')].map(one => one.value))"


class PartnersPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._paths = place.house.rooms.golden_paths
        self._open = query.get("path", "")
        self._form_id = uuid4().hex
        self._is_busy = False
        self._watch = Watch(place, self._look)

    def build(self) -> None:
        say = self._place.say
        with put("div", "partners"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            with put("div", "columns"):
                with put("aside", "side"):
                    if self._place.may(ASKERS):
                        with put("section", "sheet"):
                            self._build_form()
                    with put("section", "sheet"):
                        put("h2", text=say("list"))
                        self._wait: Part[bool] = Part(put("div"), self._draw_wait)
                        self._none: Part[bool] = Part(put("div"), self._draw_none)
                        self._lines: Rows[tuple[Line, bool]] = Rows(put("div", "partner-list"), self._draw_line)
                with put("div", "main grow-in"):
                    self._opened: Part[Chain | None] = Part(put("div"), self._draw_opened)
        self._wait.show(True)

    async def open(self) -> None:
        # Not as an attribute: every redraw of the page would put it back over what somebody typed.
        self._fill(_USUAL)
        self._watch.start()

    async def _look(self) -> None:
        place = self._place
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        lines = await self._paths.list(place.tenant_id, limit=LISTED)
        if not self._open and lines:
            self._open = lines[0].case.id
        self._wait.show(False)
        self._none.show(not lines)
        self._lines.show([(line.case.id, (line, line.case.id == self._open)) for line in lines])
        self._opened.show(_calm(await self._paths.get(place.tenant_id, self._open)) if self._open else None)

    # what is shown

    def _build_form(self) -> None:
        say, weights = self._place.say, published()
        put("h2", text=say("form"))
        put("p", "faint tiny", say("form_is"))
        with put("div", "lend-form partner-form"):
            for name in FIELDS:
                is_money = name in ("revenue", "cost")
                with put("label"):
                    put("span", text=say(f"field_{name}"))
                    put(
                        "input",
                        "pick",
                        data_partner_field=name,
                        maxlength="120",
                        dir="ltr" if is_money else "auto",
                        inputmode="decimal" if is_money else "text",
                    )
            for name in CHOICES:
                with put("label"):
                    put("span", text=say(f"input_{name}"))
                    with put("select", "pick", data_partner_field=name):
                        put("option", text=say("not_declared"), value="")
                        for level, points in weights.of(name).levels.items():
                            shown = say(f"level_{name}_{level}")
                            put("option", text=say("worth", level=shown, points=points), value=level)
            made = button(say("examine"), look="main", data_examine="")
            made.on("click", self._examine, js_handler=_READ_FORM)

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _draw_none(self, is_none: bool) -> None:
        if is_none:
            empty("hand", self._place.say("none"), self._place.say("none_hint"))

    def _draw_line(self, shown: tuple[Line, bool]) -> None:
        line, is_open = shown
        place, declared = self._place, line.case.declared
        name = declared.partner_name_ar if place.language == "ar" else ""
        made = put(
            "button",
            "partner-line",
            type="button",
            aria_pressed="true" if is_open else "false",
            data_path=line.case.id,
            data_status=line.status.value,
        )
        made.on("click", lambda _: self._choose(line.case.id), args=[])
        with made:
            put("strong", text=name or declared.partner_name, dir="auto")
            look = partner_card.CHIPS[line.status]
            put("span", f"chip-is {look}", place.say(f"status_{line.status.value}"))
            put("span", "faint tiny", day_and_clock(line.case.created_at))

    def _draw_opened(self, chain: Chain | None) -> None:
        if chain is not None:
            partner_card.draw(self._place, chain)

    # what is done

    async def _choose(self, path_id: str) -> None:
        self._open = path_id
        self._place.remember(path=path_id)
        await self._place.act(self._look())

    async def _examine(self, event: GenericEventArguments) -> None:
        if self._is_busy:
            return
        self._is_busy = True
        try:
            done = await self._place.act(self._begin(list(event.args)), "ok_begun")
        finally:
            self._is_busy = False
        if done:
            self._form_id = uuid4().hex
            self._fill({**dict.fromkeys((*FIELDS, *CHOICES), ""), **_USUAL})
            await self._place.act(self._look())

    async def _begin(self, given: list[Any]) -> None:
        self._place.require(*ASKERS)
        said = dict(zip((*FIELDS, *CHOICES), (str(one or "").strip() for one in given), strict=True))
        chain = await self._paths.run(self._place.tenant_id, _declared(said), self._place.visitor, self._form_id)
        self._open = chain.case.id
        self._place.remember(path=self._open)

    def _fill(self, values: Mapping[str, str]) -> None:
        with self._place.client:
            ui.run_javascript(
                f"Object.entries({json.dumps(values)}).forEach(([name, value]) => {{"
                " const field = document.querySelector(`[data-partner-field=${name}]`);"
                " if (field) field.value = value; })"
            )


def _calm(chain: Chain) -> Chain:
    """The same without what a run that waits writes down of its looking: nothing of that is shown."""
    if chain.run is None:
        return chain
    run = replace(
        chain.run.run,
        lease_until=None,
        lease_owner="",
        fence=0,
        v=0,
        next_run_at=None,
        updated_at=chain.case.created_at,
    )
    return replace(chain, run=replace(chain.run, run=run, checkpoints=()))


def _declared(said: dict[str, str]) -> Declared:
    """What the form says. Raises BadRequest."""
    name = said["partner_name"][:120] or said["partner_name_ar"][:120]
    if not name:
        raise BadRequest("write the name of the partner", "اكتب اسم الشريك")
    for field in CHOICES:
        if said[field] and said[field] not in published().of(field).levels:
            raise BadRequest(f"choose {field} from the list", "اختر من القائمة")
    verified = {YES: True, NO: False}.get(said["cr_verified"])
    return Declared(
        partner_name=name,
        partner_name_ar=said["partner_name_ar"][:120],
        partner_type="partnership",
        cr_number="",
        revenue_halalas=halalas_of(said["revenue"]),
        cost_halalas=halalas_of(said["cost"]),
        inputs=Inputs(
            sector_fit=said["sector_fit"] or None,
            size=said["size"] or None,
            cr_verified=verified,
            references=int(said["references"]) if said["references"] else None,
            pdpl_readiness=said["pdpl_readiness"] or None,
        ),
    )
