"""
Sets and reads the terms of deals.

Rule: a deal is a conversation of this tenant; terms of one that does not exist are refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from bot.audit import Audit
from bot.deals.terms import Cleared, DealRows, OldTerms, Terms, check
from bot.errors import NotFound
from bot.evidence.seals import to_the_millisecond
from bot.people import NOBODY, Human
from bot.store import Store

T = TypeVar("T")

# Losing so often means that somebody writes in a loop.
MAX_RACES = 20


class Deals:
    """The terms of all deals."""

    def __init__(self, rows: DealRows, store: Store, audit: Audit, now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._store = store
        self._audit = audit
        self._now = now

    async def set_terms(
        self,
        tenant_id: str,
        conversation_id: str,
        value_halalas: int | Cleared | None = None,
        expected_on: date | Cleared | None = None,
        source: str = "human",
        by: Human = NOBODY,
        *,
        owner: str | None = None,
        seen_v: int | None = None,
    ) -> Terms:
        """
        Change what is given, leave what is None, and take away what is CLEAR.

        Args:
            source: `human | proposal | qualification | crm | import`.
            seen_v: the version that the caller has seen; with it a change by somebody else is a conflict.

        The same terms again change nothing. Raises NotFound, BadRequest, OldTerms.
        """
        check(value_halalas, expected_on, source, owner)
        await self._check_there(tenant_id, conversation_id)
        for _ in range(MAX_RACES):
            before = await self.of(tenant_id, conversation_id)
            if seen_v is not None and seen_v != before.v:
                raise _outdated(before)
            wanted = replace(
                before,
                value_halalas=_changed(before.value_halalas, value_halalas),
                expected_on=_changed(before.expected_on, expected_on),
                owner=before.owner if owner is None else " ".join(owner.split()),
            )
            if before.v and wanted == before:
                return before
            made = replace(
                wanted,
                source=source,
                set_at=to_the_millisecond(self._now()),
                set_by=by.id,
                set_by_name=by.name,
                v=before.v + 1,
            )
            if await self._rows.put(tenant_id, made):
                await self._note(tenant_id, before, made, by)
                return made
        raise _outdated(await self.of(tenant_id, conversation_id))

    async def of(self, tenant_id: str, conversation_id: str) -> Terms:
        """The terms of a deal; version 0 where nobody has said anything."""
        return await self._rows.get(tenant_id, conversation_id) or Terms(conversation_id)

    async def read(self, tenant_id: str, conversation_id: str) -> Terms:
        """The same of a deal that must be there. Raises NotFound."""
        await self._check_there(tenant_id, conversation_id)
        return await self.of(tenant_id, conversation_id)

    async def history(self, tenant_id: str, conversation_id: str) -> Sequence[Terms]:
        """Every version, newest first. Raises NotFound."""
        await self._check_there(tenant_id, conversation_id)
        return await self._rows.history(tenant_id, conversation_id)

    async def _check_there(self, tenant_id: str, conversation_id: str) -> None:
        if await self._store.conversations.read(tenant_id, conversation_id) is None:
            raise NotFound(f"there is no deal {conversation_id} here", "لا توجد صفقة بهذا المعرّف هنا")

    async def _note(self, tenant_id: str, before: Terms, made: Terms, by: Human) -> None:
        await self._audit.note(
            tenant_id,
            "deal_terms_set",
            by,
            conversation_id=made.conversation_id,
            once=f"{made.conversation_id}:{made.v}",
            value_before=before.value_halalas,
            value_halalas=made.value_halalas,
            expected_on=made.expected_on.isoformat() if made.expected_on else None,
            owner=made.owner,
            source=made.source,
            version=made.v,
        )


def _changed(before: T | None, wanted: T | Cleared | None) -> T | None:
    if isinstance(wanted, Cleared):
        return None
    return before if wanted is None else wanted


def _outdated(terms: Terms) -> OldTerms:
    return OldTerms(
        f"{terms.set_by_name or 'somebody'} has changed the terms of this deal (version {terms.v}): "
        "look at them and set yours again",
        f"غُيّرت شروط هذه الصفقة (الإصدار {terms.v}): راجعها ثم أعد المحاولة",
    )
