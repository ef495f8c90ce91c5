"""Who may move a deal, from where, and whereto."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows.deal as deal

MONEY = {"payment_requested", "pilot_active", "closed_won"}


@pytest.mark.parametrize(
    ("stage", "event", "source", "after"),
    [
        ("new_lead", "start_qualifying", "message", "qualifying"),
        ("nurturing", "start_qualifying", "message", "qualifying"),
        ("qualifying", "qualified", "message", "qualified"),
        ("qualifying", "not_qualified", "message", "nurturing"),
        ("qualified", "parked", "message", "nurturing"),
        ("qualified", "booking_confirmed", "system", "meeting_booked"),
        ("meeting_booked", "meeting_held", "system", "meeting_done"),
        ("meeting_booked", "no_show_recorded", "system", "nurturing"),
        ("meeting_booked", "meeting_cancelled", "approver", "nurturing"),
        ("meeting_done", "needs_time", "message", "nurturing"),
        ("meeting_done", "proposal_delivered", "system", "proposal_sent"),
        ("meeting_done", "interest_lost", "approver", "closed_lost"),
        ("proposal_sent", "negotiate", "message", "negotiating"),
        ("proposal_sent", "deal_accepted", "approver", "payment_requested"),
        ("negotiating", "deal_accepted", "approver", "payment_requested"),
        ("negotiating", "deal_rejected", "approver", "closed_lost"),
        ("payment_requested", "payment_verified", "system", "pilot_active"),
        ("payment_requested", "payment_declined", "approver", "negotiating"),
        ("pilot_active", "pilot_converted", "approver", "closed_won"),
        ("pilot_active", "pilot_churned", "system", "closed_lost"),
        ("opted_out", "consent_renewed", "system", "nurturing"),
        ("closed_won", "opted_out", "message", "opted_out"),
        ("negotiating", "opted_out", "system", "opted_out"),
    ],
)
def test_a_deal_moves_like_this(stage, event, source, after):
    assert after == deal.advance(stage, event, source=source)
    assert deal.may(stage, event, source)


@given(st.sampled_from(deal.STAGES), st.sampled_from([*deal.MESSAGE_EVENTS, *deal.SYSTEM_EVENTS, "paid", ""]),
       st.sampled_from(["message", "system", "approver"]))  # fmt: skip
def test_what_may_happen_happens_and_everything_else_raises(stage, event, source):
    """
    The table and the machine agree: `may` is true exactly when `advance` returns.
    """
    if deal.may(stage, event, source):
        assert deal.advance(stage, event, source=source) == deal.TABLE[stage, event]
    else:
        with pytest.raises(deal.ImpossibleTransition):
            deal.advance(stage, event, source=source)


@given(st.sampled_from(["new_lead", "opted_out", "closed_lost"]),
       st.lists(st.sampled_from([*deal.MESSAGE_EVENTS, *deal.SYSTEM_EVENTS]), max_size=40))  # fmt: skip
def test_no_words_of_a_lead_reach_money_or_a_contract(start, events):
    stage = start
    for event in events:
        if deal.may(stage, event, "message"):
            stage = deal.advance(stage, event, source="message")

    assert stage not in MONEY
    if start == "opted_out":
        assert stage == "opted_out"


@pytest.mark.parametrize("event", deal.SYSTEM_EVENTS)
@pytest.mark.parametrize("stage", deal.STAGES)
def test_a_message_can_cause_no_system_event(stage, event):
    with pytest.raises(deal.ImpossibleTransition, match="A message may not cause"):
        deal.advance(stage, event, source="message")


@pytest.mark.parametrize("stage", [stage for stage in deal.STAGES if stage != "opted_out"])
@pytest.mark.parametrize("source", ["message", "system", "approver"])
def test_everybody_can_opt_out_from_everywhere(stage, source):
    assert deal.advance(stage, "opted_out", source=source) == "opted_out"


def test_only_the_contacts_own_renewed_consent_leaves_opted_out():
    assert deal.allowed("opted_out") == ("consent_renewed",)
    for source in ("message", "approver"):
        with pytest.raises(deal.ImpossibleTransition):
            deal.advance("opted_out", "consent_renewed", source=source)


def test_every_open_stage_is_reached_from_the_first_and_reaches_an_end():
    """
    Following only events that somebody may cause.
    """

    def reachable(start):
        seen, left = {start}, [start]
        while left:
            here = left.pop()
            for stage, event in deal.TABLE:
                allowed = any(deal.may(stage, event, source) for source in ("message", "system", "approver"))
                if stage == here and allowed and deal.TABLE[stage, event] not in seen:
                    seen.add(deal.TABLE[stage, event])
                    left.append(deal.TABLE[stage, event])
        return seen

    assert reachable("new_lead") == set(deal.STAGES)
    for stage in set(deal.STAGES) - set(deal.FINAL_STAGES):
        assert {"closed_won", "closed_lost"} <= reachable(stage), stage


def test_a_closed_deal_stays_closed_except_for_a_stop():
    assert deal.allowed("closed_won") == deal.allowed("closed_lost") == ("opted_out",)


@pytest.mark.parametrize(
    ("stage", "event", "said"),
    [
        ("lead", "parked", 'There is no stage "lead"'),
        ("new_lead", "deal_accepted", "possible are start_qualifying, parked"),
        ("new_lead", "won", 'may not cause "won"'),
    ],
)
def test_a_refusal_says_what_was_asked_and_what_is_possible(stage, event, said):
    with pytest.raises(deal.ImpossibleTransition, match=said):
        deal.advance(stage, event, source="approver")


def test_the_picture_shows_every_stage_and_every_step():
    picture = deal.picture()

    assert picture.startswith("stateDiagram-v2")
    for (stage, _), after in deal.TABLE.items():
        assert f"{stage} --> {after} :" in picture
