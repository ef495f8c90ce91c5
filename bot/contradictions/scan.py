"""
Looks for contradictions: in the rules in force, in the dictionary of numbers, and in contacts that changed.

Rule 1: a look is bounded. Contacts are read in pages by their last change, and the next look goes on where this
        one stopped; a hundred thousand of them take some looks, and hold up nobody.
Rule 2: rules are looked at as a whole, and whatever the service had found in them and finds no more is settled.
        A contact that was found is looked at again by name.
Rule 3: what people ask for counts once more what is still so; what the service does by itself counts only news.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.contradictions.in_contacts import ContactState, found_about, worth_looking
from bot.contradictions.in_metrics import Defined, defined_twice
from bot.contradictions.in_rules import InForce, found_in
from bot.contradictions.kept import ContactRows, ContradictionRows, Cursor
from bot.contradictions.kinds import OF_CONTACTS, OF_RULES
from bot.contradictions.register import Contradiction, Found
from bot.memory.fact import Conflict
from bot.playbook import Playbooks, RulesRefused
from bot.store import Store
from bot.tenant import Tenant
from rules.problems import Problem

PAGE = 500

# One look of the service reads no more contacts than this; one that people ask for, no more than that.
CONTACTS_A_LOOK = 2_000
CONTACTS_ASKED_FOR = 20_000

# Found and not settled: so many are looked at again by name in one look.
AGAIN_AT_MOST = 500
RESOLVED_LATELY = timedelta(days=7)

# A change is stamped a moment before it is stored, by the clock of whoever makes it.
SLACK = timedelta(seconds=10)

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

Take = Callable[[Found], Awaitable[Contradiction]]


class Remembers(Protocol):
    """The memory of contacts."""

    async def conflicts_among(self, tenant_id: str, contact_ids: Iterable[str]) -> list[Conflict]:
        """What each of these contacts told us that cannot all be so."""


@dataclass(slots=True)
class Looked:
    """What one look came to."""

    found: list[Contradiction] = field(default_factory=list)
    still: set[str] = field(default_factory=set)
    """Fingerprints of everything that is true now."""
    gone: list[Contradiction] = field(default_factory=list)
    """What the service had found and is true no more."""
    contacts: int = 0
    is_complete: bool = True
    """Whether every contact that changed was read."""


class Scanner:
    """Looks, for one tenant at a time; what it finds it hands to whoever keeps it."""

    def __init__(
        self,
        *,
        rows: ContradictionRows,
        contacts: ContactRows,
        store: Store,
        playbooks: Playbooks,
        tenants: Mapping[str, Tenant],
        metrics: Callable[[], Iterable[Defined]],
        memory: Remembers,
        now: Callable[[], datetime],
    ) -> None:
        """`metrics`: every number that is defined anywhere."""
        self._rows = rows
        self._contacts = contacts
        self._store = store
        self._playbooks = playbooks
        self._tenants = tenants
        self._metrics = metrics
        self._memory = memory
        self._now = now

    async def rules(self, tenant_id: str, take: Take) -> Looked:
        """Everything that is no contact's."""
        in_force = await self._in_force(tenant_id)
        found = await asyncio.to_thread(found_in, in_force)
        looked = Looked()
        for one in [*found, *defined_twice(self._metrics())]:
            looked.found.append(await take(one))
            looked.still.add(one.fingerprint)
        known = await self._known(tenant_id, OF_RULES)
        looked.gone = [one for one in known if one.fingerprint not in looked.still]
        return looked

    async def contacts(self, tenant_id: str, take: Take, at_most: int, *, from_the_start: bool = False) -> Looked:
        """Those that changed since the last look, and those that were found."""
        looked = Looked()
        known = await self._known(tenant_id, OF_CONTACTS)
        named = sorted({one.about for one in known if one.about})
        again = await self._contacts.some(tenant_id, named)
        await self._take(tenant_id, again, take, looked)
        looked.gone = [one for one in known if one.about and one.fingerprint not in looked.still]
        await self._changed(tenant_id, take, looked, at_most, from_the_start=from_the_start)
        return looked

    async def _changed(
        self, tenant_id: str, take: Take, looked: Looked, at_most: int, *, from_the_start: bool
    ) -> None:
        cursor = None if from_the_start else await self._rows.cursor(tenant_id)
        cursor = cursor or Cursor(BEGINNING, (), BEGINNING)
        agreed, until = await self._contacts.consented(tenant_id, cursor.consents_since or BEGINNING, at_most)
        await self._take(tenant_id, agreed, take, looked)
        cursor = replace(cursor, consents_since=until)
        looked.is_complete = False
        while looked.contacts < at_most:
            page = await self._contacts.changed(tenant_id, cursor, min(PAGE, at_most - looked.contacts))
            await self._take(tenant_id, page.contacts, take, looked)
            looked.contacts += page.read
            cursor = page.cursor
            if page.is_last:
                looked.is_complete = len(agreed) < at_most
                cursor = _with_slack(cursor, self._now())
                break
        await self._rows.keep_cursor(tenant_id, cursor)

    async def _take(self, tenant_id: str, contacts: Sequence[ContactState], take: Take, looked: Looked) -> None:
        now = self._now()
        for contact in worth_looking(await self._remembered(tenant_id, contacts)):
            for one in found_about(contact, now):
                if one.fingerprint not in looked.still:
                    looked.found.append(await take(one))
                    looked.still.add(one.fingerprint)

    async def _remembered(self, tenant_id: str, contacts: Sequence[ContactState]) -> list[ContactState]:
        """With what the memory of contacts holds against each of them."""
        told = [one.conversation_id for one in contacts if one.has_told and one.conversation_id]
        against: dict[str, list[Conflict]] = {}
        for conflict in await self._memory.conflicts_among(tenant_id, told):
            against.setdefault(conflict.contact_id, []).append(conflict)
        return [replace(one, conflicts=tuple(against.get(one.conversation_id, ()))) for one in contacts]

    async def _known(self, tenant_id: str, detectors: Iterable[str]) -> Sequence[Contradiction]:
        """What the service found before: active, accepted, or resolved lately."""
        since = self._now() - RESOLVED_LATELY
        return await self._rows.to_look_at_again(tenant_id, sorted(detectors), since, AGAIN_AT_MOST)

    async def _in_force(self, tenant_id: str) -> InForce:
        playbooks = self._playbooks
        return InForce(
            tenant=self._tenants[tenant_id],
            playbook=playbooks.of(tenant_id),
            shipped=playbooks.shipped.wordings,
            today=playbooks.today,
            refused=await self._refused(tenant_id),
            templates=await self._store.templates.of_tenant(tenant_id),
        )

    async def _refused(self, tenant_id: str) -> tuple[Problem, ...]:
        """Why the latest edition is not the one in force, where it is not."""
        latest = await self._store.rulebooks.editions(tenant_id, 1)
        if not latest or latest[0].number == self._playbooks.edition(tenant_id):
            return ()
        try:
            await asyncio.to_thread(self._playbooks.compose, tenant_id, latest[0].files)
        except RulesRefused as refused:
            return refused.problems
        return ()


def _with_slack(cursor: Cursor, now: datetime) -> Cursor:
    """What was stamped in the last moments is read once more next time."""
    since = min(cursor.since, now - SLACK)
    consents = min(cursor.consents_since or BEGINNING, now - SLACK)
    return Cursor(since, cursor.seen if since == cursor.since else (), consents)
