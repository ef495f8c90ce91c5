"""A rehearsed talk decides, waits and says what the real house does, and leaves no trace anywhere."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation import Conversation, Status
from bot.errors import BadRequest
from bot.playbook import Playbook, compose, shipped
from bot.tenant import Autonomy, Tenant
from bot.tenants import DEFAULT_TENANT
from bot.workbench.chats import Chat, chats_of
from bot.workbench.rehearsal import Rehearsal, Turn
from flows.deal import STAGES
from flows.wording import UnfilledBlank
from tests.house.fixtures import (  # noqa: F401 (fixtures are used by their names)
    house,
    new_house,
    new_talk,
    own_house,
    sami,
    shared_house,
    talk,
)
from tests.house.talk import FIVE_ANSWERS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TENANT = Tenant("clinic", "عيادة الرياض")
SHIPPED = shipped()
ASKS_PRICE, STOPS, CLAIMS_TO_HAVE_PAID = "كم السعر؟", "وقفوا الرسايل", "حولت المبلغ"
ACCEPTS, ASKS_FOR_A_PERSON = "موافقين على العرض", "ابي اكلم موظف"


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return compose(SHIPPED, {}, name="", backend="reference")


@pytest.fixture
def begin(playbook: Playbook):
    """Begin a talk with the shipped playbook."""
    return lambda tenant=TENANT, **start: Rehearsal(playbook, tenant, NOW, **start)


# The same as the real house


def played_in_the_house() -> list[Chat]:
    """Chats that need nothing but words, Sami's yes and true events: the real house can play them as they are."""
    chats, _ = chats_of(compose(SHIPPED, {}, name="", backend="reference"))
    ordinary = [
        c for c in chats if (c.stage, c.autonomy, c.has_public_price) == ("new_lead", "safe_replies", False)
    ]
    return [
        chat
        for chat in ordinary
        if not (chat.slots or chat.language or chat.asked)
        and all(
            step.what in ("says", "event", "approves")
            and (step.kind, step.button, step.by, step.minutes_later) == ("text", "", "approver", 1)
            for step in chat.steps
        )
    ]


def stands(conversation: Conversation) -> dict[str, object]:
    """Everything about a conversation that decides what comes next, without ids and times."""
    on_its_way = {Status.SENDING, Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ, Status.SIMULATED}
    return {
        "stage": conversation.stage,
        "asked": (conversation.asked, conversation.asked_times, conversation.expects),
        "slots": {name: slot.value for name, slot in conversation.slots.items()},
        "language": conversation.language,
        "mode": (conversation.mode, conversation.human_reason),
        "suppressed": conversation.is_suppressed,
        "paused": conversation.sends_paused,
        "confirmed": conversation.confirmed_opt_out,
        "unclear": conversation.unclear_count,
        "lines": [(line.who, line.text) for line in conversation.recent],
        "notices": [notice.kind for notice in conversation.notices],
        "drafts": [
            (
                d.kind,
                "left" if d.status in on_its_way else d.status,
                d.text,
                d.buttons,
                d.hold_reasons,
                d.proposes,
            )
            for d in conversation.outbox
        ],
    }


