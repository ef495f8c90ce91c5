"""Whole chats: every shipped one holds, and one that does not is refused or told so that an analyst sees why."""

import time
from textwrap import dedent

import pytest

from bot.playbook import Playbook, compose, shipped
from bot.tenant import Autonomy, Tenant
from bot.workbench.chats import chats_of, play, read_chats, run_chats
from flows.deal import STAGES

TENANT = Tenant("clinic", "عيادة الرياض")
SHIPPED = shipped()

# The shipped chats take about half a second; an analyst who saves a page waits for them.
LONGEST_SECONDS = 10.0

PRICE = """\
id: mine
title: Who asks the price is answered
why: Because.
chat:
  - says: "كم السعر؟"
    expect: {intent: ask_price, stage: qualifying, say: price_on_request, held: false, asked: monthly_leads}
"""


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return compose(SHIPPED, {}, name="", backend="reference")


def read(text: str, path: str = "chats/mine.yml"):
    return read_chats({path: dedent(text)})


def told(text: str) -> list[str]:
    """What is wrong with a chat, one sentence each."""
    chats, problems = read(text)
    assert problems and not chats
    return [str(problem) for problem in problems]


async def failed(playbook: Playbook, chat: str):
    """The one failure of a chat."""
    chats, problems = read(chat)
    assert problems == ()
    failure = (await play(chats[0], playbook, TENANT)).failure
    assert failure is not None
    return failure


# The chats that ship


async def test_every_shipped_chat_holds_and_all_of_them_are_quick(playbook):
    started = time.perf_counter()
    failures = await run_chats(playbook, TENANT)

    assert [str(failure) for failure in failures] == []
    assert time.perf_counter() - started < LONGEST_SECONDS


async def test_the_shipped_chats_pass_through_every_stage_and_stop_from_each_by_words_and_by_button(playbook):
    chats, problems = chats_of(playbook)
    assert problems == ()
    turns = [turn for chat in chats for turn in (await play(chat, playbook, TENANT)).turns]

    stopped = [turn for turn in turns if turn.wording == "opt_out_confirmation" and turn.decision]
    by_button = {turn.stage_before for turn in stopped if turn.decision.question.button_id}
    by_words = {turn.stage_before for turn in stopped if not turn.decision.question.button_id}
    assert by_words == by_button == set(STAGES) - {"opted_out"}
    assert {turn.stage_after for turn in turns} == set(STAGES)


async def test_what_a_tenant_switched_changes_no_chat(playbook):
    careful = Tenant("clinic", "عيادة", autonomy=Autonomy.DRAFT_EVERYTHING, has_public_price=True)

    assert await run_chats(playbook, careful) == ()


async def test_a_tenant_adds_chats_and_replaces_ours():
    wrong = PRICE.replace("stage: qualifying", "stage: qualified")
    ours = "chats/a_lead_in_arabizi.yml"
    own = {"chats/mine.yml": wrong, ours: PRICE.replace("id: mine", "id: a_lead_in_arabizi")}
    own_playbook = compose(SHIPPED, own, name="clinic", backend="reference")

    (failure,) = await run_chats(own_playbook, TENANT)

    assert (failure.chat, failure.file, failure.line) == ("mine", "clinic:chats/mine.yml", 5)
    (kept,) = (chat for chat in chats_of(own_playbook, "clinic")[0] if chat.file == ours)
    assert {one.key for step in kept.steps for one in step.expect} <= {"intent", "stage", "say", "flag"}
    assert [step.text for step in kept.steps if step.expect] == ["wagfo alrasayel"]


async def test_what_our_chats_claim_about_stops_is_played_although_the_tenant_replaced_them():
    ours = "chats/a_lead_in_english.yml"
    text = {"ar": "عندنا عرض", "en": "We have an offer today"}
    own = {
        ours: PRICE.replace("id: mine", "id: a_lead_in_english"),
        "wording/own.yml": f"opt_out_confirmation: {{ar: {text['ar']}, en: {text['en']}}}\n",
    }
    failures = await run_chats(compose(SHIPPED, own, name="clinic", backend="reference"), TENANT)

    assert ours in {failure.file for failure in failures}
    del own["wording/own.yml"]
    assert await run_chats(compose(SHIPPED, own, name="clinic", backend="reference"), TENANT) == ()


async def test_a_chat_without_a_stop_is_the_tenants_to_replace():
    ours = "chats/a_public_price_is_said.yml"
    own = {ours: PRICE.replace("id: mine", "id: a_public_price_is_said")}
    playbook = compose(SHIPPED, own, name="clinic", backend="reference")

    assert ours not in {chat.file for chat in chats_of(playbook, "clinic")[0]}
    assert await run_chats(playbook, TENANT) == ()


