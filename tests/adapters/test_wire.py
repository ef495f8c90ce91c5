"""A service that answers nonsense has answered, without a field; one that answers too much has not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.wire import LARGEST_ANSWER_BYTES, JsonLine, Silence


@asynccontextmanager
async def answering(body: bytes) -> AsyncIterator[JsonLine]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + body)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    line = JsonLine(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield line
    finally:
        await line.close()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff", b"[" * 100_000, b"9" * 10_000])
async def test_nonsense_is_an_answer_without_a_field(body):
    async with answering(body) as line:
        answer = await line.call("GET", "/")
    assert (answer.status, dict(answer.fields)) == (200, {})


async def test_more_than_anybody_documents_is_no_answer():
    async with answering(b" " * (LARGEST_ANSWER_BYTES + 1)) as line:
        with pytest.raises(Silence) as silence:
            await line.call("GET", "/")
    assert not silence.value.is_certain
