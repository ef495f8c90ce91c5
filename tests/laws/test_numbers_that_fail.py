"""A number that cannot be computed hides no other; what is not known is never zero; time is the house's own."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest_asyncio
from pymongo import AsyncMongoClient

from bot.executive.words import share
from bot.forecast.room import Forecast, Unified, variance
from bot.metrics.dictionary import percent
from bot.metrics.figures import Revenue
from bot.metrics.spans import RIYADH, month_of, read_month, week_of
from bot.partners.case import Case, CaseStatus, Declared
from bot.partners.scoring import Inputs
from bot.people import Human
from bot.tenants import DEFAULT_TENANT
from rules.policies import Policies
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house import Sami, Talk
from tests.house.clock import Clock
from tests.house.running import running, settings_for

ROOM = "/api/v1/executive-room"
LENA = Human("api:lena", "Lena")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def house(mongo_uri, tmp_path_factory):
    """A house of this file's own: what it does to numbers is nobody else's."""
    async with FakeWhatsApp() as fake:
        settings = settings_for(
            fake.url, mongo_uri, f"fails_{uuid4().hex[:12]}", tmp_path_factory.mktemp("fails")
        )
        async with running(settings, fake, Clock()) as started:
            yield started


async def asks(house, path, role="executive", **params):
    return await house.http.get(f"{ROOM}{path}", params=params, headers=house.token(role, "noura"))


async def rows_of(house, collection, work):
    """Do something with the raw rows, with a client of the test's own."""
    async with AsyncMongoClient(house.settings.mongodb_uri.get_secret_value(), tz_aware=True) as client:
        return await work(client[house.settings.mongodb_database][collection])


@pytest_asyncio.fixture(loop_scope="session")
async def crooked(house):
    """Somebody's script has written terms whose day is none."""
    row = {
        "_id": "default:crooked", "tenant_id": "default", "conversation_id": "crooked", "value_halalas": 5,
        "expected_on": "never", "owner": "", "source": "human", "set_at": None, "set_by": "", "set_by_name": "",
        "v": 1, "versions": [],
    }  # fmt: skip
    await rows_of(house, "deal_terms", lambda rows: rows.insert_one(row))
    yield
    await rows_of(house, "deal_terms", lambda rows: rows.delete_one({"_id": row["_id"]}))


async def test_a_source_that_fails_greys_its_own_numbers_and_the_week_is_told(house, crooked):
    answer = await asks(house, "/snapshot")
    assert answer.status_code == 200, answer.text
    state = answer.json()
    for name in ("pipeline_value", "open_deals", "forecast"):
        assert (state["revenue"][name]["status"], state["revenue"][name]["value"]) == ("error", None), name
    assert state["activity"]["messages_received"]["status"] == "ok"
    assert (await asks(house, "/risks")).status_code == 200

    headers = {**house.token("admin", "noura"), "idempotency-key": uuid4().hex}
    made = await house.http.post(f"{ROOM}/weekly-pack", json={}, headers=headers)
    assert made.status_code == 201, made.text
    pack = made.json()
    planned = {one["what"]: one["value"] for one in pack["planned_next_week"]}
    assert planned["closing_value"] is None
    assert planned["meetings"] is not None
    assert (pack["forecast"]["actual_halalas"], pack["forecast"]["health"]) == (None, "no_data")
    page = await asks(house, "/weekly-pack.html")
    assert page.status_code == 200
    live = await asks(house, "/weekly-pack", live=True)
    assert live.status_code == 200, live.text


async def test_what_is_overdue_is_so_by_the_clock_and_not_by_an_old_state(house):
    at = house.clock() - timedelta(minutes=1)
    many = [
        {"_id": f"default:many:{n}", "tenant_id": "default", "conversation_id": "many", "at": at, "data": {},
         "what": "message_received", "correlation_id": "", "salt": ""}
        for n in range(5_000)
    ]  # fmt: skip
    await rows_of(house, "timeline", lambda rows: rows.insert_many(many))
    key = {**house.token("admin", "lena"), "idempotency-key": uuid4().hex}
    begun = await house.http.post("/api/v1/golden-path/run", json={"partner_name": "Late"}, headers=key)
    assert begun.status_code == 202, begun.text
    approval = begun.json()["steps"]["3"]["approval_id"]
    assert (await asks(house, "/snapshot")).json()["activity"]["messages_received"]["value"] >= 5_000
    house.clock.moves(timedelta(hours=30))
    found = (await asks(house, "/decisions-pending")).json()
    (mine,) = [one for one in found["decisions"] if one["approval_id"] == approval]
    assert mine["due_in_seconds"] < -5 * 3_600
    await rows_of(house, "timeline", lambda rows: rows.delete_many({"conversation_id": "many"}))
    assert (await asks(house, "/snapshot")).json()["approvals"]["pending"]["status"] == "stale"
    await house.inside.rooms.executive.freshen()  # somebody looked: it is computed anew beside the page


