"""
The steps of a campaign, for the engine of runs.

    agree   people say yes or no to the whole of it
    begin   the yes is used up
    send    messages, a few at a time, until none is left or it stops
    close   the campaign is done
"""

from bot.campaigns.campaign import CampaignStatus
from bot.campaigns.telling import KIND
from bot.campaigns.work import CampaignWork, Went
from bot.runs.flow import Flow, Next, Step, Turn, again, done, finished, wait_for_approval

FLOW = "campaign"

# Whatever people decide, the next step hears of it: a no ends the campaign in its own way.
ANSWERS = ("approved", "rejected", "expired", "cancelled", "superseded")

TIMEOUT_SECONDS = 120.0


def flow_of(work: CampaignWork) -> Flow:
    """The flow, with this work behind its steps."""

    async def agree(turn: Turn) -> Next:
        campaign = await work.campaign(turn.tenant_id, turn.state["campaign"])
        if campaign.is_over:
            return finished()
        return wait_for_approval(await work.agreement(campaign), None, ANSWERS)

    async def begin(turn: Turn) -> Next:
        campaign = await work.begin(await work.campaign(turn.tenant_id, turn.state["campaign"]))
        return finished() if campaign.is_over else done()

    async def send(turn: Turn) -> Next:
        went = await work.go_on(await work.campaign(turn.tenant_id, turn.state["campaign"]))
        if went.is_over:
            return done(progress=_progress(went))
        return again(went.after_seconds, progress=_progress(went))

    async def close(turn: Turn) -> Next:
        await work.end(await work.campaign(turn.tenant_id, turn.state["campaign"]), CampaignStatus.DONE)
        return done()

    async def take_back(turn: Turn) -> None:
        """A run that is cancelled ends its campaign."""
        campaign = await work.campaign(turn.tenant_id, turn.state["campaign"])
        await work.end(campaign, CampaignStatus.CANCELLED, "cancelled")

    return Flow(
        FLOW,
        1,
        (
            Step("agree", agree, compensate=take_back, title_en="Ask for a yes", title_ar="طلب الموافقة"),
            Step("begin", begin, title_en="Use the yes", title_ar="استعمال الموافقة"),
            Step("send", send, timeout_seconds=TIMEOUT_SECONDS, title_en="Send", title_ar="الإرسال"),
            Step("close", close, title_en="Close", title_ar="الإغلاق"),
        ),
        title_en="Campaign",
        title_ar="حملة",
        hears=(KIND,),
    )


def _progress(went: Went) -> dict[str, object]:
    return {
        "done": went.done,
        "total": went.total,
        "note_en": f"{went.done} of {went.total} contacts",
        "note_ar": f"{went.done} من {went.total} جهة اتصال",
    }
