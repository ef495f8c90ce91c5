"""A grant is for one deed: whoever changes one of its bonds has none."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.authority.grants import REFUSALS, mismatch
from bot.authority.mandates import Bonds, Grant
from bot.people import Human

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WORDS = st.text(max_size=12)
BONDS = st.builds(Bonds, WORDS, WORDS, WORDS, WORDS)


def granted(bonds, **more):
    given_by_default = {"granted_at": NOW, "expires_at": NOW + timedelta(hours=24)}
    return Grant("G", "default", bonds, "A", Human("user:sami", "Sami"), **{**given_by_default, **more})


@given(BONDS)
def test_exactly_what_was_agreed_to_may_be_done(bonds):
    assert mismatch(granted(bonds), bonds, NOW) == ""


@given(BONDS, st.sampled_from([f.name for f in fields(Bonds)]), WORDS)
def test_another_bond_is_refused_by_its_name(bonds, name, other):
    assume(getattr(bonds, name) != other)
    expected = "grant_other_content" if name == "content_sha256" else f"grant_other_{name}"

    assert mismatch(granted(bonds), replace(bonds, **{name: other}), NOW) == expected


@given(BONDS, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_grant_holds_until_its_end_and_not_a_moment_longer(bonds, later):
    code = mismatch(granted(bonds), bonds, NOW + later)

    assert code == ("" if later < timedelta(hours=24) else "grant_expired")


@given(BONDS)
def test_what_is_used_or_taken_back_is_no_grant(bonds):
    assert mismatch(granted(bonds, used_at=NOW), bonds, NOW) == "grant_used"
    assert mismatch(granted(bonds, revoked_at=NOW), bonds, NOW) == "grant_revoked"


def test_every_refusal_is_said_in_two_languages():
    assert all(english and arabic and english != arabic for english, arabic in REFUSALS.values())