async def test_a_partner_who_is_still_examined_counts_however_many_came_after(house):
    before = (await asks(house, "/snapshot")).json()["strategic_deals"]
    declared = Declared("Long", "", "reseller", "", 700, 1, Inputs())
    old = Case(uuid4().hex, DEFAULT_TENANT, declared, "c", LENA, house.clock() - timedelta(days=9))
    ended = [
        Case(uuid4().hex, DEFAULT_TENANT, declared, "c", LENA, house.clock(), status=CaseStatus.REJECTED.value)
        for _ in range(200)
    ]
    for case in (old, *ended):
        assert await house.inside.store.golden_paths.add(case)
    now = (await asks(house, "/snapshot")).json()["strategic_deals"]
    assert now["active"]["value"] == before["active"]["value"] + 1
    assert now["pipeline_value"]["value"] == before["pipeline_value"]["value"] + 700


async def test_the_first_forecast_of_a_month_that_begins_within_a_week_is_not_late(house):
    tenant, store = f"t{uuid4().hex[:8]}", house.inside.store
    at = datetime(2026, 12, 1, 0, 5, tzinfo=UTC) - timedelta(hours=3)  # a Tuesday, five past midnight in Riyadh
    forecast = Forecast(
        rows=store.forecasts, numbers=house.inside.rooms.numbers, audit=house.inside.trust.audit,
        tenants=[tenant], policies_of=lambda _: Policies(), unreachable=store.unreachable, now=lambda: at,
        new_id=lambda: uuid4().hex,
    )  # fmt: skip
    await forecast.take_snapshots()
    found = await forecast.snapshots(tenant, "2026-12")
    assert [(one.kind.value, one.key, one.is_late) for one in found] == [
        ("period_start", "2026-12", False),
        ("weekly", week_of(read_month("2026-12").first).id, False),
    ]


async def test_a_month_that_goes_as_it_should_is_not_red_because_it_is_young(house):
    talk = Talk(house, "green_api")
    await talk.goes_to("payment_requested", Sami(house))
    today = house.clock().astimezone(RIYADH).date()
    rooms, month = house.inside.rooms, month_of(today)
    await rooms.deals.set_terms(DEFAULT_TENANT, talk.conversation.id, 1_000_000, today)
    await rooms.forecast.set_target(DEFAULT_TENANT, "revenue", month.id, 840_000, "Sami", "", LENA)
    state = (await asks(house, "/snapshot")).json()
    # Nothing came in yet; of the million that is asked for eight tenths are likely.
    assert state["revenue"]["variance_percent"]["value"] == -100
    assert state["revenue"]["likely_percent"]["value"] == -4.8
    (line,) = [one for one in state["rag"]["lines"] if one["line"] == "revenue_against_target"]
    assert (line["colour"], line["value"]) == ("green", -4.8)
    unified = await rooms.forecast.unified(DEFAULT_TENANT)
    assert unified.health == "on_track"


def test_where_nothing_is_known_nothing_is_compared():
    nothing = Unified(
        period=read_month("2026-11"), as_of=datetime(2026, 11, 5, tzinfo=UTC), is_closed=False,
        revenue=Revenue(0, 0, 0), won=0, lost=0, outlook=None, at_start=None, target=None, pipeline_halalas=0,
        has_data=False, targets={},
    )  # fmt: skip
    assert nothing.against_target.percent is None
    assert nothing._against(100) == type(nothing.against_target)(100, None, None)
    # less came in than nothing, against a forecast below nothing: no share says which way that went
    assert variance(-50, -100).percent is None
    assert (variance(80, 100).halalas, variance(80, 100).percent) == (-20, Decimal("-20.0"))


def test_a_share_is_rounded_in_one_way_wherever_it_is_told():
    for n in range(0, 10_001, 5):
        part = Decimal(n) / 10_000
        assert share(str(part)) == f"{percent(part, 1)}%"
    assert share("0.8625") == "86.3%"
