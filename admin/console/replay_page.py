"""
The replay: what the last days would have been under other rules, before anybody publishes them.

Rule 1: it runs in a process of its own (`bot.workbench.replays`); closing the page or pressing cancel ends it.
Rule 2: a report stays what it was about: when the change is saved again afterwards, the page says that it is old.
Rule 3: what leads wrote is shown to those who write rules or agree to them, and to nobody else.
"""

import asyncio
import json
from dataclasses import dataclass, field

from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console import states
from admin.console.draw import Part, argument, button, put
from admin.console.live import Watch
from admin.console.place import DECIDES, WRITES, Place
from admin.console.playground_books import NOTHING, Choice, choices, chosen, draw_options, wanted_key
from admin.console.replay_report import draw_report
from bot.errors import BadRequest, DealixError
from bot.people import NOBODY
from bot.playbook import RulesRefused
from bot.workbench.bench import REPLAY_DAYS
from bot.workbench.editions import Change
from bot.workbench.replay_report import Report
from rules.problems import Problem

FEWEST_DAYS, MOST_DAYS = 1, 30

# Arabic counts three to ten things in the plural, and more in the singular.
MOST_OF_A_FEW = 10

# Often enough to see that it moves.
SHOW_EVERY_SECONDS = 0.2

READERS = tuple(dict.fromkeys((*WRITES, *DECIDES)))
"""Roles that see what leads wrote."""

