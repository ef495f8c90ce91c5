"""Opt-out beats everything: from every stage, in every spelling, at every moment."""

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation import Status
from flows.deal import STAGES
from tests.fakes.whatsapp import bodies
from tests.fakes.whatsapp.bodies import PROVIDERS
from tests.house import Sami, Talk

# Our own list, by dialect; the book was not written from it.
STOPS = (
    # written Arabic
    "إيقاف",
    "ايقاف",
    "أوقفوا الرسائل",
    "أوقفوا الإرسال",
    "الرجاء إيقاف الرسائل",
    "أرجو عدم إرسال أي رسائل",
    "أرجو التوقف عن مراسلتي",
    "لا تتواصل معي",
    "لا تتواصلوا معي مرة ثانية",
    "لا ترسلوا لي رسائل بعد اليوم",
    "الغاء الاشتراك",
    "إلغاء الاشتراك",
    "أريد إلغاء الاشتراك",
    "احذفوا رقمي",
    "قف",
    "توقف",
    # Gulf and Najd
    "وقف",
    "وقفوا",
    "وقف الرسايل",
    "وقفوا الرسايل",
    "وقفوا هالرسايل",
    "خلاص لا عاد ترسل",
    "لا عاد ترسلون لي",
    "لا ترسلون لي",
    "لا ترسل لي شي",
    "لا تراسلوني",
    "لا تراسلني",
    "ما أبي رسايل منكم",
    "ما ابغى رسايلكم",
    "ما ابغى تراسلوني",
    "أنتم تزعجوني وقفوا",
    "امسح رقمي",
    "شيلوا رقمي من عندكم",
    "لا تكلموني",
    # Egypt and the Levant
    "متبعتليش رسايل تاني",
    "بلاش رسايل",
    "ما بدي رسايل",
    "لا تبعتولي رسائل",
    # English
    "stop",
    "STOP",
    "Stop.",
    "unsubscribe",
    "please stop",
    "stop messaging me",
    "stop texting me",
    "do not contact me",
    "don't contact me again",
    "don't message me",
    "remove me from your list",
    "take me off your list",
    "opt out",
    "stop sending me messages",
    "no more messages please",
    # Arabizi
    "wa2fo el rasayel",
    "la tersel",
    "la tersloon",
    "wagef",
)

# People who are glad to hear from us, or speak about something else.
NO_STOPS = (
    "what is the bus stop price",
    "non-stop messages please",
    "please remove the demo",
    "الغاء الموعد",
    "إلغاء الموعد",
    "cancel my appointment",
    "وين موقف السيارات",
    "موقفكم وين",
    "كم توقفون الخدمة بالصيانة",
    "لا توقفون الرسائل",
    "لا توقفوا الإرسال الله يعافيكم",
    "don't stop sending me offers",
    "الموظف وقف معنا مشكور",
    "متى أقدر أوقف عندكم",
    "one stop shop",
    "نبي نوقف نظامنا الحالي ونستخدم نظامكم",
    "كم السعر",
    "مهتم",
    "أبي أشترك",
    "هل ترسلون رسائل للعملاء",
    "نبغى نرسل رسائل للعملاء",
    "can your system stop duplicate messages?",
    "I can't stop thinking about your product",
    "كيف العميل يلغي اشتراكه",
    "لا تنسون ترسلون العرض",
    "لا تتأخرون علي",
    "ليش وقف النظام عندي",
    "هل فيه خصم",
    "عندكم وقف خيري؟",
    "شركة الوقف التقني",
)

BEFORE = ("", "", "السلام عليكم ", "لو سمحت ", "من فضلك ", "يا أخي ", "يا ناس ", "خلاص ", "الله يعافيكم ")
AFTER = ("", "", " لو سمحت", " الله يعافيكم", " شكرا", " من فضلكم", "!!!", " 🙏", ".", " ..", "\n")
BEFORE_LATIN = ("", "", "hi ", "hello, ", "please ", "PLEASE ")
AFTER_LATIN = ("", "", " please", " now", "!!", ".", " thanks", " 🙏")
TASHKEEL = "\u064b\u064c\u064d\u064e\u064f\u0650\u0652"
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"


@st.composite
def spoken(draw, phrases):
    """A phrase as somebody may really type it."""
    phrase = draw(st.sampled_from(phrases))
    is_arabic = any("\u0600" <= letter <= "\u06ff" for letter in phrase)
    before, after = (BEFORE, AFTER) if is_arabic else (BEFORE_LATIN, AFTER_LATIN)
    if phrases is NO_STOPS:
        before = tuple(word for word in before if word != "خلاص ")  # «enough» is half a stop by itself
    ways = draw(st.sets(st.sampled_from(("ornament", "hidden", "kashida", "shout", "spaces")), max_size=2))
    chance = random.Random(draw(st.integers(0, 2**32)))
    if "ornament" in ways and is_arabic:
        phrase = _sprinkled(phrase, TASHKEEL, chance)
    if "hidden" in ways:
        phrase = _sprinkled(phrase, UNSEEN, chance)
    if "kashida" in ways and is_arabic:
        phrase = _kashida(phrase)
    if "shout" in ways and not is_arabic:
        phrase = chance.choice((phrase.upper(), phrase.title()))
    if "spaces" in ways:
        phrase = f"  {phrase.replace(' ', '   ')} "
    return draw(st.sampled_from(before)) + phrase + draw(st.sampled_from(after))


