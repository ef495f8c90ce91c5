"""
What the registry of claims says about words on their way to a contact. Pure.

Rule 1: forbidden words leave through nobody: whoever writes them is told which they are.
Rule 2: anything else that deserves a look becomes a flag on the card.
Rule 3: the tenant's own name and the price that it set stand for themselves, whatever words they are made of.
"""

from collections.abc import Iterator
from datetime import datetime

from bot.errors import BadRequest
from bot.tenant import Tenant
from rules.policies import Policies
from rules.policies.claims import KINDS, Finding

FLAGS = frozenset(KINDS)
"""The flags that a text, and not a message of the contact, gives to a draft."""

FORBIDDEN = "forbidden"

# A refusal is read on a phone, and must fit into one message there; whoever mends three sees the fourth next.
NAMED_AT_MOST = 3


def refuse_forbidden(
    text: str, language: str, tenant: Tenant, policies: Policies, at: datetime
) -> tuple[str, ...]:
    """Answer the flags of a text. Raises BadRequest, naming the words, when some must never be said."""
    found = _findings_in(text, language, tenant, policies, at)
    blocking = {(finding.claim, finding.words): finding for finding in found if finding.blocks}
    if blocking:
        named = list(blocking.values())[:NAMED_AT_MOST]
        raise BadRequest(" ".join(finding.en for finding in named), " ".join(finding.ar for finding in named))
    return _flags(found)


def risks_of(text: str, language: str, tenant: Tenant, policies: Policies, at: datetime) -> tuple[str, ...]:
    """The flags of a text that we wrote ourselves; `forbidden` is among them when it must not leave."""
    return _flags(_findings_in(text, language, tenant, policies, at))


def _findings_in(
    text: str, language: str, tenant: Tenant, policies: Policies, at: datetime
) -> tuple[Finding, ...]:
    found = policies.findings(text, language or "ar", policies.day(at))
    if not found:
        return found
    ours = list(_ours(text, tenant))
    return tuple(f for f in found if not any(start <= f.span[0] and f.span[1] <= end for start, end in ours))


def _ours(text: str, tenant: Tenant) -> Iterator[tuple[int, int]]:
    """Where the tenant's name and price stand."""
    for words in (tenant.name, *tenant.public_price.values()):
        at = text.find(words) if words else -1
        while at >= 0:
            yield at, at + len(words)
            at = text.find(words, at + 1)


def _flags(found: tuple[Finding, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.kind for finding in found))
