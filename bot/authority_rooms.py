"""The rooms in which people say what may be done, put together: policy, grants, delegations, approval centre."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe

from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.audit import Audit
from bot.centre import ApprovalCentre
from bot.delegation import Delegations
from bot.escalation import Escalation
from bot.grants import Grants
from bot.held_drafts import HeldDrafts
from bot.policy import Policy, shipped_actions
from bot.store import Store
from bot.tenant import Tenant
from rules.policies import Policies


@dataclass(frozen=True, slots=True)
class AuthorityRooms:
    """Who may do what, and on whose word."""

    policy: Policy
    grants: Grants
    delegations: Delegations
    centre: ApprovalCentre
    escalation: Escalation


def open_authority(
    *,
    store: Store,
    tenants: Mapping[str, Tenant],
    approvals: Approvals,
    audit: Audit,
    alerts: Alerts,
    policies_of: Callable[[str], Policies],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> AuthorityRooms:
    """Put them together."""
    policy = Policy(shipped_actions(), audit, alerts, now)
    grants = Grants(store.grants, audit)
    delegations = Delegations(store.delegations, audit, now, new_id)
    drafts = HeldDrafts(approvals, audit, now)
    centre = ApprovalCentre(
        rows=store.approvals,
        policy=policy,
        grants=grants,
        delegations=delegations,
        drafts=drafts,
        audit=audit,
        policies_of=policies_of,
        now=now,
        new_id=new_id,
        new_secret=token_urlsafe,
    )
    escalation = Escalation(
        rows=store.approvals,
        centre=centre,
        drafts=drafts,
        delegations=delegations,
        alerts=alerts,
        audit=audit,
        tenants=tenants,
        unreachable=store.unreachable,
        now=now,
    )
    return AuthorityRooms(policy, grants, delegations, centre, escalation)
