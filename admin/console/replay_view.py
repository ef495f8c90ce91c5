"""What a replay report says, arranged for reading: headline, warnings, and tables of what became what. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from admin.console.marks import Piece, edited
from bot.workbench.replay_report import BLOCKING_KINDS, KINDS, SAFETY_KINDS, Count, Example, Report

Tone = Literal["bad", "gold", "good", "none"]

# Below this, words that went and words that came alternate, and nobody can read either sentence.
KEPT_AT_LEAST = 0.4

TABLES = ("intent", "stage", "wording", "gate", "silence")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change, and how often it happened."""

    code: str
    name: str
    count: int
    tone: str
    """`bad` stops publishing, `gold` loses safety, else empty."""


@dataclass(frozen=True, slots=True)
class Headline:
    """The report in three numbers."""

    decisions: int
    changed: int
    losing: int
    """How many lose safety."""
    tone: Tone

    @property
    def share(self) -> str:
        """How many differ, in per cent; a few of very many are never none."""
        return shared(self.changed, self.decisions)


def headline_of(report: Report) -> Headline:
    """`none` when nothing was decided again: then nothing is known."""
    losing = sum(count for kind, count in report.by_kind if kind in SAFETY_KINDS)
    if not report.has_data:
        return Headline(0, 0, 0, "none")
    tone: Tone = "bad" if report.blocks else "gold" if losing else "good"
    return Headline(report.decisions, report.changed, losing, tone)


def kinds_of(report: Report, language: str) -> tuple[Kind, ...]:
    """Every kind of change that happened, the gravest first."""
    number = 1 if language == "ar" else 0
    order = list(KINDS)
    found = sorted((pair for pair in report.by_kind if pair[1]), key=lambda pair: order.index(pair[0]))
    return tuple(Kind(kind, KINDS[kind][number], count, tone_of(kind)) for kind, count in found)


def tone_of(kind: str) -> str:
    if kind in BLOCKING_KINDS:
        return "bad"
    return "gold" if kind in SAFETY_KINDS else ""


def counts_of(report: Report, table: str) -> tuple[Count, ...]:
    """One table of the report, the most frequent first."""
    counts: Sequence[Count] = getattr(report, f"by_{table}")
    return tuple(sorted(counts, key=lambda count: -count.count))


def examples_by_kind(report: Report) -> tuple[tuple[str, tuple[Example, ...]], ...]:
    """The examples of each kind, the gravest kind first."""
    groups: dict[str, list[Example]] = {}
    for example in report.examples:
        groups.setdefault(example.kind, []).append(example)
    return tuple((kind, tuple(groups[kind])) for kind in KINDS if kind in groups)


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """Word by word while most words stay; two sentences that share little are shown one after the other."""
    pieces = edited(before, after)
    kept = sum(len(piece.text) for piece in pieces if not piece.mark and piece.text.strip())
    if kept >= KEPT_AT_LEAST * max(len(before), len(after)):
        return pieces
    return Piece(before, "gone"), Piece("\n"), Piece(after, "came")


def shared(part: int, whole: int) -> str:
    """`12%`; `<1%` for a few of very many, `0%` only for none."""
    if not part or not whole:
        return "0%"
    percent = 100 * part / whole
    return "<1%" if percent < 1 else ">99%" if 99 < percent < 100 else f"{percent:.0f}%"
