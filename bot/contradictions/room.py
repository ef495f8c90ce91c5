"""
The register: report, look, review, resolve, accept; and the looks that the service makes by itself.

Rule 1: whoever decides is the caller, not whom a body names. Every step is in the audit log.
Rule 2: what is resolved and still true comes back with the next look, whatever was written beside it.
Rule 3: what the service found and finds no more it settles itself, and says so; what people reported, people do.
Rule 4: news is told once; critical and high only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.alerts import Alerts
from bot.audit import Audit
from bot.contradictions import register
from bot.contradictions.kept import ContradictionRows, Filter
from bot.contradictions.kinds import BY_NAME
from bot.contradictions.register import (
    ACTIVE,
    Contradiction,
    Found,
    MovedMeanwhile,
    Severity,
    Stats,
    Status,
    is_one_thing,
)
from bot.contradictions.scan import CONTACTS_A_LOOK, CONTACTS_ASKED_FOR, Looked, Scanner, Take
from bot.errors import BadRequest, NotFound
from bot.people import NOBODY, Human

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 60.0

# Rules are examined as a whole, which takes a second of a thread; between changes this is often enough.
RULES_EVERY = timedelta(minutes=10)

EXPIRED_AT_ONCE = 500

AUDIENCE = ("admin", "dpo")
TOLD = (Severity.CRITICAL, Severity.HIGH)

FOUND_NO_MORE = "the service looked again and does not find it any more"
STILL_TRUE = "found again after it was resolved"
TIME_IS_UP = "it was accepted until now"


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What one scan that people asked for came to."""

    found: int
    new: int
    reopened: int
    gone: int
    contacts: int
    is_complete: bool
    """Whether every contact that changed was read; if not, scan again to go on."""


