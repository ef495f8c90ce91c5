"""
The collections: their validators and indexes, created at start.

Rule 1: every document carries its tenant; a validator refuses one that does not.
Rule 2: every index begins with the tenant, except those of the sweep over all tenants, which say so.
Rule 3: each index names the question it answers.
"""

from typing import Any

from adapters.mongo import alerts
from adapters.mongo.driver import Door
from adapters.mongo.shelf import Index, Shelf

# Meta redelivers for up to 7 days; what remembers a seen id must outlast that.
SEEN_DAYS = 8
_DAY_SECONDS = 86_400


SHELVES = (
    Shelf(
        "conversations",
        "one document per contact: mailbox, seen ids, stage, drafts",
        ("tenant_id", "keys", "v", "stage"),
        (
            Index(
                "whose conversation is this contact key?",
                (("tenant_id", 1), ("keys", 1)),
                (("unique", True), ("name", "by_key")),
            ),
            Index(
                "which conversations have something to do now? (the sweep, over all tenants)",
                (("next_at", 1),),
                (("partialFilterExpression", {"next_at": {"$type": "date"}}), ("name", "due")),
            ),
            Index("which draft is this?", (("tenant_id", 1), ("outbox.id", 1)), (("name", "by_draft"),)),
            Index(
                "which message of ours does this receipt name?",
                (("tenant_id", 1), ("outbox.provider_message_ids", 1)),
                (("name", "by_provider_message"),),
            ),
            Index(
                "what waits for a human or is in doubt?",
                (("tenant_id", 1), ("outbox.status", 1)),
                (("name", "by_draft_status"),),
            ),
            Index(
                "which cards no longer show the truth?",
                (("tenant_id", 1), ("cards_due", 1)),
                (("partialFilterExpression", {"cards_due": True}), ("name", "cards_due")),
            ),
            Index("who wrote last?", (("tenant_id", 1), ("updated_at", -1)), (("name", "recent"),)),
            Index("how many are in each stage?", (("tenant_id", 1), ("stage", 1)), (("name", "by_stage"),)),
        ),
    ),
    Shelf(
        "timeline",
        "everything that happened, append only",
        ("tenant_id", "conversation_id", "what", "at"),
        (
            Index(
                "the story of one contact",
                (("tenant_id", 1), ("conversation_id", 1), ("at", 1)),
                (("name", "by_conversation"),),
            ),
            Index(
                "the story of one message",
                (("tenant_id", 1), ("correlation_id", 1)),
                (("name", "by_correlation"),),
            ),
            Index("how many of a kind, when", (("tenant_id", 1), ("what", 1), ("at", 1)), (("name", "by_kind"),)),
            Index(
                "what is not sealed yet?",
                (("tenant_id", 1), ("at", 1)),
                (("partialFilterExpression", {"open": True}), ("name", "open")),
            ),
        ),
    ),
    Shelf(
        "quarantine",
        "bodies that could not be understood or placed, as they came",
        ("tenant_id", "channel", "reason", "body", "received_at"),
        (
            Index("what came in lately", (("tenant_id", 1), ("received_at", -1)), (("name", "recent"),)),
            Index(
                "noise of a month ago (all tenants)",
                (("noise_at", 1),),
                (("expireAfterSeconds", 30 * _DAY_SECONDS),),
            ),
        ),
    ),
    Shelf(
        "waiting_receipts",
        "receipts that came before their message was written down",
        ("tenant_id", "channel", "key", "kept_at"),
        (Index("which waited longest? (the sweep, over all tenants)", (("kept_at", 1),), (("name", "oldest"),)),),
    ),
    Shelf(
        "suppressions",
        "contact keys we must never write to",
        ("tenant_id", "key", "reason", "at"),
        (
            Index(
                "may we write to this key?",
                (("tenant_id", 1), ("key", 1)),
                (("unique", True), ("name", "by_key")),
            ),
        ),
    ),
    Shelf(
        "postures",
        "what a tenant's humans switched at run time",
        ("tenant_id", "autonomy"),
        (Index("the one of a tenant", (("tenant_id", 1),), (("unique", True), ("name", "one"))),),
    ),
    Shelf(
        "seen",
        "update ids of Telegram and keys of idempotent requests, for 14 days",
        ("tenant_id", "seen_at"),
        (Index("garbage (all tenants)", (("seen_at", 1),), (("expireAfterSeconds", 14 * _DAY_SECONDS),)),),
    ),
    Shelf(
        "rule_editions",
        "a tenant's rules as they were put in force, append only",
        ("tenant_id", "number", "version", "files", "at"),
        (
            Index(
                "which edition is in force, and was somebody faster?",
                (("tenant_id", 1), ("number", -1)),
                (("unique", True), ("name", "by_number")),
            ),
        ),
    ),
    Shelf(
        "rule_changes",
        "rules that are being changed: the touched files of each",
        ("tenant_id", "v", "state", "edits"),
        (
            Index(
                "which changes are under way?",
                (("tenant_id", 1), ("state", 1), ("updated_at", -1)),
                (("name", "by_state"),),
            ),
        ),
    ),
    Shelf(
        "reviewed",
        "messages of the review queue that somebody has done with: a hash of their words each",
        ("tenant_id", "key", "at"),
        (
            Index(
                "has somebody done with these words?",
                (("tenant_id", 1), ("key", 1)),
                (("unique", True), ("name", "by_key")),
            ),
        ),
    ),
    alerts.SHELF,
    Shelf("marks", "small notes of the service itself, under the tenant `-`", ("tenant_id",)),
)


async def prepare(door: Door) -> None:
    """Create what is missing and bring validators up to date. Safe to run in several processes at once."""
    existing = set(await door.collection_names())
    for shelf in SHELVES:
        await _prepare_shelf(door, shelf, exists=shelf.name in existing)


async def _prepare_shelf(door: Door, shelf: Shelf, *, exists: bool) -> None:
    validator = _validator(shelf)
    if not exists:
        await door.create_missing_collection(shelf.name, validator)
    await door.command("collMod", shelf.name, validator=validator, validationLevel="strict")
    for index in shelf.indexes:
        await door.collection(shelf.name).create_index(index.keys, **dict(index.options))


def _validator(shelf: Shelf) -> dict[str, Any]:
    return {
        "$jsonSchema": {
            "bsonType": "object",
            "required": list(shelf.required),
            "properties": {"tenant_id": {"bsonType": "string", "minLength": 1}},
        }
    }
