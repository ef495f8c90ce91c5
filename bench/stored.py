"""
Contacts by the hundred thousand, stored as the service itself would have stored them.

Rule 1: the shapes are never made up. A few leads talk to the running service; what it wrote about them is copied,
        document by document, under other ids, phones and times.
Rule 2: every copy is one of its own: each id and each phone in it is unique, and it was last changed at a moment
        of the ninety days before, so that no index holds equal entries that it would not hold in life.
Rule 3: the timeline is copied for every n-th contact only; how much was stored is said with the figures.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient

# Phones of leads who talk in the bench begin at 0; those of stored contacts here.
FIRST = 50_000_000
SPREAD = timedelta(days=90)
BATCH = 1_000

_ULID = rb"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_HASH = rb"(?<=default:)[0-9a-f]{32}\b"
_TIME = rb"(?<=\x09updated_at\x00)[\s\S]{8}|(?<=\x09at\x00)[\s\S]{8}"
_HASHED = 32
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)


@dataclass(frozen=True, slots=True)
class Shape:
    """One document of one lead, cut where a copy differs."""

    literals: tuple[bytes, ...]
    gaps: tuple[str | bytes, ...]
    """Between the literals: `phone`, `time`, or the id to be replaced."""

    def copy(self, number: int, updated: bytes) -> bytes:
        """The same document of another contact; ids stay as long as they were, so lengths stay true."""
        parts = [self.literals[0]]
        for gap, literal in zip(self.gaps, self.literals[1:], strict=True):
            if gap == "phone":
                parts.append(phone(number).encode())
            elif gap == "time":
                parts.append(updated)
            else:
                assert isinstance(gap, bytes)
                parts.append(_id_of_copy(gap, number))
            parts.append(literal)
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Lead:
    """Everything that the service wrote about one lead."""

    said: int
    conversation: Shape
    timeline: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """How much was put there."""

    contacts: int
    facts: int
    data_mib: float
    on_disk_mib: float


def phone(number: int) -> str:
    return f"9665{FIRST + number:08d}"


def said_by(leads: Sequence[Lead], number: int) -> int:
    """How many messages a stored contact has written."""
    return leads[number % len(leads)].said


def cut(document: RawBSONDocument, phone_of_lead: str) -> Shape:
    """Find in one document what a copy must not share."""
    raw = document.raw
    known = phone_of_lead.encode()
    times = _TIME if b"\x09updated_at\x00" not in raw else rb"(?<=\x09updated_at\x00)[\s\S]{8}"
    literals, gaps, end = [], [], 0
    for found in re.finditer(re.escape(known) + b"|" + _ULID + b"|" + _HASH + b"|" + times, raw):
        literals.append(raw[end : found.start()])
        text = found.group()
        gaps.append("phone" if text == known else "time" if len(text) == 8 else text)
        end = found.end()
    literals.append(raw[end:])
    return Shape(tuple(literals), tuple(gaps))


async def learn(uri: str, database: str, talked: dict[str, int]) -> list[Lead]:
    """Read what the service wrote about these leads: phone -> messages written. Raises ValueError for none."""
    client: Any = AsyncMongoClient(uri)
    rows = client.get_database(database, codec_options=_RAW)
    leads = []
    for known, said in talked.items():
        conversation = await rows.conversations.find_one({"phone": {"$regex": known}})
        if conversation is None:
            raise ValueError(f"the service wrote nothing about {known}")
        facts = await rows.timeline.find({"conversation_id": conversation["_id"]}).to_list()
        leads.append(Lead(said, cut(conversation, known), tuple(cut(fact, known) for fact in facts)))
    await client.close()
    return leads


async def fill(
    uri: str, database: str, leads: Sequence[Lead], first: int, until: int, timeline_of_every: int
) -> None:
    """Store the contacts of these numbers."""
    client: Any = AsyncMongoClient(uri, w=1, journal=False)
    rows = client.get_database(database, codec_options=_RAW)
    now = datetime.now(UTC)
    for start in range(first, until, BATCH):
        numbers = range(start, min(until, start + BATCH))
        copies = [leads[n % len(leads)].conversation.copy(n, _moment(now, n)) for n in numbers]
        await rows.conversations.insert_many([RawBSONDocument(raw) for raw in copies], ordered=False)
        facts = [fact for n in numbers if n % timeline_of_every == 0 for fact in _facts(leads, n, now)]
        if facts:
            await rows.timeline.insert_many(facts, ordered=False)
    await client.close()


async def stored(uri: str, database: str) -> Stored:
    """What lies there now."""
    client: Any = AsyncMongoClient(uri)
    rows = client.get_database(database)
    stats = await rows.command("dbStats", scale=1024 * 1024)
    found = Stored(
        await rows.conversations.estimated_document_count(),
        await rows.timeline.estimated_document_count(),
        round(stats["dataSize"], 1),
        round(stats["storageSize"] + stats["indexSize"], 1),
    )
    await client.close()
    return found


def _facts(leads: Sequence[Lead], number: int, now: datetime) -> Iterator[RawBSONDocument]:
    for shape in leads[number % len(leads)].timeline:
        yield RawBSONDocument(shape.copy(number, _moment(now, number)))


def _moment(now: datetime, number: int) -> bytes:
    """A moment of the time before, as a document holds it; neighbours in number are far apart in time."""
    share = (number * 0x9E3779B1 % 2**32) / 2**32
    at = now - timedelta(hours=2) - SPREAD * share
    return int(at.timestamp() * 1000).to_bytes(8, "little", signed=True)


def _id_of_copy(original: bytes, number: int) -> bytes:
    """Another id of the same length: the time of the original, and digits that no other copy has."""
    if len(original) == _HASHED:
        return md5(original + str(number).encode(), usedforsecurity=False).hexdigest().encode()
    own = 0
    for byte in original[16:]:
        own = (own * 31 + byte) % 2**24  # which of the ids of this document it stands for, in every process alike
    mark = (number << 24 | own) % 32**10
    return original[:16] + "".join(_ALPHABET[mark >> shift & 31] for shift in range(45, -1, -5)).encode()
