"""
The walk: everything that the running application offers, tried by one tenant with the things of another.

Law 1: an id of another tenant is answered like one that never existed, in every role.
Law 2: nothing that another tenant wrote, or is called, is ever read.
Law 3: nothing of another tenant changes.
Law 4: what is offered without a case here fails, so that nobody forgets to write one.
"""

import io
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from bson import BSON

from tests.laws.neighbours import (
    ACTS,
    BODIES,
    CHANNELS,
    EMPTY,
    FIRST,
    FOR_EVERYBODY,
    MARKS,
    QUERIES,
    ROLES,
    SECOND,
    Street,
)

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


async def test_every_thing_of_another_tenant_is_as_unknown_as_one_that_never_existed(street: Street) -> None:
    description = (await street.asks(SECOND, "admin", "GET", "/api/openapi.json")).json()
    before = await street.everything_of(FIRST)
    wrong: list[str] = []
    for method, path in street.routes():
        kinds = _kinds(path)
        if not kinds or any(kind in FOR_EVERYBODY for kind in kinds):
            continue
        missing = [kind for kind in kinds if kind not in street.first.ids]
        if missing:
            wrong.append(f"{method} {path}: nobody makes a {', '.join(missing)} (THINGS in neighbours.py)")
            continue
        name = f"{method} {path}"
        body = BODIES.get(name) or _smallest_body(description, method, path)
        more = {"params": QUERIES[name]} if name in QUERIES else {}
        statuses = set()
        for role in ROLES:
            theirs = await street.asks(SECOND, role, method, _filled(path, street.first.ids), body, **more)
            ghosts = _filled(path, _ghosts(street.first.ids))
            nobodys = await street.asks(SECOND, role, method, ghosts, body, **more)
            statuses.add(theirs.status_code)
            wrong += _differences(f"{name} as {role}", theirs, nobodys, street.first.ids, is_empty=name in EMPTY)
            wrong += read(f"{method} {path} as {role}", theirs.text)
        if not statuses & {404, 200 if name in EMPTY else 404}:
            wrong.append(f"{method} {path}: no role got as far as looking for it: {sorted(statuses)}")
        wrong += changed(f"{method} {path}", before, await street.everything_of(FIRST))
    assert not wrong, "\n".join(wrong)


async def test_no_list_and_no_report_holds_anything_of_another_tenant(street: Street) -> None:
    """Also when the question names the other tenant's things."""
    before = await street.everything_of(FIRST)
    wrong: list[str] = []
    description = (await street.asks(SECOND, "admin", "GET", "/api/openapi.json")).json()
    for method, path in street.routes():
        if method != "GET" or any(kind not in FOR_EVERYBODY for kind in _kinds(path)) or f"GET {path}" in ACTS:
            continue
        where = _filled(path, FOR_EVERYBODY)
        statuses = set()
        for role in ROLES:
            needed = QUERIES.get(f"GET {path}", {})
            named = {**needed, **_their_names(description, path, street)}
            plain = await street.asks(SECOND, role, "GET", where, params=needed)
            asked = await street.asks(SECOND, role, "GET", where, params=named)
            statuses.add(plain.status_code)
            for answer in (plain, asked):
                wrong += read(f"GET {path} as {role}", _words_of(answer), *_of_theirs(street, answer))
        if 200 not in statuses:
            wrong.append(f"GET {path}: nobody may read it at all: {sorted(statuses)}")
    wrong += changed("reading", before, await street.everything_of(FIRST))
    assert not wrong, "\n".join(wrong)


async def test_no_act_reaches_what_another_tenant_has(street: Street) -> None:
    before = await street.everything_of(FIRST)
    wrong: list[str] = []
    offered = {f"{method} {path}" for method, path in street.routes()}
    for method, path in street.routes():
        name = f"{method} {path}"
        if any(kind not in FOR_EVERYBODY for kind in _kinds(path)) or (method == "GET" and name not in ACTS):
            continue
        if name not in ACTS:
            wrong.append(f"{name} has no case (ACTS in neighbours.py)")
            continue
        act = ACTS[name]
        for where in _addresses(path, await _task_names(street)):
            for role in ROLES:
                answer = await street.asks(SECOND, role, method, where, act.body(street.first))
                if answer.status_code not in act.answers | {403}:
                    wrong.append(f"{name} as {role}: {answer.status_code} {answer.text[:200]}")
                wrong += read(f"{name} as {role}", answer.text)
        await street.rests()
        wrong += changed(name, before, await street.everything_of(FIRST))
    wrong += [f"{name} stands in ACTS and is offered no more" for name in set(ACTS) - offered - _WITH_TELEGRAM]
    assert not wrong, "\n".join(wrong)


_WITH_TELEGRAM = {"POST /telegram/webhook"}


