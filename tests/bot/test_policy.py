"""The policy: one table, closed by default, and the order of its questions."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access import ROLES
from bot.authority.policy import QUESTIONS, Asking, Outcome, rule, shipped_actions
from rules.policies.actions import ActionClass, letters_of, read_actions
from rules.problems import BookError

TABLE = shipped_actions()
NAMES = [action.name for action in TABLE.actions]
SAFE = [a.name for a in TABLE.actions if a.action_class is ActionClass.SAFE]
ASKED = [a.name for a in TABLE.actions if a.action_class is ActionClass.APPROVAL]
FORBIDDEN = [a.name for a in TABLE.actions if a.action_class is ActionClass.FORBIDDEN]


def judged(action, **more):
    given_by_default = {"tenant_id": "default", "correlation_id": "c-1", "evidence": "e-1"}
    return rule(TABLE, Asking(action=action, **{**given_by_default, **more}))


@pytest.mark.parametrize(
    ("names", "action_class"),
    [
        (
            "read_status collect_signals summarize classify tag internal_status_update research generate_draft "
            "plan predictive_analysis read_file search query_db_readonly get_status list_leads get_deal "
            "get_pipeline view_analytics check_consent get_sequence_status",
            "A",
        ),
        (
            "send_whatsapp send_email send_linkedin trigger_voice_call sync_salesforce create_charge "
            "publish_content change_billing_state modify_lead_routing send_contract_for_signature video_generate "
            "music_generate send_message send_sms update_deal assign_lead create_proposal change_stage "
            "update_score create_sequence schedule_meeting update_territory",
            "B",
        ),
        (
            "exfiltrate_secrets delete_data_without_audit bypass_auth publish_without_approval "
            "destructive_unchecked delete_tenant drop_table bulk_delete export_all_data reset_database "
            "delete_all_leads purge_audit_log disable_pdpl bypass_consent modify_permissions_bulk",
            "C",
        ),
    ],
)
def test_every_known_name_is_in_its_class(names, action_class):
    for name in names.split():
        assert TABLE.find(name).action_class == action_class, name


@pytest.mark.parametrize("name", SAFE)
def test_what_is_safe_may_be_done(name):
    assert judged(name, correlation_id="", evidence="").outcome is Outcome.ALLOW


@pytest.mark.parametrize("name", ASKED)
def test_what_has_an_effect_waits_for_a_human_and_is_done_with_a_grant(name):
    assert judged(name).code == "needs_approval"
    assert judged(name, has_grant=True).outcome is Outcome.ALLOW
    assert judged(name, has_grant=True, correlation_id=" ").code == "missing_correlation_id"


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_is_forbidden_is_forbidden_to_everybody(name):
    for role in ROLES:
        ruling = judged(name, roles=(role,), has_grant=True, has_consent=True)
        assert (ruling.outcome, ruling.code, ruling.action_class) == (Outcome.BLOCK, "forbidden_action", "C")


@pytest.mark.parametrize("blank", ["", " ", "\t", "__", "-", "\u200b", "\u2066\u2069"])
def test_a_blank_name_is_forbidden(blank):
    ruling = judged(blank)

    assert (ruling.code, ruling.action_class) == ("empty_action", "C")


@given(st.text(max_size=30))
def test_a_name_that_stands_nowhere_is_refused(name):
    ruling = judged(name, has_grant=True)

    assert (TABLE.find(name) is not None) or ruling.outcome is Outcome.BLOCK


@given(st.sampled_from(NAMES), st.data())
def test_no_spelling_makes_another_action_of_a_name(name, data):
    signs = [
        data.draw(st.sampled_from([sign, sign.upper(), f" {sign}", f"-{sign}", f"\u200c{sign}", f"_{sign}"]))
        for sign in name
    ]
    assert TABLE.find("".join(signs)) is TABLE.find(name)


@given(st.sampled_from(NAMES), st.sampled_from("аеорсу"))
def test_a_letter_that_only_looks_the_same_is_another_name(name, lookalike):
    assert TABLE.find(name.replace(name[0], lookalike, 1)) is None


@pytest.mark.parametrize(
    ("asking", "code"),
    [
        ({"tenant_id": "", "action": "delete_tenant"}, "no_tenant"),
        ({"action": "delete_tenant", "about_tenant": "other"}, "forbidden_action"),
        ({"action": "make_coffee", "about_tenant": "other"}, "unknown_action"),
        ({"action": "send_whatsapp", "about_tenant": "other", "roles": ("executive",)}, "cross_tenant"),
        ({"action": "read_status", "about_tenant": "other"}, "cross_tenant"),
        ({"action": "send_whatsapp", "roles": ("executive",), "correlation_id": ""}, "role_not_allowed"),
        ({"action": "create_charge", "correlation_id": "", "evidence": ""}, "missing_correlation_id"),
        ({"action": "create_charge", "evidence": ""}, "missing_evidence"),
        ({"action": "send_whatsapp", "has_consent": False, "is_over_budget": True}, "no_consent"),
        ({"action": "send_whatsapp", "has_consent": False, "has_grant": True}, "no_consent"),
        ({"action": "read_status", "is_on_trial": True, "is_over_budget": True}, "on_trial"),
        ({"action": "read_status", "is_over_budget": True}, "over_budget"),
        ({"action": "send_whatsapp", "is_over_budget": True}, "over_budget"),
        ({"action": "send_whatsapp"}, "needs_approval"),
        ({"action": "send_whatsapp", "about_tenant": "default", "has_grant": True}, "allowed"),
    ],
)
def test_the_questions_come_in_their_order(asking, code):
    given_by_default = {"tenant_id": "default", "correlation_id": "c-1", "evidence": "e-1"}
    ruling = rule(TABLE, Asking(**{**given_by_default, **asking}))

    assert ruling.code == code
    assert ruling.message_en and ruling.message_ar and ruling.message_en != ruling.message_ar
    assert (ruling.owner, ruling.version) == (TABLE.owner, TABLE.version)


ASKINGS = st.builds(
    Asking,
    tenant_id=st.sampled_from(["", "default"]),
    action=st.sampled_from([*NAMES, "", "nothing_known"]),
    roles=st.lists(st.sampled_from(ROLES), max_size=2).map(tuple),
    correlation_id=st.sampled_from(["", "c-1"]),
    evidence=st.sampled_from(["", "e-1"]),
    about_tenant=st.sampled_from(["", "default", "other"]),
    has_consent=st.sampled_from([None, True, False]),
    has_grant=st.booleans(),
    is_over_budget=st.booleans(),
    is_on_trial=st.booleans(),
)


@given(ASKINGS)
def test_nothing_with_an_effect_is_done_without_a_grant(asking):
    ruling = rule(TABLE, asking)
    action = TABLE.find(asking.action)

    if ruling.is_allowed:
        assert action is not None and action.action_class is not ActionClass.FORBIDDEN
        assert asking.tenant_id and asking.about_tenant in ("", asking.tenant_id)
        assert action.action_class is ActionClass.SAFE or (asking.has_grant and asking.correlation_id)
        assert not action.needs_evidence or asking.evidence
        assert not asking.roles or action.roles & set(asking.roles)


@given(ASKINGS)
def test_a_grant_never_opens_what_is_blocked(asking):
    without = rule(TABLE, dataclasses.replace(asking, has_grant=False))
    granted = rule(TABLE, dataclasses.replace(asking, has_grant=True))

    assert (without.outcome is Outcome.BLOCK) == (granted.outcome is Outcome.BLOCK)


SAYS_NO = (
    {"tenant_id": ""},
    {"action": "delete_tenant", "has_grant": True},
    {"action": "nothing_known", "has_grant": True},
    {"about_tenant": "other", "has_grant": True},
    {"roles": ("executive",), "has_grant": True},
    {"correlation_id": "", "has_grant": True},
    {"action": "create_charge", "evidence": "", "has_grant": True},
    {"has_consent": False, "has_grant": True},
    {"action": "read_status", "is_on_trial": True},
    {"action": "read_status", "is_over_budget": True},
    {},
)
"""For each question an asking that this one stops first."""

RELIED_ON = 2
"""Without the question whether there is such an action nothing after it can be asked at all."""


@pytest.mark.parametrize(("number", "asking"), tuple(enumerate(SAYS_NO)))
def test_without_any_one_question_something_gets_through(number, asking):
    given_by_default = {"tenant_id": "default", "action": "send_whatsapp", "correlation_id": "c", "evidence": "e"}
    asked = Asking(**{**given_by_default, **asking})
    others = [question for question in QUESTIONS if question is not QUESTIONS[number]]
    assert len(SAYS_NO) == len(QUESTIONS)

    assert not rule(TABLE, asked).is_allowed
    if number == RELIED_ON:
        with pytest.raises(AssertionError):
            rule(TABLE, asked, others)
    else:
        assert rule(TABLE, asked, others).code != rule(TABLE, asked).code


def table(*lines):
    head = [
        "owner: Sami",
        "version: v1",
        "budget: {day_halalas: 10}",
        "roles: {A: [admin], B: [admin]}",
        "actions:",
    ]
    return "\n".join([*head, *lines]) + "\n"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["  go: {class: D, title: Go, title_ar: سر}"], "D"),
        (["  go: {class: A, title: Go}"], "title_ar"),
        (["  go: {class: A, title: Go, title_ar: سر, roles: [boss]}"], "boss"),
        (["  go: {class: C, title: Go, title_ar: سر, roles: [admin]}"], "class C"),
        (["  go: {class: A, title: Go, title_ar: سر, evidence: true}"], "class B"),
        (["  go: {class: B, title: Go, title_ar: سر, cost_halalas: 0.5}"], "whole number"),
        (["  go: {class: B, title: Go, title_ar: سر, kind: dance}"], "dance"),
        (["  go: {class: B, title: Go, title_ar: سر, klass: A}"], "klass"),
        (
            ["  go_on: {class: C, title: Go, title_ar: سر}", "  goon: {class: A, title: Go, title_ar: سر}"],
            "another spelling",
        ),
    ],
)
def test_a_table_with_a_mistake_is_no_table(lines, problem):
    with pytest.raises(BookError, match=problem):
        read_actions(table(*lines), "actions.yml", ROLES)


def test_letters_are_what_makes_a_name():
    assert letters_of(" Send-WhatsApp ") == letters_of("send_whatsapp") == letters_of("ｓｅｎｄ.whatsapp")
