"""
HTTP/1.1 in as few steps as possible: the leads and the provider must not need the time that they measure.

Rule: only what Dealix, uvicorn and httpx speak with each other is understood; anything else raises.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

# uvicorn closes a connection that was idle for five seconds; a request written at that moment gets no answer.
IDLE_SECONDS = 2.0

Answering = Callable[[str, str, bytes], bytes]
"""(method, path, body) -> the JSON of the answer."""


class Message:
    """Collects one message at a time from what arrives."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> tuple[str, bytes] | None:
        """The first line and the body of the next whole message, None while it is incomplete."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._buffer[:end]
        size = _content_length(head)
        if len(self._buffer) < end + 4 + size:
            return None
        body = self._buffer[end + 4 : end + 4 + size]
        self._buffer = self._buffer[end + 4 + size :]
        return head.partition(b"\r\n")[0].decode("latin-1"), body


class Server(asyncio.Protocol):
    """One connection to the provider."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self._message = Message()
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._message.feed(data)
        while (asked := self._message.next()) is not None:
            method, path, _ = asked[0].split(" ")
            body = self._answer(method, path, asked[1])
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            self._transport.write(head.encode() + body)


class Client(asyncio.Protocol):
    """One connection to the service; one request at a time."""

    def __init__(self) -> None:
        self._message = Message()
        self._transport: Any = None
        self._answered: asyncio.Future[tuple[int, bytes]] | None = None
        self._used_at = 0.0

    @property
    def is_fresh(self) -> bool:
        """Whether a request may be written without a race against the server's idle timeout."""
        return not self._transport.is_closing() and time.monotonic() - self._used_at < IDLE_SECONDS

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("the service closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._message.feed(data)
        answer = self._message.next()
        if answer is not None and self._answered is not None:
            self._answered.set_result((int(answer[0].split(" ")[1]), answer[1]))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send one request; answers status and body."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answered
        self._used_at = time.monotonic()
        return answer


class Clients:
    """Connections to one service, opened as they are needed and used again."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._free: list[Client] = []

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        while self._free:
            client = self._free.pop()
            if client.is_fresh:
                break
            client.close()
        else:
            _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", self.port)
        answer = await client.ask(request)
        self._free.append(client)
        return answer


def post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """One request, ready to be written."""
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
        if name.lower() == b"transfer-encoding":
            raise ValueError("chunked messages are not spoken here")
    return 0
