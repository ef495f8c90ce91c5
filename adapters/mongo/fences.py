"""
What a question, a write or an aggregation may say when it is asked on behalf of one tenant.

Rule 1: what is not on a list here is refused, also what MongoDB will invent tomorrow.
Rule 2: nothing may name the tenant's field; the handle that asks adds it.
Rule 3: nothing may read or write another collection, and nothing may run a program inside the server.

Every check is pure and costs microseconds: it runs for every message. A refusal names operators and never values,
because values are what people wrote.
"""

from collections.abc import Mapping, Sequence
from typing import Any

TENANT = "tenant_id"
_WITHIN = f"{TENANT}."

_JOINS = frozenset({"$and", "$or", "$nor"})

_CONDITIONS = frozenset(
    {
        *("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$not"),
        *("$exists", "$type", "$regex", "$options", "$size", "$all", "$elemMatch", "$mod"),
    }
)

_CHANGES = frozenset(
    {
        *("$set", "$setOnInsert", "$unset", "$rename", "$currentDate"),
        *("$inc", "$mul", "$min", "$max", "$bit"),
        *("$push", "$addToSet", "$pull", "$pullAll", "$pop"),
    }
)

_CHANGING_STAGES = frozenset({"$set", "$addFields", "$unset"})

# Each works on the rows that the first `$match` let through. `$lookup`, `$unionWith` and `$graphLookup` read
# elsewhere (one MongoDB look-alike ignores the restriction of the last), `$out` and `$merge` write elsewhere, and
# `$geoNear`, `$search` and their kind must come before our `$match`.
_STAGES = frozenset(
    {
        *("$match", "$project", "$set", "$addFields", "$unset", "$replaceRoot", "$replaceWith", "$redact"),
        *("$group", "$bucket", "$bucketAuto", "$sortByCount", "$count", "$setWindowFields"),
        *("$sort", "$limit", "$skip", "$sample", "$unwind", "$densify", "$fill", "$facet"),
    }
)

# Programs that the server would run. Other expressions only compute with the row in hand.
_PROGRAMS = frozenset({"$where", "$function", "$accumulator"})

_ROW_ITSELF = frozenset({"$ROOT", "$CURRENT"})


class LeavesTenant(RuntimeError):
    """A question or a write that could reach another tenant's rows: a fault of ours."""


def check_question(query: Mapping[str, Any]) -> None:
    """Raises LeavesTenant unless a filter asks about fields of the tenant's own rows only."""
    for name, wanted in query.items():
        if name[:1] == "$":
            _check_joint(name, wanted)
        elif name == TENANT or name.startswith(_WITHIN):
            raise LeavesTenant("a question names a tenant; the handle has said whose rows are meant")
        elif _is_document(wanted):
            _check_condition(wanted)


def check_update(update: Any) -> None:
    """Raises LeavesTenant unless an update leaves the tenant's field alone, as a document or as a pipeline."""
    if not _is_document(update):
        for stage in update:
            _check_changing_stage(*_only(stage))
        return
    for operator, fields in update.items():
        if operator not in _CHANGES:
            raise LeavesTenant(f"{operator} is not a change that rows of a tenant can take")
        _check_paths(fields)
        if operator == "$rename":
            _check_paths(fields.values())


def check_pipeline(stages: Sequence[Mapping[str, Any]]) -> None:
    """Raises LeavesTenant unless every stage works on the rows it is given, and on nothing else."""
    for stage in stages:
        name, body = _only(stage)
        if name not in _STAGES:
            raise LeavesTenant(f"{name} could leave the tenant")
        if name == "$match":
            check_question(body)
        elif name == "$facet":
            for inner in body.values():
                check_pipeline(inner)
        else:
            check_expression(body)


def check_projection(wanted: Mapping[str, Any] | None) -> None:
    """Raises LeavesTenant when the answer would be computed by a program."""
    for value in (wanted or {}).values():
        if value.__class__ is not int:
            check_expression(value)


def check_expression(value: Any) -> None:
    """Raises LeavesTenant when an expression holds a program; a literal may hold anything."""
    if _is_document(value):
        for name, inner in value.items():
            if name in _PROGRAMS or name.startswith("$_internal"):
                raise LeavesTenant(f"{name} runs a program inside the server")
            if name != "$literal":
                check_expression(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            check_expression(inner)


def _check_joint(name: str, wanted: Any) -> None:
    if name in _JOINS:
        for part in wanted:
            check_question(part)
    elif name == "$expr":
        check_expression(wanted)
        _refuse_tenant_in(wanted)
    elif name != "$comment":
        raise LeavesTenant(f"{name} is not a question that a tenant's handle asks")


def _check_condition(condition: Mapping[str, Any]) -> None:
    """The conditions on one field; a document without operators is a value and compared as it is."""
    for name, wanted in condition.items():
        if name[:1] != "$":
            continue
        if name not in _CONDITIONS:
            raise LeavesTenant(f"{name} is not a condition that a tenant's handle asks for")
        if name == "$elemMatch":
            _check_element(wanted)
        elif name == "$not" and _is_document(wanted):
            _check_condition(wanted)
        elif name == "$all":
            for part in wanted:
                if _is_document(part):
                    _check_condition(part)


def _check_element(wanted: Mapping[str, Any]) -> None:
    """One element of an array: a value under conditions, or a document with fields."""
    if next(iter(wanted), "") in _CONDITIONS:
        _check_condition(wanted)
    else:
        check_question(wanted)


def _check_paths(paths: Any) -> None:
    for path in paths:
        if path == TENANT or path.startswith(_WITHIN):
            raise LeavesTenant("an update touches whose row it is")


def _check_changing_stage(name: str, body: Any) -> None:
    if name not in _CHANGING_STAGES:
        raise LeavesTenant(f"{name} could drop or forge whose row it is")
    _check_paths([body] if isinstance(body, str) else body)
    check_expression(body)


def _refuse_tenant_in(expression: Any) -> None:
    if _is_document(expression):
        for name, inner in expression.items():
            if name == "$getField":
                _refuse_tenant_in(f"${inner}" if isinstance(inner, str) else f"${inner.get('field')}")
            if name != "$literal":
                _refuse_tenant_in(inner)
    elif isinstance(expression, list | tuple):
        for inner in expression:
            _refuse_tenant_in(inner)
    elif isinstance(expression, str) and expression[:1] == "$":
        first, _, rest = expression[1:].partition(".")
        if TENANT in (first, rest.partition(".")[0] if first in _ROW_ITSELF else ""):
            raise LeavesTenant("a question names a tenant; the handle has said whose rows are meant")


def _only(stage: Mapping[str, Any]) -> tuple[str, Any]:
    if len(stage) != 1:
        raise LeavesTenant("a stage is one operator and its body")
    return next(iter(stage.items()))


def _is_document(value: Any) -> bool:
    return value.__class__ is dict or (value.__class__ is not str and isinstance(value, Mapping))
