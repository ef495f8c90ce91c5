"""Who our bot is, asked of somebody who may answer anything; only Telegram's own yes is one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from adapters.telegram.probe import TelegramProbe
from bot.ports import Health

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TOKEN = "7:a-token-that-nobody-may-read"
PAGE = "<html>the page of some proxy</html>"


@asynccontextmanager
async def answering(status: int, body: str) -> AsyncIterator[str]:
    """The address of somebody who answers exactly this."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} x\r\ncontent-length: {len(body.encode())}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body.encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def asked(url: str) -> Health:
    probe = TelegramProbe(url, TOKEN, lambda: NOW)
    try:
        return await probe.probe()
    finally:
        await probe.close()


@pytest.mark.parametrize(
    ("status", "body", "state", "said"),
    [
        (200, '{"ok": true, "result": {"id": 7}}', "ok", "known"),
        (200, '{"ok": false}', "down", "200"),
        (200, '{"ok": "true"}', "down", "200"),
        (200, PAGE, "down", "200"),
        (200, "[" * 100_000, "down", "200"),
        (401, PAGE, "auth_failed", "token"),
        (404, '{"ok": false, "error_code": 404}', "auth_failed", "token"),
        (502, PAGE, "down", "502"),
    ],
)
async def test_only_telegrams_own_yes_makes_it_well(status: int, body: str, state: str, said: str) -> None:
    async with answering(status, body) as url:
        health = await asked(url)
    assert health.state == state
    assert said in health.detail and TOKEN not in health.detail


async def test_silence_is_no_yes() -> None:
    health = await asked("http://127.0.0.1:9")
    assert (health.state, TOKEN in health.detail) == ("down", False)