PROBLEMS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Form:
    choices: tuple[Choice, ...]
    is_running: bool
    has_report: bool
    # A field that somebody just used is not drawn anew by what it caused: it would lose the focus.
    key: str = field(compare=False)
    days: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Moving:
    """How far it is; `total` is 0 while it waits for its turn and reads the rules."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class _Failed:
    text: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Told:
    """What stands below the form."""

    report: Report | None = None
    days: int = 0
    failed: _Failed | None = None
    note: str = ""


class ReplayPage:
    """One visitor and at most one replay."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._key = wanted_key(query.get("change", ""), query.get("edition", ""))
        days = query.get("days", "")
        self._days = _within(int(days)) if days.isascii() and days.isdigit() else REPLAY_DAYS
        self._choices: tuple[Choice, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._moving = _Moving(0, 0)
        self._told = _Told()
        self._about: tuple[str, str] = ("", "")
        self._watch = Watch(place, self._look)

    def build(self) -> None:
        say = self._place.say
        with put("div", "bench replay"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("span", "chip-is gold", say("nothing_is_sent"))
                put("p", "faint", say("lead"))
            with put("section", "sheet"):
                self._form: Part[_Form] = Part(put("div", "setup"), self._draw_form)
                self._bar: Part[_Moving | None] = Part(put("div", "bench-slot"), self._draw_bar)
            self._stale: Part[bool] = Part(put("div", "bench-slot"), self._draw_stale)
            self._body: Part[_Told | None] = Part(put("div", "bench-slot"), self._draw_told)

    async def open(self) -> None:
        self._place.client.on_delete(self._cancel)
        self._watch.start()

    async def _look(self) -> None:
        self._choices = await choices(self._place)
        if not self._key:
            self._key = next((c.key for c in self._choices if c.is_change), "")
        self._show()

    def _show(self) -> None:
        is_running = self._task is not None
        has_report = self._told.report is not None
        self._form.show(_Form(self._choices, is_running, has_report, key=self._key, days=self._days))
        self._days_said.show(self._days_words(self._days))
        self._bar.show(self._moving if is_running else None)
        is_old = self._told.report is not None and self._about != self._stamps()
        self._stale.show(is_old and not is_running)
        self._body.show(None if is_running else self._told)

    def _stamps(self) -> tuple[str, str]:
        """What a report is about: the rules in force, and the content of the chosen ones."""
        place = self._place
        choice = chosen(self._choices, self._key)
        return place.house.playbooks.of(place.tenant_id).version, f"{self._key} {choice.stamp if choice else ''}"

    # drawing

    def _draw_form(self, form: _Form) -> None:
        say = self._place.say
        with put("div", "setup-row"):
            with put("label", "setup-field"):
                put("span", text=say("which"))
                pick = put("select", "pick", data_which="")
                with pick:
                    if not chosen(form.choices, form.key):
                        put("option", text="—", value=NOTHING, selected=True)
                    draw_options(self._place, form.choices, form.key)
                pick.on("change", self._choose, js_handler="(e) => emit(e.target.value)")
            with put("label", "setup-field days-field"):
                put("span", text=say("days"))
                with put("span", "days-pick"):
                    slider = put(
                        "input",
                        type="range",
                        min=str(FEWEST_DAYS),
                        max=str(MOST_DAYS),
                        step="1",
                        aria_describedby="replay-days",
                        data_days="",
                        **{
                            "^value": str(form.days)
                        },  # as `value` it would be put back at every redraw of the page
                    )
                    said = put("output", "num", id="replay-days")
                    self._days_said: Part[str] = Part(said, lambda words: put("span", text=words))
                    self._days_said.show(self._days_words(form.days))
                slider.on("input", self._take_days, js_handler="(e) => emit(e.target.value)")
            with put("div", "setup-do"):
                if form.is_running:
                    button(say("cancel"), self._stop, look="bad", picture="no", data_cancel="")
                else:
                    words = say("run_again") if form.has_report else say("run")
                    button(words, self._run, look="main narrow", picture="play", data_run="")
        if form.choices and not any(choice.is_change for choice in form.choices):
            with put("p", "faint tiny setup-none"):
                put("span", text=say("no_changes"))
                put("a", text=say("to_the_book"), href=self._place.address("book"))
        for one in (pick, slider):
            if form.is_running:
                one.props.update({"disabled": True})

    def _draw_bar(self, moving: _Moving | None) -> None:
        if moving is None:
            return
        say = self._place.say
        if moving.total <= 0:
            words, percent = say("waiting"), 0
        else:
            words = say("running", done=f"{moving.done:,}", total=f"{moving.total:,}")
            percent = min(100, round(100 * moving.done / moving.total))
        with put("div", "running", data_state="loading"):
            put("progress", "" if moving.total else "unknown", max="100", value=str(percent), aria_label=words)
            put("span", "num", words, role="status")

    def _draw_stale(self, is_old: bool) -> None:
        if is_old:
            put("p", "bench-note stale", self._place.say("stale"), role="status", data_state="stale")

    def _draw_told(self, told: _Told | None) -> None:
        """Nothing while a replay runs: an older report would be taken for its result."""
        say = self._place.say
        if told is None:
            return
        if told.failed is not None:
            _draw_failed(self._place, told.failed)
        elif told.report is not None:
            draw_report(self._place, told.report, told.days, shows_texts=self._shows_texts)
            with put("div", "actions report-do"):
                button(say("download"), self._download, data_download="")
                choice = chosen(self._choices, self._key)
                if choice is not None and choice.is_change:
                    put(
                        "a", "btn", say("try_it"), href=self._place.address("playground", change=choice.change_id)
                    )
        elif told.note:
            put("p", "bench-note", say(told.note), data_note=told.note)
        else:
            with put("div", "sheet"):
                states.empty("clock", say("start_hint"))

    # doing

    async def _choose(self, event: GenericEventArguments) -> None:
        self._key = argument(event)
        self._told = _Told()
        self._remember()
        self._show()

    async def _take_days(self, event: GenericEventArguments) -> None:
        typed = argument(event)
        self._days = _within(int(typed)) if typed.isascii() and typed.isdigit() else REPLAY_DAYS
        self._remember()
        self._show()

    async def _run(self) -> None:
        if self._task is not None:
            return
        self._moving = _Moving(0, 0)
        self._task = background_tasks.create(self._replay(), name="console replay")
        background_tasks.create(self._show_progress(self._task), name="console replay bar")
        self._show()

    async def _stop(self) -> None:
        self._cancel()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _replay(self) -> None:
        place, days = self._place, self._days
        about = self._stamps()
        told = _Told(note="cancelled")
        try:
            place.require()
            report = await place.house.workbench.replay(await self._wanted(), days=days, progress=self._moves)
            told = _Told(report if self._shows_texts else report.without_texts(), days)
            self._about = about
        except RulesRefused as refused:
            told = _Told(failed=_Failed(place.say("refused_rules"), refused.problems))
        except DealixError as refused:
            told = _Told(failed=_Failed(place.message(refused)))
        except place.house.store.unreachable:
            told = _Told(failed=_Failed(place.say("database_away")))
        finally:
            self._told = told
            self._task = None

    async def _wanted(self) -> Change:
        """What is to be replayed, as a change of what is in force."""
        place = self._place
        bench = place.house.workbench
        choice = chosen(self._choices, self._key)
        if choice is None and not self._key.startswith("edition:"):
            raise BadRequest("choose what to compare first", place.say("choose_first"))
        if self._key.startswith("change:"):
            return await bench.change(place.tenant_id, self._key.removeprefix("change:"))
        number = int(self._key.removeprefix("edition:"))
        wanted, own = await bench.own_files(place.tenant_id, number), await bench.own_files(place.tenant_id)
        now = place.now()
        change = Change("", place.tenant_id, "", NOBODY, now, now, number)
        change.edits = {**dict.fromkeys(own), **wanted}
        return change

    def _moves(self, done: int, total: int) -> None:
        self._moving = _Moving(done, total)

    async def _show_progress(self, task: asyncio.Task[None]) -> None:
        while not task.done():
            with self._place.client:
                self._show()
            await asyncio.wait([task], timeout=SHOW_EVERY_SECONDS)
        if not self._place.client.is_deleted:
            with self._place.client:
                self._show()

    def _download(self) -> None:
        report = self._told.report
        if report is None:
            return
        data = json.dumps(report.as_data(), ensure_ascii=False, indent=2)
        at = report.until or self._place.now()
        ui.download.content(data, f"replay-{at:%Y-%m-%d-%H%M}.json", "application/json")

    # helpers of the form

    @property
    def _shows_texts(self) -> bool:
        return self._place.may(READERS)

    def _days_words(self, days: int) -> str:
        key = f"days_{days}" if days in (1, 2) else "days_few" if days <= MOST_OF_A_FEW else "days_many"
        return self._place.say(key, n=days)

    def _remember(self) -> None:
        kind, _, name = self._key.partition(":")
        days = str(self._days) if self._days != REPLAY_DAYS else ""
        self._place.remember(**({kind: name} if kind else {}), days=days)


def _draw_failed(place: Place, failed: _Failed) -> None:
    states.fault(failed.text)
    if failed.problems:
        with put("ul", "sheet problem-list", data_problems=len(failed.problems)):
            for problem in failed.problems[:PROBLEMS_SHOWN]:
                with put("li", dir="ltr"):
                    put("code", text=f"{problem.file}:{problem.line}")
                    put("span", text=f" {problem.what}")
            if len(failed.problems) > PROBLEMS_SHOWN:
                put("li", text=place.say("refused_more", n=len(failed.problems) - PROBLEMS_SHOWN))


def _within(days: int) -> int:
    return max(FEWEST_DAYS, min(days, MOST_DAYS))
