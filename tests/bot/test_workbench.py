"""Changing the rules: nobody alone, nothing untested, nobody overwritten, and always a way back."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import BadRequest, NotAllowed, NotFound
from bot.people import Human
from bot.playbook import Playbooks, RulesRefused, shipped
from bot.tenant import Tenant
from bot.workbench.bench import NotFit, TouchedMeanwhile, Workbench
from bot.workbench.editions import ChangeMoved, Edition, How, State
from bot.workbench.replays import Replays
from rules.verdict import Question

NOURA = Human("console:noura", "Noura")
SAMI = Human("telegram:7", "Sami")
GREETING = "thanks_reply:\n  ar: {ar}\n  en: With pleasure.\n"
NOTES_PARTNERS = """\
id: partners_are_noted
title: A partner stands in the report
status: live
owner: sales
why: Partners are somebody else's business.
when:
  - intent: partnership
then:
  act: generate_report
tests:
  - name: a partner
    given: {stage: new_lead, says: "نبي نصير شركاء معكم"}
    expect: {act: generate_report}
  - name: a price
    given: {stage: new_lead, says: "كم السعر"}
    expect: nothing
"""


@pytest.fixture(scope="module")
def base():
    return shipped()


@pytest.fixture
async def workbench(store, base):
    return await _workbench(store, base)


async def _workbench(store, base):
    times = iter(datetime(2026, 11, 23, 8, 0, tzinfo=UTC) + timedelta(seconds=n) for n in range(10_000))
    ids = iter(f"change-{n}" for n in range(1_000))
    playbooks = Playbooks(base, "both", lambda: datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    await playbooks.start(store.rulebooks)
    tenants = {name: Tenant(name, name) for name in ("one", "two")}

    replays = Replays(store, lambda: base, lambda: playbooks.today)
    return Workbench(store, playbooks, tenants, replays.over, lambda: next(times), lambda: next(ids))


async def seen(workbench, change):
    """The version of a change that somebody looks at now."""
    return (await workbench.change(change.tenant_id, change.id)).v


def sentence(words):
    return GREETING.format(ar=words)


async def published(workbench, words="على الرحب والسعة.", tenant="one"):
    change = await workbench.begin(tenant, NOURA, "thanks")
    change = await workbench.edit(tenant, change.id, change.v, "wording/own.yml", sentence(words), NOURA)
    await workbench.submit(tenant, change.id, change.v, NOURA)
    return await workbench.agree(tenant, change.id, SAMI, await seen(workbench, change))


def thanks(workbench, tenant="one"):
    return workbench.live(tenant).wordings.text("thanks_reply", "ar")


async def test_a_published_sentence_is_said_and_taken_back_in_one_action(workbench):
    before = thanks(workbench)

    edition = await published(workbench, "على الرحب والسعة.")

    assert thanks(workbench) == "على الرحب والسعة."
    assert edition.number == 1
    assert workbench.live("one").version == edition.version
    back = await workbench.roll_back("one", 0, SAMI, "too short")
    assert thanks(workbench) == before
    assert (back.number, back.of_number) == (2, 0)
    again = await workbench.roll_back("one", 1, SAMI)
    assert again.version == edition.version
    assert [e.number for e in await workbench.history("one")] == [3, 2, 1]


async def test_another_tenant_keeps_its_rules(workbench):
    before = thanks(workbench, "two")

    await published(workbench, "على الرحب والسعة.", "one")

    assert thanks(workbench, "two") == before
    assert await workbench.history("two") == []
    change = await workbench.begin("one", NOURA)
    with pytest.raises(NotFound):
        await workbench.change("two", change.id)


async def test_another_process_takes_it_over_without_restart(workbench, store, base):
    elsewhere = await _workbench(store, base)

    await published(workbench, "على الرحب والسعة.")
    await elsewhere._playbooks.look()

    assert thanks(elsewhere) == "على الرحب والسعة."
    assert elsewhere.live("one").version == workbench.live("one").version


@pytest.mark.parametrize(
    "second",
    [NOURA, Human("telegram:9", "noura "), Human("console:noura", "Somebody")],
    ids=lambda h: h.id + h.name,
)
async def test_nobody_agrees_to_a_change_of_their_own(workbench, second):
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), NOURA)
    await workbench.submit("one", change.id, change.v, NOURA)

    with pytest.raises(NotAllowed, match="somebody else"):
        await workbench.agree("one", change.id, second, await seen(workbench, change))

    assert await workbench.history("one") == []


async def test_what_was_not_submitted_cannot_be_agreed_to(workbench):
    change = await workbench.begin("one", NOURA)
    await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), NOURA)

    with pytest.raises(NotAllowed, match="must be submitted"):
        await workbench.agree("one", change.id, SAMI, await seen(workbench, change))


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("wording/own.yml", sentence("نضمن لك الرضا."), "promises"),
        ("wording/own.yml", "thanks_reply:\n  ar: أهلًا\n", "missing in en"),
        ("routing/mine.yml", "id: mine", "is missing"),
        ("qualification.yml", "minimum_monthly_leads: 3", "exactly these keys"),
        ("priorities.yml", "safest_first: []", None),
        ("safety/a_stop_is_obeyed_at_once.yml", None, None),
    ],
)
async def test_rules_that_do_not_load_cannot_be_submitted(workbench, base, path, text, says):
    change = await workbench.begin("one", NOURA)
    if says is None:
        text = text or base.files["safety/a_stop_is_obeyed_at_once.yml"].replace(
            "status: live", "status: retired"
        )
    if path == "priorities.yml":
        with pytest.raises(BadRequest):
            await workbench.edit("one", change.id, change.v, path, text, NOURA)
        return
    change = await workbench.edit("one", change.id, change.v, path, text, NOURA)

    with pytest.raises(RulesRefused, match=says or "cannot be replaced"):
        await workbench.submit("one", change.id, change.v, NOURA)

    assert (await workbench.change("one", change.id)).state is State.OPEN


async def test_a_page_whose_example_is_false_cannot_be_submitted(workbench, base):
    page = base.files["routing/a_greeting_is_returned.yml"]
    change = await workbench.begin("one", NOURA)
    text = page.replace("expect: nothing", "expect: {held: true}", 1)
    assert text != page
    change = await workbench.edit("one", change.id, change.v, "routing/a_greeting_is_returned.yml", text, NOURA)

    with pytest.raises((NotFit, RulesRefused)):
        await workbench.submit("one", change.id, change.v, NOURA)


async def test_whoever_saves_an_older_state_is_refused_and_overwrites_nothing(workbench):
    change = await workbench.begin("one", NOURA)
    first = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("أول."), NOURA)

    with pytest.raises(ChangeMoved):
        await workbench.edit("one", change.id, first.v - 1, "wording/own.yml", sentence("ثان."), NOURA)

    assert (await workbench.change("one", change.id)).edits["wording/own.yml"] == sentence("أول.")


async def test_two_who_change_the_same_file_meet_before_it_is_published(workbench):
    mine = await workbench.begin("one", NOURA)
    mine = await workbench.edit("one", mine.id, mine.v, "wording/own.yml", sentence("لي."), NOURA)
    await published(workbench, "لغيري.")

    with pytest.raises(TouchedMeanwhile, match=r"wording/own\.yml"):
        await workbench.submit("one", mine.id, mine.v, NOURA)

    mine = await workbench.bring_up_to_date("one", mine.id, mine.v)
    await workbench.submit("one", mine.id, mine.v, NOURA)
    await workbench.agree("one", mine.id, SAMI, await seen(workbench, mine))
    assert thanks(workbench) == "لي."


async def test_a_file_that_was_published_after_it_was_submitted_is_looked_at_again(workbench):
    """The change would say the same as when it was submitted, and wipe out what somebody published since."""
    mine = await workbench.begin("one", NOURA)
    mine = await workbench.edit("one", mine.id, mine.v, "wording/own.yml", sentence("لي."), NOURA)
    await workbench.submit("one", mine.id, mine.v, NOURA)
    await published(workbench, "لغيري.")

    with pytest.raises(TouchedMeanwhile, match=r"wording/own\.yml"):
        await workbench.agree("one", mine.id, SAMI, await seen(workbench, mine))

    assert thanks(workbench) == "لغيري."


async def test_who_took_a_part_out_of_a_change_cannot_agree_to_it(workbench):
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), NOURA)
    change = await workbench.edit("one", change.id, change.v, "routing/mine.yml", "id: mine", NOURA)
    change = await workbench.undo("one", change.id, change.v, "routing/mine.yml", SAMI)
    await workbench.submit("one", change.id, change.v, NOURA)

    with pytest.raises(NotAllowed, match="somebody else"):
        await workbench.agree("one", change.id, SAMI, await seen(workbench, change))


async def test_a_tenant_that_does_not_exist_begins_no_change(workbench):
    with pytest.raises(BadRequest, match="does not exist"):
        await workbench.begin("nobody", NOURA)


async def test_two_publications_at_once_make_two_editions_or_one_refusal(workbench):
    changes = []
    for n in range(2):
        change = await workbench.begin("one", NOURA)
        text = sentence(f"كلام {'أبجد'[n]}.").replace("thanks_reply", ["thanks_reply", "welcome_back"][n])
        path = f"wording/own_{n}.yml"
        change = await workbench.edit("one", change.id, change.v, path, text, NOURA)
        await workbench.submit("one", change.id, change.v, NOURA)
        changes.append(change)

    for change in changes:
        await workbench.agree("one", change.id, SAMI, await seen(workbench, change))

    assert [e.number for e in await workbench.history("one")] == [2, 1]
    assert set(workbench.live("one").own) == {"wording/own_0.yml", "wording/own_1.yml"}


async def test_agreeing_twice_is_told_and_changes_nothing(workbench):
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), NOURA)
    await workbench.submit("one", change.id, change.v, NOURA)
    await workbench.agree("one", change.id, SAMI, await seen(workbench, change))

    with pytest.raises(NotAllowed):
        await workbench.agree("one", change.id, SAMI, await seen(workbench, change))

    assert len(await workbench.history("one")) == 1


async def test_a_process_that_died_between_edition_and_change_is_caught_up(workbench, store):
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), NOURA)
    await workbench.submit("one", change.id, change.v, NOURA)
    await workbench.agree("one", change.id, SAMI, await seen(workbench, change))
    stored = await store.rulebooks.change("one", change.id)
    stored.state = State.SUBMITTED
    await store.rulebooks.save_change(stored)

    edition = await workbench.agree("one", change.id, SAMI, await seen(workbench, change))

    assert edition.number == 1
    assert (await workbench.change("one", change.id)).state is State.PUBLISHED
    assert len(await workbench.history("one")) == 1


async def test_a_refusal_says_why_and_the_author_goes_on(workbench):
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), NOURA)
    await workbench.submit("one", change.id, change.v, NOURA)

    with pytest.raises(BadRequest):
        await workbench.refuse("one", change.id, SAMI, " ")
    refused = await workbench.refuse("one", change.id, SAMI, "الكلمة جافة")

    assert (refused.state, refused.reason, refused.decided_by) == (State.REFUSED, "الكلمة جافة", SAMI)
    again = await workbench.reopen("one", change.id)
    assert again.state is State.OPEN


@pytest.mark.parametrize(
    "path", ["../x.yml", "routing/X.yml", "routing/x.yaml", "other/x.yml", "x.yml", "/etc/x.yml"]
)
async def test_a_path_that_no_book_has_is_refused(workbench, path):
    change = await workbench.begin("one", NOURA)

    with pytest.raises(BadRequest, match="no file of a book"):
        await workbench.edit("one", change.id, change.v, path, "id: x", NOURA)


async def test_a_file_equal_to_ours_is_no_file_of_the_tenant(workbench, base):
    path = "routing/a_greeting_is_returned.yml"
    change = await workbench.begin("one", NOURA)

    change = await workbench.edit("one", change.id, change.v, path, base.files[path], NOURA)

    assert change.edits == {}


async def test_a_folder_is_laid_over_what_is_in_force(workbench, base):
    await published(workbench, "حياك.")
    files = {**base.files, "wording/mine.yml": sentence("أهلًا.").replace("thanks_reply", "welcome_back")}

    change = await workbench.begin_from("one", NOURA, "from a folder", files)
    gone = await workbench.begin_from("one", NOURA, "back to ours", {}, ["wording/own.yml"])

    assert change.edits == {"wording/mine.yml": files["wording/mine.yml"]}
    assert gone.edits == {"wording/own.yml": None}


async def test_who_wrote_a_part_of_a_change_cannot_agree_to_it(workbench):
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), SAMI)
    await workbench.submit("one", change.id, change.v, NOURA)

    with pytest.raises(NotAllowed, match="somebody else"):
        await workbench.agree("one", change.id, SAMI, await seen(workbench, change))


async def test_a_yes_is_for_the_words_that_were_seen(workbench):
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), NOURA)
    await workbench.submit("one", change.id, change.v, NOURA)
    looked_at = await seen(workbench, change)
    again = await workbench.reopen("one", change.id)
    again = await workbench.edit("one", again.id, again.v, "wording/own.yml", sentence("غير ذلك."), NOURA)
    await workbench.submit("one", again.id, again.v, NOURA)

    with pytest.raises(ChangeMoved):
        await workbench.agree("one", change.id, SAMI, looked_at)

    assert await workbench.history("one") == []


async def test_what_is_published_cannot_be_reopened_after_a_crash(workbench, store):
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("حياك."), NOURA)
    await workbench.submit("one", change.id, change.v, NOURA)
    await workbench.agree("one", change.id, SAMI, await seen(workbench, change))
    stored = await store.rulebooks.change("one", change.id)
    stored.state = State.SUBMITTED
    await store.rulebooks.save_change(stored)

    with pytest.raises(NotAllowed, match="published"):
        await workbench.reopen("one", change.id)

    assert (await workbench.change("one", change.id)).state is State.PUBLISHED


async def test_more_than_people_write_is_refused(workbench):
    files = {f"routing/page_{n}.yml": "id: x" for n in range(500)}

    with pytest.raises(BadRequest, match="at most"):
        await workbench.begin_from("one", NOURA, "", files)
    with pytest.raises(BadRequest, match="broken"):
        await workbench.begin_from("one", NOURA, "", {"routing/page.yml": "id: \ud800"})

    assert await workbench.changes("one") == []


async def test_a_tenants_own_page_decides_its_messages_only(workbench, base):
    change = await workbench.begin("one", NOURA)
    path = "follow_up/partners_are_noted.yml"
    change = await workbench.edit("one", change.id, change.v, path, NOTES_PARTNERS, NOURA)
    await workbench.submit("one", change.id, change.v, NOURA)
    await workbench.agree("one", change.id, SAMI, await seen(workbench, change))

    question = Question(text="نبي نصير شركاء معكم", stage="new_lead")
    assert "generate_report" in workbench.live("one").book.decide(question).actions
    assert "generate_report" not in workbench.live("two").book.decide(question).actions


async def test_rules_that_would_break_with_a_season_cannot_be_published(workbench, base):
    """The page that catches the rest ends today: tomorrow some messages would have no page at all."""
    path = "routing/the_rest_waits_for_a_human.yml"
    text = base.files[path].replace("when:", "until: 2026-11-23\nwhen:", 1)
    change = await workbench.begin("one", NOURA)
    change = await workbench.edit("one", change.id, change.v, path, text, NOURA)

    with pytest.raises(RulesRefused, match="2026-11-24"):
        await workbench.submit("one", change.id, change.v, NOURA)


FREE = """\
claims:
  free_of_charge:
    status: forbidden
    text_ar: لا نقول مجانًا
    text_en: we do not say free of charge
    said_as: ["مجانا", "free of charge"]
    caught: ["مجانًا لمدة شهر"]
    owner: sales
