"""
Fonnte: verify, parse, send, and one question that sends nothing.

Rule 1: `countryCode=0` always: without it Fonnte rewrites the number for Indonesia.
Rule 2: `connectOnly=true` always: a refusal now is better than a message that leaves tomorrow.
Rule 3: the answer repeats the number; when it is another one, nobody else may try until a human looked.
Rule 4: there is no reference and no list of messages: a send in doubt stays in doubt.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.whatsapp import causes
from adapters.whatsapp.body import id_at, list_at, number_at, read_object, text_at
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
from adapters.whatsapp.fonnte import codes, parse
from adapters.whatsapp.proof import refusal, same_secret, usable_token
from adapters.whatsapp.states import health_of_cause, health_of_silence, health_of_status
from bot.errors import UnreadableBody
from bot.events import ProviderEvent
from bot.ports import CannotTell, FoundSend, Health, NoHistory, NoTrace, OutboundMessage, SendResult


class Fonnte:
    """One device at Fonnte."""

    name = "fonnte"
    text_limit = 60_000
    needs_window = False

    def __init__(
        self,
        channel: str,
        *,
        token: str,
        clock: Callable[[], datetime],
        device: str = "",
        webhook_secret: str = "",
        sender_identity: str = "",
        api_url: str = "https://api.fonnte.com",
        connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        """
        `device` is the channel's own number; without it a webhook of another device is not noticed.

        Raises: Misconfigured, when a setting cannot work.
        """
        self.channel = channel
        self._token = usable_token(token, "FONNTE_TOKEN")
        self._device = device.strip().removeprefix("+")
        self._webhook_secret = webhook_secret.strip()
        self.sender_identity = sender_identity or (
            f"phone:{self._device}" if self._device else f"fonnte:{channel}"
        )
        self._clock = clock
        self._line = Line(
            api_url,
            "FONNTE_URL",
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
        if not self._webhook_secret or same_secret(query.get("secret", ""), self._webhook_secret):
            return
        try:
            in_body = text_at(read_object(body), "secret")
        except UnreadableBody as exc:
            raise refusal("FONNTE_WEBHOOK_SECRET") from exc
        if not same_secret(in_body, self._webhook_secret):
            raise refusal("FONNTE_WEBHOOK_SECRET")

    def parse(self, body: bytes) -> list[ProviderEvent]:
        return parse.read(read_object(body), self._device, self._clock())

    async def send(self, message: OutboundMessage) -> SendResult:
        phone = phone_of(message.recipient)
        if not phone:
            return result_of(causes.NO_ADDRESS, code="no_address")
        refused = refused_here(message, self.text_limit)
        if refused:
            return refused
        form = {"target": phone, "message": message.text, "countryCode": "0", "connectOnly": "true"}
        if message.reply_to:
            form["inboxid"] = message.reply_to
        # No `Bearer`: Fonnte compares the whole header with the token.
        answer = await self._line.ask("POST", "/send", headers={"Authorization": self._token}, form=form)
        return self._judge(answer, phone, message)

    async def probe(self) -> Health:
        answer = await self._line.ask("POST", "/device", headers={"Authorization": self._token})
        now = self._clock()
        if isinstance(answer, Silence):
            return health_of_silence(answer, now)
        tree = _lower(answer.tree)
        reason = text_at(tree, "reason").strip().lower()
        if reason and _status(tree) is not True:
            return health_of_cause(codes.REFUSALS.get(reason, causes.REFUSED), now)
        state = id_at(tree, "device_status").lower()
        if not answer.is_success or not state:
            return health_of_status(answer, now)
        if state not in ("connect", "connected"):
            return Health("down", causes.PHONE_NOT_LINKED.detail, now)
        if number_at(tree, "quota") == 0:
            return Health("degraded", causes.QUOTA_USED_UP.detail, now)
        return Health("ok", "The phone is linked.\nالهاتف مرتبط.", now)

    async def find_sent(self, message: OutboundMessage, started_at: datetime) -> FoundSend | NoTrace | CannotTell:
        return CannotTell("Fonnte keeps no record that we could search.\nلا يحتفظ Fonnte بسجل يمكن البحث فيه.")

    async def history(self, since: datetime, until: datetime) -> NoHistory:
        return NoHistory(
            "Fonnte offers no record of what contacts wrote; what no webhook brought cannot be found here",
            "لا يقدّم Fonnte سجلًا لما كتبته جهات الاتصال؛ ما لم يصل إشعاره لا يمكن إيجاده",
        )

    async def close(self) -> None:
        await self._line.close()

    def _judge(self, answer: Answer | Silence, phone: str, message: OutboundMessage) -> SendResult:
        if isinstance(answer, Silence):
            return result_of(answer.cause, answer)
        tree = _lower(answer.tree)
        status, reason = _status(tree), text_at(tree, "reason").strip()
        if status is True and answer.is_success:
            return self._accepted(answer, tree, phone)
        if status is not False:
            return result_of(cause_of_status(answer.status), answer)
        words = quotable(reason, message, self.secrets())
        known = codes.REFUSALS.get(reason.lower())
        if known:
            return result_of(known, answer, code=reason.lower(), quote=words)
        by_status = cause_of_status(answer.status)
        left_to_the_body = by_status in (causes.STRANGE_ANSWER, causes.BAD_REQUEST)
        return result_of(causes.REFUSED if left_to_the_body else by_status, answer, quote=words)

    def _accepted(self, answer: Answer, tree: Mapping[str, Any], phone: str) -> SendResult:
        ids = _several(tree, "id")[:1]
        targets = _several(tree, "target")
        if targets and targets[0].removeprefix("+") != phone:
            return result_of(causes.WRONG_NUMBER, answer, ids=ids, code="wrong_number")
        return result_of(causes.ACCEPTED, answer, ids=ids)


def _lower(tree: Any) -> Mapping[str, Any]:
    """Give the answer with its field names in lower case: Fonnte has used `Status` and `status`."""
    return {str(name).lower(): value for name, value in tree.items()} if isinstance(tree, Mapping) else {}


def _status(tree: Mapping[str, Any]) -> bool | None:
    """Give what `status` says, None when it is missing or says neither."""
    return {"true": True, "false": False}.get(str(tree.get("status")).strip().lower())


def _several(tree: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Give a field that is documented as a list and may come as a single value."""
    items = list_at(tree, name) or [tree.get(name)]
    return tuple(found for item in items if (found := id_at({name: item}, name)))
