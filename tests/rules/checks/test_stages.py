"""Every stage is reached, left and answered, by steps that something really causes."""

from dataclasses import replace

import flows.deal as deal
from rules.checks import Lifecycle, Step
from tests.rules.checks.conftest import LIFECYCLE

SHORT = Lifecycle(
    stages=("new_lead", "qualifying", "closed_won", "opted_out"),
    final=("closed_won", "opted_out"),
    message_events=(
        Step("new_lead", "start_qualifying", "qualifying"),
        Step("new_lead", "opted_out", "opted_out"),
    ),
    system_events=(Step("qualifying", "booking_confirmed", "closed_won"),),
    approver_events=(Step("qualifying", "booking_confirmed", "closed_won"),),
)


def starts(small, status="live", when="stage: new_lead; intent: ask_price"):
    small.page("routing", "starts", when, "go: start_qualifying; say: price_on_request", status=status)


def test_the_lifecycle_is_read_from_the_table_of_the_deal():
    assert LIFECYCLE.stages == deal.STAGES
    assert Step("meeting_booked", "meeting_held", "meeting_done") in LIFECYCLE.system_events
    assert Step("meeting_booked", "meeting_held", "meeting_done") not in LIFECYCLE.message_events
    assert Step("opted_out", "consent_renewed", "nurturing") not in LIFECYCLE.approver_events


def test_a_stage_that_no_page_leads_to_is_out_of_reach(small):
    found = small.found("out_of_reach", lifecycle=SHORT)

    assert [(f.level, str(f).split('"')[1]) for f in found] == [
        ("error", "closed_won"), ("error", "opted_out"), ("error", "qualifying"),
    ]  # fmt: skip

    starts(small)
    assert [str(f).split('"')[1] for f in small.found("out_of_reach", lifecycle=SHORT)] == ["opted_out"]


def test_a_page_in_shadow_or_one_that_always_loses_leads_nowhere(small):
    starts(small, status="shadow")
    assert len(small.found("out_of_reach", lifecycle=SHORT)) == 3

    starts(small)
    small.page("safety", "greedy", "intent: ask_price", "say: clarify")
    assert len(small.found("out_of_reach", lifecycle=SHORT)) == 3


def test_an_approvers_yes_to_a_page_is_a_step(small):
    starts(small)
    cycle = replace(SHORT, system_events=())
    assert "closed_won" in str(small.found("out_of_reach", lifecycle=cycle))

    small.page("routing", "booked", "stage: qualifying; intent: meeting_booked",
               "say: meeting_not_booked_yet; hold: confirm_outcome; propose: booking_confirmed")  # fmt: skip
    assert "closed_won" not in str(small.found("out_of_reach", lifecycle=cycle))


def test_a_stage_that_no_deal_can_be_finished_from_is_a_trap(small):
    starts(small)
    assert small.found("no_way_out", lifecycle=SHORT) == []

    found = small.found("no_way_out", lifecycle=replace(SHORT, system_events=()))
    assert [(str(f).split('"')[1], f.level) for f in found] == [("new_lead", "error"), ("qualifying", "error")]


def test_opting_out_is_no_end_of_a_deal(small):
    small.stops()
    cycle = replace(SHORT, system_events=())

    assert len(small.found("no_way_out", lifecycle=cycle)) == 2


def test_a_step_that_no_page_takes_is_told(small):
    starts(small)
    (finding,) = small.found("dead_step", lifecycle=SHORT)
    assert finding.level == "warning"
    assert 'the step "opted_out" from "new_lead"' in str(finding)

    small.stops()
    assert small.found("dead_step", lifecycle=SHORT) == []


def test_the_result_of_the_questions_is_taken_by_who_asks_on(small):
    assert "qualified" in str(small.found("dead_step"))

    small.page("routing", "answers", "stage: qualifying; intent: qualified", "say: ask_next_question")
    told = [str(f) for f in small.found("dead_step")]
    assert not any('"qualified" from' in f or '"not_qualified" from' in f for f in told)


def test_a_step_that_words_alone_may_not_cause_is_refused(small):
    starts(small)
    cycle = replace(SHORT, message_events=SHORT.message_events[1:])

    (finding,) = small.found("impossible_step", lifecycle=cycle)

    assert (finding.file, finding.level) == ("routing/starts.yml", "error")
    assert small.found("impossible_step", lifecycle=SHORT) == []


def test_a_proposal_that_no_approver_may_grant_is_refused(small):
    small.page("routing", "booked", "stage: qualifying; intent: meeting_booked",
               "say: meeting_not_booked_yet; hold: confirm_outcome; propose: booking_confirmed")  # fmt: skip

    assert small.found("impossible_step", lifecycle=SHORT) == []
    assert len(small.found("impossible_step", lifecycle=replace(SHORT, approver_events=()))) == 1


def test_a_stage_without_a_page_of_its_own_is_told(small):
    starts(small)
    assert "qualifying" in str(small.found("stage_without_page"))

    small.page("replies", "asks_on", "stage: qualifying", "say: clarify")
    told = [str(f).split('"')[1] for f in small.found("stage_without_page")]
    assert "qualifying" not in told and "new_lead" not in told and "closed_won" in told


def test_a_stage_in_which_nobody_is_answered_is_refused(small):
    small.page("safety", "gone", "stage: opted_out", "silence: opted_out")
    assert small.found("mute_stage") == []

    small.page("safety", "mute", "stage: qualified", "silence: acknowledged")
    (finding,) = small.found("mute_stage")
    assert finding.level == "error"
    assert 'the stage "qualified"' in str(finding)
