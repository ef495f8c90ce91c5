"""Campaigns, and what became of each of their contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo import conversations
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.campaigns.campaign import Campaign, CampaignContact, CampaignStatus, ContactStatus
from bot.people import Human

_GARBAGE = Index("garbage (all tenants)", (("expires_at", 1),), (("expireAfterSeconds", 0), ("name", "expired")))

CAMPAIGNS = Shelf(
    "campaigns",
    "one approved wording to many contacts: who asked, who agreed, how it ended",
    ("tenant_id", "name", "status", "created_at", "expires_at"),
    (
        Index(
            "which campaigns were there lately?", (("tenant_id", 1), ("created_at", -1)), (("name", "recent"),)
        ),
        Index(
            "which campaigns did a crash leave behind?",
            (("tenant_id", 1), ("status", 1), ("created_at", 1)),
            (("name", "by_status"),),
        ),
        _GARBAGE,
    ),
)

CONTACTS = Shelf(
    "campaign_contacts",
    "who is in a campaign, and what became of the message to each",
    ("tenant_id", "campaign_id", "index", "contact", "status", "expires_at"),
    (
        Index(
            "who is next, and what became of each?",
            (("tenant_id", 1), ("campaign_id", 1), ("status", 1), ("index", 1)),
            (("name", "by_status"),),
        ),
        Index(
            "everybody of a campaign, in the order of the list",
            (("tenant_id", 1), ("campaign_id", 1), ("index", 1)),
            (("unique", True), ("name", "by_index")),
        ),
        Index(
            "a contact stands in a campaign once",
            (("tenant_id", 1), ("campaign_id", 1), ("contact", 1)),
            (("unique", True), ("name", "once")),
        ),
        Index(
            "in which campaigns was this contact?", (("tenant_id", 1), ("contact", 1)), (("name", "by_contact"),)
        ),
        _GARBAGE,
    ),
    contact_field="contact",
    on_erasure=Erasure.DELETE,
)

_CAMPAIGN = TypeAdapter(Campaign)
_CONTACT = TypeAdapter(CampaignContact)
_OF_A_RESULT = ("status", "reason", "conversation_id", "draft_id", "is_bad")


class MongoCampaigns:
    """`bot.campaigns.campaign.CampaignRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._campaigns = Rows(door, CAMPAIGNS)
        self._contacts = Rows(door, CONTACTS)
        self._conversations = Rows(door, conversations.SHELF)

    async def add(self, campaign: Campaign, contacts: Sequence[CampaignContact]) -> bool:
        if await self.read(campaign.tenant_id, campaign.id) is not None:
            return False
        # Whoever died between the two writes told nobody; that list may not be this one.
        await self._contacts.of(campaign.tenant_id).delete_many({"campaign_id": campaign.id})
        if contacts:
            await self._contacts.of(campaign.tenant_id).insert_missing([_contact_row(one) for one in contacts])
        try:
            await self._campaigns.of(campaign.tenant_id).insert_one(_row(campaign))
        except Duplicate:
            return False
        return True

    async def read(self, tenant_id: str, campaign_id: str) -> Campaign | None:
        row = await self._campaigns.of(tenant_id).find_one({"_id": f"{tenant_id}:{campaign_id}"})
        return _campaign(row) if row else None

    async def write(self, campaign: Campaign) -> bool:
        row = _row(replace(campaign, v=campaign.v + 1))
        query = {"_id": row.pop("_id"), "v": campaign.v}
        row.pop("tenant_id")
        return bool(await self._campaigns.of(campaign.tenant_id).update_one(query, {"$set": row}))

    async def latest(self, tenant_id: str, limit: int) -> list[Campaign]:
        newest = [("created_at", -1), ("_id", -1)]
        return [_campaign(row) for row in await self._campaigns.of(tenant_id).find({}, sort=newest, limit=limit)]

    async def with_status(
        self, tenant_id: str, status: CampaignStatus, before: datetime, limit: int
    ) -> list[Campaign]:
        query = {"status": status.value, "created_at": {"$lt": before}}
        found = await self._campaigns.of(tenant_id).find(query, sort=[("created_at", 1)], limit=limit)
        return [_campaign(row) for row in found]

    async def in_status(
        self, tenant_id: str, campaign_id: str, status: ContactStatus, limit: int
    ) -> list[CampaignContact]:
        return await self.page(tenant_id, campaign_id, status.value, -1, limit)

    async def page(
        self, tenant_id: str, campaign_id: str, status: str, after: int, limit: int
    ) -> list[CampaignContact]:
        query: Document = {"campaign_id": campaign_id, "index": {"$gt": after}}
        if status:
            query["status"] = status
        found = await self._contacts.of(tenant_id).find(query, sort=[("index", 1)], limit=limit)
        return [_contact(row) for row in found]

    async def settle(self, contact: CampaignContact, was: ContactStatus) -> bool:
        row = _contact_row(contact)
        query = {"_id": row["_id"], "status": was.value}
        fields = {name: row[name] for name in _OF_A_RESULT}
        return bool(await self._contacts.of(contact.tenant_id).update_one(query, {"$set": fields}))

    async def spoiled(self, tenant_id: str, campaign_id: str, index: int) -> None:
        query = {"campaign_id": campaign_id, "index": index}
        await self._contacts.of(tenant_id).update_one(query, {"$set": {"is_bad": True}})

    async def cancel_pending(self, tenant_id: str, campaign_id: str) -> int:
        query = {"campaign_id": campaign_id, "status": ContactStatus.PENDING.value}
        return await self._contacts.of(tenant_id).update_many(
            query, {"$set": {"status": ContactStatus.CANCELLED.value}}
        )

    async def counts(self, tenant_id: str, campaign_id: str) -> Mapping[str, int]:
        return await self._counted(tenant_id, {"campaign_id": campaign_id}, "$status")

    async def reasons(self, tenant_id: str, campaign_id: str, status: ContactStatus) -> Mapping[str, int]:
        return await self._counted(tenant_id, {"campaign_id": campaign_id, "status": status.value}, "$reason")

    async def _counted(self, tenant_id: str, match: Document, by: str) -> Mapping[str, int]:
        group = [{"$match": match}, {"$group": {"_id": by, "n": {"$sum": 1}}}]
        return {row["_id"]: row["n"] for row in await self._contacts.of(tenant_id).aggregate(group)}

    async def bad(self, tenant_id: str, campaign_id: str) -> int:
        return await self._contacts.of(tenant_id).count({"campaign_id": campaign_id, "is_bad": True})

    async def at_stages(self, tenant_id: str, stages: Sequence[str], limit: int) -> list[str]:
        query = {"stage": {"$in": list(stages)}}
        rows = await self._conversations.of(tenant_id).find(query, {"_id": 1}, sort=[("_id", 1)], limit=limit)
        return [str(row["_id"]) for row in rows]


def _row(campaign: Campaign) -> Document:
    fields: dict[str, Any] = _CAMPAIGN.dump_python(campaign)
    fields.pop("id")
    for name in ("by", "decided_by"):
        human: Human = getattr(campaign, name)
        fields[name] = {"id": human.id, "name": human.name}
    return {**fields, "_id": f"{campaign.tenant_id}:{campaign.id}", "status": campaign.status.value}


def _campaign(row: Document) -> Campaign:
    fields = {name: value for name, value in row.items() if name != "_id"}
    return _CAMPAIGN.validate_python({**fields, "id": row["_id"].removeprefix(f"{row['tenant_id']}:")})


def _contact_row(contact: CampaignContact) -> Document:
    fields: dict[str, Any] = _CONTACT.dump_python(contact)
    row_id = f"{contact.tenant_id}:{contact.campaign_id}:{contact.index:06}"
    return {**fields, "status": contact.status.value, "_id": row_id}


def _contact(row: Document) -> CampaignContact:
    return _CONTACT.validate_python({name: value for name, value in row.items() if name != "_id"})
