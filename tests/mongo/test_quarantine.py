"""What came in and could not be handled: whose it is, and how long it is kept."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from adapters.mongo.driver import Door
from adapters.mongo.personal import MongoPersonal
from bot.privacy.data_requests import Subject
from bot.privacy.personal import needles_of
from bot.store import Raw

NOW = datetime.now(UTC).replace(microsecond=0)
RAW = Raw("g:1", "acme", "green_api", "handling failed again and again", b'{"data": "words"}', NOW, about="c1")
SUBJECT = Subject(keys=("phone:966501234567",), conversation_ids=("c1",), phone="966501234567")


async def test_a_parked_event_is_shown_to_its_contact_and_goes_with_them(store: Any, door: Door) -> None:
    """Whatever stands in it: it says itself whose it is."""
    await store.quarantine.keep(RAW)
    await store.quarantine.keep(replace(RAW, id="g:2", about="c2"))
    await store.quarantine.keep(replace(RAW, id="g:3", about=""))
    await store.quarantine.keep(replace(RAW, id="g:1", tenant_id="zed"))
    personal = MongoPersonal(door)

    shown = await personal.about("acme", SUBJECT)
    await personal.forget("acme", SUBJECT, needles_of(SUBJECT, []), lambda key: f"~{key}", "r1")

    assert [row["body"] for row in shown["quarantine"]] == ['{"data": "words"}']
    left = await door.collection("quarantine").find({}, sort=[("_id", 1)])
    assert [row["_id"] for row in left] == ["acme:g:2", "acme:g:3", "zed:g:1"]


async def test_what_nobody_could_place_is_kept_for_a_month_and_what_is_somebodys_until_it_is_ended(
    store: Any, door: Door
) -> None:
    await store.quarantine.keep(RAW)
    await store.quarantine.keep(replace(RAW, id="g:2", about=""))
    await store.quarantine.keep(replace(RAW, id="g:3", about="", is_noise=True))

    rows = await door.collection("quarantine").find({}, sort=[("_id", 1)])
    ends = await door.collection("quarantine").index_information()
    month = {i["key"][0][0] for i in ends.values() if i.get("expireAfterSeconds") == 30 * 86_400}

    assert month == {"noise_at", "unplaced_at"}
    assert [[row[name] for name in sorted(month) if name in row] for row in rows] == [[], [NOW], [NOW]]
    assert await store.quarantine.count("acme") == 2
    assert await store.quarantine.end("acme", "g:1", "set_aside", "sami", NOW)
    (ended,) = await door.collection("quarantine").find({"_id": "acme:g:1"})
    assert ended["noise_at"] == NOW
