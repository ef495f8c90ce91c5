"""Requests that wait for people: one row each; a decision is one conditional write."""

from datetime import datetime
from types import MappingProxyType

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import BY_CORRELATION, Erasure, Index, Shelf
from bot.authority.approval import Approval, ApprovalStatus, Risk, Step
from bot.conversation import ShownCard
from bot.people import Human

SHELF = Shelf(
    "approvals",
    "what somebody asked, who must agree, and who did",
    ("tenant_id", "kind", "action", "status", "v", "created_at", "expires_at"),
    (
        Index(
            "does the same thing wait already?",
            (("tenant_id", 1), ("open_key", 1)),
            (
                ("unique", True),
                ("name", "one_open"),
                ("partialFilterExpression", {"open_key": {"$type": "string"}}),
            ),
        ),
        Index(
            "what waits, and since when?",
            (("tenant_id", 1), ("status", 1), ("created_at", -1)),
            (("name", "by_status"),),
        ),
        Index("what was asked lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)),
        Index(
            "which decisions has nobody heard of yet?",
            (("tenant_id", 1), ("is_published", 1)),
            (("partialFilterExpression", {"is_published": False}), ("name", "unpublished")),
        ),
        BY_CORRELATION,
    ),
    contact_field="recipient",
    on_erasure=Erasure.REDACT,
)


class MongoApprovals:
    """`bot.authority.approval.ApprovalRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)

    async def add(self, approval: Approval, open_key: str) -> bool:
        try:
            await self._rows.of(approval.tenant_id).insert_one({**_row(approval), "open_key": open_key})
        except Duplicate:
            return False
        return True

    async def read(self, tenant_id: str, approval_id: str) -> Approval | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{approval_id}"})
        return _approval(row) if row else None

    async def open_of(self, tenant_id: str, open_key: str) -> Approval | None:
        row = await self._rows.of(tenant_id).find_one({"open_key": open_key})
        return _approval(row) if row else None

    async def change(self, changed: Approval) -> bool:
        """Write it if it still waits and nobody wrote since; `changed.v` is one more than what was read."""
        still = {
            "_id": f"{changed.tenant_id}:{changed.id}",
            "status": ApprovalStatus.PENDING.value,
            "v": changed.v - 1,
        }
        update: Document = {"$set": _changing(changed)}
        if changed.status is not ApprovalStatus.PENDING:
            update["$unset"] = {"open_key": ""}
        return bool(await self._rows.of(changed.tenant_id).update_one(still, update))

    async def noted(self, tenant_id: str, approval_id: str) -> None:
        await self._mark(tenant_id, approval_id, "is_noted")

    async def published(self, tenant_id: str, approval_id: str) -> None:
        await self._mark(tenant_id, approval_id, "is_published")

    async def _mark(self, tenant_id: str, approval_id: str, name: str) -> None:
        await self._rows.of(tenant_id).update_one({"_id": f"{tenant_id}:{approval_id}"}, {"$set": {name: True}})

    async def told(self, tenant_id: str, approval_id: str, level: int) -> None:
        await self._rows.of(tenant_id).update_one(
            {"_id": f"{tenant_id}:{approval_id}"}, {"$max": {"told_level": level}}
        )

    async def shown(self, tenant_id: str, approval_id: str, card: ShownCard) -> None:
        rows, key = self._rows.of(tenant_id), {"_id": f"{tenant_id}:{approval_id}"}
        await rows.update_one(key, {"$pull": {"cards": {"chat_id": card.chat_id}}})
        await rows.update_one(key, {"$push": {"cards": _card_row(card)}})

    async def pending(self, tenant_id: str) -> list[Approval]:
        query = {"status": ApprovalStatus.PENDING.value}
        found = await self._rows.of(tenant_id).find(query, sort=[("created_at", -1), ("_id", -1)])
        return [_approval(row) for row in found]

    async def latest(self, tenant_id: str, limit: int) -> list[Approval]:
        found = await self._rows.of(tenant_id).find({}, sort=[("created_at", -1), ("_id", -1)], limit=limit)
        return [_approval(row) for row in found]

    async def unpublished(self, tenant_id: str, limit: int) -> list[Approval]:
        query = {"is_published": False, "status": {"$ne": ApprovalStatus.PENDING.value}}
        return [_approval(row) for row in await self._rows.of(tenant_id).find(query, limit=limit)]

    async def shown_and_decided(self, tenant_id: str, since: datetime) -> list[Approval]:
        query = {"cards.0": {"$exists": True}, "decided_at": {"$gte": since}}
        return [_approval(row) for row in await self._rows.of(tenant_id).find(query)]


def _row(approval: Approval) -> Document:
    return {
        "_id": f"{approval.tenant_id}:{approval.id}",
        "id": approval.id,
        "kind": approval.kind,
        "action": approval.action,
        "action_class": approval.action_class,
        "resource": approval.resource,
        "content_sha256": approval.content_sha256,
        "recipient": approval.recipient,
        "title_en": approval.title_en,
        "title_ar": approval.title_ar,
        "summary_en": approval.summary_en,
        "summary_ar": approval.summary_ar,
        "risk": approval.risk.value,
        "priority": approval.priority,
        "requested_by": _person(approval.requested_by),
        "correlation_id": approval.correlation_id,
        "facts": [[name, value] for name, value in approval.facts.items()],
        "created_at": approval.created_at,
        "warn_at": approval.warn_at,
        "due_at": approval.due_at,
        "escalate_at": approval.escalate_at,
        "expires_at": approval.expires_at,
        "four_eyes": approval.four_eyes,
        "told_level": approval.told_level,
        "is_noted": approval.is_noted,
        "is_published": approval.is_published,
        "cards": [_card_row(card) for card in approval.cards],
        **_changing(approval),
    }


def _changing(approval: Approval) -> Document:
    """What a decision writes."""
    return {
        "steps": [_step_row(step) for step in approval.steps],
        "status": approval.status.value,
        "decided_by": _person(approval.decided_by),
        "on_behalf_of": _person(approval.on_behalf_of),
        "decided_at": approval.decided_at,
        "decision_note": approval.decision_note,
        "grant_id": approval.grant_id,
        "superseded_by": approval.superseded_by,
        "v": approval.v,
    }


def _step_row(step: Step) -> Document:
    return {
        "role": step.role,
        "by": _person(step.by),
        "on_behalf_of": _person(step.on_behalf_of),
        "at": step.at,
        "note": step.note,
    }


def _card_row(card: ShownCard) -> Document:
    return {"chat_id": card.chat_id, "message_id": card.message_id, "shown_rev": card.shown_rev}


def _person(human: Human) -> Document:
    return {"id": human.id, "name": human.name}


def _human(row: Document) -> Human:
    return Human(row["id"], row["name"])


def _approval(row: Document) -> Approval:
    return Approval(
        id=row["id"],
        tenant_id=row["tenant_id"],
        kind=row["kind"],
        action=row["action"],
        action_class=row["action_class"],
        resource=row["resource"],
        content_sha256=row["content_sha256"],
        recipient=row["recipient"],
        title_en=row["title_en"],
        title_ar=row["title_ar"],
        summary_en=row["summary_en"],
        summary_ar=row["summary_ar"],
        risk=Risk(row["risk"]),
        priority=row["priority"],
        requested_by=_human(row["requested_by"]),
        correlation_id=row["correlation_id"],
        facts=MappingProxyType(dict(row["facts"])),
        created_at=row["created_at"],
        warn_at=row["warn_at"],
        due_at=row["due_at"],
        escalate_at=row["escalate_at"],
        expires_at=row["expires_at"],
        steps=tuple(
            Step(s["role"], _human(s["by"]), _human(s["on_behalf_of"]), s["at"], s["note"]) for s in row["steps"]
        ),
        four_eyes=row["four_eyes"],
        status=ApprovalStatus(row["status"]),
        decided_by=_human(row["decided_by"]),
        on_behalf_of=_human(row["on_behalf_of"]),
        decided_at=row["decided_at"],
        decision_note=row["decision_note"],
        grant_id=row["grant_id"],
        superseded_by=row["superseded_by"],
        told_level=row["told_level"],
        is_noted=row["is_noted"],
        is_published=row["is_published"],
        cards=tuple(ShownCard(c["chat_id"], c["message_id"], c["shown_rev"]) for c in row["cards"]),
        v=row["v"],
    )
