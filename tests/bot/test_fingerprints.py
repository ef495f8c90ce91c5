"""What is left of an erased contact recognises them, and nobody else can read it."""

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from bot.privacy.fingerprints import PREFIX, Fingerprints

KEY = "phone:966501234567"


def test_the_same_key_file_recognises_the_same_contact_after_a_restart(tmp_path):
    assert Fingerprints(tmp_path / "keys").of("a", KEY) == Fingerprints(tmp_path / "keys").of("a", KEY)


def test_two_tenants_two_contacts_and_two_installations_have_nothing_in_common(tmp_path):
    ours, theirs = Fingerprints(tmp_path / "ours"), Fingerprints(tmp_path / "theirs")
    found = {ours.of("a", KEY), ours.of("b", KEY), ours.of("a", "phone:966501234568"), theirs.of("a", KEY)}
    assert len(found) == 4
    assert ours.of_the_key != theirs.of_the_key


def test_a_fingerprint_stays_what_it_is(tmp_path):
    ours = Fingerprints(tmp_path)
    once = ours.of("a", KEY)
    assert ours.of("a", once) == once
    assert ours.with_fingerprints("a", [KEY, KEY, once]) == (KEY, once)


def test_the_phone_is_not_found_by_hashing_every_phone(tmp_path):
    """Whoever has the database alone can only try unkeyed hashes."""
    told = Fingerprints(tmp_path).of("a", KEY).removeprefix(PREFIX)
    tries = (KEY, f"a{KEY}", f"a:{KEY}", f"a\x00{KEY}", "966501234567")
    assert told not in {hashlib.sha256(one.encode()).hexdigest() for one in tries}


def test_only_the_owner_reads_the_key_and_a_race_for_it_makes_one(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: Fingerprints(tmp_path / "keys").of("a", KEY), range(32)))
    assert len(found) == 1
    file = tmp_path / "keys" / "contacts.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["contacts.key"]


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_split_between_tenant_and_key_makes_two_contacts_one(tmp_path_factory, tenant, key, other, other_key):
    ours = Fingerprints(tmp_path_factory.getbasetemp() / "shared")
    names = [n for n in (tenant, key, other, other_key) if "\x00" in n or n.startswith(PREFIX)]
    if not names and (tenant, key) != (other, other_key):
        assert ours.of(tenant, key) != ours.of(other, other_key)