class Contradictions:
    """The registers of all tenants."""

    def __init__(
        self,
        rows: ContradictionRows,
        scanner: Scanner,
        tenants: Sequence[str],
        rules_version: Callable[[str], str],
        audit: Audit,
        alerts: Alerts,
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        """
        Args:
            rules_version: names what is in force for a tenant today; another name is another look.
            unreachable: what the database raises while it is away.
        """
        self._rows = rows
        self._scanner = scanner
        self._tenants = tenants
        self._rules_version = rules_version
        self._audit = audit
        self._alerts = alerts
        self._unreachable = unreachable
        self._now = now
        self._new_id = new_id
        self._rules_seen: dict[str, tuple[str, datetime]] = {}

    # what people ask

    async def list(
        self, tenant_id: str, wanted: Filter | None = None, limit: int = 100, after: str = ""
    ) -> Sequence[Contradiction]:
        """The worst first, then the latest."""
        await self._bring_back(tenant_id)
        return await self._rows.list(tenant_id, wanted or Filter(), limit, after)

    async def get(self, tenant_id: str, contradiction_id: str) -> Contradiction:
        """Raises NotFound."""
        await self._bring_back(tenant_id)
        return await self._one(tenant_id, contradiction_id)

    async def stats(self, tenant_id: str, *, without_contacts: bool = False) -> Stats:
        await self._bring_back(tenant_id)
        return await self._rows.stats(tenant_id, without_contacts=without_contacts)

    async def report(self, tenant_id: str, found: Found, by: Human) -> tuple[Contradiction, bool]:
        """
        Put what somebody found into the register; answers it, and whether it is new.

        One that is known is counted, and comes back if it was resolved. Raises BadRequest.
        """
        if is_one_thing(found.a, found.b):
            raise BadRequest(
                "both sides say the same; a contradiction needs two claims that cannot both be true",
                "الطرفان يقولان الشيء نفسه؛ التناقض يحتاج ادعاءين لا يجتمعان",
            )
        return await self._saw(tenant_id, found, by, counts=True)

    async def review(self, tenant_id: str, contradiction_id: str, by: Human, note: str = "") -> Contradiction:
        """Somebody looks into it. Raises NotFound, WrongStatus, MovedMeanwhile."""
        one = await self.get(tenant_id, contradiction_id)
        after = register.moved(one, Status.REVIEWING, by, self._now(), note)
        return await self._settle(one, after, "contradiction_reviewed", by, note=note)

    async def resolve(
        self, tenant_id: str, contradiction_id: str, by: Human, resolution: str, named: str = ""
    ) -> Contradiction:
        """One side was changed. Raises NotFound, WrongStatus, MovedMeanwhile."""
        one = await self.get(tenant_id, contradiction_id)
        after = register.resolved(one, by, self._now(), resolution, named)
        return await self._settle(one, after, "contradiction_resolved", by, reason=resolution)

    async def accept(
        self,
        tenant_id: str,
        contradiction_id: str,
        by: Human,
        resolution: str,
        until: datetime | None = None,
        named: str = "",
    ) -> Contradiction:
        """Live with it until a day. Raises NotFound, WrongStatus, BadRequest, MovedMeanwhile."""
        one = await self.get(tenant_id, contradiction_id)
        after = register.accepted(one, by, self._now(), resolution, until, named)
        return await self._settle(
            one, after, "contradiction_accepted", by, reason=resolution, until=after.accepted_until
        )

    async def scan(self, tenant_id: str, by: Human, *, from_the_start: bool = False) -> ScanReport:
        """Look at everything now; what is still so is counted once more."""
        await self._bring_back(tenant_id)
        rules = await self._look_at_rules(tenant_id, counts=True)
        contacts = await self._look_at_contacts(
            tenant_id, CONTACTS_ASKED_FOR, counts=True, from_the_start=from_the_start
        )
        told = [*rules.found, *contacts.found]
        report = ScanReport(
            found=len(told),
            new=rules.new + contacts.new,
            reopened=rules.reopened + contacts.reopened,
            gone=rules.gone + contacts.gone,
            contacts=contacts.contacts,
            is_complete=contacts.is_complete,
        )
        await self._audit.note(
            tenant_id, "contradictions_scanned", by, found=report.found, new=report.new, contacts=report.contacts
        )
        return report

    # what is done again and again

    async def look(self) -> None:
        """What changed since the last look, of every tenant."""
        for tenant_id in self._tenants:
            try:
                await self._bring_back(tenant_id)
                if self._rules_are_due(tenant_id):
                    await self._look_at_rules(tenant_id, counts=False)
                await self._look_at_contacts(tenant_id, CONTACTS_A_LOOK, counts=False)
            except self._unreachable as away:
                logger.warning("contradictions_wait_for_database", tenant=tenant_id, reason=type(away).__name__)

    def _rules_are_due(self, tenant_id: str) -> bool:
        version, at = self._rules_seen.get(tenant_id, ("", None))
        if at is None or version != self._rules_version(tenant_id):
            return True
        return not timedelta(0) <= self._now() - at < RULES_EVERY

    async def _look_at_rules(self, tenant_id: str, *, counts: bool) -> "_Told":
        seen = (self._rules_version(tenant_id), self._now())
        told = _Told()
        looked = await self._scanner.rules(tenant_id, self._taking(tenant_id, told, counts=counts))
        await self._close(looked, told)
        self._rules_seen[tenant_id] = seen
        return told

    async def _look_at_contacts(
        self, tenant_id: str, at_most: int, *, counts: bool, from_the_start: bool = False
    ) -> "_Told":
        told = _Told()
        taking = self._taking(tenant_id, told, counts=counts)
        looked = await self._scanner.contacts(tenant_id, taking, at_most, from_the_start=from_the_start)
        await self._close(looked, told)
        told.contacts, told.is_complete = looked.contacts, looked.is_complete
        return told

    def _taking(self, tenant_id: str, told: "_Told", *, counts: bool) -> Take:
        async def take(found: Found) -> Contradiction:
            one, is_new = await self._saw(tenant_id, found, NOBODY, counts=counts, told=told)
            told.found.append(one.id)
            told.new += is_new
            return one

        return take

    async def _close(self, looked: Looked, told: "_Told") -> None:
        """What the service found once and finds no more."""
        for one in looked.gone:
            if one.status not in ACTIVE:
                continue
            after = register.resolved(one, NOBODY, self._now(), FOUND_NO_MORE)
            if await self._rows.write(after):
                told.gone += 1
                await self._note(after, "contradiction_gone", NOBODY)

    async def _bring_back(self, tenant_id: str) -> None:
        """What was accepted until a day that has come."""
        for one in await self._rows.expired(tenant_id, self._now(), EXPIRED_AT_ONCE):
            if one.has_come_back(self._now()):
                await self._reopen(one, TIME_IS_UP)

    # what is kept and told

    async def _saw(
        self, tenant_id: str, found: Found, by: Human, *, counts: bool, told: "_Told | None" = None
    ) -> tuple[Contradiction, bool]:
        one, is_new = await self._rows.saw(tenant_id, found, self._new_id(), self._now(), counts=counts)
        if is_new:
            await self._note(one, "contradiction_detected", by, severity=one.severity.value)
            await self._tell(one)
        if one.status is Status.RESOLVED:
            one = await self._reopen(one, STILL_TRUE, counts=not counts)
            if told is not None:
                told.reopened += 1
        return one, is_new

    async def _reopen(self, one: Contradiction, why: str, *, counts: bool = False) -> Contradiction:
        after = register.reopened(one, NOBODY, self._now(), why)
        if not await self._rows.write(after):
            return await self._one(one.tenant_id, one.id)  # somebody was faster
        if counts:
            again = Found(one.detector, one.kind, one.severity, one.a, one.b)
            await self._rows.saw(one.tenant_id, again, one.id, self._now(), counts=True)
        await self._note(after, "contradiction_reopened", NOBODY, reason=why)
        await self._tell(after)
        return await self._one(one.tenant_id, one.id)

    async def _settle(
        self, before: Contradiction, after: Contradiction, what: str, by: Human, **data: object
    ) -> Contradiction:
        if not await self._rows.write(after):
            raise MovedMeanwhile(
                "somebody else changed this contradiction meanwhile; look at it again",
                "غيّر شخص آخر هذا التناقض في هذه الأثناء؛ راجعه من جديد",
            )
        await self._note(after, what, by, before=before.status.value, after=after.status.value, **data)
        return await self._one(after.tenant_id, after.id)

    async def _note(self, one: Contradiction, what: str, by: Human, **data: object) -> None:
        await self._audit.note(
            one.tenant_id,
            what,
            by,
            conversation_id=one.about,
            contradiction=one.id,
            detector=one.detector,
            **data,
        )

    async def _tell(self, one: Contradiction) -> None:
        if one.severity not in TOLD:
            return
        kind = BY_NAME[one.detector]
        await self._alerts.tell(
            one.tenant_id,
            "contradiction_found",
            f"Contradiction: {kind.title_en}",
            f"تناقض: {kind.title_ar}",
            f"contradiction {one.id}, {one.severity.value}",
            f"contradiction:{one.id}:{one.reopened}",
            audience=AUDIENCE,
            about=one.id,
        )

    async def _one(self, tenant_id: str, contradiction_id: str) -> Contradiction:
        found = await self._rows.read(tenant_id, contradiction_id)
        if found is None:
            raise NotFound(f"there is no contradiction {contradiction_id}", "لا يوجد تناقض بهذا المعرّف")
        return replace(found)


class _Told:
    """What one look came to, as it goes on."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.new = 0
        self.reopened = 0
        self.gone = 0
        self.contacts = 0
        self.is_complete = True
