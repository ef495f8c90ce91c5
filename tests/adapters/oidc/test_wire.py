"""What a provider may say, and what is not listened to."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

import pytest

from adapters.oidc.wire import OidcWire
from bot.access.provider import WireAway
from tests.fakes.listener import Listener


@asynccontextmanager
async def provider(answer: bytes, status: str = "200 OK", headers: str = "", wait: float = 0.0):
    """A server that gives one answer to everything; `{url}` in it is its own address."""

    async def serve(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(wait)
            body = answer.replace(b"{url}", url.encode())
            head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n{headers}\r\n"
            writer.write(head.encode() + body)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async with Listener(serve) as server:
        url = f"http://127.0.0.1:{server.port}"
        yield url


GOOD = {
    "issuer": "{url}",
    "jwks_uri": "{url}/keys",
    "authorization_endpoint": "{url}/authorize",
    "token_endpoint": "{url}/token",
}


async def test_what_a_provider_says_of_itself_is_read():
    async with provider(json.dumps(GOOD).encode()) as url:
        found = await OidcWire().discover(url)

    assert (found.issuer, found.jwks_url) == (url, f"{url}/keys")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"[" * 100_000,
        json.dumps({**GOOD, "jwks_uri": 5}).encode(),
        json.dumps({**GOOD, "jwks_uri": ""}).encode(),
        json.dumps({**GOOD, "jwks_uri": "http://keys.example/keys"}).encode(),
        json.dumps({**GOOD, "token_endpoint": "http://169.254.169.254/latest"}).encode(),
        json.dumps({**GOOD, "token_endpoint": "file:///etc/passwd"}).encode(),
        json.dumps({**GOOD, "padding": "x" * 300_000}).encode(),
    ],
)
async def test_what_is_no_description_of_a_provider_is_refused(document):
    async with provider(document) as url:
        with pytest.raises(WireAway):
            await OidcWire().discover(url)


@pytest.mark.parametrize("status", ["500 Broken", "404 Gone", "302 Found"])
async def test_no_redirect_is_followed_and_no_error_believed(status):
    async with (
        provider(b'{"keys": []}') as elsewhere,
        provider(b"{}", status, f"location: {elsewhere}\r\n") as url,
    ):
        with pytest.raises(WireAway):
            await OidcWire().keys(f"{url}/keys")


async def test_nobody_waits_for_a_provider_that_hangs():
    async with provider(b'{"keys": []}', wait=5) as url:
        async with asyncio.timeout(2):
            with pytest.raises(WireAway):
                await OidcWire(timeout_seconds=0.2).keys(f"{url}/keys")


async def test_where_nobody_listens_is_away():
    with pytest.raises(WireAway):
        await OidcWire().keys("http://127.0.0.1:1/keys")


@pytest.mark.parametrize(
    "url", ["http://keys.example/", "ftp://127.0.0.1/", "", "//x", "http://[::1", "https:///x"]
)
async def test_only_https_is_spoken_except_to_this_machine(url):
    with pytest.raises(WireAway):
        await OidcWire().keys(url)


@pytest.mark.parametrize(("status", "body"), [("200 OK", b"{}"), ("200 OK", b"x"), ("503 Later", b"{}")])
async def test_a_code_for_which_no_token_comes_is_the_providers_fault(status, body):
    async with provider(body, status) as url:
        with pytest.raises(WireAway):
            await _exchange(url)


@pytest.mark.parametrize("status", ["400 Bad", "401 Who", "403 No"])
async def test_a_code_that_is_refused_is_ours_to_refuse(status):
    async with provider(b'{"error": "invalid_grant"}', status) as url:
        assert await _exchange(url) is None


async def _exchange(url):
    return await OidcWire().exchange(
        f"{url}/token", client_id="c", client_secret="s", redirect_url="https://x/y", code="1", verifier="v"
    )
