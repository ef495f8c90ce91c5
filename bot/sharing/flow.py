"""
How a request goes on after a crash, and what becomes of one that cannot: a durable run beside each request.

Whoever asks or decides does the work at once, as before; the run sees to it that it was done. A step that finds
it done does nothing, so the two never meet: the run leaves a request alone that somebody touched a moment ago.
What fails again and again is shown to the admins, with retry and cancel, instead of being tried for ever.
"""

from datetime import timedelta

from bot.people import NOBODY
from bot.runs.flow import Flow, GiveUp, Next, Step, Turn, again, done, wait_for_approval
from bot.runs.opening import RunsRoom
from bot.sharing.request import PROVED, SharingRequest, SharingStatus
from bot.sharing.room import Sharing

FLOW = "share_data"
VERSION = 1

# Younger than this, somebody is still at it.
CUT_OFF_AFTER = timedelta(seconds=10)

_ANY_DECISION = ("approved", "rejected", "expired", "cancelled", "superseded")


def run_id_of(request_id: str) -> str:
    """The run beside a request."""
    return f"sharing:{request_id}"


async def adopt(room: RunsRoom, request: SharingRequest) -> None:
    """See to it that a request has its run; one that has it keeps it."""
    await room.runs.start_run(
        request.tenant_id,
        FLOW,
        run_id=run_id_of(request.id),
        state={"request": request.id},
        correlation_id=request.correlation_id,
        by=NOBODY,
    )


async def carry_on(room: RunsRoom, request: SharingRequest) -> None:
    """Let its run do now what is due."""
    await adopt(room, request)
    await room.engine.carry_on(request.tenant_id, run_id_of(request.id))


def flow_of(sharing: Sharing) -> Flow:
    """The steps of a request, from asking to proof."""

    async def found(turn: Turn) -> SharingRequest | None:
        """The request, as soon as nobody else is at it."""
        request = await sharing.find(turn.tenant_id, turn.state["request"])
        if request is None:
            raise GiveUp("the request is gone", "لم يعد الطلب موجودًا", code="request_gone")
        is_at_rest = request.status is SharingStatus.PENDING_APPROVAL
        return request if is_at_rest or request.updated_at <= turn.now - CUT_OFF_AFTER else None

    async def ask(turn: Turn) -> Next:
        request = await found(turn)
        if request is None:
            return again(after_seconds=CUT_OFF_AFTER.total_seconds())
        if request.status is SharingStatus.REQUESTED:
            request = await sharing.go_on(request)
        if request.status is SharingStatus.PENDING_APPROVAL:
            return wait_for_approval(request.approval_id, None, _ANY_DECISION)
        return done()

    async def export(turn: Turn) -> Next:
        request = await found(turn)
        if request is None:
            return again(after_seconds=CUT_OFF_AFTER.total_seconds())
        await sharing.go_on(request)
        return done()

    async def prove(turn: Turn) -> Next:
        request = await found(turn)
        if request is None:
            return again(after_seconds=CUT_OFF_AFTER.total_seconds())
        if request.status in PROVED and not request.evidence_id:
            await sharing.prove(request)
        return done()

    return Flow(
        FLOW,
        VERSION,
        (
            Step("ask", ask, title_en="Judge and ask", title_ar="الفحص وطلب الموافقة"),
            Step("export", export, title_en="Make the file", title_ar="إعداد الملف"),
            Step("prove", prove, title_en="Prove the outcome", title_ar="إثبات النتيجة"),
        ),
        title_en="Share data with a partner",
        title_ar="مشاركة بيانات مع شريك",
    )
