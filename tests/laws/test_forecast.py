"""Forecasts are frozen when a period begins, and measured against what verifiably came in."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deals.terms import Terms
from bot.forecast.accuracy import accuracy, bias, measured
from bot.forecast.calibration import odds
from bot.forecast.snapshots import outlook
from bot.metrics.dictionary import METRICS
from bot.metrics.figures import OpenDeal, paid_by_deal, revenue, within, won_and_lost
from bot.metrics.records import Outcome, Paid, Reached
from bot.metrics.spans import RIYADH, iso_week, last_published, month_of, published_at, read_month, week_of
from rules.policies.forecast import ForecastPolicy
from tests.house import Talk

ROOM = "/api/v1/forecast-control"
NOVEMBER = read_month("2026-11")
AT = datetime(2026, 11, 5, 9, tzinfo=UTC)


def deal(name, stage, value, day):
    return OpenDeal(name, stage, value, Terms(name, value, date.fromisoformat(day) if day else None))


def test_a_forecast_is_what_came_in_and_what_open_deals_are_likely_to_bring():
    deals = [
        deal("a", "proposal_sent", 10_000_00, "2026-11-20"),
        deal("b", "negotiating", 5_001, "2026-11-30"),
        deal("c", "negotiating", 100, "2026-12-01"),
        deal("d", "meeting_done", 7, "2026-10-31"),
        deal("e", "pilot_active", 9, ""),
    ]
    found = outlook(deals, NOVEMBER, ForecastPolicy(), 2_000_00)
    assert found.forecast_halalas == 2_000_00 + 4_000_00 + 2_501
    assert [(line.stage, line.deals) for line in found.by_stage] == [("proposal_sent", 1), ("negotiating", 1)]
    assert (found.overdue_deals, found.undated_deals) == (1, 1)
    assert outlook([], NOVEMBER, ForecastPolicy(), 0).forecast_halalas == 0


@pytest.mark.parametrize(
    ("actual", "forecast", "right", "wrong_by"),
    [
        (80, 100, "0.8000", "0.2500"),
        (100, 80, "0.8000", "-0.2000"),
        (100, 100, "1.0000", "0.0000"),
        (0, 100, "0.0000", None),
        (100, 0, "0.0000", "-1.0000"),
        (0, 0, None, None),
        (-50, 100, "0.0000", None),
        (-50, 0, None, None),
    ],
)
def test_accuracy_and_bias_by_hand(actual, forecast, right, wrong_by):
    assert accuracy(actual, forecast) == (Decimal(right) if right else None)
    assert bias(actual, forecast) == (Decimal(wrong_by) if wrong_by else None)


def test_fewer_than_two_closed_periods_give_no_number_and_two_are_weighed_by_what_came_in():
    one = measured([("2026-10", 100, "verified", 80, False), ("2026-09", 9, "verified", None, False)])
    assert (one.status, one.average, one.wape) == ("insufficient_data", None, None)
    assert one.left_out == (("2026-09", "no_forecast"),)
    two = measured([("2026-10", 300, "verified", 240, False), ("2026-09", 100, "verified", 200, False)])
    # 0.8 * 300 and 0.5 * 100, over 400; errors of 60 and 100, over 400; 440 forecast for 400.
    assert (two.average, two.wape, two.average_bias) == (Decimal("0.7250"), Decimal("0.4000"), Decimal("0.1000"))
    late = measured([("2026-10", 1, "verified", 1, True), ("2026-09", 1, "verified", 1, False)])
    assert (late.status, late.left_out) == ("insufficient_data", (("2026-10", "late_forecast"),))


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_accuracy_is_a_share_the_same_both_ways(actual, forecast):
    found = accuracy(actual, forecast)
    assert found is None or 0 <= found <= 1
    assert found == accuracy(forecast, actual)


def test_one_outcome_for_each_deal():
    told = [
        Outcome("late", AT, "lost"), Outcome("late", AT + timedelta(days=1), "won"),
        Outcome("back", AT, "lost"), Outcome("back", AT + timedelta(days=1), "reopened"),
        Outcome("kept", AT, "won"), Outcome("kept", AT + timedelta(days=1), "reopened"),
        Outcome("twice", AT, "lost"), Outcome("twice", AT + timedelta(days=1), "reopened"),
        Outcome("twice", AT + timedelta(days=2), "lost"),
    ]  # fmt: skip
    assert won_and_lost(told) == (("late", "kept"), ("twice",))


@given(st.lists(st.integers(-2, 2)), st.sampled_from([NOVEMBER.since, NOVEMBER.until]))
def test_a_span_is_cut_out_of_its_rows_at_its_first_moment_and_before_its_end(steps, edge):
    rows = [Outcome("a", edge + timedelta(microseconds=step), "won") for step in sorted(steps)]
    assert list(within(rows, NOVEMBER)) == [one for one in rows if NOVEMBER.holds(one.at)]


def test_an_estimate_is_never_revenue():
    paid = [Paid("a", "1", AT, 700), Paid("b", "2", AT, None), Paid("c", "3", AT, -200)]
    terms = {name: Terms(name, 1_000) for name in "abcd"}
    mixed = revenue(paid, ["a", "b", "d"], terms, paid_by_deal(paid))
    assert (mixed.verified_halalas, mixed.unverified_halalas, mixed.basis) == (500, 2_000, "verified")
    assert mixed.actual_halalas == 500
    said = revenue([], ["d"], terms, {})
    assert (said.basis, said.actual_halalas, said.verified_halalas) == ("unverified", 1_000, 0)
    assert revenue([], [], {}, {}).basis == "none"


def test_odds_need_ten_deals_and_every_deal_began_as_a_new_lead():
    won = [f"w{n}" for n in range(3)]
    lost = [f"l{n}" for n in range(9)]
    reached = {name: [Reached(AT, "proposal_sent"), Reached(AT, "closed_won")] for name in won + lost[:7]}
    found = {one.stage: one for one in odds(won, lost, reached, ForecastPolicy())}
    assert (found["new_lead"].sample, found["new_lead"].proposed_percent) == (12, 25)
    assert (found["proposal_sent"].sample, found["proposal_sent"].won) == (10, 3)
    assert found["proposal_sent"].proposed_percent == 30
    assert found["negotiating"].proposed_percent is None


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))
def test_weeks_and_months_leave_no_moment_out(naive):
    at = naive.replace(tzinfo=UTC)
    day = at.astimezone(RIYADH).date()
    week, month = week_of(day), month_of(day)
    assert week.holds(at)
    assert month.holds(at)
    assert week.first.strftime("%a") == "Sun"
    assert week_of(week.last + timedelta(days=1)).since == week.until
    published = last_published(at)
    assert published_at(published) <= at < published_at(published) + timedelta(days=7)
    assert iso_week(week).startswith(("20",))


async def says(house, method, path, role="admin", **body):
    headers = {**house.token(role, "noura"), "Idempotency-Key": str(uuid4())}
    more = {"json": body} if body else {}
    return await house.http.request(method, f"{ROOM}{path}", headers=headers, **more)


async def test_the_room_over_http(house):
    talk = Talk(house, "green_api")
    await talk.says("السلام عليكم")
    month = house.clock().astimezone(RIYADH).strftime("%Y-%m")
    deals, who = house.inside.rooms.deals, talk.conversation.id
    await deals.set_terms("default", who, 1_000_000, house.clock().astimezone(RIYADH).date())

    stated = await says(house, "PUT", f"/targets/revenue/{month}", value=2_000_000, owner="Sami")
    again = await says(house, "PUT", f"/targets/revenue/{month}", value=3_000_000, owner="Sami", note="more")
    one = (await says(house, "GET", "/unified", "executive")).json()
    history = (await says(house, "GET", f"/targets/revenue/{month}")).json()

    assert (stated.status_code, again.json()["v"]) == (200, 2)
    assert [t["value"] for t in history["history"]] == [3_000_000, 2_000_000]
    assert one["period"] == month
    assert one["target"]["value"] == 3_000_000
    line = next(line for line in one["forecast"]["by_stage"] if line["stage"] == talk.conversation.stage)
    assert line["value_halalas"] >= 1_000_000
    assert one["variance"]["against_target"]["variance_halalas"] == one["actual"]["halalas"] - 3_000_000
    accuracy_now = (await says(house, "GET", "/accuracy", "executive")).json()
    assert (accuracy_now["status"], accuracy_now["average_accuracy"]) == ("insufficient_data", None)
    proposed = (await says(house, "POST", "/recalibrate", "rules_editor")).json()
    assert proposed["status"] == "proposed"
    assert (await says(house, "GET", "/calibrations")).json()["calibrations"][0] == proposed
    assert house.inside.playbooks.policies_of("default").forecast.of("proposal_sent") == 40


async def test_what_cannot_be_asked_is_refused(house):
    for path in ("/unified?period=2026-13", "/trends?periods=0", "/trends?periods=25", "/accuracy?periods=x"):
        assert (await says(house, "GET", path)).status_code == 422, path
    for body in (
        {"value": -1, "owner": "a"},
        {"value": 1.5, "owner": "a"},
        {"value": 1},
        {"value": 1, "owner": " "},
    ):
        assert (await says(house, "PUT", "/targets/revenue/2026-11", **body)).status_code == 422, body
    assert (await says(house, "PUT", "/targets/luck/2026-11", value=1, owner="a")).status_code == 422
    assert (await says(house, "GET", "/targets/luck/2026-11")).status_code == 422
    assert (await says(house, "PUT", "/targets/revenue/soon", value=1, owner="a")).status_code == 422
    for role in ("executive", "agent", "dpo"):
        assert (await says(house, "PUT", "/targets/revenue/2026-11", role, value=1, owner="a")).status_code == 403
        assert (await says(house, "POST", "/recalibrate", role)).status_code == 403
    assert (await says(house, "GET", "/unified", "agent")).status_code == 403


def test_the_page_of_numbers_says_what_the_dictionary_says():
    told = (Path(__file__).parents[2] / "docs" / "numbers.md").read_text(encoding="utf-8")
    assert [
        one.id for one in METRICS.values() if f"`{one.id}`" not in told or one.definition_en not in told
    ] == []
