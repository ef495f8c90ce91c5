"""
Qualification: five questions, asked one at a time until all are answered.

Rule 1: an answer belongs to the question that was asked last; a bare number without a question fills nothing.
Rule 2: «I do not know» is an answer; it is kept as UNKNOWN and never asked again.
Rule 3: a number or yes-or-no question that is answered with other words is asked once more, then the talk goes on
        with the words as they are.
Rule 4: the result follows from published thresholds; an unknown answer never fails one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flows.plain_yaml import NotPlain, read

DEFAULT_THRESHOLDS = Path(__file__).parent / "qualification.yml"
UNKNOWN = "unknown"

# Beyond this a threshold is a slip of the finger.
LARGEST_THRESHOLD = 1_000_000_000

# What we keep of an answer in words; longer texts stay readable in the conversation itself.
LONGEST_ANSWER = 300

# Asked once, and once more; a third time would be a wall.
MOST_ASKS = 2

Result = Literal["qualified", "not_qualified", "incomplete"]


class ThresholdsUnreadable(Exception):
    """The published thresholds are not three whole numbers; whoever starts the process must mend the file."""

    def __init__(self, file: str, problems: Sequence[tuple[str, str]]) -> None:
        """`problems` are keys, empty for the whole file, each with a sentence."""
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {what}" for _, what in self.problems))


@dataclass(frozen=True, slots=True)
class Slot:
    """One question."""

    name: str
    expects: Literal["number", "text", "yes_no", "date"]

    @property
    def wording(self) -> str:
        """The key of its sentence."""
        return f"slot.{self.name}"


SLOTS = (
    Slot("monthly_leads", "number"),
    Slot("follow_up_problem", "text"),
    Slot("has_sales_team", "yes_no"),
    Slot("monthly_budget_sar", "number"),
    Slot("start_date", "date"),
)
_BY_NAME = {slot.name: slot for slot in SLOTS}


@dataclass(frozen=True, slots=True)
class Ask:
    """The question to put next."""

    slot: str
    wording: str
    expects: str
    step: int
    """Its place among the questions, from 1."""
    steps: int


@dataclass(frozen=True, slots=True)
class Filling:
    """What one message did to the answers."""

    slot: str = ""
    """The question that it answered, empty when none."""
    value: str = ""
    ask_again: bool = False
    """True when the same question is to be asked once more."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Who fits us."""

    minimum_monthly_leads: int
    minimum_monthly_budget_sar: int
    most_unknown_answers: int

    @classmethod
    def load(cls, path: Path = DEFAULT_THRESHOLDS) -> "Thresholds":
        """
        Read the published thresholds.

        Raises:
            ThresholdsUnreadable: a threshold is missing, unknown, or no whole number.
        """
        return cls.of(Path(path).read_text(encoding="utf-8"), Path(path).name)

    @classmethod
    def of(cls, file: str | Mapping[str, object], name: str = DEFAULT_THRESHOLDS.name) -> "Thresholds":
        """
        Read thresholds from a file: its text, or the map that somebody has read from it.

        Raises:
            ThresholdsUnreadable: with every problem found.
        """
        names = tuple(cls.__dataclass_fields__)
        try:
            content = read(file) if isinstance(file, str) else file
        except NotPlain as failed:
            raise ThresholdsUnreadable(name, [("", str(failed))]) from failed
        if set(content) != set(names):
            raise ThresholdsUnreadable(name, [("", f"must have exactly these keys: {', '.join(names)}.")])
        numbers = {key: value for key, value in content.items() if _is_threshold(value)}
        if numbers != dict(content):
            wrong = [(key, value) for key, value in content.items() if key not in numbers]
            raise ThresholdsUnreadable(name, [(key, _no_threshold(key, value)) for key, value in wrong])
        return cls(**{key: int(str(value)) for key, value in numbers.items()})


def _is_threshold(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_THRESHOLD


def _no_threshold(key: str, value: object) -> str:
    return f'"{key}" must be a whole number from 0 to {LARGEST_THRESHOLD}, not "{str(value)[:40]}". Change it.'


@dataclass(frozen=True, slots=True)
class Step:
    """What comes after a message during qualification."""

    result: Result
    event: str
    """The event of the deal flow, empty while questions remain."""
    say: str
    """The wording; when `ask` is set its {question} is the sentence of `ask`."""
    ask: Ask | None


def next_question(answered: Mapping[str, str] | Sequence[str]) -> Ask | None:
    """Return the first question without an answer; None when all are answered."""
    for number, slot in enumerate(SLOTS, start=1):
        if slot.name not in answered:
            return _ask(slot, number)
    return None


def fill(*, asked: str, asked_times: int, answer: str, numbers: Sequence[int] = (), text: str = "") -> Filling:
    """
    Say which answer a message gives to the question asked last.

    Args:
        asked: name of that question, empty when none was open.
        asked_times: how often it has been asked so far, at least 1.
        answer: the plain answer found in the message: `yes | no | number | dont_know | other` or empty.
        numbers: the numbers in the message; the largest counts («80 from 3 branches», «between 20 and 50»).
        text: the message as written.
    """
    slot = _BY_NAME.get(asked)
    if slot is None:
        return Filling()
    words = " ".join(text.split())[:LONGEST_ANSWER]
    if answer == "dont_know":
        return Filling(slot.name, UNKNOWN)
    value = _value(slot, answer, numbers, words)
    if value:
        return Filling(slot.name, value)
    if asked_times < MOST_ASKS:
        return Filling(ask_again=True)
    return Filling(slot.name, words or UNKNOWN)


def result(answered: Mapping[str, str], thresholds: Thresholds) -> Result:
    """Say whether a lead fits us, once all questions are answered."""
    if next_question(answered) is not None:
        return "incomplete"
    leads = _number(answered["monthly_leads"])
    budget = _number(answered["monthly_budget_sar"])
    too_small = leads is not None and leads < thresholds.minimum_monthly_leads
    too_poor = budget is not None and budget < thresholds.minimum_monthly_budget_sar
    unknown = sum(answered[slot.name] == UNKNOWN for slot in SLOTS)
    fails = too_small or too_poor or unknown > thresholds.most_unknown_answers
    return "not_qualified" if fails else "qualified"


def after(answered: Mapping[str, str], filling: Filling, asked: str, thresholds: Thresholds) -> Step:
    """
    Say what comes after a message: the same question again, the next one, or the result.

    `answered` already holds what `filling` brought.
    """
    if filling.ask_again:
        number = SLOTS.index(_BY_NAME[asked]) + 1
        return Step("incomplete", "", "ask_question_again", _ask(_BY_NAME[asked], number))
    outcome = result(answered, thresholds)
    if outcome == "incomplete":
        return Step(outcome, "", "ask_next_question", next_question(answered))
    say = "qualified_offer_meeting" if outcome == "qualified" else "not_a_fit_now"
    return Step(outcome, outcome, say, None)


def _ask(slot: Slot, number: int) -> Ask:
    return Ask(slot.name, slot.wording, slot.expects, number, len(SLOTS))


def _value(slot: Slot, answer: str, numbers: Sequence[int], words: str) -> str:
    """Return the answer in the form of the question, empty when the message has none."""
    if slot.expects == "number":
        if numbers:
            return str(max(numbers))
        return "0" if answer == "no" else ""
    if slot.expects == "yes_no":
        if answer in ("yes", "no"):
            return answer
        return ("yes" if max(numbers) > 0 else "no") if numbers else ""
    return words


def _number(value: str) -> int | None:
    return int(value) if value.isdecimal() else None
