"""Nobody is answered who did not write, and nobody twice."""

import pytest

MACHINE = ("answered_by_a_machine", "رد الي")


def test_a_book_that_does_not_know_machines_is_refused(small):
    small.hears(*MACHINE)
    (finding,) = small.found("answers_a_machine")
    assert finding.level == "error"

    small.page("safety", "machine", "also_heard: answered_by_a_machine", "silence: auto_reply")
    assert small.found("answers_a_machine") == []


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("say: i_am_a_bot", 1),
        ("say: i_am_a_bot; hold: complaint", 0),
        ("say: colleague_will_answer; flag: hand_to_human", 0),
        ("silence: acknowledged", 0),
    ],
)
def test_a_page_above_the_silence_for_machines_may_answer_one(small, then, expected):
    small.hears(*MACHINE)
    small.page("safety", "machine", "also_heard: answered_by_a_machine", "silence: auto_reply")
    small.page("safety", "robot", "also_intent: question_other", then)
    assert small.found("answers_a_machine") == []

    small.order("robot", "machine")
    assert [(f.file, f.level) for f in small.found("answers_a_machine")] == [
        ("safety/robot.yml", "warning")
    ] * expected


def test_a_page_that_only_a_button_or_another_question_can_fire_does_not_loop(small):
    small.hears(*MACHINE)
    small.page("safety", "goes_on", "any: [{button: opt_out_no}, {expects: opt_out_check, answer: [no]}]",
               "say: opt_out_resumed")  # fmt: skip
    small.page("safety", "machine", "also_heard: answered_by_a_machine", "silence: auto_reply")
    small.says("opt_out_resumed")

    assert small.found("answers_a_machine") == []


def test_a_sentence_that_is_answered_with_itself_is_found(small):
    small.hears("thanks", "شكرا", means="thanks")
    small.page("routing", "thanks", "intent: thanks", "say: thanks_reply")
    small.says("thanks_reply", ar="شكرا لكم", en="You are welcome")
    (finding,) = small.found("answers_itself")
    assert (finding.file, finding.level) == ("replies.yml", "warning")
    assert '"thanks_reply", sent back at new_lead' in str(finding)

    small.says("thanks_reply", ar="العفو", en="You are welcome")
    assert small.found("answers_itself") == []


def test_a_sentence_that_waits_for_a_human_does_not_loop(small):
    small.hears("thanks", "شكرا", means="thanks")
    small.page("routing", "thanks", "intent: thanks", "say: thanks_reply; hold: complaint")
    small.says("thanks_reply", ar="شكرا لكم")

    assert small.found("answers_itself") == []


def test_a_sentence_is_heard_where_the_deal_stands_after_it(small):
    small.hears("price", "السعر", means="ask_price", when="stage: [qualifying]")
    small.page(
        "routing", "price", "stage: new_lead; intent: ask_price", "go: start_qualifying; say: price_on_request"
    )
    small.page("routing", "price_again", "stage: qualifying; intent: ask_price", "say: price_on_request")
    small.says("price_on_request", ar="السعر لاحقا")

    assert "sent back at qualifying" in str(small.found("answers_itself")[0])


@pytest.mark.parametrize("chapter", ["routing", "follow_up"])
def test_nobody_gets_two_messages_for_one(small, chapter):
    says = "say: thanks_reply; " if chapter == "routing" else ""
    small.page(chapter, "thanks", "intent: thanks", f"{says}act: [sync_crm, send_whatsapp]")
    assert [(f.file, f.level) for f in small.found("rings_twice")] == [(f"{chapter}/thanks.yml", "error")]

    small.page(chapter, "thanks", "intent: thanks", f"{says}act: sync_crm")
    assert small.found("rings_twice") == []


@pytest.mark.parametrize(
    ("when", "act", "expected"),
    [
        ("intent: not_now; stage: nurturing", "enroll_sequence", ""),
        ("stage: nurturing", "enroll_sequence", "starts at every message"),
        ("intent: [not_now, not_interested]", "enroll_sequence", "not_interested"),
        ("intent: not_now", "enroll_sequence", "closed_won, closed_lost, opted_out"),
        ("intent: not_now; stage: [nurturing, closed_lost]", "enroll_sequence", "closed_lost"),
        ("intent: not_now; stage: nurturing", "classify_reply", "reads the same message again"),
    ],
)
def test_a_sequence_starts_only_where_somebody_wants_one(small, when, act, expected):
    small.page("follow_up", "later", when, f"act: {act}")

    found = small.found("enters_again")

    assert [f.level for f in found] == (["error"] if expected else [])
    assert all(expected in str(f) for f in found)


def test_nobody_talks_to_who_opted_out(small):
    small.page("routing", "thanks", "intent: thanks", "say: thanks_reply")
    assert [f.file for f in small.found("talks_after_stop")] == ["replies/some_reply.yml", "routing/thanks.yml"]

    small.page("safety", "gone", "stage: opted_out", "silence: opted_out")
    assert small.found("talks_after_stop") == []

    small.page(
        "safety", "back", "stage: opted_out; intent: replied_positive", "say: welcome_back; flag: resume_consent"
    )
    small.order("back", "gone")
    assert small.found("talks_after_stop") == []

    small.page(
        "safety", "back", "stage: opted_out; intent: replied_positive", "say: welcome_back; hold: complaint"
    )
    assert [(f.file, f.level) for f in small.found("talks_after_stop")] == [("safety/back.yml", "error")]


def test_a_reaction_is_not_answered(small):
    small.hears("yes", "<< 👍 >>", means="interested", says="👍")
    small.page("routing", "yes", "intent: interested", "say: thanks_reply")
    (finding,) = small.found("answers_a_gesture")
    assert (finding.file, finding.level) == ("routing/yes.yml", "error")
    assert "a reaction is answered at new_lead" in str(finding)

    small.page("safety", "gestures", "kind: [reaction, deletion]", "silence: reaction_or_sticker")
    assert small.found("answers_a_gesture") == []
