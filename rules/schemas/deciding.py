"""
The schema of a page that decides: safety, routing, replies, approval, follow-up.

Rule 1: what a chapter has no say in, its schema does not offer.
"""

from rules import facts, vocabulary
from rules.examples_reader import EXPECT_KEYS, GIVEN_KEYS
from rules.page_reader import KEYS, MAY_SAY, OPTIONAL_KEYS
from rules.schemas import words
from rules.schemas.names import Names
from rules.schemas.shapes import (
    NOTHING,
    TEXT,
    Schema,
    both,
    keyed_map,
    one_of,
    one_of_each,
    one_or_more,
    suggested,
)
from rules.when_reader import ALWAYS

DAY: Schema = {
    "anyOf": [
        {"type": "string", "pattern": r"^\d{4}-?(\d{2}-?\d{2}|W\d{2}(-?\d)?)$"},
        {"type": "integer"},
    ]
}


def deciding(chapter: str, names: Names) -> Schema:
    required = [key for key in KEYS if key not in OPTIONAL_KEYS]
    schema = keyed_map(
        {
            "id": dict(TEXT),
            "title": dict(TEXT),
            "title_ar": dict(TEXT),
            "status": one_of(vocabulary.STATUSES, words.STATUSES),
            "owner": dict(TEXT),
            "why": dict(TEXT),
            "since": dict(DAY),
            "until": dict(DAY),
            "known_gaps": {},
            "when": _when(names),
            "then": _then(chapter, names),
            "tests": _tests(names),
        },
        words.KEYS,
        required=required,
    )
    if chapter in ("safety", "replies"):
        in_force = {"properties": {"status": {"enum": ["live", "shadow"]}}, "not": {"required": ["until"]}}
        speaks = {"anyOf": [{"required": ["say"]}, {"required": ["silence"]}]}
        schema |= {"if": in_force, "then": {"properties": {"then": speaks}}}
    return schema


def _when(names: Names) -> Schema:
    fact = {fact: _fact(fact, names) for fact in facts.FACTS}
    choice = {
        "type": "array",
        "minItems": 2,
        "items": keyed_map(fact, words.FACTS, minProperties=1),
        "description": both(words.KEYS["any"]),
    }
    line = keyed_map({**fact, "any": choice}, words.FACTS, minProperties=1, maxProperties=1)
    return {"oneOf": [{"const": ALWAYS}, {"type": "array", "minItems": 1, "items": line}]}


def _fact(fact: str, names: Names) -> Schema:
    if fact in facts.SHORTHANDS:
        return {"type": "integer", "minimum": 0}
    if fact in facts.YES_NO:
        return {"type": "boolean"}
    if fact in facts.NUMBERS:
        limits = {"above": {"type": "number"}, "below": {"type": "number"}}
        return keyed_map(limits, words.KEYS, minProperties=1)
    chosen = one_or_more(names.word(fact))
    other = keyed_map({"is_not": chosen}, words.KEYS, required=["is_not"])
    return {"anyOf": [*chosen["anyOf"], other]}


def _then(chapter: str, names: Names) -> Schema:
    every = {
        "go": one_of(vocabulary.MESSAGE_EVENTS, words.EVENTS),
        "say": names.says,
        "hold": one_or_more(names.holds),
        "propose": one_of(vocabulary.PROPOSED_EVENTS, words.EVENTS),
        "flag": one_or_more(one_of(vocabulary.FLAGS, words.FLAGS)),
        "act": one_or_more(one_of(vocabulary.ACTIONS, words.ACTIONS)),
        "silence": names.silences,
    }
    return keyed_map(
        {key: every[key] for key in MAY_SAY[chapter]},
        words.THEN,
        minProperties=1,
        dependentRequired={"propose": ["hold"]},
        allOf=[{"not": {"required": pair}} for pair in (["say", "silence"], ["go", "propose"])],
    )


def _tests(names: Names) -> Schema:
    given = {key: _given(key, names) for key in GIVEN_KEYS}
    results = {
        "intent": names.intents(),
        "stage": names.stages(),
        "held": {"enum": [True, False]},
        **{key: schema for chapter in MAY_SAY for key, schema in _then(chapter, names)["properties"].items()},
    }
    expect = keyed_map(
        {key: suggested(results[key]) for key in EXPECT_KEYS}, words.THEN | words.FACTS, minProperties=1
    )
    example = keyed_map(
        {"name": {}, "given": keyed_map(given, words.FACTS), "expect": {"anyOf": [{"const": NOTHING}, expect]}},
        words.KEYS,
        required=["name", "given", "expect"],
    )
    return {"type": "array", "items": example, **one_of_each()}


def _given(key: str, names: Names) -> Schema:
    if key in facts.WORDS:
        return names.word(key)
    return {"type": {str: "string", bool: "boolean", int: "integer", float: "number"}[GIVEN_KEYS[key]]}
