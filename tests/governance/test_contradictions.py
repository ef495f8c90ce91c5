"""Contradictions: what each detector finds and what it leaves alone, and the register over HTTP."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contradictions.in_metrics import defined_twice
from bot.contradictions.in_rules import InForce, found_in
from bot.contradictions.register import (
    ACTIVE,
    ARROWS,
    Contradiction,
    Kind,
    Severity,
    Side,
    Status,
    WrongStatus,
    accepted,
    fingerprint_of,
    moved,
    resolved,
)
from bot.contradictions.scan import Scanner
from bot.contradictions.statements import conflicting, stated_in
from bot.conversation import LogEntry
from bot.memory.fact import fact_of
from bot.metrics.dictionary import METRICS
from bot.people import Human
from bot.playbook import Playbook, Playbooks, RulesRefused, shipped
from bot.store import TimelineEntry
from bot.tenant import Tenant
from bot.tenants import DEFAULT_TENANT
from bot.workbench.editions import Edition, How
from tests.house import Sami, Talk
from tests.house.running import RunningHouse

BASE = "/api/v1/contradictions"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = date(2026, 3, 1)
NOURA = Human("api:noura", "noura")

# The register


def entry(status: Status = Status.DETECTED) -> Contradiction:
    a, b = Side("one page", "we answer in an hour"), Side("another page", "we answer in a day")
    found = fingerprint_of(a, b)
    return Contradiction(
        "c1", "t", found, "manual", Kind.FACTUAL, Severity.HIGH, status, a, b, "manual", NOON, NOON
    )


sides = st.builds(Side, st.text(max_size=30), st.text(max_size=30))


@given(sides, sides)
def test_a_pair_is_the_same_in_either_order_and_however_it_is_spaced(a, b):
    spaced = replace(a, claim=f"  {a.claim.upper()} \n")
    assert fingerprint_of(a, b) == fingerprint_of(b, a)
    if a.claim.upper().lower() == a.claim.lower():
        assert fingerprint_of(spaced, b) == fingerprint_of(replace(a, claim=f"{a.claim.upper()}"), b)


def test_another_claim_is_another_pair():
    a, b = Side("wording x", "نرد خلال ساعة"), Side("setting", "24 hours")
    assert fingerprint_of(a, b) == fingerprint_of(b, Side("wording x", "نَرُدّ خلالَ ساعه"))
    assert fingerprint_of(a, b) != fingerprint_of(replace(a, source="wording y"), b)
    assert fingerprint_of(a, b) != fingerprint_of(replace(a, claim="نرد خلال يوم"), b)


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", list(Status))
def test_only_the_drawn_arrows_can_be_taken(before, after):
    if after in ARROWS[before]:
        assert moved(entry(before), after, NOURA, NOON).status is after
    else:
        with pytest.raises(WrongStatus):
            moved(entry(before), after, NOURA, NOON)


def test_accepted_has_an_end_and_comes_back_at_it():
    one = accepted(entry(), NOURA, NOON, "until the new list", None)
    assert one.accepted_until is not None
    assert not one.has_come_back(one.accepted_until - timedelta(seconds=1))
    assert one.has_come_back(one.accepted_until)
    assert not resolved(one, NOURA, NOON, "mended").has_come_back(one.accepted_until)


# The detectors: rules


@pytest.fixture(scope="module")
def playbooks() -> Playbooks:
    return Playbooks(shipped(), "reference", lambda: NOON)


def finds(playbooks: Playbooks, own: dict[str, str], **tenant: Any) -> list[tuple[str, str, str]]:
    """(detector, claim a, claim b) in rules with these files over ours."""
    playbook: Playbook = playbooks.compose("t", own) if own else playbooks.shipped
    in_force = InForce(Tenant("t", "T", **tenant), playbook, playbooks.shipped.wordings, TODAY)
    return [(one.detector, one.a.claim, one.b.claim) for one in found_in(in_force)]


def says(ar: str, en: str, key: str = "thanks_reply") -> dict[str, str]:
    return {"wording/mine.yml": f"{key}:\n  ar: |\n    {ar}\n  en: |\n    {en}\n"}


PRICES = """
prices:
  starter:
    name_ar: باقة الانطلاق
    name_en: Starter
    amount_halalas: 150000
    currency: SAR
    valid_from: 2026-01-01
    is_public: true
