"""Puts the room of campaigns together."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.audit import Audit
from bot.authority.centre import ApprovalCentre
from bot.authority.grants import Grants
from bot.campaigns.audience import Judge
from bot.campaigns.flow import flow_of
from bot.campaigns.room import Campaigns
from bot.campaigns.work import CampaignWork
from bot.departures.limits import Limits
from bot.notebook import Notebook
from bot.ports import Chain
from bot.privacy.fingerprints import Fingerprints
from bot.runs.room import Runs
from bot.templates.room import TemplateRoom
from bot.tenant import Tenant
from rules.policies import Policies


def open_room(
    *,
    notebook: Notebook,
    tenants: Mapping[str, Tenant],
    chains: Mapping[str, Chain],
    templates: TemplateRoom,
    fingerprints: Fingerprints,
    centre: ApprovalCentre,
    grants: Grants,
    runs: Runs,
    limits: Limits,
    audit: Audit,
    policies_of: Callable[[str], Policies],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Campaigns:
    """The room, with its flow made known to the engine, and the gate told whom to ask."""
    store = notebook.store
    judge = Judge(store, tenants, chains, fingerprints, policies_of, now)
    work = CampaignWork(
        rows=store.campaigns,
        notebook=notebook,
        judge=judge,
        templates=templates,
        centre=centre,
        grants=grants,
        grant_rows=store.grants,
        limits=limits,
        audit=audit,
        policies_of=policies_of,
        now=now,
        new_id=new_id,
    )
    runs.register(flow_of(work))
    campaigns = Campaigns(
        rows=store.campaigns,
        work=work,
        judge=judge,
        templates=templates,
        runs=runs,
        centre=centre,
        limits=limits,
        tenants=tenants,
        policies_of=policies_of,
        now=now,
        new_id=new_id,
    )
    templates.campaign_stops = campaigns.stops
    return campaigns
