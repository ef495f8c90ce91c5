"""Alerts reach those whom they are for, once, and can be acknowledged."""

from datetime import timedelta

import pytest

from tests.admin.telegram.house import OTHER, TENANT, House
from tests.admin.telegram.test_approval_cards import asks
from tests.admin.telegram.test_people import ADMIN, joins
from tests.fakes.telegram import FakeTelegram, Person


@pytest.fixture
def noura(telegram: FakeTelegram) -> Person:
    return telegram.person(4004, "Noura")


async def warns(house: House, key: str = "k1", **more: object) -> None:
    """Something that the admins must know."""
    await house.alerts.tell(
        house.tenant_id,
        "action_forbidden",
        f"A forbidden attempt {key}",
        f"محاولة ممنوعة {key}",
        "delete_data_without_audit <by> api:x",
        key,
        **more,  # type: ignore[arg-type]
    )


async def test_an_alert_comes_once_with_its_title_and_detail(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "admin")
    await warns(house)
    await warns(house)

    shown = await noura.sees("🔔 ")
    await house.closes()
    await house.opens()
    await warns(house, "k2")
    await noura.sees("محاولة ممنوعة k2")

    assert "delete_data_without_audit <by> api:x" in shown.text
    assert len(noura.reads("محاولة ممنوعة k1")) == 1
    assert not sami.reads("محاولة ممنوعة")


async def test_where_nobody_has_the_role_those_who_decide_are_told(house: House, sami: Person) -> None:
    await house.opens()
    await warns(house)

    await sami.sees("محاولة ممنوعة k1")


async def test_many_alerts_for_others_do_not_hide_ones_own(house: House, sami: Person, noura: Person) -> None:
    await house.opens()
    await joins(house, noura, "admin")
    for number in range(4):
        await warns(house, f"admin{number}")
    await warns(house, "mine", audience=("approver",))

    await sami.sees("محاولة ممنوعة mine")
    await noura.sees("محاولة ممنوعة mine")

    assert len(sami.reads("🔔 ")) == 1
    assert await house.alerts.unseen(TENANT, f"telegram:{sami.chat.id}") == []


async def test_an_acknowledged_alert_says_who_and_the_console_knows(house: House, noura: Person) -> None:
    await house.opens()
    user = await joins(house, noura, "admin")
    await warns(house)
    card = await noura.sees("محاولة ممنوعة k1")

    popup = await noura.taps("ok", on=card)
    await noura.sees("اطلع عليه ⁨Noura⁩", on=card)

    assert not popup.is_alert
    assert card.keyboard == []
    assert await house.alerts.unseen(TENANT, f"user:{user.id}") == []


async def test_an_alert_of_another_tenant_or_for_another_role_cannot_be_had(
    house: House, sami: Person, noura: Person, telegram: FakeTelegram
) -> None:
    baker = telegram.person(2002, "Baker")
    house.let_decide((sami.chat.id,), (baker.chat.id,))
    await house.opens()
    await joins(house, noura, "admin")
    await warns(house)
    data = (await noura.sees("محاولة ممنوعة k1")).button("ok")["callback_data"]
    await warns(house.at(OTHER), "theirs")
    own = await baker.sees("محاولة ممنوعة theirs")
    await sami.types("/whoami")
    his = await sami.sees("أنت")

    stolen = [await baker.sends_tap(data, own), await sami.sends_tap(data, his)]
    nobody = await baker.sends_tap("n:ok:01ARZ3NDEKTSV4RRFFQ69G5FAV", own)

    assert {(popup.text, popup.is_alert) for popup in stolen} == {(nobody.text, nobody.is_alert)}
    assert not any("k1" in m.text for m in (*baker.messages, *sami.messages))
    alert = (await house.alerts.latest(TENANT))[0]
    assert set(alert.seen_by) <= {f"telegram:{noura.chat.id}", f"telegram:{sami.chat.id}"}


async def test_nobody_decides_and_it_climbs_approvers_then_backup_then_admin(
    house: House, sami: Person, noura: Person, telegram: FakeTelegram
) -> None:
    stand_in = telegram.person(5005, "Badr")
    await house.opens()
    await joins(house, noura, "admin")
    lent_to = await joins(house, stand_in, "agent", name="Stand-in")
    asked = await asks(house)
    card = await sami.sees("خصم لأحمد")
    await noura.sees("خصم لأحمد")
    now = house.now()
    await house.delegations.lend(
        TENANT, ADMIN, ("admin",), lent_to.human, from_at=now, until_at=now + timedelta(days=5)
    )

    house.ahead += asked.warn_at - house.now() + timedelta(seconds=1)
    await house.trust.authority.escalation.look_at(TENANT)
    ring = await sami.sees("🔔 ⁨خصم لأحمد: يقترب موعده")
    assert ring.reply_to == card.message_id
    await sami.sees("🟠", on=card)
    assert not stand_in.reads("🔔")

    house.ahead += asked.due_at - house.now() + timedelta(seconds=1)
    await house.trust.authority.escalation.look_at(TENANT)
    await stand_in.sees("🔔 ⁨خصم لأحمد: تجاوز المهلة")
    await sami.sees("🔴", on=card)
    assert not sami.reads("🚨")

    house.ahead += asked.escalate_at - house.now() + timedelta(seconds=1)
    await house.trust.authority.escalation.look_at(TENANT)
    await house.trust.authority.escalation.look_at(TENANT)
    alarm = await noura.sees("🚨 ⁨خصم لأحمد")
    await noura.taps("open", on=alarm)
    await noura.taps("approve", on=noura.last)

    await sami.sees("✅ تمت الموافقة", on=card)
    assert len(noura.reads("🚨 ⁨خصم لأحمد: حرج")) == 1
    assert not [m for m in sami.messages if "حرج" in m.text and m.message_id != card.message_id]


async def test_an_overdue_draft_can_be_opened_from_its_alert(house: House, sami: Person) -> None:
    await house.opens()
    await house.holds("رد متأخر")
    await sami.sees("رد متأخر")
    house.passes(hours=3)
    await house.trust.authority.escalation.look_at(TENANT)

    alarm = await sami.sees("🚨")
    await sami.taps("n:open", on=alarm)
    await sami.taps("approve")

    await sami.sees("جارٍ الإرسال")


async def test_telegram_away_loses_no_alert(house: House, sami: Person, telegram: FakeTelegram) -> None:
    telegram.goes_down()
    await house.opens()
    await warns(house)
    telegram.comes_back()

    await sami.sees("محاولة ممنوعة k1")


async def test_one_who_blocked_the_bot_does_not_stop_the_other(
    house: House, sami: Person, second: Person
) -> None:
    house.let_decide((second.chat.id, sami.chat.id))
    second.blocks()
    await house.opens()
    await warns(house)
    await asks(house)

    await sami.sees("محاولة ممنوعة k1")
    await sami.sees("خصم لأحمد")
    second.unblocks()
    await second.sees("محاولة ممنوعة k1")
    await second.sees("خصم لأحمد")
