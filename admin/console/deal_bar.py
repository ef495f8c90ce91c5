"""Where the deal of the chosen lead stands."""

from admin.console.draw import put
from admin.console.place import Place
from admin.console.scene import Deal
from admin.console.sentences import named
from flows.deal import STAGES

# The way to a won deal, and the places beside it.
WAY = (
    "new_lead",
    "qualifying",
    "qualified",
    "meeting_booked",
    "meeting_done",
    "proposal_sent",
    "negotiating",
    "payment_requested",
    "pilot_active",
    "closed_won",
)
BESIDE = tuple(stage for stage in STAGES if stage not in WAY)

# Answers that are kept as a code.
_CODES = frozenset({"yes", "no", "dont_know"})


def draw_deal(place: Place, deal: Deal | None) -> None:
    """The 13 stages with the one it is in, and what we know of the lead."""
    say = place.say
    stage = deal.stage if deal else "new_lead"
    with put("div", "deal-now"):
        put("span", "faint", say("stage_now"))
        put("strong", f"stage-name at-{stage}", place.words("stage", stage), data_stage=stage)
    with put("ol", "way", aria_label=say("stages")):
        for each in WAY:
            _draw_step(place, each, stage, deal)
    with put("ul", "way beside"):
        for each in BESIDE:
            _draw_step(place, each, stage, deal)
    if deal and deal.slots:
        with put("dl", "slots", aria_label=say("known")):
            for name, value in deal.slots:
                put("dt", text=named("slot", name, place.language))
                put(
                    "dd",
                    text=named("slot", value, place.language) if value in _CODES else value,
                    dir="auto",
                )


def _draw_step(place: Place, stage: str, now: str, deal: Deal | None) -> None:
    state = "now" if stage == now else "seen" if deal and stage in deal.visited else ""
    made = put("li", f"step {state}", title=place.words("stage", stage))
    if state == "now":
        made.props.update({"aria-current": "step"})
    with made:
        put("span", text=place.words("stage", stage))
