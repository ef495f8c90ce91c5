"""The endpoint, on bare sockets: a web framework would not cut an answer in the middle."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    raw: str
    body: dict[str, Any]

    @property
    def model(self) -> str:
        return self.body["model"]

    @property
    def said_by_user(self) -> str:
        return "".join(m["content"] for m in self.body["messages"] if m["role"] == "user")


def answer(content: str, *, finish: str | None = "stop", usage: Any = "usual", **more: Any) -> bytes:
    """A chat completion."""
    counted = {"prompt_tokens": 1_000, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 400}}
    tree = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": finish}],
        **({} if usage is None else {"usage": counted if usage == "usual" else usage}),
        **more,
    }
    return json.dumps(tree, ensure_ascii=False).encode()


def _response(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        "content-type: application/json",
        f"content-length: {len(body) if length is None else length}",
        "connection: close",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


# What each misbehaviour puts on the wire; None hangs.
BEHAVIOURS: dict[str, Callable[[str], list[bytes | None]]] = {
    "hangs": lambda _: [None],
    "hangs_in_the_headers": lambda _: [b"HTTP/1.1 200 OK\r\ncontent-type: appl", None],
    "hangs_in_the_body": lambda c: [_response("200 OK", answer(c)[:60], length=len(answer(c))), None],
    "cuts_the_body": lambda c: [_response("200 OK", answer(c)[:60], length=len(answer(c)))],
    "closes": lambda _: [],
    "html": lambda _: [_response("200 OK", "<!doctype html><h1>صيانة</h1>".encode())],
    "truncated_json": lambda c: [_response("200 OK", answer(c)[:80])],
    "empty_body": lambda _: [_response("200 OK", b"")],
    "a_list": lambda _: [_response("200 OK", b"[]")],
    "no_choices": lambda _: [_response("200 OK", b'{"choices": []}')],
    "null_content": lambda _: [
        _response("200 OK", b'{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}')
    ],
    "a_refusal": lambda _: [_response("200 OK", answer("I'm sorry, but I cannot help with that."))],
    "cut_by_length": lambda c: [_response("200 OK", answer(c, finish="length"))],
    "content_filter": lambda c: [_response("200 OK", answer(c, finish="content_filter"))],
    "other_json": lambda _: [_response("200 OK", answer('{"verdict": "ok"}'))],
    "a_number_inside": lambda _: [_response("200 OK", answer("42"))],
    "unknown_intent": lambda _: [_response("200 OK", answer('{"intent": "send_money", "confidence": 0.99}'))],
    "too_sure": lambda _: [_response("200 OK", answer('{"intent": "ask_price", "confidence": 7}'))],
    "not_a_number": lambda _: [_response("200 OK", answer('{"intent": "ask_price", "confidence": NaN}'))],
    "says_more": lambda _: [
        _response(
            "200 OK", answer('{"intent": "ask_price", "confidence": 0.9, "send_now": true, "stage": "won"}')
        )
    ],
    "says_it_twice": lambda _: [
        _response("200 OK", answer('{"intent": "greeting", "intent": "ask_price", "confidence": 0.9}'))
    ],
    "deep": lambda _: [_response("200 OK", b"[" * 50_000)],
    "endless": lambda _: [_response("200 OK", b"", length=50_000_000), b"x" * 400_000],
    "not_http": lambda _: [b"SSH-2.0-OpenSSH_9.6\r\n"],
    "redirect": lambda _: [_response("302 Found", b"", "location: http://127.0.0.1:1/")],
    "http_400": lambda _: [_response("400 Bad Request", b'{"error": {"message": "no"}}')],
    "http_401": lambda _: [_response("401 Unauthorized", b'{"error": {"message": "wrong key"}}')],
    "http_429": lambda _: [_response("429 Too Many Requests", b"{}", "retry-after: 120")],
    "http_429_dated": lambda _: [
        _response("429 Too Many Requests", b"{}", "retry-after: Fri, 01 Jan 2100 00:00:00 GMT")
    ],
    "http_429_garbled": lambda _: [_response("429 Too Many Requests", b"{}", "retry-after: soon")],
    "http_500": lambda _: [_response("500 Internal Server Error", b"<html>oops</html>")],
    "http_503": lambda _: [_response("503 Service Unavailable", b"")],
}


class FakeModel:
    """One endpoint; see the package's docstring."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.contents: dict[str, str] = {}
        self.usage: Any = "usual"
        self._next: list[str] = []
        self._always = ""
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._let_go = asyncio.Event()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def says(self, task: str = "intent", content: str = "", **answer: Any) -> None:
        """What is answered to one task; a raw content, or the fields of its JSON."""
        self.contents[task] = content or json.dumps(answer, ensure_ascii=False)

    def behaves(self, *behaviours: str) -> None:
        """What the next calls do."""
        self._next += behaviours

    def always(self, behaviour: str) -> None:
        """What every call does; nothing for a good one."""
        self._always, self._next = behaviour, []

    def clear(self) -> None:
        self.heard.clear()
        self.contents.clear()
        self.usage = "usual"
        self.always("")

    async def __aenter__(self) -> "FakeModel":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._let_go.set()
        self._server.close()
        for writer in list(self._open):
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(await _request(reader), writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, heard: Heard, writer: asyncio.StreamWriter) -> None:
        self.heard.append(heard)
        task = heard.body.get("response_format", {}).get("json_schema", {}).get("name", "intent")
        content = self.contents.get(task, '{"intent": "default", "confidence": 0.1}')
        behaviour = self._next.pop(0) if self._next else self._always
        parts = (
            BEHAVIOURS[behaviour](content)
            if behaviour
            else [_response("200 OK", answer(content, usage=self.usage))]
        )
        for part in parts:
            if part is None:
                await self._let_go.wait()
                return
            writer.write(part)
            await writer.drain()


async def _request(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    raw = (await reader.readexactly(int(headers.get("content-length", "0")))).decode()
    return Heard(first.split()[1], headers, head + raw, json.loads(raw))