"""


def test_what_we_ship_contradicts_nothing(playbooks):
    assert finds(playbooks, {}) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Approvals in hours instead of days", ["wrong_figure"]),
        ("Approvals in hours instead of days, depending on your team", []),
    ],
)
def test_a_claim_without_its_condition_is_found(playbooks, text, kinds):
    assert [detector for detector, *_ in finds(playbooks, says("العفو", text))] == kinds


@pytest.mark.parametrize(
    ("text", "detector"),
    [("The plan is SAR 1,200", "wrong_figure"), ("Results are guaranteed", "forbidden_claim")],
)
def test_a_sentence_that_keeps_an_edition_outside_is_found(playbooks, text, detector):
    with pytest.raises(RulesRefused) as refused:
        playbooks.compose("t", says("العفو", text))
    wordings = playbooks.shipped.wordings
    in_force = InForce(Tenant("t", "T"), playbooks.shipped, wordings, TODAY, refused=refused.value.problems)
    assert [found.detector for found in found_in(in_force)] == [detector]


def test_the_price_of_the_settings_is_held_against_the_list(playbooks):
    listed = {"policies/prices.yml": PRICES}
    assert finds(playbooks, listed, public_price={"en": "Starter: SAR 1,500"}) == []
    (found,) = finds(playbooks, listed, public_price={"en": "Starter: SAR 900"})
    assert found == ("wrong_figure", "Starter: SAR 900", "Starter: SAR 1,500")


def test_forbidden_words_in_force_are_found(playbooks):
    found = finds(playbooks, says("نستخدم Temporal", "We use Temporal"))
    assert {detector for detector, *_ in found} == {"forbidden_claim"}
    assert "use Temporal" in {claim for _, claim, _ in found}


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("A colleague will reply within ten minutes", True),
        ("A colleague will reply within an hour", False),
        ("A colleague will reply within two hours", False),
        ("You stay five minutes away from a demo", False),
    ],
)
def test_an_answer_promised_sooner_than_it_is_due_is_found(playbooks, text, is_found):
    found = [one for one in finds(playbooks, says("العفو", text)) if one[0] == "text_and_setting"]
    assert bool(found) is is_found


def test_the_same_in_arabic(playbooks):
    found = finds(playbooks, says("زميلي بيرد عليك خلال عشر دقائق", "You are welcome"))
    assert [(detector, claim) for detector, claim, _ in found if detector == "text_and_setting"] == [
        ("text_and_setting", "خلال عشر دقائق")
    ]


def test_a_cadence_that_is_not_as_it_is_called_is_found(playbooks):
    path = "policies/follow_ups.yml"
    text = playbooks.base.files[path]
    assert "said nothing for a week" in text
    changed = {path: text.replace("{id: later, after: 7 days", "{id: later, after: 3 days")}
    (found,) = finds(playbooks, changed)
    assert found[0] == "text_and_setting"
    assert "3 days" in found[2]


PAGE = """
id: {id}
title: {id}
title_ar: {id}
status: live
owner: sales
why: >
  To see what happens.
when:
  - stage: closed_lost
  - intent: greeting
then:
  say: {say}
  hold: closed_deal
tests:
  - name: says so
    given: {{stage: closed_lost, says: السلام عليكم}}
    expect: {{say: {say}}}
  - name: elsewhere
    given: {{stage: nurturing, says: ما هو الجو}}
    expect: nothing
