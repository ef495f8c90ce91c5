"""The sales pack: made from the rules in force, without drift, and never with words that must not be said."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playbook import Playbook, Playbooks, shipped
from bot.sales import pages
from bot.sales.pack import pack_of, registry
from bot.sales.sheet import sheet_of
from bot.tenant import Tenant
from bot.tenants import DEFAULT_TENANT
from rules.policies import Policies
from rules.policies.claims import Claim
from tests.house.running import RunningHouse
from tests.knowledge.test_talk import put_in_force

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CLAIMS = """
claims:
  two_languages:
    status: {status}
    text_ar: نرد بلغتين
    text_en: we answer in two languages
    said_as: ["we answer in two languages", "نرد بلغتين"]
    {more}
    owner: product
"""
APPROVED = CLAIMS.format(status="approved", more="evidence: [tests/flows/test_wording.py]")
RESTRICTED = CLAIMS.format(
    status="restricted",
    more="""qualifier: {ar: وهي قيد الإعداد., en: It is in preparation., said_as: [in preparation, قيد الاعداد]}
    caught: [we answer in two languages]""",
)
FORBIDDEN = CLAIMS.format(status="forbidden", more="caught: [we answer in two languages]")
PRICES = """
prices:
  starter: {name_ar: باقة الانطلاق, name_en: Starter, amount_halalas: 150050, currency: SAR, valid_from: 2026-01-01, is_public: true}
  secret: {name_ar: باقة سرية, name_en: Hidden, amount_halalas: 990000, currency: SAR, valid_from: 2026-01-01, is_public: false}
  past: {name_ar: باقة قديمة, name_en: Former, amount_halalas: 770000, currency: SAR, valid_from: 2025-01-01, valid_until: 2025-12-31, is_public: true}
"""  # noqa: E501
LIMITS = "minimum_monthly_leads: 37\nminimum_monthly_budget_sar: 1234\nmost_unknown_answers: 2\n"


@pytest.fixture(scope="module")
def playbooks() -> Playbooks:
    return Playbooks(shipped(), "reference", lambda: NOW)


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(DEFAULT_TENANT, "شركة <b>التجربة</b>")


def both(tenant: Tenant, playbook: Playbook, language: str = "en") -> str:
    """Everything a reader of the pack could see, as data and as pages."""
    pack = pack_of(tenant, playbook, language, NOW)
    said = [*(c.sentence for c in pack.claims), *(a.text for a in pack.answers), pack.opening]
    return "\n".join([*said, pages.one_pager(pack), pages.hub(pack)])


def test_it_holds_every_claim_that_may_be_said_and_no_other(playbooks: Playbooks, tenant: Tenant) -> None:
    known = registry(playbooks.shipped, "ar", NOW)
    pack = pack_of(tenant, playbooks.shipped, "ar", NOW)
    assert {c.id for c in pack.claims} == {c.id for c in known if c.status != "forbidden" and c.is_valid}
    assert all(claim.evidence for claim in pack.approved)
    assert all(claim.qualifier and claim.qualifier in claim.sentence for claim in pack.restricted)
    for claim in (c for c in known if c.status == "forbidden"):
        assert claim.text not in both(tenant, playbooks.shipped, "ar")


def test_the_day_on_it_is_the_day_of_its_prices(playbooks: Playbooks, tenant: Tenant) -> None:
    """After midnight in Riyadh a page with today's prices bore the date of yesterday."""
    own = {"policies/prices.yml": PRICES.replace("2026-01-01", "2026-11-24", 1)}
    after_midnight = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    pack = pack_of(tenant, playbooks.compose("", own), "en", after_midnight)
    assert "Starter" in str(pack.prices.lines)
    for said in (pages.one_pager(pack), pages.hub(pack), sheet_of(pack).footer):
        assert "2026-11-24" in said and "2026-11-23" not in said


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_registry_finds_nothing_in_the_pages_that_must_not_be_said(
    playbooks: Playbooks, tenant: Tenant, language: str
) -> None:
    pack = pack_of(tenant, playbooks.shipped, language, NOW)
    policies = playbooks.shipped.book.policies
    said = [*(c.sentence for c in pack.claims), *(a.text for a in pack.answers), pack.opening]
    for text in said:
        kinds = {f.kind for f in policies.findings(text, language, NOW.date())}
        assert not kinds & {"forbidden", "restricted_without_qualifier", "expired_claim"}, (text, kinds)


