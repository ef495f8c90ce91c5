"""
Asking a second person to agree: how far check, test and replay are, and what they found.

Rule 1: the work goes on when the page is closed; the page only shows it.
"""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from admin.console.check_panel import Note, notes_of
from admin.console.draw import Part, button, icon, put
from admin.console.place import WRITES, Place
from bot.errors import DealixError
from bot.playbook import RulesRefused
from bot.workbench.editions import Change
from rules.checks import in_arabic
from rules.layers import path_of

# How often the bar moves.
TICK_SECONDS = 0.25


class Submission:
    """A box that submits one change, and shows what came of it."""

    def __init__(self, place: Place, done: Callable[[], None], jump: Callable[[str, int], None]) -> None:
        """`done` is called after each attempt; `jump` leads to a line of a file."""
        self._place = place
        self._done = done
        self._jump = jump
        self._at = (0, 0)
        self._is_running = False

    def build(self) -> None:
        """Its place on the page."""
        self._box = Part(put("div", "submission", aria_live="polite"), self._draw)
        self._timer = ui.timer(TICK_SECONDS, self._tick, active=False)

    def clear(self) -> None:
        """Show nothing."""
        if not self._is_running:
            self._box.show(None)

    async def submit(self, change: Change) -> None:
        """Check, test, replay, and ask."""
        if self._is_running:
            return
        self._is_running, self._at = True, (0, 0)
        self._timer.activate()
        self._box.show(("runs", self._at))
        try:
            result = await self._submitted(change)
        finally:
            self._is_running = False
            self._timer.deactivate()
        with self._place.client:
            self._box.show(result)
            self._done()

    async def _submitted(self, change: Change) -> tuple[str, Any]:
        place = self._place
        try:
            place.require(*WRITES)
            review = await place.house.workbench.submit(
                place.tenant_id, change.id, change.v, place.visitor, self._progress
            )
        except RulesRefused as refused:
            is_arabic = place.language == "ar"
            notes = tuple(
                Note(path_of(p.file), p.line, "error", in_arabic(p) if is_arabic else p.what)
                for p in refused.problems
            )
            return ("refused", (place.say("submit_broken", n=len(notes)), notes))
        except DealixError as refused:
            return ("refused", (place.message(refused), ()))
        except place.house.store.unreachable:
            return ("refused", (place.say("database_away"), ()))
        # The shipped book has warnings of its own; here count those about what was just written.
        found = notes_of(review.examination, place.language)
        warnings = tuple(note for note in found if note.level != "error" and note.path in change.edits)
        return ("passed", (review.change.title, review.change.summary, warnings))

    def _progress(self, done: int, total: int) -> None:
        """Called while decisions are replayed, perhaps often: the timer draws."""
        self._at = (done, total)

    def _tick(self) -> None:
        if self._is_running:
            self._box.show(("runs", self._at))

    def _draw(self, state: tuple[str, Any] | None) -> None:
        if state is None:
            return
        what, rest = state
        if what == "runs":
            self._draw_running(*rest)
        elif what == "passed":
            self._draw_passed(*rest)
        else:
            self._draw_refused(*rest)

    def _draw_running(self, done: int, total: int) -> None:
        say = self._place.say
        text = say("replaying", done=done, total=total) if total else say("checking_all")
        with put("div", "sheet running", data_submission="runs"):
            put("p", text=text, role="status")
            bar = put("div", "progress" if total else "progress unknown", role="progressbar")
            bar.props.update({"aria-valuemin": "0", "aria-valuemax": str(total or 100), "aria-label": text})
            if total:
                bar.props.update({"aria-valuenow": str(done)})
            with bar:
                put("span").style(f"--done:{100 * done // total if total else 0}%")

    def _draw_passed(self, title: str, summary: dict[str, Any], warnings: tuple[Note, ...]) -> None:
        say = self._place.say
        with put("div", "sheet passed", data_submission="passed"):
            with put("p", "check-verdict good"):
                icon("check")
                put("span", text=say("submit_done", title=title or say("no_title")))
            draw_summary(self._place, summary)
            for note in warnings[:6]:
                put("p", "faint", f"{note.path}:{note.line} · {note.what}", dir="auto")

    def _draw_refused(self, text: str, notes: tuple[Note, ...]) -> None:
        say = self._place.say
        with put("div", "sheet refused", role="alert", data_submission="refused"):
            with put("p", "check-verdict bad"):
                icon("warn")
                put("span", text=say("submit_refused"))
            put("p", "told-lines", text, dir="auto")
            with put("ul", "notes"):
                for note in notes[:12]:
                    with put("li", "note error"):
                        button(
                            f"{note.path}:{note.line}",
                            lambda note=note: self._jump(note.path, note.line),
                            look="pill quiet",
                            dir="ltr",
                        )
                        put("span", text=note.what, dir="auto")


def draw_summary(place: Place, summary: Any) -> None:
    """What check, test and replay found, as it is kept with a change and with its edition."""
    if not summary:
        return
    say = place.say
    replay = summary.get("replay") or {}
    with put("ul", "found"):
        put("li", "chip-is good", say("found_pages", n=summary.get("pages", 0)))
        put("li", "chip-is good", say("found_examples", n=summary.get("examples", 0)))
        put("li", "chip-is good", say("found_chats", n=summary.get("chats", 0)))
        if summary.get("warnings"):
            put("li", "chip-is gold", say("found_warnings", n=summary["warnings"]))
        decisions, differ = replay.get("decisions", 0), replay.get("changed", 0)
        if not decisions:
            put("li", "chip-is", say("found_no_decisions"))
        else:
            look = "gold" if differ else "good"
            put("li", f"chip-is {look}", say("found_replay", n=differ, total=decisions))
