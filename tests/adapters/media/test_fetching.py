"""A file is fetched from where its channel keeps files, and from nowhere else in the world or in the house."""

import ipaddress
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.media.line import FetchedMedia, Keeper
from adapters.media.places import is_public
from bot.media import MediaPointer, MediaRefused, MediaUnreachable
from tests.adapters.media.far_away import FarAway, is_loopback

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 500
TOKEN = "EAAG-secret-token"


@pytest.fixture
async def far(tmp_path: Path) -> AsyncIterator[FarAway]:
    async with FarAway(tmp_path) as server:
        yield server


def line(far: FarAway, *names: str, **more: object) -> FetchedMedia:
    keeper = Keeper(far.hosts(*(names or ("files.example",))))
    settings = {"resolve": far.resolve, "may_connect": is_loopback, "tls": far.trusting, **more}
    return FetchedMedia({"green": keeper}, **settings)


def meta(far: FarAway, **more: object) -> FetchedMedia:
    keeper = Keeper(
        far.hosts("graph.example", "files.example", "elsewhere.example"),
        token=TOKEN,
        token_hosts=("graph.example", "files.example"),
        lookup_url=far.url("/v23.0/{id}", "graph.example"),
    )
    settings = {"resolve": far.resolve, "may_connect": is_loopback, "tls": far.trusting, **more}
    return FetchedMedia({"green": keeper}, **settings)


async def fetched(media: FetchedMedia, url: str = "", media_id: str = "") -> tuple[str, bytes]:
    async with media.open(MediaPointer("green", url, media_id)) as opened:
        return opened.mime_type, b"".join([chunk async for chunk in opened.chunks])


async def test_a_file_comes_whole_and_is_named_by_its_first_bytes(far: FarAway) -> None:
    url = far.says("/a.html", JPEG, content_type="text/html")

    assert await fetched(line(far), url) == ("image/jpeg", JPEG)
    assert "authorization" not in far.seen[0][1]


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example/a",
        "ftp://files.example/a",
        "file:///etc/passwd",
        "gopher://files.example/",
        "https://sami@files.example/a",
        "https://evil.example/a",
        "https://files.example.evil.example/a",
        "https://evilfiles.example/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://2130706433/a",
        "https://169.254.169.254/latest/meta-data/",
        "https://files.example@evil.example/",
        "https://evil.example#files.example",
        "https:///a",
        "//files.example/a",
        "",
        "https://files.example:22/a",
        "https://\x00/",
        "https://[::1",
    ],
)
async def test_only_listed_names_over_https_are_called(far: FarAway, url: str) -> None:
    with pytest.raises((MediaRefused, MediaUnreachable)):
        await fetched(line(far), url)
    assert far.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "ff02::1",
    ],
)
async def test_a_listed_name_that_leads_into_a_network_of_ours_is_not_called(far: FarAway, address: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34", address]  # one of several is enough

    with pytest.raises(MediaRefused, match="private"):
        await fetched(line(far, resolve=resolve, may_connect=is_public), far.url("/a"))
    assert far.connections == 0


@given(st.ip_addresses(v=4))
def test_no_private_address_is_public_however_it_is_wrapped(address: ipaddress.IPv4Address) -> None:
    wrapped = [
        ipaddress.IPv6Address(f"::ffff:{address}"),
        ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address)),
    ]
    if not address.is_global:
        assert not is_public(address)
    assert {is_public(one) for one in wrapped} == {is_public(address)}


async def test_a_name_is_asked_for_once_so_that_it_cannot_change_its_mind(far: FarAway) -> None:
    answers = iter(["127.0.0.1", "10.0.0.1", "10.0.0.1"])
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return [next(answers)]

    assert await fetched(line(far, resolve=resolve), far.says("/a", JPEG)) == ("image/jpeg", JPEG)
    assert asked == ["files.example"]


async def test_the_server_must_prove_the_name_that_was_listed(far: FarAway) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    far.says("/a", JPEG)
    with pytest.raises(MediaUnreachable):
        await fetched(line(far, "other.example", resolve=resolve), far.url("/a", "other.example"))
    assert far.seen == []


