"""
One line of the inbox, and how a page of lines is asked for.

Rule 1: newest first, page after page: a page begins where the one before it ended, whatever came in meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flows.deal import STAGES

FILTERS = ("all", "waits", "unanswered", "paused")

PAGE = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations."""

    filter: str = "all"
    stage: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        assert self.filter in FILTERS and self.stage in ("", *STAGES)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where a page ended."""

    at: datetime
    seen: tuple[str, ...]
    """Those of this very moment that were shown already."""
    way: int = 0
    """In which way the text was found: the next page looks in the same."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One conversation in the list."""

    conversation_id: str
    name: str
    phone: str
    stage: str
    channel: str
    mode: str
    sends_paused: str
    is_stopped: bool
    waiting: int
    """Drafts that a human must decide about."""
    is_unanswered: bool
    last_who: str
    """`contact | bot | human | phone`, empty when nothing was said yet."""
    last_text: str
    last_kind: str
    last_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Some lines, and where the next ones begin; None at the end."""

    rows: tuple[InboxRow, ...]
    after: Bookmark | None


class InboxRows(Protocol):
    """What the inbox reads of the conversations."""

    async def page(
        self, tenant_id: str, wanted: Wanted, after: Bookmark | None = None, limit: int = PAGE
    ) -> InboxPage: ...

    async def by_stage(self, tenant_id: str) -> Mapping[str, int]:
        """How many conversations are in each stage; a stage with none is not in it."""

    async def stages_of(self, tenant_id: str, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """Conversation -> its stage; one that is not here is not in it."""
