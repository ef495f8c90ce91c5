"""
Measure the understanding of a book on labelled messages: `python -m rules.score FILE.jsonl...`

A line of a file is one message: `{"text", "stage", "intent"}`, and if wanted `also` (labels that count as
right), `must_not` (labels that would do harm) and `tag` (`opt_true` for opt-outs, `opt_near` for what only
looks like one).

Rule 1: an opt-out counts as caught when it was understood as hard or suspected; hard ones are counted apart.
Rule 2: an outcome in a place where it is none is harm, whatever else was right.
Rule 3: time is processor time: what a message costs, whatever else the machine does.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rules.book import Book
from rules.verdict import Question

# What moves money or a contract: read out of the wrong message it does harm.
HARMFUL = frozenset({"paid", "accepted", "converted"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message and what it means."""

    text: str
    stage: str
    intent: str
    also: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    is_opt_out: bool = False

    @classmethod
    def from_line(cls, line: str) -> "Labelled":
        """Read one line of a JSONL file."""
        entry = json.loads(line)
        intent = entry.get("intent", "")
        return cls(
            text=entry["text"],
            stage=entry.get("stage", "new_lead"),
            intent=intent,
            also=tuple(entry.get("also", ())),
            must_not=tuple(entry.get("must_not", ())),
            is_opt_out=entry.get("tag") == "opt_true" or intent == "unsubscribe",
        )


@dataclass
class Score:
    """Counts over a set of messages."""

    messages: int = 0
    right: int = 0
    hits: Counter[str] = field(default_factory=Counter)
    false_alarms: Counter[str] = field(default_factory=Counter)
    misses: Counter[str] = field(default_factory=Counter)
    opt_outs: int = 0
    opt_outs_caught: int = 0
    opt_outs_hard: int = 0
    false_hard: list[str] = field(default_factory=list)
    harm: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)

    def f1(self, intent: str) -> float:
        """Harmonic mean of precision and recall of one intent."""
        weight = 2 * self.hits[intent] + self.false_alarms[intent] + self.misses[intent]
        return 2 * self.hits[intent] / weight if weight else 0.0

    @property
    def labels(self) -> list[str]:
        """Intents that occur in the labels, by name."""
        return sorted(set(self.hits) | set(self.misses))

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the labelled intents."""
        return sum(map(self.f1, self.labels)) / max(len(self.labels), 1)

    @property
    def accuracy(self) -> float:
        """Share of messages whose governing intent was right or counted right."""
        return self.right / max(self.messages, 1)

    @property
    def caught(self) -> float:
        """Share of the opt-outs that were heard, hard or suspected."""
        return self.opt_outs_caught / max(self.opt_outs, 1)

    @property
    def hard_recall(self) -> float:
        """Share of the opt-outs that were certain."""
        return self.opt_outs_hard / max(self.opt_outs, 1)

    @property
    def hard_precision(self) -> float:
        """Share of the certain opt-outs that were opt-outs."""
        found = self.opt_outs_hard + len(self.false_hard)
        return self.opt_outs_hard / found if found else 1.0

    def percentile(self, share: float) -> float:
        """Microseconds that this share of the messages stays under."""
        ordered = sorted(self.microseconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def read_labelled(path: Path) -> list[Labelled]:
    """All messages of a JSONL file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Labelled.from_line(line) for line in lines if line.strip()]


def score(book: Book, messages: Iterable[Labelled]) -> Score:
    """Understand every message and count."""
    total = Score()
    for message in messages:
        started = time.process_time()
        understood = book.understand(Question(message.text, stage=message.stage))
        total.microseconds.append((time.process_time() - started) * 1e6)
        _count(total, message, understood.primary.name, understood.opt_out)
    return total


def _count(total: Score, message: Labelled, got: str, opt_out: str) -> None:
    total.messages += 1
    is_right = got == message.intent or got in message.also
    label = message.intent
    if is_right:
        total.right += 1
        total.hits[label] += 1
    else:
        total.misses[label] += 1
        total.false_alarms[got] += 1
        total.wrong.append(f"{message.stage}: {message.text} is {label}, understood as {got}")
    if message.is_opt_out:
        total.opt_outs += 1
        total.opt_outs_caught += bool(opt_out)
        total.opt_outs_hard += opt_out == "hard"
    elif opt_out == "hard" and not {label, *message.also} & {"unsubscribe", "erasure_request"}:
        total.false_hard.append(message.text)
    if not is_right and (got in HARMFUL or got in message.must_not):
        total.harm.append(f"{message.stage}: {message.text} is {label}, understood as {got}")


def report(total: Score) -> Iterator[str]:
    """The lines that are published."""
    yield f"{'intent':20}{'right':>7}{'missed':>8}{'false':>7}{'F1':>8}"
    for intent in total.labels:
        row = (total.hits[intent], total.misses[intent], total.false_alarms[intent])
        yield f"{intent:20}{row[0]:7}{row[1]:8}{row[2]:7}{total.f1(intent):8.3f}"
    yield ""
    yield f"messages {total.messages}, right {total.accuracy:.3f}, macro-F1 {total.macro_f1:.3f}"
    yield (
        f"opt-outs {total.opt_outs}: caught {total.caught:.3f}, hard {total.hard_recall:.3f}, "
        f"hard precision {total.hard_precision:.3f}, false hard {len(total.false_hard)}"
    )
    yield f"harmful {len(total.harm)}; p50 {total.percentile(0.5):.0f} us, p99 {total.percentile(0.99):.0f} us"
    for line in total.wrong:
        yield f"  wrong: {line}"
    for line in total.harm:
        yield f"  HARM: {line}"


def main(arguments: list[str]) -> int:
    """Print the scores of the book on these files; 2 when no file was named."""
    if not arguments:
        sys.stderr.write("usage: python -m rules.score FILE.jsonl...\n")
        return 2
    messages = [message for name in arguments for message in read_labelled(Path(name))]
    for line in report(score(Book.load(), messages)):
        sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
