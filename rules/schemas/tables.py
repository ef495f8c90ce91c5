"""
The schemas of the tables beside the pages: words, lexemes, short answers, priorities, and the wordings.

Rule 1: nobody reads these word by word, so that a schema is stricter here than what loads.
"""

from collections.abc import Collection, Mapping

from rules import vocabulary
from rules.checks.lifecycle import WordingFacts
from rules.language import vocabulary as spoken
from rules.schemas import words
from rules.schemas.names import Names
from rules.schemas.shapes import TEXT, Schema, keyed_map, one_of

LONGEST_TITLE_OF_A_BUTTON = 20
MOST_BUTTONS = 3


def words_table() -> Schema:
    phrases = {"type": "array", "items": {"type": "string", "minLength": 1}}
    return {
        "type": "object",
        "properties": dict.fromkeys(spoken.NEEDED_SETS, phrases),
        "additionalProperties": phrases,
    }


def lexemes() -> Schema:
    forms = {"type": "array", "items": {"type": ["string", "number"]}}
    entry = keyed_map(dict.fromkeys(("verb", "noun", "exact", "not"), forms), words.TABLES, minProperties=1)
    return {"type": "object", "propertyNames": {"pattern": r"^[^\s.]+$"}, "additionalProperties": entry}


def short_answers(names: Names) -> Schema:
    answers = spoken.ANSWERS
    phrases = {"type": "array", "items": {"type": "string", "minLength": 1}}
    by_stage = {"type": "object", "propertyNames": names.stages("any"), "additionalProperties": names.intents()}

    def keyed(known: Collection[str], inner: Schema) -> Schema:
        return keyed_map(dict.fromkeys(known, inner), words.ANSWERS | words.EXPECTS)

    return keyed_map(
        {
            "answers": keyed(answers, phrases),
            "openings": keyed(answers, phrases),
            "by_expects": keyed(spoken.EXPECTS, keyed(answers, by_stage)),
            "by_stage": keyed(vocabulary.STAGES, keyed(answers, names.intents())),
        },
        words.TABLES,
        required=["answers", "openings", "by_expects", "by_stage"],
    )


def listed(word: Schema) -> Schema:
    inside = {"type": "array", "items": word, "uniqueItems": True}
    return keyed_map({"safest_first": inside}, words.TABLES, required=["safest_first"])


def wording(wordings: Mapping[str, WordingFacts]) -> Schema:
    blanks = sorted({blank for wording in wordings.values() for blank in wording.blanks})
    known = "|".join(blanks) if blanks else "[a-z_]+"
    blank = rf"\{{({known})\}}"
    text = {"type": "string", "pattern": rf"^([^{{}}]|{blank})*([^{{}}\s]|{blank})([^{{}}]|{blank})*$"}
    buttons = [key.removeprefix("button.") for key in wordings if key.startswith("button.")]
    named = {"enum": buttons} if buttons else dict(TEXT)
    shape = {
        "ar": text,
        "en": text,
        "expects": one_of((*vocabulary.EXPECTS, "question"), words.EXPECTS),
        "buttons": {"type": "array", "items": named, "maxItems": MOST_BUTTONS},
    }
    described = words.KEYS | {"expects": words.FACTS["expects"]}
    sentence = keyed_map(shape, described, required=["ar", "en"])
    short = {"ar": {"maxLength": LONGEST_TITLE_OF_A_BUTTON}, "en": {"maxLength": LONGEST_TITLE_OF_A_BUTTON}}
    return {
        "type": "object",
        "additionalProperties": sentence,
        "patternProperties": {r"^button\.": {"allOf": [sentence, {"properties": short}]}},
    }
