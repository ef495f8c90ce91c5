"""Templates as data: numbers, fills, and what they may claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.policies import Policies
from rules.policies.templates import BLANK, filled
from tests.rules.policies.conftest import over_the_book, reads

ONE = """
templates:
  ours:
    title: Ours
    title_ar: قالبنا
    category: marketing
    used_for: [campaign]
    body:
      ar: مرحبا {{1}} من {{2}} أهلا
      en: Hello {{1}} from {{2}} welcome
    fills:
      - {fact: name, otherwise_ar: بك, otherwise_en: there}
      - {fact: our_company}
"""


def with_body(words: str, claims: str = "") -> str:
    named = f"\n    claims: [{claims}]" if claims else ""
    return (
        "templates:\n  ours:\n    title: Ours\n    title_ar: قالبنا\n    category: marketing\n"
        f"    used_for: [campaign]\n    body: {{en: '{words}'}}{named}\n"
    )


def test_the_words_are_filled_with_what_is_known_of_a_contact() -> None:
    (template,) = reads(templates=ONE).policies.templates.templates

    values = template.values("ar", {"name": "  أبو\n فهد ", "our_company": "ديالكس"})
    assert values == ("أبو فهد", "ديالكس")
    assert template.words("ar", values) == "مرحبا أبو فهد من ديالكس أهلا"
    assert template.values("en", {"our_company": "Dealix"}) == ("there", "Dealix")
    assert template.values("en", {"name": "Fahd"}) is None


@given(values=st.tuples(st.text(min_size=1), st.text(min_size=1)))
def test_what_fills_a_number_is_never_read_as_a_number(values: tuple[str, str]) -> None:
    assert filled("a {{1}} b {{2}} c", values) == f"a {values[0]} b {values[1]} c"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (ONE.replace("{{2}} أهلا", "{{3}} أهلا"), "without a gap"),
        (ONE.replace("Hello {{1}} from {{2}}", "Hello {{1}} from us"), "one fill for each"),
        (ONE.replace("{{1}} من", "{{اسم}} من"), "a blank is written"),
        (ONE.replace("{{2}} أهلا", "{{2}}"), "begins or ends with a blank"),
        (ONE.replace("category: marketing", "category: authentication"), "a code to sign in"),
        (ONE.replace("category: marketing", "category: advert"), "unknown category"),
        (ONE.replace("fact: name", "fact: salary"), "unknown fact"),
        (ONE.replace(", otherwise_en: there", ""), "for every language"),
        (ONE.replace("used_for: [campaign]", "used_for: [spam]"), "unknown used_for"),
    ],
)
def test_what_meta_would_refuse_is_a_problem_with_its_line(broken: str, said: str) -> None:
    problem = reads(templates=broken).problem_with(said)

    assert problem.line > 1


def test_a_figure_needs_a_claim_that_the_template_names() -> None:
    bare = over_the_book(templates=with_body("Our clients close 40% more deals with us"))

    assert "Name it in claims" in bare.problem_with("40%").what


def test_a_claim_that_is_approved_accounts_for_its_figure_only_where_it_is_named() -> None:
    words = "It works on whatsapp through any of 4 providers today"

    assert over_the_book(templates=with_body(words)).problems
    named = over_the_book(templates=with_body(words, _id_of_the_claim_about_whatsapp()))
    assert named.problems == ()


def _id_of_the_claim_about_whatsapp() -> str:
    claims = over_the_book().policies.claims.claims
    return next(claim.id for claim in claims if "works inside WhatsApp" in claim.text_en)


@pytest.mark.parametrize(
    "words", ["Results are guaranteed for you", "No risk at all for you", "100% sure it works"]
)
def test_what_is_forbidden_is_forbidden_in_a_template_too(words: str) -> None:
    assert over_the_book(templates=with_body(words)).problem_with("must never be said")


def test_a_layer_may_only_brake_sooner() -> None:
    sooner = over_the_book(templates="brakes: {after_messages: 5, bad_percent: 2}\ntemplates: {}\n")
    later = over_the_book(templates="brakes: {after_messages: 50, bad_percent: 2}\ntemplates: {}\n")

    assert sooner.problems == () and sooner.policies.templates.brakes.after_messages == 5
    assert later.problem_with("after_messages")


def test_a_step_names_a_template_that_is_for_follow_ups() -> None:
    cadence = (
        "cadences:\n  ours:\n    title: Ours\n    stages: [payment_requested]\n    steps:\n"
        "      - {id: ours, after: 3 days, say: follow_up_second, template: NAME}\n"
    )

    assert over_the_book(follow_ups=cadence.replace("NAME", "talk_goes_on")).problems == ()
    assert over_the_book(follow_ups=cadence.replace("NAME", "see_it_yourself")).problem_with("unknown template")


def test_the_shipped_templates_are_whole_in_both_languages(shipped: Policies) -> None:
    facts = {"our_company": "Dealix"}
    for template in shipped.templates.templates:
        assert set(template.bodies) == {"ar", "en"}
        for language in template.bodies:
            values = template.values(language, facts)
            assert values is not None and not BLANK.search(template.words(language, values))