async def test_what_is_anothers_is_each_ones_own(street: Street) -> None:
    """The walk would also be green in a house where nothing can be found: the owner finds it."""
    wrong: list[str] = []
    for method, path in street.routes():
        kinds = _kinds(path)
        if method != "GET" or not kinds or any(kind not in street.first.ids for kind in kinds):
            continue
        more = {"params": QUERIES[f"GET {path}"]} if f"GET {path}" in QUERIES else {}
        where = _filled(path, street.first.ids)
        answers = [await street.asks(FIRST, role, "GET", where, **more) for role in ROLES]
        if {answer.status_code for answer in answers} <= {403, 404} and path not in _NOTHING_YET:
            wrong.append(f"GET {path}: not even its owner: {answers[0].text[:200]}")
    assert not wrong, "\n".join(wrong)


# Made only later in the life of a thing: a download before anything was agreed to.
_NOTHING_YET = {"/api/v1/sharing/{request_id}/download", "/api/v1/data-requests/{request_id}/export"}


async def test_the_same_phone_message_and_key_are_two_contacts_two_messages_and_two_keys(street: Street) -> None:
    store = street.house.inside.store
    first, second = [
        await store.conversations.read(who.tenant_id, who.conversation) for who in (street.first, street.second)
    ]
    assert first is not None
    assert second is not None
    headers = {"idempotency-key": "one-key-for-two"}

    answers = [
        await street.asks(
            tenant,
            "admin",
            "POST",
            "/api/v1/users",
            {"name": f"Same {tenant}", "roles": ["agent"]},
            headers=headers,
        )
        for tenant in (FIRST, SECOND)
    ]

    assert first.id != second.id
    assert first.phone == second.phone
    assert MARKS[SECOND] not in repr(first)
    assert MARKS[FIRST] not in repr(second)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 2


async def test_a_webhook_is_the_tenants_of_its_channel_whatever_secret_it_brings(street: Street) -> None:
    from tests.fakes.whatsapp import bodies
    from tests.laws.neighbours import HOOKS, PHONE

    before = await street.everything_of(FIRST)
    at = street.house.clock()
    hook = bodies.text("green_api", "سلام", phone=PHONE, message_id="3EB0AA", at=at, accounts=HOOKS[SECOND])

    refused = await street.house.is_told(CHANNELS[FIRST], hook)
    taken = await street.house.is_told(CHANNELS[SECOND], hook)
    await street.rests()

    assert (refused.status_code, taken.status_code) == (401, 200)
    assert changed("a webhook of the second", before, await street.everything_of(FIRST)) == []


async def test_no_door_asks_for_a_tenant(street: Street) -> None:
    """Whose things are meant is told by the credential, or by the channel that a message came through."""
    description = (await street.asks(SECOND, "admin", "GET", "/api/openapi.json")).json()
    asking = []
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            named = {parameter["name"] for parameter in operation.get("parameters", ())}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            named |= _fields(body.get("schema", {}), description)
            asking += [f"{method} {path}: {name}" for name in named if "tenant" in name]

    assert len(description["paths"]) > 60
    assert asking == []


def test_nobody_behind_the_doors_acts_for_a_tenant_by_default() -> None:
    """Only what reads settings and command lines knows that there is a tenant without a name of its own."""
    root = Path(__file__).parents[2]
    knowing = {
        path.relative_to(root).as_posix()
        for folder in ("adapters", "admin", "bot")
        for path in (root / folder).rglob("*.py")
        if "DEFAULT_TENANT" in path.read_text("utf-8")
    }

    asking = {"bot/tenants.py", "bot/cli.py"}
    assert {path for path in knowing if not path.startswith("bot/commands/")} == asking


def _fields(schema: Any, description: Any) -> set[str]:
    """The names of everything that a body may hold, at any depth."""
    if "$ref" in schema:
        return _fields(description["components"]["schemas"][schema["$ref"].rpartition("/")[2]], description)
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", ()), schema.get("items", {})]
    return set(schema.get("properties", {})).union(*(_fields(part, description) for part in inner if part))


def _kinds(path: str) -> list[str]:
    """`/api/v1/drafts/{draft_id}/approve` -> `drafts/draft_id`: which thing of a tenant each parameter names."""
    parts = path.split("/")
    return [f"{before}/{match[1]}" for before, part in pairwise(parts) if (match := _PARAMETER.fullmatch(part))]


def _filled(path: str, ids: dict[str, str]) -> str:
    parts = path.split("/")
    for place, kind in zip(
        [n for n, part in enumerate(parts) if _PARAMETER.fullmatch(part)], _kinds(path), strict=True
    ):
        parts[place] = ids[kind]
    return "/".join(parts)