"""


def tied() -> dict[str, str]:
    pair = {"first_of_two": "thanks_reply", "second_of_two": "wishes_returned"}
    return {f"routing/{name}.yml": PAGE.format(id=name, say=say) for name, say in pair.items()}


def test_two_pages_of_equal_weight_are_found_where_an_edition_waits_outside(playbooks):
    with pytest.raises(RulesRefused) as refused:
        playbooks.compose("t", tied())
    in_force = InForce(
        Tenant("t", "T"), playbooks.shipped, playbooks.shipped.wordings, TODAY, refused=refused.value.problems
    )

    (found,) = found_in(in_force)

    assert (found.detector, found.severity) == ("rules_disagree", Severity.CRITICAL)
    assert {"first_of_two", "second_of_two"} == {
        name for name in ("first_of_two", "second_of_two") if name in f"{found.a}{found.b}"
    }


# The detectors: numbers and statements


@dataclass(frozen=True)
class Number:
    id: str
    name_en: str
    name_ar: str
    definition_en: str
    definition_ar: str


REVENUE = Number("revenue", "Revenue", "الإيراد", "Verified payments in the window.", "المدفوعات المتحقق منها.")


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ({}, 0),
        ({"id": "sales"}, 1),
        ({"definition_en": "Won deals in the window."}, 1),
        ({"id": "sales", "name_en": "Sales", "name_ar": "المبيعات"}, 1),
        (
            {"id": "sales", "name_en": "Sales", "name_ar": "الايراد", "definition_en": "a", "definition_ar": "b"},
            1,
        ),
        ({"id": "s", "name_en": "S", "name_ar": "س", "definition_en": "a", "definition_ar": "b"}, 0),
    ],
)
def test_a_number_with_two_meanings_or_two_names_is_found(changes, times):
    assert len(list(defined_twice([REVENUE, replace(REVENUE, **changes)]))) == times


def test_the_dictionary_of_the_house_defines_each_number_once():
    assert list(defined_twice(METRICS.values())) == []


def stated(*lines: str) -> list[tuple[str, str]]:
    told = [one for n, line in enumerate(lines) for one in stated_in(line, NOON + timedelta(minutes=n), f"m{n}")]
    return [(earlier.quote, later.quote) for earlier, later in conflicting(told)]


@pytest.mark.parametrize(
    "lines",
    [
        ("we have no CRM", "we use HubSpot"),
        ("no CRM", "Our leads are many. We use HubSpot for them"),
        ("ما عندنا سي آر إم", "نستخدم هبسبوت"),
        ("لدينا نظام CRM", "لا يوجد لدينا نظام CRM"),
        ("عندنا فريق مبيعات", "ما عندنا فريق مبيعات"),
    ],
)
def test_what_a_contact_takes_back_is_found(lines):
    assert len(stated(*lines)) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("we use HubSpot", "we use HubSpot daily"),
        ("we have no CRM", "we want to use HubSpot"),
        ("we have no CRM", "do you use HubSpot?"),
        ("ما عندنا CRM", "نفكر نستخدم هبسبوت"),
        ("we have no CRM", "we have a sales team"),
        ("no thanks", "we use WhatsApp"),
    ],
)
def test_a_question_a_plan_and_another_topic_contradict_nothing(lines):
    assert stated(*lines) == []


# Over HTTP


async def posts(house: RunningHouse, path: str = "", role: str = "dpo", **body: Any) -> Any:
    return await house.http.post(f"{BASE}{path}", json=body, headers=house.token(role, role))


async def puts(house: RunningHouse, path: str, role: str = "dpo", **body: Any) -> Any:
    return await house.http.put(f"{BASE}/{path}", json=body, headers=house.token(role, role))


async def gets(house: RunningHouse, path: str = "", role: str = "dpo", **asked: Any) -> Any:
    answer = await house.http.get(f"{BASE}{path}", params=asked, headers=house.token(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def scans(house: RunningHouse, **body: Any) -> dict[str, Any]:
    await house.inside.relay.flush()
    answer = await posts(house, "/scan", **body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["is_complete"]
    return answer.json()


async def about(house: RunningHouse, talk: Talk, detector: str) -> list[dict[str, Any]]:
    found = await gets(house, about=talk.conversation.id, detector=detector)
    return found["contradictions"]


def claims(mark: str = "", **more: Any) -> dict[str, Any]:
    mark = mark or uuid4().hex
    return {
        "source_a": f"page {mark}",
        "claim_a": "we answer in an hour",
        "source_b": f"contract {mark}",
        "claim_b": "we answer in a day",
        **more,
    }


async def test_a_report_is_kept_once_and_counted(house):
    mark = uuid4().hex
    first = await posts(house, **claims(mark, type="temporal", severity="critical", evidence=["contract 7"]))
    second = await posts(house, "/", "admin", **claims(mark.upper()))
    other = {"source_a": f"contract {mark}", "claim_a": "we answer  in a DAY"}
    turned = await posts(house, **{**other, "source_b": f"page {mark}", "claim_b": "we answer in an hour"})

    assert (first.status_code, second.status_code, turned.status_code) == (201, 200, 200)
    one = await gets(house, f"/{first.json()['id']}")
    assert first.json()["id"] == second.json()["id"] == turned.json()["id"]
    assert (one["seen_count"], one["status"], one["detected_by"]) == (3, "detected", "manual")
    assert (one["type"], one["severity"], one["evidence"]) == ("temporal", "critical", ["contract 7"])


async def test_the_way_of_a_contradiction(house):
    before = await gets(house, "/stats")
    made = (await posts(house, **claims(severity="critical"))).json()
    detected = await gets(house, "/stats")
    reviewed = await puts(house, f"{made['id']}/review", "admin", note="looking")
    settled = await puts(
        house, f"{made['id']}/resolve", resolution="the page was changed", resolved_by_id="u-7", status="resolved"
    )
    after = await gets(house, "/stats")

    assert reviewed.json()["status"] == "reviewing"
    assert settled.json()["status"] == "resolved"
    assert (settled.json()["resolved_by_name"], settled.json()["resolved_for"]) == ("dpo", "u-7")
    assert settled.json()["resolved_at"]
    assert detected["critical_active"] == before["critical_active"] + 1
    assert after["critical_active"] == before["critical_active"]
    assert after["total"] == before["total"] + 1
    assert after["resolved"] == after["total"] - after["active"]
    again = await puts(house, f"{made['id']}/resolve", resolution="once more")
    assert again.status_code == 409
    assert (await puts(house, f"{made['id']}/review")).status_code == 409


async def test_one_that_was_resolved_and_is_reported_again_is_open_again(house):
    body = claims()
    made = (await posts(house, **body)).json()
    await puts(house, f"{made['id']}/resolve", resolution="the page was changed")

    again = (await posts(house, **body)).json()

    assert (again["id"], again["status"], again["reopened"], again["seen_count"]) == (
        made["id"],
        "detected",
        1,
        2,
    )
    assert again["resolved_at"] is None


async def test_what_was_accepted_comes_back_on_its_day(house):
    made = (await posts(house, **claims())).json()
    until = house.clock() + timedelta(days=2)
    body = {"resolution": "until the new list", "status": "accepted", "expires_at": until.isoformat()}

    taken = await puts(house, f"{made['id']}/resolve", **body)
    quiet = await gets(house, f"/{made['id']}")
    house.clock.moves(timedelta(days=2))
    back = await gets(house, f"/{made['id']}")

    assert taken.json()["status"] == quiet["status"] == "accepted"
    assert quiet["is_active"] is False
    assert (back["status"], back["accepted_until"], back["reopened"]) == ("detected", None, 1)


@pytest.mark.parametrize("days", [-1, 0, 400])
async def test_nobody_accepts_into_the_past_or_for_good(house, days):
    made = (await posts(house, **claims())).json()
    until = (house.clock() + timedelta(days=days)).isoformat()
    assert (await puts(house, f"{made['id']}/accept", resolution="so be it", expires_at=until)).status_code == 422
    assert (await puts(house, f"{made['id']}/accept", resolution="so be it")).json()["accepted_until"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"claim_a": ""},
        {"source_b": None},
        {"type": "opinion"},
        {"severity": "urgent"},
        {"status": "resolved"},
        {"detected_by": "runtime"},
        {"tenant_id": "other"},
        {"source_b": "page x", "claim_b": "we answer in an hour", "source_a": "page x"},
    ],
)
async def test_what_is_no_report_is_refused(house, wrong):
    assert (await posts(house, **claims(**wrong))).status_code == 422


async def test_who_may_do_what(house):
    made = (await posts(house, **claims())).json()["id"]
    for role in ("agent", "service"):
        assert (await house.http.get(BASE, headers=house.token(role))).status_code == 403
    for role in ("agent", "service", "executive"):
        assert (await posts(house, "", role, **claims())).status_code == 403
        assert (await puts(house, f"{made}/resolve", role, resolution="because")).status_code == 403
    assert (await puts(house, f"{made}/resolve", "approver", resolution="because")).status_code == 403
    assert (await puts(house, f"{made}/resolve", "rules_editor", resolution="because")).status_code == 200
    assert (await puts(house, "nothing/resolve", resolution="because")).status_code == 404
    assert (await house.http.get(f"{BASE}/nothing", headers=house.token("dpo"))).status_code == 404


async def test_a_consent_beside_a_stop_is_found_blocks_and_is_settled_by_the_record(house):
    talk, sami = Talk(house), Sami(house)
    await talk.says("السلام عليكم")
    await talk.says("وقفوا الرسايل")
    grant = {
        "contact": talk.conversation.id,
        "channel": "whatsapp",
        "purpose": "marketing",
        "basis": "form_submission",
        "evidence_ref": "form 7",
    }
    await scans(house)
    assert await about(house, talk, "consent_and_stop") == []
    house.clock.moves(timedelta(minutes=1))
    answer = await house.http.post("/api/v1/consents", json=grant, headers=house.token("admin"))
    assert answer.status_code == 201, answer.text

    await scans(house)
    (found,) = await about(house, talk, "consent_and_stop")
    await scans(house)
    (seen_again,) = await about(house, talk, "consent_and_stop")

    assert (found["severity"], found["status"], found["detected_by"]) == ("critical", "detected", "runtime")
    assert talk.phone not in str(found)
    assert (seen_again["id"], seen_again["seen_count"]) == (found["id"], found["seen_count"] + 1)
    assert found["blocks_en"]

    sent = len([e for e in house.fake.ledger if talk.phone in e.recipient])
    await sami.writes(talk, "هلا، عندنا عرض جديد")
    await talk.looks()
    assert len([e for e in house.fake.ledger if talk.phone in e.recipient]) == sent

    await puts(house, f"{found['id']}/resolve", resolution="it is fine, believe me")
    await house.inside.rooms.contradictions.look()
    (back,) = await about(house, talk, "consent_and_stop")
    assert (back["status"], back["reopened"]) == ("detected", 1)
    hidden = await house.http.get(f"{BASE}/{found['id']}", headers=house.token("rules_editor"))
    assert hidden.status_code == 404

    house.clock.moves(timedelta(minutes=1))
    revoke = {"contact": talk.conversation.id}
    await house.http.post("/api/v1/consents/revoke", json=revoke, headers=house.token("admin"))
    await house.inside.rooms.contradictions.look()
    (gone,) = await about(house, talk, "consent_and_stop")
    assert (gone["status"], gone["resolved_by"]) == ("resolved", None)


async def stands_at(house: RunningHouse, talk: Talk, stage: str) -> None:
    """Somebody moved the deal behind everybody's back."""
    conversation = await house.remembers(f"phone:{talk.phone}")
    conversation.stage = stage
    await house.inside.store.conversations.commit(conversation, house.clock())


