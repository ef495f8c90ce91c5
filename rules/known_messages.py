"""
Messages that every book must go on understanding, whatever is laid over it: ordinary ones and labelled ones.

Rule 1: in an ordinary message no certain opt-out and no outcome is heard.
Rule 2: an opt-out among the labelled messages that the rules in force hear is heard by a change as well.
Rule 3: what else a change hears differently is shown, with what is right; people decide whether it is better.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rules.book import Book
from rules.score import HARMFUL, Labelled, read_labelled
from rules.verdict import Question, Understanding

FOLDER = Path(__file__).parent / "corpus"

OUTCOMES = HARMFUL | {"meeting_booked", "declined", "rejected", "churned"}

# Without a deal there is no outcome: ordinary messages are those of strangers.
STAGE_OF_THE_ORDINARY = "new_lead"

SHOWN_AT_MOST = 40


@dataclass(frozen=True, slots=True)
class Shift:
    """One labelled message that a change hears differently."""

    text: str
    stage: str
    label: str
    before: str
    after: str
    is_better: bool
    is_worse: bool
    loses_opt_out: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What a change does to messages that we know."""

    messages: int
    disturbed: tuple[str, ...]
    """Ordinary messages in which an opt-out or an outcome is heard now."""
    shifts: tuple[Shift, ...]
    """The gravest first."""

    @property
    def better(self) -> int:
        return sum(shift.is_better for shift in self.shifts)

    @property
    def worse(self) -> int:
        return sum(shift.is_worse for shift in self.shifts)

    @property
    def lost_opt_outs(self) -> tuple[Shift, ...]:
        return tuple(shift for shift in self.shifts if shift.loses_opt_out)

    @property
    def told(self) -> tuple[str, ...]:
        """What stands in the way, one a line."""
        return (
            *(f"an opt-out is not heard any more: {shift.text}" for shift in self.lost_opt_outs),
            *(f"an opt-out or an outcome is heard in an ordinary message: {text}" for text in self.disturbed),
        )[:SHOWN_AT_MOST]

    @property
    def is_fit(self) -> bool:
        """False when an ordinary message is disturbed or an opt-out is lost."""
        return not self.disturbed and not self.lost_opt_outs


@cache
def ordinary() -> tuple[str, ...]:
    """What customers write every day."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.txt")))
    return tuple(line.strip() for text in texts for line in text.splitlines() if line.strip())


@cache
def labelled() -> tuple[Labelled, ...]:
    """Messages with what they mean."""
    return tuple(message for path in sorted(FOLDER.glob("*.jsonl")) for message in read_labelled(path))


def compare(before: Book, after: Book) -> Heard:
    """Put every message that we know to two books."""
    shifts = sorted(_shifts(before, after, labelled()), key=lambda s: (not s.loses_opt_out, not s.is_worse))
    disturbed = [text for text in ordinary() if _disturbs(_understood(after, text, STAGE_OF_THE_ORDINARY))]
    known = {text for text in disturbed if _disturbs(_understood(before, text, STAGE_OF_THE_ORDINARY))}
    return Heard(
        messages=len(ordinary()) + len(labelled()),
        disturbed=tuple(text for text in disturbed if text not in known),
        shifts=tuple(shifts),
    )


def _shifts(before: Book, after: Book, messages: Iterable[Labelled]) -> Iterator[Shift]:
    for message in messages:
        old = _understood(before, message.text, message.stage)
        new = _understood(after, message.text, message.stage)
        if (old.primary.name, old.opt_out) == (new.primary.name, new.opt_out):
            continue
        right = {message.intent, *message.also}
        was_right, is_right = old.primary.name in right, new.primary.name in right
        yield Shift(
            text=message.text,
            stage=message.stage,
            label=message.intent,
            before=old.primary.name,
            after=new.primary.name,
            is_better=is_right and not was_right,
            is_worse=was_right and not is_right,
            loses_opt_out=message.is_opt_out and bool(old.opt_out) and not new.opt_out,
        )


def _understood(book: Book, text: str, stage: str) -> Understanding:
    return book.understand(Question(text=text, stage=stage))


def _disturbs(understood: Understanding) -> bool:
    return understood.opt_out == "hard" or understood.primary.name in OUTCOMES
