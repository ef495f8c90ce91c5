"""
Everything that is stored about one contact, over every collection there is: to be shown, forgotten, and searched.

Rule 1: which collections there are, and what becomes of their rows, is what their shelves say; a new shelf is
        walked without anybody thinking of it.
Rule 2: what must outlive the contact keeps a fingerprint in place of the phone: suppressions, consents, requests.
Rule 3: rows that nobody could place are the contact's when their phone stands in them.
Rule 4: done twice, or broken off and done again, it comes to the same.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from adapters.mongo import schema
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.scope import Rows, Scoped
from adapters.mongo.shelf import Erasure, Shelf
from bot.privacy.data_requests import Subject
from bot.privacy.personal import Needles

Document = dict[str, Any]
Fingerprint = Callable[[str], str]

PAGE = 500

# Emptied by the seals, which know what must stay for a block to be verified.
SEALED = "timeline"

# Bodies, early receipts and stored answers carry phones and ids in places of their own.
UNPLACED = ("quarantine", "waiting_receipts", "idempotency_keys")

# What staff and the service note about themselves is not the contact's; nor is a file about several contacts.
_NOT_SHOWN = frozenset(
    {"tenant_id", "salt", "open", "seal", "seen", "log", "cards", "owner", "json_gz", "html_gz"}
    | {"file_bytes", "file_contacts"}
)
_OF_STAFF = frozenset({"by", "by_name", "decided_by", "approver", "shown_to", "made_by", "actor", "requested_by"})


class MongoPersonal:
    """The walk over all shelves; every call names its tenant."""

    def __init__(self, door: Door | Doors) -> None:
        self._door = door

    async def about(self, tenant_id: str, subject: Subject) -> dict[str, list[Document]]:
        """Every row about a contact, by collection, without what staff noted about themselves."""
        found = {}
        for shelf in schema.SHELVES:
            if shelf.contact_field:
                rows = await self._of(shelf, tenant_id).find(_theirs(shelf, subject))
                found[shelf.name] = [_shown(row) for row in rows]
        return {name: rows for name, rows in found.items() if rows}

    async def forget(
        self, tenant_id: str, subject: Subject, needles: Needles, fingerprint: Fingerprint, because_of: str
    ) -> dict[str, int]:
        """
        Forget a contact everywhere but in the timeline; answers how many rows changed, by collection.

        Args:
            because_of: the id of the request that is being carried out; it keeps its subject until it is done.
        """
        changed = {}
        # The talk itself last: it knows the contact's words, by which they are found in everything else.
        for shelf in sorted(schema.SHELVES, key=lambda one: one.name == "conversations"):
            rows = self._of(shelf, tenant_id)
            match shelf.name:
                case "suppressions":
                    changed[shelf.name] = await _fingerprinted_suppressions(rows, tenant_id, subject, fingerprint)
                case "consent_events":
                    changed[shelf.name] = await _fingerprinted_consents(rows, subject, fingerprint)
                case "data_requests":
                    changed[shelf.name] = await _fingerprinted_requests(rows, subject, fingerprint, because_of)
                case name if name in UNPLACED:
                    changed[name] = await self._drop_found(shelf, tenant_id, needles)
                case name if name != SEALED and shelf.on_erasure is Erasure.DELETE:
                    changed[name] = await rows.delete_many(_theirs(shelf, subject))
                case name if name != SEALED and shelf.on_erasure is Erasure.REDACT:
                    changed[name] = await self._scrub(shelf, tenant_id, needles)
        return {name: count for name, count in changed.items() if count}

    async def left(self, tenant_id: str, needles: Needles, besides: str) -> dict[str, int]:
        """In how many rows of each collection a search still finds the contact; `besides` names one row."""
        found: dict[str, int] = {}
        for shelf in schema.SHELVES:
            async for row in self._each(shelf, tenant_id):
                # Staff may be called as the contact is; their names are not what is looked for.
                texts = tuple(_strings(_without(row, _OF_STAFF)))
                if row["_id"] != f"{tenant_id}:{besides}" and needles.are_in(texts):
                    found[shelf.name] = found.get(shelf.name, 0) + 1
        return found

    def _of(self, shelf: Shelf, tenant_id: str) -> Scoped:
        return Rows(self._door, shelf).of(tenant_id)

    async def _each(self, shelf: Shelf, tenant_id: str) -> AsyncIterator[Document]:
        """Every row of a tenant, a page at a time."""
        after: Mapping[str, Any] = {}
        while True:
            rows = await self._of(shelf, tenant_id).find(after, sort=[("_id", 1)], limit=PAGE)
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            after = {"_id": {"$gt": rows[-1]["_id"]}}

    async def _drop_found(self, shelf: Shelf, tenant_id: str, needles: Needles) -> int:
        dropped = 0
        async for row in self._each(shelf, tenant_id):
            if needles.are_in(tuple(_strings(row))) or needles.name_the_contact(tuple(_strings(row))):
                dropped += await self._of(shelf, tenant_id).delete_one({"_id": row["_id"]})
        return dropped

    async def _scrub(self, shelf: Shelf, tenant_id: str, needles: Needles) -> int:
        """Take the contact's phone, name and words out of rows that must stay."""
        scrubbed = 0
        async for row in self._each(shelf, tenant_id):
            texts = tuple(_strings(row))
            if not (needles.are_in(texts) or needles.name_the_contact(texts)):
                continue
            clean = {
                name: _scrubbed(value, needles) for name, value in row.items() if name not in ("_id", "tenant_id")
            }
            if clean != {name: value for name, value in row.items() if name not in ("_id", "tenant_id")}:
                await self._of(shelf, tenant_id).update_one({"_id": row["_id"]}, {"$set": clean})
                scrubbed += 1
        return scrubbed


