"""The lifecycle in numbers: who is where, what moved, what was lost, and a picture of it that can be drawn."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import LogEntry
from bot.playbook import Playbook, compose, shipped
from bot.store import TimelineEntry
from bot.tenants import DEFAULT_TENANT
from bot.workbench.lifecycle_map import (
    CAUSERS,
    DEFINITIONS,
    EVENTS,
    Arrow,
    LifecycleMap,
    Stage,
    lifecycle,
    mermaid,
    table,
)
from flows import deal
from tests.house import Sami
from tests.house.fixtures import new_house, own_house  # noqa: F401 (fixtures are used by their names)
from tests.house.talk import Talk

UNTIL = datetime(2026, 3, 30, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=28)


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return compose(shipped(), {}, name="acme", backend="reference")


class History:
    """What happened to contacts, as it is written down."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self._facts = 0

    async def moved(self, contact: str, day: float, event: str, before: str, by: str = "rules") -> None:
        after = deal.TABLE[before, event]
        await self.happened(contact, day, "stage_moved", before=before, after=after, event=event, by=by)

    async def wrote(self, contact: str, day: float, stage: str) -> None:
        await self.happened(contact, day, "decided", stage_before=stage)

    async def happened(self, contact: str, day: float, what: str, tenant: str = "acme", **facts: Any) -> None:
        self._facts += 1
        entry = LogEntry(f"{contact}:{self._facts:04}", what, SINCE + timedelta(days=day), "e", facts)
        await self.store.timeline.add([TimelineEntry(tenant, contact, entry)])


@pytest.fixture
def history(store: Any) -> History:
    return History(store)


async def drawn_of(history: History, playbook: Playbook) -> LifecycleMap:
    return await lifecycle(history.store, "acme", playbook, SINCE, UNTIL)


def arrow(drawn: LifecycleMap, source: str, event: str) -> Arrow:
    return next(a for a in drawn.arrows if (a.source, a.event) == (source, event))


async def test_without_any_contact_the_map_says_so_and_invents_no_share(
    history: History, playbook: Playbook
) -> None:
    drawn = await drawn_of(history, playbook)

    assert not drawn.has_data
    assert {stage.drop_off for stage in drawn.stages} == {None}
    assert DEFINITIONS["no_data"][0] in table(drawn, "ar")
    assert [stage.id for stage in drawn.stages] == list(deal.STAGES)
    assert {(a.source, a.event): a.target for a in drawn.arrows} == deal.TABLE


async def test_arrows_count_moves_by_who_caused_them(history: History, playbook: Playbook) -> None:
    await history.moved("c1", 1, "start_qualifying", "new_lead")
    await history.moved("c2", 2, "start_qualifying", "new_lead")
    await history.moved("c2", 3, "booking_confirmed", "qualifying", by="telegram:7")
    await history.happened("c3", 3, "stage_moved", tenant="other", before="new_lead", event="parked", by="rules")
    await history.moved("c4", -1, "start_qualifying", "new_lead")

    drawn = await drawn_of(history, playbook)

    assert arrow(drawn, "new_lead", "start_qualifying").count == 2
    booked = arrow(drawn, "qualifying", "booking_confirmed")
    assert (booked.count, booked.counts) == (1, (("approver", 1),))
    assert sum(a.count for a in drawn.arrows) == 3
    assert drawn.other_moves == 0


async def test_opt_outs_from_outside_and_renewed_consent_are_moves_too(
    history: History, playbook: Playbook
) -> None:
    await history.happened("c1", 1, "opted_out", before="qualified", after="opted_out", reason="provider_optout")
    await history.happened("c1", 2, "consent_renewed", was="provider_optout")
    await history.moved("c2", 1, "opted_out", "new_lead")
    await history.happened("c2", 1, "opted_out", before="opted_out", after="opted_out", reason="user_optout")
    await history.happened("c3", 2, "consent_renewed", was="suspected_opt_out")

    drawn = await drawn_of(history, playbook)

    assert arrow(drawn, "qualified", "opted_out").counts == (("system", 1),)
    assert arrow(drawn, "new_lead", "opted_out").counts == (("rules", 1),)
    assert arrow(drawn, "opted_out", "consent_renewed").count == 1
    assert sum(a.count for a in drawn.arrows) == 3


async def test_the_drop_off_is_who_left_or_stayed_too_long_among_those_who_entered(
    history: History, playbook: Playbook
) -> None:
    """Of four who began the questions one fits, one is parked, one is silent for weeks, one began yesterday."""
    for number, contact in enumerate(("fits", "parked", "silent", "fresh")):
        await history.moved(contact, 27 if contact == "fresh" else number, "start_qualifying", "new_lead")
    await history.moved("fits", 5, "qualified", "qualifying")
    await history.moved("parked", 5, "parked", "qualifying")

    qualifying = (await drawn_of(history, playbook)).stage("qualifying")

    assert qualifying.entered == 4
    assert qualifying.lost_to == (("nurturing", 1),)
    assert qualifying.stuck == 1
    assert qualifying.drop_off == 0.5


