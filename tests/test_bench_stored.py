"""Contacts that the bench stores are copies of real ones, and share nothing that must be a contact's own."""

from datetime import UTC, datetime

from bson import decode, encode
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

from bench import stored

CONTACT, MESSAGE = "01KAQZ5T8G4V7N2M9X3C6B1D0F", "01KAQZ5T8H9W8P3N2Y4D7C2E1G"
PHONE = "966500000003"
SOME = st.integers(min_value=0, max_value=5_000_000)


def conversation() -> RawBSONDocument:
    row = {
        "_id": CONTACT,
        "phone": PHONE,
        "keys": [f"phone:{PHONE}", f"chat:{PHONE}@c.us"],
        "log": [
            {"id": f"{CONTACT}:00000002:000", "correlation_id": MESSAGE, "at": datetime(2026, 1, 1, tzinfo=UTC)}
        ],
        "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
        "stage": "qualifying",
    }
    return RawBSONDocument(encode(row))


def fact() -> RawBSONDocument:
    row = {"_id": f"default:{CONTACT}:00000002:000", "conversation_id": CONTACT, "correlation_id": MESSAGE}
    return RawBSONDocument(encode({**row, "at": datetime(2026, 1, 1, tzinfo=UTC), "salt": "ab"}))


def copied(document: RawBSONDocument, number: int, at: datetime = datetime(2025, 9, 1, tzinfo=UTC)) -> dict:
    moment = int(at.timestamp() * 1000).to_bytes(8, "little", signed=True)
    return decode(stored.cut(document, PHONE).copy(number, moment))


@given(SOME, SOME)
def test_two_copies_share_no_id_and_no_phone(one: int, other: int) -> None:
    first, second = copied(conversation(), one), copied(conversation(), other)

    alike = one == other
    assert (first["_id"] == second["_id"]) is alike
    assert (first["log"][0]["correlation_id"] == second["log"][0]["correlation_id"]) is alike
    assert (first["keys"] == second["keys"]) is alike
    assert first["phone"] == stored.phone(one)
    assert first["stage"] == "qualifying"


@given(SOME)
def test_what_belongs_to_a_contact_still_does_in_its_copy(number: int) -> None:
    contact, happened = copied(conversation(), number), copied(fact(), number)

    assert happened["conversation_id"] == contact["_id"]
    assert happened["_id"] == f"default:{contact['_id']}:00000002:000"
    assert contact["log"][0]["id"].startswith(contact["_id"])
    assert contact["keys"] == [f"phone:{contact['phone']}", f"chat:{contact['phone']}@c.us"]


def test_a_copy_was_changed_at_the_moment_it_is_told() -> None:
    at = datetime(2025, 10, 2, 3, 4, 5, tzinfo=UTC)

    assert copied(conversation(), 7, at)["updated_at"].replace(tzinfo=UTC) == at
    assert copied(fact(), 7, at)["at"].replace(tzinfo=UTC) == at
