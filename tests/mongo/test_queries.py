"""
The questions asked of conversations, against an in-memory imitation: what they select, and nothing about races,
uniqueness or durability, which only the real server can answer.
"""

from datetime import UTC, datetime, timedelta

import mongomock
import pytest

from adapters.mongo import queries

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def rows() -> mongomock.Collection:
    collection = mongomock.MongoClient(tz_aware=True).house.conversations
    collection.insert_many(
        [
            {
                "_id": "a1",
                "tenant_id": "a",
                "keys": ["phone:966501111111", "bsuid:SA.1"],
                "phone": "966501111111",
                "name": "نورة (مديرة)",
                "v": 3,
                "stage": "qualifying",
                "seen": [{"k": "m1"}],
                "outbox": [{"id": "d1", "status": "held", "provider_message_ids": []}],
                "next_at": NOW,
                "cards_due": True,
            },
            {
                "_id": "a2",
                "tenant_id": "a",
                "keys": ["phone:966502222222"],
                "phone": "966502222222",
                "name": "Fahd",
                "v": 1,
                "stage": "new_lead",
                "seen": [],
                "outbox": [{"id": "d2", "status": "accepted", "provider_message_ids": ["wamid.9"]}],
                "next_at": NOW + timedelta(hours=1),
                "cards_due": False,
            },
            {
                "_id": "b1",
                "tenant_id": "b",
                "keys": ["phone:966501111111"],
                "phone": "966501111111",
                "name": "نورة",
                "v": 3,
                "stage": "qualifying",
                "seen": [],
                "outbox": [{"id": "d1", "status": "held", "provider_message_ids": ["wamid.9"]}],
                "next_at": NOW,
                "cards_due": True,
            },
        ]
    )
    return collection


def ids(rows: mongomock.Collection, query: dict[str, object], tenant: str = "a") -> list[str]:
    return [row["_id"] for row in rows.find({**query, "tenant_id": tenant})]


def test_a_seen_event_is_not_accepted_again(rows: mongomock.Collection) -> None:
    assert ids(rows, queries.accepts_event(["bsuid:SA.1"], "m1")) == []
    assert ids(rows, queries.accepts_event(["bsuid:SA.1"], "m2")) == ["a1"]


def test_any_of_the_names_of_a_contact_finds_it(rows: mongomock.Collection) -> None:
    assert ids(rows, queries.any_key(["lid:77", "bsuid:SA.1"])) == ["a1"]


def test_a_version_is_part_of_the_name_of_a_write(rows: mongomock.Collection) -> None:
    assert ids(rows, queries.at_version("a1", 3)) == ["a1"]
    assert ids(rows, queries.at_version("a1", 2)) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (queries.one("b1"), []),
        (queries.one("a1"), ["a1"]),
        (queries.holding_draft("d1"), ["a1"]),
        (queries.holding_message(["wamid.9"]), ["a2"]),
        (queries.with_drafts(["held"]), ["a1"]),
        (queries.cards_due(), ["a1"]),
        (queries.due(NOW), ["a1"]),
    ],
)
def test_every_question_finds_what_it_asks_for(
    rows: mongomock.Collection, query: dict[str, object], found: list[str]
) -> None:
    assert ids(rows, query) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("نورة", ["a1"]),
        ("fahd", ["a2"]),
        ("050 222 2222", ["a2"]),
        ("+966 50", ["a1", "a2"]),
        ("a2", ["a2"]),
        ("(مديرة)", ["a1"]),
        (".*", []),
        ("[", []),
    ],
)
def test_a_search_takes_every_text_literally(rows: mongomock.Collection, text: str, found: list[str]) -> None:
    assert ids(rows, queries.search(text)) == found


def test_stages_are_counted(rows: mongomock.Collection) -> None:
    counted = {row["_id"]: row["n"] for row in rows.aggregate(queries.count_by_stage())}

    assert counted == {"qualifying": 2, "new_lead": 1}
