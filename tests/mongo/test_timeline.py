"""The history, read in pages and asked for what was hardly understood."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.mongo import schema, timeline
from adapters.mongo.driver import Door
from bot.conversation import LogEntry
from bot.store import TimelineEntry

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def entry(number: int, at: datetime, what: str = "decided", tenant: str = "acme", **data: Any) -> TimelineEntry:
    return TimelineEntry(tenant, f"c{number}", LogEntry(f"c{number}:1", what, at, f"e{number}", data))


@pytest.mark.parametrize("moments", [1, 2, 700, 1_400])
async def test_every_entry_is_read_once_however_many_share_a_moment(store: Any, moments: int) -> None:
    entries = [entry(n, NOW + timedelta(milliseconds=n % moments), n=n) for n in range(1_400)]
    await store.timeline.add(
        [*entries, entry(9_000, NOW, tenant="other"), entry(9_001, LATER), entry(9_002, NOW, "x")]
    )

    read = [item async for item in store.timeline.each("acme", ["decided"], NOW, LATER)]

    assert sorted(item.entry.data["n"] for item in read) == list(range(1_400))
    assert [item.entry.at for item in read] == sorted(item.entry.at for item in read)


async def test_several_kinds_are_read_in_one_order_with_the_wanted_facts_only(store: Any) -> None:
    await store.timeline.add(
        [
            entry(1, NOW + timedelta(seconds=2), "stage_moved", before="a", after="b", text="long"),
            entry(2, NOW + timedelta(seconds=1), "opted_out", before="b", after="c"),
            entry(3, NOW + timedelta(seconds=3), "consent_renewed"),
        ]
    )

    read = [
        item
        async for item in store.timeline.each(
            "acme", ["stage_moved", "opted_out", "consent_renewed"], NOW, LATER, ("before", "after")
        )
    ]

    assert [(item.conversation_id, item.entry.data) for item in read] == [
        ("c2", {"before": "b", "after": "c"}),
        ("c1", {"before": "a", "after": "b"}),
        ("c3", {}),
    ]


async def test_doubtful_are_words_that_nobody_or_hardly_anybody_understood(store: Any) -> None:
    def decision(number: int, text: str, intent: str, confidence: float, agreed: bool = True) -> TimelineEntry:
        facts = {"intent": intent, "confidence": confidence, "engine_agreed": agreed, "question": {"text": text}}
        return entry(number, NOW + timedelta(seconds=number), **facts)

    await store.timeline.add(
        [
            decision(1, "كم السعر", "ask_price", 0.95),
            decision(2, "بلابلا", "default", 0.0),
            decision(3, "", "default", 0.0),
            decision(4, "يمكن", "interested", 0.4),
            decision(5, "تمام", "interested", 0.9, agreed=False),
        ]
    )

    found = await store.timeline.unsure("acme", NOW, LATER, 0.5, 10)

    assert [item.conversation_id for item in found] == ["c5", "c4", "c2"]


QUESTIONS = {
    "a page of a kind": timeline.of_kinds(["decided"], NOW, LATER),
    "the next page": timeline.of_kinds(["decided"], NOW, LATER, ["acme:c1"]),
    "several kinds": timeline.of_kinds(["stage_moved", "opted_out"], NOW, LATER),
    "what was hardly understood": timeline.doubtful(NOW, LATER, 0.5),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_no_question_sorts_or_reads_the_whole_history(door: Door, question: str) -> None:
    await schema.prepare(door)

    plan = await door.command(
        "explain",
        {"find": "timeline", "filter": {**QUESTIONS[question], "tenant_id": "acme"}, "sort": {"at": 1}},
        verbosity="queryPlanner",
    )

    stages = _stages(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in stages
    assert not {"COLLSCAN", "SORT"} & set(stages)


async def test_the_entries_of_an_event_are_found_by_it(door: Door) -> None:
    await schema.prepare(door)
    query = {**timeline.caused_by(["e1", "e2"], "decided"), "tenant_id": "acme"}

    plan = await door.command("explain", {"find": "timeline", "filter": query}, verbosity="queryPlanner")

    assert "COLLSCAN" not in _stages(plan["queryPlanner"]["winningPlan"])


def _stages(plan: dict[str, Any]) -> list[str]:
    below = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for part in below for stage in _stages(part))]
