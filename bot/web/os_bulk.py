"""
Many events in one call of `/os/bulk-process`: asked about, or imported as a durable job and waited for.

Rule 1: asking changes nothing. It reads who said no and what was imported before, because that decides what an
        import would come to.
Rule 2: an import of events is a job like every other: its rows are stored first, a crash repeats nothing, and
        more than ten answers in a day wait for a yes to the whole.
Rule 3: an event without a contact is a question only; it is never a duplicate of another.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any

from bot.ask import Ask
from bot.bulk.door import Numbered, Order
from bot.bulk.job import Item, ItemStatus, Mode
from bot.bulk.report import fields_of, reason_of
from bot.bulk.room import Bulk, JobView
from bot.bulk.row import Fault, Row, fault, row_of
from bot.conversation import Conversation
from bot.people import Human
from bot.web.os_events import Event, PureEvent, asked_of

# How long a caller waits for a job of a few hundred rows; what is not done by then goes on under its id.
WAITS_SECONDS = 20.0
LOOK_EVERY_SECONDS = 0.05

# The name under which these events are known: ids of events are unique within it and their `source`.
ORIGIN = "os"


class BulkEventsDesk:
    """Both ways to hand in many events."""

    def __init__(self, ask: Ask, bulk: Bulk, now: Callable[[], datetime]) -> None:
        self._ask = ask
        self._bulk = bulk
        self._now = now

    async def ask_about(self, tenant_id: str, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What would be decided about each."""
        seen: set[str] = set()
        results = [await self._asked(tenant_id, n, event, seen) for n, event in enumerate(events)]
        return {
            "processed": sum(1 for result in results if result["status"] == ItemStatus.OK),
            "mode": Mode.DRY_RUN.value,
            "results": results,
        }

    async def make_drafts(self, tenant_id: str, events: Sequence[Mapping[str, Any]], by: Human) -> dict[str, Any]:
        """Import them, and answer what became of each until now; what waits for a yes is `pending`."""
        now = self._now()
        rows = [Numbered(number, _row(event, now)) for number, event in enumerate(events, 1)]
        if not rows:
            return {"processed": 0, "mode": Mode.CREATE_DRAFTS.value, "results": []}
        order = Order(tenant_id, Mode.CREATE_DRAFTS, ORIGIN, by, counts_as_now=True)
        view = await self._bulk.take_rows(order, rows)
        until = monotonic() + WAITS_SECONDS
        while view.status in ("queued", "running") and monotonic() < until:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            view = await self._bulk.get(tenant_id, view.job.id)
        items = [item async for item in self._bulk.every(tenant_id, view.job.id)]
        return _told(view, [await self._result(item) for item in items])

    async def _result(self, item: Item) -> dict[str, Any]:
        """What became of a row; for one that still waits, what is going to."""
        if item.status is not ItemStatus.PENDING:
            return _shown(item)
        foreseen, _ = await self._bulk.handling.rehearse(item, None)
        return {**_shown(foreseen), "draft_id": None, "is_waiting": True}

    async def _asked(
        self, tenant_id: str, index: int, given: Mapping[str, Any], seen: set[str]
    ) -> dict[str, Any]:
        try:
            event = PureEvent.model_validate(dict(given))
        except ValueError as invalid:
            return {"index": index, "status": "error", "error": _wrong(invalid)}
        row = _row(given, self._now())
        if isinstance(row, Row):
            answer = await self._known(tenant_id, row, seen)
            if answer is not None:
                return {"index": index, **answer}
        decided = self._ask.decide(tenant_id, asked_of(event))
        return {"index": index, "status": "ok", "decision": decided, **decided, "timestamp": _at(self._now())}

    async def _known(self, tenant_id: str, row: Row, seen: set[str]) -> dict[str, Any] | None:
        """What is to be said of a row without deciding anything: it was here before, or its contact said no."""
        key = row.key(f"{ORIGIN}/{row.source}")
        if key in seen:
            return {"status": "duplicate", **reason_of("in_this_file")}
        seen.add(key)
        item = Item(tenant_id, "", 0, 0, ItemStatus.PENDING, self._now(), key=key, contact=row.contact)
        if await self._bulk.is_known(tenant_id, key):
            return {"status": "duplicate", **reason_of("imported_before")}
        contact: Conversation | None = await self._bulk.handling.contact_of(item, row)
        refused = await self._bulk.handling.said_no(contact) if contact else ""
        return {"status": "suppressed", **reason_of(refused)} if refused else None


def _row(given: Mapping[str, Any], now: datetime) -> Row | tuple[Fault, ...]:
    """An event as a row of an import."""
    try:
        event = Event.model_validate(dict(given))
    except ValueError as invalid:
        wrong = _wrong(invalid)
        return (Fault("not_an_event", "", wrong, f"قيم غير مقبولة: {wrong}"),)
    if not event.phone and not event.lead_id:
        return (fault("no_contact", "phone"),)
    return row_of(
        {
            "phone": event.phone,
            "lead_id": "" if event.phone else event.lead_id,
            "name": event.company,
            "company": event.company,
            "sector": event.sector,
            "email": event.email,
            "message": event.message,
            "button_id": event.button_id,
            "external_id": event.event_id,
            "source": event.source,
            "sent_at": event.sent_at,
        },
        now,
    )


def _wrong(invalid: ValueError) -> str:
    errors = getattr(invalid, "errors", list)()
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in errors) or "not an event"


def _told(view: JobView, results: list[dict[str, Any]]) -> dict[str, Any]:
    job = view.job
    return {
        "processed": view.counts[ItemStatus.OK],
        "mode": job.mode.value,
        "job_id": job.id,
        "run_id": job.run_id,
        "status": view.status,
        "approval_id": job.approval_id or None,
        "counts": dict(view.counts),
        "results": results,
    }


def _shown(item: Item) -> dict[str, Any]:
    """A result in the form in which every answer of `/os` stands, with the decision's fields beside it."""
    shown = {name: value for name, value in fields_of(item).items() if name not in ("line", "contact")}
    if "error" in shown:
        shown["error_ar"] = shown["error"]["message_ar"]
        shown["error"] = shown["error"]["message_en"]
    return {**dict(shown.get("decision", {})), **shown}


def _at(at: datetime) -> str:
    return at.isoformat()