"""


async def test_one_person_brings_back_no_sentence_that_two_have_forbidden(workbench):
    """Sales gave something away in edition 1; edition 2 stopped saying it and forbade the words."""
    await published(workbench, "العفو، والتجربة مجانًا.")
    change = await workbench.begin("one", NOURA, "nothing is free")
    change = await workbench.edit("one", change.id, change.v, "policies/claims.yml", FREE, NOURA)
    change = await workbench.edit("one", change.id, change.v, "wording/own.yml", sentence("العفو."), NOURA)
    await workbench.submit("one", change.id, change.v, NOURA)
    await workbench.agree("one", change.id, SAMI, await seen(workbench, change))

    with pytest.raises(NotFit, match="thanks_reply") as refused:
        await workbench.roll_back("one", 1, SAMI, "in a hurry")

    assert "مجانًا" in refused.value.message_ar
    assert thanks(workbench) == "العفو."
    assert [e.number for e in await workbench.history("one")] == [2, 1]
    assert (await workbench.roll_back("one", 0, SAMI)).number == 3, "what we ship says nothing of the kind"


async def test_an_edition_of_older_days_does_not_come_back_with_words_that_are_forbidden_since(workbench, store):
    """An earlier version of the product did not know the words yet."""
    files = {"wording/own.yml": sentence("العفو، ونعمل بدون أي تدخل بشري.")}
    await store.rulebooks.add_edition(
        Edition("one", 1, "old", files, How.PUBLISHED, "old", NOURA, SAMI, datetime(2025, 1, 1, tzinfo=UTC))
    )
    await store.rulebooks.add_edition(
        Edition("one", 2, "new", {}, How.PUBLISHED, "new", NOURA, SAMI, datetime(2026, 1, 1, tzinfo=UTC))
    )

    with pytest.raises(NotFit, match="thanks_reply"):
        await workbench.roll_back("one", 1, SAMI)

    assert [e.number for e in await workbench.history("one")] == [2, 1]
