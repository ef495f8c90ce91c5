"""Where money is on the table nothing leaves, and nothing moves, without a human."""


def test_an_answer_in_a_stage_of_money_must_wait(small):
    small.page("routing", "thanks", "intent: thanks", "say: thanks_reply")

    found = small.found("unheld_money")

    assert [(f.file, f.level) for f in found] == [("routing/thanks.yml", "error")]
    assert "at negotiating, payment_requested, pilot_active" in str(found[0])


def test_an_approval_page_for_the_stages_is_enough(small):
    small.page("routing", "thanks", "intent: thanks", "say: thanks_reply")
    small.page(
        "approval", "money", "stage: [negotiating, payment_requested, pilot_active]", "hold: commercial_stage"
    )

    assert small.found("unheld_money") == []


def test_an_approval_page_that_misses_some_messages_is_not(small):
    small.page("routing", "thanks", "intent: thanks", "say: thanks_reply")
    small.page("approval", "money", "stage: [negotiating, payment_requested]", "hold: commercial_stage")
    small.page("approval", "some", "stage: pilot_active; text_longer_than: 20", "hold: long_message")

    (finding,) = small.found("unheld_money")

    assert "at pilot_active" in str(finding)


def test_a_reply_is_held_by_the_routing_page_before_it(small):
    assert small.found("unheld_money") == []  # `the_rest` holds, and leaves the words to `some_reply`

    small.page("routing", "quiet", "stage: pilot_active; intent: thanks", "act: sync_crm")
    (finding,) = small.found("unheld_money")
    assert finding.file == "replies/some_reply.yml"


def test_the_confirmation_of_a_stop_leaves_at_once(small):
    small.stops()

    assert small.found("unheld_money") == []


def test_a_step_into_a_stage_of_money_waits(small):
    small.page(
        "routing",
        "bargains",
        "stage: proposal_sent; intent: negotiating",
        "go: negotiate; say: negotiation_reply",
    )
    (finding,) = small.found("step_into_money")
    assert (finding.file, finding.level) == ("routing/bargains.yml", "error")

    small.page("routing", "bargains", "stage: proposal_sent; intent: negotiating",
               "go: negotiate; say: negotiation_reply; hold: negotiation")  # fmt: skip
    assert small.found("step_into_money") == []
