"""
No program of one tenant touches another tenant's rows; and these tests would notice if one did.

Each mutant is the handle with one of its fences taken down. A test that stays green with a fence down proves
nothing, so every mutant must be found out by the same programs.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pymongo import AsyncMongoClient

from adapters.mongo import fences, scope
from adapters.mongo.driver import open_door
from adapters.mongo.shelf import Shelf
from tests.mongo.programs import MINE, THEIRS, THINGS, Scene, breaks_out, programs

SHELF = Shelf(THINGS, "things", ("tenant_id",))

STEADY = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene, and the loop in which its connections live."""

    runner: asyncio.Runner
    scene: Scene

    def breaks_out(self, handle: Any, refusal: type[Exception], program: Any) -> str:
        return self.runner.run(breaks_out(self.scene, handle, refusal, program))


@pytest.fixture(scope="module")
def stage(mongo_uri: str) -> Iterator[Stage]:
    name = f"programs_{uuid4().hex[:12]}"
    with asyncio.Runner() as runner:

        async def opened() -> tuple[Any, Scene]:
            client: AsyncMongoClient[Any] = AsyncMongoClient(mongo_uri)
            return client, Scene(open_door(mongo_uri, name), client[name])

        async def closed() -> None:
            try:
                await scene.door.drop_database()
            finally:
                await scene.door.close()
                await client.close()

        client, scene = runner.run(opened())
        try:
            yield Stage(runner, scene)
        finally:
            runner.run(closed())


def test_no_program_of_a_tenant_touches_the_rows_of_another(stage: Stage) -> None:
    handle = scope.Rows(stage.scene.door, SHELF).of(MINE)

    @settings(max_examples=400, **STEADY)
    @given(programs)
    def play(program: Any) -> None:
        assert stage.breaks_out(handle, fences.LeavesTenant, program) == ""

    play()


