"""The same seed makes the same plan, and a plan holds what a proof needs."""

import pytest

from bench.chaos import plan
from bench.chaos.leads import waits
from bench.chaos.tenants import TENANTS
from rules.book import Book
from rules.verdict import Question


@pytest.fixture(scope="module")
def made():
    return plan.make(7, "many", 400, 120, 20)


def test_a_seed_makes_one_plan(made):
    assert plan.make(7, "many", 400, 120, 20) == made
    assert plan.make(8, "many", 400, 120, 20) != made


def test_talks_go_over_every_number_and_are_delivered_badly(made):
    steps = [step for lead in made.leads for step in lead.steps]
    assert {lead.channel for lead in made.leads} == {c.id for t in TENANTS for c in t.channels}
    assert {lead.provider for lead in made.leads} == {"green_api", "ultramsg", "fonnte", "meta_cloud"}
    assert any(0.0 in step.copies for step in steps) and any(max(step.copies, default=0) > 2 for step in steps)
    assert any(step.late_by > 900 for step in steps)
    assert any(
        one.at > other.at for lead in made.leads for one, other in zip(lead.steps, lead.steps[1:], strict=False)
    )
    batches = [step.batch for step in steps if step.batch]
    assert max(batches.count(batch) for batch in set(batches)) > 2
    assert len({step.token for step in steps}) == len(steps)
    shared = {lead.phone for lead in made.leads if lead.tenant == "acme"} & {
        lead.phone for lead in made.leads if lead.tenant == "binda"
    }
    assert shared


def test_a_stop_comes_in_the_middle_of_a_talk_and_some_come_back(made):
    talks = [[step.label for step in lead.steps] for lead in made.leads]
    assert any(plan.STOP in talk[1:-1] for talk in talks)
    assert any("again" in talk for talk in talks)


def test_everything_on_the_menu_is_made_sooner_or_later():
    made = plan.make(3, "many", 10, 3_000, 50)
    assert {fault.kind for fault in made.breaks} == plan.KINDS
    assert sum(fault.kind == "kill" for fault in made.breaks) == 50
    assert {f.kind for f in plan.make(3, "one", 10, 3_000, 50).breaks} == plan.KINDS - plan.ONLY_WITH_BROKER
    assert {f.kind for f in plan.make(3, "many", 10, 3_000, 50, ("kill", "freeze")).breaks} == {"kill", "freeze"}


def test_the_book_hears_every_stop_of_the_plan_at_every_stage():
    book = Book.load(backend="reference")
    for text in (plan.HERE / "stops.txt").read_text("utf-8").splitlines():
        for stage in ("new_lead", "qualifying", "negotiating", "opted_out"):
            assert book.understand(Question(text, stage=stage)).opt_out == "hard", (text, stage)


def test_a_provider_tries_again_as_its_contract_says():
    green, meta = waits("green_api"), waits("meta_cloud")
    assert [next(green) for _ in range(4)] == [3.0, 1.0, 1.0, 1.0]
    assert list(waits("fonnte")) == [1.0] * 15
    assert [next(meta) for _ in range(4)] == [1.0, 2.0, 4.0, 8.0]