async def test_a_stage_without_its_payment_and_a_payment_without_its_stage_are_found(house):
    won, early, right = Talk(house), Talk(house), Talk(house)
    for talk in (won, early, right):
        await talk.says("السلام عليكم")
    await stands_at(house, won, "closed_won")
    await stands_at(house, early, "negotiating")
    await stands_at(house, right, "closed_won")
    for talk in (early, right):
        paid = LogEntry(uuid4().hex, "payment_verified", house.clock(), "", {"amount_halalas": 150_000})
        await house.inside.store.timeline.add([TimelineEntry(DEFAULT_TENANT, talk.conversation.id, paid)])

    await scans(house)

    (first,) = await about(house, won, "stage_and_payment")
    (second,) = await about(house, early, "stage_and_payment")
    assert (first["claim_a"], first["severity"]) == ("closed_won", "high")
    assert second["claim_a"] == "negotiating"
    assert await about(house, right, "stage_and_payment") == []

    await stands_at(house, early, "pilot_active")
    await scans(house)
    (settled,) = await about(house, early, "stage_and_payment")
    assert settled["status"] == "resolved"


async def test_nobody_makes_a_find_small_by_reporting_it_first(house):
    """It stayed as small as its reporter called it, was told to nobody, and their word settled it for good."""
    talk = Talk(house)
    await talk.says("السلام عليكم")
    await stands_at(house, talk, "closed_won")
    name = talk.conversation.id
    small = {
        "source_a": f"stage of conversation {name}",
        "claim_a": "closed_won",
        "source_b": f"payments of conversation {name}",
        "claim_b": "no payment was ever verified",
        "severity": "low",
    }
    made = (await posts(house, "", "rules_editor", **small)).json()
    await puts(house, f"{made['id']}/resolve", "rules_editor", resolution="nothing to see here")

    await scans(house)

    (found,) = await about(house, talk, "stage_and_payment")
    assert (found["id"], found["severity"], found["status"]) == (made["id"], "high", "detected")
    assert (found["detected_by"], found["about"], found["reopened"]) == ("runtime", name, 1)
    told = await house.inside.store.alerts.latest(DEFAULT_TENANT, 200)
    assert made["id"] in {alert.about for alert in told}
    again = (await posts(house, "", "admin", **small)).json()
    assert (again["detector"], again["severity"]) == ("stage_and_payment", "high")


