"""What a card proposes while its contact goes on writing."""

from tests.house import Talk


async def test_what_is_understood_at_last_takes_the_place_of_a_reply_that_says_nothing(talk: Talk) -> None:
    await talk.says("free trial?")
    assert talk.waits_for_a_human("hold.low_confidence").wording == "not_understood_draft"

    await talk.says("how much does it cost?")

    card = talk.waits_for_a_human("hold.low_confidence")
    assert card.wording == "price_on_request"
    talk.is_in("qualifying")


async def test_a_question_that_is_not_on_the_card_is_not_open(talk: Talk) -> None:
    await talk.says("تم الدفع")
    await talk.says("كم السعر؟")
    await talk.says("عندنا 12 موظف")

    card = talk.waits_for_a_human("hold.payment_claim")
    assert card.wording == "payment_claim_reply"
    assert "unbacked_figure" not in card.flags, "no figure stands on this card"
    talk.has_answered()
    assert talk.conversation.asked == "" and talk.conversation.expects == ""
