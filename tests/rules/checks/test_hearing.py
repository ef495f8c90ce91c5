"""Every intent is heard and decided on, and every page is seen to speak."""

DECIDES = """\
id: {name}
title: A page
status: live
owner: sales
why: Because.
when:
  - intent: {intent}
then:
  say: thanks_reply
tests:
  - name: fires
    given: {given}
    expect: {{say: thanks_reply}}
  - name: is silent
    given: {{stage: new_lead, intent: default}}
    expect: nothing
"""


def test_an_intent_that_nobody_hears_is_told(small):
    assert small.found("intent_not_heard") == []  # a book without words judges ready meanings

    small.hears(
        "thanks", "شكرا", means="thanks", then="if_negated: complaint; instead_at: {qualified: partnership}"
    )
    missing = {str(f).split('"')[1] for f in small.found("intent_not_heard")}

    assert "ask_price" in missing
    assert missing.isdisjoint({"thanks", "complaint", "partnership", "unsubscribe", "default"})
    assert {f.level for f in small.found("intent_not_heard")} == {"warning"}


def test_an_intent_that_a_short_answer_means_is_heard(small):
    small.hears("thanks", "شكرا", means="thanks")
    assert any('"qualified"' in str(f) for f in small.found("intent_not_heard"))

    small.text(
        "short_answers.yml",
        'answers: {"yes": [نعم]}\nopenings: {"yes": [نعم]}\n'
        'by_expects: {yes_no: {"yes": {qualifying: qualified}}}\nby_stage: {}\n',
    )
    assert not any('"qualified"' in str(f) for f in small.found("intent_not_heard"))


def test_a_page_in_draft_hears_nothing(small):
    small.hears("thanks", "شكرا", means="thanks")
    small.hears("partners", "شراكه", means="partnership", status="draft")

    assert any('"partnership"' in str(f) for f in small.found("intent_not_heard"))


def test_an_intent_that_no_page_decides_on_is_told(small):
    small.hears("privacy", "خصوصيه", means="question_other")
    small.page("routing", "thanks", "intent: [thanks, greeting]", "say: thanks_reply")
    small.page("safety", "paid", "also_intent: paid", "say: payment_claim_reply; hold: payment_claim")
    small.page("safety", "privacy", "also_heard: privacy", "say: legal_question_reply; hold: legal_question")
    small.page("approval", "price", "intent: ask_price", "hold: negotiation")
    small.page("routing", "partners", "intent: partnership", "say: partnership_reply", status="shadow")

    missing = {str(f).split('"')[1] for f in small.found("intent_not_routed")}

    assert missing.isdisjoint({"thanks", "greeting", "paid", "question_other"})
    assert {"ask_price", "partnership", "unsubscribe"} <= missing


def test_a_stop_is_decided_on_by_what_it_is(small):
    small.stops()

    missing = {str(f).split('"')[1] for f in small.found("intent_not_routed")}

    assert missing.isdisjoint({"unsubscribe", "opt_out_suspected"})


def test_a_page_that_none_of_its_examples_makes_speak_is_told(small):
    small.text("routing/thanks.yml", DECIDES.format(name="thanks", intent="thanks", given="{intent: greeting}"))
    small.text("routing/greets.yml", DECIDES.format(name="greets", intent="greeting", given="{intent: greeting}"))

    found = small.found("never_shown")

    assert ("routing/thanks.yml", "warning") in [(f.file, f.level) for f in found]
    assert "routing/greets.yml" not in [f.file for f in found]


def test_a_page_of_understanding_that_another_always_speaks_for_is_told(small):
    small.hears("thanks", "شكرا لكم", means="thanks", says="شكرا لكم")
    small.hears("thanks_too", "شكرا", means="thanks", says="شكرا لكم")
    assert [f.file for f in small.found("never_shown") if "understanding" in f.file] == [
        "understanding/thanks_too.yml"
    ]

    small.hears("thanks_too", "شكرا", means="thanks", says="شكرا")
    assert [f.file for f in small.found("never_shown") if "understanding" in f.file] == []
