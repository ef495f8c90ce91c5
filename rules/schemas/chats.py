"""
The schema of a whole chat that tests a book.

Rule 1: what only the player of chats knows, the events of the lifecycle and its own reasons, is handed in.
"""

from collections.abc import Collection, Mapping

from rules import vocabulary
from rules.checks.lifecycle import Lifecycle
from rules.schemas import words
from rules.schemas.names import Names
from rules.schemas.shapes import NOTHING, SCALAR, TEXT, Schema, keyed_map, one_of, one_or_more

MOST_STEPS = 60
ANSWER: Schema = {"type": SCALAR, "not": {"const": ""}}
"""One answer to a question: not a list, not empty."""


def chat(names: Names, lifecycle: Lifecycle, also: Mapping[str, Collection[str]]) -> Schema:
    autonomy = one_of(also["autonomy"], {}) if also.get("autonomy") else dict(TEXT)
    start = {
        "stage": names.stages(),
        "slots": _slots(),
        "language": one_of(vocabulary.LANGUAGES, words.LANGUAGES),
        "autonomy": autonomy,
        "asked": one_of(vocabulary.SLOTS, words.SLOTS),
        "has_public_price": {"type": "boolean"},
    }
    steps = {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_STEPS,
        "items": _step(names, lifecycle, also),
        "contains": {"required": ["expect"]},
    }
    return keyed_map(
        {
            **{key: dict(TEXT) for key in ("id", "title", "why")},
            "start": keyed_map(start, words.CHATS),
            "chat": steps,
        },
        words.KEYS,
        required=["id", "title", "why", "chat"],
    )


def _slots() -> Schema:
    return keyed_map(dict.fromkeys(vocabulary.SLOTS, ANSWER), words.SLOTS, minProperties=1)


def _step(names: Names, lifecycle: Lifecycle, also: Mapping[str, Collection[str]]) -> Schema:
    events = sorted({step.event for step in lifecycle.system_events})
    minutes = {"type": "number", "minimum": 0}
    happens = {
        "says": {"type": SCALAR},
        "kind": one_of(vocabulary.KINDS, words.KINDS),
        "button": dict(TEXT),
        "event": one_of(events, words.EVENTS),
        "by": {"enum": ["approver", "system"]},
        "approves": {"enum": ["yes", True]},
        "writes": {"type": SCALAR},
        "waits": minutes,
        "minutes_later": minutes,
        "expect": _outcome(names, also),
    }
    speaks = {"anyOf": [{"required": [key]} for key in ("says", "kind", "button")]}
    others = [{"required": [key]} for key in ("event", "approves", "writes", "waits")]
    only_of_messages = {"properties": dict.fromkeys(("intent", "flag", "silence"), False)}
    return keyed_map(
        happens,
        words.CHATS | {"expect": words.KEYS["expect"]},
        oneOf=[speaks, *others],
        dependentRequired={"by": ["event"]},
        dependentSchemas={"waits": {"not": {"required": ["minutes_later"]}}},
        **{"if": {"anyOf": others}, "then": {"properties": {"expect": only_of_messages}}},
    )


def _outcome(names: Names, also: Mapping[str, Collection[str]]) -> Schema:
    nothing = {"const": NOTHING}

    def maybe(word: Schema, *more: str) -> Schema:
        return {"anyOf": [word, {"enum": list(more)}, nothing]} if more else {"anyOf": [word, nothing]}

    holds = {"anyOf": [names.holds, {"enum": list(also.get("hold", ()))}]} if also.get("hold") else names.holds
    proposed = one_of(
        (*vocabulary.PROPOSED_EVENTS, *vocabulary.STAGES), words.EVENTS | names.named("stage.", vocabulary.STAGES)
    )
    return keyed_map(
        {
            "intent": names.intents(),
            "stage": names.stages(),
            "say": maybe(names.says),
            "held": {"type": "boolean"},
            "hold": maybe(one_or_more(holds)),
            "flag": maybe(one_or_more(one_of(vocabulary.FLAGS, words.FLAGS))),
            "silence": maybe(names.silences, *also.get("silence", ())),
            "asked": maybe(one_of(vocabulary.SLOTS, words.SLOTS)),
            "proposes": maybe(proposed),
            "language": one_of(vocabulary.LANGUAGES, words.LANGUAGES),
            "slots": _slots(),
            "hears": dict(TEXT),
        },
        words.CHATS,
        minProperties=1,
    )