async def test_new_leads_are_those_who_wrote_while_they_were_new(history: History, playbook: Playbook) -> None:
    await history.wrote("goes_on", 1, "new_lead")
    await history.moved("goes_on", 1, "start_qualifying", "new_lead")
    await history.wrote("goes_on", 2, "qualifying")
    await history.wrote("leaves", 1, "new_lead")
    await history.wrote("leaves", 2, "new_lead")
    await history.moved("leaves", 2, "opted_out", "new_lead")
    await history.wrote("older", -5, "new_lead")
    await history.wrote("stays", 26, "new_lead")
    await history.wrote("forgotten", 1, "new_lead")

    new = (await drawn_of(history, playbook)).stage("new_lead")

    assert (new.entered, new.lost_to, new.stuck) == (4, (("opted_out", 1),), 1)
    assert new.drop_off == 0.5


async def test_who_enters_a_stage_twice_counts_once(history: History, playbook: Playbook) -> None:
    await history.moved("c1", 1, "start_qualifying", "new_lead")
    await history.moved("c1", 2, "parked", "qualifying")
    await history.moved("c1", 3, "start_qualifying", "nurturing")
    await history.moved("c1", 4, "qualified", "qualifying")

    drawn = await drawn_of(history, playbook)

    assert drawn.stage("qualifying").entered == 1
    assert drawn.stage("nurturing").drop_off is None
    assert drawn.stage("opted_out").drop_off is None


async def test_the_map_names_who_may_move_and_the_pages_that_do(history: History, playbook: Playbook) -> None:
    drawn = await drawn_of(history, playbook)

    assert arrow(drawn, "payment_requested", "payment_verified").by == ("approver", "system")
    assert arrow(drawn, "opted_out", "consent_renewed").by == ("system",)
    assert "price_on_request_to_an_early_lead" in arrow(drawn, "new_lead", "start_qualifying").pages
    assert "an_answer_brings_the_next_question" in arrow(drawn, "qualifying", "qualified").pages
    assert arrow(drawn, "proposal_sent", "deal_accepted").pages
    assert all(drawn.stage(stage).needs_human for stage in deal.APPROVAL_STAGES)
    assert not drawn.stage("qualifying").needs_human


def test_every_event_and_causer_has_a_name_in_both_languages() -> None:
    assert set(EVENTS) == {event for _, event in deal.TABLE}
    assert all(all(names) for names in (*EVENTS.values(), *CAUSERS.values(), *DEFINITIONS.values()))


async def test_the_picture_shows_every_stage_and_its_count(history: History, playbook: Playbook) -> None:
    await history.moved("c1", 1, "start_qualifying", "new_lead")
    drawn = await drawn_of(history, playbook)

    for language in ("ar", "en"):
        picture = mermaid(drawn, language)
        assert picture.startswith("flowchart TB\n")
        for stage in drawn.stages:
            assert re.search(rf'^  {stage.id}\("', picture, re.MULTILINE)
            assert (stage.ar if language == "ar" else stage.en) in picture
    assert "qualifying" in table(drawn, "en")


@given(st.text(max_size=40), st.sampled_from(["ar", "en"]))
def test_no_name_breaks_the_picture(name: str, language: str) -> None:
    """Every line stays one statement with its quotes closed, and isolates are balanced."""
    stage = Stage("new_lead", name, name, 3, 3, (), 1, True, True, False, 2)
    step = Arrow("new_lead", "qualifying", "parked", name, name, ("rules",), (), 2)
    drawn = LifecycleMap((stage,), (step,), SINCE, UNTIL, timedelta(days=14), "v")

    picture = mermaid(drawn, language)

    lines = picture.removesuffix("\n").split("\n")
    assert len(lines) == 9
    assert picture.splitlines() == lines
    assert all(line.count('"') in (0, 2) for line in lines)
    assert all("<" not in line.replace("<br/>", "") for line in lines)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_real_talk_is_on_the_map(own_house: Any) -> None:  # noqa: F811
    talk = Talk(own_house)
    await talk.says("كم السعر؟")
    await Sami(own_house).reports(talk, "booking_confirmed")
    stopped = Talk(own_house)
    await stopped.says("وقفوا الرسايل")
    await own_house.inside.relay.flush()

    at = own_house.clock()
    drawn = await lifecycle(
        own_house.inside.store,
        DEFAULT_TENANT,
        compose(shipped(), {}, name="acme", backend="reference"),
        at - timedelta(days=1),
        at + timedelta(days=1),
    )

    assert drawn.stage("meeting_booked").now == drawn.stage("opted_out").now == 1
    assert arrow(drawn, "new_lead", "start_qualifying").counts == (("rules", 1),)
    assert arrow(drawn, "qualifying", "booking_confirmed").counts == (("approver", 1),)
    assert arrow(drawn, "new_lead", "opted_out").counts == (("rules", 1),)
    assert (drawn.stage("new_lead").entered, drawn.stage("new_lead").drop_off) == (2, 0.5)
    assert drawn.other_moves == 0
