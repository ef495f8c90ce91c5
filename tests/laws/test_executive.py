"""
What executives read is what the records say: recomputed by hand, the same everywhere, never changed afterwards.

The house of these tests lives through a week of its own: deals are won, lost late and opened again, money comes
in and goes back, and some of it arrives after the pack was made.
"""

import asyncio
import json
import re
import subprocess
import sys
import zipfile
from contextlib import asynccontextmanager
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest_asyncio

from bot.conversation import LogEntry
from bot.executive.contents import entries
from bot.executive.digest import LINES_AT_MOST, digest, title
from bot.executive.words import told
from bot.metrics.dictionary import METRICS
from bot.metrics.spans import RIYADH, day_of, last_published, published_at, week_before, week_of
from bot.store import TimelineEntry
from rules.policies.rag import WATCHED
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house import Talk
from tests.house.clock import Clock
from tests.house.running import running, settings_for
from tests.laws import figures_by_hand as by_hand

ROOM = "/api/v1/executive-room"
DEFAULT = "default"


@asynccontextmanager
async def a_week(mongo_uri, folder):
    async with FakeWhatsApp() as fake:
        settings = settings_for(fake.url, mongo_uri, f"week_{uuid4().hex[:12]}", folder)
        clock = Clock()
        async with running(settings, fake, clock) as house:
            week = week_of(day_of(clock() + timedelta(days=7)))
            clock.moves(week.since + timedelta(days=2, hours=9) - clock())
            await lives(house, week)
            clock.moves(published_at(week) + timedelta(minutes=5) - clock())
            await house.inside.rooms.executive.look()
            house.week = week
            yield house


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def lived(mongo_uri, tmp_path_factory):
    """A house a Sunday morning after a full week, with its pack made; for tests that only read."""
    async with a_week(mongo_uri, tmp_path_factory.mktemp("week")) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="session")
async def own_week(mongo_uri, tmp_path):
    """The same for one test alone, whose clock may go on."""
    async with a_week(mongo_uri, tmp_path) as house:
        yield house


async def lives(house, week):
    """One pays, one pays nobody knows how much, one is lost, one comes back, one is won late, one stops."""
    house.deals = {}
    for name in ("pays", "vague", "lost", "back", "late", "open"):
        talk = Talk(house, "green_api")
        await talk.says("السلام عليكم")
        house.deals[name] = talk.conversation.id
    gone = Talk(house, "green_api")
    await gone.says("توقف")
    deals = house.inside.rooms.deals
    for name, value in (("pays", 900_000), ("vague", 500_000), ("open", 2_000_000), ("late", 300_000)):
        await deals.set_terms(DEFAULT, house.deals[name], value, week.last)
    monday = week.since + timedelta(days=1, hours=10)
    await moved(house, "pays", monday, "payment_verified", "pilot_active", amount_halalas=700_000)
    await moved(house, "pays", monday + timedelta(hours=1), "pilot_converted", "closed_won")
    await moved(house, "vague", monday, "payment_verified", "pilot_active")
    await moved(house, "vague", monday + timedelta(hours=1), "pilot_converted", "closed_won")
    await moved(house, "lost", monday, "deal_rejected", "closed_lost")
    await moved(house, "back", monday, "deal_rejected", "closed_lost")
    await happened(house, "back", "consent_renewed", monday + timedelta(hours=2), was="user_optout")
    await moved(house, "late", monday, "deal_rejected", "closed_lost")
    await moved(house, "late", monday + timedelta(days=1), "pilot_converted", "closed_won")
    await happened(house, "pays", "payment_refunded", monday + timedelta(days=2), amount_halalas=100_000)
    await house.inside.relay.flush()


async def happened(house, name, what, at, **data):
    entry = LogEntry(uuid4().hex, what, at, "", data)
    await house.inside.store.timeline.add([TimelineEntry(DEFAULT, house.deals[name], entry)])


async def moved(house, name, at, event, after, **data):
    await happened(house, name, "stage_moved", at, event=event, before="x", after=after, by="human", **data)


