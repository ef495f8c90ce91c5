"""
What one collection is: its fields, its indexes, and what becomes of its rows when a contact asks to be forgotten.

Rule 1: every row carries its tenant.
Rule 2: every index begins with the tenant, except those of a sweep over all tenants, which say so.
Rule 3: each index names the question it answers.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# The service's own rows belong to no tenant, and the validator wants one all the same: no tenant's id is this.
SERVICE = "-"

DAY_SECONDS = 86_400


class Erasure(StrEnum):
    """What becomes of rows about a contact who asked to be forgotten."""

    KEEP = "keep"
    """Nothing personal in them, or a reason that outlives the contact; `why_kept` says which."""
    DELETE = "delete"
    REDACT = "redact"
    """The row stays as proof that something happened; the words and names in it go."""


@dataclass(frozen=True, slots=True)
class Index:
    """One index and the question it answers."""

    answers: str
    keys: tuple[tuple[str, int], ...]
    options: tuple[tuple[str, Any], ...] = ()


BY_CORRELATION = Index(
    "what did this message cause here?",
    (("tenant_id", 1), ("correlation_id", 1)),
    (("partialFilterExpression", {"correlation_id": {"$gt": ""}}), ("name", "by_correlation")),
)
"""For the story of one message (`traces.py`); rows that no message caused are not in it."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One collection."""

    name: str
    holds: str
    required: tuple[str, ...]
    indexes: tuple[Index, ...] = ()
    contact_field: str = ""
    """The field that names the conversation or contact key a row belongs to; empty when rows belong to nobody."""
    on_erasure: Erasure = Erasure.KEEP
    why_kept: str = "nothing about a contact is in it"
    spread_by: tuple[str, ...] = ("tenant_id",)
    """In a cluster, the fields that say on which shard a row lies; empty for what stays together on one."""
    swept: str = ""
    """Why this collection is read over all tenants at once; empty for those that never are."""
