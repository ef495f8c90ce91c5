"""What the claims registry stops, shows, and lets pass."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.wording import LANGUAGES, Wordings, promises_in
from rules.policies import Policies
from rules.policies.claims import KINDS
from tests.rules.policies.conftest import ROOT, over_the_book, reads

TODAY = date(2026, 11, 23)
SHIPPED = over_the_book().policies


def kinds(policies: Policies, text: str, today: date = TODAY) -> list[str]:
    return [finding.kind for finding in policies.findings(text, "ar", today)]


# Forbidden


@pytest.mark.parametrize(
    "text",
    [
        "نضمن لكم زيادة العملاء",
        "ونضمنُ لكم النتيجة",
        "سنضمن وصول الرسائل",
        "بنضمنلكم النتائج",
        "نتائج مضمونة",
        "النجاح مضمون معنا",
        "عندنا ضمان مكتوب",
        "مع كل الضمانات",
        "بـــضمان الجودة",
        "خدمتنا تضمن لكم الراحة",
        "كفالة سنة كاملة",
        "نتعهد لكم بتحقيق الهدف",
        "Guaranteed results",
        "we GUARANTEE it",
        "a 30-day money-back offer",
        "Money back, no questions",
        "استرداد كامل خلال شهر",
        "You only pay if you win",
        "لا تدفعون إلا بعد النتيجة",
        "100% secure",
        "١٠٠ ٪ دقة",
        "risk-free pilot",
        "بدون مخاطر",
        "We are SOC 2 certified",
        "SOC2 Type II",
        "OPA governs our policy",
        "runs on Temporal in production",
        "better than Salesforce",
        "أفضل من سيلزفورس",
        "fully autonomous sales",
        "enterprise-grade platform",
        "10x revenue",
        "نضاعف مبيعاتكم",
        "19 AI agents",
        "100 % accuracy",
        "دقة مطلقة",
    ],
)
def test_what_is_never_said_blocks(shipped: Policies, text: str) -> None:
    found = shipped.findings(text, "ar", TODAY)

    assert any(finding.blocks for finding in found), found


@pytest.mark.parametrize(
    "text",
    [
        "الخدمة ضمن الباقة الحالية",
        "من ضمن الخدمات",
        "العرض يتضمن التدريب",
        "لا نضمن نتائج محددة",
        "ما نقدر نضمن لكم رقم",
        "we do not guarantee results",
        "وصلنا مضمون الرسالة",
        "هل عندكم تأمينات أو الضمان الاجتماعي؟",
        "شامل ضريبة القيمة المضافة",
        "طلب استرداد المبلغ وصلنا",
        "we work beside your team",
        "نشرح لكم المخاطر قبل البداية",
        "we are not SOC 2 certified",
        "كم مبيعاتكم؟",
        "a temporal change",
    ],
)
def test_ordinary_words_do_not_block(shipped: Policies, text: str) -> None:
    assert not [finding for finding in shipped.findings(text, "ar", TODAY) if finding.blocks]


def test_a_finding_points_at_the_words_as_they_were_written(shipped: Policies) -> None:
    text = "أبشروا، ونَضْمَنُ لكم ذلك"

    (found,) = shipped.findings(text, "ar", TODAY)

    assert found.words == "ونَضْمَنُ"
    assert text[slice(*found.span)].strip() == found.words
    assert "ونَضْمَنُ" in found.ar
    assert "ونَضْمَنُ" in found.en
    assert found.claim == "guarantees"


def test_a_word_inside_another_word_is_not_found(shipped: Policies) -> None:
    # «ضمان» stands in «رمضانه» by its letters only, "opa" in "opaque", "soc" in "social".
    assert kinds(shipped, "رمضان كريم، opaque, social media") == []


def test_an_exception_excuses_its_own_words_only(shipped: Policies) -> None:
    (found,) = shipped.findings("لا نضمن شيئًا، لكن الجودة مضمونة", "ar", TODAY)

    assert found.words == "مضمونة"


def test_a_phrase_does_not_reach_over_the_end_of_a_sentence(shipped: Policies) -> None:
    assert kinds(shipped, "Your money. Back to the meeting: when?") == []
    assert "forbidden" in kinds(shipped, "Your money back. When?")


def test_the_middle_of_a_very_long_text_is_read(shipped: Policies) -> None:
    filler = "نشكركم على تواصلكم معنا ونرحب بكم. " * 60

    assert kinds(shipped, f"{filler} نضمن لكم. {filler}") == ["forbidden"]


@pytest.mark.parametrize(
    "text", ["نضمن", "ضمان", "مضمون", "كفالة", "guarantee", "money back", "risk-free", "100%"]
)
def test_the_registry_stops_whatever_the_wordings_call_a_promise(shipped: Policies, text: str) -> None:
    assert promises_in(text)
    assert "forbidden" in kinds(shipped, text)


# Restricted and approved


def test_a_restricted_claim_needs_its_qualifier_in_the_same_text(shipped: Policies) -> None:
    (found,) = shipped.findings("الموافقات تصير خلال ساعات", "ar", TODAY)

    assert found.kind == "restricted_without_qualifier"
    assert not found.blocks
    assert "يعتمد ذلك على سرعة فريقكم" in found.ar
    assert kinds(shipped, "الموافقات تصير خلال ساعات، ويعتمد ذلك على فريقكم") == []


def test_the_missing_qualifier_is_suggested_in_the_language_of_the_text(shipped: Policies) -> None:
    (found,) = shipped.findings("approvals in hours instead of days", "en", TODAY)

    assert "It depends on how fast your team decides" in found.en


CLAIM = """
claims:
  four_cities:
    status: approved
    text_ar: نعمل في 4 مدن
    text_en: we work in 4 cities
    said_as: ["#num (cities|مدن)"]
    evidence: [tests/data.jsonl]
    owner: sales
    valid_until: 2026-12-31
