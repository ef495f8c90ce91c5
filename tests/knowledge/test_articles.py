"""Articles over HTTP: four eyes, versions that never change, and what is refused and why."""

import asyncio
from datetime import timedelta

import pytest

from bot.tenants import DEFAULT_TENANT
from tests.house.running import RunningHouse
from tests.knowledge.shelf import Desk, article


@pytest.fixture
def desk(house: RunningHouse) -> Desk:
    return Desk(house)


async def test_an_article_is_written_by_one_and_approved_by_another(house: RunningHouse, desk: Desk) -> None:
    made = await desk.writes()
    path = f"/articles/{made['id']}"
    assert (made["status"], made["version"], made["is_submitted"], made["answers"]) == ("draft", 1, False, False)
    early = await desk.asks("POST", f"{path}/approve", desk.sami)
    assert early.status_code == 409, "nobody submitted it"
    assert (await desk.asks("POST", f"{path}/submit", desk.noura)).json()["is_submitted"]
    for role in ("admin", "approver"):
        own = await desk.asks("POST", f"{path}/approve", house.token(role, " NOURA "))
        assert (own.status_code, own.json()["code"]) == (403, "four_eyes"), "another door is no other person"
    assert (await desk.asks("POST", f"{path}/approve", desk.noura)).status_code == 403
    stale = await desk.asks("POST", f"{path}/approve", desk.sami, json={"rev": 1})
    assert stale.status_code == 409
    approved = (await desk.asks("POST", f"{path}/approve", desk.sami, json={"version": 1, "rev": 2})).json()
    assert approved["answers"] and approved["approved_by"]["name"] == "Sami"
    again = await desk.asks("POST", f"{path}/approve", desk.sami)
    assert again.status_code == 409
    stored = "".join((await house.everything_stored())["timeline"])
    for what in ("article_written", "article_submitted", "article_approved"):
        assert what in stored


async def test_a_new_version_answers_only_when_it_is_approved_and_the_old_one_is_kept(desk: Desk) -> None:
    first = await desk.publishes(ar={"title": "لون السيارة الرسمية", "body": "السيارة بيضاء."}, en=None)
    path = f"/articles/{first['id']}"
    body = article(ar={"title": "لون السيارة الرسمية", "body": "السيارة زرقاء."}, en=None)
    body.pop("id")
    second = (await desk.asks("PUT", path, desk.noura, json=body)).json()
    assert (second["version"], second["status"]) == (2, "draft")

    async def says() -> tuple[str, int]:
        told = await desk.asks("POST", "/ask", desk.noura, json={"question": "وش لون السيارة الرسمية؟"})
        answer = told.json()["answer"]
        return answer["text"], answer["version"]

    assert await says() == ("السيارة بيضاء.", 1)
    await desk.lets_answer(first["id"])
    assert await says() == ("السيارة زرقاء.", 2)
    versions = (await desk.asks("GET", f"{path}/versions", desk.sami)).json()["articles"]
    assert [(v["version"], v["status"], v["ar"]["body"]) for v in versions] == [
        (2, "approved", "السيارة زرقاء."),
        (1, "retired", "السيارة بيضاء."),
    ]
    retired = await desk.asks("POST", f"{path}/retire", desk.sami, json={"why": "sold"})
    assert retired.json()["why_retired"] == "sold"
    told = (await desk.asks("POST", "/ask", desk.noura, json={"question": "وش لون السيارة الرسمية؟"})).json()
    assert (told["status"], told["answer"]) == ("no_source", None)
    assert (await desk.asks("POST", f"{path}/retire", desk.sami)).status_code == 409
    assert (await desk.asks("GET", f"{path}?version=1", desk.sami)).json()["ar"]["body"] == "السيارة بيضاء."


async def test_words_changed_after_they_were_submitted_wait_for_nobody(desk: Desk) -> None:
    made = await desk.writes()
    path = f"/articles/{made['id']}"
    await desk.asks("POST", f"{path}/submit", desk.noura)
    body = {name: made[name] for name in ("source", "owner", "ar")} | {"rev": 2}
    changed = await desk.asks("PUT", path, desk.noura, json=body)
    assert (changed.status_code, changed.json()["is_submitted"], changed.json()["en"]) == (200, False, None)
    assert (await desk.asks("POST", f"{path}/approve", desk.sami)).status_code == 409
    assert (await desk.asks("PUT", path, desk.noura, json=body)).status_code == 409, "it was read before"
    await desk.asks("POST", f"{path}/submit", desk.noura)
    back = await desk.asks("POST", f"{path}/send-back", desk.sami, json={"why": "too long"})
    assert not back.json()["is_submitted"]
    assert (await desk.asks("DELETE", path, desk.noura)).status_code == 204
    assert (await desk.asks("GET", path, desk.noura)).status_code == 404
    assert (await desk.asks("DELETE", path, desk.noura)).status_code == 404


async def test_of_two_who_open_the_next_version_at_once_one_is_told(desk: Desk) -> None:
    made = await desk.publishes()
    body = {name: made[name] for name in ("source", "owner", "ar", "en")}
    puts = [desk.asks("PUT", f"/articles/{made['id']}", desk.noura, json=body) for _ in range(4)]
    codes = sorted(answer.status_code for answer in await asyncio.gather(*puts))
    assert codes[0] == 200 and set(codes) <= {200, 409}
    versions = (await desk.asks("GET", f"/articles/{made['id']}/versions", desk.noura)).json()["articles"]
    assert [v["status"] for v in versions] == ["draft", "approved"]


