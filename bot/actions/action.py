"""
What an action is: a name that rules and people use, and the flow that does it.

Rule 1: the name is one of the vocabulary's, or of ours; the line of `rules/actions.yml` that the policy finds
        under that name says who may ask for it and who must agree.
Rule 2: how it ends is an outcome, one of `STATES`, with a reason in both languages; never an error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from bot.runs.flow import Flow

State = Literal["waiting", "waiting_approval", "done", "not_configured", "failed", "unknown", "cancelled"]

STATES: tuple[State, ...] = (
    "waiting",
    "waiting_approval",
    "done",
    "not_configured",
    "failed",
    "unknown",
    "cancelled",
)
"""`unknown`: it may have been done, and nobody can say; a person must look. Everything else says what it says."""


class NoFacts(BaseModel):
    """For an action that needs to be told nothing."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Words:
    """A reason, for people."""

    en: str
    ar: str


Seen = Literal["ok", "refused", "auth_failed", "timeout"]
"""What one call to a connector came to."""


class Watcher(Protocol):
    """Whoever knows which connectors people have switched off, and hears how calls went."""

    async def is_disabled(self, tenant_id: str, key: str) -> bool: ...

    async def saw(self, tenant_id: str, key: str, outcome: Seen, latency_ms: float) -> None: ...


Missing = Callable[[str], Words | None]
"""(tenant) -> what must be configured before the action can be done there; None when nothing is missing."""


def nothing_missing(_tenant_id: str) -> Words | None:
    """For an action that needs nobody outside."""
    return None


@dataclass(frozen=True, slots=True)
class Action:
    """
    One action that can be done.

    `Action("send_proposal", FLOW)`; its steps find `conversation_id`, `facts` and `asked` in their state.
    """

    name: str
    flow: Flow
    reaches_contact: bool = field(default=True, kw_only=True)
    """Whether the contact hears, reads or pays something by it: a stop, or a wish to be forgotten, ends it."""
    asks_itself: bool = field(default=False, kw_only=True)
    """Whether its steps ask people about exactly what will leave: a draft, a paper, an amount."""
    facts: type[BaseModel] = field(default=NoFacts, kw_only=True)
    """What whoever asks by hand may say; a rule says nothing."""
    missing: Missing = field(default=nothing_missing, kw_only=True)
    connector: str = field(default="", kw_only=True)
    """The key of the connector that it cannot do without, empty when it needs none."""
    follows_moves: bool = field(default=False, kw_only=True)
    """Whether it begins by itself when something that really happened moved the deal."""
    carries_newest: bool = field(default=False, kw_only=True)
    """Whether it looks at the contact only when it runs: one that has not looked yet does for later ones too."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants an action, and why; kept in the state of its run."""

    by_pages: tuple[str, ...] = ()
    """The pages of the rule book that asked, empty when a person did."""
    is_by_book: bool = False
    """Whether all of them are pages that we ship, and what they decided did not wait for a human."""
    hold: str = ""
    """Why nothing that comes of it may leave by itself, as a key of `hold.`."""
    number: int | None = None
    """The one number that the contact wrote, which may choose among what was offered."""
    at: datetime | None = None
    """When the message was decided; None when a person asked."""


@dataclass(frozen=True, slots=True)
class ActionView:
    """One action as people see it."""

    id: str
    conversation_id: str
    name: str
    title_en: str
    title_ar: str
    state: State
    reason_en: str
    reason_ar: str
    by: str
    """`rules`, or who asked."""
    pages: tuple[str, ...]
    correlation_id: str
    created_at: datetime
    updated_at: datetime
    approval_id: str = ""
    """The request in the approval centre that it waits for, or waited for last."""
    result: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Ids and codes that the outcome left: a booking, a paper, a message."""
