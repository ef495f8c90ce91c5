"""
Meta Cloud API: verify, parse, send, and one question that sends nothing.

Rule 1: the signature is checked over the raw bytes; without an app secret every POST is refused.
Rule 2: 200 means taken, not delivered: the same refusals also come later, as `failed` statuses.
Rule 3: `+` always stands before the number, or Meta may read it as local to the sender's country.
Rule 4: a template leaves by its name with what fills its numbers; the words themselves stand at Meta.
Rule 5: our draft id travels as `biz_opaque_callback_data` and comes back in statuses; it cannot be searched.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from adapters.whatsapp import causes
from adapters.whatsapp.body import id_at, list_at, number_at, object_at, read_object, text_at
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
from adapters.whatsapp.meta_cloud import codes, parse, templates
from adapters.whatsapp.proof import refusal, same_secret, same_signature, usable_token
from adapters.whatsapp.states import health_of_cause, health_of_silence, health_of_status
from bot.errors import BadSignature
from bot.events import ProviderEvent
from bot.ports import (
    CannotTell,
    FoundSend,
    Health,
    HistoryAway,
    NoHistory,
    NoTrace,
    OutboundMessage,
    SendResult,
    TemplateAtProvider,
)

# Limits of an interactive message; beyond them the plain text is sent, which says how to answer.
MAX_BUTTONS = 3
MAX_BUTTON_TITLE_CHARACTERS = 20
MAX_BUTTON_ID_CHARACTERS = 256
MAX_INTERACTIVE_BODY_CHARACTERS = 1024

# Meta's accounts hold at most 6000 templates; more pages than this are a list that leads in a circle.
TEMPLATES_A_PAGE = 200
PAGES_AT_MOST = 50


class MetaCloud:
    """One registered number at Meta."""

    name = "meta_cloud"
    text_limit = 4096
    needs_window = True

    def __init__(
        self,
        channel: str,
        *,
        phone_number_id: str,
        token: str,
        clock: Callable[[], datetime],
        app_secret: str = "",
        verify_token: str = "",
        sender_identity: str = "",
        account: str = "",
        graph_url: str = "https://graph.facebook.com",
        graph_version: str = "v23.0",
        connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        """Raises: Misconfigured, when a setting cannot work."""
        self.channel = channel
        self._phone_number_id = usable_token(phone_number_id, "WHATSAPP_PHONE_NUMBER_ID")
        self._token = usable_token(token, "WHATSAPP_API_TOKEN")
        self._app_secret = app_secret.strip()
        self._verify_token = verify_token.strip()
        self.sender_identity = sender_identity or f"meta_cloud:{self._phone_number_id}"
        version = usable_token(graph_version, "WHATSAPP_GRAPH_VERSION")
        self._path = f"/{quote(version, safe='')}/{quote(self._phone_number_id, safe='')}"
        self.account = usable_token(account, "WHATSAPP_WABA_ID") if account.strip() else ""
        self._list_path = f"/{quote(version, safe='')}/{quote(self.account, safe='')}/message_templates"
        self._clock = clock
        self._line = Line(
            graph_url,
            "WHATSAPP_GRAPH_URL",
            clock=clock,
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
        )

    @property
    def is_authenticated(self) -> bool:
        """False when webhooks cannot be checked; Meta's are then refused."""
        return bool(self._app_secret)

    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self._token, self._app_secret, self._verify_token) if secret)

    def verify(self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> None:
        if not self._app_secret:
            raise BadSignature(
                "WHATSAPP_APP_SECRET is not set, so Meta's webhooks cannot be checked. Set it; Meta sends again.",
                "الإعداد WHATSAPP_APP_SECRET غير مضبوط، فلا يمكن التحقق من طلبات ميتا. اضبطه وستعيد الإرسال.",
            )
        signature = headers.get("x-hub-signature-256", "")
        if not same_signature(signature, self._app_secret.encode(), body):
            raise refusal("WHATSAPP_APP_SECRET")

    def verify_subscription(self, query: Mapping[str, str]) -> str:
        """
        Give the challenge that Meta's GET expects back as plain text.

        Raises: BadSignature, when the verify token is not ours or none is set.
        """
        right_mode = query.get("hub.mode", "") == "subscribe"
        if not right_mode or not same_secret(query.get("hub.verify_token", ""), self._verify_token):
            raise refusal("WHATSAPP_VERIFY_TOKEN")
        return query.get("hub.challenge", "")

    def parse(self, body: bytes) -> list[ProviderEvent]:
        return parse.read(read_object(body), self._phone_number_id, self._clock(), self.account)

    async def send(self, message: OutboundMessage) -> SendResult:
        address = _address(message)
        if not address:
            return result_of(causes.NO_ADDRESS, code="no_address")
        refused = refused_here(message, self.text_limit, has_templates=True)
        if refused:
            return refused
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **address,
            **_content(message),
            "biz_opaque_callback_data": message.reference,
        }
        if message.reply_to:
            body["context"] = {"message_id": message.reply_to}
        answer = await self._line.ask("POST", f"{self._path}/messages", headers=self._bearer(), json_body=body)
        return self._judge(answer, message)

    async def templates(self) -> Sequence[TemplateAtProvider] | HistoryAway:
        """Every template of the account, page by page; a list that breaks off is none."""
        found: list[TemplateAtProvider] = []
        query = {"fields": templates.FIELDS, "limit": str(TEMPLATES_A_PAGE)}
        for _ in range(PAGES_AT_MOST):
            answer = await self._line.ask("GET", self._list_path, headers=self._bearer(), query=query)
            if isinstance(answer, Silence):
                return HistoryAway(answer.cause.detail)
            if not answer.is_success or not isinstance(object_at(answer.tree).get("data"), list):
                known = _known(answer) or cause_of_status(answer.status)
                return HistoryAway(known.detail, answer.retry_after_seconds)
            found += [templates.listed(object_at(row)) for row in list_at(answer.tree, "data")]
            after = id_at(answer.tree, "paging", "cursors", "after")
            if not after or not id_at(answer.tree, "paging", "next"):
                return found
            query["after"] = after
        return HistoryAway("The list of templates has no end.\nقائمة القوالب لا تنتهي.")

    def template_status(self, result: SendResult) -> str:
        return templates.STATUS_OF_CODE.get(result.provider_code, "")

    async def probe(self) -> Health:
        query = {"fields": "health_status"}
        answer = await self._line.ask("GET", self._path, headers=self._bearer(), query=query)
        now = self._clock()
        if isinstance(answer, Silence):
            return health_of_silence(answer, now)
        if object_at(answer.tree, "error"):
            known = _known(answer)
            return health_of_cause(known, now) if known else health_of_status(answer, now)
        word = id_at(answer.tree, "health_status", "can_send_message")
        if not answer.is_success or word not in codes.SENDING:
            return health_of_status(answer, now)
        return Health(codes.SENDING[word], _health_detail(answer.tree, word), now)

    async def find_sent(self, message: OutboundMessage, started_at: datetime) -> FoundSend | NoTrace | CannotTell:
        return CannotTell(
            "Meta cannot be searched by our reference; a status webhook may still name it.\n"
            "لا يمكن البحث في ميتا بمرجعنا؛ قد يصل إشعار حالة يذكره."
        )

    async def history(self, since: datetime, until: datetime) -> NoHistory:
        return NoHistory(
            "Meta keeps what became of messages of ours, and offers no record of what contacts wrote; "
            "its webhooks come again for seven days",
            "تحتفظ Meta بما آلت إليه رسائلنا ولا تقدّم سجلًا لما كتبته جهات الاتصال؛ وتعيد إشعاراتها سبعة أيام",
        )

    async def close(self) -> None:
        await self._line.close()

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _judge(self, answer: Answer | Silence, message: OutboundMessage) -> SendResult:
        if isinstance(answer, Silence):
            return result_of(answer.cause, answer)
        error = object_at(answer.tree, "error")
        if error:
            words = text_at(error, "error_data", "details") or text_at(error, "message")
            code = id_at(error, "code")
            cause = _known(answer) or cause_of_status(answer.status)
            return result_of(cause, answer, code=code, quote=quotable(words, message, self.secrets()))
        taken = list_at(answer.tree, "messages")
        message_id = id_at(taken[0], "id") if taken else ""
        if answer.is_success and message_id:
            return result_of(causes.ACCEPTED, answer, ids=(message_id,), code=id_at(taken[0], "message_status"))
        return result_of(cause_of_status(answer.status), answer)