async def test_what_a_contact_takes_back_lands_in_the_register(house):
    talk = Talk(house)
    await talk.says("السلام عليكم")
    await talk.says("ما عندنا CRM")
    await scans(house)
    assert await about(house, talk, "statements_conflict") == []

    await talk.says("نستخدم هبسبوت وجوالي 0551234567 وبريدي a@b.sa")
    await scans(house)

    (found,) = await about(house, talk, "statements_conflict")
    quoted = "نستخدم هبسبوت وجوالي 05••••••67 وبريدي •••@•••"
    assert {found["claim_a"], found["claim_b"]} == {"ما عندنا CRM", quoted}, "whoever reads it calls nobody"
    assert found["severity"] == "medium"


async def test_what_the_memory_of_a_contact_holds_against_itself_lands_there_too(house):
    talk = Talk(house)
    await talk.says("السلام عليكم")
    await talk.says("نحن شركة تدريب")
    memory = house.inside.rooms.memory
    told = [
        fact_of(
            DEFAULT_TENANT, talk.conversation.id, "city", city, f"m{n}", 0.9, house.clock() + timedelta(minutes=n)
        )
        for n, city in enumerate(("riyadh", "jeddah"))
    ]
    await memory.remember(DEFAULT_TENANT, talk.conversation.id, told)

    await scans(house)

    (found,) = await about(house, talk, "statements_conflict")
    assert {found["claim_a"], found["claim_b"]} == {"city: riyadh", "city: jeddah"}


