"""The program that checks packs elsewhere computes what we compute, and its Ed25519 is that of RFC 8032."""

import json

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence import standalone
from bot.evidence.canonical import canonical, plain, utc_text
from bot.evidence.packs import exact

# RFC 8032, chapter 7.1: secret key, public key, message, signature.
VECTORS = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
)


def flipped(raw, place):
    changed = bytearray(raw)
    changed[place // 8 % len(raw)] ^= 1 << place % 8
    return bytes(changed)


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS, ids=["1", "2", "3", "sha(abc)"])
def test_the_vectors_of_rfc_8032_hold(secret, public, message, signature):
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert standalone.is_signed(*(bytes.fromhex(part) for part in (public, message, signature)))


@settings(max_examples=40)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.integers(0, 511), st.integers(0, 255))
def test_it_believes_what_the_library_signed_and_nothing_else(secret, message, in_signature, in_key):
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert standalone.is_signed(public, message, signature)
    assert not standalone.is_signed(public, message + b"!", signature)
    assert not standalone.is_signed(public, message, flipped(signature, in_signature))
    assert not standalone.is_signed(flipped(public, in_key), message, signature)


def test_a_signature_has_one_form_only():
    """S and S + L sign the same equation; only the smaller is a signature."""
    _, public, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    s = int.from_bytes(signature[32:], "little") + standalone._L
    assert not standalone.is_signed(public, message, signature[:32] + s.to_bytes(32, "little"))
    for broken in (b"", signature[:-1], signature + b"\0"):
        assert not standalone.is_signed(public, message, broken)
    assert not standalone.is_signed(public[:-1], message, signature)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
)


@given(JSON)
def test_it_writes_json_as_rfc_8785_does(value):
    assert standalone.canonical(value).encode() == rfc8785.dumps(value) == canonical(value)


@given(JSON)
def test_what_is_plain_already_stays_as_it_is(value):
    assert plain(value) == exact(value) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": True}, b'{"a":true,"b":1}'),
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'.encode()),  # by UTF-16, not by code point
        (0.5, b"0.5"),
        (1.0, b"1"),
        (2**60, b'"1152921504606846976"'),
        (float("nan"), b'"nan"'),
        (b"\x00\xff", b'"AP8="'),
        ("\u0001é", '"\\u0001é"'.encode()),
    ],
)
def test_every_value_has_one_writing(value, written):
    assert canonical(value) == written


def test_fractions_are_texts_in_a_pack():
    assert exact({"confidence": 0.93, "list": [1.5, 2]}) == {"confidence": "0.93", "list": ["1.5", 2]}


def test_a_time_is_rfc_3339_in_utc_and_one_without_a_zone_is_refused():
    from datetime import datetime, timedelta, timezone

    riyadh = timezone(timedelta(hours=3))
    assert utc_text(datetime(2026, 3, 2, 12, tzinfo=riyadh)) == "2026-03-02T09:00:00Z"
    assert utc_text(datetime(2026, 3, 2, 12, 0, 0, 250_000, tzinfo=riyadh)) == "2026-03-02T09:00:00.25Z"
    with pytest.raises(ValueError, match="zone"):
        utc_text(datetime(2026, 3, 2))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        b'{"a":1,"a":2}',
        b'{"a":1.5}',
        b'{"a":NaN}',
        b'{ "a":1}',
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"format": "dealix-evidence-pack-1", "envelope": [], "hash": "", "signature": 1}).encode(),
    ],
)
def test_what_is_no_pack_is_said_to_be_none_and_breaks_nothing(raw, tmp_path, capsys):
    file = tmp_path / "pack.json"
    file.write_bytes(raw)
    assert standalone.main([str(file)]) == 1
    assert "NOT VALID" in capsys.readouterr().out


def test_it_says_how_it_is_used(capsys):
    assert standalone.main([]) == 2
    assert "python verify.py pack.json" in capsys.readouterr().out


def test_packs_that_do_not_follow_each_other_are_found():
    def pack(seq, before, hashed):
        return {"envelope": {"tenant_id": "t", "seq": seq, "prev_hash": before}, "hash": hashed}

    first, second = pack(1, "0" * 64, "a"), pack(2, "a", "b")
    assert standalone.links_of([second, first]) == []
    assert standalone.links_of([first, pack(2, "x", "b")])
    assert standalone.links_of([pack(1, "x", "a")])
    assert standalone.links_of([first, first])
