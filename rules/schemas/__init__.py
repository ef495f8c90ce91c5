"""
JSON Schemas (draft 2020-12) of every file of a book, so that an editor completes and checks while somebody types.

Rule 1: what a reader takes, a schema takes; a schema says less than a reader, never more. Only tables, which no
        reader checks word by word, are held more strictly.
Rule 2: every word comes from the vocabulary, and carries what it means in Arabic and in English.
"""

from collections.abc import Collection, Mapping
from typing import Any

from rules.checks.lifecycle import Lifecycle, WordingFacts
from rules.page_reader import MAY_SAY
from rules.schemas import words
from rules.schemas.chats import chat
from rules.schemas.deciding import deciding
from rules.schemas.names import Names
from rules.schemas.shapes import TEXT, Schema, both
from rules.schemas.tables import lexemes, listed, short_answers, wording, words_table
from rules.schemas.understanding import understanding

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ENDING = ".schema.json"

GLOBS: Mapping[str, str] = {
    **{f"{chapter}{ENDING}": f"{chapter}/*.yml" for chapter in MAY_SAY},
    f"understanding{ENDING}": "understanding/*.yml",
    f"words{ENDING}": "words.yml",
    f"lexemes{ENDING}": "lexemes.yml",
    f"short_answers{ENDING}": "short_answers.yml",
    f"priorities{ENDING}": "priorities.yml",
    f"wording{ENDING}": "wording/*.yml",
    f"chat{ENDING}": "chats/*.yml",
}
"""Which files of a book each schema is for; no two patterns meet, because editors older than autumn 2026 cannot
leave a file out. So the schema of safety pages knows their order as well."""
# Shorter lists are written where they are needed.
LONG_LIST = 4


def schemas(
    wordings: Mapping[str, WordingFacts],
    lifecycle: Lifecycle,
    *,
    heard: Collection[str] = (),
    also: Mapping[str, Collection[str]] | None = None,
) -> Mapping[str, Schema]:
    """
    Return every schema by the name of its file.

    Args:
        wordings: every sentence; names of stages, intents and reasons are among them.
        heard: ids of the pages of understanding; without them any id is taken.
        also: words that only chats know, by their key: `hold`, `silence`, `autonomy`.
    """
    names = Names(wordings, heard)
    made = {chapter: deciding(chapter, names) for chapter in MAY_SAY}
    order = {"if": {"required": ["safest_first"]}, "then": listed(dict(TEXT)), "else": made["safety"]}
    made |= {
        "safety": {"type": "object", **order},
        "understanding": understanding(names),
        "words": words_table(),
        "lexemes": lexemes(),
        "short_answers": short_answers(names),
        "priorities": listed(names.intents()),
        "wording": wording(wordings),
        "chat": chat(names, lifecycle, also or {}),
    }
    return {f"{name}{ENDING}": _headed(name, schema) for name, schema in made.items()}


def editor_settings(folder: str, book: str) -> dict[str, Any]:
    """
    Return what VS Code's YAML extension needs in `.vscode/settings.json`.

    Args:
        folder: where the schemas were written, as seen from the workspace, e.g. `.dealix/schemas`.
        book: the folder of the book, e.g. `rules/book`; `**` for every folder, a tenant's too.
    """
    return {"yaml.schemas": {f"{folder}/{name}": f"{book}/{pattern}" for name, pattern in GLOBS.items()}}


def _headed(name: str, schema: Schema) -> Schema:
    lists: dict[str, Schema] = {}
    body = _with_lists_apart(schema, lists)
    told = {"$schema": DRAFT, "title": f"Dealix: {name}", "description": both(words.FILES[name])}
    return {**told, **body, **({"$defs": lists} if lists else {})}


def _with_lists_apart(schema: Any, lists: dict[str, Schema]) -> Any:
    """Write each list of words once; a page mentions the stages and the intents in a dozen places."""
    if isinstance(schema, list):
        return [_with_lists_apart(inner, lists) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    body = {key: _with_lists_apart(inner, lists) for key, inner in schema.items()}
    if len(body.get("enum", ())) < LONG_LIST:
        return body
    listed = {key: body.pop(key) for key in ("enum", "enumDescriptions") if key in body}
    name = next((known for known, one in lists.items() if one == listed), f"list_{len(lists) + 1}")
    lists[name] = listed
    return {**body, "$ref": f"#/$defs/{name}"}
