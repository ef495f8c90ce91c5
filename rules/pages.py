"""
Rule pages: read from a folder of YAML files, checked word by word.

Rule 1: one page, one rule, one file; the file name is the id, the folder is the chapter.
Rule 2: keys stand in a fixed order, and every word is in the vocabulary.
Rule 3: a page shows at least one message on which it fires and one on which it stays silent.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from rules import facts, vocabulary
from rules.facts import Condition
from rules.problems import Problem, unknown
from rules.sheet import Sheet, items, line_of, plain

KEYS = ("id", "title", "status", "owner", "why", "until", "known_gaps", "when", "then", "tests")
OPTIONAL_KEYS = ("until", "known_gaps")
THEN_KEYS = ("go", "say", "hold", "propose", "flag", "act", "silence")
MAY_SAY: dict[str, tuple[str, ...]] = {
    "safety": THEN_KEYS,
    "routing": THEN_KEYS,
    "replies": ("say", "silence"),
    "approval": ("hold", "flag"),
    "follow_up": ("act",),
}
"""What each chapter has a say in."""

GIVEN_KEYS = {
    "says": str,
    "stage": str,
    "intent": str,
    "expects": str,
    "kind": str,
    "button": str,
    "answer": str,
    "opt_out": str,
    "language": str,
    "confidence": float,
    "unclear_before": int,
    "slots_filled": int,
    "has_secret": bool,
    "is_late": bool,
    "is_first_reply_to_outbound": bool,
    "has_public_price": bool,
}
EXPECT_KEYS = ("intent", "stage", "held", *THEN_KEYS)

# A rule that needs more ways to be true than this is two rules.
MAX_ALTERNATIVES = 16

ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Then:
    """What a page decides."""

    go: str = ""
    say: str = ""
    hold: tuple[str, ...] = ()
    propose: str = ""
    flag: tuple[str, ...] = ()
    act: tuple[str, ...] = ()
    silence: str = ""

    def __str__(self) -> str:
        parts = [f"go {self.go}" if self.go else "", f"say {self.say}" if self.say else ""]
        parts += [f"silence: {self.silence}" if self.silence else ""]
        parts += [f"propose {self.propose}" if self.propose else ""]
        parts += [f"hold: {reason}" for reason in self.hold]
        parts += [f"flag {flag}" for flag in self.flag] + [f"act {action}" for action in self.act]
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Example:
    """One message on a page, and what the whole book must do with it."""

    name: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any] | None
    """None: the page stays silent."""
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One rule."""

    id: str
    title: str
    chapter: str
    status: str
    owner: str
    why: str
    file: str
    line: int
    """The line of its `when`."""
    alternatives: tuple[tuple[Condition, ...], ...]
    """The ways in which it can be true; within one, every condition must hold."""
    then: Then
    examples: tuple[Example, ...]
    until: str = ""
    known_gaps: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """File and line, as an approver sees them."""
        return f"{self.file}:{self.line}"

    @property
    def is_shadow(self) -> bool:
        """True when the page is watched but has no effect."""
        return self.status == "shadow"

    def is_in_force(self, today: date | None) -> bool:
        """Tell whether the page is used at all on a day; without a day, seasons do not count."""
        in_season = today is None or not self.until or today.isoformat() <= self.until
        return self.status in ("live", "shadow") and in_season


