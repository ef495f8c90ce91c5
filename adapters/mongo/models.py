"""What a language model was asked, what it cost, and what a tenant allows it: numbers, ids and proposals."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate, Exact
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import BY_CORRELATION, DAY_SECONDS, Erasure, Index, Shelf
from bot.models.budget import SetAside
from bot.models.call import Call, CallStatus, Group
from bot.models.provider import Task
from bot.models.question import ModelQuestion, QuestionStatus
from bot.models.terms import ModelTerms

CALLS = Shelf(
    "llm_calls",
    "every call to a language model: tokens, time and money",
    ("tenant_id", "correlation_id", "task", "provider", "model", "status", "at"),
    (
        Index("what was called lately?", (("tenant_id", 1), ("at", -1)), (("name", "recent"),)),
        Index(
            "how did this provider's last calls end?",
            (("tenant_id", 1), ("provider", 1), ("at", -1)),
            (("name", "by_provider"),),
        ),
        BY_CORRELATION,
    ),
    contact_field="conversation_id",
    why_kept="what a call cost: ids and numbers, and none of the words",
)

QUESTIONS = Shelf(
    "model_questions",
    "what a language model is to be asked, and what it proposed; for 90 days",
    ("tenant_id", "task", "conversation_id", "status", "at"),
    (
        Index(
            "what is to be asked now?",
            (("tenant_id", 1), ("status", 1), ("next_at", 1)),
            (("name", "due"),),
        ),
        Index(
            "what was proposed for these words?",
            (("tenant_id", 1), ("item", 1)),
            (("name", "by_item"), ("partialFilterExpression", {"item": {"$gt": ""}})),
        ),
        Index("what was asked lately?", (("tenant_id", 1), ("at", -1)), (("name", "recent"),)),
        Index("garbage (all tenants)", (("at", 1),), (("expireAfterSeconds", 90 * DAY_SECONDS),)),
        BY_CORRELATION,
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

DAYS = Shelf(
    "model_days",
    "what a tenant spent on language models on each day",
    ("tenant_id", "day", "used_micro_sar"),
    (
        Index(
            "what is used of this day?",
            (("tenant_id", 1), ("day", 1)),
            (("unique", True), ("name", "by_day")),
        ),
    ),
)

TERMS = Shelf("model_terms", "whether a tenant has a language model, and how much of one", ("tenant_id", "is_on"))

_MONEY = ("cost_usd", "cost_sar")
_TOKENS = ("input_tokens", "output_tokens", "cached_tokens")

# A call as it is read back; whatever else stands in a row is not ours.
_CALL_FIELDS = tuple(name for name in Call.__slots__ if name != "id")

_EXACT = {"$toDecimal": 0}


class MongoModels:
    """`bot.models` on MongoDB: `CallRows`, `QuestionRows`, `ModelDays` and `TermRows`, one attribute each."""

    def __init__(self, door: Door | Doors) -> None:
        self.calls = MongoCalls(door)
        self.questions = MongoQuestions(door)
        self.days = MongoModelDays(door)
        self.terms = MongoModelTerms(door)


class MongoCalls:
    """`bot.models.call.CallRows`."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, CALLS)

    async def begin(self, call: Call) -> None:
        await self._rows.of(call.tenant_id).insert_one({"_id": f"{call.tenant_id}:{call.id}", **_stored(call)})

    async def end(self, call: Call) -> None:
        fields = {name: value for name, value in _stored(call).items() if name != "tenant_id"}
        query = {"_id": f"{call.tenant_id}:{call.id}", "status": CallStatus.OPEN.value}
        await self._rows.of(call.tenant_id).update_one(query, {"$set": fields})

    async def latest(self, tenant_id: str, provider: str, since: datetime, limit: int) -> Sequence[Call]:
        query = {"provider": provider, "at": {"$gte": since}}
        rows = await self._rows.of(tenant_id).find(query, sort=[("at", -1), ("_id", -1)], limit=limit)
        return [_call(row) for row in rows]

    async def groups(self, tenant_id: str, since: datetime, until: datetime) -> Sequence[Group]:
        rows = await self._rows.of(tenant_id).aggregate(_grouping(since, until))
        return [_group(row) for row in rows]

    async def conversations(self, tenant_id: str, since: datetime, until: datetime) -> int:
        match = {"at": {"$gte": since, "$lt": until}}
        # A row of an import may name no conversation; the message it is about stands for one then.
        about = {"$ifNull": ["$conversation_id", "$correlation_id"]}
        each = {"$group": {"_id": {"$cond": [{"$eq": [about, ""]}, "$correlation_id", about]}}}
        counted = await self._rows.of(tenant_id).aggregate([{"$match": match}, each, {"$count": "n"}])
        return int(counted[0]["n"]) if counted else 0


