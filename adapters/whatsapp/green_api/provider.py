"""
Green API: verify, parse, send, and three questions that send nothing.

Rule 1: 200 with an `idMessage` means queued, for up to a day, even while the phone is unlinked; so the chain
        asks `probe` first and does not post to an instance that is not authorized.
Rule 2: there is no reference of ours at Green API: a message in doubt is looked for by chat, text and time.

Docs: green-api.com/en/docs/api. Its Python SDK replays POSTs on errors, so it is not used.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from adapters.whatsapp import causes
from adapters.whatsapp.body import id_at, moment_at, object_at, read_object, text_at
from adapters.whatsapp.call import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    Answer,
    Line,
    Silence,
    cause_of_status,
    quotable,
    refused_here,
    result_of,
)
from adapters.whatsapp.contacts import address_of, phone_of
from adapters.whatsapp.green_api import codes, history, parse
from adapters.whatsapp.proof import refusal, same_secret, usable_token
from adapters.whatsapp.states import health_of_silence, health_of_status
from bot.events import ProviderEvent
from bot.ports import (
    CannotTell,
    FoundSend,
    Health,
    HistoryAway,
    NoTrace,
    OutboundMessage,
    Recipient,
    Remembered,
    SendResult,
)

# Green API's clock and ours differ by less than this; an older twin of the same text is not our send.
CLOCK_SKEW = timedelta(seconds=5)


class GreenApi:
    """One instance at Green API."""

    name = "green_api"
    text_limit = 20_000
    needs_window = False

    def __init__(
        self,
        channel: str,
        *,
        instance_id: str,
        token: str,
        clock: Callable[[], datetime],
        webhook_token: str = "",
        sender_identity: str = "",
        api_url: str = "https://api.green-api.com",
        connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        """Raises: Misconfigured, when a setting cannot work."""
        self.channel = channel
        self._instance_id = usable_token(instance_id, "GREEN_API_INSTANCE_ID")
        self._token = usable_token(token, "GREEN_API_TOKEN")
        # The console sends the token as it was typed, and some people type the word Bearer too.
        self._webhook_token = _without_scheme(webhook_token)
        self.sender_identity = sender_identity or f"green_api:{self._instance_id}"
        self._clock = clock
        self._line = Line(
            api_url,
            "GREEN_API_URL",
            clock=clock,
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
        )

    @property
    def is_authenticated(self) -> bool:
        """False when webhooks cannot be told from forgeries because no token is set."""
        return bool(self._webhook_token)

    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self._token, self._webhook_token) if secret)

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
        given = _without_scheme(headers.get("authorization", ""))
        if self._webhook_token and not same_secret(given, self._webhook_token):
            raise refusal("GREEN_API_WEBHOOK_TOKEN")

    def parse(self, body: bytes) -> list[ProviderEvent]:
        return parse.read(read_object(body), self._instance_id, self._clock())

    async def send(self, message: OutboundMessage) -> SendResult:
        chat_id = _chat_id(message.recipient)
        if not chat_id:
            return result_of(causes.NO_ADDRESS, code="no_address")
        refused = refused_here(message, self.text_limit)
        if refused:
            return refused
        # Buttons are beta on linked devices and often do not show; the text says how to answer without them.
        body = {"chatId": chat_id, "message": message.text}
        if message.reply_to:
            body["quotedMessageId"] = message.reply_to
        return self._judge(await self._line.ask("POST", self._path("sendMessage"), json_body=body), message)

    async def probe(self) -> Health:
        answer = await self._line.ask("GET", self._path("getStateInstance"))
        now = self._clock()
        if isinstance(answer, Silence):
            return health_of_silence(answer, now)
        state = id_at(answer.tree, "stateInstance")
        if not answer.is_success or not state:
            return health_of_status(answer, now)
        return Health("ok" if state == "authorized" else "down", codes.state_detail(state), now)

    async def find_sent(self, message: OutboundMessage, started_at: datetime) -> FoundSend | NoTrace | CannotTell:
        minutes = max(5, math.ceil((self._clock() - started_at).total_seconds() / 60) + 1)
        sent = await self._line.ask("GET", self._path("lastOutgoingMessages"), query={"minutes": str(minutes)})
        found = self._match(sent, message, started_at - CLOCK_SKEW)
        if found:
            return found
        queued = await self._line.ask("GET", self._path("showMessagesQueue"))
        found = self._match(queued, message, None)
        if found:
            return found
        if _rows(sent) is None or _rows(queued) is None:
            return CannotTell("Green API's records could not be read.\nتعذرت قراءة سجلات Green API.")
        return NoTrace(
            "Green API's recent messages and its queue do not show the message.\n"
            "لا تظهر الرسالة في آخر رسائل Green API ولا في قائمة انتظاره."
        )

    async def history(self, since: datetime, until: datetime) -> Remembered | HistoryAway:
        return await history.read(self._journal, self.parse, self._instance_id, since, until, self._clock())

    async def _journal(self, method: str, query: Mapping[str, str]) -> Answer | Silence:
        return await self._line.ask("GET", self._path(method), query=query)

    async def close(self) -> None:
        await self._line.close()

    def _path(self, method: str) -> str:
        return f"/waInstance{quote(self._instance_id, safe='')}/{method}/{quote(self._token, safe='')}"

    def _judge(self, answer: Answer | Silence, message: OutboundMessage) -> SendResult:
        if isinstance(answer, Silence):
            return result_of(answer.cause, answer)
        message_id = id_at(answer.tree, "idMessage")
        if answer.is_success and message_id:
            return result_of(causes.ACCEPTED, answer, ids=(message_id,))
        known = codes.refusal_of(answer.status, answer.text)
        said = text_at(answer.tree, "message") if known else ""
        return result_of(
            known or cause_of_status(answer.status), answer, quote=quotable(said, message, self.secrets())
        )

    def _match(
        self, answer: Answer | Silence, message: OutboundMessage, earliest: datetime | None
    ) -> FoundSend | None:
        """
        Find our message in a list of Green API's; without `earliest` any time will do.

        Names every row that could be it: the caller knows which of them were other messages of ours.
        """
        is_there, ids = False, []
        for row in _rows(answer) or ():
            inner = object_at(row, "body")
            chat_id = id_at(row, "chatId") or id_at(inner, "chatId")
            if chat_id != _chat_id(message.recipient) or message.text not in _texts(row, inner):
                continue
            if earliest is not None:
                at = moment_at(row, self._clock(), "timestamp")
                typed_on_the_phone = row.get("sendByApi") is False
                if at is None or at < earliest or typed_on_the_phone:
                    continue
            is_there = True
            ids += [i for i in (id_at(row, "idMessage") or id_at(row, "messageID"),) if i]
        return FoundSend(tuple(ids)) if is_there else None


def _without_scheme(header: str) -> str:
    """`<token>`, `Bearer <token>` and `Basic <token>` are all in use."""
    scheme, _, rest = header.strip().partition(" ")
    return rest.strip() if rest and scheme.lower() in ("bearer", "basic") else header.strip()


def _chat_id(recipient: Recipient) -> str:
    phone, lid = phone_of(recipient), address_of(recipient, "lid")
    if phone:
        return f"{phone}@c.us"
    return f"{lid}@lid" if lid else ""


def _rows(answer: Answer | Silence) -> list[Mapping[str, Any]] | None:
    if isinstance(answer, Silence) or not answer.is_success or not isinstance(answer.tree, list):
        return None
    return [row for row in answer.tree if isinstance(row, Mapping)]


def _texts(row: Mapping[str, Any], inner: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        text_at(part, *path)
        for part in (row, inner)
        for path in (
            ("textMessage",),
            ("message",),
            ("extendedTextMessage", "text"),
            ("extendedTextMessageData", "text"),
        )
    )