class PageReader:
    """Reads one sheet into a page and keeps every problem it meets."""

    def __init__(self, sheet: Sheet, chapter: str, wordings: Collection[str]) -> None:
        self.sheet = sheet
        self.chapter = chapter
        self.wordings = wordings
        self.problems: list[Problem] = []

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
            alternatives=self._when(top),
            then=self._then(top),
            examples=self._examples(top),
            until=self._until(top),
            known_gaps=tuple(str(gap) for gap, _ in items(top["known_gaps"])) if "known_gaps" in top else (),
        )
        self._check_page(page, top)
        return None if self.problems else page

    def _problem(self, line: int, what: str) -> None:
        self.problems.append(Problem(self.sheet.file, line, what))

    def _check_keys(self, top: Mapping[str, Any]) -> None:
        for key in top:
            if key not in KEYS:
                self._problem(line_of(top, key), unknown("key", key, KEYS))
        for key in KEYS:
            if key not in top and key not in OPTIONAL_KEYS:
                self._problem(1, f'the key "{key}" is missing. Write it; the order is {" ".join(KEYS)}.')
        known = [key for key in top if key in KEYS]
        for key, expected in zip(known, sorted(known, key=KEYS.index), strict=True):
            if key != expected:
                self._problem(
                    line_of(top, key), f'"{key}" stands where "{expected}" belongs. Keep the key order.'
                )
                break

    def _text(self, top: Mapping[str, Any], key: str) -> str:
        value = top.get(key, "")
        if key in top and (not isinstance(value, str) or not value.strip()):
            self._problem(line_of(top, key), f'"{key}" must be a sentence or a word. Write one.')
            return ""
        return " ".join(str(value).split())

    def _status(self, top: Mapping[str, Any]) -> str:
        return self._word(top, "status", "status", vocabulary.STATUSES) if "status" in top else ""

    def _until(self, top: Mapping[str, Any]) -> str:
        if "until" not in top:
            return ""
        try:
            return date.fromisoformat(str(top["until"])).isoformat()
        except ValueError:
            self._problem(line_of(top, "until"), f'"{top["until"]}" is not a day. Write it as 2027-01-31.')
            return ""

    def _word(self, holder: Mapping[str, Any], key: str, kind: str, known: Collection[str]) -> str:
        value = holder[key]
        if not isinstance(value, str) or value not in known or value == "":
            self._problem(line_of(holder, key), unknown(kind, value, known))
            return ""
        return str(value)

    def _words(self, holder: Mapping[str, Any], key: str, kind: str, known: Collection[str]) -> tuple[str, ...]:
        words = []
        for item, line in items(holder[key]):
            if not isinstance(item, str) or item not in known:
                self._problem(line or line_of(holder, key), unknown(kind, item, known))
            elif item in words:
                self._problem(line or line_of(holder, key), f'"{item}" stands twice. Keep one.')
            else:
                words.append(str(item))
        if not words and not list(items(holder[key])):
            self._problem(line_of(holder, key), f'"{key}" is an empty list. Name at least one {kind}.')
        return tuple(words)

    # when

    def _when(self, top: Mapping[str, Any]) -> tuple[tuple[Condition, ...], ...]:
        lines = top.get("when")
        if lines == ALWAYS:
            return ((),)
        if not isinstance(lines, list) or not lines:
            if "when" in top:
                self._problem(line_of(top, "when"), f'"when" must be a list of lines, or the word {ALWAYS}.')
            return ()
        choices = [self._line(item, line) for item, line in items(lines)]
        ways = tuple(tuple(dict.fromkeys(sum(chosen, ()))) for chosen in product(*choices))
        if len(ways) > MAX_ALTERNATIVES:
            self._problem(
                line_of(top, "when"), f"{len(ways)} ways to be true, more than {MAX_ALTERNATIVES}. Split it."
            )
        return ways

    def _line(self, item: object, line: int) -> list[tuple[Condition, ...]]:
        if not isinstance(item, Mapping) or len(item) != 1:
            self._problem(line, "a line of `when` names one fact, as in `- stage: new_lead`. Split it.")
            return [()]
        if "any" not in item:
            return [self._conditions(item)]
        choices = item["any"]
        if not isinstance(choices, list) or len(choices) < 2:
            self._problem(line, "`any` needs a list of two lines or more. Write them, or drop `any`.")
            return [()]
        ways = []
        for choice, place in items(choices):
            if not isinstance(choice, Mapping) or not choice or "any" in choice:
                self._problem(
                    place, "inside `any` stand facts only, one level deep. If you need more, write two rules."
                )
            else:
                ways.append(self._conditions(choice))
        return ways or [()]

    def _conditions(self, holder: Mapping[str, Any]) -> tuple[Condition, ...]:
        return tuple(condition for fact in holder for condition in self._fact(holder, fact))

    def _fact(self, holder: Mapping[str, Any], fact: str) -> list[Condition]:
        value, line = holder[fact], line_of(holder, fact)
        if fact not in facts.FACTS:
            self._problem(line, unknown("fact", fact, facts.FACTS))
            return []
        if fact in facts.SHORTHANDS:
            return self._shorthand(fact, value, line)
        if fact in facts.YES_NO:
            return self._yes_no(fact, value, line)
        if fact in facts.NUMBERS:
            return self._number(fact, value, line)
        if isinstance(value, Mapping):
            if set(value) != {"is_not"}:
                self._problem(line, f'"{fact}" takes words, or is_not with words.')
                return []
            return [Condition(fact, "is_not", self._words(value, "is_not", fact, facts.WORDS[fact]))]
        return [Condition(fact, "is", self._words(holder, fact, fact, facts.WORDS[fact]))]

    def _shorthand(self, fact: str, value: object, line: int) -> list[Condition]:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._problem(line, f'"{fact}" takes a whole number, as in `{fact}: 1000`.')
            return []
        meant, test = facts.SHORTHANDS[fact]
        return [Condition(meant, test, number=float(value))]

    def _yes_no(self, fact: str, value: object, line: int) -> list[Condition]:
        if not isinstance(value, bool):
            self._problem(line, f'"{fact}" is true or false, not "{value}".')
            return []
        return [Condition(fact, "is", ("true" if value else "false",))]

    def _number(self, fact: str, value: object, line: int) -> list[Condition]:
        limits = value if isinstance(value, Mapping) else {}
        known = [test for test in limits if test in ("above", "below")]
        numbers = [limits[test] for test in known]
        fine = known and len(known) == len(limits) and all(_is_number(number) for number in numbers)
        if not fine:
            self._problem(line, f'"{fact}" takes above or below with a number, as in `{fact}: {{above: 1}}`.')
            return []
        return [Condition(fact, test, number=float(limits[test])) for test in known]

    # then

    def _then(self, top: Mapping[str, Any]) -> Then:
        then = top.get("then")
        if not isinstance(then, Mapping) or not then:
            if "then" in top:
                self._problem(line_of(top, "then"), f'"then" must say something: {", ".join(THEN_KEYS)}.')
            return Then()
        for key in then:
            if key not in MAY_SAY[self.chapter]:
                what = f"A page of the chapter {self.chapter} may say: {', '.join(MAY_SAY[self.chapter])}."
                found = what if key in THEN_KEYS else unknown("key in then", key, MAY_SAY[self.chapter])
                self._problem(line_of(then, key), found)
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
        return self._word(then, key, kind, known) if key in then else ""

    def _maybe_list(
        self, then: Mapping[str, Any], key: str, kind: str, known: Collection[str]
    ) -> tuple[str, ...]:
        return self._words(then, key, kind, known) if key in then else ()

    def _silence(self, then: Mapping[str, Any], known: list[str]) -> str:
        reason = self._maybe(then, "silence", "silence reason", known)
        return f"silence.{reason}" if reason else ""

    # tests

    def _examples(self, top: Mapping[str, Any]) -> tuple[Example, ...]:
        tests = top.get("tests")
        if not isinstance(tests, list) or not tests:
            if "tests" in top:
                self._problem(
                    line_of(top, "tests"), "a page needs examples: one that fires, one that stays silent."
                )
            return ()
        return tuple(example for item, line in items(tests) if (example := self._example(item, line)) is not None)

    def _example(self, item: object, line: int) -> Example | None:
        if not isinstance(item, Mapping) or tuple(item) != ("name", "given", "expect"):
            self._problem(line, "an example has name, given and expect, in this order.")
            return None
        given, expect = item["given"], item["expect"]
        if not isinstance(given, Mapping) or not (
            expect == "nothing" or (isinstance(expect, Mapping) and expect)
        ):
            self._problem(line, "given is a map of facts; expect is a map of results or the word nothing.")
            return None
        self._check_given(given)
        if expect != "nothing":
            for key in expect:
                if key not in EXPECT_KEYS:
                    self._problem(line_of(expect, key), unknown("result", key, EXPECT_KEYS))
        return Example(str(item["name"]), plain(given), None if expect == "nothing" else plain(expect), line)

    def _check_given(self, given: Mapping[str, Any]) -> None:
        for key, value in given.items():
            line = line_of(given, key)
            if key not in GIVEN_KEYS:
                self._problem(line, unknown("fact in given", key, GIVEN_KEYS))
            elif key in facts.WORDS and value not in facts.WORDS[key]:
                self._problem(line, unknown(key, value, facts.WORDS[key]))
            elif not _fits(value, GIVEN_KEYS[key]):
                self._problem(line, f'"{key}" takes a {GIVEN_KEYS[key].__name__}, not "{value}".')

    # the page as a whole

    def _check_page(self, page: Page, top: Mapping[str, Any]) -> None:
        name = self.sheet.file.rsplit("/", 1)[-1].removesuffix(".yml")
        if page.id and page.id != name:
            self._problem(
                line_of(top, "id"), f'the id "{page.id}" and the file name "{name}" differ. Make them equal.'
            )
        if page.examples and not (
            any(example.expect is None for example in page.examples)
            and any(example.expect is not None for example in page.examples)
        ):
            self._problem(line_of(top, "tests"), "one example must fire and one must stay silent. Add the other.")
        self._check_then(page, line_of(top, "then"))
        for way in page.alternatives:
            if any(contradict(one, other) for one in way for other in way):
                self._problem(page.line, "two lines contradict each other; the page can never fire. Change one.")
                break

    def _check_then(self, page: Page, line: int) -> None:
        then = page.then
        if then.say and then.silence:
            self._problem(line, "a page says something or stays silent, not both. Drop one.")
        if then.propose and not then.hold:
            self._problem(line, "a proposal waits for an approver. Add a hold that says why.")
        if then.go and then.propose:
            self._problem(line, "a page goes on at once or proposes, not both. Drop one.")
        for event, known in (
            (then.go, vocabulary.MESSAGE_EVENTS.get(then.go, ((), ""))[0]),
            (then.propose, vocabulary.PROPOSED_EVENTS.get(then.propose, ())),
        ):
            impossible = sorted(stages_of(page) - set(known)) if event else []
            if impossible:
                self._problem(
                    line, f'"{event}" is not possible at {", ".join(impossible)}. Name the stage in when.'
                )


def contradict(one: Condition, other: Condition) -> bool:
    """Tell whether two conditions can never hold for the same message."""
    if one.fact != other.fact or one.fact == "also_intent":
        return False
    if one.test in ("above", "below") and other.test in ("above", "below"):
        # Between two neighbouring whole numbers there is no third one; a confidence may lie anywhere.
        gap = 0.0 if one.fact == "confidence" else 1.0
        return one.test == "above" and other.test == "below" and other.number - one.number <= gap
    if one.test == "is" and other.test == "is":
        return not set(one.words) & set(other.words)
    if one.test == "is" and other.test == "is_not":
        return set(one.words) <= set(other.words)
    return False


def stages_of(page: Page) -> set[str]:
    """Name the stages in which a page can fire."""
    return {
        stage
        for stage in vocabulary.STAGES
        for way in page.alternatives
        if all(condition.holds({"stage": stage}) for condition in way if condition.fact == "stage")
    }


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _fits(value: object, wanted: type) -> bool:
    if wanted is float:
        return _is_number(value)
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
