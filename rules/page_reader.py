"""
Reads one YAML file into a rule page, word by word.

Rule 1: keys stand in a fixed order, and every word is in the vocabulary.
Rule 2: what a chapter has no say in, its pages cannot say.
Rule 3: a page that can never fire, or whose event is impossible where it fires, is refused.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from rules import vocabulary
from rules.examples_reader import ExamplesReader
from rules.notes import Notes
from rules.pages import THEN_KEYS, Page, Then, contradict, stages_of
from rules.problems import Problem, unknown
from rules.sheet import Sheet, items, line_of
from rules.when_reader import WhenReader

KEYS = (
    "id", "title", "title_ar", "status", "owner", "why", "since", "until", "known_gaps", "when", "then", "tests",
)  # fmt: skip
OPTIONAL_KEYS = ("title_ar", "since", "until", "known_gaps")
MAY_SAY: dict[str, tuple[str, ...]] = {
    "safety": THEN_KEYS,
    "routing": THEN_KEYS,
    "replies": ("say", "silence"),
    "approval": ("hold", "flag"),
    "follow_up": ("act",),
}
"""What each chapter has a say in."""

SAFETY_FLAGS = frozenset({"opt_out", "resume_consent"})
"""Effects on whether a contact may be written to at all."""
STOP_IS_CONFIRMED_BY = "opt_out_confirmation"


class PageReader:
    """Reads one sheet into a page and keeps every problem it meets."""

    def __init__(
        self, sheet: Sheet, chapter: str, wordings: Collection[str], heard: Collection[str] = ()
    ) -> None:
        self.sheet = sheet
        self.chapter = chapter
        self.wordings = wordings
        self.heard = heard
        self._notes = Notes(sheet.file)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything to mend in this file."""
        return tuple(self._notes.problems)

    def page(self) -> Page | None:
        """Return the page, or None when it has problems."""
        top = self.sheet.content
        self._check_keys(top)
        page = Page(
            id=self._text(top, "id"),
            title=self._text(top, "title"),
            chapter=self.chapter,
            status=self._status(top),
            owner=self._text(top, "owner"),
            why=self._text(top, "why"),
            file=self.sheet.file,
            line=line_of(top, "when"),
            alternatives=WhenReader(self._notes, self.heard).alternatives(top),
            then=self._then(top),
            examples=ExamplesReader(self._notes).examples(top),
            title_ar=self._text(top, "title_ar"),
            since=self._day(top, "since"),
            until=self._day(top, "until"),
            known_gaps=tuple(str(gap) for gap, _ in items(top["known_gaps"])) if "known_gaps" in top else (),
        )
        self._check_page(page, top)
        return None if self._notes.problems else page

    def _check_keys(self, top: Mapping[str, Any]) -> None:
        for key in top:
            if key not in KEYS:
                self._notes.problem(line_of(top, key), unknown("key", key, KEYS))
        for key in KEYS:
            if key not in top and key not in OPTIONAL_KEYS:
                self._notes.problem(1, f'the key "{key}" is missing. Write it; the order is {" ".join(KEYS)}.')
        known = [key for key in top if key in KEYS]
        for key, expected in zip(known, sorted(known, key=KEYS.index), strict=True):
            if key != expected:
                self._notes.problem(
                    line_of(top, key), f'"{key}" stands where "{expected}" belongs. Keep the key order.'
                )
                break

    def _text(self, top: Mapping[str, Any], key: str) -> str:
        value = top.get(key, "")
        if key in top and (not isinstance(value, str) or not value.strip()):
            self._notes.problem(line_of(top, key), f'"{key}" must be a sentence or a word. Write one.')
            return ""
        return " ".join(str(value).split())

    def _status(self, top: Mapping[str, Any]) -> str:
        return self._notes.word(top, "status", "status", vocabulary.STATUSES) if "status" in top else ""

    def _day(self, top: Mapping[str, Any], key: str) -> str:
        if key not in top:
            return ""
        try:
            return date.fromisoformat(str(top[key])).isoformat()
        except ValueError:
            self._notes.problem(line_of(top, key), f'"{top[key]}" is not a day. Write it as 2027-01-31.')
            return ""

    # then

    def _then(self, top: Mapping[str, Any]) -> Then:
        then = top.get("then")
        if not isinstance(then, Mapping) or not then:
            if "then" in top:
                self._notes.problem(line_of(top, "then"), f'"then" must say something: {", ".join(THEN_KEYS)}.')
            return Then()
        for key in then:
            if key not in MAY_SAY[self.chapter]:
                what = f"A page of the chapter {self.chapter} may say: {', '.join(MAY_SAY[self.chapter])}."
                found = what if key in THEN_KEYS else unknown("key in then", key, MAY_SAY[self.chapter])
                self._notes.problem(line_of(then, key), found)
        holds = {key.removeprefix("hold.") for key in self.wordings if key.startswith("hold.")}
        silences = {key.removeprefix("silence.") for key in self.wordings if key.startswith("silence.")}
        says = {key for key in self.wordings if "." not in key}
        return Then(
            go=self._maybe(then, "go", "event", vocabulary.MESSAGE_EVENTS),
            say=self._maybe(then, "say", "wording", sorted(says)),
            hold=tuple(f"hold.{r}" for r in self._maybe_list(then, "hold", "hold reason", sorted(holds))),
            propose=self._maybe(then, "propose", "event to propose", vocabulary.PROPOSED_EVENTS),
            flag=self._maybe_list(then, "flag", "flag", vocabulary.FLAGS),
            act=self._maybe_list(then, "act", "action", vocabulary.ACTIONS),
            silence=self._silence(then, sorted(silences)),
        )

    def _maybe(self, then: Mapping[str, Any], key: str, kind: str, known: Collection[str]) -> str:
        return self._notes.word(then, key, kind, known) if key in then else ""

    def _maybe_list(
        self, then: Mapping[str, Any], key: str, kind: str, known: Collection[str]
    ) -> tuple[str, ...]:
        return self._notes.words(then, key, kind, known) if key in then else ()

    def _silence(self, then: Mapping[str, Any], known: list[str]) -> str:
        reason = self._maybe(then, "silence", "silence reason", known)
        return f"silence.{reason}" if reason else ""

    # the page as a whole

    def _check_page(self, page: Page, top: Mapping[str, Any]) -> None:
        name = self.sheet.file.rsplit("/", 1)[-1].removesuffix(".yml")
        if page.id and page.id != name:
            self._notes.problem(
                line_of(top, "id"), f'the id "{page.id}" and the file name "{name}" differ. Make them equal.'
            )
        if page.examples and not (
            any(example.expect is None for example in page.examples)
            and any(example.expect is not None for example in page.examples)
        ):
            self._notes.problem(
                line_of(top, "tests"), "one must fire and one must stay silent. Add the other example."
            )
        if self._notes.problems:
            return  # what follows reasons about words that may be missing now
        self._check_season(page, top)
        self._check_then(page, line_of(top, "then"))
        for way in page.alternatives:
            if any(contradict(one, other) for one in way for other in way):
                self._notes.problem(
                    page.line, "two lines contradict each other, so it can never fire. Change one."
                )
                break

    def _check_season(self, page: Page, top: Mapping[str, Any]) -> None:
        if page.since and page.until and page.until < page.since:
            self._notes.problem(line_of(top, "until"), "it ends before it begins. Change since or until.")

    def _check_stop(self, page: Page, line: int) -> None:
        """An opt-out is one thing, said by safety and held by nobody: the step, the effect, the one sentence."""
        then = page.then
        if page.chapter != "safety":
            for flag in SAFETY_FLAGS & set(then.flag):
                what = f'only a safety page may say "flag: {flag}". Move the page, or drop it.'
                self._notes.problem(line, what)
            if then.go == "opted_out":
                what = 'only a safety page may say "go: opted_out". Move the page, or drop it.'
                self._notes.problem(line, what)
        elif ("opt_out" in then.flag) != (then.go == "opted_out"):
            what = 'a stop is "go: opted_out" and "flag: opt_out" together. Write both.'
            self._notes.problem(line, what)
        elif "opt_out" in then.flag and (then.hold or then.say != STOP_IS_CONFIRMED_BY):
            what = f'a stop is confirmed at once: "say: {STOP_IS_CONFIRMED_BY}" and no hold. Write it so.'
            self._notes.problem(line, what)

    def _check_then(self, page: Page, line: int) -> None:
        then = page.then
        self._check_stop(page, line)
        if then.say and then.silence:
            self._notes.problem(line, "a page says something or stays silent, not both. Drop one.")
        if then.propose and not then.hold:
            self._notes.problem(line, "a proposal waits for an approver. Add a hold that says why.")
        if then.go and then.propose:
            self._notes.problem(line, "a page goes on at once or proposes, not both. Drop one.")
        for event, known in (
            (then.go, vocabulary.MESSAGE_EVENTS.get(then.go, ((), ""))[0]),
            (then.propose, vocabulary.PROPOSED_EVENTS.get(then.propose, ())),
        ):
            impossible = sorted(stages_of(page) - set(known)) if event else []
            if impossible:
                self._notes.problem(
                    line, f'"{event}" is not possible at {", ".join(impossible)}. Name the stage in when.'
                )
