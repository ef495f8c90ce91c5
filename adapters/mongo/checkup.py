"""
What a database says of itself, for `dealix doctor`: asked once, answered within seconds.

It writes one note of its own, to see whether a write is journalled by a majority; nothing else is changed.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.mongo import marks, schema
from adapters.mongo.driver import AWAY, REFUSED, Door, is_locked_out
from adapters.mongo.fences import TENANT
from adapters.mongo.shelf import SERVICE, Shelf
from bot.doctor.hands import DatabaseFacts
from bot.stored_format import FORMAT_NOTE, HALF_RESTORED_NOTE, LAST_BACKUP_NOTE

_TOUCHED = "doctor_wrote"


class HurriedDoor(Door):
    """Somebody sits before the terminal."""

    answers_within_ms = 4_000
    keeps_open = 0


async def look(door: Door, whose: str) -> DatabaseFacts:
    """Ask one database everything. Never raises for what a database does."""
    try:
        return await _look(door, whose)
    except AWAY as away:
        return DatabaseFacts(whose, silent=type(away).__name__)
    except REFUSED as refused:
        return DatabaseFacts(whose, silent=type(refused).__name__, is_locked_out=is_locked_out(refused))


async def _look(door: Door, whose: str) -> DatabaseFacts:
    asked = datetime.now(UTC)
    hello = await door.command("hello")
    between = asked + (datetime.now(UTC) - asked) / 2
    build = await door.command("buildInfo")
    present = await door.validators()
    is_new = not any(shelf.name in present for shelf in schema.SHELVES)
    write_ms, refused = (0.0, "") if is_new or whose else await _write(door)
    return DatabaseFacts(
        whose,
        version=str(build["version"]),
        set_name=str(hello.get("setName", "")),
        is_primary=bool(hello.get("isWritablePrimary")),
        members=len(hello.get("hosts", ())),
        ahead_seconds=(hello["localTime"].replace(tzinfo=UTC) - between).total_seconds(),
        write_ms=write_ms,
        write_refused=refused,
        drift=() if is_new else await _drift(door, present),
        is_new=is_new,
        notes=await _notes(door),
    )


async def _write(door: Door) -> tuple[float | None, str]:
    began = time.monotonic()
    try:
        await door.collection(marks.SHELF.name).update_one(
            {"_id": _TOUCHED, TENANT: SERVICE}, {"$set": {"value": datetime.now(UTC)}}, upsert=True
        )
    except (*AWAY, *REFUSED) as refused:
        return None, type(refused).__name__
    return (time.monotonic() - began) * 1_000, ""


async def _notes(door: Door) -> Mapping[str, Any]:
    wanted = [FORMAT_NOTE, HALF_RESTORED_NOTE, LAST_BACKUP_NOTE]
    rows = await door.collection(marks.SHELF.name).find({"_id": {"$in": wanted}, TENANT: SERVICE})
    return {row["_id"]: row.get("value") for row in rows}


async def _drift(door: Door, present: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for shelf in schema.SHELVES:
        if shelf.name not in present:
            found.append(f"{shelf.name} is missing")
            continue
        if present[shelf.name] != schema.validator_of(shelf):
            found.append(f"{shelf.name} has another validator")
        found += await _indexes(door, shelf)
    return tuple(found)


async def _indexes(door: Door, shelf: Shelf) -> list[str]:
    there = await door.collection(shelf.name).index_information()
    by_keys = {tuple((str(k), int(d)) for k, d in one["key"]): one for one in there.values()}
    wanted = {index.keys: dict(index.options) for index in shelf.indexes}
    found = []
    for keys, options in wanted.items():
        fields = "+".join(name for name, _ in keys)
        made = by_keys.get(keys)
        if made is None:
            found.append(f"{shelf.name} lacks the index {fields}")
        elif any(made.get(name) != value for name, value in options.items() if name != "name"):
            found.append(f"{shelf.name} has the index {fields} otherwise")
    surplus = [keys for keys in by_keys if keys not in wanted and keys != (("_id", 1),)]
    return [
        *found,
        *(f"{shelf.name} has an index of its own: {'+'.join(n for n, _ in keys)}" for keys in surplus),
    ]
