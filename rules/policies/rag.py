"""
When a number is red, amber or green: the thresholds of the executive room, as data.

Rule 1: a line watches one number and says from where on, or below what, it is amber and red.
Rule 2: a number that nobody could compute is grey, never green; a line that is `needed` keeps the whole from
        being green while it is grey.
Rule 3: a layer replaces a line by its id.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from rules.notes import Notes
from rules.policies.fields import Fields
from rules.sheet import Sheet

KEYS = ("lines",)
LINE_KEYS = ("title", "title_ar", "metric", "amber_from", "red_from", "amber_below", "red_below", "needed")

WATCHED = (
    *("approvals_breach", "approvals_warning", "approvals_pending"),
    *("connectors_error", "connectors_degraded"),
    *("compliance_non_compliant", "compliance_partial", "compliance_rate"),
    *("contradictions_critical", "contradictions_active"),
    *("evidence_pending_review", "opt_outs", "win_rate", "sla_met", "response_seconds"),
    *("revenue_variance_percent", "revenue_likely_percent", "forecast_variance_percent"),
    *("forecast_accuracy", "roi_return_percent"),
)
"""Numbers that a line may watch, by their id in the dictionary of metrics."""

_LEAST, _MOST = -1_000_000, 1_000_000


class Colour(StrEnum):
    """How something stands, the worst last."""

    GREEN = "green"
    GREY = "grey"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class RagLine:
    """One threshold."""

    id: str
    title: str
    title_ar: str
    metric: str
    amber_from: int | None = None
    red_from: int | None = None
    amber_below: int | None = None
    red_below: int | None = None
    needed: bool = True

    def colour(self, value: int | Decimal | None) -> Colour:
        """Where a value stands; None is grey."""
        if value is None:
            return Colour.GREY
        if _is_past(value, self.red_from, self.red_below):
            return Colour.RED
        return Colour.AMBER if _is_past(value, self.amber_from, self.amber_below) else Colour.GREEN


@dataclass(frozen=True, slots=True)
class RagPolicy:
    """Every line, by the order of its file."""

    lines: tuple[RagLine, ...] = ()

    def __iter__(self) -> Iterator[RagLine]:
        return iter(self.lines)


def read_rag(sheets: list[Sheet], notes: dict[str, Notes]) -> RagPolicy:
    """Read the file and its layers."""
    found: dict[str, RagLine] = {}
    for sheet in sheets:
        top = Fields(notes[sheet.file], sheet.content, 1, KEYS, "the file rag.yml")
        top.need("lines")
        for name, entry in top.entries("lines", LINE_KEYS, "the line"):
            line = _line(name, entry)
            if line is not None:
                found[name] = line
    return RagPolicy(tuple(found.values()))


def _line(name: str, entry: Fields) -> RagLine | None:
    entry.need("title", "title_ar", "metric")
    limits = {
        key: entry.whole(key, 0, _LEAST, _MOST) if key in entry else None
        for key in ("amber_from", "red_from", "amber_below", "red_below")
    }
    if all(limit is None for limit in limits.values()):
        entry.notes.problem(
            entry.line, f'the line "{name}" has no threshold. Write amber_from, red_from or another.'
        )
        return None
    _check_order(entry, limits["amber_from"], limits["red_from"], "amber_from", 1)
    _check_order(entry, limits["amber_below"], limits["red_below"], "amber_below", -1)
    return RagLine(
        name,
        entry.text("title"),
        entry.text("title_ar"),
        entry.word("metric", WATCHED),
        **limits,
        needed=entry.truth("needed", default=True),
    )


def _check_order(entry: Fields, amber: int | None, red: int | None, key: str, sign: int) -> None:
    if amber is not None and red is not None and sign * amber > sign * red:
        entry.problem(key, "red comes before amber. Change one of them.")


def _is_past(value: int | Decimal, from_: int | None, below: int | None) -> bool:
    return (from_ is not None and value >= from_) or (below is not None and value < below)
