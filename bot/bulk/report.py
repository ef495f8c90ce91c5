"""
What became of each row, as a file to take along. Pure.

Rule 1: phones are masked, and what contacts wrote is not in it: a report is passed on.
Rule 2: a cell never becomes a formula.
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from typing import Any

import orjson

from bot.bulk.job import Item, ItemStatus
from bot.bulk.room import JobView
from bot.compliance.table import csv_of, safe_cell
from bot.phones import mask

UTF8_MARK = "\ufeff"

COLUMNS = (
    *("line", "external_id", "contact", "status", "reason", "error_en", "error_ar"),
    *("intent", "stage_before", "stage_after", "reply", "draft_id", "conversation_id", "first_imported_in"),
)

REASONS: Mapping[str, tuple[str, str]] = {
    "in_this_file": ("the same row stands in this file before it", "الصف نفسه موجود قبله في هذا الملف"),
    "imported_before": ("this row was imported before", "استُورد هذا الصف من قبل"),
    "heard_before": ("this message was heard through a channel before", "وصلت هذه الرسالة من قبل عبر قناة"),
    "opted_out": ("the contact asked us to stop", "طلب العميل إيقاف الرسائل"),
    "restricted": ("the use of this contact's data is restricted", "استخدام بيانات هذا العميل مقيّد"),
    "consent_revoked": ("the contact withdrew the consent", "سحب العميل موافقته"),
}
"""Why a row is a duplicate or suppressed: code -> (English, Arabic)."""


def reason_of(code: str) -> dict[str, str]:
    """Why a row is a duplicate or suppressed, as code and words."""
    en, ar = REASONS[code]
    return {"reason": code, "reason_en": en, "reason_ar": ar}


def fields_of(item: Item) -> dict[str, Any]:
    """One row as programs and pages see it."""
    decision = dict(item.decision)
    shown: dict[str, Any] = {
        "index": item.index,
        "line": item.line,
        "status": item.status.value,
        "external_id": item.external_id,
        "contact": _masked(item.contact),
    }
    if item.reason:
        shown |= reason_of(item.reason)
    if item.of_job:
        shown["first_imported_in"] = item.of_job
    if item.faults:
        first = item.faults[0]
        shown["error"] = {
            "code": first.code,
            "field": first.field,
            "message_en": "; ".join(_named(f.field, f.message_en) for f in item.faults),
            "message_ar": "؛ ".join(_named(f.field, f.message_ar) for f in item.faults),
        }
    if item.status is ItemStatus.OK:
        shown["decision"] = decision
        shown["draft_id"] = item.draft_id or None
        shown["lead_id"] = item.conversation_id or None
    return shown


def summary_of(view: JobView) -> dict[str, Any]:
    """One job as programs see it."""
    job = view.job
    return {
        "id": job.id,
        "run_id": job.run_id,
        "status": view.status,
        "mode": job.mode.value,
        "source": job.source,
        "file_name": job.file_name,
        "total": job.total,
        "done": view.done,
        "messages": job.messages,
        "counts": dict(view.counts),
        "approval_id": job.approval_id or None,
        "decided_by": job.decided_by,
        "columns": dict(job.columns),
        "ignored_columns": list(job.ignored),
        "encoding": job.encoding,
        "fault": {"message_en": view.fault_en, "message_ar": view.fault_ar} if view.fault_en else None,
        "by": job.by.name,
        "created_at": job.created_at.isoformat(),
        "ended_at": job.ended_at.isoformat() if job.ended_at else None,
    }


async def csv_lines(items: AsyncIterable[Item]) -> AsyncIterator[str]:
    """The report for a spreadsheet, line by line."""
    yield csv_of(COLUMNS, ())
    async for item in items:
        yield csv_of([safe_cell(cell) for cell in _cells(item)], ()).removeprefix(UTF8_MARK)


async def json_lines(head: Mapping[str, Any], items: AsyncIterable[Item]) -> AsyncIterator[bytes]:
    """The same for a program."""
    yield orjson.dumps(dict(head))[:-1] + b',"items":['
    between = b""
    async for item in items:
        yield between + orjson.dumps(fields_of(item))
        between = b",\n"
    yield b"]}"


def _cells(item: Item) -> Sequence[object]:
    decision = item.decision
    reason = REASONS[item.reason][0] if item.reason else ""
    return (
        item.line,
        item.external_id,
        _masked(item.contact),
        item.status.value,
        reason,
        "; ".join(_named(f.field, f.message_en) for f in item.faults),
        "؛ ".join(_named(f.field, f.message_ar) for f in item.faults),
        decision.get("intent_detected", ""),
        decision.get("previous_stage", ""),
        decision.get("new_stage", ""),
        decision.get("response_message_ar", ""),
        item.draft_id,
        item.conversation_id,
        item.of_job,
    )


def _named(field: str, message: str) -> str:
    return f"{field}: {message}" if field else message


def _masked(contact: str) -> str:
    kind, _, body = contact.partition(":")
    return mask(body) if kind == "phone" else contact
