"""One import: how far it is, and what became of each row."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from admin.console.draw import button, put
from admin.console.place import Place
from admin.console.states import empty
from admin.console.tiles import Tile, draw_tiles
from admin.console.times import day_and_clock
from bot.bulk.job import Item, ItemStatus
from bot.bulk.report import fields_of
from bot.bulk.room import JobView

TILES = (ItemStatus.OK, ItemStatus.ERROR, ItemStatus.DUPLICATE, ItemStatus.SUPPRESSED)

LOOKS = {
    "done": "good",
    "running": "blue",
    "queued": "blue",
    "waiting_for_approval": "gold",
    "rejected": "bad",
    "failed": "bad",
    "cancelled": "",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """The import that is looked at, with a page of its rows."""

    view: JobView
    status: str
    items: tuple[Item, ...]
    has_more: bool
    asks_to_cancel: bool
    may_act: bool


@dataclass(frozen=True, slots=True)
class Deeds:
    """What the buttons do."""

    choose: Callable[[str], Awaitable[None]]
    more: Callable[[], Awaitable[None]]
    report: Callable[[str], Awaitable[None]]
    ask_cancel: Callable[[], Awaitable[None]]
    cancel: Callable[[], Awaitable[None]]


def draw_job(place: Place, view: JobView, is_open: bool, choose: Callable[[], Awaitable[None]]) -> None:
    """One line of the list."""
    say, job = place.say, view.job
    made = put("button", "job-line", type="button", aria_pressed="true" if is_open else "false", data_job=job.id)
    with made:
        with put("span", "job-name"):
            put("strong", "", say(f"mode_{job.mode.value}"))
            put("bdi", "", job.file_name or job.source)
        put("span", f"chip-is {LOOKS[view.status]}", say(f"job_{view.status}"), data_status=view.status)
        put("span", "faint tiny", say("how_far", done=view.done, total=job.total))
        put("span", "faint tiny", day_and_clock(job.created_at), dir="ltr")
    made.on("click", lambda _: choose(), args=[])


def draw_opened(place: Place, opened: Opened, deeds: Deeds) -> None:
    """The import that was chosen."""
    say, view = place.say, opened.view
    job = view.job
    with put("div", "sheet-head"):
        put("h2", "", f"{say(f'mode_{job.mode.value}')} · {job.source}", dir="auto")
        put("span", f"chip-is {LOOKS[view.status]}", say(f"job_{view.status}"), data_opened_status=view.status)
    _draw_bar(place, view)
    if view.status == "waiting_for_approval":
        put("p", "reason", say("waits_for_yes"))
        button(say("to_the_yes"), lambda: place.go("approvals"), look="gold", data_to_the_yes="")
    if view.fault_en:
        put("p", "reason", view.fault_ar if place.language == "ar" else view.fault_en, dir="auto")
    tiles = [
        Tile(
            status.value,
            say(f"tile_{status.value}"),
            str(view.counts[status]),
            say(f"tile_{status.value}_is"),
            is_bad=status is ItemStatus.ERROR and view.counts[status] > 0,
        )
        for status in TILES
    ]
    draw_tiles(tiles, opened.status, deeds.choose)
    _draw_rows(place, opened.items)
    with put("div", "actions"):
        if opened.has_more:
            button(say("more"), deeds.more, data_more="")
        for form in ("csv", "json"):
            button(say(f"report_{form}"), lambda form=form: deeds.report(form), look="quiet", data_report=form)
        if opened.may_act and not job.is_over:
            button(say("cancel"), deeds.ask_cancel, look="danger", data_cancel="")
    if opened.asks_to_cancel and not job.is_over:
        with put("div", "choice", role="group", aria_label=say("cancel")):
            put("p", "", say("ask_cancel"))
            button(say("sure_cancel"), deeds.cancel, look="danger", data_sure_cancel="")


def _draw_bar(place: Place, view: JobView) -> None:
    done, total = view.done, max(1, view.job.total)
    text = place.say("how_far", done=done, total=view.job.total)
    put("p", "faint", text, role="status")
    bar = put("div", "progress bulk-progress", role="progressbar", data_done=done)
    bar.props.update({"aria-valuemin": "0", "aria-valuemax": str(total), "aria-valuenow": str(done)})
    bar.props.update({"aria-label": text})
    with bar:
        put("span").style(f"--done:{100 * done // total}%")


def _draw_rows(place: Place, items: Sequence[Item]) -> None:
    if not items:
        empty("check", place.say("no_results"))
        return
    with put("div", "wide"), put("table", "grid-table bulk-table", data_results=""):
        with put("thead"), put("tr"):
            for name in ("line", "contact", "verdict", "result"):
                put("th", "", place.say(name), scope="col")
        with put("tbody"):
            for item in items:
                _draw_row(place, item)


def _draw_row(place: Place, item: Item) -> None:
    shown = fields_of(item)
    named = f"tile_{item.status.value}"
    with put("tr", data_line=item.line, data_result=item.status.value):
        put("td", "n", str(item.line))
        put("td", "", str(shown["contact"]), dir="ltr")
        put("td", "", place.say(named if named in place.sentences else item.status.value))
        put("td", "wrong" if item.faults else "", _told(place, item, shown), dir="auto")


def _told(place: Place, item: Item, shown: dict[str, object]) -> str:
    side = "ar" if place.language == "ar" else "en"
    if item.faults:
        return str(shown["error"][f"message_{side}"])  # type: ignore[index]
    if item.reason:
        return str(shown[f"reason_{side}"])
    if item.status is not ItemStatus.OK:
        return ""
    decision = item.decision
    if not decision.get("intent_detected"):
        return place.say("no_words")
    parts = [place.words("intent", str(decision["intent_detected"]))]
    parts.append(place.say("draft") if decision.get("human_approval_required") else place.say("silent"))
    if decision.get("can_be_sent") is False:
        parts.append(place.say("cannot_be_sent"))
    return " · ".join(parts)