"""


def test_an_approved_claim_accounts_for_its_own_figure_only() -> None:
    policies = reads(claims=CLAIM).policies

    assert kinds(policies, "We work in 4 cities") == []
    assert [f.words for f in policies.findings("We work in 4 cities with 30 people", "en", TODAY)] == ["30"]


def test_an_approved_claim_that_has_lapsed_is_shown() -> None:
    policies = reads(claims=CLAIM).policies

    assert kinds(policies, "We work in 4 cities", date(2026, 12, 31)) == []
    assert kinds(policies, "We work in 4 cities", date(2027, 1, 1)) == ["expired_claim"]


def test_every_shipped_claim_that_is_approved_has_evidence_that_exists(shipped: Policies) -> None:
    approved = [claim for claim in shipped.claims.claims if claim.status == "approved"]

    assert approved
    for claim in approved:
        assert claim.evidence
        for path in claim.evidence:
            assert (ROOT / Path(path)).is_file(), f"{claim.id}: {path}"


# Figures


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("زاد عملاؤنا 30% هذا العام", "unbacked_percentage", "30%"),
        ("خمسين بالمية من العملاء", "unbacked_percentage", "خمسين بالمية"),
        ("up 12.5 percent", "unbacked_percentage", "12.5 percent"),
        ("زيادة %٤٠", "unbacked_percentage", "%٤٠"),
        ("خدمنا ٥٠٠ شركة", "unbacked_figure", "٥٠٠"),
        ("we serve 1,200 companies", "unbacked_figure", "1,200"),
        ("رد خلال 24h", "unbacked_figure", "24h"),
        ("أكثر من خمسين عميل", "unbacked_figure", "خمسين"),
        ("السعر 1500 ريال", "unbacked_figure", "1500"),
        ("9/10 من عملائنا", "unbacked_figure", "9"),
    ],
)
def test_a_figure_without_a_claim_is_shown(shipped: Policies, text: str, kind: str, words: str) -> None:
    found = shipped.findings(text, "ar", TODAY)

    assert (kind, words) in [(finding.kind, finding.words) for finding in found]
    assert not any(finding.blocks for finding in found)


@pytest.mark.parametrize(
    "text",
    [
        "الموعد الساعة 10:30",
        "نلتقي 10 صباحًا",
        "at 3pm",
        "call at 14:00",
        "يوم 2026-12-01",
        "يوم 1/12/2026",
        "الأحد 23 نوفمبر",
        "on January 15, 2027",
        "اتصلوا على 0501234567",
        "رقمنا +966 50 123 4567",
        "step 2 of 5",
        "الخطوة ٢ من ٥",
        "طلب رقم 4711",
        "https://example.com/plans/2026?x=99",
        "mail sales2@example.com",
        "1. نفهم احتياجكم\n2. نجهز العرض",
        "مكالمة مدتها 15 دقيقة",
        "سؤال واحد فقط",
        "ألف شكر لكم",
    ],
)
def test_a_figure_that_claims_nothing_passes(shipped: Policies, text: str) -> None:
    assert kinds(shipped, text) == []


PRICES = """
prices:
  starter: {name_ar: باقة, name_en: Starter, amount_halalas: 150000, currency: SAR, valid_from: 2026-01-01,
            valid_until: 2026-12-31, is_public: true}