def _address(message: OutboundMessage) -> dict[str, str]:
    phone = phone_of(message.recipient)
    if phone:
        return {"to": f"+{phone}"}
    user_id = address_of(message.recipient, "bsuid")
    return {"recipient": user_id} if user_id else {}


def _content(message: OutboundMessage) -> dict[str, Any]:
    if message.template is not None:
        return templates.content_of(message.template)
    if not _buttons_fit(message):
        return {"type": "text", "text": {"preview_url": False, "body": message.text}}
    buttons = [{"type": "reply", "reply": {"id": name, "title": title}} for name, title in message.buttons]
    return {
        "type": "interactive",
        "interactive": {"type": "button", "body": {"text": message.text}, "action": {"buttons": buttons}},
    }


def _buttons_fit(message: OutboundMessage) -> bool:
    names, titles = [name for name, _ in message.buttons], [title for _, title in message.buttons]
    return (
        0 < len(names) <= MAX_BUTTONS
        and len(message.text) <= MAX_INTERACTIVE_BODY_CHARACTERS
        and all(0 < len(title.strip()) <= len(title) <= MAX_BUTTON_TITLE_CHARACTERS for title in titles)
        and all(0 < len(name) <= MAX_BUTTON_ID_CHARACTERS for name in names)
        and len(set(names)) == len(set(titles)) == len(names)
    )


def _known(answer: Answer) -> causes.Cause | None:
    error = object_at(answer.tree, "error")
    code, subcode = number_at(error, "code"), number_at(error, "error_subcode")
    if code is None:
        return None
    found = codes.refusal_of(
        int(code),
        subcode=int(subcode) if subcode is not None else None,
        status=answer.status,
        message=text_at(error, "message"),
    )
    # A transient error that we do not know may have struck after the message was taken.
    return found or (causes.PROVIDER_TROUBLE if error.get("is_transient") is True else None)


def _health_detail(tree: Any, word: str) -> str:
    if word == "AVAILABLE":
        return "Meta says that messages can be sent.\nميتا تقول إن الإرسال متاح."
    entities = list_at(tree, "health_status", "entities")
    told = [text_at(error, "error_description") for entity in entities for error in list_at(entity, "errors")]
    because = " ".join(next((text for text in told if text), "").split())[:200]
    return (
        f"Meta says that sending is {word.lower()}. {because}".strip()
        + f"\nميتا تقول إن الإرسال {'محدود' if word == 'LIMITED' else 'موقوف'}."
    )
