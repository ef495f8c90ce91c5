"""A page that never has a say is found, with the pages that take its messages."""

import pytest


def whole(findings):
    return [(finding.file, finding.level) for finding in findings]


def test_a_page_whose_numbers_cannot_be_true_never_fires(small):
    small.page("routing", "impossible", "slots_filled: {above: 3}; slots_missing: {above: 3}", "say: clarify")
    small.page("routing", "possible", "slots_filled: {above: 3}; slots_missing: {above: 0}", "say: clarify")

    assert whole(small.found("never_fires")) == [("routing/impossible.yml", "error")]


def test_a_page_that_waits_for_what_another_page_cannot_mean_never_fires(small):
    small.hears("privacy", "خصوصيه", means="question_other")
    small.page("routing", "impossible", "heard: privacy; intent: ask_price", "say: clarify")
    small.page("routing", "possible", "heard: privacy; intent: question_other", "say: clarify")

    assert whole(small.found("never_fires")) == [("routing/impossible.yml", "error")]


def test_a_page_that_waits_for_a_retired_page_never_fires(small):
    small.hears("privacy", "خصوصيه", means="question_other")
    small.hears("old_privacy", "سريه", means="question_other", status="retired")
    small.page("routing", "impossible", "heard: old_privacy", "say: clarify")

    assert whole(small.found("never_fires")) == [("routing/impossible.yml", "error")]


def test_a_shadow_page_that_cannot_fire_is_found_too(small):
    small.page("routing", "impossible", "slots_filled: {above: 5}", "say: clarify", status="shadow")

    assert whole(small.found("never_fires")) == [("routing/impossible.yml", "error")]


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        ("stage: [new_lead, qualifying]; intent: ask_price; unclear_before: {below: 3}; kind: text",
         "stage: new_lead; intent: ask_price; unclear_before: {below: 2}"),
        ("intent: [ask_price, greeting]; slots_filled: {above: 1}; unclear_before: {below: 9}",
         "intent: ask_price; slots_missing: {below: 4}"),
    ],
)  # fmt: skip
def test_a_page_that_keeps_a_single_message_is_not_lost(small, winner, loser):
    small.page("routing", "loser", loser, "say: clarify")
    small.page("routing", "winner", winner, "say: price_on_request")

    assert small.found("always_loses") == []


def test_a_page_loses_to_safety_by_set_implication(small):
    small.page(
        "safety", "careful", "also_intent: [paid, complaint]", "say: payment_claim_reply; hold: payment_claim"
    )
    small.page("routing", "paid", "stage: payment_requested; intent: paid", "say: thanks_reply")
    small.page("routing", "thanks", "stage: payment_requested; intent: thanks", "say: thanks_reply")

    (finding,) = small.found("always_loses")

    assert (finding.file, finding.level) == ("routing/paid.yml", "error")
    assert '"careful" always wins before it' in str(finding)
    assert "تتقدمها دائما «careful»" in finding.what_ar


def test_a_page_loses_to_a_stronger_page_by_numeric_implication(small):
    small.page("routing", "few", "intent: greeting; slots_filled: {below: 4}", "say: greeting_short")
    small.page("routing", "few_or_more", "intent: [greeting, thanks]; slots_missing: {above: 1}", "say: clarify",
               status="shadow")  # fmt: skip
    small.page("routing", "fewer", "intent: greeting; slots_missing: {above: 2}", "say: greeting_short")

    # Of two pages that say the same, the one whose name comes first wins where both fire.
    assert [f.file for f in small.found("always_loses")] == ["routing/fewer.yml"]


def test_several_pages_together_may_leave_nothing(small):
    small.page("safety", "early", "stage: [new_lead, qualifying]", "say: clarify")
    small.page("safety", "late", "stage: {is_not: [new_lead, qualifying]}", "say: thanks_reply")
    small.page("routing", "lost", "intent: greeting", "say: greeting_short")

    assert "routing/lost.yml" in [finding.file for finding in small.found("always_loses")]


def test_one_lost_choice_of_several_is_a_warning(small):
    small.page("safety", "paid", "also_intent: paid", "say: payment_claim_reply; hold: payment_claim")
    small.page("routing", "either", "any: [{intent: paid}, {intent: thanks}]", "say: thanks_reply")

    (finding,) = small.found("always_loses")

    assert (finding.file, finding.level) == ("routing/either.yml", "warning")
    assert "one of its choices always loses" in str(finding)


def test_safety_pages_lose_in_their_own_order(small):
    small.page(
        "safety", "closed", "stage: [closed_won, closed_lost]", "say: closed_deal_reply; hold: closed_deal"
    )
    small.page("safety", "lost_deal", "stage: closed_lost; kind: text", "say: clarify")
    assert [f.file for f in small.found("always_loses")] == ["safety/lost_deal.yml"]

    small.order("lost_deal", "closed")
    assert small.found("always_loses") == []


def test_a_reply_that_is_never_said_is_found(small):
    small.page("routing", "new", "stage: new_lead", "say: clarify")
    small.page("replies", "to_the_new", "stage: new_lead", "say: greeting_short")
    assert whole(small.found("reply_never_said")) == [("replies/to_the_new.yml", "error")]

    small.page("routing", "new_price", "stage: new_lead; intent: ask_price", "hold: negotiation")
    assert small.found("reply_never_said") == []


def test_a_page_that_speaks_where_safety_keeps_silent_is_told(small):
    small.page("safety", "gone", "stage: opted_out", "silence: opted_out")
    small.page("routing", "thanks", "stage: [nurturing, opted_out]; intent: thanks", "say: thanks_reply")
    small.page("routing", "greets", "stage: nurturing; intent: greeting", "say: thanks_reply")

    (finding,) = small.found("silenced")

    assert (finding.file, finding.level) == ("routing/thanks.yml", "warning")
    assert 'at "opted_out"' in str(finding)


def test_an_approval_page_with_nothing_to_hold_is_told(small):
    small.page("safety", "gone", "stage: opted_out", "silence: opted_out")
    small.page("approval", "pointless", "stage: opted_out; is_late: true", "hold: late_message")
    small.page("approval", "useful", "stage: [opted_out, new_lead]; is_late: true", "hold: late_message")

    assert whole(small.found("nothing_to_hold")) == [("approval/pointless.yml", "warning")]


def test_a_follow_up_that_never_happens_is_told(small):
    small.page("safety", "paid", "also_intent: paid", "say: payment_claim_reply; hold: payment_claim")
    small.page("follow_up", "pointless", "intent: paid", "act: sync_crm")
    small.page("follow_up", "useful", "intent: [paid, thanks]", "act: sync_crm")

    assert whole(small.found("nothing_to_follow")) == [("follow_up/pointless.yml", "warning")]
