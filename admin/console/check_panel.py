"""What the checks say about a text, line by line, and what became of its examples."""

from collections.abc import Callable
from dataclasses import dataclass

from admin.console.checker import Found
from admin.console.draw import Part, button, icon, put
from admin.console.place import Place
from bot.workbench.examination import Examination
from rules.checks import in_arabic
from rules.examples import Run
from rules.layers import path_of

# A book may have hundreds of things to look at; a person mends a few at a time.
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to mend or to look at."""

    path: str
    line: int
    level: str
    """`error | warning`"""
    what: str


class CheckPanel:
    """Below an editor."""

    def __init__(self, place: Place, jump: Callable[[str, int], None]) -> None:
        """`jump` leads to a line of a file."""
        self._place = place
        self._jump = jump

    def build(self) -> None:
        """Its place on the page."""
        with put("section", "checks", aria_live="polite"):
            self._verdict = Part(put("div"), self._draw_verdict)
            self._notes = Part(put("div"), self._draw_notes)
            self._examples = Part(put("div"), self._draw_examples)

    def show(self, found: Found | None) -> None:
        """Show what is known so far; what is not looked at yet keeps the last answer, faded."""
        if found is None:
            for part in (self._verdict, self._notes, self._examples):
                part.show(None)
            return
        if found.examination is None:
            self._verdict.show("running")
            return
        notes = notes_of(found.examination, self._place.language)
        mine = tuple(note for note in notes if note.path == found.path)
        others = tuple(note for note in notes if note.path != found.path)
        in_the_way = [note for note in notes if note.level == "error"]
        failed = [run for run in found.examples or () if run.problems]
        self._verdict.show((len(in_the_way), len(failed), len([n for n in mine if n.level != "error"])))
        self._notes.show((mine, tuple(n for n in others if n.level == "error")))
        if found.examples is not None or found.examination.problems:
            self._examples.show(found.examples)

    def _draw_verdict(self, state: object) -> None:
        say = self._place.say
        if state is None:
            return
        if state == "running":
            put("p", "checking", say("checking"), role="status", data_check="running")
            return
        wrong, failed, doubts = state  # type: ignore[misc]
        if wrong or failed:
            text = say("check_wrong", n=wrong) if wrong else say("check_examples_fail", n=failed)
            self._verdict_line("bad", "warn", text, "wrong")
        else:
            text = say("check_fine_but", n=doubts) if doubts else say("check_fine")
            self._verdict_line("good", "check", text, "fine")

    def _verdict_line(self, look: str, picture: str, text: str, state: str) -> None:
        with put("p", f"check-verdict {look}", role="status", data_check=state):
            icon(picture)
            put("span", text=text)

    def _draw_notes(self, notes: tuple[tuple[Note, ...], tuple[Note, ...]] | None) -> None:
        if notes is None:
            return
        mine, others = notes
        with put("ul", "notes"):
            for note in mine[:SHOWN]:
                self._draw_note(note, is_here=True)
            for note in others[:SHOWN]:
                self._draw_note(note, is_here=False)
        more = max(0, len(mine) - SHOWN) + max(0, len(others) - SHOWN)
        if more:
            put("p", "faint", self._place.say("and_more", n=more))

    def _draw_note(self, note: Note, *, is_here: bool) -> None:
        where = self._place.say("line_n", n=note.line) if is_here else f"{note.path}:{note.line}"
        with put("li", f"note {note.level}", data_note=note.level):
            button(
                where,
                lambda: self._jump(note.path, note.line),
                look="pill quiet",
                dir="auto" if is_here else "ltr",
                data_jump=str(note.line),
            )
            put("span", text=note.what)

    def _draw_examples(self, examples: tuple[Run, ...] | None) -> None:
        if not examples:
            return
        say = self._place.say
        put("h4", text=say("examples_now"))
        with put("ul", "runs"):
            for run in examples:
                is_true = not run.problems
                with put("li", "run true" if is_true else "run false", data_run="true" if is_true else "false"):
                    icon("check" if is_true else "no")
                    with put("div"):
                        put("span", text=run.name, dir="auto")
                        for problem in run.problems:
                            what = in_arabic(problem) if self._place.language == "ar" else problem.what
                            put("p", "why", what)


def notes_of(examination: Examination, language: str) -> tuple[Note, ...]:
    """Everything that was found, in the language of the page, errors first."""
    is_arabic = language == "ar"
    broken = [
        Note(path_of(p.file), p.line, "error", in_arabic(p) if is_arabic else p.what)
        for p in examination.problems
    ]
    found = [
        Note(
            path_of(f.file),
            f.line,
            "error" if f.level == "error" else "warning",
            f.what_ar if is_arabic else f.what_en,
        )
        for f in (*examination.errors, *examination.warnings)
    ]
    failed = [
        Note(path_of(p.file), p.line, "error", in_arabic(p) if is_arabic else p.what)
        for p in (*examination.failed_examples, *(chat.as_problem for chat in examination.failed_chats))
    ]
    return (*broken, *found, *failed)