# A ping that came before the database was ready leaves a socket to the collector, in whichever test is the first.
@pytest.mark.filterwarnings("default::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.asyncio(loop_scope="session")
async def test_the_shipped_chats_end_in_the_real_house_as_they_end_in_memory(house, new_talk, sami):  # noqa: F811
    playbook, tenant = house.inside.playbooks.shipped, house.inside.tenants[DEFAULT_TENANT]
    chats = played_in_the_house()
    assert len(chats) >= 10

    for chat in chats:
        real, rehearsed = new_talk(), Rehearsal(playbook, tenant, NOW)
        for step in chat.steps:
            if step.what == "says":
                await real.says(step.text)
                await rehearsed.says(step.text)
            elif step.what == "event":
                assert (await sami.reports(real, step.text)).status_code == 200
                await real.looks()
                await rehearsed.event(step.text)
            else:
                real.heard_so_far()
                await sami.approves(real)
                await rehearsed.approves()
            assert stands(real.conversation) == stands(rehearsed.conversation), f"{chat.id}: {step.text}"
        decided = [entry.data for entry in rehearsed.history if entry.what == "decided"]
        assert await real.happened("decided") == decided, chat.id


# Talking


async def test_a_reply_that_may_leave_has_left_and_its_question_is_open(begin):
    lead = begin()

    turn = await lead.says(f"السلام عليكم، {ASKS_PRICE}")

    assert (turn.intent, turn.stage_before, turn.stage_after) == ("ask_price", "new_lead", "qualifying")
    assert (turn.wording, turn.held, turn.asked, turn.expects) == (
        "price_on_request",
        False,
        "monthly_leads",
        "number",
    )
    assert turn.said == lead.conversation.recent[-1].text
    assert [draft.status for draft in lead.conversation.outbox] == [Status.SIMULATED]
    assert "price_on_request_to_an_early_lead" in {reason.page for reason in turn.because}
    assert turn.version == lead.playbook.version


async def test_five_answers_fill_five_slots_and_qualify(begin):
    lead = begin()
    await lead.says(ASKS_PRICE)

    turns = [await lead.says(answer) for answer in FIVE_ANSWERS]

    assert [len(turn.slots) for turn in turns] == [1, 2, 3, 4, 5]
    assert (turns[-1].stage_after, turns[-1].wording) == ("qualified", "qualified_offer_meeting")
    assert lead.turns[1:] == tuple(turns)


async def test_what_a_human_must_see_waits_until_the_yes_that_moves_the_deal(begin):
    lead = begin(stage="proposal_sent")

    asked = await lead.says(ACCEPTS)
    assert (asked.held, asked.stage_after, asked.proposed_stage) == (True, "proposal_sent", "payment_requested")
    assert asked.said and asked.said not in [line.text for line in lead.conversation.recent]

    agreed = await lead.approves()
    assert (agreed.held, agreed.stage_before, agreed.stage_after) == (False, "proposal_sent", "payment_requested")
    assert agreed.said == asked.said == lead.conversation.recent[-1].text
    with pytest.raises(BadRequest, match="nothing waits"):
        await lead.approves()


async def test_a_contact_who_writes_again_makes_the_waiting_draft_anew(begin):
    lead = begin(stage="proposal_sent")
    await lead.says(ACCEPTS)

    again = await lead.says("شكرا")

    assert (again.held, again.wording, again.proposes) == (True, "outcome_reply", "deal_accepted")
    assert [draft.status for draft in lead.conversation.outbox] == [Status.CANCELLED, Status.HELD]


async def test_a_button_says_what_stands_on_it(begin):
    lead = begin()

    turn = await lead.says("", button="opt_out_yes")

    assert turn.text == "إيقاف الرسائل"
    assert (turn.stage_after, turn.is_suppressed, turn.decision.question.kind) == ("opted_out", True, "button")


async def test_a_refusal_of_our_first_words_is_a_stop_and_elsewhere_an_answer(begin):
    stranger, lead = begin(), begin(stage="qualifying", asked="has_sales_team")
    assert not (await stranger.writes("السلام عليكم، معكم فريق المبيعات")).held

    assert (await stranger.says("لا")).is_suppressed
    answered = await lead.says("لا")
    assert not answered.is_suppressed
    assert answered.slots == {"has_sales_team": "no"}


async def test_a_pasted_secret_is_remembered_nowhere(begin):
    lead = begin()

    turn = await lead.says("كلمة المرور حقتي Ab12345678!")

    assert turn.flags == ("secret",)
    assert "Ab12345678" not in repr(lead.conversation)
    assert "Ab12345678" not in repr(lead.history)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "opted_out"])