# name -> (file, the fence, what stands there instead). Not among them, because the server itself refuses to put
# something inside a string: updates of `tenant_id.x`.
MUTANTS = {
    "the question wins over the tenant": (
        "scope",
        r"        check_question\(query\)\n        return \{\*\*query, TENANT: self._tenant_id\}",
        "        return {TENANT: self._tenant_id, **query}",
    ),
    "no tenant in the question": (
        "scope",
        r"return \{\*\*query, TENANT: self._tenant_id\}",
        "return {**query}",
    ),
    "no tenant before an aggregation": (
        "scope",
        r'\[\{"\$match": \{TENANT: self._tenant_id\}\}, \*pipeline\]',
        "[*pipeline]",
    ),
    "rows are not stamped": ("scope", r"return \{\*\*document, TENANT: tenant_id\}", "return {**document}"),
    "rows name their own tenant": (
        "scope",
        r"    if document.get\(TENANT, .*\n.*\n    return \{\*\*document, TENANT: tenant_id\}",
        "    return {TENANT: tenant_id, **document}",
    ),
    "lookups allowed": ("fences", r'\("\$sort", ', '("$lookup", "$sort", '),
    "unions allowed": ("fences", r'\("\$sort", ', '("$unionWith", "$sort", '),
    "walks over a graph allowed": ("fences", r'\("\$sort", ', '("$graphLookup", "$sort", '),
    "writing a collection allowed": ("fences", r'\("\$sort", ', '("$out", "$sort", '),
    "merging allowed": ("fences", r'\("\$sort", ', '("$merge", "$sort", '),
    "facets are not looked into": ("fences", r"                check_pipeline\(inner\)", "                pass"),
    "updates may name the tenant": (
        "fences",
        r"        if path == TENANT or path.startswith\(_WITHIN\):\n.*\n",
        "        pass\n",
    ),
    "only one side of a renaming is looked at": ("fences", r'if operator == "\$rename":', "if False:"),
    "a pipeline of changes is not looked at": (
        "fences",
        r"            _check_changing_stage\(\*_only\(stage\)\)",
        "            pass",
    ),
    "a pipeline may replace the row": (
        "fences",
        r"_CHANGING_STAGES = frozenset\(\{",
        '_CHANGING_STAGES = frozenset({"$replaceWith", "$replaceRoot", "$project", ',
    ),
    "changes are not looked at": ("scope", r"        check_update\(update\)\n", ""),
    "stages are not looked at": ("scope", r"        check_pipeline\(pipeline\)\n", ""),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_programs_find_out_every_fence_that_is_down(stage: Stage, name: str) -> None:
    weak = _without(*MUTANTS[name])
    handle = weak.Rows(stage.scene.door, SHELF).of(MINE)

    @settings(max_examples=1_500, phases=[Phase.generate], report_multiple_bugs=False, **STEADY)
    @given(programs)
    def play(program: Any) -> None:
        if stage.breaks_out(handle, weak.LeavesTenant, program):
            raise _GotOut

    with pytest.raises(_GotOut):
        play()


class _GotOut(Exception):
    """A program did what it must not."""


def _without(file: str, fence: str, instead: str) -> ModuleType:
    """The handle with one fence taken down: its own text, changed in one place."""
    texts = {name: Path(module.__file__ or "").read_text("utf-8") for name, module in _FILES.items()}
    texts[file], taken = re.subn(fence, instead.replace("\\", "\\\\"), texts[file])
    assert taken, f"{fence} does not stand in {file}.py any more: a mutant that changes nothing proves nothing"
    weak_fences, weak_scope = ModuleType("weak_fences"), ModuleType("weak_scope")
    exec(compile(texts["fences"], "weak_fences", "exec"), weak_fences.__dict__)
    exec(compile(texts["scope"], "weak_scope", "exec"), weak_scope.__dict__)
    if file == "fences":
        for checked in ("LeavesTenant", "check_pipeline", "check_projection", "check_question", "check_update"):
            setattr(weak_scope, checked, getattr(weak_fences, checked))
    return weak_scope


_FILES = {"fences": fences, "scope": scope}

WILD_QUESTIONS: list[dict[str, Any]] = [
    {"tenant_id": MINE},
    {"tenant_id": {"$ne": None}},
    {"tenant_id.x": 1},
    {"$or": [{"k": "k0"}, {"tenant_id": THEIRS}]},
    {"$and": [{"$nor": [{"tenant_id": THEIRS}]}]},
    {"$expr": {"$eq": ["$tenant_id", THEIRS]}},
    {"$expr": {"$in": ["$$ROOT.tenant_id", [THEIRS]]}},
    {"$expr": {"$eq": [{"$getField": "tenant_id"}, THEIRS]}},
    {"$expr": {"$eq": [{"$getField": {"field": "tenant_id", "input": "$$ROOT"}}, THEIRS]}},
    {"$where": "true"},
    {"$expr": {"$function": {"body": "f", "args": [], "lang": "js"}}},
    {"$jsonSchema": {"required": ["tenant_id"]}},
    {"$text": {"$search": "x"}},
    {"k": {"$where": "true"}},
    {"k": {"$not": {"$somethingNew": 1}}},
    {"tags": {"$elemMatch": {"$where": "true"}}},
    {"tags": {"$elemMatch": {"tenant_id": THEIRS}}},
    {"tags": {"$all": [{"$elemMatch": {"tenant_id": THEIRS}}]}},
    {"$somethingNew": 1},
]


@pytest.mark.parametrize("question", WILD_QUESTIONS, ids=repr)
def test_a_question_that_names_a_tenant_or_runs_a_program_is_refused(question: dict[str, Any]) -> None:
    with pytest.raises(fences.LeavesTenant):
        fences.check_question(question)


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"k": "tenant_id"},
        {"k": "$where"},
        {"k": {"$in": ["$tenant_id", "tenant_id"]}},
        {"k": {"tenant_id": THEIRS}},
        {"tenant_identity": 1, "their.tenant_id_": 2},
        {"$expr": {"$eq": ["$k", {"$literal": "$tenant_id"}]}},
        {"tags": {"$elemMatch": {"$in": ["a"]}}},
        {"$or": [{"a": 1}, {"$and": [{"b": {"$not": re.compile("x")}}]}], "$comment": "why"},
    ],
    ids=repr,
)
def test_an_ordinary_question_is_not_refused_for_its_words(question: dict[str, Any]) -> None:
    fences.check_question(question)


