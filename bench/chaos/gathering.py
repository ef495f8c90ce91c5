"""
Reads what is left when a run is over: from the fakes, and from the database with a client of its own.

Rule 1: nothing here goes through the product, except the one command that an auditor would run.
Rule 2: of what people wrote only hashes and canaries are kept.
"""

import asyncio
import hashlib
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from bench.chaos.checks.inbound import TOKEN
from bench.chaos.history import Call, Chain, Contact, DraftEnd, Fact, Stray, Taken
from bench.chaos.tenants import FORGED, TENANTS
from tests.fakes.whatsapp import FakeWhatsApp

Row = Mapping[str, Any]
BLOCKS = "seals"

# What the checks read of each kind of fact; the rest of it may hold what people wrote.
KEPT: dict[str, tuple[str, ...]] = {
    "message_received": ("key", "provider_message_id"),
    "event_parked": ("key",),
    "decided": ("intent",),
    "kept_silent": ("reason",),
    "reply_queued_by_bot": ("draft", "wording"),
    "draft_held": ("draft", "wording", "why", "step"),
    "draft_outdated": ("draft", "by"),
    "draft_approved": ("draft", "by", "grant", "text_sha256"),
    "draft_edited": ("draft", "by"),
    "draft_rejected": ("draft", "by"),
    "draft_expired": ("draft",),
    "gate_refused": ("draft", "code", "next"),
    "attempt_started": ("draft", "attempt", "channel", "kind", "text_sha256", "grant"),
    "attempt_ended": ("draft", "attempt", "send_class", "http_status"),
    "attempt_orphaned": ("draft", "attempt"),
    "doubt_resolved": ("draft", "arrived", "by", "grant", "text_sha256"),
    "send_postponed": ("draft",),
    "send_given_up": ("draft",),
    "follow_up_cancelled": ("draft",),
    "stage_moved": ("before", "after", "event", "by"),
    "opted_out": ("before", "after", "reason"),
    "consent_renewed": ("was",),
    "taken_over": (),
    "handed_back": (),
}


