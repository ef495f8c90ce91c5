"""What contacts ask about their own data reaches those who answer for it."""

import pytest

from bot.privacy.data_requests import DataRequest
from tests.admin.telegram.house import OTHER, TENANT, House
from tests.admin.telegram.test_people import ADMIN, joins
from tests.fakes.telegram import FakeTelegram, Person


@pytest.fixture
def noura(telegram: FakeTelegram) -> Person:
    return telegram.person(4004, "Noura")


async def demands(house: House, kind: str = "access", name: str = "أحمد") -> DataRequest:
    conversation_id = await house.hears_from(name, "أريد بياناتي")
    return await house.rights.create(house.tenant_id, kind, conversation_id, ADMIN, "api")


async def test_a_request_is_a_card_with_its_kind_day_and_page(house: House, sami: Person) -> None:
    await house.opens()
    request = await demands(house, "deletion")

    card = await sami.sees("🔐 يطلب ⁨أحمد⁩ حذف بياناته")

    assert request.reference in card.text
    assert f"{request.due_at:%Y-%m-%d}" in card.text
    assert [button["url"] for button in card.buttons] == [
        f"https://dealix.example/console/privacy?request={request.id}"
    ]


async def test_it_goes_to_the_data_protection_officer_where_there_is_one(
    house: House, sami: Person, noura: Person
) -> None:
    await house.opens()
    await joins(house, noura, "dpo")
    await demands(house)

    await noura.sees("معرفة ما نحفظه عنه")
    await house.holds("رد آخر", phone="966500000009")
    await sami.sees("رد آخر")
    assert not sami.reads("🔐")


async def test_the_card_is_true_after_it_was_closed_elsewhere_also_across_a_restart(
    house: House, sami: Person
) -> None:
    await house.opens()
    request = await demands(house, "restriction")
    card = await sami.sees("تقييد استخدام")
    await house.closes()
    await house.rights.reject(TENANT, request.id, ADMIN, "ليس صاحب الرقم")

    await house.opens()
    await sami.sees("❌ رُفض", on=card)

    assert "ليس صاحب الرقم" in card.text
    assert [m for m in sami.messages if m.message_id != card.message_id and "يطلب" in m.html] == []


async def test_the_list_says_what_is_open_and_what_is_late(house: House, sami: Person) -> None:
    await house.opens()
    await sami.types("/privacy")
    await sami.sees("لا طلبات بيانات مفتوحة")
    request = await demands(house)
    await sami.sees("معرفة ما نحفظه عنه")

    house.passes(days=31)
    await sami.types("/privacy")
    page = await sami.sees("طلبات أصحاب البيانات المفتوحة: 1")

    assert request.reference in page.text
    assert "تجاوز موعده" in page.text


async def test_another_tenant_sees_nothing_of_it(house: House, sami: Person, telegram: FakeTelegram) -> None:
    baker = telegram.person(2002, "Baker")
    house.let_decide((sami.chat.id,), (baker.chat.id,))
    await house.opens()
    await demands(house)
    await sami.sees("معرفة ما نحفظه عنه")

    await baker.types("/privacy")
    await baker.sees("لا طلبات بيانات مفتوحة")
    await demands(house.at(OTHER), "correction", "خباز")

    await baker.sees("يطلب ⁨خباز⁩ تصحيح")
    assert not sami.reads("خباز")
    assert not baker.reads("أحمد")