async def asks(house, path, role="executive", method="GET", **body):
    headers = {**house.token(role, "noura"), "Idempotency-Key": str(uuid4())}
    more = {"json": body} if method != "GET" else {"params": body}
    return await house.http.request(method, f"{ROOM}{path}", headers=headers, **more)


def numbers_of(pack):
    return {one["definition_id"]: one for one in pack["numbers"]}


async def test_the_pack_says_what_the_raw_records_say(lived):
    pack = (await asks(lived, "/weekly-pack")).json()
    timeline = await by_hand.raw(lived, "timeline")
    since, until = lived.week.since, lived.week.until
    found = numbers_of(pack)

    assert pack["week_of"] == lived.week.id
    assert found["revenue_actual"]["value"] == by_hand.revenue_of(timeline, since, until) == 600_000
    won, lost = by_hand.won_lost_of(timeline, since, until)
    assert (found["deals_won"]["value"], found["deals_lost"]["value"]) == (won, lost) == (3, 1)
    assert found["win_rate"]["value"] == "75.0"
    assert found["revenue_unverified"]["value"] == 500_000 + 300_000
    assert found["opt_outs"]["value"] == by_hand.opt_outs_of(timeline, since, until) == 1
    terms = await by_hand.raw(lived, "deal_terms")
    people = await by_hand.raw(lived, "conversations")
    assert found["pipeline_value"]["value"] == by_hand.open_value_of(terms, people, timeline)
    received = [r for r in timeline if r["what"] == "message_received" and since <= r["at"] < until]
    assert found["messages_received"]["value"] == len(received) >= 7
    done = {one["what"]: one["value"] for one in pack["completed_this_week"]}
    assert (done["deals_won"], done["deals_lost"]) == (3, 1)
    assert {one["what"] for one in pack["planned_next_week"]} >= {"approvals_due", "follow_ups_due"}


async def test_every_block_says_where_it_comes_from_and_no_data_is_never_zero(lived):
    state = (await asks(lived, "/snapshot")).json()
    groups = (
        "revenue",
        "approvals",
        "connectors",
        "compliance",
        "contradictions",
        "strategic_deals",
        "evidence_packs",
    )
    for group in groups:
        for name, block in state[group].items():
            assert set(block) == {
                "value", "unit", "window", "definition_id", "source_query_id", "as_of", "status",
            }, (group, name)  # fmt: skip
            assert block["definition_id"] in METRICS
            assert (block["value"] is None) == (block["status"] in ("no_data", "error")), (group, name)
    assert state["roi"]["cost"]["status"] == "no_data"
    assert state["revenue"]["target"]["value"] is None
    ok = sum(b["status"] == "ok" for g in (*groups, "activity", "roi") for b in state[g].values())
    assert 0 < state["confidence"] <= 1
    assert ok > 10
    grey = [line for line in state["rag"]["lines"] if line["value"] is None]
    assert all(line["colour"] == "grey" for line in grey)
    assert set(WATCHED) <= set(METRICS)


async def test_the_digest_the_page_and_the_api_say_the_same_numbers(lived):
    stored = await lived.inside.rooms.executive.pack(DEFAULT)
    pack = (await asks(lived, "/weekly-pack")).json()
    lines = (title(stored), *digest(stored))
    arabic = (await asks(lived, "/weekly-pack.html")).text
    english = (await asks(lived, "/weekly-pack.html", language="en")).text
    headlines = [one for one in pack["numbers"] if one["is_headline"]]

    assert len(lines) <= LINES_AT_MOST
    assert len(headlines) == 5
    for one in headlines:
        said = f"{METRICS[one['definition_id']].name_ar}: {told(one['value'], one['unit'], 'ar')}"
        assert any(line.startswith(said) for line in lines), said
        for text, language in ((arabic, "ar"), (english, "en")):
            row = re.search(rf'data-metric="{one["definition_id"]}".*?<bdi>(.*?)</bdi>', text)
            expected = told(one["value"], one["unit"], language)
            assert row is not None
            assert row[1] == expected, one["definition_id"]
    assert 'dir="rtl"' in arabic
    assert 'dir="ltr"' in english
    assert "http" not in re.sub(r"http-equiv", "", arabic)
    assert str(pack["decisions_pending_total"]) in next(line for line in lines if line.startswith("قرارات تنتظر"))
    assert "بيانات غير كافية (0 فترة مغلقة)" in "\n".join(lines)


