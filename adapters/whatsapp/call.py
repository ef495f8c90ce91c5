"""
One HTTP call to a provider, and what it proves about the message.

Rule 1: a send is called once. Nothing here repeats a request or follows a redirect.
Rule 2: only an error that happened before the request was written proves that nothing was sent.
Rule 3: no URL, header or body of ours gets into a result, an exception or a log: Green API's token is in the
        URL, Ultramsg's in the query.

Which httpx error means what was measured against 0.28: `ConnectError` covers refused connections, DNS and TLS.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from adapters.whatsapp import causes
from adapters.whatsapp.causes import Cause
from bot.errors import Misconfigured
from bot.events import SendClass
from bot.ports import OutboundMessage, SendResult

CONNECT_TIMEOUT_SECONDS = 5.0
# Providers answer a send within two or three seconds; the origin of this service waited 15 as well.
READ_TIMEOUT_SECONDS = 15.0

# Many servers close an idle connection after five seconds. A request written at that very moment gets no answer
# and would be ambiguous, so we let go of a connection well before; a new one costs a tenth of a second.
IDLE_CONNECTION_SECONDS = 2.0

# Nobody waits longer than a day because of a header: providers drop queued messages after one.
LONGEST_RETRY_AFTER_SECONDS = 24 * 3600.0

# A sentence of a provider is quoted to staff only so far, and never with this many letters of the message.
_QUOTE_CHARACTERS = 80
_TELLTALE_CHARACTERS = 10

_HTTP_LOGGERS = (
    "httpx",
    "httpcore",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)

_REFUSED_BY_STATUS = {
    401: causes.BAD_CREDENTIALS,
    402: causes.UNPAID,
    403: causes.BAD_CREDENTIALS,
    404: causes.WRONG_ADDRESS_SETTING,
    405: causes.WRONG_ADDRESS_SETTING,
    410: causes.WRONG_ADDRESS_SETTING,
    429: causes.TOO_MANY_REQUESTS,
    466: causes.QUOTA_USED_UP,
}
# A Retry-After with these is about the whole number; the wait for one contact (Meta's pair limit) is that
# contact's alone, and a wrong request is ours.
_ABOUT_THE_CHANNEL = frozenset({SendClass.NOT_SENT_FALLBACK, SendClass.AMBIGUOUS})
_WRONG_REQUEST_STATUSES = frozenset({400, 406, 411, 413, 414, 415, 417, 422, 431})


@dataclass(frozen=True, slots=True)
class Answer:
    """The provider answered something."""

    status: int
    tree: Any
    """The JSON of the answer, None when it is not JSON."""
    text: str
    latency_ms: float
    retry_after_seconds: float | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Silence:
    """The provider did not answer, or not to the end."""

    cause: Cause
    error: str
    latency_ms: float


class Line:
    """The connection to one provider for one channel; opening a client costs 40 ms, so it is kept."""

    def __init__(
        self,
        base_url: str,
        setting: str,
        *,
        clock: Callable[[], datetime],
        connect_timeout_seconds: float = CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Raises: Misconfigured, when `base_url` (the value of `setting`) is not an address."""
        if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?", base_url):
            raise Misconfigured(
                f"{setting} must be an address such as https://host.example.",
                f"الإعداد {setting} يجب أن يكون عنواناً مثل https://host.example.",
            )
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._timer = timer
        # Each phase has its own limit in httpx, and reading restarts its clock with every byte: a provider
        # that sends one byte a second would hold a worker for ever.
        self._deadline_seconds = 2 * (connect_timeout_seconds + read_timeout_seconds)
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            limits=httpx.Limits(max_connections=100, keepalive_expiry=IDLE_CONNECTION_SECONDS),
            timeout=httpx.Timeout(
                read_timeout_seconds, connect=connect_timeout_seconds, pool=connect_timeout_seconds
            ),
        )

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        json_body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer | Silence:
        """Make one call and say what came back."""
        started = self._timer()
        try:
            async with asyncio.timeout(self._deadline_seconds):
                response = await self._client.request(
                    method,
                    self._base_url + path,
                    headers=dict(headers or {}),
                    params=dict(query) if query else None,
                    json=json_body,
                    data=dict(form) if form else None,
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            return self._silence(causes.UNREACHABLE, exc, started)
        except httpx.PoolTimeout as exc:
            return self._silence(causes.BUSY_HERE, exc, started)
        except (httpx.RemoteProtocolError, httpx.DecodingError) as exc:
            return self._silence(causes.CUT_ANSWER, exc, started)
        except (httpx.RequestError, TimeoutError) as exc:
            return self._silence(causes.NO_ANSWER, exc, started)
        return Answer(
            status=response.status_code,
            tree=_json_or_none(response.content),
            text=response.text[:4000],
            latency_ms=(self._timer() - started) * 1000,
            retry_after_seconds=retry_after_seconds(response.headers.get("retry-after", ""), self._clock()),
        )

    async def close(self) -> None:
        await self._client.aclose()

    def _silence(self, cause: Cause, exc: Exception, started: float) -> Silence:
        return Silence(cause, type(exc).__name__, (self._timer() - started) * 1000)


def cause_of_status(status: int) -> Cause:
    """Say what an HTTP status alone proves, when the body is not in the provider's table."""
    if status in _REFUSED_BY_STATUS:
        return _REFUSED_BY_STATUS[status]
    if status in _WRONG_REQUEST_STATUSES:
        return causes.BAD_REQUEST
    if 300 <= status < 400:
        return causes.WRONG_ADDRESS_SETTING
    return causes.STRANGE_ANSWER if 200 <= status < 300 else causes.PROVIDER_TROUBLE


def result_of(
    cause: Cause,
    came_back: Answer | Silence | None = None,
    *,
    ids: tuple[str, ...] = (),
    code: str = "",
    quote: str = "",
) -> SendResult:
    """Write down what one call came to; `quote` is a harmless excerpt of the provider's words."""
    answer = came_back if isinstance(came_back, Answer) else None
    default_code = came_back.error if isinstance(came_back, Silence) else str(answer.status) if answer else ""
    return SendResult(
        send_class=cause.send_class,
        provider_message_ids=ids,
        http_status=answer.status if answer else None,
        provider_code=code or default_code,
        detail=cause.detail if not quote else f"{cause.english} ({quote})\n{cause.arabic}",
        latency_ms=came_back.latency_ms if came_back else 0.0,
        retry_after_seconds=answer.retry_after_seconds if answer else None,
        needs_alert=cause.needs_alert,
        pause_seconds=_pause_seconds(cause, answer),
    )


def _pause_seconds(cause: Cause, answer: Answer | None) -> float:
    """How long the whole number is to be left alone, as the provider says or as its kind of refusal means."""
    asked_for = answer.retry_after_seconds if answer else None
    if asked_for is not None and cause.send_class in _ABOUT_THE_CHANNEL:
        return asked_for
    return cause.pause_seconds


def refused_here(message: OutboundMessage, text_limit: int, *, has_templates: bool = False) -> SendResult | None:
    """Refuse what no provider could carry, before anybody is called; a template where there are none, too."""
    if len(message.text) > text_limit:
        return result_of(causes.TOO_LONG, code="text_too_long")
    if not message.text.strip() or re.search("[\ud800-\udfff]", message.text):
        return result_of(causes.NO_TEXT, code="no_text")
    if message.template is not None and not has_templates:
        return result_of(causes.NO_TEMPLATES, code="no_templates")
    return None


def quotable(words: str, message: OutboundMessage, secrets: tuple[str, ...]) -> str:
    """Give the provider's words for staff: no secret, no phone, nothing of the message."""
    for secret in secrets:
        words = words.replace(secret, "***")
    words = re.sub(r"\d{5,}", "…", words)
    shared = SequenceMatcher(None, words, message.text, autojunk=False).find_longest_match()
    if message.text in words or shared.size >= _TELLTALE_CHARACTERS:
        return ""
    return " ".join(words.split())[:_QUOTE_CHARACTERS]


def retry_after_seconds(header: str, now: datetime) -> float | None:
    """Read Retry-After in either form: seconds, or an HTTP date."""
    value = header.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(float(value), LONGEST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_SECONDS)


class _OnlyTrouble(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_ONLY_TROUBLE = _OnlyTrouble()


def silence_http_logs() -> None:
    """
    Keep the HTTP library from logging URLs, which carry tokens; call it once, before the first send.

    A filter and not only a level: whoever turns the root logger to DEBUG in an incident must not leak tokens.
    """
    for name in _HTTP_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(_ONLY_TROUBLE)


def _json_or_none(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
