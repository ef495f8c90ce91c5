"""Pages that want two things of one message are found."""

EXAMPLE = """\
id: {name}
title: A page
status: live
owner: sales
why: Because.
when:
  - {when}
then:
  {then}
tests:
  - name: fires
    given: {{stage: qualified, says: "كم السعر"}}
    expect: {{{expect}}}
  - name: is silent
    given: {{stage: new_lead, says: "هلا"}}
    expect: nothing
"""


def write(small, name, when, then, expect):
    small.text(f"routing/{name}.yml", EXAMPLE.format(name=name, when=when, then=then, expect=expect))


def test_two_examples_that_expect_different_things_of_one_message(small):
    write(small, "one", "intent: ask_price", "say: price_public", "intent: ask_price, say: price_public")
    write(small, "two", "stage: qualified", "say: clarify", "intent: ask_price, say: clarify")

    (finding,) = small.found("examples_contradict")

    assert (finding.file, finding.line, finding.level) == ("routing/two.yml", 11, "error")
    assert 'expects another say than the page "one"' in str(finding)


def test_two_examples_that_agree_or_ask_for_different_results(small):
    write(small, "one", "intent: ask_price", "say: price_public", "intent: ask_price, act: sync_crm")
    write(small, "two", "stage: qualified", "say: clarify", "intent: ask_price, say: clarify, act: log_activity")

    assert small.found("examples_contradict") == []


def test_a_step_that_happens_while_its_answer_always_waits(small):
    small.page("approval", "late", "stage: new_lead; is_late: true", "hold: late_message")
    small.page(
        "routing",
        "asks",
        "stage: new_lead; is_late: true; intent: ask_price",
        "go: start_qualifying; say: clarify",
    )
    (finding,) = small.found("moves_before_yes")
    assert (finding.file, finding.level) == ("routing/asks.yml", "warning")

    small.page("routing", "asks", "stage: new_lead; intent: ask_price", "go: start_qualifying; say: clarify")
    assert small.found("moves_before_yes") == []
