"""Whatever the API's own description allows, and much that it does not, is answered and breaks nothing."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable

# A few of each kind, the same in every run; `HYPOTHESIS_PROFILE=searching` takes more of them.
EXAMPLES = 60 if os.environ.get("HYPOTHESIS_PROFILE") == "searching" else 6

# Nothing is left out silently: an address stands here with its reason, or it is tried.
LEFT_OUT: dict[str, str] = {}


async def test_nothing_that_the_description_allows_breaks_the_service(house):
    """Each operation with generated bodies, queries and headers, as an admin; none may answer 5xx."""
    admin = house.token("admin", "noura")
    description = (await house.http.get("/api/openapi.json", headers=admin)).json()
    operations = [found.ok() for found in schemathesis.openapi.from_dict(description).get_all_operations()]
    tried, broken, statuses = set(), [], set()

    for operation in operations:
        if operation.path in LEFT_OUT:
            continue
        cases = await asyncio.to_thread(_cases_of, operation)
        answers = await asyncio.gather(*(_asked(house.http, case, admin) for case in cases))
        for case, answer in zip(cases, answers, strict=True):
            tried.add((operation.method.upper(), operation.path))
            statuses.add(answer.status_code if answer is not None else 0)
            if answer is not None and answer.status_code >= 500:
                broken.append(f"{answer.status_code} {case.method} {answer.request.url} {case.body!r:.300}")
    await house.settles()

    assert broken == []
    assert {200, 201, 404, 422} <= statuses and 429 not in statuses, "nothing was tried where all was refused"
    described = {(m.upper(), path) for path, verbs in description["paths"].items() for m in verbs}
    assert tried == {one for one in described if one[1] not in LEFT_OUT}
    assert (await house.http.get("/readyz")).status_code == 200


async def test_every_number_that_a_caller_may_send_has_an_end(house):
    """A number without one meets the database's or the calendar's end instead, as a fault of ours."""
    description = (await house.http.get("/api/openapi.json", headers=house.token("admin"))).json()
    endless = []
    for path, verbs in description["paths"].items():
        for verb, operation in verbs.items():
            bodies = [c["schema"] for c in operation.get("requestBody", {}).get("content", {}).values()]
            parameters = [{"name": p["name"], **p["schema"]} for p in operation.get("parameters", ())]
            for where in _endless([*bodies, *parameters], description, frozenset()):
                endless.append(f"{verb.upper()} {path}: {where}")

    assert not endless, "\n".join(endless)


def _endless(tree: Any, description: dict[str, Any], seen: frozenset[str]) -> Iterator[str]:
    """Integers without a largest one, wherever a schema holds them."""
    if isinstance(tree, list):
        for part in tree:
            yield from _endless(part, description, seen)
    if not isinstance(tree, dict):
        return
    named = str(tree.get("$ref", ""))
    if named and named not in seen:
        found: Any = description
        for step in named.removeprefix("#/").split("/"):
            found = found[step]
        yield from _endless(found, description, seen | {named})
    if tree.get("type") == "integer" and not {"maximum", "exclusiveMaximum", "enum", "const"} & tree.keys():
        yield str(tree.get("name") or tree.get("title"))
    for part in tree.values():
        yield from _endless(part, description, seen)


def _cases_of(operation) -> list[schemathesis.Case]:
    """Examples that fit the description and some that do not, the same in every run."""
    found: list[schemathesis.Case] = []
    modes = schemathesis.GenerationMode

    # Without a body or a query there is nothing to spoil: every text is a possible id.
    spoils = (modes.NEGATIVE,) if len(operation.body) or len(operation.query) else ()

    for mode in (modes.POSITIVE, *spoils):
        strategy = operation.as_strategy(generation_mode=mode)

        @seed(20_26)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def collect(case):
            found.append(case)

        try:
            collect()
        except Unsatisfiable:  # an operation without anything to spoil has no negative cases
            assert mode is modes.NEGATIVE, operation.label
    return found


async def _asked(http: httpx.AsyncClient, case, headers) -> httpx.Response | None:
    sent = case.as_transport_kwargs(base_url=str(http.base_url))
    merged = {**{str(k): str(v) for k, v in (sent.get("headers") or {}).items()}, **headers}
    try:
        return await http.request(
            sent["method"],
            sent["url"],
            params=sent.get("params"),
            json=sent.get("json"),
            content=sent.get("data") if isinstance(sent.get("data"), str | bytes) else None,
            headers=merged,
        )
    except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError):
        return None  # no client can say this
