"""The room of runs, put together."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.alerts import Alerts
from bot.audit import Audit
from bot.authority.approval import ApprovalStatus
from bot.authority.centre import ApprovalCentre
from bot.errors import NotFound
from bot.runs.ends import Ends
from bot.runs.engine import Engine
from bot.runs.forward import Forward
from bot.runs.grip import LEASE_SECONDS, Grip
from bot.runs.registry import Flows
from bot.runs.room import Runs
from bot.runs.run import RunRows
from bot.runs.waiting import Decision, ReadDecision, Waits


@dataclass(frozen=True, slots=True)
class RunsRoom:
    """The room, and the hands that work in it."""

    runs: Runs
    engine: Engine


def open_room(
    *,
    rows: RunRows,
    centre: ApprovalCentre,
    alerts: Alerts,
    audit: Audit,
    unreachable: tuple[type[Exception], ...],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
    lease_seconds: float = LEASE_SECONDS,
) -> RunsRoom:
    """Put it together; flows are registered afterwards."""
    flows = Flows()
    grip = Grip(rows, new_id(), unreachable, lease_seconds)
    forward = Forward(
        flows=flows,
        grip=grip,
        ends=Ends(grip, alerts, audit, now),
        waits=Waits(rows, grip, decisions_of(centre, now), now),
        unreachable=unreachable,
        now=now,
    )
    engine = Engine(
        rows=rows, flows=flows, grip=grip, forward=forward, alerts=alerts, unreachable=unreachable, now=now
    )
    runs = Runs(
        rows=rows, flows=flows, hear=centre.when_decided, audit=audit, nudge=engine.nudge, now=now, new_id=new_id
    )
    return RunsRoom(runs, engine)


def decisions_of(centre: ApprovalCentre, now: Callable[[], datetime]) -> ReadDecision:
    """How an approval, or a draft that waits, stands. Raises NotFound."""

    async def read(tenant_id: str, approval_id: str) -> Decision | None:
        try:
            approval = await centre.read(tenant_id, approval_id)
        except NotFound:
            view = await centre.get(tenant_id, approval_id)
            return None if view.status is ApprovalStatus.PENDING else Decision(view.status.value, {})
        status = approval.status_at(now())
        # Until the decision is noted its grant may not be there yet.
        if status is ApprovalStatus.PENDING or (status is ApprovalStatus.APPROVED and not approval.is_noted):
            return None
        return Decision(status.value, {"grant_id": approval.grant_id, "by": approval.decided_by.id})

    return read
