"""Numbers for people and for machines: one table, one JSON file."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def percentile_ms(seconds: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed, in milliseconds."""
    if not seconds:
        return math.nan
    ordered = sorted(seconds)
    return round(1000 * ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)], 2)


def percentiles_us(seconds: Sequence[float]) -> dict[str, float]:
    """The median and the 99th percentile, in microseconds."""
    milliseconds = [1000 * second for second in seconds]
    return {f"p{percent}_us": round(percentile_ms(milliseconds, percent), 1) for percent in (50, 99)}


def ratio(ours: float, simplest: float) -> float:
    return round(ours / simplest, 2) if simplest else math.nan


def table(title: str, rows: Sequence[tuple[str, Any, str]]) -> str:
    """One block: what, how much, and a word about it."""
    width = max(len(row[0]) for row in rows)
    lines = [f"  {what:<{width}}  {_short(value):>9}  {note}".rstrip() for what, value, note in rows]
    return "\n".join(["", title, *lines])


def write(path: Path, figures: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _short(value: Any) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