class Records:
    """The database, read past the product."""

    def __init__(self, uri: str, database: str) -> None:
        self._uri, self._database = uri, database

    async def is_quiet(self) -> str:
        """Empty when nothing is unread, under way or could leave now; else what is left."""
        now = datetime.now(UTC).replace(tzinfo=None)
        busy = {
            "mailbox.0": {"$exists": True},
            # Cards come late, as Telegram takes one message a second; whether they came is judged in Telegram.
            "cards_due": True,
            "outbox": {
                "$elemMatch": {
                    "$or": [
                        {"status": "sending"},
                        {"status": "queued", "retry_at": None},
                        {"status": "queued", "retry_at": {"$lte": now}},
                    ]
                }
            },
        }
        async with AsyncMongoClient(self._uri, serverSelectionTimeoutMS=5_000) as client:
            rows = client[self._database]
            counts = {name: await rows.conversations.count_documents({name: wish}) for name, wish in busy.items()}
            counts["early receipts"] = await _still_early(rows)
        left = {name: number for name, number in counts.items() if number}
        return str(left) if left else ""

    async def moves_back(self, by: timedelta, at_most: int) -> int:
        """Let time have passed for contacts to whom nothing is on its way; answers for how many."""
        millis = int(by.total_seconds() * 1_000)
        windows = {
            "$arrayToObject": {
                "$map": {
                    "input": {"$objectToArray": "$windows"},
                    "in": {"k": "$$this.k", "v": {"$subtract": ["$$this.v", millis]}},
                }
            }
        }
        recent = {
            "$map": {
                "input": "$recent",
                "in": {"$mergeObjects": ["$$this", {"at": {"$subtract": ["$$this.at", millis]}}]},
            }
        }
        passing = {"windows": windows, "recent": recent, "follow_up": None, "next_at": "$$NOW"}
        change = [{"$set": {**passing, "v": {"$add": ["$v", 1]}}}]
        rests = {
            "mailbox": [],
            "mode": "bot",
            "sends_paused": "",
            "suppression": None,
            "recent.1": {"$exists": True},
            "outbox.status": {"$nin": ["held", "queued", "sending", "unknown"]},
            "followed_up": {},
        }
        moved = 0
        async with AsyncMongoClient(self._uri) as client:
            conversations = client[self._database]["conversations"]
            found = [row async for row in conversations.find(rests, {"v": 1}, limit=at_most)]
            for row in found:
                result = await conversations.update_one({**rests, "_id": row["_id"], "v": row["v"]}, change)
                moved += result.modified_count
        return moved

    async def is_sealed(self) -> bool:
        """Whether every fact was copied out and sealed; what a killed process left is adopted later."""
        return not any([(await self.gaps(tenant.id))[0] for tenant in TENANTS])

    async def facts(self) -> list[Fact]:
        """The history as it was copied out, and what still lies in the contacts' own records."""
        found: dict[tuple[str, str], Fact] = {}
        fields = dict.fromkeys(("tenant_id", "conversation_id", "what", "at", "correlation_id"), 1)
        for names in KEPT.values():
            fields |= {f"data.{name}": 1 for name in names}
        async with AsyncMongoClient(self._uri) as client:
            database = client[self._database]
            async for row in database["timeline"].find({"what": {"$in": list(KEPT)}}, fields):
                fact = _fact(row, row["_id"].partition(":")[2], row["conversation_id"])
                found[fact.tenant, fact.id] = fact
            async for row in database["conversations"].find({}, {"tenant_id": 1, "log": 1}):
                for entry in row.get("log", ()):
                    if entry["what"] in KEPT:
                        fact = _fact({**entry, "tenant_id": row["tenant_id"]}, entry["id"], row["_id"])
                        found.setdefault((fact.tenant, fact.id), fact)
        return list(found.values())

    async def contacts(self) -> list[Contact]:
        async with AsyncMongoClient(self._uri) as client:
            rows = client[self._database]["conversations"].find({}, {"log": 0, "recent": 0})
            return [_contact(row) async for row in rows]

    async def strays(self) -> tuple[int, list[Stray]]:
        """How many rows were searched, and where a tenant's or a forger's word is where it must not be."""
        searched, found = 0, []
        async with AsyncMongoClient(self._uri) as client:
            database = client[self._database]
            for name in sorted(await database.list_collection_names()):
                async for row in database[name].find():
                    searched += 1
                    found += _strays_in(name, row)
        return searched, found

    async def gaps(self, tenant_id: str) -> tuple[int, int]:
        """Facts in no sealed block and blocks that do not follow each other; and how many facts there are."""
        async with AsyncMongoClient(self._uri) as client:
            database = client[self._database]
            timeline = database["timeline"]
            ids = {row["_id"] async for row in timeline.find({"tenant_id": tenant_id}, {"_id": 1})}
            unsealed = await timeline.count_documents({"tenant_id": tenant_id, "seal": {"$exists": False}})
            logged = {
                f"{tenant_id}:{entry['id']}"
                async for row in database["conversations"].find({"tenant_id": tenant_id}, {"log.id": 1})
                for entry in row.get("log", ())
            }
            broken, before, sealed = 0, None, set()
            async for block in database[BLOCKS].find({"tenant_id": tenant_id}, sort=[("seq", 1)]):
                if before is not None:
                    broken += block["seq"] != before["seq"] + 1 or block["prev_hash"] != before["hash"]
                sealed |= {f"{tenant_id}:{link['id']}" for link in block["entries"]}
                before = block
        return unsealed + broken + len(logged - ids) + len(ids ^ sealed), len(ids)


def calls(fakes: Mapping[str, FakeWhatsApp]) -> list[Call]:
    return [
        Call(
            tenant=tenant,
            provider=heard.provider,
            phone=_digits(heard.recipient),
            text_sha256=_sha(heard.text),
            at=heard.at,
            ended_at=heard.ended_at,
            behaviour=heard.behaviour,
            taken=heard.is_taken,
        )
        for tenant, fake in fakes.items()
        for heard in fake.heard
    ]