async def test_a_chat_that_cannot_be_read_is_a_failure_with_its_file_and_line():
    own = {"chats/mine.yml": PRICE.replace("ask_price", "ask_prise")}
    (failure,) = await run_chats(compose(SHIPPED, own, name="clinic", backend="reference"), TENANT)

    assert (failure.file, failure.line) == ("clinic:chats/mine.yml", 6)
    assert 'unknown intent "ask_prise". Did you mean "ask_price"?' in str(failure.as_problem)


async def test_a_changed_page_fails_the_chat_that_relied_on_it():
    page = SHIPPED.files["routing/thanks_are_returned.yml"].replace("say: thanks_reply", "say: wishes_returned")
    own = {"routing/thanks_are_returned.yml": page.replace("expect: {say: thanks_reply", "expect: {held: false")}
    playbook = compose(SHIPPED, own, name="clinic", backend="reference")

    failures = await run_chats(playbook, TENANT)

    assert "courtesies_and_machines" in {failure.chat for failure in failures}
    assert all(failure.differences[0].got == "wishes_returned" for failure in failures)


# What a failure tells


async def test_a_failure_shows_the_talk_what_was_expected_what_came_and_which_rules_decided(playbook):
    failure = await failed(
        playbook,
        PRICE + '  - says: "80"\n    expect: {asked: has_sales_team, slots: {monthly_leads: 90}, held: true}\n',
    )

    assert failure.line == 7
    assert [(d.key, d.expected, d.got) for d in failure.differences] == [
        ("asked", "has_sales_team", "follow_up_problem"),
        ("slots.monthly_leads", "90", "80"),
        ("held", "true", "false"),
    ]
    script = failure.told().splitlines()
    assert script[0] == "chats/mine.yml line 7: Who asks the price is answered"
    assert script[1].strip() == "✓ contact: كم السعر؟"
    assert "price_on_request" in script[2]
    assert script[3].strip() == "✗ contact: 80"
    assert "      asked: expected has_sales_team, got follow_up_problem" in script
    assert any("decided by routing/an_answer_brings_the_next_question.yml" in line for line in script)
    assert "✗ العميل: 80" in failure.told("ar")
    assert "المتوقع has_sales_team" in failure.told("ar")


async def test_a_step_that_is_not_possible_says_why(playbook):
    for step, said in (
        ("event: payment_verified", "payment_verified is not possible from new_lead"),
        ("approves: yes", "nothing waits for a yes"),
    ):
        failure = await failed(
            playbook, f"id: mine\ntitle: t\nwhy: w\nchat:\n  - {step}\n    expect: {{stage: new_lead}}\n"
        )

        assert said in failure.problem
        assert said in failure.told()
        assert f"{failure.as_problem}".startswith("chats/mine.yml line 5:")


async def test_a_sentence_that_cannot_be_filled_fails_the_chat_and_not_the_run():
    text = "greeting_and_offer:\n  ar: الموعد {first_time}\n  en: The time {first_time}\n"
    own_playbook = compose(SHIPPED, {"wording/mine.yml": text}, name="clinic", backend="reference")

    failures = await run_chats(own_playbook, TENANT)

    assert failures
    assert any("first_time" in failure.problem for failure in failures)


@pytest.mark.parametrize(
    ("says", "expect", "holds"),
    [
        ("كم السعر؟", "{flag: nothing, hold: nothing, silence: nothing, proposes: nothing}", True),
        ("كم السعر؟", "{hears: '(1 من 5)'}", True),
        ("كم السعر؟", "{hears: '(2 من 5)'}", False),
        ("كم السعر؟", "{say: nothing}", False),
        ("كم السعر؟", "{slots: {monthly_leads: nothing}}", True),
        ("كم السعر؟", "{language: en}", False),
        ("hello, how much is it?", "{language: en}", True),
        ("خدمتكم سيئة جدا وتعاملكم زفت", "{flag: [complaint, hand_to_human]}", True),
        ("خدمتكم سيئة جدا وتعاملكم زفت", "{flag: [complaint, secret]}", False),
        ("خدمتكم سيئة جدا وتعاملكم زفت", "{flag: nothing}", False),
        ("خدمتكم سيئة جدا وتعاملكم زفت", "{hold: complaint, held: true, hears: نعتذر}", True),
    ],
)
async def test_what_can_be_expected(playbook, says, expect, holds):
    chats, problems = read(f'id: mine\ntitle: t\nwhy: w\nchat:\n  - says: "{says}"\n    expect: {expect}\n')

    assert problems == ()
    assert ((await play(chats[0], playbook, TENANT)).failure is None) is holds


