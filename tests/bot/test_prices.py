"""Where the price comes from that the bot says."""

from datetime import UTC, datetime

import pytest

from bot.conversation import Conversation
from bot.decision import decide
from bot.playbook import Playbook, compose, shipped
from bot.prices import priced
from bot.tenant import Tenant
from rules.verdict import Question

LIST = """
prices:
  starter:
    name_ar: باقة الانطلاق
    name_en: Starter plan
    amount_halalas: 150000
    currency: SAR
    valid_from: 2027-01-01
    valid_until: 2027-12-31
    is_public: true
"""
BEFORE = datetime(2026, 12, 31, 20, 59, tzinfo=UTC)
FIRST_MINUTE = datetime(2026, 12, 31, 21, 0, tzinfo=UTC)  # midnight in Riyadh
AFTER = datetime(2028, 1, 1, tzinfo=UTC)

SILENT = Tenant("one", "شركة")
SPOKEN = Tenant("one", "شركة", has_public_price=True, public_price={"ar": "من 900 ريال", "en": "from SAR 900"})


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return compose(shipped(), {"policies/prices.yml": LIST}, name="one", backend="reference")


def answer(playbook: Playbook, tenant: Tenant, at: datetime, text: str = "كم السعر؟") -> str:
    tenant = priced(tenant, playbook.book.policies, at)
    question = Question(text=text, stage="new_lead", has_public_price=tenant.has_public_price)
    nobody = Conversation("c1", tenant.id, (), at)
    said = decide(nobody, question, tenant, playbook).rendered
    assert said is not None
    return said.text


def test_the_price_of_the_list_is_said_on_its_days(playbook: Playbook) -> None:
    assert "باقة الانطلاق: 1,500 ريال" in answer(playbook, SILENT, FIRST_MINUTE)
    assert "Starter plan: SAR 1,500" in answer(playbook, SILENT, FIRST_MINUTE, "how much is it?")


def test_the_list_goes_before_the_setting_of_the_tenant(playbook: Playbook) -> None:
    text = answer(playbook, SPOKEN, FIRST_MINUTE)

    assert "1,500" in text
    assert "900" not in text


@pytest.mark.parametrize("at", [BEFORE, AFTER])
def test_without_a_price_that_holds_today_the_setting_counts(playbook: Playbook, at: datetime) -> None:
    assert "من 900 ريال" in answer(playbook, SPOKEN, at)
    assert "ريال" not in answer(playbook, SILENT, at)


def test_a_list_that_is_not_public_says_nothing() -> None:
    hidden = LIST.replace("is_public: true", "is_public: false")
    playbook = compose(shipped(), {"policies/prices.yml": hidden}, name="one", backend="reference")

    assert "1,500" not in answer(playbook, SILENT, FIRST_MINUTE)