async def test_what_may_never_be_said_is_refused_before_anybody_is_asked(desk: Desk) -> None:
    said = {"title": "النتائج", "body": "نضمن لكم مضاعفة المبيعات."}
    made = await desk.writes(ar=said, en=None)
    assert "forbidden" in made["flags"]["ar"]
    refused = await desk.asks("POST", f"/articles/{made['id']}/submit", desk.noura)
    assert refused.status_code == 422 and "نضمن" in refused.text
    bare = await desk.writes(source="", owner="")
    refused = await desk.asks("POST", f"/articles/{bare['id']}/submit", desk.noura)
    assert refused.status_code == 422 and "a source" in refused.text and "مصدر" in refused.text


async def test_an_expired_article_answers_nobody(house: RunningHouse, desk: Desk) -> None:
    ends = house.clock() + timedelta(days=3)
    said = {"title": "عرض رمضان للمناطيد", "body": "العرض على المناطيد حتى نهاية الشهر."}
    made = await desk.publishes(ar=said, en=None, expires_at=ends.isoformat())
    ask = {"question": "وش عرض المناطيد في رمضان؟"}
    assert (await desk.asks("POST", "/ask", desk.sami, json=ask)).json()["answer"]["article_id"] == made["id"]
    found = (await desk.asks("GET", "/lint", desk.sami)).json()["findings"]
    assert "expiring" in [f["kind"] for f in found if f["article_id"] == made["id"]]
    await house.moves(days=3, seconds=1)
    assert (await desk.asks("POST", "/ask", desk.sami, json=ask)).json()["status"] == "no_source"
    found = (await desk.asks("GET", "/lint", desk.sami)).json()["findings"]
    assert found[0]["kind"] == "expired", "most pressing first"
    hits = (await desk.asks("GET", "/search?q=المناطيد", desk.sami)).json()["hits"]
    assert [hit["id"] for hit in hits] == [made["id"]], "whoever mends it still finds it"


@pytest.mark.parametrize(
    "wrong",
    [
        {"ar": None, "en": None},
        {"ar": {"title": "", "body": "x"}},
        {"ar": {"title": "x", "body": " "}},
        {"ar": {"title": "x", "body": "x" * 2_001}},
        {"id": "Not An Id"},
        {"id": "../etc"},
        {"tags": ["x"] * 21},
        {"expires_at": "2027-01-01"},
        {"status": "approved"},
        {"approved_by": "me"},
        {"tenant_id": "other"},
    ],
)
async def test_a_body_that_is_no_article_is_refused(desk: Desk, wrong: dict[str, object]) -> None:
    answer = await desk.asks("POST", "/articles", desk.noura, json=article(**wrong))
    assert answer.status_code == 422, answer.text


async def test_who_may_do_what(house: RunningHouse, desk: Desk) -> None:
    made = await desk.writes()
    path = f"/articles/{made['id']}"
    assert (await desk.asks("POST", "/articles", desk.noura, json=article(id=made["id"]))).status_code == 409
    for role in ("agent", "executive", "service", "dpo", "approver"):
        who = house.token(role, "Huda")
        assert (await desk.asks("GET", path, who)).status_code == 200
        assert (await desk.asks("POST", "/articles", who, json=article())).status_code == 403
        assert (await desk.asks("POST", f"{path}/submit", who)).status_code == 403
    assert (await desk.asks("POST", f"{path}/approve", house.token("agent", "Huda"))).status_code == 403
    for method, lost in (("GET", "/articles/nothing"), ("GET", f"{path}?version=9")):
        assert (await desk.asks(method, lost, desk.noura)).status_code == 404
    body = article()
    body.pop("id")
    assert (await desk.asks("PUT", "/articles/nothing", desk.noura, json=body)).status_code == 404
    for query in ("?q=", "", "?q=x&limit=0", "?q=x&status=lost"):
        assert (await desk.asks("GET", f"/search{query}", desk.noura)).status_code == 422


async def test_the_report_of_the_day_goes_to_the_analysts_once(house: RunningHouse, desk: Desk) -> None:
    await desk.publishes(ar=None, owner="Noura")
    room = house.inside.rooms.knowledge
    await room.look()
    await room.look()
    latest = await house.inside.trust.alerts.latest(DEFAULT_TENANT, 50)
    told = [alert for alert in latest if alert.kind == "knowledge_report"]
    day = (house.clock() + timedelta(hours=3)).date().isoformat()
    assert [alert.key for alert in told].count(f"knowledge_report:{day}") == 1
    assert set(told[0].audience) == {"admin", "rules_editor"}


@pytest.mark.parametrize("day", ["0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-10:00"])
async def test_a_moment_that_no_clock_shows_is_refused(desk: Desk, day: str) -> None:
    """They exist where they were written, and nowhere else: both were a fault of ours."""
    for field in ("reviewed_at", "expires_at"):
        refused = await desk.asks("POST", "/articles", desk.noura, json=article(**{field: day}))
        assert refused.status_code == 422, refused.text