async def test_contacts_are_read_in_pages_and_the_next_look_goes_on(house):
    talks = [Talk(house) for _ in range(5)]
    for talk in talks:
        await talk.says("السلام عليكم")
        await stands_at(house, talk, "closed_won")
    scanner: Scanner = house.inside.rooms.contradictions._scanner
    taken: list[str] = []

    async def take(found: Any) -> Any:
        taken.append(found.about)
        return found

    first = await scanner.contacts(DEFAULT_TENANT, take, 2, from_the_start=True)
    looks = 1
    while not (await scanner.contacts(DEFAULT_TENANT, take, 2)).is_complete:
        looks += 1

    assert first.contacts == 2
    assert not first.is_complete
    assert looks >= 2
    assert {talk.conversation.id for talk in talks} <= set(taken)


async def test_rules_in_force_that_went_wrong_land_in_the_register_and_nothing_can_be_published(new_house):
    house = await new_house()
    rulebooks, playbooks = house.inside.store.rulebooks, house.inside.playbooks
    bad = says("تجربة بدون أي مخاطرة", "You are welcome")
    version = playbooks.compose(DEFAULT_TENANT, bad).version
    who = Human("console:x", "X")

    async def in_force(number: int, files: dict[str, str]) -> None:
        edition = Edition(DEFAULT_TENANT, number, version, files, How.PUBLISHED, "t", who, who, house.clock())
        await rulebooks.add_edition(edition)
        await playbooks.look()

    async def active(detector: str) -> list[dict[str, Any]]:
        return (await gets(house, detector=detector, active=True))["contradictions"]

    await in_force(1, bad)
    await house.inside.rooms.contradictions.look()
    (claim,) = await active("forbidden_claim")
    assert claim["severity"] == "critical"
    alerts = await house.inside.trust.alerts.latest(DEFAULT_TENANT)
    assert [a.kind for a in alerts if a.about == claim["id"]] == ["contradiction_found"]

    async def submits(files: dict[str, str]) -> Any:
        editor = house.token("rules_editor", "noura")
        made = await house.http.post("/api/v1/rules/changes", json={"title": "t", "files": files}, headers=editor)
        assert made.status_code == 201, made.text
        change = made.json()
        path = f"/api/v1/rules/changes/{change['id']}/submit"
        # Every example and every chat are run, however slow the machine is.
        return await house.http.post(path, json={"v": change["v"]}, headers=editor, timeout=300)

    other = await submits(
        {"wording/more.yml": says("وأنتم بخير", "And you", "wishes_returned")["wording/mine.yml"]}
    )
    assert other.status_code == 422, other.text
    assert "thanks_reply" in other.text
    assert (await submits(tied())).status_code == 422

    await in_force(2, tied())  # published by an older version of the product; this one keeps what it has
    await scans(house)
    (tie,) = await active("rules_disagree")
    assert tie["severity"] == "critical"
    assert "first_of_two" in str(tie)

    await in_force(3, {})
    report = await scans(house)
    assert report["gone"] == 2
    assert await active("rules_disagree") == await active("forbidden_claim") == []


def test_active_is_what_nobody_has_settled():
    assert set(ACTIVE) == {Status.DETECTED, Status.REVIEWING}