async def test_a_redirect_leads_on_only_where_a_first_call_may_go(far: FarAway) -> None:
    allowed = far.says("/from", b"", "302 Found", location=far.url("/to", "elsewhere.example"))
    far.says("/to", JPEG)
    assert await fetched(line(far, "files.example", "elsewhere.example"), allowed) == ("image/jpeg", JPEG)
    with pytest.raises(MediaRefused):
        await fetched(line(far), allowed)
    for place in (
        "http://169.254.169.254/",
        "https://localhost/",
        f"http://files.example:{far.port}/to",
        "file:///x",
    ):
        with pytest.raises(MediaRefused):
            await fetched(line(far), far.says("/from", b"", "302 Found", location=place))


async def test_a_circle_of_redirects_ends(far: FarAway) -> None:
    with pytest.raises(MediaRefused):
        await fetched(line(far), far.says("/a", b"", "307 Temporary Redirect", location="/a"))
    assert len(far.seen) <= 5


async def test_too_many_bytes_are_refused_announced_or_not(far: FarAway) -> None:
    small = line(far, largest_bytes=1_000)
    with pytest.raises(MediaRefused):
        await fetched(small, far.says("/a", JPEG * 3))
    with pytest.raises(MediaRefused):
        await fetched(small, far.drips("/b", [JPEG] * 10))
    with pytest.raises(MediaRefused):
        await fetched(small, far.says("/c", JPEG, content_length="999999999"))


async def test_a_file_that_trickles_is_given_up(far: FarAway) -> None:
    far.pause_seconds = 0.05
    with pytest.raises(MediaUnreachable):
        await fetched(line(far, longest_seconds=0.3), far.drips("/a", [JPEG] + [b"x"] * 100))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><script>", b"<svg xmlns=", b"\x7fELF", b"MZ\x90", b"#!/bin/sh", b"{}", b"GIF", b"RIFF____WAVE"],
)
async def test_a_kind_that_is_not_ours_is_not_handed_on(far: FarAway, body: bytes) -> None:
    with pytest.raises(MediaRefused):
        await fetched(line(far), far.says("/a", body, content_type="image/jpeg"))


@pytest.mark.parametrize(
    ("status", "body"), [("404 Not Found", b""), ("500 Oops", JPEG), ("204 No Content", b"")]
)
async def test_what_a_provider_does_not_give_is_said_so(far: FarAway, status: str, body: bytes) -> None:
    with pytest.raises(MediaUnreachable) as refused:
        await fetched(line(far), far.says("/a", body, status))
    assert refused.value.message_ar != refused.value.message_en


async def test_an_id_of_meta_is_looked_up_and_its_token_goes_no_further_than_meta(far: FarAway) -> None:
    far.says("/v23.0/4711", f'{{"url": "{far.url("/file")}"}}'.encode())
    far.says("/file", b"", "302 Found", location=far.url("/cdn", "elsewhere.example"))
    far.says("/cdn", JPEG)

    assert await fetched(meta(far), media_id="4711") == ("image/jpeg", JPEG)
    tokens = {path: headers.get("authorization") for path, headers in far.seen}
    assert tokens == {"/v23.0/4711": f"Bearer {TOKEN}", "/file": f"Bearer {TOKEN}", "/cdn": None}


@pytest.mark.parametrize("media_id", ["", "../me", "1?access=1", "1/2", "١٢x/"])
async def test_an_id_is_letters_and_digits(far: FarAway, media_id: str) -> None:
    with pytest.raises(MediaRefused):
        await fetched(meta(far), media_id=media_id)
    assert far.connections == 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"<html>", b'{"url": 5}', b'{"url": "http://10.0.0.1/"}', b"x" * 100_000]
)
async def test_a_lookup_that_answers_nonsense_leads_nowhere(far: FarAway, body: bytes) -> None:
    far.says("/v23.0/4711", body)
    with pytest.raises((MediaRefused, MediaUnreachable)):
        await fetched(meta(far), media_id="4711")
    assert len(far.seen) == 1


async def test_a_channel_that_is_gone_gives_nothing(far: FarAway) -> None:
    with pytest.raises(MediaRefused):
        async with line(far).open(MediaPointer("other", far.says("/a", JPEG), "")):
            raise AssertionError("never opened")
