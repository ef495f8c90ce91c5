"""
What lies beneath the rooms, for a command that works beside a running service.

Rule: a command writes down what is to happen and looks at what did; whatever takes time the service does.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.audit import Audit
from bot.authority.rooms import AuthorityRooms, open_authority
from bot.bell import Bell
from bot.building import new_id, now
from bot.commands.workroom import Workroom
from bot.notebook import Notebook
from bot.relay import Relay
from bot.runs.opening import RunsRoom
from bot.runs.opening import open_room as open_runs
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Beside:
    """Opened for one command."""

    settings: Settings
    bell: Bell
    notebook: Notebook
    audit: Audit
    alerts: Alerts
    authority: AuthorityRooms
    runs_room: RunsRoom


@asynccontextmanager
async def beside(room: Workroom) -> AsyncIterator[Beside]:
    """Open it; what happened is in the timeline when this ends."""
    settings, relay, bell = Settings(), Relay(room.store, now), Bell()
    notebook = Notebook(room.store, room.tenants, bell, relay, now)
    audit, alerts = Audit(room.store, now, new_id), Alerts(room.store.alerts, now, new_id)
    authority = open_authority(
        store=room.store,
        tenants=room.tenants,
        approvals=Approvals(notebook, new_id, room.playbooks.policies_of),
        keys=settings.data_dir / "keys",
        audit=audit,
        alerts=alerts,
        policies_of=room.playbooks.policies_of,
        now=now,
        new_id=new_id,
    )
    runs_room = open_runs(
        rows=room.store.runs,
        centre=authority.centre,
        alerts=alerts,
        audit=audit,
        unreachable=room.store.unreachable,
        now=now,
        new_id=new_id,
    )
    try:
        yield Beside(settings, bell, notebook, audit, alerts, authority, runs_room)
    finally:
        await relay.flush()