@pytest.mark.parametrize("stops", [{"text": STOPS}, {"text": "STOP"}, {"text": "", "button": "opt_out_yes"}])
async def test_after_a_stop_nothing_is_said_but_one_confirmation(begin, stage, stops):
    lead = begin(stage=stage)
    await lead.says(ASKS_PRICE)

    confirmed = await lead.says(**stops)
    assert (confirmed.stage_after, confirmed.wording, confirmed.held) == (
        "opted_out",
        "opt_out_confirmation",
        False,
    )

    for words in (ASKS_PRICE, STOPS, CLAIMS_TO_HAVE_PAID, ASKS_FOR_A_PERSON, "👍", "قطة على السطح"):
        later = await lead.says(words)
        assert (later.said, later.is_suppressed) == ("", True)
        assert later.silence_reason


# Time


async def test_a_draft_that_nobody_decides_expires(begin):
    lead = begin()
    await lead.says(CLAIMS_TO_HAVE_PAID)

    with pytest.raises(BadRequest, match="nothing waits"):
        await lead.approves(minutes_later=25 * 60)
    assert [draft.status for draft in lead.conversation.outbox] == [Status.EXPIRED]


async def test_a_human_who_took_over_is_not_interrupted_and_the_bot_comes_back(begin):
    lead = begin()
    assert (await lead.says(ASKS_FOR_A_PERSON)).mode == "human"

    meanwhile = await lead.says(ASKS_PRICE, minutes_later=239)
    assert (meanwhile.said, meanwhile.silence_reason) == ("", "human_answers")

    afterwards = await lead.says(ASKS_PRICE)
    assert (afterwards.mode, afterwards.wording) == ("bot", "price_on_request")
    assert afterwards.at == NOW + timedelta(minutes=241)


async def test_a_doubt_that_nobody_answers_keeps_automatic_replies_back(begin):
    lead = begin(stage="qualified")
    assert (await lead.says("رسايلكم صارت كثيرة")).wording == "opt_out_check"

    later = await lead.says(ASKS_PRICE, minutes_later=3 * 24 * 60)

    assert (later.held, later.hold_reasons, later.sends_paused) == (
        True,
        ("hold.sends_paused",),
        "suspected_opt_out",
    )


async def test_into_a_silence_a_follow_up_is_drafted_and_the_contact_ends_it(begin):
    lead = begin()
    await lead.says(ASKS_PRICE)
    assert (await lead.waits(10 * 60)).said == ""

    drafted = await lead.waits(12 * 60)
    assert (drafted.what, drafted.held, drafted.hold_reasons) == ("waits", True, ("hold.follow_up",))

    assert (await lead.says("80")).wording == "ask_next_question"
    assert [draft.status for draft in lead.conversation.outbox][1:] == [Status.CANCELLED, Status.SIMULATED]


# Events


async def test_an_event_moves_the_deal_and_an_impossible_one_moves_nothing(begin):
    lead = begin()

    assert (await lead.event("booking_confirmed")).stage_after == "meeting_booked"
    with pytest.raises(BadRequest, match="not possible"):
        await lead.event("payment_verified")
    with pytest.raises(BadRequest, match="not an event"):
        await lead.event("opted_out")
    assert lead.conversation.stage == "meeting_booked"


async def test_the_system_may_stop_and_only_it_may_renew_a_consent(begin):
    lead = begin(stage="negotiating")
    await lead.says("أبي خصم")

    stopped = await lead.event("opted_out", by="system")
    assert (stopped.stage_after, stopped.is_suppressed, stopped.said) == ("opted_out", True, "")
    assert [draft.status for draft in lead.conversation.outbox] == [Status.CANCELLED]

    with pytest.raises(BadRequest):
        await lead.event("consent_renewed")
    renewed = await lead.event("consent_renewed", by="system")
    assert (renewed.stage_after, renewed.is_suppressed) == ("nurturing", False)


