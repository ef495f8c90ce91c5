"""Which pages ever had a say, and that no data is not zero."""

import asyncio

import pytest

from bot.playbook import Playbook, compose, shipped
from bot.tenant import Tenant
from bot.workbench.coverage import coverage

TENANT = Tenant("clinic", "عيادة الرياض")
SHIPPED = shipped()

QUIET = """\
id: nobody_says_this
title: A page that its own examples never reach
status: {status}
owner: sales
why: Because.
when:
  - stage: closed_lost
  - intent: partnership
  - language: en
  - kind: poll
then:
  hold: partnership
tests:
  - name: is silent
    given: {{stage: new_lead, intent: partnership}}
    expect: nothing
  - name: is said to fire, and does not
    given: {{stage: new_lead, intent: greeting}}
    expect: {{held: false}}
"""


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return compose(SHIPPED, {}, name="", backend="reference")


async def test_every_page_in_force_is_counted_with_its_place(playbook):
    found = await coverage(playbook, TENANT)

    pages = {page.page: page for page in found.pages}
    understanding = {id_ for id_, page in playbook.book.language_pages.items() if page.status == "live"}
    assert set(pages) == understanding | {page.id for page in playbook.book.pages}
    price = pages["price_on_request_to_an_early_lead"]
    assert (price.chapter, price.status) == ("routing", "live")
    assert price.file == "routing/price_on_request_to_an_early_lead.yml"
    assert price.title == playbook.book.titles[price.page]
    assert price.fired_in_examples >= 1
    assert price.fired_in_chats >= 1
    assert pages["asks_the_price"].chapter == "understanding"
    assert pages["asks_the_price"].fired_in_chats >= 1
    assert found.version == playbook.version
    assert min(found.examples, found.chats, found.turns) > 0


async def test_every_page_that_we_ship_has_fired_in_a_test(playbook):
    assert [page.page for page in (await coverage(playbook, TENANT)).never_in_tests] == []


@pytest.mark.parametrize("status", ["live", "shadow"])
async def test_a_page_that_no_test_makes_fire_is_named(status):
    own = {"routing/nobody_says_this.yml": QUIET.format(status=status)}

    found = await coverage(compose(SHIPPED, own, name="clinic", backend="reference"), TENANT)

    (quiet,) = found.never_in_tests
    assert (quiet.page, quiet.status) == ("nobody_says_this", status)
    assert quiet.file == "clinic:routing/nobody_says_this.yml"
    assert quiet in found.never_in_chats


async def test_a_page_that_is_not_in_force_is_not_asked_after():
    own = {"routing/nobody_says_this.yml": QUIET.format(status="retired")}

    found = await coverage(compose(SHIPPED, own, name="clinic", backend="reference"), TENANT)

    assert "nobody_says_this" not in {page.page for page in found.pages}


@pytest.mark.parametrize("production", [None, [], iter(())])
async def test_without_a_stored_decision_nothing_is_said_about_production(playbook, production):
    found = await coverage(playbook, TENANT, production=production)

    assert not found.has_production_data
    assert {page.fired_in_production for page in found.pages} == {None}
    assert (found.never_in_production, found.gone) == (None, None)


async def test_with_stored_decisions_a_page_that_none_names_is_zero(playbook):
    decided = [("thanks_are_returned", 3), ("thanks_us", 2), ("thanks_are_returned", 4), ("short_answers", 9)]

    found = await coverage(playbook, TENANT, production=[*decided, ("button:opt_out_yes", 1), ("an_old_page", 5)])

    counts = {page.page: page.fired_in_production for page in found.pages}
    assert (counts["thanks_are_returned"], counts["thanks_us"]) == (7, 2)
    assert counts["a_greeting_opens_the_talk"] == 0
    assert len(found.never_in_production) == len(found.pages) - 2
    assert found.gone == (("an_old_page", 5),)


async def test_others_go_on_while_the_pages_are_counted(playbook):
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.005)

    ticking = asyncio.create_task(tick())
    started = asyncio.get_running_loop().time()
    await coverage(playbook, TENANT)
    seconds = asyncio.get_running_loop().time() - started
    ticking.cancel()

    assert ticks > 5 * seconds
