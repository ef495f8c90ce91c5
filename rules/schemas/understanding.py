"""
The schema of a page of understanding.

Rule 1: phrases are texts here; only the reader knows their grammar.
"""

from rules import vocabulary
from rules.language import page as hearing
from rules.language import vocabulary as spoken
from rules.schemas import words
from rules.schemas.names import Names
from rules.schemas.shapes import NOTHING, SCALAR, Schema, both, keyed_map, one_of, one_of_each, some, suggested


def understanding(names: Names) -> Schema:
    likely = {"resembles": {"properties": {"what": {"const": "an_intent"}}}}
    guesses = {"contains": {"required": ["resembles"], "properties": likely}}
    weak = {
        "properties": {
            "understand": {"const": "default"},
            "confidence": {"exclusiveMaximum": hearing.SUREST_GUESS},
        }
    }
    return keyed_map(
        {
            **{key: {"type": SCALAR, "minLength": 1} for key in ("id", "title", "title_ar", "owner", "why")},
            "status": one_of(spoken.STATUSES, words.STATUSES),
            "when": _heard_when(names),
            "then": _heard_then(names),
            "tests": _heard_tests(names),
        },
        words.KEYS,
        required=[key for key in hearing.KEYS if key not in hearing.OPTIONAL_KEYS],
        **{"if": {"properties": {"when": guesses}}, "then": {"properties": {"then": weak}}},
    )


def _heard_when(names: Names) -> Schema:
    phrases = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    near = {"words": phrases, "within": {"anyOf": [{"type": "integer"}, {"enum": ["clause", "message"]}]}}
    like = {
        "what": one_of(hearing.LIKENESSES, words.LIKENESSES),
        "at_least": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "table": {"type": SCALAR},
    }
    line = {
        "says": phrases,
        "unless": phrases,
        "unless_in_message": phrases,
        "not_near": keyed_map(near, words.HEARING, required=["words", "within"]),
        "stage": some(names.stages()),
        "expects": some(one_of(("", *spoken.EXPECTS), words.EXPECTS)),
        "never_if": some(one_of(spoken.NEVER_IF, words.NEVER_IF)),
        "first_reply": suggested({"enum": [True]}),
        "at_most_words": {"type": "integer", "minimum": 1},
        "resembles": keyed_map(like, words.HEARING, required=list(hearing.RESEMBLES_KEYS)),
    }
    says, resembles = ({"contains": {"required": [key]}} for key in ("says", "resembles"))
    one = keyed_map(
        {key: line[key] for key in hearing.WHEN_KEYS}, words.HEARING, minProperties=1, maxProperties=1
    )
    return {"type": "array", "minItems": 1, "items": one, "oneOf": [says, resembles]}


def _heard_then(names: Names) -> Schema:
    decided = {
        "understand": names.intents(),
        "confidence": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
        "instead_at": {
            "type": "object",
            "propertyNames": names.stages(),
            "additionalProperties": names.intents(),
        },
        "if_negated": names.intents("", "same"),
        "opt_out": one_of(vocabulary.OPT_OUTS, words.OPT_OUTS),
        "only_if_nothing_else": suggested({"enum": [True]}),
        "silences_others": suggested({"enum": [True]}),
    }
    return keyed_map(
        {key: decided[key] for key in hearing.THEN_KEYS}, words.HEARING, required=["understand", "confidence"]
    )


def _heard_tests(names: Names) -> Schema:
    """Examples of a page of understanding; other keys are taken, and not looked at."""
    given = {"says": {"description": both(words.FACTS["says"])}, "stage": names.stages()}
    expect = {"type": "object", "required": ["intent"], "properties": {"intent": names.intents()}}
    example = {
        "type": "object",
        "required": ["name", "given", "expect"],
        "properties": {
            "given": {"type": "object", "required": ["says"], "properties": given},
            "expect": {"anyOf": [{"const": NOTHING}, expect]},
        },
    }
    return {"type": "array", "items": example, **one_of_each()}
