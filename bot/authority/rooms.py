"""The rooms in which people say what may be done, put together: policy, grants, delegations, approval centre."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe

from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.audit import Audit
from bot.authority.budgets import Budgets
from bot.authority.centre import ApprovalCentre
from bot.authority.delegation import Delegations
from bot.authority.escalation import Escalation
from bot.authority.grants import Grants
from bot.authority.held_drafts import HeldDrafts
from bot.authority.policy import Policy, shipped_actions
from bot.authority.standing import StandingApprovals
from bot.authority.standing_seal import StandingSeal
from bot.authority.tasks import Tasks
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
    standing: StandingApprovals
    budgets: Budgets
    tasks: Tasks


def open_authority(
    *,
    store: Store,
    tenants: Mapping[str, Tenant],
    approvals: Approvals,
    keys: Path,
    audit: Audit,
    alerts: Alerts,
    policies_of: Callable[[str], Policies],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> AuthorityRooms:
    """Put them together; `keys` is the folder outside the database."""
    policy = Policy(shipped_actions(), audit, alerts, now)
    grants = Grants(store.grants, audit)
    delegations = Delegations(store.delegations, store.users, audit, now, new_id)
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
    standing = StandingApprovals(
        rows=store.standing,
        store=store,
        seal=StandingSeal(keys),
        approvals=approvals,
        policy=policy,
        alerts=alerts,
        audit=audit,
        tenants=tenants,
        now=now,
        new_id=new_id,
    )
    budgets = Budgets(store.budgets, policy.table.day_halalas, now)
    tasks = Tasks(
        rows=store.task_runs,
        policy=policy,
        centre=centre,
        grants=grants,
        budgets=budgets,
        alerts=alerts,
        audit=audit,
        tenants=tenants,
        unreachable=store.unreachable,
        now=now,
        new_id=new_id,
    )
    return AuthorityRooms(policy, grants, delegations, centre, escalation, standing, budgets, tasks)
