"""
Who may take which step of a request, and what it is afterwards: the rules of deciding, apart from the keeping.

Rule 1: only what still waits can be decided; whoever comes later learns who was faster.
Rule 2: a role, held or borrowed, takes one step; whoever took one, in his own name or another's, takes no second.
Rule 3: where four eyes are wanted, whoever asked says no yes, in nobody's name.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.authority.approval import Approval, ApprovalStatus, Step
from bot.authority.delegation import Authority, Delegations
from bot.errors import AlreadyDecided, Expired, NotAllowed, Outdated
from bot.people import Human, is_same_person, person_of


class RoleNeeded(NotAllowed):
    """Nobody whose role, held or borrowed, this step wants."""

    code = "role_needed"


class FourEyes(NotAllowed):
    """Whoever asked for it cannot agree to it."""

    code = "four_eyes"


class SamePerson(NotAllowed):
    """Every step takes another person."""

    code = "same_person"


def check_open(approval: Approval, now: datetime) -> None:
    """Raises AlreadyDecided, Expired."""
    status = approval.status_at(now)
    if status is ApprovalStatus.EXPIRED:
        raise Expired(
            f"the time to decide about {approval.id} ended at {approval.expires_at:%Y-%m-%d %H:%M} UTC",
            f"انتهت مهلة البت في هذا الطلب عند {approval.expires_at:%Y-%m-%d %H:%M}",
        )
    if status is not ApprovalStatus.PENDING:
        raise already_decided(approval)


def already_decided(approval: Approval) -> AlreadyDecided:
    """The refusal of a second decision, with the first one in it."""
    who = approval.decided_by.name or "Dealix"
    when = f"{approval.decided_at:%Y-%m-%d %H:%M} UTC" if approval.decided_at else "earlier"
    refusal = AlreadyDecided(
        f"already {approval.status} by {who} at {when}",
        f"سبق البت في هذا الطلب من {who} عند {when}: {approval.status}",
    )
    refusal.details = {
        "first": {
            "status": approval.status.value,
            "decided_by": approval.decided_by.id,
            "decided_by_name": approval.decided_by.name,
            "decided_at": approval.decided_at.isoformat() if approval.decided_at else "",
            "note": approval.decision_note,
        }
    }
    return refusal


def check_seen(approval: Approval, v: int) -> None:
    """Raises Outdated when somebody took a step since this person looked."""
    if v == approval.v:
        return
    last = max((step for step in approval.steps if step.at), key=lambda step: step.at, default=None)
    what = f"{last.by.name} agreed as {last.role}" if last else "it changed"
    raise Outdated(
        f"{what} since you looked; look again and decide about version {approval.v}",
        "تغيّر هذا الطلب بعد أن اطّلعت عليه؛ راجعه ثم قرّر",
    )


async def step_for(
    approval: Approval, delegations: Delegations, by: Human, roles: Sequence[str], now: datetime
) -> tuple[int, Authority]:
    """Which step this person may take, and in whose name. Raises FourEyes, SamePerson, RoleNeeded."""
    if approval.four_eyes and is_same_person(by.id, approval.requested_by.id):
        raise FourEyes(
            "you asked for this yourself; somebody else must agree to it", "أنت من طلب هذا؛ يلزم أن يوافق شخص آخر"
        )
    if person_of(by.id) in {person_of(one) for one in approval.agreed}:
        raise SamePerson(
            "you have agreed already; the next step takes another person", "سبق أن وافقت؛ الخطوة التالية لشخص آخر"
        )
    besides = approval.agreed | ({approval.requested_by.id} if approval.four_eyes else frozenset())
    for number, step in enumerate(approval.steps):
        if not step.is_open:
            continue
        found = await delegations.authority(approval.tenant_id, by, roles, step.role, now, besides=besides)
        if found is not None:
            return number, found
    raise role_needed(approval)


def role_needed(approval: Approval) -> RoleNeeded:
    wanted = " and ".join(step.role for step in approval.steps if step.is_open)
    return RoleNeeded(
        f"this waits for somebody with the role {wanted}, or who stands in for one",
        f"هذا الطلب ينتظر صاحب الدور {wanted} أو من ينوب عنه",
    )


def with_yes(
    approval: Approval, number: int, by: Human, authority: Authority, note: str, now: datetime, grant_id: str
) -> Approval:
    """The request after one step was taken; approved when it was the last."""
    taken = Step(approval.steps[number].role, by, authority.on_behalf_of, now, note)
    steps = tuple(taken if n == number else step for n, step in enumerate(approval.steps))
    after = replace(approval, steps=steps, v=approval.v + 1)
    if after.open_step is not None:
        return after
    return ended(after, ApprovalStatus.APPROVED, by, authority, note, now, grant_id=grant_id, v=after.v)


def ended(
    approval: Approval,
    status: ApprovalStatus,
    by: Human,
    authority: Authority,
    note: str,
    now: datetime,
    *,
    grant_id: str = "",
    superseded_by: str = "",
    v: int = 0,
) -> Approval:
    """The request with its final status."""
    return replace(
        approval,
        status=status,
        decided_by=by,
        on_behalf_of=authority.on_behalf_of,
        decided_at=now,
        decision_note=note,
        grant_id=grant_id,
        superseded_by=superseded_by,
        v=v or approval.v + 1,
    )
