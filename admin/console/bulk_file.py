"""A file that somebody wants to import: dropped or chosen, and what was understood of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nicegui import ui
from nicegui.events import UploadEventArguments

from admin.console.draw import button, icon, put
from admin.console.place import Place
from admin.console.times import day_and_clock
from bot.bulk.door import BYTES_AT_MOST, kind_of, table_of
from bot.bulk.row import Row, read_row
from bot.bulk.table import Table
from bot.phones import mask

PREVIEWED = 8

# A message in the preview; the whole of it is in the file.
QUOTED = 90

TEMPLATE = (
    "\ufeffالجوال,الاسم,الرسالة,التاريخ,المعرف\r\n"
    "0501234567,أبو فهد,كم السعر؟,2026-11-20 14:05,crm-1001\r\n"
    "0551234567,ليلى,,,crm-1002\r\n"
)


@dataclass(frozen=True, slots=True)
class Previewed:
    """One of the first rows."""

    line: int
    contact: str
    message: str
    at: str
    wrong: str
    """What is wrong with it, in the language of the page; empty when nothing is."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file, and its beginning as it was understood."""

    name: str
    table: Table
    rows: int
    first: tuple[Previewed, ...]


async def chosen_of(place: Place, name: str, body: bytes) -> Chosen:
    """Look at a file. Raises UnreadableFile, BodyTooLarge."""
    now, arabic = place.now(), place.language == "ar"

    def look() -> Chosen:
        table = table_of(body, kind_of(name))
        first = tuple(
            _previewed(cells, read_row(cells, now), arabic) for cells in islice(table.rows(), PREVIEWED)
        )
        return Chosen(name, table, sum(1 for _ in table.rows()), first)

    return await asyncio.to_thread(look)


def draw_drop(place: Place, took: Callable[[str, bytes], Awaitable[None]]) -> None:
    """Where a file is dropped, or chosen with a button."""
    say = place.say

    async def uploaded(event: UploadEventArguments) -> None:
        uploader.reset()
        await took(event.file.name, await event.file.read())

    with put("div", "drop", data_drop="") as zone:
        icon("plus")
        # The button is what people see and reach with the keyboard; the uploader only carries the bytes.
        uploader = ui.upload(
            on_upload=uploaded,
            on_rejected=lambda _: place.tell(say("too_large"), is_bad=True),
            auto_upload=True,
            max_file_size=BYTES_AT_MOST,
        ).classes("drop-carrier")
        uploader.props('accept=".csv,.json,.txt,.tsv"')
        button(say("choose_file"), lambda: uploader.run_method("pickFiles"), look="main", data_choose="")
        put("p", "faint", say("or_drop"))
    carrier = f"getElement({uploader.id}).$refs.qRef"
    zone.on("dragover", js_handler="(e) => { e.preventDefault(); e.currentTarget.classList.add('over'); }")
    zone.on("dragleave", js_handler="(e) => e.currentTarget.classList.remove('over')")
    zone.on(
        "drop",
        js_handler="(e) => { e.preventDefault(); e.currentTarget.classList.remove('over'); "
        f"{carrier}.addFiles(e.dataTransfer.files); }}",
    )
    with put("div", "drop-help"):
        button(say("template"), lambda: _template(place), look="quiet", data_template="")
        put("p", "faint tiny", say("template_is"))


def draw_preview(place: Place, chosen: Chosen) -> None:
    """What was understood, and the first rows."""
    say, layout = place.say, chosen.table.layout
    with put("div", "sheet-head"):
        put("h2", "", chosen.name, dir="auto")
        put("span", "chip-is", say("rows_in_it", n=chosen.rows))
    if layout.known:
        put("p", "faint tiny", say("understood"))
        with put("ul", "found", data_understood=""):
            for heading in layout.known.values():
                put("li", "chip-is good", heading, dir="auto")
    if layout.ignored:
        put("p", "faint tiny", say("not_used"))
        with put("ul", "found"):
            for heading in layout.ignored:
                put("li", "chip-is", heading, dir="auto")
    with put("div", "wide"), put("table", "grid-table bulk-table", data_preview=""):
        _head(place, "line", "contact", "message", "at", "verdict")
        with put("tbody"):
            for row in chosen.first:
                with put("tr", data_line=row.line, data_fine="false" if row.wrong else "true"):
                    put("td", "n", str(row.line))
                    put("td", "", row.contact, dir="ltr")
                    put("td", "", row.message or say("no_words"), dir="auto")
                    put("td", "", row.at, dir="ltr")
                    put("td", "wrong" if row.wrong else "", row.wrong or say("fine"), dir="auto")


def _head(place: Place, *names: str) -> None:
    with put("thead"), put("tr"):
        for name in names:
            put("th", "", place.say(name), scope="col")


def _previewed(cells: Any, row: Any, arabic: bool) -> Previewed:
    if not isinstance(row, Row):
        told = "؛ ".join(f.message_ar for f in row) if arabic else "; ".join(f.message_en for f in row)
        return Previewed(cells.line, "", str(cells.values.get("message", ""))[:QUOTED], "", told)
    at = day_and_clock(row.sent_at) if row.sent_at else ""
    return Previewed(cells.line, mask(row.phone) if row.phone else row.lead_id, row.message[:QUOTED], at, "")


def _template(place: Place) -> None:
    with place.client:
        ui.download(TEMPLATE.encode(), "dealix-template.csv")