def taken(fakes: Mapping[str, FakeWhatsApp]) -> list[Taken]:
    return [
        Taken(
            tenant=tenant,
            provider=entry.provider,
            phone=_digits(entry.recipient),
            text_sha256=_sha(entry.text),
            reference=entry.reference,
            id=entry.id,
            at=entry.at,
            canaries=canaries(entry.text),
        )
        for tenant, fake in fakes.items()
        for entry in fake.ledger
    ]


_VERIFY = """
import sys, typer
from bot.commands.evidence import app
for tenant in sys.argv[1:]:
    code = app(["verify", "--tenant", tenant], standalone_mode=False) or 0
    print(f"\\n::{tenant}::{code}", flush=True)
"""
"""`dealix evidence verify`, tenant after tenant in one process: a start costs seconds."""


async def verify(folder: Path, environment: dict[str, str], records: Records) -> list[Chain]:
    """What an auditor would run for each tenant, and a count of our own beside it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _VERIFY, *(tenant.id for tenant in TENANTS)),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    text = said.decode("utf-8", "replace")
    chains = []
    for tenant in TENANTS:
        found = re.search(rf"::{tenant.id}::(\d+)", text)
        gaps, entries = await records.gaps(tenant.id)
        code = int(found[1]) if found else 1
        chains.append(Chain(tenant.id, code, text[-2_000:] if code else "", gaps, entries))
    return chains


def canaries(text: str) -> tuple[str, ...]:
    """The tenants whose word is in a text."""
    return tuple(tenant.id for tenant in TENANTS if tenant.canary in text)


def _fact(row: Row, fact_id: str, conversation: str) -> Fact:
    wanted = KEPT[row["what"]]
    data = {name: value for name, value in (row.get("data") or {}).items() if name in wanted}
    return Fact(
        row["tenant_id"], conversation, fact_id, row["what"], _seconds(row["at"]), row["correlation_id"], data
    )


def _contact(row: Row) -> Contact:
    drafts = tuple(
        DraftEnd(
            id=d["id"],
            kind=d["kind"],
            status=d["status"],
            retry_at=_seconds(d["retry_at"]) if d.get("retry_at") else 0.0,
            message_ids=tuple(d.get("provider_message_ids", ())),
        )
        for d in row.get("outbox", ())
    )
    return Contact(
        tenant=row["tenant_id"],
        id=row["_id"],
        phone=row.get("phone", ""),
        stage=row["stage"],
        is_suppressed=bool(row.get("suppression")),
        drafts=drafts,
        seen=_tokens(mark["k"] for mark in row.get("seen", ())),
        unread=_tokens(waits["key"] for waits in row.get("mailbox", ())),
    )


def _strays_in(collection: str, row: Row) -> Iterable[Stray]:
    tenant = row.get("tenant_id")
    text = repr(row)
    if not tenant:
        yield Stray(collection, "", f"row {row['_id']!r} has no tenant")
    for other in canaries(text):
        if other != tenant:
            yield Stray(collection, str(tenant), f"row {row['_id']!r} holds the canary of {other}")
    if FORGED in text:
        yield Stray("forged", str(tenant), f"{collection} {row['_id']!r} holds forged words")


def _tokens(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(found[0] for key in keys if (found := TOKEN.search(key)))


def _seconds(at: datetime) -> float:
    """Databases answer times in UTC without saying so."""
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()


def _digits(recipient: str) -> str:
    return "".join(sign for sign in recipient.partition("@")[0] if sign.isdigit())


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def environment_without_secrets() -> dict[str, str]:
    """What every process of ours inherits from the machine."""
    return {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}


async def _still_early(rows: Any) -> int:
    """Receipts that came before their message was written down, which it is by now: each is tried again."""
    early: dict[str, set[str]] = defaultdict(set)
    async for row in rows.waiting_receipts.find({}, {"tenant_id": 1, "receipt.provider_message_ids": 1}):
        early[row["tenant_id"]].update(row["receipt"]["provider_message_ids"])
    found = 0
    for tenant_id, ids in early.items():
        known = {"tenant_id": tenant_id, "outbox.provider_message_ids": {"$in": list(ids)}}
        found += await rows.conversations.count_documents(known)
    return found
