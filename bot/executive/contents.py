"""
What goes into the signed packs of executives: the week, the quarter, the report for a board. Pure.

Rule: a pack holds the typed result itself, section by section, and the id and hash under which that is kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.evidence.canonical import plain
from bot.evidence.packs import Content, Item, Pack
from bot.executive.weekly import packed
from bot.metrics.room import Blocks
from bot.metrics.spans import Span
from bot.outputs.stored import Stored
from bot.outputs.weekly import ExecWeeklyPack

SECTIONS = (
    *("rag", "numbers", "completed_this_week", "planned_next_week", "blockers", "risk_summary"),
    *("decisions_pending", "restatements"),
)


def week_content(made: ExecWeeklyPack, stored: Stored) -> Content:
    """The pack of one week."""
    source = f"week:{made.week_of}"
    told = plain(made.model_dump(mode="json"))
    head = {
        **{name: told[name] for name in ("week_of", "first_day", "last_day", "iso_week", "version", "as_of")},
        **{name: told[name] for name in ("overall_rag", "decisions_pending_total")},
        "confidence": told["provenance"]["confidence"],
        "confidence_method": told["provenance"]["confidence_method"],
        "produced_by": told["provenance"]["generated_by"],
        "output_id": stored.id,
        "output_sha256": stored.content_sha256,
    }
    items = [_item("week", source, [head]), _item("forecast", source, [told["forecast"]])]
    items += [_item(name, source, told[name]) for name in SECTIONS]
    return Content(
        title=f"Week {made.first_day} to {made.last_day} ({made.iso_week})",
        title_ar=f"أسبوع {made.first_day} إلى {made.last_day} ({made.iso_week})",
        entity_type="week",
        entity_id=made.week_of,
        items=tuple(items),
    )


def quarter_content(
    quarter: Span, weeks: Sequence[Pack], numbers: Blocks, accuracy: Mapping[str, Any]
) -> Content:
    """The review of a quarter: its weekly packs by hash, and its numbers."""
    return Content(
        title=f"Quarter {quarter.id}",
        title_ar=f"الربع {quarter.id}",
        entity_type="quarter",
        entity_id=quarter.id,
        items=tuple(_of_quarter(quarter, weeks, numbers, accuracy)),
    )


def board_content(
    quarter: Span,
    weeks: Sequence[Pack],
    numbers: Blocks,
    accuracy: Mapping[str, Any],
    months: Sequence[Mapping[str, Any]],
) -> Content:
    """The report for a board: the quarter, and forecast against actual of each of its months."""
    items = [*_of_quarter(quarter, weeks, numbers, accuracy), _item("forecast", f"quarter:{quarter.id}", months)]
    return Content(
        title=f"Board report {quarter.id}",
        title_ar=f"تقرير مجلس الإدارة {quarter.id}",
        entity_type="quarter",
        entity_id=quarter.id,
        items=tuple(items),
    )


def entries(pack: Pack, section: str) -> list[dict[str, Any]]:
    """The rows of one section of a stored pack; empty where it has none."""
    return next((item["data"]["entries"] for item in pack.envelope["items"] if item["type"] == section), [])


def _of_quarter(quarter: Span, weeks: Sequence[Pack], numbers: Blocks, accuracy: Mapping[str, Any]) -> list[Item]:
    source = f"quarter:{quarter.id}"
    told = [
        {
            "definition_id": block.definition_id,
            "value": packed(block.value),
            "unit": block.unit.value,
            "window": block.window,
            "status": block.status.value,
            "source_query_id": block.source_query_id,
            "as_of": block.as_of,
        }
        for block in numbers.values()
    ]
    listed = [
        {
            "week_of": pack.entity_id,
            "pack_id": pack.id,
            "sha256": pack.hash,
            "revision": pack.revision,
            "overall_rag": entries(pack, "week")[0]["overall_rag"],
        }
        for pack in weeks
    ]
    return [_item("weeks", source, listed), _item("numbers", source, told), _item("accuracy", source, [accuracy])]


def _item(kind: str, source: str, rows: Sequence[Mapping[str, Any]]) -> Item:
    return Item(kind, source, {"entries": list(rows), "count": len(rows)})
