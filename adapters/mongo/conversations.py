"""
One document per contact.

Rule 1: intake is one write that both dedupes and appends: the filter refuses a key already in `seen`, the update
        puts the event into the mailbox and its key into `seen`.
Rule 2: everybody else reads the document, changes it in memory, and writes it back only if its version is still
        the one that was read.
Rule 3: a contact as intake has just written it is kept for the worker who reads it next; whoever writes from it
        is held to its version like everybody else.
Rule 4: `seen` forgets by age, never by number, and later than any provider redelivers.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo import queries
from adapters.mongo.doors import Doors
from adapters.mongo.driver import REFUSED, Door, Duplicate, is_too_large
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.conversation import Conversation, LogEntry, Waiting
from bot.errors import MailboxFull, StaleConversation
from bot.inbox.finding import UNANSWERED, WORDS_AT_MOST, folded_words, traits_of, words_of
from bot.roles import Duty
from bot.store import Arrival, Due, Recorded, TimelineEntry

_CODEC = TypeAdapter(Conversation)
_WAITING = TypeAdapter(Waiting)
_ENTRY = TypeAdapter(LogEntry)

# Meta redelivers for up to 7 days; what remembers a seen id must outlast that.
SEEN_DAYS = 8

# The timeline keeps everything; the document keeps only what a crash could have left unrelayed.
LOG_KEPT = 60

# Contacts taken in and not looked at yet, within the pause for bursts; one more costs a read, not a message.
FRESH_KEPT = 500

# Whoever starts on restored data copies everything again; a page of logs is some megabytes, all of them are not.
CHANGED_PAGE = 200

# So many may share a part of a phone or a name before their order is worth a walk through the latest.
FEW = 200

SHELF = Shelf(
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
        Index(
            "what has this tenant to do now? (the sweep, where others fill it)",
            (("tenant_id", 1), ("next_at", 1)),
            (("partialFilterExpression", {"next_at": {"$type": "date"}}), ("name", "due_of_tenant")),
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
        Index("whose phone has these digits in it?", (("tenant_id", 1), ("phone", 1)), (("name", "by_phone"),)),
        Index("whose name has this in it?", (("tenant_id", 1), ("name", 1)), (("name", "by_name"),)),
        Index("who wrote last?", (("tenant_id", 1), ("updated_at", -1)), (("name", "recent"),)),
        Index("how many are in each stage?", (("tenant_id", 1), ("stage", 1)), (("name", "by_stage"),)),
        Index(
            "who was last active in this stage? (a column of the board)",
            (("tenant_id", 1), ("stage", 1), ("updated_at", -1)),
            (("name", "by_stage_recent"),),
        ),
        Index(
            "who had the last word, who is paused? (the inbox, newest first)",
            (("tenant_id", 1), ("traits", 1), ("updated_at", -1)),
            (("partialFilterExpression", {"traits": {"$gt": ""}}), ("name", "by_trait")),
        ),
        Index(
            "in which talk were these words said? (folded)",
            (("tenant_id", 1), ("words", 1)),
            (("name", "by_word"),),
        ),
    ),
    contact_field="_id",
    on_erasure=Erasure.DELETE,
    swept="a worker looks for conversations of all tenants whose time has come; it learns names, no contents",
)

_NOT_READ = {"seen": 0, "log": 0, "words": 0, "traits": 0}
_NOT_WRITTEN = frozenset({"id", "tenant_id", "created_at", "v", "mailbox", "keys"})


class MongoConversations:
    """The contacts of all tenants; every call names one tenant, but for the sweep `due`."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)
        self._fresh: dict[tuple[str, str], dict[str, Any]] = {}

    async def record(self, arrival: Arrival, now: datetime, new_id: str) -> Recorded:
        """Dedupe and append in one durable write, creating the contact when it is new."""
        keys = list(arrival.keys)
        while True:
            try:
                stored = await self._append(arrival, keys, now, new_id)
            except Duplicate:
                found = await self._among(arrival.tenant_id, keys)
                if any(_has_seen(row, arrival.waiting.key) for row in found):
                    return Recorded(_first_seen(found, arrival.waiting.key), is_new=False)
                if len(found) > 1:
                    # Two contacts turn out to be one person: the most stable key decides where this event goes.
                    keys = _keys_of_best(found, arrival.keys)
                continue  # another process created the contact between our look and our write
            except REFUSED as refused:
                if is_too_large(refused):
                    raise MailboxFull(f"conversation of {len(keys)} key(s) is full") from refused
                raise
            return Recorded(stored, is_new=True)

    async def _append(self, arrival: Arrival, keys: list[str], now: datetime, new_id: str) -> str:
        query = queries.accepts_event(keys, arrival.waiting.key)
        update = _appending(arrival, keys, now, new_id)
        mine = self._rows.of(arrival.tenant_id)
        row = await mine.find_one_and_update(query, update, projection=_NOT_READ, upsert=True)
        assert row is not None  # an upsert answers the document as it is afterwards
        self._keep_fresh(arrival.tenant_id, row)
        return str(row["_id"])

    def _keep_fresh(self, tenant_id: str, row: dict[str, Any]) -> None:
        name = (tenant_id, str(row["_id"]))
        self._fresh.pop(name, None)
        self._fresh[name] = row
        if len(self._fresh) > FRESH_KEPT:
            del self._fresh[next(iter(self._fresh))]

    async def _among(self, tenant_id: str, keys: Sequence[str]) -> list[dict[str, Any]]:
        return await self._rows.of(tenant_id).find(queries.any_key(keys), {"keys": 1, "seen.k": 1})

    async def read(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        return _load(await self._rows.of(tenant_id).find_one(queries.one(conversation_id), _NOT_READ))

    async def recall(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        """As this process took it in last, else as it is stored."""
        fresh = self._fresh.pop((tenant_id, conversation_id), None)
        return _load(fresh) if fresh else await self.read(tenant_id, conversation_id)

    async def commit(
        self,
        conversation: Conversation,
        now: datetime,
        *,
        handled: Sequence[str] = (),
        log: Sequence[LogEntry] = (),
    ) -> None:
        """Write the conversation if nobody else did since it was read. Raises StaleConversation."""
        conversation.updated_at = now
        self._fresh.pop((conversation.tenant_id, conversation.id), None)
        query = queries.at_version(conversation.id, conversation.v)
        mine = self._rows.of(conversation.tenant_id)
        matched = await mine.update_one(query, _writing(conversation, now, handled, log))
        if not matched:
            raise StaleConversation(f"conversation {conversation.id} is no longer at version {conversation.v}")
        conversation.v += 1
        if handled:
            conversation.mailbox = [w for w in conversation.mailbox if w.key not in handled]

    async def by_key(self, tenant_id: str, key: str) -> Conversation | None:
        return _load(await self._rows.of(tenant_id).find_one(queries.any_key([key]), _NOT_READ))

    async def by_draft(self, tenant_id: str, draft_id: str) -> Conversation | None:
        return _load(await self._rows.of(tenant_id).find_one(queries.holding_draft(draft_id), _NOT_READ))

    async def by_provider_message(self, tenant_id: str, ids: Sequence[str]) -> Conversation | None:
        return _load(await self._rows.of(tenant_id).find_one(queries.holding_message(ids), _NOT_READ))

    async def due(self, now: datetime, limit: int, duties: Collection[str] = ()) -> list[Due]:
        """The sweep: over all tenants on purpose; it hands out names, never contents."""
        fields = {"tenant_id": 1, "next_at": 1, "next_duty": 1}
        rows = await self._rows.sweep().find(queries.due(now, duties), fields, sort=[("next_at", 1)], limit=limit)
        return [Due(row["tenant_id"], row["_id"], row["next_at"], row.get("next_duty", "")) for row in rows]

    async def due_of(self, tenant_id: str, now: datetime, limit: int, duties: Collection[str] = ()) -> list[Due]:
        """The same of one tenant, for those whom a long backlog of another keeps off the sweep's page."""
        mine = self._rows.of(tenant_id)
        fields = {"next_at": 1, "next_duty": 1}
        rows = await mine.find(queries.due(now, duties), fields, sort=[("next_at", 1)], limit=limit)
        return [Due(tenant_id, row["_id"], row["next_at"], row.get("next_duty", "")) for row in rows]

    async def with_drafts(self, tenant_id: str, statuses: Sequence[str], limit: int) -> list[Conversation]:
        return await self._latest(tenant_id, queries.with_drafts(statuses), limit)

    async def with_cards_due(self, tenant_id: str, limit: int) -> list[Conversation]:
        return _load_all(await self._rows.of(tenant_id).find(queries.cards_due(), _NOT_READ, limit=limit))

    async def search(self, tenant_id: str, text: str, limit: int) -> list[Conversation]:
        """The latest that match; no contact is read that does not."""
        found = await self._latest(tenant_id, queries.exactly(text), limit)
        if found:
            return found
        field, part = queries.containing(text)
        mine = self._rows.of(tenant_id)
        few = await mine.find(part, {"_id": 1}, limit=FEW + 1, index=f"by_{field}")
        # Of what many have in common, the latest are soon met in the order of time.
        query = part if len(few) > FEW else {"_id": {"$in": [row["_id"] for row in few]}}
        return await self._latest(tenant_id, query, limit) if few else []

    async def recently_active(self, tenant_id: str, limit: int) -> list[Conversation]:
        return await self._latest(tenant_id, {}, limit)

    async def _latest(self, tenant_id: str, query: queries.Query, limit: int) -> list[Conversation]:
        found = self._rows.of(tenant_id).find(query, _NOT_READ, sort=[("updated_at", -1)], limit=limit)
        return _load_all(await found)

    async def changed_since(self, tenant_id: str, since: datetime) -> AsyncIterator[list[TimelineEntry]]:
        """The recent log of every conversation that changed, in pages; what a restart relays again."""
        seen: list[str] = []
        while True:
            query = queries.changed_since(since, seen)
            fields = {"log": 1, "updated_at": 1}
            mine = self._rows.of(tenant_id)
            rows = await mine.find(query, fields, sort=[("updated_at", 1)], limit=CHANGED_PAGE)
            yield [
                TimelineEntry(tenant_id, row["_id"], _ENTRY.validate_python(entry))
                for row in rows
                for entry in row.get("log", ())
            ]
            if len(rows) < CHANGED_PAGE:
                return
            # The next page begins at the moment at which this one ended, without what was read of that moment.
            last = rows[-1]["updated_at"]
            seen = [*(seen if last == since else []), *(row["_id"] for row in rows if row["updated_at"] == last)]
            since = last

    async def log_of(self, tenant_id: str, conversation_id: str) -> list[LogEntry]:
        row = await self._rows.of(tenant_id).find_one(queries.one(conversation_id), {"log": 1})
        return [_ENTRY.validate_python(entry) for entry in (row or {}).get("log", ())]

    async def count_by_stage(self, tenant_id: str) -> dict[str, int]:
        rows = await self._rows.of(tenant_id).aggregate(queries.count_by_stage())
        return {row["_id"]: row["n"] for row in rows}

    async def forget(self, tenant_id: str, conversation_id: str) -> None:
        await self._rows.of(tenant_id).delete_one(queries.one(conversation_id))


def _appending(arrival: Arrival, keys: Sequence[str], now: datetime, new_id: str) -> dict[str, Any]:
    """The update that takes one event in."""
    waiting = arrival.waiting
    update: dict[str, Any] = {
        "$push": {
            "mailbox": _WAITING.dump_python(waiting),
            "seen": {"k": waiting.key, "at": now},
        },
        "$inc": {"v": 1},
        "$set": {"updated_at": now, **_told(arrival)},
        "$addToSet": {"keys": {"$each": list(keys)}},
        "$setOnInsert": {"_id": new_id, "stage": "new_lead", "created_at": now},
    }
    if waiting.what == "message":
        # What the next commit writes anyway: nobody has answered yet, and these words were said.
        said = folded_words(str(waiting.data.get("text", "")))[:WORDS_AT_MOST]
        update["$addToSet"] |= {"traits": UNANSWERED, "words": {"$each": list(said)}}
    if arrival.opens_window:
        update["$max"] = {f"windows.{waiting.channel}": arrival.said_at or waiting.received_at}
    if arrival.wake_at:
        update["$min"] = {"next_at": arrival.wake_at}
        update["$set"]["next_duty"] = Duty.WORKER.value  # what waits is read before anything else is done
    return update


def _told(arrival: Arrival) -> dict[str, str]:
    """What an event tells about its contact; an event that does not say keeps what we knew."""
    told = {"phone": arrival.phone, "name": arrival.name}
    if arrival.opens_window:
        told["channel"] = arrival.waiting.channel
    return {name: value for name, value in told.items() if value}


def _writing(
    conversation: Conversation, now: datetime, handled: Sequence[str], log: Sequence[LogEntry]
) -> dict[str, Any]:
    """The update that writes a conversation back."""
    document = _CODEC.dump_python(conversation)
    fields = {name: value for name, value in document.items() if name not in _NOT_WRITTEN}
    unread = [waiting for waiting in conversation.mailbox if waiting.key not in handled]
    fields |= {"words": words_of(conversation, unread), "traits": traits_of(conversation, unread)}
    update: dict[str, Any] = {"$set": fields, "$inc": {"v": 1}}
    if fields["next_at"] is None:
        # Absent and not null: null sorts before every date, and the `$min` of the next arrival would keep it.
        del fields["next_at"]
        update["$unset"] = {"next_at": ""}
    if handled:
        update["$pull"] = {
            "mailbox": {"key": {"$in": list(handled)}},
            "seen": {"at": {"$lt": now - timedelta(days=SEEN_DAYS)}},  # it grows with the mailbox, and only then
        }
    if log:
        update["$push"] = {"log": {"$each": [_ENTRY.dump_python(e) for e in log], "$slice": -LOG_KEPT}}
    return update


def _load(row: dict[str, Any] | None) -> Conversation | None:
    return None if row is None else _CODEC.validate_python({**row, "id": row["_id"]})


def _load_all(rows: list[dict[str, Any]]) -> list[Conversation]:
    return [_CODEC.validate_python({**row, "id": row["_id"]}) for row in rows]


def _has_seen(row: dict[str, Any], key: str) -> bool:
    return any(seen["k"] == key for seen in row.get("seen", ()))


def _first_seen(rows: list[dict[str, Any]], key: str) -> str:
    return next(str(row["_id"]) for row in rows if _has_seen(row, key))


def _keys_of_best(rows: list[dict[str, Any]], keys: Sequence[str]) -> list[str]:
    """The wanted keys that the row with the most stable of them already has."""
    best = next(row for key in keys for row in rows if key in row["keys"])
    return [key for key in keys if key in best["keys"]]