def _sprinkled(phrase: str, letters: str, chance: random.Random) -> str:
    return "".join(
        letter + (chance.choice(letters) if letter.isalpha() and chance.random() < 0.3 else "")
        for letter in phrase
    )


def _kashida(phrase: str) -> str:
    """Stretch the first letter that joins on."""
    for place, letter in enumerate(phrase[:-1]):
        if letter in "بتثجحخسشصضطظعغفقكلمنهي" and phrase[place + 1].isalpha():
            return phrase[: place + 1] + "ـ" * 3 + phrase[place + 1 :]
    return phrase


async def assert_it_is_over(talk: Talk, sami: Sami) -> None:
    """Opted out, nothing on its way, one confirmation, and not a word afterwards, whatever anybody does."""
    said = repr(talk.posted[-1][1].body.decode()[:300])
    assert talk.conversation.stage == "opted_out", said
    talk.hears("opt_out_confirmation", language=talk.conversation.language)
    assert talk.conversation.on_the_way() == []
    before = len(talk.replies)

    old = list(talk.conversation.outbox)
    await talk.says("كم السعر؟")
    await talk.says("وقفوا الرسايل")
    for draft in old:
        await sami.taps_approve(draft)
        await sami.sends_again(draft)
    await sami.writes(talk, "مرحبا مرة ثانية")
    await talk.looks()

    assert before == len(talk.replies)
    talk.is_in("opted_out")


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "opted_out"])
async def test_from_every_stage(new_talk, sami, stage):
    talk = new_talk()
    await talk.goes_to(stage, sami)
    await talk.says("وقفوا الرسايل")

    await assert_it_is_over(talk, sami)


@pytest.mark.parametrize("stage", ["new_lead", "qualified", "negotiating", "payment_requested", "pilot_active"])
async def test_with_a_draft_that_waits(new_talk, sami, stage):
    talk = new_talk()
    await talk.goes_to(stage, sami)
    await talk.says("عندي شكوى وأبي أكلم المدير، كم السعر النهائي مع الخصم؟")
    talk.heard_so_far()
    waiting = talk.held
    await talk.says("خلاص لا ترسلون لي شي")

    assert {Status.CANCELLED} >= {talk.conversation.draft(draft.id).status for draft in waiting}
    await assert_it_is_over(talk, sami)


@pytest.mark.parametrize("phrase", STOPS)
async def test_every_phrase_of_our_list(talk, sami, phrase):
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.says(phrase)

    talk.is_in("opted_out")
    talk.hears("opt_out_confirmation", language=talk.conversation.language)


@pytest.mark.parametrize("phrase", NO_STOPS)
async def test_near_misses_change_nothing(talk, phrase):
    await talk.says("السلام عليكم")
    await talk.says(phrase)

    assert talk.conversation.stage != "opted_out"
    assert talk.conversation.suppression is None


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    said=spoken(STOPS),
    stage=st.sampled_from([s for s in STAGES if s != "opted_out"]),
    on=st.sampled_from(PROVIDERS),
)
async def test_however_it_is_written_wherever_we_are(new_talk, sami, said, stage, on):
    talk = new_talk(on)
    await talk.goes_to(stage, sami)
    await talk.says(said)

    await assert_it_is_over(talk, sami)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=spoken(NO_STOPS))
async def test_however_a_near_miss_is_written(new_talk, said):
    talk = new_talk()
    await talk.says("مهتم بالخدمة")
    await talk.says(said)

    assert talk.conversation.suppression is None, repr(said)


async def test_a_newcomer_whose_stop_is_read_in_the_middle_of_a_burst_is_told_and_so_is_sami(new_talk):
    """Webhooks that come in while the stop is being handled make the worker begin again."""
    for _ in range(10):
        talk = new_talk()
        words = ("السلام عليكم", "كم السعر؟", "لا خلاص وقفوا الرسايل", "شكرا")
        await asyncio.gather(*(talk.posts(talk.writes(each)) for each in words))
        await talk.looks()

        talk.is_in("opted_out")
        assert [n.kind for n in talk.conversation.notices].count("opted_out") == 1
        assert [d.wording for d in talk.conversation.outbox].count("opt_out_confirmation") == 1


