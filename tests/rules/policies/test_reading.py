"""All files of policies together."""

from rules.policies import Policies
from tests.rules.policies.conftest import over_the_book, reads


def test_a_file_with_another_name_gets_a_suggestion() -> None:
    found = reads(price="prices: {}")

    assert 'Did you mean "prices.yml"?' in found.problem_with("unknown file of policies").what


def test_the_problems_of_every_file_are_reported_at_once() -> None:
    found = reads(
        claims="clams: {}",
        prices="prize: {}",
        quiet_hours="nite: {}",
        approval_deadlines="kind: {}",
        follow_ups="cap: {}",
    )

    assert {problem.file for problem in found.problems} == {
        f"policies/{name}.yml" for name in ("claims", "prices", "quiet_hours", "approval_deadlines", "follow_ups")
    }


def test_content_of_any_shape_is_a_problem_and_never_a_crash() -> None:
    for name in ("claims", "prices", "quiet_hours", "approval_deadlines", "follow_ups"):
        keys = {
            "claims": ("words", "lexemes", "claims", "competitors", "no_claim"),
            "prices": ("prices",),
            "quiet_hours": (
                "night",
                "friday",
                "weekend",
                "prayer",
                "ramadan",
                "holidays",
                "cities",
                "city",
                "timezone",
            ),
            "approval_deadlines": ("kinds", "working_hours"),
            "follow_ups": ("caps", "cadences"),
        }[name]
        for key in keys:
            for value in ("7", "[]", "[1]", "~", "true", "{a: 1}", "{a: []}", "{a: {b: c}}", '"x"'):
                reads(**{name: f"{key}: {value}\n"})


def test_the_plain_form_is_the_same_for_every_way_of_writing_it() -> None:
    one = reads(prices="prices: {}\n").policies
    other = reads(prices="# nothing yet\nprices:   { }\n").policies

    assert one.plain == other.plain == {"policies/prices.yml": {"prices": {}}}


def test_the_shipped_policies_have_no_problem(shipped: Policies) -> None:
    assert len(shipped.plain) == 9
    assert over_the_book().problems == ()
