"""A change of the rules, agreed to on a phone."""

from bot.people import Human
from bot.workbench.editions import State
from tests.admin.telegram.house import TENANT, House
from tests.fakes.telegram import Person

NOURA = Human("console:noura", "Noura")
SAMI = Human("telegram:1001", "Sami")


async def submitted(house: House, by: Human = NOURA, words: str = "على الرحب والسعة.") -> str:
    change = await house.workbench.begin(TENANT, by, "شكر أدفأ")
    text = f"thanks_reply:\n  ar: {words}\n  en: With pleasure.\n"
    change = await house.workbench.edit(TENANT, change.id, change.v, "wording/own.yml", text, by)
    await house.workbench.submit(TENANT, change.id, change.v, by)
    return change.id


async def test_a_submitted_change_is_a_card_that_says_who_what_and_how_it_was_tested(
    house: House, sami: Person
) -> None:
    await house.opens()
    await submitted(house)

    card = await sami.sees("شكر أدفأ")

    for part in ("Noura", "wording/own.yml", "اجتاز الفحص", "لا قرارات سابقة"):
        assert part in card.text
    assert len(card.buttons) == 2


async def test_sami_agrees_and_it_is_in_force(house: House, sami: Person) -> None:
    await house.opens()
    change = await submitted(house)
    card = await sami.sees("شكر أدفأ")

    popup = await sami.taps("agree", on=card)
    seen = await sami.sees("سارٍ", on=card)

    assert not popup.is_alert
    assert seen.keyboard == []
    assert house.playbooks.of(TENANT).wordings.text("thanks_reply", "ar") == "على الرحب والسعة."
    assert (await house.workbench.change(TENANT, change)).decided_by == SAMI
    assert len(sami.messages) == 1


async def test_sami_cannot_agree_to_his_own_change(house: House, sami: Person) -> None:
    await house.opens()
    await submitted(house, SAMI)
    card = await sami.sees("شكر أدفأ")

    popup = await sami.taps("agree", on=card)

    assert popup.is_alert
    assert "شخص آخر" in popup.text
    assert await house.workbench.history(TENANT) == []


async def test_a_refusal_carries_a_reason_back(house: House, sami: Person) -> None:
    await house.opens()
    change = await submitted(house)
    card = await sami.sees("شكر أدفأ")

    await sami.taps("pick", on=card)
    await sami.taps("refuse_wording", on=card)
    await sami.sees("رفضه", on=card)

    refused = await house.workbench.change(TENANT, change)
    assert (refused.state, refused.reason) == (State.REFUSED, "الصياغة تحتاج تعديلًا")


async def test_a_second_thought_about_a_refusal_brings_the_buttons_back(house: House, sami: Person) -> None:
    await house.opens()
    await submitted(house)
    card = await sami.sees("شكر أدفأ")

    await sami.taps("pick", on=card)
    await sami.taps("back", on=card)
    seen = await sami.sees_button("agree", on=card)

    assert len(seen.buttons) == 2


async def test_what_was_agreed_elsewhere_is_shown_after_a_restart(house: House, sami: Person) -> None:
    await house.opens()
    change = await submitted(house)
    card = await sami.sees("شكر أدفأ")
    await house.closes()

    shown = await house.workbench.change(TENANT, change)
    await house.workbench.agree(TENANT, change, Human("console:badr", "Badr"), shown.v)
    await house.opens()
    seen = await sami.sees("Badr", on=card)

    assert seen.keyboard == []
    assert len(sami.messages) == 1


async def test_a_late_tap_is_told_what_became_of_it(house: House, sami: Person) -> None:
    await house.opens()
    change = await submitted(house)
    card = await sami.sees("شكر أدفأ")
    data = card.button("agree")["callback_data"]
    await house.workbench.withdraw(TENANT, change, NOURA)

    popup = await sami.sends_tap(data, card)

    assert popup.is_alert
    assert await house.workbench.history(TENANT) == []
