"""
The steps of a golden path, for the engine of runs.

    dossier     what was declared becomes a score and a recommendation
    economics   upside and cost become a payback and what changes it
    ask         one request for a yes; taken back when the run is cancelled or cannot go on
    packet      what was asked for is kept as it was asked
    decide      people say yes or no, or nobody does in time
    act         a yes is used up; a no is remembered
    evidence    one pack, whatever was decided
    summary     two sentences for whoever has a minute
"""

from collections.abc import Awaitable

from bot.errors import NotFound
from bot.outputs.stored import OutputChanged, Stored
from bot.partners.case import Case
from bot.partners.work import KIND, PartnerWork
from bot.runs.flow import Flow, GiveUp, Next, Step, Turn, again, done, wait_for_approval

FLOW = "golden_path"
VERSION = 1

# Whatever people decide, the next step hears of it: every answer has its proof.
ANSWERS = ("approved", "rejected", "expired", "cancelled", "superseded")

NOTED_SOON_SECONDS = 0.5


def flow_of(work: PartnerWork) -> Flow:
    """The flow, with this work behind its steps."""

    async def of(turn: Turn) -> Case:
        try:
            return await work.case(turn.tenant_id, turn.state["case"])
        except NotFound as gone:
            raise GiveUp(gone.message_en, gone.message_ar, code="case_gone") from gone

    async def dossier(turn: Turn) -> Next:
        case = await of(turn)
        return done(dossier_id=(await _unchanged(work.make_dossier(case))).id)

    async def economics(turn: Turn) -> Next:
        case = await of(turn)
        return done(economics_id=(await _unchanged(work.make_economics(case))).id)

    async def ask(turn: Turn) -> Next:
        return done(approval_id=await work.ask(await of(turn), is_again=turn.attempt > 1))

    async def packet(turn: Turn) -> Next:
        case = await of(turn)
        try:
            return done(packet_id=(await _unchanged(work.make_packet(case))).id)
        except GiveUp:
            await work.withdraw(case)
            raise

    async def decide(turn: Turn) -> Next:
        return wait_for_approval(turn.state["approval_id"], None, ANSWERS)

    async def act(turn: Turn) -> Next:
        case, answer = await of(turn), turn.state["approval"]
        await work.act(case, answer["status"], answer.get("grant_id", ""))
        return done(decision=answer["status"])

    async def evidence(turn: Turn) -> Next:
        pack = await work.prove(await of(turn))
        return again(NOTED_SOON_SECONDS) if pack is None else done(pack_id=pack.id)

    async def summary(turn: Turn) -> Next:
        await work.close(await of(turn))
        return done()

    async def take_back(turn: Turn) -> None:
        await work.withdraw(await of(turn))

    return Flow(
        FLOW,
        VERSION,
        (
            Step("dossier", dossier, title_en="Dossier", title_ar="ملف الشريك"),
            Step("economics", economics, title_en="Economics", title_ar="الجدوى الاقتصادية"),
            Step("ask", ask, compensate=take_back, title_en="Ask for a yes", title_ar="طلب الموافقة"),
            Step("packet", packet, title_en="Keep what was asked", title_ar="حفظ نص الطلب"),
            Step("decide", decide, title_en="Decision", title_ar="القرار"),
            Step("act", act, title_en="Act on it", title_ar="تنفيذ القرار"),
            Step("evidence", evidence, title_en="Evidence", title_ar="حزمة الإثبات"),
            Step("summary", summary, title_en="Summary", title_ar="الملخص"),
        ),
        title_en="Golden path of a partner",
        title_ar="المسار الذهبي لشريك",
        hears=(KIND,),
    )


async def _unchanged(making: Awaitable[Stored]) -> Stored:
    """What was made; trying again does not help where somebody changed it in the database."""
    try:
        return await making
    except OutputChanged as changed:
        raise GiveUp(changed.message_en, changed.message_ar, code=changed.code) from changed
