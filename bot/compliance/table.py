"""
The matrix as a table for a spreadsheet.

Rule: a cell never becomes a formula: what begins like one, after any blank, gets an apostrophe before it.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from bot.compliance.posture import Assessment

# What spreadsheets read as the beginning of a formula, in both widths.
_FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")

# What may end a cell where a file is pasted, so that the next sign begins one.
_BREAK = ("\t", "\r", "\n")

_BLANKS = " \u00a0\u200b\u200e\u200f\ufeff"

HEAD = (
    "control",
    "category",
    "risk",
    "status",
    "basis",
    "title_en",
    "title_ar",
    "owner",
    "source",
    "reviewed_on",
    "measured_at",
    "detail_en",
    "detail_ar",
)


def safe_cell(value: object) -> str:
    """A value that no spreadsheet computes."""
    text = "" if value is None else str(value)
    is_formula = text.lstrip(_BLANKS).startswith((*_FORMULA, *_BREAK))
    return f"'{text}" if is_formula else text


def csv_of(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """One table, with the mark by which spreadsheets know that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    return "\ufeff" + out.getvalue()


def matrix_csv(assessments: Sequence[Assessment]) -> str:
    """Every control in one line."""
    return csv_of(HEAD, (_row(a) for a in assessments))


def _row(a: Assessment) -> Sequence[object]:
    control = a.control
    details = [(f.detail_en, f.detail_ar) for f in a.findings] or [(a.note_en, a.note_ar)]
    return (
        control.id,
        control.category.value,
        control.risk.value,
        a.status.value,
        a.basis,
        control.title_en,
        control.title_ar,
        control.owner,
        control.source,
        control.reviewed_on.isoformat(),
        a.measured_at.isoformat() if a.measured_at else "",
        "; ".join(en for en, _ in details),
        "؛ ".join(ar for _, ar in details),
    )
