"""
Standing approvals: somebody agrees once to drafts of one kind, and takes that back in one action.

Rule 1: none exists until a person with the right to approve has made it.
Rule 2: a row counts only with a genuine signature (`standing_seal.py`), inside every bound (`standing_terms.py`),
        and while its author still may approve here. In any doubt nothing stands, and the draft waits for a human.
Rule 3: a use is counted before the draft is released, and a draft is released the way a person does it: through
        `bot.approvals`, with a grant, on the conversation as it is then.
Rule 4: every use, every refusal of a row, the making and the end are in the audit and name the standing approval.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog

from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.audit import Audit
from bot.authority.policy import Asking, Policy
from bot.authority.standing_seal import StandingSeal
from bot.authority.standing_terms import ACTION, StandingApproval, StandingRows, Terms, check_terms, mismatch
from bot.conversation import Conversation, Draft, Status
from bot.errors import BadRequest, NotAllowed, NotFound, StaleConversation
from bot.people import Human
from bot.store import Store

logger = structlog.get_logger()

# What a person waits for is seconds; where nothing stands a look costs one question.
LOOK_EVERY_SECONDS = 1.0

AUTHORS = frozenset({"admin", "approver"})
MOST_DRAFTS = 500
MOST_TITLE = 200


class StandingApprovals:
    """Makes, ends and applies them."""

    def __init__(
        self,
        *,
        rows: StandingRows,
        store: Store,
        seal: StandingSeal,
        approvals: Approvals,
        policy: Policy,
        alerts: Alerts,
        audit: Audit,
        tenants: Mapping[str, object],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._store = store
        self._seal = seal
        self._approvals = approvals
        self._policy = policy
        self._alerts = alerts
        self._audit = audit
        self._tenants = tenants
        self._now = now
        self._new_id = new_id

    async def author(
        self, tenant_id: str, by: Human, roles: Sequence[str], title: str, terms: Terms
    ) -> StandingApproval:
        """Agree to every draft inside these bounds. Raises NotAllowed (the role), BadRequest (the bounds)."""
        if AUTHORS.isdisjoint(roles):
            raise NotAllowed(
                "only an admin or an approver agrees to drafts in advance",
                "لا يمنح موافقة دائمة إلا مدير أو صاحب صلاحية الموافقة",
            )
        now = self._now()
        said = " ".join(title.split())
        if not 1 <= len(said) <= MOST_TITLE:
            raise BadRequest(
                f"say in 1 to {MOST_TITLE} letters what you agree to", "اكتب باختصار ما الذي توافق عليه مسبقًا"
            )
        check_terms(terms, now)
        terms = replace(terms, from_at=_as_stored(terms.from_at), until_at=_as_stored(terms.until_at))
        made = self._seal.sign(StandingApproval(self._new_id(), tenant_id, said, by, _as_stored(now), terms))
        await self._rows.add(made)
        await self._audit.note(
            tenant_id,
            "standing_approval_made",
            by,
            standing=made.id,
            title=said,
            kinds=list(terms.kinds),
            wordings=list(terms.wordings),
            max_risk=terms.max_risk.value,
            per_day=terms.per_day,
            from_at=terms.from_at,
            until_at=terms.until_at,
        )
        return made

    async def revoke(self, tenant_id: str, standing_id: str, by: Human, roles: Sequence[str]) -> StandingApproval:
        """End it at once; whoever may approve may end it. Raises NotFound, NotAllowed, BadRequest."""
        if AUTHORS.isdisjoint(roles):
            raise NotAllowed(
                "only an admin or an approver ends a standing approval",
                "لا ينهي الموافقة الدائمة إلا مدير أو صاحب صلاحية الموافقة",
            )
        found = await self.get(tenant_id, standing_id)
        self._seal.revoke(found)  # outside the database first: from here on no row of it holds
        ended = self._seal.sign(replace(found, is_enabled=False, revoked_by=by, revoked_at=self._now()))
        if not await self._rows.disable(ended):
            raise BadRequest("this standing approval was ended before", "سبق إنهاء هذه الموافقة الدائمة")
        await self._audit.note(tenant_id, "standing_approval_revoked", by, standing=standing_id)
        return ended

    async def get(self, tenant_id: str, standing_id: str) -> StandingApproval:
        """Raises NotFound."""
        found = await self._rows.read(tenant_id, standing_id)
        if found is None:
            raise NotFound(f"there is no standing approval {standing_id}", "لا توجد موافقة دائمة بهذا المعرّف")
        return found

    async def latest(self, tenant_id: str, limit: int = 200) -> Sequence[StandingApproval]:
        """Newest first, ended ones too."""
        return await self._rows.latest(tenant_id, limit)

    async def used_today(self, standing: StandingApproval) -> int:
        return await self._rows.used(standing.tenant_id, standing.id, self._day(standing))

    def holds(self, standing: StandingApproval) -> bool:
        """Whether it counts now, as far as its signature and its time say."""
        now = self._now()
        in_time = standing.terms.from_at <= now < standing.terms.until_at
        return standing.is_enabled and in_time and self._seal.is_genuine(standing)

    async def look(self) -> None:
        """Release what somebody agreed to in advance, for every tenant."""
        for tenant_id in tuple(self._tenants):
            with suppress(*self._store.unreachable):
                await self.look_at(tenant_id)

    async def look_at(self, tenant_id: str) -> int:
        """Release what somebody agreed to in advance; answers how many."""
        standing = await self._in_force(tenant_id)
        if not standing:
            return 0
        posture = await self._store.postures.read(tenant_id)
        if posture is not None and posture.is_paused:
            return 0  # somebody stopped everything that leaves by itself
        held = await self._store.conversations.with_drafts(tenant_id, (Status.HELD.value,), MOST_DRAFTS)
        released = 0
        for conversation in held:
            for draft in conversation.outbox:
                released += await self._release_by_first(standing, conversation, draft)
        return released

    async def _in_force(self, tenant_id: str) -> list[StandingApproval]:
        found = []
        for standing in await self._rows.enabled(tenant_id, self._now()):
            if not self._seal.is_genuine(standing):
                await self._not_ours(standing)
            elif await self._author_still_may(standing):
                found.append(standing)
        return found

    async def _author_still_may(self, standing: StandingApproval) -> bool:
        """Whoever left, or approves no more, stands for nothing; strangers to the list have had a token."""
        people = await self._store.users.read(standing.tenant_id)
        author = people.find(lambda user: user.human.id == standing.author.id)
        if author is None:
            return not standing.author.id.startswith("user:")
        return author.is_active and not AUTHORS.isdisjoint(author.roles)

    async def _release_by_first(
        self, standing: Sequence[StandingApproval], conversation: Conversation, draft: Draft
    ) -> bool:
        now = self._now()
        for one in standing:
            if not mismatch(one.terms, conversation, draft, now) and await self._release(
                one, conversation, draft
            ):
                return True
        return False

    async def _release(self, standing: StandingApproval, conversation: Conversation, draft: Draft) -> bool:
        tenant_id = standing.tenant_id
        ruling = await self._policy.judge(
            Asking(tenant_id, ACTION, standing.author, correlation_id=draft.correlation_id, has_grant=True)
        )
        if not ruling.is_allowed:
            return False
        day, most = self._day(standing), standing.terms.per_day
        if not await self._rows.take(tenant_id, standing.id, day, draft.id, most):
            return False

        def still(fresh: Conversation, held: Draft) -> bool:
            return not mismatch(standing.terms, fresh, held, self._now()) and self._seal.is_genuine(standing)

        by = Human(standing.author.id, f"{standing.author.name} (standing)")
        try:
            await self._approvals.release_standing(
                tenant_id, draft.id, draft.text_version, by, standing.id, still
            )
        except (NotAllowed, StaleConversation) as refused:
            # Somebody decided meanwhile, or the contact wrote: what is there now is looked at in the next round.
            logger.info("standing_approval_not_used", draft=draft.id, reason=refused.code)
            return False
        await self._audit.note(
            tenant_id,
            "standing_approval_used",
            standing.author,
            conversation_id=conversation.id,
            correlation_id=draft.correlation_id,
            standing=standing.id,
            draft=draft.id,
        )
        return True

    async def _not_ours(self, standing: StandingApproval) -> None:
        is_new = await self._alerts.tell(
            standing.tenant_id,
            "standing_approval_not_genuine",
            "a standing approval in the database is not the one that was signed; it does not count",
            "موافقة دائمة في قاعدة البيانات لا تطابق توقيعها؛ لن يُعمل بها",
            f"standing approval {standing.id}",
            f"standing:{standing.id}:not_genuine",
            about=standing.id,
        )
        if is_new:
            await self._audit.note(standing.tenant_id, "standing_approval_refused", standing=standing.id)

    def _day(self, standing: StandingApproval) -> str:
        return self._now().astimezone(ZoneInfo(standing.terms.zone)).date().isoformat()


def _as_stored(at: datetime) -> datetime:
    """The database knows whole milliseconds; what is signed must be what is read again."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
