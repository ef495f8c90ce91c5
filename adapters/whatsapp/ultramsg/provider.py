"""
Ultramsg: verify, parse, send, and three questions that send nothing.

Rule 1: everything comes with HTTP 200; only `sent` and `error` in the body say what happened.
Rule 2: our draft id travels as `referenceId`, so a message in doubt can be looked for exactly.
Rule 3: Ultramsg signs nothing; the only proof is a secret in the webhook's own address.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from adapters.whatsapp import causes
from adapters.whatsapp.body import id_at, list_at, read_object, text_at
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
from adapters.whatsapp.contacts import phone_of
from adapters.whatsapp.proof import refusal, same_secret, usable_token
from adapters.whatsapp.states import health_of_cause, health_of_silence, health_of_status
from adapters.whatsapp.ultramsg import codes, history, parse
from bot.events import ProviderEvent
from bot.ports import (
    CannotTell,
    FoundSend,
    Health,
    HistoryAway,
    NoTrace,
    OutboundMessage,
    Remembered,
    SendResult,
)

# With these statuses the body knows better: it was rejected before it was queued.
_LEFT_TO_THE_BODY = (causes.STRANGE_ANSWER, causes.BAD_REQUEST)


class Ultramsg:
    """One instance at Ultramsg."""

    name = "ultramsg"
    text_limit = 4096
    needs_window = False

    def __init__(
        self,
        channel: str,
        *,
        instance_id: str,
        token: str,
        clock: Callable[[], datetime],
        webhook_secret: str = "",
        sender_identity: str = "",
        api_url: str = "https://api.ultramsg.com",
        connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        """Raises: Misconfigured, when a setting cannot work."""
        self.channel = channel
        self._instance = parse.bare_instance(usable_token(instance_id, "ULTRAMSG_INSTANCE_ID"))
        self._token = usable_token(token, "ULTRAMSG_TOKEN")
        self._webhook_secret = webhook_secret.strip()
        self.sender_identity = sender_identity or f"ultramsg:{self._instance}"
        self._clock = clock
        self._line = Line(
            api_url,
            "ULTRAMSG_URL",
            clock=clock,
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
        )

    @property
    def is_authenticated(self) -> bool:
        """False when webhooks cannot be told from forgeries because no secret is set."""
        return bool(self._webhook_secret)

    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self._token, self._webhook_secret) if secret)

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
        if self._webhook_secret and not same_secret(query.get("secret", ""), self._webhook_secret):
            raise refusal("ULTRAMSG_WEBHOOK_SECRET")

    def parse(self, body: bytes) -> list[ProviderEvent]:
        return parse.read(read_object(body), self._instance, self._clock())

    async def send(self, message: OutboundMessage) -> SendResult:
        phone = phone_of(message.recipient)
        if not phone:
            return result_of(causes.NO_ADDRESS, code="no_address")
        refused = refused_here(message, self.text_limit)
        if refused:
            return refused
        # The token goes into the form and not into the query, so that no access log on the way keeps it.
        form = {
            "token": self._token,
            "to": f"+{phone}",
            "body": message.text,
            "referenceId": message.reference,
        }
        if message.reply_to:
            form["msgId"] = message.reply_to
        return self._judge(await self._line.ask("POST", self._path("messages/chat"), form=form), message)

    async def probe(self) -> Health:
        answer = await self._line.ask("GET", self._path("instance/status"), query={"token": self._token})
        now = self._clock()
        if isinstance(answer, Silence):
            return health_of_silence(answer, now)
        said = _error(answer.tree)
        if said:
            known = codes.refusal_of(said)
            return health_of_cause(known[1] if known else causes.REFUSED, now)
        state = id_at(answer.tree, "status", "accountStatus", "status")
        if not answer.is_success or not state:
            return health_of_status(answer, now)
        if state == "authenticated":
            return Health("ok", "The phone is linked.\nالهاتف مرتبط.", now)
        shown = state[:40]
        return Health("down", f"Ultramsg reports the state {shown}.\nحالة Ultramsg: {shown}.", now)

    async def find_sent(self, message: OutboundMessage, started_at: datetime) -> FoundSend | NoTrace | CannotTell:
        query = {
            "token": self._token,
            "referenceId": message.reference,
            "page": "1",
            "limit": "10",
            "status": "all",
        }
        answer = await self._line.ask("GET", self._path("messages"), query=query)
        is_list = (
            isinstance(answer, Answer)
            and answer.is_success
            and isinstance(answer.tree, Mapping)
            and isinstance(answer.tree.get("messages"), list)
        )
        if not is_list:
            return CannotTell("Ultramsg's list of messages could not be read.\nتعذرت قراءة قائمة رسائل Ultramsg.")
        # The filter is the server's promise; the comparison is ours.
        rows = [row for row in list_at(answer.tree, "messages") if id_at(row, "referenceId") == message.reference]
        if not rows:
            return NoTrace("Ultramsg has no message with our reference.\nلا توجد لدى Ultramsg رسالة بمرجعنا.")
        alive = [row for row in rows if id_at(row, "status").lower() not in codes.FAILURES]
        if not alive:
            return NoTrace("Ultramsg took the message and then gave it up.\nاستلم Ultramsg الرسالة ثم تخلى عنها.")
        return FoundSend(tuple(found for row in alive if (found := id_at(row, "id"))))

    async def history(self, since: datetime, until: datetime) -> Remembered | HistoryAway:
        return await history.read(self._asked, self.parse, self._instance, since, until, self._clock())

    async def _asked(self, method: str, query: Mapping[str, str]) -> Answer | Silence:
        return await self._line.ask("GET", self._path(method), query={"token": self._token, **query})

    async def close(self) -> None:
        await self._line.close()

    def _path(self, method: str) -> str:
        return f"/instance{quote(self._instance, safe='')}/{method}"

    def _judge(self, answer: Answer | Silence, message: OutboundMessage) -> SendResult:
        if isinstance(answer, Silence):
            return result_of(answer.cause, answer)
        said, sent = _error(answer.tree), _sent(answer.tree)
        known = codes.refusal_of(said) if said else None
        if sent is True and not said and answer.is_success:
            queue_id = id_at(answer.tree, "id")
            return result_of(causes.ACCEPTED, answer, ids=(queue_id,) if queue_id else ())
        if sent is True and said:
            return result_of(causes.STRANGE_ANSWER, answer, code="sent_and_error")
        words = quotable(said or text_at(answer.tree, "message"), message, self.secrets())
        if known:
            return result_of(known[1], answer, code=known[0], quote=words)
        if (said or sent is False) and cause_of_status(answer.status) in _LEFT_TO_THE_BODY:
            return result_of(causes.REFUSED, answer, code="error" if said else "not_sent", quote=words)
        return result_of(cause_of_status(answer.status), answer, quote=words)


def _error(tree: Any) -> str:
    """Give the error as text, whether it came as text, list or object; empty when there is none."""
    error = tree.get("error") if isinstance(tree, Mapping) else None
    if not error:
        return ""
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False, default=str)


def _sent(tree: Any) -> bool | None:
    """Give what `sent` says (a string at Ultramsg), None when it is not there."""
    if not isinstance(tree, Mapping) or "sent" not in tree:
        return None
    return str(tree["sent"]).strip().lower() == "true"