def _ghosts(ids: dict[str, str]) -> dict[str, str]:
    """Ids of the same shape that nothing ever had."""
    return {kind: _ghost(value) for kind, value in ids.items()}


def _ghost(value: str) -> str:
    return str(int(value) + 900) if value.isdigit() else f"{value[:-6]}{'0' * 6}"


def _differences(
    what: str, theirs: Any, nobodys: Any, ids: dict[str, str], *, is_empty: bool = False
) -> list[str]:
    if theirs.status_code not in (403, 200 if is_empty else 404):
        return [f"{what}: {theirs.status_code} {theirs.text[:200]}"]
    told = nobodys.text
    for value in ids.values():
        told = told.replace(_ghost(value), value)
    same = theirs.status_code == nobodys.status_code and _plain(theirs.text) == _plain(told)
    return [] if same else [f"{what}: {theirs.text[:200]} but of nobody's: {nobodys.text[:200]}"]


def _plain(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text


def read(what: str, text: str, *ids: str) -> list[str]:
    decoded = _ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), text)
    seen = [mark for mark in (MARKS[FIRST], *ids) if mark in text or mark in decoded]
    return [f"{what} read {seen}"] if seen else []


def _words_of(answer: Any) -> str:
    """Everything that an answer says; of a bundle, what its files say."""
    if not answer.headers.get("content-type", "").startswith("application/zip"):
        return answer.text
    with ZipFile(io.BytesIO(answer.content)) as bundle:
        return "\n".join(bundle.read(name).decode("utf-8", "replace") for name in bundle.namelist())


def _of_theirs(street: Street, answer: Any) -> list[str]:
    """Their ids, as far as the question did not name them itself."""
    asked = str(answer.request.url)
    return [value for value in street.first.ids.values() if len(value) > 6 and value not in asked]


def changed(what: str, before: dict[str, dict[Any, bytes]], after: dict[str, dict[Any, bytes]]) -> list[str]:
    told = []
    for name in sorted(set(before) | set(after)):
        was, now = before.get(name, {}), after.get(name, {})
        ids = [row for row in {**was, **now} if was.get(row) != now.get(row)]
        if ids:
            fields = [_fields_of(was.get(row)) ^ _fields_of(now.get(row)) for row in ids[:3]]
            told.append(f"{what} changed {name}: {ids[:3]} {[sorted({f for f, _ in each}) for each in fields]}")
            before[name] = now  # told once, of the one who did it
    return told


def _fields_of(row: bytes | None) -> set[tuple[str, str]]:
    return {(name, repr(value)) for name, value in BSON(row).decode().items()} if row else set()


def _their_names(description: Any, path: str, street: Street) -> dict[str, str]:
    """The other tenant's ids for every parameter of the question that can take one."""
    known = {kind.partition("/")[2]: value for kind, value in street.first.ids.items()}
    known |= {"contact_id": street.first.conversation, "entity_id": street.first.scan}
    asked = description["paths"].get(path, {}).get("get", {}).get("parameters", [])
    return {p["name"]: known[p["name"]] for p in asked if p["in"] == "query" and p["name"] in known}


def _addresses(path: str, tasks: list[str]) -> list[str]:
    if "{channel_id}" in path:
        return [path.replace("{channel_id}", CHANNELS[FIRST])]
    if "/tasks/{name}" in path:
        return [path.replace("{name}", name) for name in tasks]
    return [path]


async def _task_names(street: Street) -> list[str]:
    answer = await street.asks(SECOND, "admin", "GET", "/api/v1/tasks")
    return [task["name"] for task in answer.json()["tasks"]]


def _smallest_body(description: Any, method: str, path: str) -> Any:
    """The smallest body that a route takes, as its own description says."""
    operation = description["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return _smallest(content["schema"], description) if content else None


def _smallest(schema: Any, description: Any) -> Any:
    if "$ref" in schema:
        return _smallest(description["components"]["schemas"][schema["$ref"].rpartition("/")[2]], description)
    for either in ("anyOf", "oneOf", "allOf"):
        if either in schema:
            return _smallest(schema[either][0], description)
    if "default" in schema:
        return schema["default"]
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    match schema.get("type"):
        case "object":
            needed = schema.get("required", ())
            return {name: _smallest(schema["properties"][name], description) for name in needed}
        case "array":
            return [_smallest(schema["items"], description)] * schema.get("minItems", 0)
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case _:
            return _text(schema)


def _text(schema: Any) -> str:
    if schema.get("format") == "date-time":
        return "2026-12-01T09:00:00Z"
    if schema.get("pattern") == "^[A-Z]{2}$":
        return "SA"
    if "email" in str(schema.get("format", schema.get("pattern", ""))) or "@" in schema.get("pattern", ""):
        return "x@example.com"
    return "x" * max(3, schema.get("minLength", 3))
