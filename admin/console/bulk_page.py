"""
Import leads: a file in, what was understood of it, a trial, and then a draft for each, held.

Rule 1: a file is tried before it is imported; the trial of the same file opens the second button.
Rule 2: the work goes on when the page is closed; the page only shows it.
Rule 3: what contacts wrote is shown from the file that lies before whoever chose it, never from the store.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console.bulk_file import Chosen, chosen_of, draw_drop, draw_preview
from admin.console.bulk_results import Deeds, Opened, draw_job, draw_opened
from admin.console.draw import Part, Rows, argument, button, gated, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.states import empty
from bot.bulk.door import Order
from bot.bulk.job import Mode
from bot.bulk.report import csv_lines, json_lines, summary_of
from bot.bulk.room import JobView
from bot.errors import BadRequest

IMPORTERS = ("admin", "approver", "agent")
READERS = (*IMPORTERS, "dpo", "executive")

SHOWN_JOBS = 12
PAGE = 50

_SOURCE = re.compile(r"\w[\w .:/\-]{0,59}")
_READ_SOURCE = "() => emit(document.querySelector('[data-source]').value)"


class BulkPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._bulk = place.house.trust.bulk
        self._chosen: Chosen | None = None
        self._trial = ""
        """The job that tried the chosen file."""
        self._is_tried = False
        self._job = query.get("job", "")
        self._status = ""
        self._pages = 1
        self._asks_to_cancel = False
        self._watch = Watch(place, self._look, every=1.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "bulk"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            with put("div", "columns turned"):
                with put("div", "main grow-in"):
                    self._file: Part[tuple[Chosen | None, bool, bool]] = Part(
                        put("section", "sheet"), self._draw_file
                    )
                    self._opened: Part[Opened | None] = Part(put("div"), self._draw_opened)
                with put("aside", "bulk-side"), put("section", "sheet"):
                    with put("div", "sheet-head"):
                        put("h2", "", say("imports"))
                    self._none: Part[bool] = Part(put("div"), self._draw_none)
                    self._jobs: Rows[tuple[JobView, bool]] = Rows(put("div", "job-list"), self._draw_job)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place = self._place
        place.require(*READERS)
        jobs = await self._bulk.list(place.tenant_id, SHOWN_JOBS)
        self._is_tried = self._is_tried or any(v.job.id == self._trial and v.status == "done" for v in jobs)
        self._none.show(not jobs)
        self._jobs.show([(view.job.id, (view, view.job.id == self._job)) for view in jobs])
        self._file.show((self._chosen, self._is_tried, place.may(IMPORTERS)))
        self._opened.show(await self._read_opened())

    async def _read_opened(self) -> Opened | None:
        if not self._job:
            return None
        tenant_id, size = self._place.tenant_id, PAGE * self._pages
        view = await self._bulk.get(tenant_id, self._job)
        found = await self._bulk.items(tenant_id, self._job, status=self._status, limit=size + 1)
        may_act = self._place.may(IMPORTERS)
        return Opened(view, self._status, tuple(found[:size]), len(found) > size, self._asks_to_cancel, may_act)

    # what is shown

    def _draw_file(self, state: tuple[Chosen | None, bool, bool]) -> None:
        chosen, is_tried, may = state
        place, say = self._place, self._place.say
        if not may:
            put("p", "faint", place.needs(IMPORTERS))
            return
        if chosen is None:
            draw_drop(place, self._take)
            return
        draw_preview(place, chosen)
        with put("div", "lend-form"), put("label"):
            put("span", "", say("source"))
            put("input", "pick", data_source="", dir="auto", maxlength="60", value=_source_of(chosen.name))
            put("span", "faint tiny", say("source_is"))
        with put("div", "actions"):
            tried = button(say("try_it"), look="" if is_tried else "main", data_try="")
            tried.on("click", self._starter(Mode.DRY_RUN), js_handler=_READ_SOURCE)
            made = gated(
                say("make_drafts"),
                lambda: None,
                "" if is_tried else say("try_first"),
                look="main" if is_tried else "",
                data_make="",
            )
            if is_tried:
                made.on("click", self._starter(Mode.CREATE_DRAFTS), js_handler=_READ_SOURCE)
            button(say("other_file"), self._drop_file, look="quiet", data_other="")

    def _draw_none(self, is_none: bool) -> None:
        if is_none:
            empty("book", self._place.say("none"), self._place.say("none_hint"))

    def _draw_job(self, shown: tuple[JobView, bool]) -> None:
        view, is_open = shown
        draw_job(self._place, view, is_open, lambda: self._open_job(view.job.id))

    def _draw_opened(self, opened: Opened | None) -> None:
        if opened is None:
            return
        deeds = Deeds(self._choose, self._more, self._report, self._ask_cancel, self._cancel)
        with put("section", "sheet", data_opened=opened.view.job.id):
            draw_opened(self._place, opened, deeds)

    # what buttons do

    async def _take(self, name: str, body: bytes) -> None:
        async def look() -> None:
            self._place.require(*IMPORTERS)
            self._chosen = await chosen_of(self._place, name, body)
            self._trial, self._is_tried = "", False
            await self._look()

        await self._place.act(look())

    async def _drop_file(self) -> None:
        self._chosen, self._trial, self._is_tried = None, "", False
        await self._place.act(self._look())

    def _starter(self, mode: Mode) -> Callable[[GenericEventArguments], Awaitable[None]]:
        async def pressed(event: GenericEventArguments) -> None:
            done = "ok_tried" if mode is Mode.DRY_RUN else "ok_started"
            await self._place.act(self._start(mode, argument(event).strip()), done)

        return pressed

    async def _start(self, mode: Mode, source: str) -> None:
        place, chosen = self._place, self._chosen
        place.require(*IMPORTERS)
        if chosen is None:
            return
        if not _SOURCE.fullmatch(source):
            told = place.sentences["source_wrong"]
            raise BadRequest(told[1], told[0])
        order = Order(place.tenant_id, mode, source, place.visitor, chosen.name)
        view = await self._bulk.take(order, chosen.table)
        self._job, self._status, self._pages, self._asks_to_cancel = view.job.id, "", 1, False
        if mode is Mode.DRY_RUN:
            self._trial, self._is_tried = view.job.id, False
        else:
            self._chosen, self._trial, self._is_tried = None, "", False
        place.remember(job=self._job)
        await self._look()

    async def _open_job(self, job_id: str) -> None:
        self._job, self._status, self._pages, self._asks_to_cancel = job_id, "", 1, False
        self._place.remember(job=job_id)
        await self._place.act(self._look())

    async def _choose(self, status: str) -> None:
        self._status, self._pages = "" if status == self._status else status, 1
        await self._place.act(self._look())

    async def _more(self) -> None:
        self._pages += 1
        await self._place.act(self._look())

    async def _ask_cancel(self) -> None:
        self._asks_to_cancel = not self._asks_to_cancel
        await self._place.act(self._look())

    async def _cancel(self) -> None:
        place = self._place

        async def cancelling() -> None:
            place.require(*IMPORTERS)
            await self._bulk.cancel(place.tenant_id, self._job, place.visitor)
            self._asks_to_cancel = False
            await self._look()

        await place.act(cancelling(), "ok_cancelled")

    async def _report(self, form: str) -> None:
        await self._place.act(self._give_report(form))

    async def _give_report(self, form: str) -> None:
        place = self._place
        place.require(*READERS)
        view = await self._bulk.get(place.tenant_id, self._job)
        every: Any = self._bulk.every(place.tenant_id, self._job)
        if form == "json":
            content = b"".join([part async for part in json_lines(summary_of(view), every)])
        else:
            content = "".join([line async for line in csv_lines(every)]).encode()
        with place.client:
            ui.download(content, f"import-{self._job}.{form}")


def _source_of(name: str) -> str:
    """The name of the file without its ending, as far as it may name a source."""
    stem = re.sub(r"[^\w .:/\-]", " ", name.rsplit(".", 1)[0]).strip(" .:/-")
    return stem[:60] if _SOURCE.fullmatch(stem[:60]) else ""
