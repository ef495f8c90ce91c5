"""The routes of the rooms of trust, in one list."""

from collections.abc import Sequence

from fastapi import APIRouter

from admin.api import (
    approvals,
    bulk,
    campaigns,
    channels,
    compliance,
    consent,
    deals,
    evidence,
    keys,
    limits,
    operations,
    outputs,
    packs,
    receipts,
    runs,
    sharing,
    standing,
    tasks,
    templates,
    users,
)
from bot.trust import Trust
from bot.web.caller import Callers


def routers(trust: Trust, callers: Callers) -> Sequence[APIRouter]:
    """Everything under `/api/v1` that these rooms offer."""
    return (
        approvals.router(trust.authority, trust.alerts, callers),
        standing.router(trust.authority.standing, callers),
        tasks.router(trust.authority.tasks, callers),
        bulk.router(trust.bulk, callers),
        campaigns.router(trust.campaigns, callers),
        templates.router(trust.templates, trust.late_answers, callers),
        users.router(trust.who, callers),
        keys.router(trust.who, callers),
        compliance.router(trust.compliance, callers),
        sharing.router(trust.sharing, callers),
        consent.router(trust.privacy.consents, trust.privacy.rights, callers),
        evidence.router(trust.evidence, callers),
        packs.router(trust.evidence, callers),
        deals.router(trust.evidence, callers),
        receipts.router(trust.evidence, callers),
        outputs.router(trust.evidence, callers),
        runs.router(trust.runs, trust.dead, callers),
        limits.router(trust.limits, callers),
        operations.router(trust.operations, callers),
        channels.router(trust.gaps, callers),
    )
