"""The gate: every condition by itself stops a message, and none of them lets one through."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation import Conversation, DataAsk, Draft, DraftKind, Grant, Status, Suppression, Waiting
from bot.gate import Next, refusal
from bot.store import Posture
from bot.tenant import Autonomy, Tenant
from flows.deal import APPROVAL_STAGES, STAGES

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TENANT = Tenant("default", "Dealix", channels=("green_api",))
FREE = Posture(Autonomy.SAFE_REPLIES)


def conversation(**changes: object) -> Conversation:
    talk = Conversation("c1", "default", ("phone:966501234567",), NOW, phone="966501234567", stage="qualifying")
    talk.windows = {"green_api": NOW - timedelta(minutes=1)}
    for name, value in changes.items():
        setattr(talk, name, value)
    return talk


def reply(**changes: object) -> Draft:
    draft = Draft("d1", DraftKind.REPLY, Status.QUEUED, "أهلا", "ar", "k1", NOW, decision="auto")
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def approved(**changes: object) -> Draft:
    draft = reply(decision="approved", decided_by="Sami")
    draft.grant = Grant(
        "g1", "telegram:1", draft.text_sha256, ("phone:966501234567",), NOW, NOW + timedelta(hours=1)
    )
    for name, value in changes.items():
        setattr(draft, name, value)
    return draft


def code(talk: Conversation, draft: Draft, posture: Posture = FREE, at: datetime = NOW) -> str:
    refused = refusal(talk, draft, TENANT, posture, at)
    return refused.code if refused else "may leave"


@pytest.mark.parametrize(
    ("kind", "after"),
    [(DraftKind.REPLY, Next.HOLD), (DraftKind.CAMPAIGN, Next.CANCEL), (DraftKind.FOLLOW_UP, Next.CANCEL)],
)
def test_a_template_in_trouble_goes_back_to_a_human_or_is_not_said_at_all(kind: DraftKind, after: Next) -> None:
    stopped = refusal(conversation(), approved(kind=kind), TENANT, FREE, NOW, trouble="template_paused")

    assert stopped is not None
    assert (stopped.code, stopped.next) == ("template_paused", after)


def test_an_automatic_reply_to_a_contact_who_has_just_written_may_leave() -> None:
    assert code(conversation(), reply()) == "may leave"


def test_an_approved_draft_may_leave_in_every_stage_but_after_an_opt_out() -> None:
    assert {code(conversation(stage=stage), approved()) for stage in STAGES} == {"may leave"}


@pytest.mark.parametrize("stage", APPROVAL_STAGES)
def test_nothing_leaves_by_itself_where_money_is_on_the_table(stage: str) -> None:
    assert code(conversation(stage=stage), reply()) == "stage"


@pytest.mark.parametrize(
    ("what", "talk", "draft", "posture", "wanted"),
    [
        ("something is unread", {"mailbox": [Waiting("m", "message", "g", NOW, "k", {})]}, {}, FREE, "unread"),
        ("nobody to write to", {"keys": ()}, {}, FREE, "no_recipient"),
        ("too late", {}, {"expires_at": NOW}, FREE, "expired"),
        ("nobody said yes", {}, {"decision": ""}, FREE, "no_approval"),
        ("a human's own words without a yes", {}, {"kind": DraftKind.MANUAL}, FREE, "no_approval"),
        ("a test without a yes", {}, {"kind": DraftKind.TEST}, FREE, "no_approval"),
        ("the tenant reviews everything", {}, {}, Posture(Autonomy.DRAFT_EVERYTHING), "not_automatic"),
        ("Sami paused the bot", {}, {}, replace(FREE, paused_by="Sami"), "paused"),
        ("a human answers", {"mode": "human"}, {}, FREE, "human"),
        ("doubt about an opt-out", {"sends_paused": "suspected_opt_out"}, {}, FREE, "sends_paused"),
        (
            "the window is closed",
            {"windows": {"green_api": NOW - timedelta(hours=24)}},
            {},
            FREE,
            "window_closed",
        ),
        ("the contact never wrote", {"windows": {}}, {}, FREE, "window_closed"),
        ("a flood", {"automatic": (NOW - timedelta(minutes=9),) * 12}, {}, FREE, "flood"),
        ("a long day", {"automatic": (NOW - timedelta(hours=23),) * 60}, {}, FREE, "flood"),
        ("the contact opted out", {"suppression": Suppression("user_optout", NOW, "m")}, {}, FREE, "opted_out"),
    ],
)
def test_an_automatic_reply_stays_when(
    what: str, talk: dict[str, object], draft: dict[str, object], posture: Posture, wanted: str
) -> None:
    assert code(conversation(**talk), reply(**draft), posture) == wanted


def test_an_approval_is_for_one_wording_one_contact_and_a_limited_time() -> None:
    assert code(conversation(), approved(text="something else")) == "other_text"
    assert code(conversation(keys=("phone:966509999999",)), approved()) == "other_recipient"
    assert code(conversation(), approved(), at=NOW + timedelta(hours=1)) == "grant_expired"


def test_an_approval_does_not_outlive_an_opt_out() -> None:
    talk = conversation(suppression=Suppression("user_optout", NOW, "m"), stage="opted_out")

    refused = refusal(talk, approved(), TENANT, FREE, NOW)

    assert refused is not None
    assert (refused.code, refused.next) == ("opted_out", Next.CANCEL)


def test_an_approval_does_not_leave_before_what_is_unread_was_read() -> None:
    talk = conversation(mailbox=[Waiting("m", "message", "g", NOW, "k", {})])

    assert code(talk, approved()) == "unread"


def test_the_confirmation_of_an_opt_out_is_the_only_word_after_it() -> None:
    talk = conversation(suppression=Suppression("user_optout", NOW, "m"), stage="opted_out")
    confirmation = reply(kind=DraftKind.OPT_OUT_CONFIRMATION, decision="auto")

    assert code(talk, confirmation) == "may leave"
    assert code(conversation(), confirmation) == "no_opt_out"
    assert code(talk, reply()) == "opted_out"


def test_even_the_confirmation_stays_where_nothing_may_leave_by_itself() -> None:
    talk = conversation(suppression=Suppression("user_optout", NOW, "m"), stage="opted_out")
    confirmation = reply(kind=DraftKind.OPT_OUT_CONFIRMATION, decision="auto")

    assert code(talk, confirmation, at=NOW + timedelta(hours=24)) == "window_closed"
    assert code(talk, confirmation, replace(FREE, paused_by="Sami")) == "not_automatic"
    assert code(talk, confirmation, Posture(Autonomy.DRAFT_EVERYTHING)) == "not_automatic"


def test_the_question_whether_to_stop_may_be_asked_while_sends_are_paused() -> None:
    paused = conversation(sends_paused="suspected_opt_out")

    assert code(paused, reply(wording="opt_out_check")) == "may leave"
    assert code(paused, reply(wording="price_on_request")) == "sends_paused"


def owed(kind: DraftKind, **changes: object) -> Draft:
    return reply(kind=kind, decision="auto", request_id="r1", **changes)


def asking(**changes: object) -> Conversation:
    ask = DataAsk("r1", "access", "DR-1", NOW, NOW + timedelta(days=30))
    return conversation(**{"data_asks": (ask,), **changes})


RECEIPT = DraftKind.PRIVACY_RECEIPT


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sends_paused": "complaint"},
        {"mode": "human"},
        {"stage": "payment_requested"},
        {"suppression": Suppression("user_optout", NOW, "k0")},
        {"restricted": "r0"},
    ],
)
def test_a_receipt_of_a_data_request_leaves_also_where_all_else_waits(changes: dict[str, object]) -> None:
    assert code(asking(**changes), owed(RECEIPT)) == "may leave"


def test_a_receipt_needs_its_open_request() -> None:
    (ask,) = asking().data_asks
    assert code(conversation(), owed(RECEIPT)) == "no_request"
    assert code(asking(data_asks=(replace(ask, is_open=False),)), owed(RECEIPT)) == "no_request"
    assert code(asking(data_asks=(replace(ask, id="r2"),)), owed(RECEIPT)) == "no_request"


def test_a_receipt_leaves_inside_the_window_only() -> None:
    late = asking(windows={"green_api": NOW - timedelta(days=2)})
    assert code(late, owed(RECEIPT)) == "window_closed"


@pytest.mark.parametrize(
    "posture", [Posture(Autonomy.DRAFT_EVERYTHING), Posture(Autonomy.SAFE_REPLIES, paused_by="Sami")]
)
def test_a_receipt_waits_where_the_tenant_lets_nothing_leave_by_itself(posture: Posture) -> None:
    assert code(asking(), owed(RECEIPT), posture) == "not_automatic"


def test_the_answer_to_a_data_request_needs_a_yes_and_then_leaves_also_after_a_stop() -> None:
    stopped = asking(suppression=Suppression("user_optout", NOW, "k0"), restricted="r1")
    answer = approved(kind=DraftKind.PRIVACY_ANSWER, request_id="r1")

    assert code(stopped, owed(DraftKind.PRIVACY_ANSWER)) == "no_approval"
    assert code(stopped, answer) == "may leave"


@pytest.mark.parametrize("kind", [DraftKind.REPLY, DraftKind.MANUAL, DraftKind.TEST])
def test_nothing_else_leaves_while_the_use_of_the_data_is_restricted(kind: DraftKind) -> None:
    assert code(conversation(restricted="r1"), approved(kind=kind)) == "restricted"
