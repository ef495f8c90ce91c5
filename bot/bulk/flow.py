"""
The steps of an import, for the engine of runs.

    look    rows that were imported before are marked
    agree   where it takes a yes, the run waits for it
    work    rows are handled, slice after slice
    close   the job is done
"""

from bot.bulk.work import KIND, Made, Work
from bot.runs.flow import Flow, Next, Step, Turn, again, done, finished, wait_for_approval

FLOW = "bulk_import"

# Whatever people decide, the next step hears of it: a no ends the job in its own way.
ANSWERS = ("approved", "rejected", "expired", "cancelled", "superseded")

# A slice takes seconds; one that waits for other processes takes longer.
TIMEOUT_SECONDS = 120.0

# While nobody handles what was handed in.
PAUSE_SECONDS = 1.0


def flow_of(work: Work) -> Flow:
    """The flow, with this work behind its steps."""

    async def look(turn: Turn) -> Next:
        job = await work.job(turn.tenant_id, turn.state["job"])
        if job.is_over:
            return finished()
        looked = await work.look_for_known(job, int(turn.state.get("after", -1)))
        return done() if looked.is_over else again(after=looked.after)

    async def agree(turn: Turn) -> Next:
        job = await work.job(turn.tenant_id, turn.state["job"])
        if job.is_over:
            return finished()
        approval = await work.agreement(job)
        return wait_for_approval(approval.id, None, ANSWERS) if approval else done()

    async def do(turn: Turn) -> Next:
        job = await work.job(turn.tenant_id, turn.state["job"])
        if job.is_over or await work.was_refused(job):
            return done()
        made = await work.go_on(job)
        if made.is_over:
            return done(progress=_progress(made))
        return again(PAUSE_SECONDS if made.must_wait else 0.0, progress=_progress(made))

    async def close(turn: Turn) -> Next:
        await work.close(await work.job(turn.tenant_id, turn.state["job"]))
        return done()

    async def take_back(turn: Turn) -> None:
        """A run that is cancelled ends its job; drafts that were made stay, held."""
        await work.cancel(await work.job(turn.tenant_id, turn.state["job"]))

    return Flow(
        FLOW,
        1,
        (
            Step(
                "look", look, compensate=take_back, title_en="Look for known rows", title_ar="البحث عن صفوف مكررة"
            ),
            Step("agree", agree, title_en="Ask for a yes", title_ar="طلب الموافقة"),
            Step("work", do, timeout_seconds=TIMEOUT_SECONDS, title_en="Handle rows", title_ar="معالجة الصفوف"),
            Step("close", close, title_en="Close", title_ar="الإغلاق"),
        ),
        title_en="Import of leads",
        title_ar="استيراد عملاء",
        hears=(KIND,),
    )


def _progress(made: Made) -> dict[str, object]:
    return {
        "done": made.done,
        "total": made.total,
        "note_en": f"{made.done} of {made.total} rows",
        "note_ar": f"{made.done} من {made.total} صفًا",
    }