async def test_the_word_may_stand_anywhere_in_a_burst(talk):
    hooks = [talk.writes(words) for words in ("السلام عليكم", "كم السعر؟", "لا خلاص وقفوا الرسايل", "شكرا")]
    await asyncio.gather(*(talk.posts(hook) for hook in hooks))
    await talk.looks()

    talk.is_in("opted_out")
    assert talk.conversation.outbox[-1].wording == "opt_out_confirmation"


async def test_a_stop_is_heard_beside_words_that_would_drown_it(new_house):
    """After an outage everything that waited is read together; each of these alone is a stop."""
    house = await new_house(DEALIX_BURST_SECONDS=5)
    for burst in (
        ("فرجوني كيف النظام", "رفضنا عرضكم من زمان، ليش للحين ترسلون؟ كفاية"),
        ("never message me again", "أبي أكلم إنسان", "كثر الله خيركم"),
        ("hello", "I have transferred the amount", "عطوني فكرة عن شغلكم", "الرقم هذا لا ترسلون عليه"),
    ):
        talk = Talk(house)
        for words in burst:
            await talk.posts(talk.writes(words))
        await house.moves(seconds=9)
        await talk.looks()

        talk.is_in("opted_out")
        assert talk.conversation.is_suppressed
        assert [d.wording for d in talk.drafts(Status.ACCEPTED)] == ["opt_out_confirmation"]
        assert len(talk.replies) == 1 and not talk.conversation.on_the_way()


@pytest.mark.parametrize("provider", ["green_api", "meta_cloud"])
async def test_a_stop_button(new_talk, sami, provider):
    talk = new_talk(provider)
    await talk.says("السلام عليكم")
    talk.heard_so_far()
    await talk.presses("opt_out_yes", "إيقاف الرسائل")

    await assert_it_is_over(talk, sami)


async def test_whatsapps_own_stop(new_talk, sami):
    """Meta tells that the contact switched our messages off: nothing is said, not even a confirmation."""
    talk = new_talk("meta_cloud")
    await talk.says("حولت المبلغ")
    waiting = talk.waits_for_a_human()
    preference = {
        "wa_id": talk.phone,
        "category": "marketing_messages",
        "value": "stop",
        "detail": "User requested to stop marketing messages",
        "timestamp": str(int(talk.house.clock().timestamp())),
    }
    contact = {"wa_id": talk.phone, "profile": {"name": "x"}}
    await talk.sends(
        bodies.meta({"contacts": [contact], "user_preferences": [preference]}, field_name="user_preferences")
    )

    talk.is_in("opted_out")
    talk.is_quiet()
    assert talk.conversation.draft(waiting.id).status is Status.CANCELLED
    assert (await sami.taps_approve(waiting)).status_code == 409


async def test_only_the_contact_opens_the_way_again(talk, sami):
    await talk.goes_to("opted_out", sami)
    for event in ("consent_renewed", "booking_confirmed"):
        assert (await sami.reports(talk, event)).status_code == 422
    await talk.says("كم السعر؟")
    talk.is_quiet()

    await talk.says("تشغيل الرسائل")
    assert talk.conversation.suppression is None
    talk.is_in("nurturing")
    talk.heard_so_far()
    await talk.says("كم السعر؟")
    assert len(talk.replies) - talk._heard == 1


async def test_somebody_forgotten_is_still_opted_out(talk, sami, house):
    await talk.goes_to("opted_out", sami)
    await house.forgets(talk.conversation)
    await talk.says("السلام عليكم، كم السعر؟")

    talk.is_quiet()
    assert talk.conversation.is_suppressed
    (moved,) = await talk.happened("stage_moved")
    assert (moved["after"], moved["by"]) == ("opted_out", "suppression_list")


async def test_an_opt_out_that_races_an_approval_wins_whenever_it_was_first(new_talk, sami):
    """Twenty races; a message may leave only if its send was begun before the opt-out was taken in."""
    chance = random.Random(7)
    sent = 0
    for _ in range(20):
        talk = new_talk()
        await talk.says("حولت المبلغ")
        draft = talk.waits_for_a_human()

        async def stops(talk=talk):
            await asyncio.sleep(chance.random() * 0.02)
            return await talk.posts(talk.writes("وقفوا الرسايل"))

        async def decides(draft=draft):
            await asyncio.sleep(chance.random() * 0.02)
            return await sami.taps_approve(draft)

        await asyncio.gather(stops(), decides())
        await talk.looks()

        talk.is_in("opted_out")
        assert talk.conversation.on_the_way() == []
        texts = talk.replies
        sent += len(texts) - 1
        assert texts.count(draft.text) <= 1
        assert draft.text != texts[-1], "the confirmation is the last word"
        history = [what for what, _ in await talk.house.history(talk.conversation)]
        if draft.text in texts:
            assert history.index("attempt_started") < history.index("opted_out")
        await assert_quiet(talk)
    assert sent < 20


async def assert_quiet(talk: Talk) -> None:
    before = len(talk.replies)
    await talk.says("كم السعر؟")
    assert before == len(talk.replies)
