"""
The raw records behind every number, counted by the server where it can.

Rule: every question begins at an index; the tests of plans hold the ones that a page asks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.mongo.approvals import SHELF as APPROVALS
from adapters.mongo.consents import SHELF as CONSENTS
from adapters.mongo.conversations import SHELF as CONVERSATIONS
from adapters.mongo.doors import Doors
from adapters.mongo.driver import Door
from adapters.mongo.packs import PACKS, REVIEWS
from adapters.mongo.runs import RUNS
from adapters.mongo.scope import Rows
from adapters.mongo.timeline import SHELF as TIMELINE
from bot.deals.refunds import REFUNDED
from bot.evidence.payment import VERIFIED
from bot.metrics.records import Ahead, Handled, Outcome, PacksNow, Paid, Reached
from flows import deal

# So many ids in one question stay far below what a question may weigh.
AT_ONCE = 5_000

# No request waits longer (`rules.policies.deadlines.LONGEST`), and no draft either.
LONGEST_WAIT = timedelta(days=31)

# Whoever is answered later than this was not answered but written to anew.
ANSWERED_WITHIN = timedelta(days=7)

_OUTCOMES = {"closed_won": "won", "closed_lost": "lost"}
_DECIDING = sorted({event for (_, event), after in deal.TABLE.items() if after in _OUTCOMES})

# Reasons of a suppression: whoever renews a consent while one of them held comes back from `opted_out`.
_SUPPRESSED = ["user_optout", "provider_optout", "manual"]


class MongoNumbers:
    """`bot.metrics.records.NumberRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._timeline = Rows(door, TIMELINE)
        self._conversations = Rows(door, CONVERSATIONS)
        self._approvals = Rows(door, APPROVALS)
        self._runs = Rows(door, RUNS)
        self._packs = Rows(door, PACKS)
        self._reviews = Rows(door, REVIEWS)
        self._consents = Rows(door, CONSENTS)

    async def payments(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Paid]:
        """By the moment of the payment where it was told, else by that of the record, which is never earlier."""
        rows = self._timeline.of(tenant_id)
        wanted = {"conversation_id": 1, "at": 1, "what": 1, "data.amount_halalas": 1, "data.paid_at": 1}
        moved = await rows.find(paid_since(since), wanted)
        refunded = await rows.find({"what": REFUNDED, "at": {"$gte": since}}, wanted)
        found = (_paid(row) for row in (*moved, *refunded))
        return sorted((p for p in found if since <= p.at < until), key=lambda p: (p.at, p.entry_id))

    async def outcomes(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Outcome]:
        rows = self._timeline.of(tenant_id)
        wanted = {"conversation_id": 1, "at": 1, "data.after": 1}
        span = {"$gte": since, "$lt": until}
        moved = await rows.find(decided_in(since, until), wanted)
        opened = {"what": "consent_renewed", "at": span, "data.was": {"$in": _SUPPRESSED}}
        found = [
            Outcome(row["conversation_id"], row["at"], _OUTCOMES[row["data"]["after"]])
            for row in moved
            if row["data"].get("after") in _OUTCOMES
        ]
        found += [
            Outcome(row["conversation_id"], row["at"], "reopened") for row in await rows.find(opened, wanted)
        ]
        return sorted(found, key=lambda one: (one.at, one.conversation_id))

    async def opt_outs(self, tenant_id: str, since: datetime, until: datetime) -> int:
        who = {"$group": {"_id": "$conversation_id"}}
        return await self._counted(tenant_id, {"what": "opted_out", "at": {"$gte": since, "$lt": until}}, who)

    async def messages(self, tenant_id: str, since: datetime, until: datetime) -> int:
        query = {"what": "message_received", "at": {"$gte": since, "$lt": until}}
        return await self._timeline.of(tenant_id).count(query)

    async def drafts(self, tenant_id: str, since: datetime, until: datetime) -> Handled:
        rows, ended = self._timeline.of(tenant_id), ["draft_approved", "draft_rejected", "draft_expired"]
        span = {"$gte": since, "$lt": until}
        found = await rows.aggregate(
            [
                {"$match": {"what": {"$in": ended}, "at": span}},
                {"$group": {"_id": "$data.draft", "what": {"$addToSet": "$what"}}},
            ]
        )
        expired = {row["_id"] for row in found if row["what"] == ["draft_expired"]}
        waited = {"what": "draft_waits_too_long", "at": {"$gte": since - LONGEST_WAIT, "$lt": until}}
        overdue = await rows.aggregate(
            [{"$match": {**waited, "data.level": {"$gte": 2}}}, {"$group": {"_id": "$data.draft"}}]
        )
        late = {row["_id"] for row in overdue} & {row["_id"] for row in found}
        return Handled(len(found) - len(expired), len(found), len(late | expired))

    async def requests(self, tenant_id: str, since: datetime, until: datetime) -> Handled:
        over = {"$or": [{"$eq": ["$status", "expired"]}, {"$gt": ["$decided_at", "$due_at"]}]}
        rows = await self._approvals.of(tenant_id).aggregate(
            [
                {
                    "$match": {
                        "status": {"$in": ["approved", "rejected", "expired"]},
                        "created_at": {"$gte": since - LONGEST_WAIT, "$lt": until},
                        "decided_at": {"$gte": since, "$lt": until},
                    }
                },
                {
                    "$group": {
                        "_id": None,
                        "n": {"$sum": 1},
                        "decided": {"$sum": {"$cond": [{"$eq": ["$status", "expired"]}, 0, 1]}},
                        "late": {"$sum": {"$cond": [over, 1, 0]}},
                    }
                },
            ]
        )
        return Handled(rows[0]["decided"], rows[0]["n"], rows[0]["late"]) if rows else Handled(0, 0, 0)

    async def responses(self, tenant_id: str, since: datetime, until: datetime) -> Mapping[int, int]:
        span = {"$gte": since, "$lt": until + ANSWERED_WITHIN}
        wanted = [
            {"what": "message_received", "at": {"$gte": since, "$lt": until}},
            {"what": "attempt_ended", "at": span, "data.send_class": "accepted"},
        ]
        heard = {
            "$cond": [{"$eq": ["$what", "message_received"]}, {"$ifNull": ["$data.received_at", "$at"]}, None]
        }
        said = {"$cond": [{"$eq": ["$what", "attempt_ended"]}, "$at", None]}
        rows = await self._timeline.of(tenant_id).aggregate(
            [
                {"$match": {"$or": wanted}},
                {"$group": {"_id": "$correlation_id", "heard": {"$min": heard}, "said": {"$min": said}}},
                {"$match": {"heard": {"$ne": None}, "said": {"$ne": None}}},
                {"$project": {"s": {"$divide": [{"$subtract": ["$said", "$heard"]}, 1_000]}}},
                {"$group": {"_id": {"$floor": {"$max": ["$s", 0]}}, "n": {"$sum": 1}}},
            ]
        )
        return {int(row["_id"]): int(row["n"]) for row in rows}

    async def workflows(self, tenant_id: str, since: datetime, until: datetime) -> int:
        query = {"status": "completed", "ended_at": {"$gte": since, "$lt": until}}
        return await self._runs.of(tenant_id).count(query)

    async def stages(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        rows, found = self._conversations.of(tenant_id), {}
        for some in _parts(conversation_ids):
            for row in await rows.find({"_id": {"$in": some}}, {"stage": 1}):
                found[str(row["_id"])] = str(row["stage"])
        return found

    async def reached(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, Sequence[Reached]]:
        rows, found = self._timeline.of(tenant_id), dict[str, list[Reached]]()
        wanted = {"conversation_id": 1, "at": 1, "data.after": 1}
        for some in _parts(conversation_ids):
            query = {"conversation_id": {"$in": some}, "what": "stage_moved"}
            for row in await rows.find(query, wanted, sort=[("at", 1)]):
                step = Reached(row["at"], str(row["data"].get("after", "")))
                found.setdefault(row["conversation_id"], []).append(step)
        return found

    async def packs(self, tenant_id: str) -> PacksNow:
        rows = await self._packs.of(tenant_id).aggregate(
            [
                {"$project": {"type": 1, "entity_id": 1, "revision": 1, "missing": "$envelope.missing"}},
                {"$sort": {"revision": 1}},
                {
                    "$group": {
                        "_id": {"type": "$type", "entity": "$entity_id"},
                        "pack": {"$last": "$_id"},
                        "missing": {"$last": "$missing"},
                    }
                },
                {"$match": {"missing": []}},
            ]
        )
        ready = [str(row["pack"]).removeprefix(f"{tenant_id}:") for row in rows]
        reviewed = 0
        for some in _parts(ready):
            reviewed += await self._reviews.of(tenant_id).count({"pack_id": {"$in": some}})
        return PacksNow(len(ready), len(ready) - reviewed)

    async def ahead(self, tenant_id: str, since: datetime, until: datetime) -> Ahead:
        due = {"next_at": {"$lt": until, "$type": "date"}, "follow_up.at": {"$gte": since, "$lt": until}}
        follow_ups = await self._conversations.of(tenant_id).count(due)
        # A consent without an end of its own lasts a year (`bot.privacy.consent`).
        year = {"$dateAdd": {"startDate": "$at", "unit": "year", "amount": 1}}
        latest = {"_id": {"who": {"$first": "$keys"}, "channel": "$channel", "purpose": "$purpose"}}
        rows = await self._consents.of(tenant_id).aggregate(
            [
                {"$sort": {"at": 1, "_id": 1}},
                {
                    "$group": {
                        **latest,
                        "action": {"$last": "$action"},
                        "ends": {"$last": {"$ifNull": ["$expires_at", year]}},
                    }
                },
                {"$match": {"action": "granted", "ends": {"$gte": since, "$lt": until}}},
                {"$count": "n"},
            ]
        )
        return Ahead(follow_ups, int(rows[0]["n"]) if rows else 0)

    async def is_known_before(self, tenant_id: str, at: datetime) -> bool:
        query = {"what": "message_received", "at": {"$lt": at}}
        rows = self._timeline.of(tenant_id)
        if await rows.find(query, {"_id": 1}, limit=1):
            return True
        return bool(await rows.find({"what": "stage_moved", "at": {"$lt": at}}, {"_id": 1}, limit=1))

    async def _counted(self, tenant_id: str, query: Mapping[str, Any], group: Mapping[str, Any]) -> int:
        rows = await self._timeline.of(tenant_id).aggregate([{"$match": query}, group, {"$count": "n"}])
        return int(rows[0]["n"]) if rows else 0


def paid_since(since: datetime) -> dict[str, Any]:
    """Select verified payments that were recorded since a moment."""
    return {"what": "stage_moved", "data.event": VERIFIED, "at": {"$gte": since}}


def decided_in(since: datetime, until: datetime) -> dict[str, Any]:
    """Select steps after which a deal is won or lost."""
    return {"what": "stage_moved", "data.event": {"$in": _DECIDING}, "at": {"$gte": since, "$lt": until}}


def _paid(row: Mapping[str, Any]) -> Paid:
    amount, told = row["data"].get("amount_halalas"), row["data"].get("paid_at")
    is_whole = isinstance(amount, int) and not isinstance(amount, bool)
    sign = -1 if row["what"] == REFUNDED else 1
    return Paid(
        row["conversation_id"],
        str(row["_id"]),
        min(told, row["at"]) if isinstance(told, datetime) else row["at"],
        sign * int(amount) if is_whole else None,
    )


def _parts(ids: Sequence[str]) -> list[list[str]]:
    return [list(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE)]
