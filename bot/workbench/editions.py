"""
What is remembered of a tenant's rules: the editions that were in force, and the changes that are being written.

Rule 1: an edition is never changed. The one with the highest number is in force; publishing and rolling back both
        add one, so the switch is one write, and two people who publish at once cannot both win.
Rule 2: a change holds only the files that it touches; whoever saves an older state of it is refused, never
        overwritten by or overwriting somebody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.errors import DealixError
from bot.people import NOBODY, Human


class EditionTaken(DealixError):
    """Somebody published between our read and our write."""

    code, status = "edition_taken", 409


class ChangeMoved(DealixError):
    """Somebody saved this change between our read and our write."""

    code, status = "change_moved", 409


class How(StrEnum):
    """How an edition came to be in force."""

    PUBLISHED = "published"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Edition:
    """A tenant's own files as they were put in force."""

    tenant_id: str
    number: int
    """1, 2, 3 ... in the order of publishing; 0 stands for what we ship, and is not stored."""
    version: str
    """The content hash of the whole playbook, as decisions name it."""
    files: Mapping[str, str]
    how: How
    title: str
    by: Human
    """Who wrote it, or rolled back to it."""
    agreed_by: Human
    """The second person; nobody for a rollback, whose content had one before."""
    at: datetime
    change_id: str = ""
    of_number: int = 0
    """For a rollback: the edition whose files these are."""
    summary: Mapping[str, Any] = field(default_factory=dict)
    """What check, test and replay found before it was published."""


class State(StrEnum):
    """How far a change has come."""

    OPEN = "open"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(slots=True)
class Change:
    """Files that somebody wants to be different."""

    id: str
    tenant_id: str
    title: str
    author: Human
    created_at: datetime
    updated_at: datetime
    base_number: int
    """The edition that was in force when the change began, or was brought up to date."""
    edits: dict[str, str | None] = field(default_factory=dict)
    """Path -> new text; None takes the tenant's own file away, so that the shipped one stands again."""
    editors: list[Human] = field(default_factory=list)
    """Whoever wrote any of it; none of them may agree to it."""
    state: State = State.OPEN
    v: int = 0
    """Grows with every save."""
    submitted_by: Human = NOBODY
    submitted_at: datetime | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    decided_by: Human = NOBODY
    decided_at: datetime | None = None
    reason: str = ""
    """Why it was refused or withdrawn."""

    def over(self, own: Mapping[str, str]) -> dict[str, str]:
        """The tenant's own files with this change applied."""
        merged = {**own, **{path: text for path, text in self.edits.items() if text is not None}}
        return {path: text for path, text in merged.items() if self.edits.get(path, "") is not None}


class Rulebooks(Protocol):
    """Where editions and changes are kept."""

    async def heads(self) -> list[tuple[str, int]]:
        """(tenant, number of the edition in force) of all tenants that have one."""

    async def edition(self, tenant_id: str, number: int) -> Edition | None: ...

    async def editions(self, tenant_id: str, limit: int) -> list[Edition]:
        """Newest first."""

    async def add_edition(self, edition: Edition) -> None:
        """Raises EditionTaken when the number exists."""

    async def change(self, tenant_id: str, change_id: str) -> Change | None: ...

    async def changes(self, tenant_id: str, states: Sequence[str], limit: int) -> list[Change]:
        """Latest touched first."""

    async def save_change(self, change: Change) -> None:
        """
        Write a change if it is as it was read, or is new (`v` 0); afterwards `v` is one more.

        Raises ChangeMoved.
        """