@pytest.mark.parametrize("proposes", ["deal_accepted", "payment_requested"])
async def test_a_proposal_is_expected_by_its_event_or_by_where_it_leads(playbook, proposes):
    chats, _ = read(f"""\
        id: mine
        title: t
        why: w
        start: {{stage: proposal_sent}}
        chat:
          - says: "موافقين على العرض"
            expect: {{proposes: {proposes}}}
        """)

    assert (await play(chats[0], playbook, TENANT)).failure is None


# What is refused


@pytest.mark.parametrize(
    ("wrong", "right", "line", "said"),
    [
        ("id: mine", "id: yours", 1, 'the id "yours" is not the file name "mine"'),
        ("why: Because.\n", "", 1, 'the key "why" is missing'),
        ("why: Because.", "whi: Because.", 3, 'unknown key "whi". Did you mean "why"'),
        (
            "title: Who asks the price is answered\nwhy: Because.",
            "why: Because.\ntitle: t",
            2,
            "The order is id title",
        ),
        ("chat:", "start: {stage: newlead}\nchat:", 4, 'unknown stage "newlead". Did you mean "new_lead"'),
        ("chat:", "start: {slots: {leads: 3}}\nchat:", 4, 'unknown question "leads"'),
        ("chat:", "start: {mood: good}\nchat:", 4, 'unknown key of start "mood"'),
        ("intent: ask_price", "intents: ask_price", 6, 'unknown key of expect "intents". Did you mean "intent"'),
        ("say: price_on_request", "say: price_on_requst", 6, 'Did you mean "price_on_request"'),
        ("held: false", "held: no", 6, '"held" takes true or false, not "no"'),
        ("held: false", "hold: negotiations", 6, 'Did you mean "negotiation"'),
        ("held: false", "flag: optout", 6, 'Did you mean "opt_out"'),
        ("held: false", "silence: opted", 6, 'unknown silence "opted"'),
        ("asked: monthly_leads", "slots: {monthly_lead: 1}", 6, 'Did you mean "monthly_leads"'),
        ('says: "كم السعر؟"', 'said: "كم السعر؟"', 5, "unknown key of a step"),
        ('says: "كم السعر؟"', 'says: "a"\n    event: booking_confirmed', 5, "a step is one thing"),
        ('says: "كم السعر؟"', 'says: ""', 5, "the contact says nothing"),
        ('says: "كم السعر؟"', 'says: "a"\n    kind: vioce', 6, 'Did you mean "voice"'),
        ('says: "كم السعر؟"', 'says: "a"\n    minutes_later: -3', 6, "takes a number of minutes"),
        ('says: "كم السعر؟"', "event: payed", 5, 'unknown event "payed"'),
        ('says: "كم السعر؟"', "approves: no", 5, '"approves" takes yes'),
        ('says: "كم السعر؟"', "approves: yes", 6, 'only what a contact says has "intent"'),
        ("chat:", "chat: []\nchats:", 4, "chat is a list of steps"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_the_word_that_may_be_meant(wrong, right, line, said):
    assert wrong in PRICE
    problems = told(PRICE.replace(wrong, right))

    assert any(problem.startswith(f"chats/mine.yml line {line}: ") and said in problem for problem in problems), (
        problems
    )


def test_a_chat_that_expects_nothing_of_anybody_is_no_test():
    (problem,) = told('id: mine\ntitle: t\nwhy: w\nchat:\n  - says: "a"\n')

    assert "no step says what to expect" in problem


def test_all_problems_are_named_at_once():
    problems = told(PRICE.replace("ask_price", "a").replace("qualifying", "b").replace("monthly_leads", "c"))

    assert len(problems) == 3


@pytest.mark.parametrize(
    "text", ["", "[", "- a", "a: &x 1", "id: mine\nid: mine", "chat: 3", "start: 3", "chat: [3]"]
)
def test_a_file_that_is_no_chat_is_a_problem_and_no_crash(text):
    chats, problems = read(text)

    assert chats == ()
    assert problems


def test_files_that_are_no_chats_are_left_alone():
    chats, problems = read_chats({"routing/x.yml": "[", "words.yml": "[", "chats/mine.yml": PRICE})

    assert ([chat.id for chat in chats], problems) == (["mine"], ())


def test_a_bare_yes_and_a_bare_number_are_what_they_look_like():
    chats, _ = read("""\
        id: mine
        title: t
        why: w
        start: {stage: qualifying, slots: {monthly_leads: 80, has_sales_team: no}}
        chat:
          - says: 80
            expect: {slots: {has_sales_team: yes}}
        """)

    assert dict(chats[0].slots) == {"monthly_leads": "80", "has_sales_team": "no"}
    assert chats[0].steps[0].text == "80"
    assert chats[0].steps[0].expect[0].wanted == "yes"
