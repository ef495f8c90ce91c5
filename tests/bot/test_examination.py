"""What a change does to messages that we know is found before anybody is asked."""

from datetime import UTC, datetime

import pytest

from bot.playbook import Playbooks, shipped
from bot.tenant import Tenant
from bot.workbench.examination import examine
from rules.known_messages import labelled, ordinary

TENANT = Tenant("clinic", "Clinic")

PAGE = """\
id: {id}
title: A page of the clinic
status: live
owner: clinic
why: Because.
when:
  - says: ["{says}"]
then:
  understand: {intent}
  confidence: 0.95{more}
tests:
  - name: hears it
    given: {{says: "{hears}"}}
    expect: {{intent: {intent}}}
  - name: is silent
    given: {{says: "كم السعر"}}
    expect: nothing
"""


@pytest.fixture(scope="module")
def playbooks():
    return Playbooks(shipped(), "reference", lambda: datetime(2026, 11, 23, tzinfo=UTC))


def page(**words):
    return PAGE.format(**{"more": "", **words})


def test_there_are_messages_of_both_kinds():
    assert len(labelled()) > 5_000
    assert len(ordinary()) > 800


def test_a_stop_that_is_heard_in_ordinary_talk_is_not_fit(playbooks):
    text = page(id="stops_at_work", says="الطلب", hears="الطلب", intent="unsubscribe", more="\n  opt_out: hard")

    found = examine(playbooks, TENANT, {"understanding/stops_at_work.yml": text})

    assert found.known is not None
    assert found.known.disturbed
    assert not found.is_fit
    assert "ordinary message" in found.told


def test_a_phrase_that_only_adds_is_fit_and_its_effect_is_counted(playbooks):
    text = page(
        id="asks_for_the_list", says="كشف الأسعار الموسمي", hears="كشف الأسعار الموسمي", intent="ask_price"
    )

    found = examine(playbooks, TENANT, {"understanding/asks_for_the_list.yml": text})

    assert found.known is not None
    assert found.known.lost_opt_outs == ()
    assert found.is_fit, found.told


def test_without_other_words_nothing_is_put_to_the_messages(playbooks):
    assert examine(playbooks, TENANT, {}).known is None


def test_the_buttons_of_the_stop_question_stay_ours(playbooks):
    swapped = "button.opt_out_yes:\n  ar: كملوا\n  en: Go on\nbutton.opt_out_no:\n  ar: أوقفوا\n  en: Stop\n"

    found = examine(playbooks, TENANT, {"wording/own.yml": swapped})

    assert {finding.code for finding in found.errors} >= {"stop_reworded"}
    assert not found.is_fit