def test_a_claim_that_changes_changes_in_the_pack(playbooks: Playbooks, tenant: Tenant) -> None:
    def seen(text: str) -> tuple[list[str], str]:
        playbook = playbooks.compose("", {"policies/claims.yml": text})
        pack = pack_of(tenant, playbook, "en", NOW)
        return [c.sentence for c in pack.claims if c.id == "two_languages"], both(tenant, playbook)

    claims, page = seen(APPROVED)
    assert claims == ["we answer in two languages"] and page.count("we answer in two languages") == 3
    claims, page = seen(RESTRICTED)
    assert claims == ["we answer in two languages. It is in preparation."]
    assert page.count("It is in preparation.") >= page.count("we answer in two languages")
    claims, page = seen(FORBIDDEN)
    assert claims == [] and "two languages" not in page
    claims, page = seen(APPROVED.replace("owner: product", "owner: product\n    valid_until: 2026-11-22"))
    assert claims == [] and "two languages" not in page


def test_an_answer_with_forbidden_words_is_left_out_and_named(playbooks: Playbooks, tenant: Tenant) -> None:
    text = "claims:\n  smaller_scope:\n    status: forbidden\n    text_ar: نطاق\n    text_en: scope\n"
    text += '    said_as: ["smaller scope"]\n    caught: [a smaller scope]\n    owner: legal\n'
    playbook = playbooks.compose("", {"policies/claims.yml": text})
    pack = pack_of(tenant, playbook, "en", NOW)
    assert "price" not in {answer.objection for answer in pack.answers}
    assert ("wording:budget_objection", "forbidden_words") in {(one.what, one.why) for one in pack.left_out}
    assert "smaller scope" not in both(tenant, playbook)


def test_prices_thresholds_and_answers_are_those_in_force(playbooks: Playbooks, tenant: Tenant) -> None:
    bare = pack_of(tenant, playbooks.shipped, "en", NOW)
    assert bare.prices.is_quote_after_discovery and bare.prices.lines == ()
    own = {"policies/prices.yml": PRICES, "qualification.yml": LIMITS}
    pack = pack_of(tenant, playbooks.compose("", own), "en", NOW)
    assert [(line.id, line.amount_halalas) for line in pack.prices.lines] == [("starter", 150050)]
    assert pack.prices.sentence == "Starter: SAR 1,500.50"
    page = both(tenant, playbooks.compose("", own))
    assert "1,500.50" in page and "Hidden" not in page and "Former" not in page
    assert (pack.icp.minimum_monthly_leads, pack.icp.minimum_monthly_budget_sar) == (37, 1234)
    assert sum(weight.points for weight in pack.icp.weights) == 100
    assert {"price", "existing_system", "not_ready", "machines"} <= {a.objection for a in pack.answers}
    wordings = playbooks.shipped.wordings
    for answer in pack.answers:
        assert answer.text == wordings.text(answer.wording, "en").strip() and answer.pages


def test_what_stands_in_the_rules_is_text_and_never_markup(playbooks: Playbooks, tenant: Tenant) -> None:
    page = pages.one_pager(pack_of(tenant, playbooks.shipped, "ar", NOW))
    assert "<b>التجربة" not in page and "&lt;b&gt;التجربة" in page
    assert 'dir="rtl"' in page and "<script" not in page and "http" not in page


