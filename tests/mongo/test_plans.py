"""Every question that is asked again and again is answered by an index, however many contacts there are."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.mongo import queries, schema, traces
from adapters.mongo.driver import Door

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

QUESTIONS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "intake": (queries.accepts_event(["phone:966501234567"], "green_api|1"), {}),
    "a contact key": (queries.any_key(["phone:966501234567"]), {}),
    "a draft": (queries.holding_draft("01D"), {}),
    "a receipt": (queries.holding_message(["BAE5"]), {}),
    "what waits for a human": (queries.with_drafts(["held", "unknown"]), {}),
    "cards to show": (queries.cards_due(), {}),
    "who wrote last": ({}, {"updated_at": -1}),
    "what a restart relays": (queries.changed_since(NOW), {}),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_no_question_reads_every_contact(door: Door, question: str) -> None:
    """The server's own plan names an index for it."""
    await schema.prepare(door)
    query, order = QUESTIONS[question]

    stages = await _plan(door, {**query, "tenant_id": "acme"}, order)

    assert "IXSCAN" in stages
    assert "COLLSCAN" not in stages


@pytest.mark.parametrize("whose", [{}, {"tenant_id": {"$nin": ["acme", "zed"]}}, {"tenant_id": "acme"}])
async def test_the_sweep_reads_no_contact_that_is_not_due(door: Door, whose: dict[str, Any]) -> None:
    """In the database of everybody, also when some have moved out, and in one of a tenant's own."""
    await schema.prepare(door)

    stages = await _plan(door, {**queries.due(NOW), **whose}, {"next_at": 1})

    assert "IXSCAN" in stages
    assert not {"COLLSCAN", "SORT"} & set(stages)


@pytest.mark.parametrize(
    ("whose", "found"), [([], ["t0", "t1", "t2"]), ([{"$match": {"tenant_id": {"$nin": ["t1"]}}}], ["t0", "t2"])]
)
async def test_which_rules_are_in_force_is_read_from_the_index_alone(
    door: Door, whose: list[dict[str, Any]], found: list[str]
) -> None:
    """It is asked once a second: editions carry whole files, and the plan must not touch them."""
    await schema.prepare(door)
    rows = [
        {"_id": f"t{n % 3}:{n}", "tenant_id": f"t{n % 3}", "number": n, "version": "", "files": []}
        for n in range(30)
    ]
    for row in rows:
        await door.collection("rule_editions").insert_one({**row, "at": NOW})

    pipeline = [*whose, *queries.highest_editions()]
    asked = {"aggregate": "rule_editions", "pipeline": pipeline, "cursor": {}}
    plan = str(await door.command("explain", asked, verbosity="queryPlanner"))
    answered = await door.collection("rule_editions").aggregate(pipeline)

    assert "DISTINCT_SCAN" in plan
    assert "COLLSCAN" not in plan
    assert sorted(row["_id"] for row in answered) == found
    assert {row["n"] for row in answered} <= {27, 28, 29}


@pytest.mark.parametrize("name", [shelf.name for shelf, *_ in traces.BESIDE])
async def test_the_story_of_a_message_reads_no_other_rows(door: Door, name: str) -> None:
    await schema.prepare(door)
    others = [{"_id": f"acme:{n}", "tenant_id": "acme", "correlation_id": f"c{n}"} for n in range(100)]
    await door.command("insert", name, documents=others, bypassDocumentValidation=True)
    asked = {"find": name, "filter": {"correlation_id": "01K", "tenant_id": "acme"}, "limit": 20}

    plan = await door.command("explain", asked, verbosity="queryPlanner")

    assert "by_correlation" in str(plan["queryPlanner"]["winningPlan"])


async def _plan(door: Door, query: dict[str, Any], order: dict[str, int]) -> list[str]:
    asked = {"find": "conversations", "filter": query, "sort": order}
    plan = await door.command("explain", asked, verbosity="queryPlanner")
    return _stages(plan["queryPlanner"]["winningPlan"])


def _stages(plan: dict[str, Any]) -> list[str]:
    below = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for part in below for stage in _stages(part))]
