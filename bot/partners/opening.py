"""The room of golden paths, put together."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from bot.audit import Audit
from bot.authority.centre import ApprovalCentre
from bot.authority.grants import Grants
from bot.evidence.assembly import Evidence
from bot.outputs.room import OutputRoom
from bot.partners.flow import flow_of
from bot.partners.room import GoldenPaths
from bot.partners.work import PartnerWork
from bot.runs.opening import RunsRoom
from bot.store import Store
from bot.tenant import Tenant

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> GoldenPaths:
    """The golden paths of an installation."""
    trust = m.trust
    return put_together(
        store=m.store,
        tenants=m.tenants,
        audit=trust.audit,
        centre=trust.centre,
        grants=trust.grants,
        outputs=trust.evidence.outputs,
        packs=trust.evidence.packs,
        runs_room=trust.runs_room,
        now=m.now,
        new_id=m.new_id,
    )


def put_together(
    *,
    store: Store,
    tenants: Mapping[str, Tenant],
    audit: Audit,
    centre: ApprovalCentre,
    grants: Grants,
    outputs: OutputRoom,
    packs: Evidence,
    runs_room: RunsRoom,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> GoldenPaths:
    """The room, with its flow made known to the engine."""
    work = PartnerWork(
        rows=store.golden_paths,
        outputs=outputs,
        centre=centre,
        grants=grants,
        grant_rows=store.grants,
        packs=packs,
        audit=audit,
        now=now,
    )
    runs_room.runs.register(flow_of(work))
    return GoldenPaths(
        rows=store.golden_paths,
        work=work,
        runs_room=runs_room,
        outputs=outputs,
        centre=centre,
        packs=packs,
        audit=audit,
        tenants=tenants,
        unreachable=store.unreachable,
        now=now,
        new_id=new_id,
    )