class MongoQuestions:
    """`bot.models.question.QuestionRows`."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, QUESTIONS)

    async def add(self, questions: Sequence[ModelQuestion]) -> int:
        by_tenant: dict[str, list[Document]] = {}
        for question in questions:
            row = {"_id": f"{question.tenant_id}:{question.id}", **_plain(question)}
            by_tenant.setdefault(question.tenant_id, []).append(row)
        return sum([await self._rows.of(tenant).insert_missing(rows) for tenant, rows in by_tenant.items()])

    async def due(self, tenant_id: str, now: datetime, limit: int) -> Sequence[ModelQuestion]:
        query = {"status": QuestionStatus.WAITING.value, "next_at": {"$lte": now}}
        rows = await self._rows.of(tenant_id).find(query, sort=[("at", -1), ("_id", 1)], limit=limit)
        return [_question(row) for row in rows]

    async def claim(self, question: ModelQuestion, until: datetime) -> bool:
        query = {
            "_id": f"{question.tenant_id}:{question.id}",
            "status": QuestionStatus.WAITING.value,
            "tries": question.tries,
            "next_at": question.next_at,
        }
        update = {"$set": {"next_at": until}, "$inc": {"tries": 1}}
        return bool(await self._rows.of(question.tenant_id).update_one(query, update))

    async def end(self, question: ModelQuestion) -> None:
        fields = {name: value for name, value in _plain(question).items() if name != "tenant_id"}
        query = {"_id": f"{question.tenant_id}:{question.id}", "status": QuestionStatus.WAITING.value}
        await self._rows.of(question.tenant_id).update_one(query, {"$set": fields})

    async def proposed_for(self, tenant_id: str, items: Collection[str]) -> Sequence[ModelQuestion]:
        query = {"item": {"$in": [item for item in items if item]}, "status": QuestionStatus.PROPOSED.value}
        rows = await self._rows.of(tenant_id).find(query, sort=[("at", -1)], limit=1_000)
        return [_question(row) for row in rows]

    async def latest(self, tenant_id: str, limit: int) -> Sequence[ModelQuestion]:
        rows = await self._rows.of(tenant_id).find({}, sort=[("at", -1), ("_id", 1)], limit=limit)
        return [_question(row) for row in rows]


class MongoModelDays:
    """`bot.models.budget.ModelDays`: one row for each day, changed by one conditional write at a time."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, DAYS)

    async def set_aside(self, wanted: SetAside, most: int) -> int | None:
        if wanted.micro_sar > most:
            return None
        room = {**_day(wanted), "used_micro_sar": {"$lte": most - wanted.micro_sar}}
        update = {"$inc": {"used_micro_sar": wanted.micro_sar}}
        rows = self._rows.of(wanted.tenant_id)
        for _ in range(2):
            try:
                row = await rows.find_one_and_update(room, update, upsert=True)
            except Duplicate:
                continue  # the day has its row: there is no room in it, or it was made in this very moment
            return int(row["used_micro_sar"]) if row else None
        return None

    async def settle(self, aside: SetAside, actual: int) -> None:
        change = {"$inc": {"used_micro_sar": actual - aside.micro_sar}}
        await self._rows.of(aside.tenant_id).update_one(_day(aside), change)

    async def used(self, tenant_id: str, day: str) -> int:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{day}"})
        return int(row["used_micro_sar"]) if row else 0