async def test_what_the_system_cannot_cause_is_refused_with_what_it_can(begin):
    with pytest.raises(
        BadRequest, match=r'unknown event of the system at proposal_sent "deal_acepted".*deal_accepted'
    ):
        await begin(stage="proposal_sent").event("deal_acepted", by="system")


# Where a talk begins


async def test_a_talk_that_begins_opted_out_is_suppressed(begin):
    lead = begin(stage="opted_out")

    assert (await lead.says(ASKS_PRICE)).silence_reason == "silence.opted_out"
    assert (await lead.says("تشغيل الرسائل")).stage_after == "nurturing"


async def test_known_answers_are_not_asked_again(begin):
    lead = begin(slots={"monthly_leads": "50"}, language="en")

    turn = await lead.says("👋")
    assert turn.language == "en"

    assert (await lead.says(ASKS_PRICE)).asked == "follow_up_problem"


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ({"stage": "qualifed"}, 'Did you mean "qualified"'),
        ({"slots": {"monthly_lead": "3"}}, 'Did you mean "monthly_leads"'),
        ({"asked": "budget"}, 'unknown question "budget"'),
        ({"language": "fr"}, 'unknown language "fr"'),
    ],
)
def test_a_beginning_that_does_not_exist_is_refused_with_a_suggestion(begin, start, said):
    with pytest.raises(BadRequest, match=said):
        begin(**start)


async def test_a_form_that_does_not_exist_is_refused(begin):
    with pytest.raises(BadRequest, match='Did you mean "voice"'):
        await begin().says("", kind="voise")


async def test_a_tenant_who_reads_every_reply_reads_every_reply(begin):
    lead = begin(replace(TENANT, autonomy=Autonomy.DRAFT_EVERYTHING))

    assert (await lead.says(ASKS_PRICE)).hold_reasons == ("hold.everything_is_drafted",)
    assert (await lead.approves()).wording == "price_on_request"
    stop = await lead.says(STOPS)
    assert (stop.held, stop.is_suppressed) == (True, True)
    assert (await lead.approves()).wording == "opt_out_confirmation"


# Side by side


async def test_two_playbooks_are_rehearsed_side_by_side_without_touching_each_other(begin):
    text = "greeting_and_offer:\n  expects: text\n  ar: حياك، وش تبي؟\n  en: Hi, what is it?\n"
    proposed = compose(SHIPPED, {"wording/mine.yml": text}, name="clinic", backend="reference")
    today, tomorrow = begin(), Rehearsal(proposed, TENANT, NOW)

    said = [(await lead.says("السلام عليكم")) for lead in (today, tomorrow, today)]

    assert said[1].said == "حياك، وش تبي؟"
    assert said[1].version == proposed.version != said[0].version
    assert said[0].said == said[2].said != said[1].said
    assert len(tomorrow.conversation.recent) == 2


async def test_a_turn_that_fails_halfway_changes_nothing():
    """A sentence with a blank that nobody fills raises in production too, and the event is parked there."""
    text = "greeting_and_offer:\n  ar: الموعد {first_time}\n  en: The time {first_time}\n"
    lead = Rehearsal(compose(SHIPPED, {"wording/mine.yml": text}, name="c", backend="reference"), TENANT, NOW)
    before = repr(lead.conversation)

    with pytest.raises(UnfilledBlank):
        await lead.says("السلام عليكم")

    assert repr(lead.conversation) == before
    assert (lead.turns, lead.history) == ((), ())
    assert (await lead.says(ASKS_PRICE)).wording == "price_on_request"


async def test_a_turn_is_a_record_that_nobody_changes(begin):
    turn: Turn = await begin(slots={"monthly_leads": "50"}).says(ASKS_PRICE)

    with pytest.raises(FrozenInstanceError):
        turn.held = True  # type: ignore[misc]
    with pytest.raises(TypeError):
        turn.slots["monthly_leads"] = "1"  # type: ignore[index]
