"""
What happens when nobody decides: who is told, in which order, once.

Rule 1: each level of a request is told once, whoever looks and however often the service starts anew: its alert
        is known by the request and the level.
Rule 2: first those who decide, then who stands in for them, then the admins. A level that was slept through is
        told all the same, because its people do not know yet.
Rule 3: nothing is ever decided by waiting, except that the time to decide ends; whoever let it end is told.
Rule 4: drafts in conversations remind their approvers themselves; here the admins hear of those that wait twice
        as long as they may.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from bot.alerts import Alerts
from bot.audit import Audit
from bot.authority.approval import Approval, ApprovalRows, ApprovalStatus
from bot.authority.approval_view import LEVELS, ApprovalView, level_of
from bot.authority.centre import ApprovalCentre
from bot.authority.deciding import check_open
from bot.authority.delegation import Delegations
from bot.authority.held_drafts import HeldDrafts
from bot.errors import BadRequest
from bot.people import NOBODY, Human

# Every breach is told within a minute; looking is three small questions for each tenant.
LOOK_EVERY_SECONDS = 15.0

CRITICAL = 3
OVERDUE = 2


class Escalation:
    """Keeps the time of everything that waits."""

    def __init__(
        self,
        *,
        rows: ApprovalRows,
        centre: ApprovalCentre,
        drafts: HeldDrafts,
        delegations: Delegations,
        alerts: Alerts,
        audit: Audit,
        tenants: Mapping[str, object],
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
    ) -> None:
        self._rows = rows
        self._centre = centre
        self._drafts = drafts
        self._delegations = delegations
        self._alerts = alerts
        self._audit = audit
        self._tenants = tenants
        self._unreachable = unreachable
        self._now = now
        self._told: set[str] = set()
        """Drafts that this process has told already; the key of the alert is what makes it once."""

    async def look(self) -> None:
        """One round over all tenants; while a database is away there is nothing to tell."""
        for tenant_id in tuple(self._tenants):
            with suppress(*self._unreachable):
                await self.look_at(tenant_id)

    async def look_at(self, tenant_id: str) -> None:
        """Write down what expired, tell decisions nobody heard of, and tell who must hurry."""
        now = self._now()
        waiting = await self._rows.pending(tenant_id)
        for approval in waiting:
            if approval.status_at(now) is ApprovalStatus.EXPIRED:
                await self._tell_of_the_end(approval)
        await self._centre.expire(tenant_id)
        await self._centre.deliver(tenant_id)
        for approval in waiting:
            if approval.status_at(now) is not ApprovalStatus.PENDING:
                continue
            reached = level_of(now, approval.warn_at, approval.due_at, approval.escalate_at)
            for level in range(approval.told_level + 1, reached + 1):
                await self._tell(approval, level, now, NOBODY, "")
        for view in await self._drafts.waiting(tenant_id):
            if view.level >= CRITICAL and view.id not in self._told:
                await self._tell_of_draft(view, NOBODY, "")

    async def escalate(self, tenant_id: str, approval_id: str, by: Human, note: str) -> ApprovalView:
        """
        Tell the next ones now, without waiting for the clock.

        Raises NotFound, AlreadyDecided, Expired, BadRequest (the admins know already).
        """
        view = await self._centre.get(tenant_id, approval_id)
        if view.source == "conversation":
            if view.status is not ApprovalStatus.PENDING:
                raise BadRequest("this draft does not wait any more", "هذه المسودة لم تعد تنتظر قرارًا")
            if not await self._tell_of_draft(view, by, note):
                raise _everybody_knows()
            return view
        approval = await self._centre.read(tenant_id, approval_id)
        now = self._now()
        check_open(approval, now)
        if approval.told_level >= CRITICAL:
            raise _everybody_knows()
        # By hand it goes at least to who stands in: the approvers themselves are where it comes from.
        await self._tell(approval, max(approval.told_level + 1, OVERDUE), now, by, note)
        return await self._centre.get(tenant_id, approval_id)

    async def _tell(self, approval: Approval, level: int, now: datetime, by: Human, note: str) -> None:
        audience, recipients = await self._whom(approval, level, now)
        label_en, label_ar = LEVELS[level]
        is_new = await self._alerts.tell(
            approval.tenant_id,
            "approval_escalated",
            f"{approval.title_en}: {label_en}",
            f"{approval.title_ar}: {label_ar}",
            _detail(approval.kind, approval.created_at, approval.expires_at, note),
            f"approval:{approval.id}:level:{level}",
            audience=audience,
            recipients=recipients,
            level=level,
            about=approval.id,
            correlation_id=approval.correlation_id,
        )
        if is_new:
            await self._audit.note(
                approval.tenant_id,
                "approval_escalated",
                by,
                correlation_id=approval.correlation_id,
                approval=approval.id,
                kind=approval.kind,
                level=level,
                audience=list(audience),
                recipients=list(recipients),
            )
        await self._rows.told(approval.tenant_id, approval.id, level)

    async def _tell_of_the_end(self, approval: Approval) -> None:
        await self._alerts.tell(
            approval.tenant_id,
            "approval_expired",
            f"{approval.title_en}: nobody decided in time",
            f"{approval.title_ar}: انتهت المهلة دون قرار",
            _detail(approval.kind, approval.created_at, approval.expires_at, ""),
            f"approval:{approval.id}:expired",
            audience=(*_waits_for(approval), "admin"),
            about=approval.id,
            correlation_id=approval.correlation_id,
        )

    async def _whom(
        self, approval: Approval, level: int, now: datetime
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        waits_for = _waits_for(approval)
        if level >= CRITICAL:
            return ("admin",), ()
        if level < OVERDUE:
            return waits_for, ()
        return waits_for, tuple(dict.fromkeys(await self._backups(approval.tenant_id, waits_for, now)))

    async def _backups(self, tenant_id: str, roles: Iterable[str], now: datetime) -> list[str]:
        return [who for role in roles for who in await self._delegations.backups(tenant_id, role, now)]

    async def _tell_of_draft(self, view: ApprovalView, by: Human, note: str) -> bool:
        label_en, label_ar = LEVELS[CRITICAL]
        is_new = await self._alerts.tell(
            view.tenant_id,
            "draft_overdue",
            # Without the name on the card: a contact can ask to be forgotten, and the alert stays.
            f"a message to a contact waits: {label_en}",
            f"رسالة إلى عميل تنتظر: {label_ar}",
            _detail(view.kind, view.created_at, view.expires_at, note),
            f"draft:{view.id}:level:{CRITICAL}",
            level=CRITICAL,
            about=view.id,
            correlation_id=view.correlation_id,
        )
        if is_new:
            await self._audit.note(
                view.tenant_id,
                "draft_escalated",
                by,
                conversation_id=view.recipient,
                correlation_id=view.correlation_id,
                draft=view.id,
                level=CRITICAL,
            )
        self._told.add(view.id)
        return is_new


def _waits_for(approval: Approval) -> tuple[str, ...]:
    return tuple(dict.fromkeys(step.role for step in approval.steps if step.is_open))


def _detail(kind: str, since: datetime, until: datetime | None, note: str) -> str:
    ends = f", ends {until:%Y-%m-%d %H:%M} UTC" if until else ""
    said = f": {note}" if note else ""
    return f"{kind}, waits since {since:%Y-%m-%d %H:%M} UTC{ends}{said}"


def _everybody_knows() -> BadRequest:
    return BadRequest("the admins know already", "المديرون على علم بهذا الطلب")