class MongoModelTerms:
    """`bot.models.terms.TermRows`: one row for each tenant."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, TERMS)

    async def read(self, tenant_id: str) -> ModelTerms | None:
        row = await self._rows.of(tenant_id).find_one({"_id": tenant_id})
        if row is None:
            return None
        tasks = tuple(Task(name) for name in row["tasks"])
        return ModelTerms(row["is_on"], tasks, row["limit_halalas"], row["by"], row["at"])

    async def write(self, tenant_id: str, terms: ModelTerms) -> None:
        fields = {
            "is_on": terms.is_on,
            "tasks": [task.value for task in terms.tasks],
            "limit_halalas": terms.limit_halalas,
            "by": terms.by,
            "at": terms.at,
        }
        await self._rows.of(tenant_id).update_one({"_id": tenant_id}, {"$set": fields}, upsert=True)


def _day(aside: SetAside) -> Document:
    return {"_id": f"{aside.tenant_id}:{aside.day}", "day": aside.day}


def _plain(question: ModelQuestion) -> Document:
    fields = asdict(question)
    return {**fields, "task": question.task.value, "status": question.status.value, "flags": list(question.flags)}


def _question(row: Document) -> ModelQuestion:
    fields = {name: row[name] for name in ModelQuestion.__slots__ if name in row}
    more = {"task": Task(row["task"]), "status": QuestionStatus(row["status"]), "flags": tuple(row["flags"])}
    return ModelQuestion(**{**fields, **more})


def _stored(call: Call) -> Document:
    fields = asdict(call)
    money = {name: None if fields[name] is None else Exact(fields[name]) for name in _MONEY}
    return {**fields, "task": call.task.value, "status": call.status.value, **money}


def _call(row: Document) -> Call:
    fields = {name: row[name] for name in _CALL_FIELDS if name in row}
    money = {name: None if row.get(name) is None else _exact(row[name]) for name in _MONEY}
    more = {"task": Task(row["task"]), "status": CallStatus(row["status"]), **money}
    return Call(**{"id": str(row.get("id", row["_id"])), "conversation_id": "", **fields, **more})


def _grouping(since: datetime, until: datetime) -> list[dict[str, Any]]:
    ended = {"$in": ["$status", [CallStatus.OK.value, CallStatus.REFUSED.value]]}
    unpriced = {"$and": [ended, {"$eq": [{"$ifNull": ["$cost_sar", None]}, None]}]}
    key = {
        "provider": "$provider",
        "model": "$model",
        "task": "$task",
        "status": "$status",
        "error_code": {"$ifNull": ["$error_code", ""]},
        "is_fallback": {"$ifNull": ["$is_fallback", False]},
        "price_version": {"$ifNull": ["$price_version", ""]},
        "hour": {"$dateTrunc": {"date": "$at", "unit": "hour"}},
    }
    sums = {name: {"$sum": {"$ifNull": [f"${name}", 0]}} for name in _TOKENS}
    answered = {"$and": [ended, {"$isNumber": "$latency_ms"}]}
    money = {name: {"$sum": {"$ifNull": [f"${name}", _EXACT]}} for name in _MONEY}
    return [
        {"$match": {"at": {"$gte": since, "$lt": until}}},
        {
            "$group": {
                "_id": key,
                "calls": {"$sum": 1},
                "unpriced": {"$sum": {"$cond": [unpriced, 1, 0]}},
                **sums,
                **money,
                "latencies": {"$push": {"$cond": [answered, "$latency_ms", "$$REMOVE"]}},
            }
        },
    ]


def _group(row: Document) -> Group:
    key = row["_id"]
    return Group(
        provider=str(key["provider"]),
        model=str(key["model"]),
        task=str(key["task"]),
        status=str(key["status"]),
        error_code=str(key["error_code"] or ""),
        is_fallback=bool(key["is_fallback"]),
        price_version=str(key["price_version"] or ""),
        hour=_utc(key["hour"]),
        calls=row["calls"],
        unpriced=row["unpriced"],
        input_tokens=int(row["input_tokens"]),
        output_tokens=int(row["output_tokens"]),
        cached_tokens=int(row["cached_tokens"]),
        cost_usd=_exact(row["cost_usd"]),
        cost_sar=_exact(row["cost_sar"]),
        latencies_ms=tuple(round(ms) for ms in row["latencies"]),
    )


def _exact(value: Any) -> Decimal:
    return value.to_decimal() if isinstance(value, Exact) else Decimal(str(value))


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
