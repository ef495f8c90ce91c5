"""What is sealed shows when somebody has changed it; what is forgotten stays proved; a crash breaks nothing."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.mongo.driver import Door
from adapters.mongo.store import MongoStore
from bot.conversation import LogEntry
from bot.evidence.anchors import Anchors, read_anchor
from bot.evidence.chain import Break, ChainReport, Known
from bot.evidence.seals import BLOCK, Seals
from bot.evidence.signing import Signer
from bot.people import Human
from bot.store import TimelineEntry

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SAMI = Human("telegram:1", "Sami")


class Room:
    """A tenant with a history, and the parts that seal it."""

    def __init__(self, store: MongoStore, door: Door, keys: Path, tenant: str = "acme") -> None:
        self.store, self.door, self.keys, self.tenant = store, door, keys, tenant
        self.signer = Signer(keys)
        self.numbers = count(1)
        self.seals = self.another()
        self.anchors = Anchors(store, {tenant: None}, self.signer, lambda: NOW, told=None, file=keys / "anchors")

    def another(self) -> Seals:
        """The sealer of another process."""
        salts = count(1)
        return Seals(
            self.store,
            {self.tenant: None},
            Signer(self.keys),
            lambda: NOW + timedelta(hours=2),
            lambda: f"E{next(self.numbers):05}",
            lambda: f"{next(salts):032x}",
        )

    async def happens(self, times: int, what: str = "decided", contact: str = "c1", **data: Any) -> list[str]:
        entries = []
        for _ in range(times):
            number = next(self.numbers)
            facts = {
                "text": f"كم السعر {number}",
                "n": number,
                "at": NOW,
                "score": 0.5,
                "list": [1, None],
                **data,
            }
            at = NOW + timedelta(seconds=number)
            entries.append(
                TimelineEntry(
                    self.tenant, contact, LogEntry(f"{contact}:{number:05}", what, at, f"e{number}", facts)
                )
            )
        await self.store.timeline.add(entries)
        return [entry.entry.id for entry in entries]

    async def has_blocks(self, *sizes: int) -> list[str]:
        """Blocks of so many entries each; answers the ids of the entries."""
        ids = []
        for size in sizes:
            ids += await self.happens(size)
            await self.seals.seal(self.tenant)
        return ids

    async def verify(self, *known: Known) -> ChainReport:
        return await self.seals.verify(self.tenant, known)

    async def says(self, kind: Break, *known: Known) -> ChainReport:
        report = await self.verify(*known)
        assert report.first_broken is not None, "nothing was found"
        assert report.first_broken.kind is kind, report.first_broken
        return report

    @property
    def entries(self) -> Any:
        return self.door.collection("timeline")

    @property
    def blocks(self) -> Any:
        return self.door.collection("seals")

    def id(self, entry_id: str) -> dict[str, str]:
        return {"_id": f"{self.tenant}:{entry_id}"}


@pytest.fixture
async def room(store: MongoStore, door: Door, tmp_path: Path) -> Room:
    for name in ("timeline", "seals", "anchors"):  # whoever has the database can switch its validators off
        await door.command("collMod", name, validator={}, validationLevel="off")
    return Room(store, door, tmp_path)


async def test_an_untouched_chain_is_valid_and_counts_what_it_holds(room: Room) -> None:
    await room.has_blocks(3, 1, 2)
    await room.happens(4)

    report = await room.verify()

    assert report.is_valid
    assert (report.blocks, report.entries, report.waiting, report.head_seq) == (3, 6, 4, 3)


async def test_twenty_who_verify_at_once_cost_two_walks_and_see_what_they_know_of(room: Room) -> None:
    ids = await room.has_blocks(3, 3)
    first = asyncio.create_task(room.verify())
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # it has begun

    await room.entries.update_one(room.id(ids[0]), {"$set": {"what": "nothing"}})
    later = await asyncio.gather(*(room.verify() for _ in range(20)))

    assert len({id(report) for report in later}) == 1 and later[0] is not await first
    assert later[0].first_broken is not None
    await room.entries.update_one(room.id(ids[0]), {"$set": {"what": "decided"}})
    assert (await room.verify()).is_valid


async def test_who_leaves_while_it_is_verified_takes_the_answer_from_nobody(room: Room) -> None:
    await room.has_blocks(3)
    leaves, stays = asyncio.create_task(room.verify()), asyncio.create_task(room.verify())
    await asyncio.sleep(0)
    leaves.cancel()

    assert (await stays).is_valid


async def test_a_tenant_without_history_is_valid(room: Room) -> None:
    assert await room.seals.seal("acme") == 0
    assert (await room.verify()).is_valid


async def test_more_than_a_block_is_sealed_in_one_go_and_nothing_is_left_open(room: Room) -> None:
    await room.happens(2 * BLOCK + 7)

    assert await room.seals.seal("acme") == 2 * BLOCK + 7
    report = await room.verify()

    assert (report.is_valid, report.blocks, report.entries, report.waiting) == (True, 3, 2 * BLOCK + 7, 0)
    assert await room.entries.count({"open": True}) == 0


async def test_sealing_again_changes_nothing(room: Room) -> None:
    await room.has_blocks(3)
    before = await room.blocks.find({})

    assert await room.seals.seal("acme") == 0
    assert await room.blocks.find({}) == before


async def test_history_from_before_there_were_seals_is_sealed_too(room: Room) -> None:
    await room.happens(5)
    await room.entries.update_many({}, {"$unset": {"open": "", "salt": ""}})

    assert await room.seals.seal("acme") == 5
    assert (await room.verify()).is_valid
    assert await room.entries.count({"salt": {"$exists": False}}) == 0


async def test_values_of_every_kind_of_a_database_can_be_sealed(room: Room) -> None:
    odd = {
        "int": 2**60,
        "nan": float("nan"),
        "inf": float("-inf"),
        "bytes": b"\x00\xff",
        "oid": ObjectId(b"123456789012"),
    }
    await room.happens(1, deep={"a": [{"b": odd}]}, **odd)
    await room.seals.seal("acme")

    assert (await room.verify()).is_valid


async def test_tenants_have_chains_of_their_own(
    room: Room, store: MongoStore, door: Door, tmp_path: Path
) -> None:
    other = Room(store, door, tmp_path, tenant="other")
    await room.has_blocks(2)
    await other.has_blocks(1, 1)
    await other.entries.update_one({"tenant_id": "other"}, {"$set": {"what": "x"}})

    assert (await room.verify()).is_valid
    await other.says(Break.CHANGED)


async def test_an_entry_that_claims_an_old_date_is_sealed_and_counted_as_late(room: Room) -> None:
    """Whoever can write rows can write one before it is sealed; the block says when that was."""
    await room.has_blocks(2)
    old = NOW - timedelta(days=300)
    entry = LogEntry("c1:99999", "draft_approved", old, "e", {"by": "telegram:1"})
    await room.store.timeline.add([TimelineEntry("acme", "c1", entry)])
    await room.seals.seal("acme")
    report = await room.verify()
    assert (report.is_valid, report.late) == (True, 1)


# Somebody with a hand in the database


@pytest.mark.parametrize(
    "update",
    [
        {"$set": {"data.text": "another"}},
        {"$set": {"data.n": -1}},
        {"$set": {"data.score": 0.51}},
        {"$set": {"data.at": NOW + timedelta(milliseconds=1)}},
        {"$unset": {"data.n": ""}},
        {"$set": {"data.more": None}},
        {"$set": {"data.list": [None, 1]}},
        {"$set": {"data": {}}},
        {"$set": {"data": "text"}},
        {"$set": {"what": "draft_approved"}},
        {"$set": {"at": NOW}},
        {"$set": {"at": "2026-03-02"}},
        {"$set": {"correlation_id": "e9"}},
        {"$set": {"conversation_id": "c9"}},
        {"$set": {"salt": "00" * 16}},
        {"$unset": {"salt": ""}},
        {"$set": {"seal": 1}},
        {"$set": {"seal": 2.5}},
        {"$unset": {"seal": ""}},
        {"$set": {"open": True}},
        {"$set": {"open": False}},
        {"$set": {"erased_by": "c1:00001"}},
        {"$set": {"data_hash": "ab"}},
        {"$set": {"added": 1}},
    ],
    ids=str,
)
async def test_an_edited_entry_is_found(room: Room, update: dict[str, Any]) -> None:
    ids = await room.has_blocks(2, 3, 2)
    await room.entries.update_one(room.id(ids[3]), update)

    report = await room.says(Break.CHANGED)

    assert (report.first_broken.block, report.first_broken.entry_id) == (2, ids[3])
    assert report.blocks == 1


async def test_a_deleted_entry_is_found(room: Room) -> None:
    ids = await room.has_blocks(2, 2)
    await room.entries.delete_one(room.id(ids[2]))
    report = await room.says(Break.MISSING)
    assert (report.first_broken.block, report.first_broken.entry_id) == (2, ids[2])


@pytest.mark.parametrize("seal", [{"seal": 2}, {"seal": "2"}, {"seal": 0}, {}, {"open": False}], ids=str)
async def test_an_inserted_entry_is_found(room: Room, seal: dict[str, Any]) -> None:
    ids = await room.has_blocks(2, 2)
    forged = await room.entries.find_one(room.id(ids[2]))
    del forged["seal"]
    await room.entries.insert_one({**forged, "_id": "acme:c1:00000", **seal})
    report = await room.says(Break.INSERTED)
    assert report.first_broken.entry_id == "c1:00000"


async def test_two_entries_that_changed_places_are_found(room: Room) -> None:
    ids = await room.has_blocks(3)
    first, second = [await room.entries.find_one(room.id(entry)) for entry in ids[:2]]
    await room.entries.update_one(room.id(ids[0]), {"$set": {"data": second["data"], "salt": second["salt"]}})
    await room.entries.update_one(room.id(ids[1]), {"$set": {"data": first["data"], "salt": first["salt"]}})
    await room.says(Break.CHANGED)


async def test_entries_of_a_block_in_another_order_are_found(room: Room) -> None:
    await room.has_blocks(1, 3)
    block = await room.blocks.find_one({"seq": 2})
    await room.blocks.update_one({"seq": 2}, {"$set": {"entries": block["entries"][::-1]}})
    report = await room.says(Break.REORDERED)
    assert report.first_broken.block == 2


async def test_two_blocks_that_changed_places_are_found(room: Room) -> None:
    await room.has_blocks(1, 1, 1)
    second, third = await room.blocks.find({"seq": {"$gt": 1}}, sort=[("seq", 1)])
    await room.blocks.delete_many({"seq": {"$gt": 1}})
    for block, seq in ((second, 3), (third, 2)):
        await room.blocks.insert_one({**block, "_id": f"acme:{seq}", "seq": seq})
    report = await room.says(Break.REORDERED)
    assert report.first_broken.block == 2


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ({"$set": {"entries.0.hash": "00" * 32}}, Break.CHANGED),
        ({"$set": {"entries.0.id": "c1:99999"}}, Break.CHANGED),
        ({"$pop": {"entries": 1}}, Break.CHANGED),
        ({"$set": {"entries": "none"}}, Break.CHANGED),
        ({"$set": {"at": NOW}}, Break.CHANGED),
        ({"$set": {"prev_hash": "00" * 32}}, Break.CHANGED),
        ({"$set": {"hash": "00" * 32}}, Break.CHANGED),
        ({"$set": {"signature": "00" * 64}}, Break.BAD_SIGNATURE),
        ({"$set": {"key_id": "00" * 8}}, Break.BAD_SIGNATURE),
        ({"$set": {"key_id": "../../token"}}, Break.BAD_SIGNATURE),
        ({"$set": {"more": 1}}, Break.CHANGED),
        ({"$unset": {"signature": ""}}, Break.CHANGED),
    ],
    ids=str,
)
async def test_an_edited_block_is_found(room: Room, update: dict[str, Any], kind: Break) -> None:
    await room.has_blocks(2, 2, 2)
    await room.blocks.update_one({"seq": 2}, update)
    report = await room.says(kind)
    assert report.first_broken.block == 2


async def test_a_block_that_somebody_wrote_without_our_key_is_found(room: Room, tmp_path: Path) -> None:
    """A whole chain may be written anew, with every hash right; only the key is missing."""
    forger = Room(room.store, room.door, tmp_path / "elsewhere")
    await forger.has_blocks(2, 2)
    report = await room.says(Break.BAD_SIGNATURE)
    assert report.first_broken.block == 1


@pytest.mark.parametrize(("gone", "kind", "where"), [(1, Break.GAP, 1), (2, Break.GAP, 2), (3, Break.CUT_OFF, 3)])
async def test_a_deleted_block_is_found(room: Room, gone: int, kind: Break, where: int) -> None:
    await room.has_blocks(1, 1, 1)
    await room.blocks.delete_one({"seq": gone})
    report = await room.says(kind)
    assert report.first_broken.block == where


async def test_a_tail_that_was_cut_off_with_its_entries_is_found_by_whoever_kept_an_anchor(room: Room) -> None:
    await room.has_blocks(1, 1, 1)
    anchor = await room.anchors.drop("acme")
    await room.blocks.delete_one({"seq": 3})
    await room.entries.delete_many({"seal": 3})

    await room.says(Break.CUT_OFF)  # by the anchor that is stored
    await room.door.collection("anchors").delete_many({})
    assert (await room.verify()).is_valid, "nobody inside can know"

    report = await room.says(Break.CUT_OFF, Known(anchor.seq, anchor.hash))
    assert report.first_broken.block == 3
    await room.says(Break.CUT_OFF, *room.anchors.kept_outside("acme"))


async def test_a_chain_that_was_sealed_anew_is_found_by_an_anchor(room: Room) -> None:
    """Somebody who has the key can write another chain, but not the one whose head was sent outside."""
    await room.has_blocks(2)
    anchor = await room.anchors.drop("acme")
    await room.door.collection("anchors").delete_many({})
    await room.blocks.delete_many({})
    await room.entries.update_many({}, {"$set": {"open": True, "what": "x"}, "$unset": {"seal": ""}})
    await room.seals.seal("acme")
    await room.says(Break.REWRITTEN, Known(anchor.seq, anchor.hash))


async def test_a_forged_anchor_is_found(room: Room) -> None:
    await room.has_blocks(1)
    await room.anchors.drop("acme")
    await room.door.collection("anchors").update_one({}, {"$set": {"seq": 0}})
    await room.says(Break.BAD_SIGNATURE)


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_single_change_of_any_stored_field_goes_unseen(room: Room, data: st.DataObject) -> None:
    for name in ("timeline", "seals", "anchors", "marks"):
        await room.door.collection(name).delete_many({})
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=4,
    )
    for size in data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=4)):
        for _ in range(size):
            await room.happens(1, given=data.draw(values))
        await room.another().seal("acme")
    await room.seals.forget(
        "acme", "c1", lambda entry: {"n": entry.data["n"]} if entry.data["n"] % 2 else entry.data
    )
    await room.another().seal("acme")
    assert (await room.verify()).is_valid
    name = data.draw(st.sampled_from(["timeline", "seals"]))
    rows = await room.door.collection(name).find({}, sort=[("_id", 1)])
    row = data.draw(st.sampled_from(rows))
    field = data.draw(st.sampled_from(sorted(set(row) - {"_id", "tenant_id"})))
    how = data.draw(st.sampled_from(["another", "gone", "kind"]))
    update = {"$unset": {field: ""}} if how == "gone" else {"$set": {field: _another(row[field], how)}}

    await room.door.collection(name).update_one({"_id": row["_id"]}, update)

    assert not (await room.verify()).is_valid, (name, row, update)


def _another(value: Any, how: str) -> Any:
    if how == "kind":
        return ["x"] if not isinstance(value, list) else "x"
    changed: dict[type, Callable[[Any], Any]] = {
        str: lambda text: text[:-1] + ("0" if not text.endswith("0") else "1"),
        int: lambda number: number + 1,
        datetime: lambda at: at + timedelta(milliseconds=1),
        list: lambda items: items[:-1],
        dict: lambda facts: {**facts, "n": -5},
    }
    return changed[type(value)](value)


# Being forgotten


async def test_an_erased_contact_leaves_a_valid_chain_and_none_of_its_words(room: Room) -> None:
    await room.has_blocks(3)
    await room.happens(2, contact="c2")
    await room.happens(2)  # still open when the contact is forgotten

    assert await room.seals.forget("acme", "c1", lambda entry: {"n": entry.data["n"]}, SAMI) == 5
    assert (await room.verify()).is_valid, "also before the erasure itself is sealed"
    await room.seals.seal("acme")
    report = await room.verify()

    assert (report.is_valid, report.entries, report.erased) == (True, 8, 5)
    left = repr(await room.entries.find({"conversation_id": "c1"}))
    assert "كم السعر" not in left
    assert "salt" not in repr(await room.entries.find({"erased_by": {"$exists": True}}))
    assert "كم السعر" in repr(await room.entries.find({"conversation_id": "c2"}))
    told = await room.store.timeline.of_kind("acme", "entries_erased", NOW, NOW + timedelta(days=9), 10)
    assert told[0].entry.data["by"] == SAMI.id


async def test_forgetting_twice_empties_nothing_more(room: Room) -> None:
    await room.has_blocks(2)
    assert await room.seals.forget("acme", "c1", lambda entry: {}) == 2
    assert await room.seals.forget("acme", "c1", lambda entry: {}) == 0
    await room.seals.seal("acme")
    assert (await room.verify()).is_valid


async def test_a_long_history_is_forgotten_page_by_page(room: Room) -> None:
    await room.happens(BLOCK + 20)
    await room.seals.seal("acme")
    assert await room.seals.forget("acme", "c1", lambda entry: {}) == BLOCK + 20
    await room.seals.seal("acme")
    report = await room.verify()
    assert (report.is_valid, report.erased) == (True, BLOCK + 20)


async def test_an_erased_entry_with_new_words_in_it_is_found(room: Room) -> None:
    ids = await room.has_blocks(2)
    await room.seals.forget("acme", "c1", lambda entry: {"n": 1})
    await room.seals.seal("acme")
    await room.entries.update_one(room.id(ids[0]), {"$set": {"data.n": 2}})
    report = await room.says(Break.FALSE_ERASURE)
    assert report.first_broken.entry_id == ids[0]


async def test_an_entry_that_was_changed_before_it_was_erased_is_found(room: Room) -> None:
    ids = await room.has_blocks(2)
    await room.entries.update_one(room.id(ids[0]), {"$set": {"data.n": 77}})
    await room.seals.forget("acme", "c1", lambda entry: {})
    await room.seals.seal("acme")
    await room.says(Break.CHANGED)


async def test_an_erasure_that_nobody_of_us_did_is_found_even_when_it_was_sealed(room: Room) -> None:
    """Whoever can write rows can write an erasure too, and have it sealed; only our key can sign it."""
    ids = await room.has_blocks(2)
    forger = Room(room.store, room.door, room.keys / "elsewhere")
    await forger.seals.forget("acme", "c1", lambda entry: {})
    await room.seals.seal("acme")
    report = await room.says(Break.FALSE_ERASURE)
    assert report.first_broken.entry_id == ids[0]


async def test_an_erasure_of_one_contact_covers_no_other(room: Room) -> None:
    ids = await room.has_blocks(1)
    await room.happens(1, contact="c2")
    await room.seals.seal("acme")
    await room.seals.forget("acme", "c2", lambda entry: {})
    await room.seals.seal("acme")
    erased = await room.entries.find_one({"erased_by": {"$exists": True}})
    mine = await room.entries.find_one(room.id(ids[0]))
    kept_hash = _data_hash(mine)
    half = {"data": {}, "data_hash": kept_hash, "erased_by": erased["erased_by"]}
    await room.entries.update_one(room.id(ids[0]), {"$set": half, "$unset": {"salt": ""}})
    await room.says(Break.FALSE_ERASURE)


def _data_hash(row: dict[str, Any]) -> str:
    from bot.evidence.canonical import sha256

    return sha256({"salt": row["salt"], "data": row["data"]})


# Crashes and races


async def test_a_crash_between_the_block_and_its_marks_is_mended_by_the_next_run(room: Room) -> None:
    await room.has_blocks(2)
    await room.happens(3)
    assert await room.seals.write_block("acme") is not None  # and here the process dies

    assert (await room.verify()).is_valid
    await room.happens(2)
    survivor = room.another()
    assert await survivor.seal("acme") == 2
    report = await room.verify()
    assert (report.is_valid, report.blocks, report.entries, report.waiting) == (True, 3, 7, 0)
    sealed = [link["id"] for block in await room.blocks.find({}) for link in block["entries"]]
    assert len(sealed) == len(set(sealed)) == 7


async def test_a_crash_after_the_last_block_leaves_a_chain_that_goes_on(room: Room) -> None:
    await room.happens(3)
    await room.seals.write_block("acme")
    assert await room.another().seal("acme") == 0
    assert await room.entries.count({"open": True}) == 0
    assert (await room.verify()).is_valid


async def test_racing_sealers_seal_every_entry_once(room: Room) -> None:
    sealers = [room.another() for _ in range(6)]
    for _ in range(5):
        await room.happens(9)
        await asyncio.gather(*(sealer.seal("acme") for sealer in sealers), room.happens(3))
    await room.seals.seal("acme")

    report = await room.verify()
    sealed = [link["id"] for block in await room.blocks.find({}) for link in block["entries"]]

    assert report.is_valid, report.first_broken
    assert len(sealed) == len(set(sealed)) == report.entries == 60


async def test_a_walk_during_sealing_raises_no_false_alarm(room: Room) -> None:
    await room.has_blocks(2)

    async def seal() -> None:
        for _ in range(10):
            await room.happens(5)
            await room.seals.seal("acme")

    async def walk() -> list[ChainReport]:
        return [await room.verify() for _ in range(25)]

    _, reports = await asyncio.gather(seal(), walk())
    assert [report.first_broken for report in reports if not report.is_valid] == []


# Keys


async def test_what_an_old_key_signed_stays_genuine(room: Room) -> None:
    await room.has_blocks(1)
    old = room.signer.current()
    new = room.signer.rotate()
    await room.has_blocks(1)

    assert old.id != new.id
    assert (await room.verify()).is_valid
    assert {key.id for key in room.signer.public_keys()} == {old.id, new.id}
    assert {block["key_id"] for block in await room.blocks.find({})} == {old.id, new.id}


def test_the_private_key_is_for_its_owner_only_and_one_at_a_time(tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    signer.rotate()
    (private,) = (tmp_path / "evidence").glob("signing*")
    assert private.stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "evidence").glob("*.pub"))) == 2


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    assert len({Signer(tmp_path).current().id for _ in range(5)}) == 1


def test_a_signature_of_one_kind_is_none_of_another(tmp_path: Path) -> None:
    signer = Signer(tmp_path)
    signature = signer.sign("anchor", "ab")
    assert signer.is_genuine("anchor", "ab", signature)
    assert not signer.is_genuine("block", "ab", signature)
    assert not signer.is_genuine("anchor", "abc", signature)


async def test_an_anchor_can_be_read_from_what_was_sent(room: Room) -> None:
    await room.has_blocks(1)
    anchor = await room.anchors.drop("acme")
    assert read_anchor(f"{anchor.seq}:{anchor.hash}") == Known(1, anchor.hash, "given")
    for wrong in ("", "1", "x:y", f"1:{anchor.hash[:-1]}", f"-1:{anchor.hash}"):
        with pytest.raises(ValueError, match="anchor"):
            read_anchor(wrong)
