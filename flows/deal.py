"""
The deal: 13 stages from a first message to won, lost or opted out.

    new_lead --> qualifying --> qualified --> meeting_booked --> meeting_done --> proposal_sent
       |             |  ^           |              |                  |             |       |
       +-------------+--|-----------+--------------+------------------+             v       |
       v                |                                                      negotiating  |
    nurturing ----------+                                                           |       |
                                                                                    v       v
    closed_won <-- pilot_active <-- payment_requested <-----------------------------+-------+
    closed_lost <-- from any stage after a meeting, when an approver says so
    opted_out   <-- from everywhere; left only by consent_renewed, towards nurturing

Rule 1: a lead's words never move money or contracts; those transitions belong to SYSTEM_EVENTS, which come from
        verified sources (a booking, a verified payment) or from an approver.
Rule 2: opted_out is left only by consent_renewed, and no operator can cause that: it takes the contact's own
        opt-in.
Rule 3: an event that a stage does not know raises; nothing happens silently.
Rule 4: the machine decides every real transition; the table flattened from it only answers questions.
"""

from typing import Literal

from statemachine import Event, State, StateMachine
from statemachine.exceptions import TransitionNotAllowed

Source = Literal["message", "system", "approver"]


class Deal(StateMachine):
    """The drawing of the lifecycle; it holds no data and calls nobody."""

    new_lead = State("new_lead", initial=True)
    qualifying = State("qualifying")
    qualified = State("qualified")
    nurturing = State("nurturing")
    meeting_booked = State("meeting_booked")
    meeting_done = State("meeting_done")
    proposal_sent = State("proposal_sent")
    negotiating = State("negotiating")
    payment_requested = State("payment_requested")
    pilot_active = State("pilot_active")
    closed_won = State("closed_won")
    closed_lost = State("closed_lost")
    opted_out = State("opted_out")

    # What a contact's words may cause. Ids are given where an event is called like the stage it leads to.
    start_qualifying = Event(new_lead.to(qualifying) | nurturing.to(qualifying))
    fits = Event(qualifying.to(qualified), id="qualified")
    does_not_fit = Event(qualifying.to(nurturing), id="not_qualified")
    parked = Event(new_lead.to(nurturing) | qualifying.to(nurturing) | qualified.to(nurturing))
    needs_time = Event(meeting_done.to(nurturing))
    negotiate = Event(proposal_sent.to(negotiating))
    opts_out = Event(
        opted_out.from_(
            new_lead,
            qualifying,
            qualified,
            nurturing,
            meeting_booked,
            meeting_done,
            proposal_sent,
            negotiating,
            payment_requested,
            pilot_active,
            closed_won,
            closed_lost,
        ),
        id="opted_out",
    )

    # What only a verified source or an approver may cause.
    booking_confirmed = Event(meeting_booked.from_(new_lead, qualifying, qualified, nurturing))
    meeting_held = Event(meeting_booked.to(meeting_done))
    no_show_recorded = Event(meeting_booked.to(nurturing))
    meeting_cancelled = Event(meeting_booked.to(nurturing))
    proposal_delivered = Event(meeting_done.to(proposal_sent))
    deal_accepted = Event(proposal_sent.to(payment_requested) | negotiating.to(payment_requested))
    deal_rejected = Event(proposal_sent.to(closed_lost) | negotiating.to(closed_lost))
    payment_verified = Event(payment_requested.to(pilot_active))
    payment_declined = Event(payment_requested.to(negotiating))
    pilot_converted = Event(pilot_active.to(closed_won))
    pilot_churned = Event(pilot_active.to(closed_lost))
    interest_lost = Event(
        closed_lost.from_(new_lead, qualifying, qualified, nurturing, meeting_booked, meeting_done)
    )
    consent_renewed = Event(opted_out.to(nurturing))


MESSAGE_EVENTS = (
    "start_qualifying",
    "qualified",
    "not_qualified",
    "parked",
    "needs_time",
    "negotiate",
    "opted_out",
)

SYSTEM_EVENTS = (
    "booking_confirmed",
    "meeting_held",
    "no_show_recorded",
    "meeting_cancelled",
    "proposal_delivered",
    "deal_accepted",
    "deal_rejected",
    "payment_verified",
    "payment_declined",
    "pilot_converted",
    "pilot_churned",
    "interest_lost",
    "consent_renewed",
)

# A provider's own opt-out notice is a system source, so opted_out is open to all three.
ALLOWED_EVENTS: dict[str, frozenset[str]] = {
    "message": frozenset(MESSAGE_EVENTS),
    "system": frozenset(SYSTEM_EVENTS) | {"opted_out"},
    "approver": frozenset(MESSAGE_EVENTS + SYSTEM_EVENTS) - {"consent_renewed"},
}

STAGES: tuple[str, ...] = tuple(state.id for state in Deal.states)
FINAL_STAGES = ("closed_won", "closed_lost", "opted_out")
"""Where a deal rests; only an opt-out, or a renewed consent, moves it from there."""

APPROVAL_STAGES = ("negotiating", "payment_requested", "pilot_active")
"""Stages in which no reply leaves without a human."""


class ImpossibleTransition(Exception):
    """A stage does not know the event, or the source may not cause it; the caller decides what to do."""


class _Position:
    """What the machine reads and writes: the stage, and nothing else."""

    def __init__(self, stage: str) -> None:
        self.state = stage


def advance(stage: str, event: str, *, source: Source) -> str:
    """
    Return the stage after `event`.

    Raises:
        ImpossibleTransition: the stage or the event is unknown, the stage does not know the event, or the source
            may not cause it.
    """
    if stage not in STAGES:
        raise ImpossibleTransition(f'There is no stage "{stage}"; the stages are {", ".join(STAGES)}.')
    if event not in ALLOWED_EVENTS.get(source, ()):
        raise ImpossibleTransition(f'A {source} may not cause "{event}"; the deal stays at {stage}.')
    position = _Position(stage)
    try:
        # Restoring through the model fires no callbacks; `start_value` would enter the stage again.
        Deal(model=position).send(event)
    except TransitionNotAllowed as refused:
        raise ImpossibleTransition(
            f'"{event}" is not possible at {stage}; possible are {", ".join(allowed(stage)) or "none"}.'
        ) from refused
    return position.state


def allowed(stage: str) -> tuple[str, ...]:
    """Name the events that `stage` knows, whoever may cause them."""
    return tuple(event for (known, event) in TABLE if known == stage)


def may(stage: str, event: str, source: Source) -> bool:
    """Tell whether `advance` would succeed."""
    return (stage, event) in TABLE and event in ALLOWED_EVENTS.get(source, ())


def picture() -> str:
    """Return the lifecycle as a mermaid state diagram."""
    return format(Deal, "mermaid")


def _flatten() -> dict[tuple[str, str], str]:
    return {
        (state.id, event.id): transition.target.id
        for state in Deal.states
        for transition in state.transitions
        for event in transition.events
    }


TABLE: dict[tuple[str, str], str] = _flatten()
"""Every possible step: (stage, event) to the next stage."""
