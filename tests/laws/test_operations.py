"""The operator's numbers: they are what the records say, and what cannot be told is missing and never zero."""

from datetime import timedelta

from bot.conversation import Status
from bot.stored_format import LAST_BACKUP_NOTE
from bot.tenants import DEFAULT_TENANT
from tests.house.fixtures import NewTalk
from tests.house.running import RunningHouse
from tests.house.sami import Sami
from tests.house.talk import Talk


async def look(house: RunningHouse) -> dict:
    """As an admin asks it, with nothing remembered from the last look."""
    await house.moves(seconds=30)
    answer = await house.http.get("/api/v1/operations", headers=house.token("admin", "ops"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_quiet_house_says_what_runs_and_misses_nothing(house: RunningHouse) -> None:
    now = await look(house)

    assert now["missing"] == {}
    assert now["inbound"] == {"waiting": 0, "oldest_at": None, "lag_seconds": None}
    assert now["drafts"]["count"] == now["in_doubt"]["count"] == 0
    assert {one["channel"] for one in now["channels"]} == {"green_api", "ultramsg", "fonnte", "meta_cloud"}
    assert now["versions"]["dealix"] and now["versions"]["rules"] and now["versions"]["database"]
    assert now["disk"]["database_bytes"] > 0 and now["disk"]["free_bytes"] > 0
    assert len(now["hours"]) == 24
    assert now["limits"]


async def test_a_draft_is_counted_with_its_age_and_overdue_as_negative_time(
    house: RunningHouse, talk: Talk, sami: Sami
) -> None:
    await talk.says("حولت المبلغ")
    (draft,) = talk.held
    waiting = (await look(house))["drafts"]
    assert waiting["count"] == 1
    (row,) = waiting["most_urgent"]
    assert (row["draft_id"], row["status"]) == (draft.id, "held")
    assert row["due_in_seconds"] > 0 and waiting["overdue"] == 0

    await house.moves(seconds=(draft.due_at - house.clock()).total_seconds() + 600)
    late = (await look(house))["drafts"]
    assert late["overdue"] == 1
    assert late["most_urgent"][0]["due_in_seconds"] <= -600
    assert late["most_urgent"][0]["age_seconds"] > row["age_seconds"]

    await sami.rejects(draft)
    assert (await look(house))["drafts"]["count"] == 0


async def test_a_send_in_doubt_and_the_hours_and_calls_are_what_the_records_say(
    house: RunningHouse, new_talk: NewTalk
) -> None:
    await house.inside.relay.flush()
    before = await look(house)
    fine, doubtful = new_talk("fonnte"), new_talk("fonnte")
    await fine.says("السلام عليكم")
    house.fake.script("fonnte", "cut_reply", times=1)
    await doubtful.says("السلام عليكم")
    await doubtful.waits_until(Status.UNKNOWN)
    await house.inside.relay.flush()

    now = await look(house)

    def total(answer: dict, name: str) -> int:
        return sum(hour[name] for hour in answer["hours"])

    assert total(now, "received") == total(before, "received") + 2
    assert total(now, "accepted") == total(before, "accepted") + 1
    assert total(now, "failed") == total(before, "failed") + 1
    assert now["in_doubt"]["count"] == 1
    assert now["in_doubt"]["most_urgent"][0]["age_seconds"] >= 0
    (fonnte,) = [one for one in now["channels"] if one["channel"] == "fonnte"]
    assert fonnte["sends_24h"]["last_success_at"] < fonnte["sends_24h"]["last_error_at"]
    assert fonnte["sends_24h"]["last_error"].startswith("ambiguous")


async def test_a_backup_stands_there_with_its_age(house: RunningHouse) -> None:
    assert (await look(house))["backup"]["at"] is None
    at = house.clock() - timedelta(hours=5)
    note = {"id": "b", "at": at, "rows": 7, "size": 100, "is_sealed": True}
    await house.inside.store.marks.write(LAST_BACKUP_NOTE, note)

    backup = (await look(house))["backup"]

    assert 5 * 3600 <= backup["age_seconds"] < 5 * 3600 + 120
    assert backup["is_sealed"] is True and backup["rows"] == 7


async def test_an_alert_that_nobody_has_seen_is_open(house: RunningHouse) -> None:
    alerts = house.inside.trust.alerts
    await alerts.tell(DEFAULT_TENANT, "draft_overdue", "Late", "متأخر", "", "operations-test")
    (alert,) = [one for one in (await look(house))["alerts"] if one["title_en"] == "Late"]
    await alerts.seen(DEFAULT_TENANT, alert["id"], "console:sami")

    assert [one for one in (await look(house))["alerts"] if one["title_en"] == "Late"] == []


async def test_only_an_admin_reads_it(house: RunningHouse) -> None:
    for role in ("approver", "rules_editor", "executive", "agent", "service", "dpo"):
        answer = await house.http.get("/api/v1/operations", headers=house.token(role, "somebody"))
        assert answer.status_code == 403, role
    assert (await house.http.get("/api/v1/operations")).status_code == 401
