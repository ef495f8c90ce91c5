"""
Other public rules engines, given the same book: the routing pages as a list from which the first match wins.

Law 1: a peer gets every page, in winning order, and the facts ready made; it decides who wins and nothing else.
Law 2: a peer that is not installed is named as missing, not left out in silence.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.facts import Condition

try:
    import zen
except ImportError:
    zen = None
try:
    import rule_engine
except ImportError:
    rule_engine = None

Row = tuple[str, tuple[Condition, ...]]
"""A page and what must hold, all of it."""

Decide = Callable[[Mapping[str, Any]], str]
"""From facts to the page that wins."""


def available() -> dict[str, Callable[[Sequence[Row]], Decide] | None]:
    """The peers by their names; None for one that is not installed."""
    return {
        "zen-engine (Rust), decision table": zen_table if zen else None,
        "rule-engine (Python), first match": rule_list if rule_engine else None,
    }


def zen_table(rows: Sequence[Row]) -> Decide:
    """One decision table with the hit policy `first`."""
    facts = sorted({condition.fact for _, needs in rows for condition in needs})
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": fact, "name": fact, "field": fact} for fact in facts],
        "outputs": [{"id": "page", "name": "page", "field": "page"}],
        "rules": [
            {"_id": page, **{fact: _cell(fact, needs) for fact in facts}, "page": json.dumps(page)}
            for page, needs in rows
        ],
    }
    nodes = [
        {"id": "facts", "type": "inputNode", "name": "facts"},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": table},
        {"id": "page", "type": "outputNode", "name": "page"},
    ]
    edges = [
        {"id": "to_table", "type": "edge", "sourceId": "facts", "targetId": "table"},
        {"id": "to_page", "type": "edge", "sourceId": "table", "targetId": "page"},
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    decision.validate()
    return lambda facts: decision.evaluate(facts)["result"]["page"]


def rule_list(rows: Sequence[Row]) -> Decide:
    """One compiled expression a page, asked one after the other."""
    rules = [(page, rule_engine.Rule(_expression(needs))) for page, needs in rows]
    return lambda facts: next(page for page, rule in rules if rule.matches(facts))


def _cell(fact: str, needs: Sequence[Condition]) -> str:
    return " and ".join(_test(condition) for condition in needs if condition.fact == fact)


def _test(condition: Condition) -> str:
    if condition.words:
        return ", ".join(json.dumps(word) for word in condition.words)
    return f"{'>' if condition.test == 'above' else '<'} {condition.number:g}"


def _expression(needs: Sequence[Condition]) -> str:
    tests = [
        "(" + " or ".join(f"{c.fact} == {json.dumps(word)}" for word in c.words) + ")"
        if c.words
        else f"{c.fact} {_test(c)}"
        for c in needs
    ]
    return " and ".join(tests) or "true"
