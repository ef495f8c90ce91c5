"""
The shapes that all schemas are made of: a word of a list, several words, a map of known keys.

Rule 1: a list of words carries what each of them means, for editors that show it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

NOTHING = "nothing"
SCALAR = ["string", "number", "boolean"]
TEXT: Schema = {"type": "string", "pattern": r"\S"}
"""A sentence or a word."""


def both(described: tuple[str, str]) -> str:
    return f"{described[0]}\n\n{described[1]}"


def one_of(known: Iterable[str], described: Mapping[str, tuple[str, str]]) -> Schema:
    """One word of a list; editors show what each means."""
    listed = list(dict.fromkeys(known))
    return {"enum": listed, "enumDescriptions": [" — ".join(described.get(word, (word,))) for word in listed]}


def one_or_more(word: Schema) -> Schema:
    return {"anyOf": [word, {"type": "array", "items": word, "minItems": 1, "uniqueItems": True}]}


def suggested(word: Schema) -> Schema:
    """Completed, but not checked: the reader takes anything here."""
    return {"anyOf": [word, {}]}


def keyed_map(properties: Mapping[str, Schema], described: Mapping[str, tuple[str, str]], **rest: Any) -> Schema:
    """A map of known keys, each described."""
    told = {
        key: {"description": both(described[key]), **schema} if key in described else schema
        for key, schema in properties.items()
    }
    return {"type": "object", "properties": told, "additionalProperties": False, **rest}


def some(word: Schema) -> Schema:
    return {"anyOf": [word, {"type": "array", "items": word}]}


def one_of_each() -> Schema:
    """One example fires, one stays silent."""
    silent = {"required": ["expect"], "properties": {"expect": {"const": NOTHING}}}
    fires = {"required": ["expect"], "properties": {"expect": {"type": "object"}}}
    return {"allOf": [{"contains": silent}, {"contains": fires}]}