@pytest.mark.parametrize(
    "stage",
    [
        *("$lookup", "$unionWith", "$graphLookup", "$out", "$merge", "$geoNear", "$search", "$searchMeta"),
        *("$vectorSearch", "$rankFusion", "$scoreFusion", "$changeStream", "$documents", "$collStats"),
        *("$indexStats", "$planCacheStats", "$listSearchIndexes", "$currentOp", "$listSessions", "$queryStats"),
        *("$listLocalSessions", "$listClusterCatalog", "$_internalInhibitOptimization", "$inventedTomorrow"),
    ],
)
def test_a_stage_that_is_not_on_the_list_is_refused_also_inside_a_facet(stage: str) -> None:
    for pipeline in ([{stage: {}}], [{"$match": {}}, {"$facet": {"a": [{stage: {}}]}}]):
        with pytest.raises(fences.LeavesTenant):
            fences.check_pipeline(pipeline)


@pytest.mark.parametrize(
    "stage",
    [
        {"$group": {"_id": 1, "x": {"$accumulator": {}}}},
        {"$project": {"x": {"$function": {}}}},
        {"$set": {"x": [{"$add": [1, {"$function": {}}]}]}},
        {"$match": {"$where": "1"}},
        {"$match": {}, "$out": "x"},
        {},
    ],
    ids=repr,
)
def test_no_stage_hides_a_program_or_a_second_stage(stage: dict[str, Any]) -> None:
    with pytest.raises(fences.LeavesTenant):
        fences.check_pipeline([stage])


@pytest.mark.parametrize(
    "update",
    [
        *(
            {operator: {"tenant_id": "x"}}
            for operator in ("$set", "$inc", "$mul", "$min", "$max", "$push", "$bit")
        ),
        *({operator: {"tenant_id.x": "x"}} for operator in ("$unset", "$addToSet", "$pull", "$pullAll", "$pop")),
        {"$rename": {"k": "tenant_id"}},
        {"$rename": {"k": "tenant_id.x"}},
        {"$inventedTomorrow": {"k": 1}},
        {"tenant_id": "x"},
        [{"$replaceWith": {}}],
        [{"$unset": ["k", "tenant_id"]}],
        [{"$set": {"k": {"$function": {}}}}],
        [{"$set": {"k": 1}, "$unset": "tenant_id"}],
    ],
    ids=repr,
)
def test_an_update_that_touches_whose_row_it_is_is_refused(update: Any) -> None:
    with pytest.raises(fences.LeavesTenant):
        fences.check_update(update)


@pytest.mark.parametrize("nobody", ["", None, 7, {"$ne": None}, [], b"acme"])
def test_without_a_tenant_there_is_no_handle(stage: Stage, nobody: Any) -> None:
    with pytest.raises(scope.NoTenant):
        scope.Rows(stage.scene.door, SHELF).of(nobody)
    with pytest.raises(scope.NoTenant):
        stage.runner.run(scope.Rows(stage.scene.door, SHELF).insert_missing([(nobody, {"_id": "x"})]))


def test_only_a_declared_sweep_reads_over_all_tenants(stage: Stage) -> None:
    with pytest.raises(scope.NoTenant):
        scope.Rows(stage.scene.door, SHELF).sweep()


def test_a_handle_offers_no_way_to_the_driver(stage: Stage) -> None:
    handle = scope.Rows(stage.scene.door, SHELF).of(MINE)

    offered = {name for name in dir(handle) if not name.startswith("_")}

    assert not hasattr(handle, "__dict__")
    assert offered == {
        *("find", "find_one", "aggregate", "count"),
        *("insert_one", "insert_missing", "update_one", "update_many", "find_one_and_update"),
        *("delete_one", "delete_many"),
    }


def test_an_upsert_belongs_to_the_tenant_who_asked(stage: Stage) -> None:
    async def upserted() -> list[Any]:
        await stage.scene.set()
        mine = scope.Rows(stage.scene.door, SHELF).of(MINE)
        await mine.update_one({"_id": "fresh"}, {"$set": {"n": 9}}, upsert=True)
        await mine.find_one_and_update({"_id": "fresh2"}, [{"$set": {"n": 9}}], upsert=True)
        return [row async for row in stage.scene.watcher[THINGS].find({"n": 9})]

    rows = stage.runner.run(upserted())

    assert [row["tenant_id"] for row in rows] == [MINE, MINE]
