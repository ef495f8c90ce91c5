"""Data of contacts is passed on only to whom it may, of whom agreed, after the right yes, and once."""

import asyncio
import csv
import io
import json
import time
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from bot.errors import NotFound
from bot.people import Human
from bot.privacy.data_requests import Subject
from bot.privacy.personal import Needles
from bot.sharing.request import SharingStatus
from bot.tenants import DEFAULT_TENANT
from tests.house import Talk
from tests.house.running import PATIENCE, RunningHouse

API = "/api/v1"


class Desk:
    """Whoever works on sharing, over HTTP."""

    def __init__(self, house: RunningHouse) -> None:
        self.house = house

    async def posts(self, path: str, role: str = "dpo", subject: str = "lena", **body: Any) -> Any:
        headers = {**self.house.token(role, subject), "idempotency-key": uuid4().hex}
        return await self.house.http.post(f"{API}{path}", json=body, headers=headers)

    async def puts(self, path: str, **body: Any) -> Any:
        headers = {**self.house.token("dpo", "lena"), "idempotency-key": uuid4().hex}
        return await self.house.http.put(f"{API}{path}", json=body, headers=headers)

    async def gets(self, path: str, role: str = "dpo", **params: Any) -> Any:
        return await self.house.http.get(f"{API}{path}", params=params, headers=self.house.token(role, "lena"))

    async def partner(self, country: str = "SA", **more: Any) -> str:
        body = {
            "name": "شريك",
            "country": country,
            "contact_name": "Omar",
            "contact_email": "omar@p.example",
            **more,
        }
        answer = await self.posts("/partners", **body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def contact(self, *purposes: str, name: str = "أبو فهد") -> str:
        """A contact who wrote to us, and agreed to these."""
        talk = Talk(self.house, name=name)
        await talk.says("السلام عليكم")
        for purpose in purposes:
            await self.agrees(talk.conversation.id, purpose)
        return talk.conversation.id

    async def agrees(self, contact: str, purpose: str) -> None:
        answer = await self.posts(
            "/consents",
            contact=contact,
            channel="whatsapp",
            purpose=purpose,
            basis="explicit_consent",
            evidence_ref="form-1",
        )
        assert answer.status_code == 201, answer.text

    async def withdraws(self, contact: str) -> None:
        answer = await self.posts(
            "/consents/revoke", contact=contact, channel="whatsapp", purpose="data_sharing", evidence_ref="call-7"
        )
        assert answer.status_code == 201, answer.text

    async def asks(self, partner: str, contacts: list[str], *categories: str, **more: Any) -> Any:
        body = {
            "partner_id": partner,
            "data_categories": list(categories or ("contact_name",)),
            "contact_ids": contacts,
            "purpose": "a joint offer for restaurants",
            **more,
        }
        return await self.posts("/sharing", subject="asker", **body)

    async def asked(self, *args: Any, **more: Any) -> dict[str, Any]:
        answer = await self.asks(*args, **more)
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def approves(self, request: dict[str, Any], role: str = "approver", who: str = "sami") -> Any:
        waiting = await self.gets(f"/approvals/{request['approval_id']}", "admin")
        v = waiting.json()["v"]
        return await self.posts(f"/approvals/{request['approval_id']}/approve", role, who, v=v)

    async def now(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = await self.gets(f"/sharing/{request['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def comes_to(self, request: dict[str, Any], *names: str, where: str = "status") -> dict[str, Any]:
        """Wait until a request stands so; its run may be in other hands than the test's."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = await self.now(request)
            if found[where] in names or (not names and found[where]):
                return found
            assert time.monotonic() < deadline, f"never {names or where}, but {found[where]!r}"
            await asyncio.sleep(0.02)

    async def exported(self, *args: Any, **more: Any) -> dict[str, Any]:
        request = await self.asked(*args, **more)
        assert request["status"] == "pending_approval", request
        for role, who in (("approver", "sami"), ("dpo", "noura"))[: len(request["steps"])]:
            answer = await self.approves(request, role, who)
            assert answer.status_code == 200, answer.text
        return await self.now(request)

    async def key(self, request: dict[str, Any]) -> str:
        answer = await self.posts(f"/sharing/{request['id']}/link")
        assert answer.status_code == 201, answer.text
        return answer.json()["key"]

    async def fetches(self, request: dict[str, Any], key: str) -> Any:
        return await self.gets(f"/sharing/{request['id']}/download", key=key)

    async def history(self, request: dict[str, Any]) -> list[str]:
        found = await self.house.inside.store.timeline.of_correlation(DEFAULT_TENANT, request["correlation_id"])
        return [entry.what for entry in found if entry.what.startswith("sharing_")]


@pytest.fixture
def desk(house: RunningHouse) -> Desk:
    return Desk(house)


@pytest_asyncio.fixture(loop_scope="session")
async def agreed(desk: Desk) -> str:
    return await desk.contact("data_sharing")


def is_blocked(request: dict[str, Any], code: str) -> None:
    assert (request["status"], request["blocked_code"]) == ("blocked", code), request
    assert any("\u0600" <= sign <= "\u06ff" for sign in request["blocked_reason_ar"])
    assert request["blocked_reason_en"] and request["approval_id"] == ""


# What may be asked for


async def test_an_unknown_category_is_refused_and_never_taken_for_harmless(desk, agreed):
    answer = await desk.asks(await desk.partner(), [agreed], "contact_name", "shoe_size")

    assert answer.status_code == 422 and "shoe_size" in answer.json()["message_en"]
    assert "shoe_size" not in answer.json()["message_ar"] or answer.json()["message_ar"]


@pytest.mark.parametrize(
    ("category", "level"),
    [
        ("company_name", "internal"),
        ("cr_number", "internal"),
        ("contact_name", "confidential"),
        ("contact_email", "confidential"),
        ("deal_value", "confidential"),
        ("contact_phone", "restricted"),
        ("financial_data", "restricted"),
        ("health_data", "restricted"),
        ("national_id", "restricted"),
        ("iqama", "restricted"),
        ("iban", "restricted"),
        ("message_content", "restricted"),
        ("location", "restricted"),
        ("voice", "restricted"),
    ],
)
async def test_the_most_sensitive_category_decides(desk, agreed, category, level):
    request = await desk.asked(await desk.partner(), [agreed], "company_name", category)

    assert request["classification"]["level"] == level
    assert request["classification"]["pdpl_applicable"] == (level != "internal")
    assert request["classification"]["requires_dpo_review"] == (level == "restricted")
    assert request["steps"] == (["approver", "dpo"] if level == "restricted" else ["approver"])


async def test_an_unknown_partner_or_contact_is_404(desk, agreed):
    assert (await desk.asks("nobody", [agreed])).status_code == 404
    assert (await desk.asks(await desk.partner(), [agreed, "nobody"])).status_code == 404


@pytest.mark.parametrize("role", ["approver", "agent", "service", "executive", "rules_editor"])
async def test_only_admins_and_the_dpo_ask_or_look(desk, role):
    assert (await desk.posts("/partners", role)).status_code in (403, 422)
    assert (await desk.gets("/sharing", role)).status_code == 403
    assert (await desk.gets("/partners", role)).status_code == 403


# Consent


async def test_without_any_consent_it_is_blocked_and_written_down(desk):
    request = await desk.asked(await desk.partner(), [await desk.contact()])

    is_blocked(request, "blocked_no_consent")
    assert await desk.history(request) == ["sharing_requested", "sharing_blocked"]
    listed = (await desk.gets("/sharing", status="blocked")).json()["requests"]
    assert request["id"] in [r["id"] for r in listed]


async def test_a_consent_to_hear_from_us_is_none_to_be_passed_on(desk):
    contact = await desk.contact("marketing", "sales", "service")

    is_blocked(await desk.asked(await desk.partner(), [contact]), "blocked_no_consent")


async def test_who_has_not_agreed_is_left_out_and_counted(desk, agreed):
    silent = await desk.contact()

    request = await desk.exported(await desk.partner(), [silent, agreed])

    assert request["consent"]["asked"] == 2 and request["consent"]["agreed"] == 1
    assert [c["contact_id"] for c in request["consent"]["left_out"]] == [silent]
    assert request["file"]["rows"] == 1
    assert [c["contact_id"] for c in request["file"]["left_out"]] == [silent]


async def test_by_policy_one_without_consent_stops_the_whole_request(desk, agreed):
    request = await desk.asked(await desk.partner(), [agreed, await desk.contact()], consent_policy="block")

    is_blocked(request, "blocked_some_without_consent")


async def test_a_consent_withdrawn_after_the_yes_was_asked_for_counts(desk, agreed):
    other = await desk.contact("data_sharing")
    request = await desk.asked(await desk.partner(), [agreed, other])
    await desk.withdraws(agreed)

    await desk.approves(request)

    now = await desk.now(request)
    assert now["status"] == "exported" and now["file"]["rows"] == 1
    assert now["file"]["left_out"] == [{"contact_id": agreed, "reason": "revoked"}]


async def test_when_the_last_consent_is_withdrawn_nothing_is_exported(desk, agreed):
    request = await desk.asked(await desk.partner(), [agreed])
    await desk.withdraws(agreed)

    await desk.approves(request)

    now = await desk.now(request)
    assert (now["status"], now["blocked_code"], now["file"]) == ("blocked", "blocked_no_consent", None)
    assert (await desk.history(request))[-1] == "sharing_blocked"


async def test_a_contact_who_asked_us_to_stop_is_left_out(desk, agreed):
    talk = Talk(desk.house)
    await talk.says("السلام عليكم")
    await desk.agrees(talk.conversation.id, "data_sharing")
    await talk.says("وقفوا الرسايل")

    request = await desk.asked(await desk.partner(), [agreed, talk.conversation.id])

    assert request["consent"]["left_out"] == [{"contact_id": talk.conversation.id, "reason": "opted_out"}]


# Countries


@pytest.mark.parametrize("country", ["AE", "BH", "KW", "OM", "QA", "DE", "US", "ZZ"])
async def test_a_country_that_nobody_listed_is_blocked_the_gulf_too(desk, agreed, country):
    request = await desk.asked(await desk.partner(country), [agreed], transfer_assessment_ref="tia-1")

    is_blocked(request, "blocked_export_restricted")


async def test_abroad_takes_each_contact_an_assessment_and_the_dpo(desk, agreed):
    abroad = await desk.contact("data_sharing", "data_transfer_abroad")
    partner = await desk.partner("DE")
    is_blocked(await desk.asked(partner, [abroad]), "blocked_export_restricted")

    request = await desk.asked(partner, [abroad, agreed], transfer_assessment_ref="tia-1")

    assert request["status"] == "pending_approval" and request["steps"] == ["approver", "dpo"]
    await desk.approves(request, "approver", "sami")
    assert (await desk.now(request))["status"] == "pending_approval"
    await desk.approves(request, "dpo", "noura")
    now = await desk.now(request)
    assert now["status"] == "exported" and now["file"]["rows"] == 1
    assert now["file"]["left_out"] == [{"contact_id": agreed, "reason": "no_consent_to_transfer_abroad"}]


@pytest_asyncio.fixture(loop_scope="session")
async def with_list(new_house: Any, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A house whose legal department lists one country, and one whose review is over."""
    rules = tmp_path_factory.mktemp("legal") / "countries.yml"
    rules.write_text(
        """
edition: "of our legal department"
owner: legal
source: a decision of the legal department, number 7
reviewed_on: 2026-01-01
home: SA
adequate:
  - {country: AE, source: "decision 7, page 2", reviewed_on: 2026-01-01, review_by: 2099-12-31}
  - {country: BH, source: "decision 7, page 3", reviewed_on: 2020-01-01, review_by: 2021-01-01}
""",
        encoding="utf-8",
    )
    return Desk(await new_house(DEALIX_TRANSFER_RULES_FILE=rules))


async def test_a_listed_country_takes_a_signed_agreement_that_runs(with_list):
    desk = with_list
    contact = await desk.contact("data_sharing")
    signed = {"agreement": "signed", "agreement_ref": "dpa-1", "agreed_on": "2026-01-01"}

    for bad in (
        {},
        {**signed, "agreement": "terminated"},
        {**signed, "agreed_until": "2026-02-01"},
        {**signed, "agreed_on": "2099-01-01"},
    ):
        is_blocked(await desk.asked(await desk.partner("AE", **bad), [contact]), "blocked_dpa_missing")
    good = await desk.asked(await desk.partner("AE", **signed), [contact])
    assert (good["status"], good["zone"], good["steps"]) == ("pending_approval", "adequate", ["approver"])
    old = await desk.partner("BH", **signed)
    is_blocked(await desk.asked(old, [contact]), "blocked_export_restricted")


async def test_an_agreement_that_ended_before_the_export_counts(with_list):
    desk = with_list
    contact = await desk.contact("data_sharing")
    signed = {"agreement": "signed", "agreement_ref": "dpa-1", "agreed_on": "2026-01-01"}
    partner = await desk.partner("AE", **signed)
    request = await desk.asked(partner, [contact])
    body = (await desk.gets(f"/partners/{partner}")).json()
    body.pop("id")
    changed = await desk.puts(f"/partners/{partner}", **{**body, "agreement": "terminated"})
    assert changed.status_code == 200, changed.text

    await desk.approves(request)

    now = await desk.now(request)
    assert (now["status"], now["blocked_code"]) == ("blocked", "blocked_dpa_missing")


async def test_a_partner_that_is_switched_off_gets_nothing(desk, agreed):
    is_blocked(await desk.asked(await desk.partner(is_active=False), [agreed]), "blocked_partner_inactive")


async def test_a_partner_that_moved_abroad_after_the_request_gets_nothing(desk, agreed):
    partner = await desk.partner("SA")
    request = await desk.asked(partner, [agreed])
    body = (await desk.gets(f"/partners/{partner}")).json()
    body.pop("id")
    await desk.puts(f"/partners/{partner}", **{**body, "country": "DE"})

    await desk.approves(request)

    assert (await desk.now(request))["blocked_code"] == "blocked_export_restricted"


# The yes


async def test_restricted_data_takes_two_people(desk, agreed):
    request = await desk.asked(await desk.partner(), [agreed], "contact_phone")

    first = await desk.approves(request, "approver", "sami")
    same = await desk.approves(request, "dpo", "sami")
    assert first.status_code == 200 and same.status_code in (403, 409), same.text
    assert (await desk.now(request))["status"] == "pending_approval"

    second = await desk.approves(request, "dpo", "noura")
    assert second.status_code == 200, second.text
    now = await desk.now(request)
    assert now["status"] == "exported" and len(set(now["approved_by"])) == 2


async def test_whoever_asked_does_not_say_yes(desk, agreed):
    request = await desk.asked(await desk.partner(), [agreed])

    answer = await desk.approves(request, "admin", "asker")

    assert answer.status_code == 403, answer.text
    assert (await desk.now(request))["status"] == "pending_approval"


async def test_a_no_ends_it(desk, agreed):
    request = await desk.asked(await desk.partner(), [agreed])
    answer = await desk.posts(
        f"/approvals/{request['approval_id']}/reject", "approver", "sami", v=1, note="not this partner"
    )
    assert answer.status_code == 200, answer.text

    now = await desk.now(request)

    assert (now["status"], now["decision_note"], now["file"]) == ("rejected", "not this partner", None)
    assert (await desk.history(request))[-1] == "sharing_rejected"
    assert (await desk.posts(f"/sharing/{request['id']}/link")).status_code == 422


async def test_nobody_decides_and_it_expires(own_house):
    desk = Desk(own_house)
    request = await desk.asked(await desk.partner(), [await desk.contact("data_sharing")])

    own_house.clock.moves(timedelta(days=4))
    await own_house.inside.trust.centre.expire(DEFAULT_TENANT)

    assert (await desk.now(request))["status"] == "expired"
    assert (await desk.history(request))[-1] == "sharing_expired"


# The file


async def test_the_file_holds_what_was_asked_for_and_nothing_else(desk):
    evil = await desk.contact("data_sharing", name="=HYPERLINK(1)")
    talk = Talk(desk.house)
    await talk.says("كلمة سرية لا تخرج")
    request = await desk.exported(await desk.partner(), [evil], "contact_name", "deal_stage", "iban")

    answer = await desk.fetches(request, await desk.key(request))

    assert answer.status_code == 200, answer.text
    head, *rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert head == ["row", "contact_name", "deal_stage", "iban"]
    assert rows == [["1", "'=HYPERLINK(1)", "new_lead", ""]]
    assert sha256(answer.content).hexdigest() == request["file"]["sha256"] == answer.headers["x-content-sha256"]
    assert answer.headers["cache-control"] == "no-store" and evil not in answer.text
    assert "9665" not in answer.text


async def test_the_file_as_json(desk, agreed):
    request = await desk.exported(await desk.partner(), [agreed], "contact_phone", file_format="json")

    answer = await desk.fetches(request, await desk.key(request))

    (row,) = json.loads(answer.text)["contacts"]
    assert set(row) == {"row", "contact_phone"} and row["contact_phone"].startswith("9665")


async def test_the_content_is_in_no_other_answer_and_not_in_the_audit_log(desk):
    contact = await desk.contact("data_sharing", name="اسم-لا-يتسرب")
    request = await desk.exported(await desk.partner(), [contact], "contact_name", "message_content")
    key = await desk.key(request)
    await desk.fetches(request, key)

    stored = await desk.house.everything_stored()
    entries = await desk.house.inside.store.timeline.of_correlation(DEFAULT_TENANT, request["correlation_id"])
    assert "اسم-لا-يتسرب" not in json.dumps(await desk.now(request), ensure_ascii=False)
    assert not any("اسم-لا-يتسرب" in repr(entry) for entry in entries)
    assert not any(key in row for rows in stored.values() for row in rows), "the key itself is stored"
    (told,) = [e for e in entries if e.what == "sharing_exported"]
    assert told.data["file_sha256"] == request["file"]["sha256"] and told.data["consents"]
    assert told.data["content_sha256"] == request["content_sha256"] and told.data["approved_by"]


async def test_every_outcome_is_proved_by_a_pack_that_verifies(desk, agreed):
    good = await desk.exported(await desk.partner(), [agreed])
    bad = await desk.asked(await desk.partner("DE"), [agreed])

    for request in (good, bad):
        pack_id = (await desk.now(request))["evidence_id"]
        evidence = desk.house.inside.trust.evidence.packs
        pack = await evidence.get(DEFAULT_TENANT, pack_id)
        assert pack.is_complete and (await evidence.verify(DEFAULT_TENANT, pack_id)).is_valid
        told = json.dumps(pack.envelope, default=str, ensure_ascii=False)
        assert request["content_sha256"] in told
        assert (good["file"]["sha256"] in told) == (request is good)
        assert (bad["blocked_code"] in told) == (request is bad)


async def test_a_link_is_good_for_one_download(desk, agreed):
    request = await desk.exported(await desk.partner(), [agreed])
    key = await desk.key(request)

    assert (await desk.fetches(request, key)).status_code == 200
    again = await desk.fetches(request, key)

    assert (again.status_code, again.json()["code"]) == (409, "link_used")
    assert (await desk.posts(f"/sharing/{request['id']}/link")).status_code == 409
    now = await desk.now(request)
    assert now["status"] == "downloaded" and now["downloaded_by"].endswith("lena")
    assert (await desk.history(request))[-2:] == ["sharing_link_opened", "sharing_downloaded"]


async def test_of_many_who_fetch_at_once_one_gets_the_file(desk, agreed):
    import asyncio

    request = await desk.exported(await desk.partner(), [agreed])
    key = await desk.key(request)

    answers = await asyncio.gather(*(desk.fetches(request, key) for _ in range(8)))

    assert sorted(a.status_code for a in answers) == [200] + [409] * 7


async def test_a_wrong_or_older_key_opens_nothing(desk, agreed):
    request = await desk.exported(await desk.partner(), [agreed])
    old, new = await desk.key(request), await desk.key(request)

    for key in ("nonsense", old):
        assert (await desk.fetches(request, key)).status_code == 404
    assert (await desk.fetches(request, new)).status_code == 200


async def test_links_and_files_expire_and_the_file_is_deleted(own_house):
    desk = Desk(own_house)
    request = await desk.exported(await desk.partner(), [await desk.contact("data_sharing")])
    key = await desk.key(request)

    own_house.clock.moves(timedelta(hours=24))
    late = await desk.fetches(request, key)
    assert (late.status_code, late.json()["code"]) == (410, "link_expired")

    own_house.clock.moves(timedelta(days=6))
    assert (await desk.posts(f"/sharing/{request['id']}/link")).status_code == 410
    sharing = own_house.inside.trust.sharing
    await sharing.run()
    now = await desk.now(request)
    assert now["status"] == "deleted" and now["deleted_at"]
    assert (await own_house.everything_stored())["sharing_exports"] == []
    assert (await desk.history(request))[-1] == "sharing_file_deleted"
    await sharing.run()
    assert (await desk.history(request)).count("sharing_file_deleted") == 1


async def test_a_file_that_was_fetched_is_deleted_soon(own_house):
    desk = Desk(own_house)
    request = await desk.exported(await desk.partner(), [await desk.contact("data_sharing")])
    await desk.fetches(request, await desk.key(request))

    own_house.clock.moves(timedelta(hours=1, seconds=1))
    await own_house.inside.trust.sharing.run()

    await desk.comes_to(request, "deleted")
    assert (await own_house.everything_stored())["sharing_exports"] == []


async def test_whoever_is_forgotten_takes_the_file_along(own_house):
    desk = Desk(own_house)
    leaving, staying = [await desk.contact("data_sharing", name=n) for n in ("سالم المغادر", "ماجد الباقي")]
    request = await desk.exported(await desk.partner(), [leaving, staying])
    key = await desk.key(request)

    mine = await own_house.inside.store.personal.about(DEFAULT_TENANT, Subject((), conversation_ids=(leaving,)))
    assert "sharing_exports" in mine and "ماجد الباقي" not in repr(mine) and staying not in repr(mine)
    assert "ماجد الباقي".encode() not in repr(mine).encode() and "file_bytes" not in repr(mine)
    nothing = Needles((), (), ())
    await own_house.inside.store.personal.forget(
        DEFAULT_TENANT, Subject((), conversation_ids=(leaving,)), nothing, str, "request-1"
    )

    gone = await desk.fetches(request, key)
    assert (gone.status_code, gone.json()["code"]) == (410, "link_expired")
    assert (await own_house.everything_stored())["sharing_exports"] == []


# Crashes


async def test_a_crash_between_the_yes_and_the_export_is_made_good(own_house):
    desk, store = Desk(own_house), own_house.inside.store
    request = await desk.exported(await desk.partner(), [await desk.contact("data_sharing")])
    stored = await store.sharing.read(DEFAULT_TENANT, request["id"])
    await put_back(own_house, stored.id, status="approved", file=None)
    await store.sharing.delete_files(DEFAULT_TENANT, request["id"])

    own_house.clock.moves(timedelta(seconds=11))
    await own_house.inside.trust.sharing.run()

    now = await desk.comes_to(request, "exported")
    assert now["file"]["sha256"] == request["file"]["sha256"]
    assert (await desk.fetches(request, await desk.key(request))).status_code == 200


async def test_a_file_that_a_crash_left_goes_when_its_request_is_blocked(own_house):
    desk = Desk(own_house)
    contact = await desk.contact("data_sharing")
    request = await desk.exported(await desk.partner(), [contact])
    await put_back(own_house, request["id"], status="approved", file=None)
    await desk.withdraws(contact)

    own_house.clock.moves(timedelta(seconds=11))
    await own_house.inside.trust.sharing.run()

    now = await desk.comes_to(request, "blocked")
    assert now["blocked_code"] == "blocked_no_consent"
    assert (await own_house.everything_stored())["sharing_exports"] == []


async def test_a_crash_before_the_yes_was_asked_for_asks_once(own_house):
    desk = Desk(own_house)
    request = await desk.asked(await desk.partner(), [await desk.contact("data_sharing")])
    await put_back(own_house, request["id"], status="requested", approval_id="", steps=[], zone="")

    own_house.clock.moves(timedelta(seconds=11))
    await own_house.inside.trust.sharing.run()

    now = await desk.comes_to(request, "pending_approval")
    assert now["approval_id"] == request["approval_id"]
    waiting = (await desk.gets("/approvals", "admin", kind="data_sharing")).json()["approvals"]
    assert len(waiting) == 1


async def test_a_crash_before_the_proof_is_made_good(own_house):
    desk = Desk(own_house)
    request = await desk.asked(await desk.partner("DE"), [await desk.contact("data_sharing")])
    await put_back(own_house, request["id"], evidence_id="")

    own_house.clock.moves(timedelta(seconds=11))
    await own_house.inside.trust.sharing.run()

    evidence = own_house.inside.trust.evidence.packs
    pack_id = (await desk.comes_to(request, where="evidence_id"))["evidence_id"]
    assert (await evidence.verify(DEFAULT_TENANT, pack_id)).is_valid
    current = await evidence.current(DEFAULT_TENANT, "incident_response", request["correlation_id"])
    assert current is not None and current.id == pack_id


async def test_hearing_of_a_decision_twice_makes_one_file(desk, agreed):
    request = await desk.exported(await desk.partner(), [agreed])
    trust = desk.house.inside.trust
    approval = await trust.centre.read(DEFAULT_TENANT, request["approval_id"])

    await trust.sharing.decided(approval)

    assert (await desk.now(request)) == request
    assert (await desk.history(request)).count("sharing_exported") == 1


async def test_a_grant_that_was_used_for_something_else_exports_nothing(own_house):
    desk = Desk(own_house)
    request = await desk.exported(await desk.partner(), [await desk.contact("data_sharing")])
    stored = await own_house.inside.store.sharing.read(DEFAULT_TENANT, request["id"])
    await put_back(own_house, stored.id, status="approved", file=None, grant_id="another")

    own_house.clock.moves(timedelta(seconds=11))
    await own_house.inside.trust.sharing.run()

    now = await desk.comes_to(request, "blocked")
    assert now["blocked_code"] == "blocked_not_permitted"


async def put_back(house: RunningHouse, request_id: str, **fields: Any) -> None:
    """Make a request look as a crash would have left it."""
    from pymongo import AsyncMongoClient

    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value()) as client:
        rows = client[house.settings.mongodb_database]["sharing_requests"]
        done = await rows.update_one({"_id": f"{DEFAULT_TENANT}:{request_id}"}, {"$set": fields})
        assert done.matched_count == 1


async def test_the_same_call_made_again_is_one_request(desk, agreed):
    partner = await desk.partner()
    body = {
        "partner_id": partner,
        "data_categories": ["contact_name"],
        "contact_ids": [agreed],
        "purpose": "a joint offer",
    }
    headers = {**desk.house.token("dpo", "asker"), "idempotency-key": uuid4().hex}

    answers = [await desk.house.http.post(f"{API}/sharing", json=body, headers=headers) for _ in range(2)]

    assert answers[0].json()["id"] == answers[1].json()["id"]
    found = (await desk.gets("/sharing")).json()["requests"]
    assert len([r for r in found if r["partner_id"] == partner]) == 1


# Tenants


async def test_another_tenants_partner_and_request_are_404(desk, agreed):
    partner = await desk.partner()
    request = await desk.exported(partner, [agreed])
    key = await desk.key(request)
    sharing, stranger = desk.house.inside.trust.sharing, Human("api:mallory", "mallory")

    for asked in (
        sharing.partners.get("another", partner),
        sharing.get("another", request["id"]),
        sharing.handing_out.download("another", request["id"], key, stranger),
        sharing.handing_out.open_link("another", request["id"], stranger),
    ):
        with pytest.raises(NotFound):
            await asked
    assert await sharing.latest("another") == []
    assert (await desk.fetches(request, key)).status_code == 200


# Partners


async def test_of_two_changes_to_a_partner_one_wins(desk):
    partner = await desk.partner()
    body = (await desk.gets(f"/partners/{partner}")).json()
    body.pop("id")

    first = await desk.puts(f"/partners/{partner}", **{**body, "name": "first"})
    second = await desk.puts(f"/partners/{partner}", **{**body, "name": "second"})

    assert (first.status_code, first.json()["v"]) == (200, 2)
    assert second.status_code == 409 and (await desk.gets(f"/partners/{partner}")).json()["name"] == "first"


@pytest.mark.parametrize(
    "bad",
    [
        {"country": "Saudi"},
        {"country": "sa"},
        {"contact_email": "nowhere"},
        {"name": " "},
        {"agreement": "promised"},
        {"agreement": "signed"},
        {"agreement": "signed", "agreement_ref": "x-1", "agreed_on": "2026-03-01", "agreed_until": "2026-01-01"},
        {"rating": 5},
    ],
)
async def test_a_partner_that_makes_no_sense_is_422(desk, bad):
    body = {"name": "شريك", "country": "SA", "contact_name": "Omar", "contact_email": "o@p.example", **bad}

    answer = await desk.posts("/partners", **body)

    assert answer.status_code == 422 and answer.json()["message_ar"], answer.text


def test_every_outcome_has_its_word():
    assert {s.value for s in SharingStatus} == {
        *("requested", "pending_approval", "approved", "exported", "downloaded"),
        *("deleted", "blocked", "rejected", "expired"),
    }


async def test_what_fails_again_and_again_waits_for_a_person_instead_of_being_tried_for_ever(own_house):
    """A partner that vanished from the records under a request that a crash had cut off."""
    desk = Desk(own_house)
    partner = await desk.partner()
    request = await desk.asked(partner, [await desk.contact("data_sharing")])
    await put_back(own_house, request["id"], status="requested", **{"wish.partner_id": "gone"})
    run_id = f"sharing:{request['id']}"

    deadline, run = time.monotonic() + PATIENCE, {"status": ""}
    while run["status"] != "failed":
        assert time.monotonic() < deadline, run
        own_house.clock.moves(timedelta(minutes=1))
        await own_house.inside.trust.sharing.run()
        run = (await desk.gets(f"/runs/{run_id}", "admin")).json()
    assert run["error"]["message_ar"]
    assert run_id in [r["run_id"] for r in (await desk.gets("/runs/dead", "admin")).json()["runs"]]
    alerts = await own_house.inside.trust.alerts.latest(DEFAULT_TENANT)
    assert [a.about for a in alerts if a.kind == "run_failed"] == [run_id]
