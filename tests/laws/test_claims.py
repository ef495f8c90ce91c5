"""Words that nobody may send, and words that deserve a look, wherever a human writes them."""

import pytest

from bot.conversation import Status


async def waits(talk):
    await talk.says("هل عندكم فرع في أبها؟")
    (draft,) = talk.held
    return draft


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("نضمن لكم مضاعفة العملاء", "نضمن"),
        ("النتائج مضمونة معنا", "مضمونة"),
        ("We are better than Salesforce", "better than Salesforce"),
        ("استرداد كامل خلال شهر", "استرداد كامل"),
    ],
)
async def test_an_edit_with_forbidden_words_is_refused_and_the_words_are_named(talk, sami, text, words):
    draft = await waits(talk)
    answer = await sami.edits(draft, text)
    await talk.looks()

    problem = answer.json()
    assert answer.status_code == 422
    assert words in problem["message_ar"]
    assert words in problem["message_en"]
    assert talk.held[0].text == draft.text
    assert talk.held[0].edits == ()


async def test_a_human_s_own_message_with_forbidden_words_is_not_sent(talk, sami):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    answer = await sami.writes(talk, "نتعهد لكم بالنتائج")
    await talk.looks()

    assert answer.status_code == 422
    talk.is_quiet()


async def test_what_deserves_a_look_is_a_flag_and_can_be_sent(talk, sami):
    draft = await waits(talk)
    answer = await sami.edits(draft, "نعم، وخدمنا 500 عميل بزيادة 30%، ونحن الأفضل في السوق")
    await talk.looks()
    (edited,) = talk.held

    assert answer.status_code == 200
    assert {"unbacked_figure", "unbacked_percentage", "superlative"} <= set(edited.flags)

    await sami.approves(talk)
    talk.hears_words("نعم، وخدمنا 500 عميل بزيادة 30%، ونحن الأفضل في السوق")


async def test_a_flag_goes_with_the_words_that_caused_it(talk, sami):
    draft = await waits(talk)
    await sami.edits(draft, "خدمنا 500 عميل")
    await talk.looks()
    (edited,) = talk.held
    await sami.edits(edited, "نعم، عندنا فرع")
    await talk.looks()

    assert "unbacked_figure" in edited.flags
    assert "unbacked_figure" not in talk.held[0].flags
    assert set(draft.flags) <= set(talk.held[0].flags)


async def test_ordinary_answers_have_no_such_flag(talk):
    await talk.says("السلام عليكم")
    await talk.says("أبي أكلم موظف")

    flags = {flag for draft in talk.conversation.outbox for flag in draft.flags}
    assert not flags & {"forbidden", "unbacked_figure", "competitor", "superlative"}
    assert talk.drafts(Status.ACCEPTED)


async def test_the_tenant_s_own_name_is_no_claim(new_house):
    from tests.house import Sami, Talk

    house = await new_house(DEALIX_TENANT_NAME="شركة الضمان الذهبي")
    talk = Talk(house)
    draft = await waits(talk)
    answer = await Sami(house).edits(draft, "حياكم الله في شركة الضمان الذهبي")

    assert answer.status_code == 200, answer.text


async def test_a_refusal_stays_short_however_much_is_wrong(talk, sami):
    draft = await waits(talk)
    answer = await sami.edits(draft, "نضمن لكم، ونتعهد، والنتائج مضمونة، وبدون مخاطر، ودقة كاملة. " * 40)

    assert answer.status_code == 422
    assert len(answer.json()["message_ar"]) < 700
