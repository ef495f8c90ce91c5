"""
Which round trips one message takes, read from the database's own profiler.

Rule: one lead writes one message at a time, so that whatever names that conversation belongs to that message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.mongo.driver import Door


@dataclass(frozen=True, slots=True)
class Traced:
    """The operations of one message, in their order."""

    operations: tuple[str, ...]

    @property
    def to_commit(self) -> int:
        """Round trips up to the write that empties the mailbox, from the one that filled it."""
        return self.operations.index(COMMIT) + 1

    @property
    def is_first(self) -> bool:
        """Whether the contact was new: then somebody must ask whether it opted out under another conversation."""
        return SUPPRESSION in self.operations

    @property
    def in_all(self) -> int:
        return len(self.operations)


INTAKE, COMMIT, SUPPRESSION = "record the event", "commit", "look for a suppression"


async def watch(door: Door) -> None:
    await door.command("profile", 2)


async def stop_watching(door: Door) -> None:
    await door.command("profile", 0)


async def traced(door: Door) -> list[Traced]:
    """What was done since watching began, split where a new event was recorded."""
    rows = await door.collection("system.profile").find({"op": {"$ne": "getmore"}}, sort=[("$natural", 1)])
    names = [name for row in rows if (name := _name(row))]
    starts = [place for place, name in enumerate(names) if name == INTAKE]
    ends = [*starts[1:], len(names)]
    return [Traced(tuple(names[start:end])) for start, end in zip(starts, ends, strict=True)]


def _name(row: dict[str, Any]) -> str:
    """What an operation of the main line is for; empty for the background (sweep, timeline, marks, receipts)."""
    collection = row["ns"].partition(".")[2]
    command = row.get("command", {})
    if collection == "suppressions":
        return SUPPRESSION
    if collection == "postures":
        return "read the tenant's switches"
    if collection != "conversations":
        return ""
    if "findAndModify" in command or "findandmodify" in command:
        return INTAKE
    if row["op"] == "query":
        return "read the conversation" if "_id" in command.get("filter", {}) else ""
    if row["op"] == "update":
        return COMMIT if "mailbox" in _pulled(command.get("u", {})) else "write the conversation"
    return row["op"]


def _pulled(update: Any) -> Sequence[str]:
    return list(update.get("$pull", {})) if isinstance(update, dict) else []
