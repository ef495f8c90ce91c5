"""Sami goes on holiday from his phone: a colleague decides for him, and he takes it back."""

from datetime import timedelta

import pytest

from bot.authority.approval import ApprovalStatus
from bot.conversation import Status
from tests.admin.telegram.house import TENANT, House
from tests.admin.telegram.test_approval_cards import asks
from tests.admin.telegram.test_people import joins
from tests.fakes.telegram import FakeTelegram, Person


@pytest.fixture
def noura(telegram: FakeTelegram) -> Person:
    return telegram.person(4004, "Noura")


def day(house: House, ahead: int = 7) -> str:
    return f"{house.now() + timedelta(days=ahead):%Y-%m-%d}"


async def lends(house: House, sami: Person, to: str = "Noura") -> None:
    await sami.types(f"/away {day(house)}")
    await sami.taps(to, on=await sami.sees("من يقرر عنك"))
    await sami.taps("lend", on=await sami.sees("متأكد؟"))
    await sami.sees("يقرر عنك")


async def test_nothing_is_lent_before_the_second_tap(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "agent")
    await sami.types(f"/away {day(house)}")
    await sami.taps("Noura", on=await sami.sees("من يقرر عنك"))
    sure = await sami.sees("متأكد؟")

    assert "معتمد" in sure.text
    assert await house.delegations.list(TENANT) == []
    await sami.taps("drop", on=sure)
    await sami.sees("لم يتغير شيء", on=sure)
    assert await house.delegations.list(TENANT) == []


async def test_the_colleague_gets_the_cards_and_decides_for_him(
    house: House, sami: Person, noura: Person
) -> None:
    await house.opens()
    user = await joins(house, noura, "agent")
    draft = await house.holds("رد ينتظر")
    await lends(house, sami)

    await noura.sees("يفوضك")
    asked = await asks(house)
    await noura.taps("approve", on=await noura.sees("رد ينتظر"))
    await noura.taps("approve", on=await noura.sees("خصم لأحمد"))
    card = await noura.sees("✅ تمت الموافقة")

    after, view = await house.draft(draft.id), await house.centre.get(TENANT, asked.id)
    assert after.status is Status.QUEUED
    assert "Noura" in after.decided_by
    assert "Sami" in after.decided_by
    assert view.status is ApprovalStatus.APPROVED
    assert (view.decided_by.id, view.on_behalf_of.name) == (f"user:{user.id}", "Sami")
    assert "نيابة عن ⁨Sami⁩" in card.text


async def test_it_ends_by_itself(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "agent")
    await lends(house, sami)
    house.passes(days=9)
    draft = await house.holds("بعد العودة")
    await sami.sees("بعد العودة")
    await noura.types("/whoami")
    page = await noura.sees("لك القراءة فقط")

    popup = await noura.sends_tap(f"d:approve:{draft.id}:1", page)

    assert "للقراءة فقط" in popup.text
    assert (await house.draft(draft.id)).status is Status.HELD


async def test_he_comes_back_and_takes_it_back(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "agent")
    await lends(house, sami)
    draft = await house.holds("رد ينتظر")
    card = await noura.sees("رد ينتظر")
    data = card.button("approve")["callback_data"]

    await sami.types("/back")
    await sami.taps("end", on=await sami.sees("إنهاء تفويض"))
    await sami.sees("أهلًا بعودتك")
    await noura.sees("انتهى تفويض")
    popup = await noura.sends_tap(data, card)

    assert "للقراءة فقط" in popup.text
    assert (await house.draft(draft.id)).status is Status.HELD
    await sami.types("/back")
    await sami.sees("لم تفوض أحدًا")


async def test_the_same_tap_twice_lends_once(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "agent")
    await sami.types(f"/away {day(house)}")
    await sami.taps("Noura", on=await sami.sees("من يقرر عنك"))
    sure = await sami.sees("متأكد؟")
    data = sure.button("lend")["callback_data"]

    for _ in range(2):
        await sami.sends_tap(data, sure)

    assert len(await house.delegations.list(TENANT)) == 1


async def test_only_what_is_ones_own_can_be_lent(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    user = await joins(house, noura, "agent")

    await noura.types(f"/away {day(house)}")
    await noura.sees("ليس لك دور تفوضه")
    popup = await noura.sends_tap(f"w:lend:{day(house).replace('-', '')}:telegram.1001", noura.last)
    await lends(house, sami)
    await noura.types(f"/away {day(house)}")
    await noura.sees("ليس لك دور تفوضه")

    assert popup is not None
    assert {d.borrower.id for d in await house.delegations.list(TENANT)} == {f"user:{user.id}"}


async def test_days_that_cannot_be_are_refused(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "agent")

    for wrong in ("", "tomorrow", "2026-13-45"):
        await sami.types(f"/away {wrong}")
    await sami.types(f"/away {day(house, -2)}")
    await sami.sees("هذا التاريخ مضى")
    await sami.types("/away ٢٠٩٩-٠١-٠١")
    await sami.types("/whoami")
    await sami.sees("أنت")  # what one writes is dealt with in its order

    assert len(sami.reads("/away 2026-12-01")) == 3
    assert len(sami.reads("هذا التاريخ مضى")) == 2
    assert await house.delegations.list(TENANT) == []