async def test_late_data_changes_no_pack_and_stands_in_the_next_one(own_week, tmp_path):
    week = own_week.week
    before = (await asks(own_week, "/weekly-pack.json", week=week.id)).content
    await moved(
        own_week,
        "vague",
        week.until - timedelta(hours=1),
        "payment_verified",
        "pilot_active",
        amount_halalas=123_400,
    )
    own_week.clock.moves(timedelta(days=7))
    for _ in range(2):
        await own_week.inside.rooms.executive.look()

    assert (await asks(own_week, "/weekly-pack.json", week=week.id)).content == before
    latest = (await asks(own_week, "/weekly-pack")).json()
    assert week_before(week_of(week.last + timedelta(days=1))).id == week.id
    told_again = {one["definition_id"]: one for one in latest["restatements"] if one["week_of"] == week.id}
    assert told_again["revenue_actual"]["told"] == 600_000
    assert told_again["revenue_actual"]["now"] == 723_400
    assert told_again["revenue_unverified"]["now"] == 300_000
    assert numbers_of(latest)["revenue_actual"]["before"] == 723_400
    assert numbers_of(latest)["revenue_actual"]["change"] == -723_400
    assert json.loads(before)["envelope"]["entity"]["id"] == week.id

    body = (await asks(own_week, "/weekly-pack.zip", week=week.id)).content
    zipfile.ZipFile(BytesIO(body)).extractall(tmp_path)
    checked = subprocess.run(
        [sys.executable, str(tmp_path / "verify.py"), str(tmp_path / "pack.json")],
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert (tmp_path / "pack.json").read_bytes() == before


async def test_a_week_made_again_is_a_new_version_and_the_digest_goes_out_once(own_week):
    executive, week = own_week.inside.rooms.executive, last_published(own_week.clock()).id
    first = (await asks(own_week, "/weekly-pack", week=week)).json()
    again = await asks(own_week, "/weekly-pack", "admin", "POST", week=week)
    for _ in range(3):
        await executive.look()

    assert again.status_code == 201, again.text
    assert again.json()["version"] == first["version"] + 1
    assert again.json()["supersedes"] == first["pack_id"]
    for which in ({"week": week}, {}):
        assert (await asks(own_week, "/weekly-pack", version=first["version"], **which)).json() == first
    alerts = [a for a in await own_week.inside.trust.alerts.latest(DEFAULT) if a.kind == "weekly_digest"]
    assert len([a for a in alerts if a.key == f"weekly_digest:{week}"]) == 1
    assert {"executive", "approver"} <= set(alerts[0].audience)
    told_pack = await executive.pack(DEFAULT, week, 1)
    mine = next(a for a in alerts if a.key == f"weekly_digest:{week}")
    assert mine.detail == "\n".join(digest(told_pack))
    kept = await own_week.inside.trust.evidence.outputs.listed(DEFAULT, "exec_weekly_pack", f"week:{week}")
    assert {one.id for one in kept} >= {entries(told_pack, "week")[0]["output_id"]}
    assert all(one.output.provenance.sources for one in kept)


async def test_two_processes_make_one_pack_and_a_clock_that_jumps_makes_no_other(own_week):
    executive, week = own_week.inside.rooms.executive, week_of(day_of(own_week.clock()))
    own_week.clock.moves(published_at(week) + timedelta(minutes=1) - own_week.clock())
    await asyncio.gather(*(executive.catch_up(DEFAULT) for _ in range(4)))
    made = await own_week.inside.store.packs.about(DEFAULT, "weekly_pack", week.id)
    assert [one.revision for one in made] == [1]

    packs = len(await executive.listed(DEFAULT))
    for by in (timedelta(hours=-30), timedelta(hours=30)):
        own_week.clock.jumps(by)
        await executive.look()
    assert len(await executive.listed(DEFAULT)) == packs
    assert (await own_week.inside.trust.evidence.packs.verify(DEFAULT, made[0].id)).is_valid
    alerts = [
        a for a in await own_week.inside.trust.alerts.latest(DEFAULT) if a.key == f"weekly_digest:{week.id}"
    ]
    assert len(alerts) == 1


async def test_a_process_that_dies_between_the_pack_and_its_digest_leaves_the_digest_to_the_next(own_week):
    executive, week = own_week.inside.rooms.executive, week_of(day_of(own_week.clock()))
    own_week.clock.moves(published_at(week) + timedelta(minutes=1) - own_week.clock())
    await executive.make(DEFAULT, week.id)  # and nobody was told: making a pack tells nobody
    for _ in range(2):
        await executive.look()

    alerts = await own_week.inside.trust.alerts.latest(DEFAULT)
    (alert,) = [a for a in alerts if a.key == f"weekly_digest:{week.id}"]
    first = (await own_week.inside.store.packs.about(DEFAULT, "weekly_pack", week.id))[0]
    assert alert.about == first.id
    assert alert.detail == "\n".join(digest(first))


async def test_behind_a_number_stand_ids_that_count_up_to_it_and_nobody_is_named(lived):
    week = lived.week.id
    paid = (await asks(lived, "/behind/revenue_actual", week=week)).json()
    assert sum(row["amount_halalas"] for row in paid["rows"]) == 600_000
    won = (await asks(lived, "/behind/deals_won", week=week)).json()
    assert won["total"] == 3
    paths = ("/snapshot", "/risks", "/decisions-pending", "/weekly-pack", "/behind/pipeline_value")
    text = json.dumps([(await asks(lived, path)).json() for path in (*paths, "/forecast-vs-actual")])
    phones = {row.get("phone") for row in await by_hand.raw(lived, "conversations")} - {"", None}
    assert phones
    assert not [phone for phone in phones if phone in text]
    assert "السلام" not in text


async def test_quarters_are_made_of_weekly_packs(lived):
    day = lived.week.last
    quarter = f"{day.year}-Q{(day.month + 2) // 3}"
    headers = {**lived.token("admin"), "Idempotency-Key": str(uuid4())}
    for kind, wants in (("quarterly_review", "weeks"), ("board_report", "forecast")):
        body = {"type": kind, "entity_id": quarter}
        made = await lived.http.post("/api/v1/evidence-packs/assemble", headers=headers, json=body)
        assert made.status_code == 201, made.text
        assert wants in [item["type"] for item in made.json()["envelope"]["items"]]
        headers["Idempotency-Key"] = str(uuid4())


async def test_executives_read_and_nobody_else(lived):
    assert (await asks(lived, "/weekly-pack", "executive", "POST", week="")).status_code == 403
    for role in ("agent", "service", "rules_editor"):
        for path in ("/snapshot", "/risks", "/decisions-pending", "/forecast-vs-actual", "/weekly-pack"):
            assert (await asks(lived, path, role)).status_code == 403, (role, path)
    assert (await asks(lived, "/weekly-pack", week="2020-01-05")).status_code == 404
    assert (await asks(lived, "/weekly-pack", week="2020-01-06")).status_code == 422
    assert (await asks(lived, "/behind/luck")).status_code == 404
    assert (await asks(lived, "/weekly-pack", version=99)).status_code == 404
    ahead = week_of(lived.clock().astimezone(RIYADH).date()).id
    assert (await asks(lived, "/weekly-pack", "admin", "POST", week=ahead)).status_code == 422
    live = (await asks(lived, "/weekly-pack", live=True)).json()
    assert (live["is_live"], live["week_of"]) == (True, ahead)
