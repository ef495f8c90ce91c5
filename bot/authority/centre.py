"""
The approval centre: everything that waits for a person, asked for, listed and decided in one place.

Rule 1: a decision is one conditional write on what the person saw. Of two who decide, one does, and the other is
        told who, when and what.
Rule 2: a yes counts only from somebody whose role the step wants, or who stands in for one (`authority.py`).
Rule 3: the last yes makes one grant. Whoever waited for a decision hears of it again and again until it worked,
        across crashes; hearing of it twice must not matter.
Rule 4: Telegram, the console and the API ask the same functions; drafts of conversations are among the answers.
Rule 5: the same thing asked twice is one request; the same thing with another content replaces the first.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.audit import Audit
from bot.authority.approval import Approval, ApprovalRows, ApprovalStatus
from bot.authority.approval_view import ApprovalView, Stats, stats_of, view_of
from bot.authority.deciding import (
    already_decided,
    check_open,
    check_seen,
    ended,
    role_needed,
    step_for,
    with_yes,
)
from bot.authority.delegation import Authority, Delegations
from bot.authority.deliveries import Deliveries, WhenDecided
from bot.authority.grants import Grants
from bot.authority.held_drafts import HeldDrafts
from bot.authority.policy import Asking, Policy
from bot.authority.requests import Request, request_of
from bot.conversation import ShownCard
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.people import NOBODY, Human, person_of
from rules.policies import Policies

# Nobody scrolls further; older requests are in the timeline.
HISTORY = 1_000

# A lost race is tried again; losing so often means that somebody writes in a loop.
MAX_RACES = 20

# A card in a chat is kept true for this long after the decision.
CARDS_FOLLOW_FOR = timedelta(days=7)


class ApprovalCentre:
    """Asks people, and keeps what they said."""

    def __init__(
        self,
        *,
        rows: ApprovalRows,
        policy: Policy,
        grants: Grants,
        delegations: Delegations,
        drafts: HeldDrafts,
        audit: Audit,
        policies_of: Callable[[str], Policies],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        new_secret: Callable[[], str],
    ) -> None:
        """`new_secret` makes the ids of grants: random, and telling nothing."""
        self._rows = rows
        self._policy = policy
        self._grants = grants
        self._delegations = delegations
        self._drafts = drafts
        self._audit = audit
        self._policies_of = policies_of
        self._now = now
        self._new_id = new_id
        self._new_secret = new_secret
        self._deliveries = Deliveries(rows, grants, audit)

    def when_decided(self, kind: str, callback: WhenDecided) -> None:
        """As `Deliveries.when_decided`: hear of every final decision about requests of a kind."""
        self._deliveries.when_decided(kind, callback)

    async def ask(
        self,
        tenant_id: str,
        *,
        kind: str,
        action: str,
        resource: str,
        content_sha256: str,
        recipient: str,
        title_en: str,
        title_ar: str,
        summary_en: str,
        summary_ar: str,
        requested_by: Human,
        correlation_id: str,
        steps: Sequence[str] = ("approver",),
        risk: str = "medium",
        facts: Mapping[str, str] | None = None,
        evidence: str = "",
        four_eyes: bool | None = None,
    ) -> Approval:
        """
        Ask people to agree to something. The same request that waits already is answered again.

        Args:
            kind: whose deadlines count, and who hears of the decision: `proposal`, `data_sharing`, `task`, ...
            resource: what it is about, `proposal:<id>`; a request for the same resource and action with another
                content replaces one that still waits.
            content_sha256: the hash of exactly what would be done, in hex.
            recipient: an id of who gets it, never a phone; empty when nobody does.
            steps: one role for each yes that is needed, each from another person.
            evidence: the id of what proves that it should happen, for class B+; the resource when not named.
            four_eyes: what the policy of the action says, unless said here; it can only be made stricter.

        Raises PolicyRefused (unknown, forbidden, no correlation id), BadRequest.
        """
        now = self._now()
        ruling = await self._policy.require(
            Asking(tenant_id, action, requested_by, correlation_id=correlation_id, evidence=evidence or resource)
        )
        times = self._policies_of(tenant_id).deadlines.of_request(kind, now)
        approval = request_of(
            Request(
                self._new_id(), tenant_id, kind, resource, content_sha256, recipient, title_en, title_ar,
                summary_en, summary_ar, requested_by, correlation_id, tuple(steps), risk, dict(facts or {}),
                ruling.four_eyes or bool(four_eyes),
            ),
            ruling,
            times,
            now,
        )  # fmt: skip
        return await self._open(approval, now)

    async def get(self, tenant_id: str, approval_id: str) -> ApprovalView:
        """One request or draft as it is now. Raises NotFound."""
        found = await self._rows.read(tenant_id, approval_id)
        return view_of(found, self._now()) if found else await self._drafts.view(tenant_id, approval_id)

    async def read(self, tenant_id: str, approval_id: str) -> Approval:
        """The request itself, with its grant, for whoever asked. Raises NotFound."""
        found = await self._rows.read(tenant_id, approval_id)
        if found is None:
            raise NotFound(f"there is no request {approval_id}", "لا يوجد طلب موافقة بهذا المعرّف")
        return found

    async def list(
        self, tenant_id: str, *, status: str = "", kind: str = "", level: int | None = None
    ) -> list[ApprovalView]:
        """
        Requests and the drafts that wait, what is due first; what was decided comes after it, newest first.

        Raises BadRequest for a status that does not exist.
        """
        if status and status not in set(ApprovalStatus):
            known = ", ".join(ApprovalStatus)
            raise BadRequest(
                f"there is no status {status!r}: choose one of {known}", f"حالة غير معروفة؛ اختر من: {known}"
            )
        now = self._now()
        found = {a.id: a for a in await self._rows.pending(tenant_id)}
        if status != ApprovalStatus.PENDING:
            found |= {a.id: a for a in await self._rows.latest(tenant_id, HISTORY)}
        views = [view_of(a, now) for a in found.values()]
        views += await self._drafts.waiting(tenant_id)
        chosen = [
            view
            for view in views
            if (not status or view.status == status)
            and (not kind or view.kind == kind)
            and (level is None or view.level == level)
        ]
        return sorted(chosen, key=_urgency)

    async def stats(self, tenant_id: str, *, kind: str = "") -> Stats:
        """The numbers of `list`, counted from what it answers."""
        return stats_of(await self.list(tenant_id, kind=kind))

    async def waiting_for(self, tenant_id: str, by: Human, roles: Sequence[str]) -> Sequence[ApprovalView]:
        """What this person can decide now, in his own name or for another."""
        now = self._now()
        found = []
        for view in await self.list(tenant_id, status=ApprovalStatus.PENDING):
            if await self._may_decide(view, by, roles, now):
                found.append(view)
        return found

    async def approve(
        self, tenant_id: str, approval_id: str, v: int, by: Human, roles: Sequence[str], note: str = ""
    ) -> ApprovalView:
        """
        Say yes to what was seen as version `v`.

        Raises AlreadyDecided (names the first decision), Expired, Outdated, RoleNeeded, FourEyes, SamePerson,
        NotFound.
        """

        async def yes(approval: Approval, now: datetime) -> Approval:
            number, authority = await step_for(approval, self._delegations, by, roles, now)
            check_seen(approval, v)
            return with_yes(approval, number, by, authority, note, now, self._new_secret())

        if await self._rows.read(tenant_id, approval_id) is None:
            authority = await self._for_drafts(tenant_id, approval_id, by, roles)
            return await self._drafts.approve(tenant_id, approval_id, v, by, authority)
        return await self._decide(tenant_id, approval_id, yes)

    async def reject(
        self, tenant_id: str, approval_id: str, v: int, by: Human, roles: Sequence[str], note: str = ""
    ) -> ApprovalView:
        """Say no; one no ends it. Raises as `approve`."""

        async def no(approval: Approval, now: datetime) -> Approval:
            check_seen(approval, v)
            authority = await self._may_refuse(approval, by, roles, now)
            return ended(approval, ApprovalStatus.REJECTED, by, authority, note, now)

        if await self._rows.read(tenant_id, approval_id) is None:
            authority = await self._for_drafts(tenant_id, approval_id, by, roles)
            return await self._drafts.reject(tenant_id, approval_id, by, authority, note)
        return await self._decide(tenant_id, approval_id, no)

    async def cancel(
        self, tenant_id: str, approval_id: str, v: int, by: Human, roles: Sequence[str], note: str = ""
    ) -> ApprovalView:
        """Take a request back: whoever asked, or an admin. Raises as `approve`, and NotAllowed."""

        async def withdraw(approval: Approval, now: datetime) -> Approval:
            if by.id != approval.requested_by.id and "admin" not in roles:
                raise NotAllowed(
                    "only whoever asked, or an admin, takes a request back", "لا يسحب الطلب إلا صاحبه أو مدير"
                )
            check_seen(approval, v)
            return ended(approval, ApprovalStatus.CANCELLED, by, Authority(), note, now)

        return await self._decide(tenant_id, approval_id, withdraw)

    async def expire(self, tenant_id: str) -> None:
        """Write down what time has decided."""
        now = self._now()
        for approval in await self._rows.pending(tenant_id):
            if approval.expires_at <= now:
                await self._finish(
                    ended(approval, ApprovalStatus.EXPIRED, NOBODY, Authority(), "nobody_decided", now)
                )

    async def deliver(self, tenant_id: str) -> None:
        """Tell decisions that somebody has not heard of yet."""
        await self._deliveries.look_at(tenant_id)

    async def card_shown(self, tenant_id: str, approval_id: str, chat_id: int, message_id: int, v: int) -> None:
        """Remember that a chat shows this request as of a version."""
        await self._rows.shown(tenant_id, approval_id, ShownCard(chat_id, message_id, v))

    async def cards_due(self, tenant_id: str, chats: Sequence[int]) -> Sequence[ApprovalView]:
        """Requests (no drafts) of which one of these chats lacks a card, or shows one that is no longer true."""
        now = self._now()
        waiting = await self._rows.pending(tenant_id)
        decided = await self._rows.shown_and_decided(tenant_id, now - CARDS_FOLLOW_FOR)
        lacks = [a for a in waiting if any(chat not in {c.chat_id for c in a.cards} for chat in chats)]
        old = [a for a in (*waiting, *decided) if any(card.shown_rev < a.v for card in a.cards)]
        return [view_of(a, now) for a in {a.id: a for a in (*lacks, *old)}.values()]

    async def _open(self, approval: Approval, now: datetime) -> Approval:
        key = _open_key(approval)
        for _ in range(MAX_RACES):
            if await self._rows.add(approval, key):
                await self._deliveries.note("approval_requested", approval, approval.requested_by, NOBODY)
                return approval
            before = await self._rows.open_of(approval.tenant_id, key)
            if before is None:
                continue  # decided in this moment
            if before.status_at(now) is ApprovalStatus.EXPIRED:
                over = ended(before, ApprovalStatus.EXPIRED, NOBODY, Authority(), "nobody_decided", now)
            elif _is_same(before, approval):
                return before
            else:
                over = ended(
                    before,
                    ApprovalStatus.SUPERSEDED,
                    approval.requested_by,
                    Authority(),
                    "asked_again",
                    now,
                    superseded_by=approval.id,
                )
            await self._finish(over)
        raise BadRequest(
            "this is being asked again and again at the same moment; ask once", "هذا الطلب يتكرر في اللحظة نفسها"
        )

    async def _decide(
        self, tenant_id: str, approval_id: str, change: Callable[[Approval, datetime], Awaitable[Approval]]
    ) -> ApprovalView:
        for _ in range(MAX_RACES):
            now = self._now()
            approval = await self.read(tenant_id, approval_id)
            check_open(approval, now)
            changed = await change(approval, now)
            if await self._finish(changed):
                return view_of(changed, now)
        raise already_decided(await self.read(tenant_id, approval_id))

    async def _finish(self, changed: Approval) -> bool:
        """Write a change; answers False when somebody was faster."""
        if not await self._rows.change(changed):
            return False
        if changed.status is ApprovalStatus.PENDING:
            last = max((s for s in changed.steps if s.at), key=lambda s: s.at)
            await self._deliveries.note("approval_step_taken", changed, last.by, last.on_behalf_of)
        else:
            await self._deliveries.tell(changed)
        return True

    async def _may_decide(self, view: ApprovalView, by: Human, roles: Sequence[str], now: datetime) -> bool:
        agreed = frozenset(person for step in view.steps for person in step.people)
        asked = frozenset({view.requested_by.id}) if view.four_eyes else frozenset[str]()
        besides = agreed | asked
        if person_of(by.id) in {person_of(one) for one in besides}:
            return False
        for role in view.waits_for:
            if await self._delegations.authority(view.tenant_id, by, roles, role, now, besides=besides):
                return True
        return False

    async def _may_refuse(self, approval: Approval, by: Human, roles: Sequence[str], now: datetime) -> Authority:
        for step in approval.steps:
            found = await self._delegations.authority(approval.tenant_id, by, roles, step.role, now)
            if found is not None:
                return found
        raise role_needed(approval)

    async def _for_drafts(self, tenant_id: str, draft_id: str, by: Human, roles: Sequence[str]) -> Authority:
        await self._drafts.view(tenant_id, draft_id)
        found = await self._delegations.authority(tenant_id, by, roles, "approver", self._now())
        if found is None:
            raise NotAllowed(
                "this waits for an approver, or for somebody who stands in for one",
                "هذه المسودة تنتظر من يملك صلاحية الموافقة أو من ينوب عنه",
            )
        return found


def _urgency(view: ApprovalView) -> tuple[bool, float]:
    if view.status is ApprovalStatus.PENDING:
        return False, (view.due_at or view.created_at).timestamp()
    return True, -view.created_at.timestamp()


def _open_key(approval: Approval) -> str:
    told = "\0".join((approval.kind, approval.action, approval.resource))
    return hashlib.sha256(told.encode()).hexdigest()


def _is_same(one: Approval, other: Approval) -> bool:
    return (one.content_sha256, one.recipient) == (other.content_sha256, other.recipient)