def _theirs(shelf: Shelf, subject: Subject) -> Mapping[str, Any]:
    return {shelf.contact_field: {"$in": [*subject.keys, *subject.conversation_ids]}}


async def _fingerprinted_suppressions(
    rows: Scoped, tenant_id: str, subject: Subject, fingerprint: Fingerprint
) -> int:
    """The new row is there before the old one goes: at no moment is nobody suppressed."""
    changed = 0
    for row in await rows.find({"key": {"$in": list(subject.keys)}}):
        hidden = fingerprint(row["key"])
        kept = {name: row[name] for name in ("reason", "at", "lifted_at") if name in row}
        evidence = {"lift_evidence": "erased"} if "lifted_at" in row else {}
        fields = {"key": hidden, "source_key": "erased", **kept, **evidence}
        gone = {} if "lifted_at" in row else {"$unset": {"lifted_at": "", "lift_evidence": ""}}
        await rows.update_one({"_id": f"{tenant_id}:{hidden}"}, {"$set": fields, **gone}, upsert=True)
        changed += await rows.delete_one({"_id": row["_id"]})
    return changed


async def _fingerprinted_consents(rows: Scoped, subject: Subject, fingerprint: Fingerprint) -> int:
    changed = 0
    for row in await rows.find({"keys": {"$in": list(subject.keys)}}):
        hidden = [fingerprint(key) for key in row["keys"]]
        fields = {"keys": hidden, "phone_e164": "", "text": "", "evidence_ref": "erased"}
        changed += await rows.update_one({"_id": row["_id"]}, {"$set": fields})
    return changed


async def _fingerprinted_requests(
    rows: Scoped, subject: Subject, fingerprint: Fingerprint, because_of: str
) -> int:
    changed = 0
    for row in await rows.find({"subject.keys": {"$in": list(subject.keys)}}):
        if row["_id"].endswith(f":{because_of}"):
            continue
        hidden = [fingerprint(key) for key in row["subject"]["keys"]]
        fields = {
            "subject": {**row["subject"], "keys": hidden, "phone": "", "name": ""},
            "evidence_ref": "erased",
            "correction": {},
        }
        changed += await rows.update_one({"_id": row["_id"]}, {"$set": fields})
    return changed


def _strings(value: object) -> list[str]:
    """Every text in a row, wherever it stands."""
    match value:
        case str():
            return [value]
        case bytes():
            return [value.decode("utf-8", "ignore")]
        case dict():
            return [text for key, inner in value.items() for text in (str(key), *_strings(inner))]
        case list() | tuple():
            return [text for inner in value for text in _strings(inner)]
    return []


def _scrubbed(value: object, needles: Needles) -> Any:
    match value:
        case str():
            return needles.cut_from(value)
        case dict():
            return {key: _scrubbed(inner, needles) for key, inner in value.items()}
        case list() | tuple():
            return [_scrubbed(inner, needles) for inner in value]
    return value


def _shown(row: Document) -> Any:
    return _readable(_without(row, _NOT_SHOWN | _OF_STAFF))


def _without(value: object, names: frozenset[str]) -> Any:
    """The same without the fields of these names, at any depth."""
    match value:
        case dict():
            return {name: _without(inner, names) for name, inner in value.items() if name not in names}
        case list() | tuple():
            return [_without(inner, names) for inner in value]
    return value


def _readable(value: object) -> Any:
    match value:
        case dict():
            return {name: _readable(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_readable(inner) for inner in value]
        case bytes():
            return value.decode("utf-8", "replace")
    return value