_WORDS = st.sampled_from(["swift", "calm", "bright", "round"])
_CLAIM = st.builds(
    lambda n, status, word, cond, proof, until: Claim(
        id=f"c{n}",
        status=status,
        text_ar=f"عبارة{n}",
        text_en=f"unit{n} is {word}",
        phrases=(),
        qualifier_ar="بشرط" if cond else "",
        qualifier_en=f"condition{n}" if cond else "",
        evidence=("tests/x.py",) if proof else (),
        owner="x",
        valid_until=until,
    ),
    st.integers(0, 999),
    st.sampled_from(["approved", "restricted", "forbidden"]),
    _WORDS,
    st.booleans(),
    st.booleans(),
    st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 26)),
)


@settings(max_examples=40)
@given(st.lists(_CLAIM, max_size=6, unique_by=lambda claim: claim.id))
def test_whatever_the_registry_holds_only_what_may_be_said_is_on_the_pages(claims: list[Claim]) -> None:
    playbook = _with(claims)
    page = both(Tenant("t", "House"), playbook)
    for claim in claims:
        valid = claim.valid_until is None or date(2026, 11, 23) <= claim.valid_until
        free = claim.status == "approved" and claim.evidence
        bound = claim.status == "restricted" and claim.qualifier_en
        is_there = f"{claim.text_en}<" in page or f"{claim.text_en}." in page or f"{claim.text_en}\n" in page
        assert is_there == bool(valid and (free or bound)), claim
        if is_there and claim.status == "restricted":
            assert claim.qualifier_en in page


SHIPPED = Playbooks(shipped(), "reference", lambda: NOW).shipped


def _with(claims: list[Claim]) -> Playbook:
    """The shipped rules with another registry of claims."""
    return replace(SHIPPED, book=_Judged(replace(SHIPPED.book.policies, claims=_registry(claims))))


def _registry(claims: list[Claim]):
    return replace(SHIPPED.book.policies.claims, claims=tuple(claims), _remembered={})


class _Judged:
    """A book that has only policies; its pages are the shipped ones."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self.pages = SHIPPED.book.pages


async def test_over_http_a_change_of_a_claim_is_seen_at_once(house: RunningHouse) -> None:
    who = house.token("agent", "Huda")

    async def gets(path: str, **query: str) -> str:
        answer = await house.http.get(f"/api/v1/sales{path}", headers=who, params=query)
        assert answer.status_code == 200, answer.text
        return answer.text

    before = json.loads(await gets("/hub", lang="en"))
    assert "two_languages" not in {claim["id"] for claim in before["approved"]}
    await put_in_force(house, {"policies/claims.yml": APPROVED})
    try:
        after = json.loads(await gets("/hub", lang="en"))
        assert "two_languages" in {claim["id"] for claim in after["approved"]}
        assert "نرد بلغتين" in await gets("/one-pager", lang="ar", format="html")
        assert "نرد بلغتين" in await gets("/hub", format="html")
        assert json.loads(await gets("/one-pager"))["book_version"] != before["book_version"]
    finally:
        await put_in_force(house, {})
    claims = json.loads(await gets("/claims"))
    assert {claim["status"] for claim in claims["claims"]} == {"approved", "restricted", "forbidden"}
    assert all(c["evidence_ref"] for c in claims["claims"] if c["status"] == "approved")
    only = json.loads(await gets("/claims", status="forbidden"))["claims"]
    assert {claim["status"] for claim in only} == {"forbidden"}
    for language in ("ar", "en"):
        query = {"format": "pdf", "lang": language}
        printed = await house.http.get("/api/v1/sales/one-pager", headers=who, params=query)
        assert printed.content.startswith(b"%PDF-") and printed.headers["content-type"] == "application/pdf"
    for wrong in ("/hub?lang=fr", "/one-pager?format=doc", "/claims?status=lost"):
        assert (await house.http.get(f"/api/v1/sales{wrong}", headers=who)).status_code == 422
    assert (await house.http.get("/api/v1/sales/hub")).status_code == 401
