"""
The server: reads HTTP with h11 on plain asyncio, because a fake must be able to break a connection anywhere.

Rule: an entry is in the ledger before the first byte of the answer leaves.
"""

import asyncio
import json
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import h11

from tests.fakes.listener import Listener
from tests.fakes.whatsapp.accounts import ACCOUNTS, Accounts
from tests.fakes.whatsapp.bodies import Webhook
from tests.fakes.whatsapp.contracts import Fon, Green, Meta, Ultra
from tests.fakes.whatsapp.heard import Heard, addressed
from tests.fakes.whatsapp.ledger import Entry, Ledger
from tests.fakes.whatsapp.wire import Asked, Reply, as_html, as_json

_SENDS = {"sendMessage", "messages/chat", "send", "messages"}
_ALSO_WHEN_PROBED = ("auth", "slow", "server_error", "down", "unlinked", "reply")
_ONLY_FOR_SENDS = ("ok", "refuse", "rate_limit", "timeout_after_accept", "cut_reply", "html_200")
_KNOWN = (*_ALSO_WHEN_PROBED, *_ONLY_FOR_SENDS)


class FakeWhatsApp:
    """All four providers on one port; see the package's docstring."""

    def __init__(self, accounts: Accounts = ACCOUNTS, record: Path | None = None, port: int = 0) -> None:
        self._ledger = Ledger(record)
        self._contracts = [contract(accounts, self._ledger) for contract in (Green, Ultra, Fon, Meta)]
        self.templates = next(c for c in self._contracts if isinstance(c, Meta)).templates
        """What the Meta account holds."""
        self._script: dict[str, tuple[str, int | None]] = {}
        self.calls: Counter[str] = Counter()
        self.heard: list[Heard] = []
        """Every request to send with its times, whatever came of it."""
        self.port = port
        self._listener = Listener(self._serve, port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ledger(self) -> list[Entry]:
        return list(self._ledger.entries)

    def script(self, provider: str, behaviour: str, times: int | None = None) -> None:
        """Make the next calls of a provider behave so, or all of them until cleared."""
        if provider not in {contract.name for contract in self._contracts}:
            raise ValueError(f"no provider {provider!r}")
        if behaviour.partition(":")[0] not in _KNOWN:
            raise ValueError(f"no behaviour {behaviour!r}")
        self._script[provider] = (behaviour, times)

    def heals(self, provider: str) -> None:
        """Let a provider work again; what it took stays taken."""
        self._script.pop(provider, None)

    def type_on_the_phone(self, chat_id: str, text: str) -> None:
        """Let a human write to a contact from the phone that Green API is linked to."""
        self._ledger.add(
            Entry("green_api", chat_id, text, "", "3A" + uuid4().hex[:16], time.time(), by_api=False)
        )

    def keeps(self, provider: str, webhook: Webhook) -> None:
        """Let a provider remember what a contact wrote, whether its webhook comes or not."""
        self._ledger.history.keep(provider, webhook.body)

    def clear(self) -> None:
        """Forget scripts, entries and counts."""
        self._script.clear()
        self._ledger.clear()
        self.calls.clear()
        self.heard.clear()

    async def start(self) -> None:
        """Listen; on the same port as before when it was stopped."""
        await self._listener.start()
        self.port = self._listener.port

    async def stop(self) -> None:
        """Stop listening and drop every connection: the next call is refused."""
        await self._listener.stop()

    async def __aenter__(self) -> "FakeWhatsApp":
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while asked := await _read(connection, reader):
                if not await self._answer(asked, connection, reader, writer):
                    break
                connection.start_next_cycle()
        except (ConnectionError, h11.ProtocolError):
            pass  # the client went away or spoke no HTTP: there is nobody to tell
        finally:
            writer.transport.abort()

    async def _answer(
        self, asked: Asked, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; False when the connection is to be closed."""
        if asked.path.startswith("/_"):
            return await _write(connection, writer, self._control(asked))
        contract = next((found for found in self._contracts if found.route(asked)), None)
        if contract is None:
            return await _write(connection, writer, as_json({"message": "no such provider"}, 404))
        verb = contract.route(asked)
        is_send = verb in _SENDS and asked.method == "POST"
        scripted = self._behaviour(contract.name, is_send)
        if not is_send:
            return await self._behave(contract, verb, asked, scripted, connection, reader, writer)
        heard = Heard(contract.name, *addressed(asked), scripted, time.time())
        self.heard.append(heard)
        try:
            return await self._behave(contract, verb, asked, scripted, connection, reader, writer, heard)
        finally:
            heard.ended_at = time.time()

    async def _behave(
        self,
        contract: Green | Ultra | Fon | Meta,
        verb: str,
        asked: Asked,
        scripted: str,
        connection: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: Heard | None = None,
    ) -> bool:
        behaviour, _, detail = scripted.partition(":")
        if behaviour == "down":
            return False
        if behaviour == "slow":
            await asyncio.sleep(float(detail))
        made = {
            "refuse": lambda: contract.refusal(detail),
            "auth": contract.auth_failure,
            "rate_limit": lambda: as_json({"message": "Too Many Requests"}, 429, retry_after=detail or "7"),
            "html_200": lambda: as_html("Welcome", 200),
            "server_error": lambda: as_html("502 Bad Gateway", 502),
            "reply": lambda: _scripted_reply(detail, asked),
        }.get(behaviour)
        before = len(self._ledger.entries)
        reply = made() if made else contract.answer(verb, asked, linked=behaviour != "unlinked")
        if heard is not None:
            heard.is_taken = len(self._ledger.entries) > before
        if behaviour == "timeout_after_accept":
            await reader.read()  # ends when the client gives up
            return False
        return await _write(connection, writer, reply, cut=behaviour == "cut_reply")

    def _behaviour(self, provider: str, is_send: bool) -> str:
        behaviour, left = self._script.get(provider, ("ok", None))
        if not is_send:
            return behaviour if behaviour.partition(":")[0] in _ALSO_WHEN_PROBED else "ok"
        self.calls[provider] += 1
        if left is not None:
            self._script[provider] = (behaviour, left - 1)
            if left <= 1:
                del self._script[provider]
        return behaviour

    def _control(self, asked: Asked) -> Reply:
        verb = (asked.method, asked.path)
        if verb == ("GET", "/_ledger"):
            return as_json([asdict(entry) for entry in self._ledger.entries])
        if verb == ("DELETE", "/_ledger"):
            self._ledger.clear()
            self.calls.clear()
            return as_json({"cleared": True})
        if verb == ("GET", "/_calls"):
            return as_json(dict(self.calls))
        if verb == ("DELETE", "/_script"):
            self._script.clear()
            return as_json({"cleared": True})
        if verb == ("POST", "/_script"):
            return self._scripted(asked)
        return as_json({"message": "see the docstring of tests.fakes.whatsapp"}, 404)

    def _scripted(self, asked: Asked) -> Reply:
        try:
            wish = json.loads(asked.body)
            self.script(wish["provider"], wish["behaviour"], wish.get("times"))
        except (ValueError, KeyError, TypeError) as exc:
            return as_json({"message": f"cannot do that: {exc}"}, 422)
        return as_json({"scripted": True})


def _scripted_reply(detail: str, asked: Asked) -> Reply:
    status, _, body = detail.partition(":")
    # Who follows a redirect asks the same thing again, and shows in `calls`.
    headers = {"location": asked.target} if status.startswith("3") else {}
    return Reply(int(status), body.encode(), headers=headers)


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> Asked | None:
    """Read one request to its end, None when the client has gone."""
    request, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            headers = {name.decode().lower(): value.decode("latin-1") for name, value in request.headers}
            return Asked(request.method.decode(), request.target.decode(), headers, body)
        else:
            return None


async def _write(
    connection: h11.Connection, writer: asyncio.StreamWriter, reply: Reply, *, cut: bool = False
) -> bool:
    headers = {"content-type": reply.content_type, "content-length": str(len(reply.body)), **reply.headers}
    writer.write(connection.send(h11.Response(status_code=reply.status, headers=list(headers.items()))))
    if cut:
        writer.write(connection.send(h11.Data(data=reply.body[: len(reply.body) // 2])))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        return False
    writer.write(connection.send(h11.Data(data=reply.body)) + connection.send(h11.EndOfMessage()))
    await writer.drain()
    return connection.our_state is h11.DONE and connection.their_state is h11.DONE
