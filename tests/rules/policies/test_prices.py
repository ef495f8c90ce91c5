"""The dated price list."""

from datetime import date

import pytest

from rules.policies import Policies
from tests.rules.policies.conftest import over_the_book, reads

LIST = """
prices:
  starter:
    name_ar: باقة الانطلاق
    name_en: Starter plan
    amount_halalas: 150000
    currency: SAR
    valid_from: 2026-01-01
    valid_until: 2026-12-31
    is_public: true
  growth:
    name_ar: باقة النمو
    name_en: Growth plan
    amount_halalas: 325050
    currency: SAR
    valid_from: 2026-06-01
    is_public: false
"""


def test_a_public_price_is_said_on_its_days_only() -> None:
    prices = reads(prices=LIST).policies.prices

    assert [price.id for price in prices.public(date(2026, 1, 1))] == ["starter"]
    assert [price.id for price in prices.public(date(2026, 12, 31))] == ["starter"]
    assert prices.public(date(2025, 12, 31)) == ()
    assert prices.public(date(2027, 1, 1)) == ()


def test_a_price_that_is_not_public_is_never_said() -> None:
    prices = reads(prices=LIST).policies.prices

    assert [price.id for price in prices.valid(date(2030, 1, 1))] == ["growth"]
    assert prices.sentence("ar", date(2030, 1, 1)) == ""


def test_a_price_is_said_in_riyals_in_both_languages() -> None:
    prices = reads(prices=LIST.replace("is_public: false", "is_public: true")).policies.prices

    assert prices.sentence("ar", date(2026, 7, 1)) == "باقة الانطلاق: 1,500 ريال، باقة النمو: 3,250.50 ريال"
    assert prices.sentence("en", date(2026, 7, 1)) == "Starter plan: SAR 1,500, Growth plan: SAR 3,250.50"


def test_the_shipped_list_is_empty(shipped: Policies) -> None:
    assert list(shipped.prices) == []


@pytest.mark.parametrize("amount", ["1500.00", "1.5e5", '"150000"', "0", "-5", "true", "99999999999"])
def test_money_that_is_not_whole_halalas_is_refused(amount: str) -> None:
    found = reads(prices=LIST.replace("150000", amount))

    assert found.problem_with("Write whole halalas").line == 6


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("valid_until: 2026-12-31", "valid_until: 2025-12-31", "the last day is before the first"),
        ("valid_from: 2026-01-01", "valid_from: 01.01.2026", "is not a day"),
        ("currency: SAR\n    valid_from: 2026-01", "currency: USD\n    valid_from: 2026-01", "unknown currency"),
        ("    name_en: Starter plan\n", "", 'lacks "name_en"'),
        ("is_public: true", "is_public: yes", "true or false"),
        ("  starter:", "  Starter plan:", "lower_case"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, words: str) -> None:
    assert old in LIST

    reads(prices=LIST.replace(old, new)).problem_with(words)


def test_a_tenant_adds_prices_and_replaces_them_by_id() -> None:
    first = reads(prices=LIST, tenant__prices=LIST.replace("150000", "170000").replace("growth", "more"))

    assert {price.id: price.amount_halalas for price in first.policies.prices} == {
        "starter": 170000,
        "growth": 325050,
        "more": 325050,
    }
    assert [price.id for price in over_the_book(prices=LIST).policies.prices] == ["starter", "growth"]
