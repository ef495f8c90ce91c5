"""
What one process does: some roles, or all of them.

Rule 1: one process with all roles is the default and needs nothing.
Rule 2: everything that works on conversations belongs to a duty, and the earliest thing that is due in a
        conversation says whose turn it is (`bot.timers.next_turn`).
Rule 3: contacts are spread over `PARTS` parts by a hash that is the same everywhere and for good.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum
from zlib import crc32

from bot.errors import Misconfigured

# More than the workers anybody runs, so that shares are fair, and few enough to renew all of them in one write.
PARTS = 32


class Role(StrEnum):
    """What a process is for."""

    WEB = "web"
    """The doors: webhooks, `/os`, `/api/v1`, the console."""
    WORKER = "worker"
    """Reads mailboxes and decides."""
    SENDER = "sender"
    """Calls providers, and searches their records for what is in doubt."""
    BOT = "bot"
    """Telegram."""
    TIMERS = "timers"
    """Deadlines, follow-ups, and every job that recurs."""


ALL = frozenset(Role)


class Duty(StrEnum):
    """What may be due in a conversation."""

    WORKER = "worker"
    SENDER = "sender"
    TIMERS = "timers"


EVERYTHING = frozenset(Duty)


def duties_of(roles: Collection[Role]) -> frozenset[Duty]:
    """Which parts of the work on conversations a process of these roles takes."""
    return frozenset(duty for duty in Duty if duty.value in {role.value for role in roles})


def read(said: Iterable[str]) -> frozenset[Role]:
    """
    The roles of a process, as an operator names them: repeated, with commas, or not at all (all of them).

    Raises Misconfigured for a role that does not exist.
    """
    names = [name.strip().lower() for part in said for name in part.split(",") if name.strip()]
    known = {role.value for role in Role}
    unknown = sorted(set(names) - known)
    if unknown:
        listed = ", ".join(role.value for role in Role)
        raise Misconfigured(
            f"there is no role {', '.join(unknown)}; the roles are {listed}",
            f"لا يوجد دور باسم {', '.join(unknown)}؛ الأدوار هي {listed}",
        )
    return frozenset(Role(name) for name in names) or ALL


def part_of(tenant_id: str, conversation_id: str) -> int:
    """In which part of all contacts a conversation is: 0 to `PARTS` - 1."""
    return crc32(f"{tenant_id}\x00{conversation_id}".encode()) % PARTS


def part_name(part: int) -> str:
    """`p00` to `p31`."""
    return f"p{part:02}"
