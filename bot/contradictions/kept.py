"""The plugs of the places where contradictions are kept, and where contacts are read for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.contradictions.in_contacts import ContactState
from bot.contradictions.register import Contradiction, Found, Severity, Stats, Status


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the contacts of a tenant were read: all that changed before this moment, and these at it."""

    since: datetime
    seen: tuple[str, ...] = ()
    consents_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts, and where the next page begins."""

    contacts: tuple[ContactState, ...]
    read: int
    """How many were looked at to find these."""
    cursor: Cursor
    is_last: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries of a register are wanted; empty fields want all."""

    status: Status | None = None
    is_active: bool | None = None
    severity: Severity | None = None
    detector: str = ""
    about: str = ""
    without_contacts: bool = False
    """Leave out what is about a contact."""


class ContradictionRows(Protocol):
    """Where the register is kept."""

    async def saw(
        self, tenant_id: str, found: Found, new_id: str, at: datetime, *, counts: bool
    ) -> tuple[Contradiction, bool]:
        """
        Keep a find, or count it where its fingerprint is known; answers how it stands, and whether it is new.

        What people had reported becomes the service's own when it finds the same, and that is new too.

        Args:
            counts: whether `seen_count` rises for one that is known.
        """

    async def read(self, tenant_id: str, contradiction_id: str) -> Contradiction | None: ...

    async def write(self, after: Contradiction) -> bool:
        """Keep the next state; False when somebody changed it since it was read."""

    async def list(self, tenant_id: str, wanted: Filter, limit: int, after: str = "") -> Sequence[Contradiction]:
        """The worst first, then the latest; `after` is the id of the last one of the page before."""

    async def stats(self, tenant_id: str, *, without_contacts: bool = False) -> Stats: ...

    async def expired(self, tenant_id: str, now: datetime, limit: int) -> Sequence[Contradiction]:
        """Those accepted until a moment that has come."""

    async def to_look_at_again(
        self, tenant_id: str, detectors: Sequence[str], resolved_since: datetime, limit: int
    ) -> Sequence[Contradiction]:
        """What the service found and is active or accepted, or was resolved lately; longest unseen first."""

    async def cursor(self, tenant_id: str) -> Cursor | None: ...

    async def keep_cursor(self, tenant_id: str, cursor: Cursor) -> None: ...


class ContactRows(Protocol):
    """Where contacts are read."""

    async def changed(self, tenant_id: str, cursor: Cursor, limit: int) -> Page:
        """Contacts that changed since a moment, oldest change first."""

    async def consented(self, tenant_id: str, since: datetime, limit: int) -> tuple[list[ContactState], datetime]:
        """Contacts of whom a consent was recorded since, and the moment of the last one read."""

    async def some(self, tenant_id: str, conversation_ids: Sequence[str]) -> list[ContactState]: ...