"""


def test_a_figure_that_is_a_price_of_the_list_passes_while_the_price_holds() -> None:
    policies = over_the_book(prices=PRICES).policies

    assert kinds(policies, "السعر 1,500 ريال شهريًا") == []
    assert kinds(policies, "السعر ١٥٠٠ ريال") == []
    assert kinds(policies, "السعر 1,600 ريال") == ["unbacked_figure"]
    assert kinds(policies, "السعر 1,500 ريال", date(2027, 1, 1)) == ["unbacked_figure"]
    assert kinds(policies, "وفرنا 1500%") == ["unbacked_percentage"]


# Names and praise


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("نشتغل جنب هبسبوت", "competitor"),
        ("We work beside Salesforce", "competitor"),
        ("نحن الأفضل في السوق", "superlative"),
        ("أسرع منصة", "superlative"),
        ("the leading solution", "superlative"),
    ],
)
def test_competitors_and_superlatives_are_shown(shipped: Policies, text: str, kind: str) -> None:
    assert kinds(shipped, text) == [kind]


@pytest.mark.parametrize(
    "text", ["الأفضل تغيرونها الحين", "وش الأنسب لكم؟", "it is best to call", "الرد هنا أسرع"]
)
def test_a_comparison_of_other_things_is_no_praise(shipped: Policies, text: str) -> None:
    assert kinds(shipped, text) == []


def test_no_shipped_sentence_of_ours_is_found_fault_with(shipped: Policies) -> None:
    wordings = Wordings.load()
    blanks = {
        "question": "كيف؟",
        "price": "…",
        "company": "شركة",
        "first_time": "الأحد",
        "second_time": "الاثنين",
    }
    for key in wordings.keys:
        if "." in key:
            continue
        for language in LANGUAGES:
            filled = {name: blanks.get(name, "…") for name in wordings.blanks(key)}
            text = wordings.render(key, language, **filled).text
            assert shipped.findings(text, language, TODAY) == (), key


# Any text

WORDS = st.sampled_from(
    [
        "نضمن",
        "ضمان",
        "لا",
        "ما",
        "100",
        "%",
        "بالمية",
        "١٠٠",
        "10x",
        "soc",
        "2",
        "salesforce",
        "أفضل",
        "من",
        ".",
        "،",
        "!",
        "\n",
        "0501234567",
        "10:30",
        "2026-01-02",
        "the",
        "best",
        "ـ",
        "ً",
        "refund",
        "كامل",
        "استرداد",
        "😀",
        "a@b.co",
        "https://x.sa/5",
        "5/",
        "(",
        ")",
        "-",
        "\u200f",
    ]
)


@given(text=st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=25).map(" ".join)))
def test_every_finding_lies_inside_its_text_and_no_text_is_too_odd(text: str) -> None:
    for found in SHIPPED.findings(text, "ar", TODAY):
        start, end = found.span
        assert 0 <= start < end <= len(text)
        assert found.words == text[start:end].strip()
        assert found.kind in KINDS


@given(before=st.lists(WORDS, max_size=6), after=st.lists(WORDS, max_size=6))
def test_nothing_around_it_hides_a_guarantee(before: list[str], after: list[str]) -> None:
    text = f"{' '.join(before)} . نتائج مضمونة تماما . {' '.join(after)}"

    assert "guarantees" in {found.claim for found in SHIPPED.findings(text, "ar", TODAY)}


# The file


def test_an_approved_claim_without_evidence_is_refused() -> None:
    found = reads(claims=CLAIM.replace("    evidence: [tests/data.jsonl]\n", ""))

    assert found.problem_with("names its evidence").line == 4


def test_a_restricted_claim_without_a_qualifier_is_refused() -> None:
    found = reads(claims=CLAIM.replace("approved", "restricted"))

    found.problem_with("has a qualifier")
    found.problem_with("has an example that it catches")


def test_an_example_that_is_not_caught_is_named_with_its_line() -> None:
    found = reads(claims=CLAIM + "    caught: [in many cities]\n    not_caught: [in 9 cities]\n")

    assert found.problem_with("does not catch this").line == 11
    assert found.problem_with('catches "9 cities" here').line == 12


def test_a_phrase_that_cannot_be_read_is_named_with_its_line() -> None:
    found = reads(claims=CLAIM.replace('"#num (cities|مدن)"', '"#num (cities"'))

    assert found.problem_with("is never closed").line == 7


def test_an_unknown_status_and_an_unknown_key_get_a_suggestion() -> None:
    found = reads(claims=CLAIM.replace("status: approved", "status: aproved").replace("owner:", "ownr:"))

    assert 'Did you mean "approved"?' in found.problem_with("unknown status").what
    assert 'Did you mean "owner"?' in found.problem_with("unknown key").what


# A tenant


def test_a_tenant_adds_what_it_forbids() -> None:
    own = """
