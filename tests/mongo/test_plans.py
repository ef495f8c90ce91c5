"""Every question that is asked again and again is answered by an index, however many contacts there are."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.mongo import queries, schema
from adapters.mongo.driver import Door

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

QUESTIONS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "the sweep": (queries.due(NOW), {"next_at": 1}),
    "intake": (queries.accepts_event("acme", ["phone:966501234567"], "green_api|1"), {}),
    "a contact key": (queries.any_key("acme", ["phone:966501234567"]), {}),
    "a draft": (queries.holding_draft("acme", "01D"), {}),
    "a receipt": (queries.holding_message("acme", ["BAE5"]), {}),
    "what waits for a human": (queries.with_drafts("acme", ["held", "unknown"]), {}),
    "cards to show": (queries.cards_due("acme"), {}),
    "who wrote last": (queries.tenant("acme"), {"updated_at": -1}),
    "what a restart relays": (queries.changed_since("acme", NOW), {}),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_no_question_reads_every_contact(door: Door, question: str) -> None:
    """The server's own plan names an index for it."""
    await schema.prepare(door)
    query, order = QUESTIONS[question]

    plan = await door.command(
        "explain", {"find": "conversations", "filter": query, "sort": order}, verbosity="queryPlanner"
    )

    stages = _stages(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in stages
    assert "COLLSCAN" not in stages


async def test_which_rules_are_in_force_is_read_from_the_index_alone(door: Door) -> None:
    """It is asked once a second: editions carry whole files, and the plan must not touch them."""
    await schema.prepare(door)
    rows = [
        {"_id": f"t{n % 3}:{n}", "tenant_id": f"t{n % 3}", "number": n, "version": "", "files": []}
        for n in range(30)
    ]
    for row in rows:
        await door.collection("rule_editions").insert_one({**row, "at": NOW})

    asked = {"aggregate": "rule_editions", "pipeline": queries.highest_editions(), "cursor": {}}
    plan = str(await door.command("explain", asked, verbosity="queryPlanner"))
    answered = await door.collection("rule_editions").aggregate(queries.highest_editions())

    assert "DISTINCT_SCAN" in plan
    assert "COLLSCAN" not in plan
    assert {(row["_id"], row["n"]) for row in answered} == {("t0", 27), ("t1", 28), ("t2", 29)}


def _stages(plan: dict[str, Any]) -> list[str]:
    below = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for part in below for stage in _stages(part))]