claims:
  free_of_charge:
    status: forbidden
    text_ar: لا نقول مجانًا
    text_en: we do not say free of charge
    said_as: ["مجانا", "free of charge"]
    caught: ["مجانًا لمدة شهر"]
    owner: sales
"""
    policies = over_the_book(claims=own).policies

    assert kinds(policies, "الاشتراك مجانًا") == ["forbidden"]
    assert kinds(policies, "نضمن لكم") == ["forbidden"]


def test_a_tenant_cannot_change_what_the_book_forbids() -> None:
    own = CLAIM.replace("four_cities", "guarantees")

    found = over_the_book(claims=own)

    assert found.problem_with('the book forbids "guarantees"').file == "tenant:policies/claims.yml"
    assert kinds(found.policies, "نضمن لكم") == ["forbidden"]


def test_an_approved_claim_of_a_tenant_does_not_free_forbidden_words() -> None:
    own = CLAIM.replace('"#num (cities|مدن)"', '"نضمن لكم"')

    found = over_the_book(claims=own)

    assert found.problems == ()
    assert kinds(found.policies, "نضمن لكم") == ["forbidden"]


def test_a_tenant_may_bring_evidence_for_a_restricted_claim() -> None:
    own = CLAIM.replace("four_cities", "approvals_in_hours").replace(
        '"#num (cities|مدن)"', '"approvals in hours"'
    )

    assert kinds(over_the_book(claims=own).policies, "approvals in hours instead of days") == []


def test_a_tenant_cannot_say_which_figures_claim_nothing() -> None:
    found = over_the_book(claims='no_claim: ["#num customers"]')

    found.problem_with("only the book says")
