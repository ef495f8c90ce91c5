"""
One line to one OpenAI-compatible endpoint: `POST <base>/chat/completions`.

Rule 1: asked once. Nothing is repeated, no redirect is followed, nothing is waited for longer than the whole call
        may take, however slowly bytes come; no more is read than an answer can have.
Rule 2: whatever the other side does is a value. What is no answer of this API is `not_json` or `not_an_answer`.
Rule 3: no key, address, question or answer gets into an error, a value of failure, or a log.
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import Misconfigured
from bot.models.provider import Ask, Said, Silent, Usage

CONNECT_SECONDS = 5.0

# A thousand tokens are 4 kB; a server that sends sixty times as much is broken.
LARGEST_ANSWER_BYTES = 262_144

# A token count that no model reaches is no count.
_MOST_TOKENS = 10_000_000

Format = Literal["json_schema", "json_object", "none"]
"""What the endpoint can be held to; whatever it says is checked here again."""


class _Lenient(BaseModel):
    """Providers add fields; the ones that we read must be what they are."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Message(_Lenient):
    content: str = Field(min_length=1)


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = None


class _Answer(_Lenient):
    choices: list[_Choice] = Field(min_length=1)


class _Details(_Lenient):
    cached_tokens: int | None = Field(None, ge=0, le=_MOST_TOKENS)


class _Usage(_Lenient):
    prompt_tokens: int = Field(ge=0, le=_MOST_TOKENS)
    completion_tokens: int = Field(ge=0, le=_MOST_TOKENS)
    prompt_tokens_details: _Details | None = None


class OpenAiWire:
    """`bot.models.provider.Wire` over HTTP."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        setting: str,
        now: Callable[[], datetime],
        timeout_seconds: float,
        answers_as: Format = "json_schema",
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Raises Misconfigured, when `base_url` (the value of `setting`) is not an address."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise Misconfigured(
                f"{setting} must be an address such as https://api.openai.com/v1",
                f"الإعداد {setting} يجب أن يكون عنوانًا مثل https://api.openai.com/v1",
            )
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._now = now
        self._timer = timer
        self._timeout = timeout_seconds
        self._format = answers_as
        self._client = httpx.AsyncClient(
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
            follow_redirects=False,
            trust_env=False,
        )

    async def ask(self, ask: Ask) -> Said | Silent:
        """Ask once; see `Wire`."""
        started = self._timer()

        def silent(code: str, retry_after: float | None = None) -> Silent:
            return Silent(code, self._since(started), retry_after)

        try:
            # httpx starts its clock anew with every byte; a call that drips must end too.
            async with asyncio.timeout(self._timeout):
                status, headers, body = await self._post(self._body(ask))
        except (TimeoutError, httpx.TimeoutException):
            return silent("timeout")
        except _TooLarge:
            return silent("too_large")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            return silent("unreachable")
        if 300 <= status < 400:
            return silent("redirected")
        if status != httpx.codes.OK:
            return silent(f"http_{status}", _retry_after(headers.get("retry-after", ""), self._now()))
        return _read(body, self._since(started))

    async def close(self) -> None:
        """Give connections back."""
        await self._client.aclose()

    def _body(self, ask: Ask) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": ask.model,
            "messages": [{"role": "system", "content": ask.system}, {"role": "user", "content": ask.user}],
            "max_tokens": ask.most_tokens,
            "temperature": 0,
        }
        if self._format == "json_schema":
            shape = {"name": ask.schema_name, "strict": True, "schema": dict(ask.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        elif self._format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    async def _post(self, body: dict[str, Any]) -> tuple[int, httpx.Headers, bytes]:
        async with self._client.stream("POST", self._url, json=body) as answer:
            read = bytearray()
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > LARGEST_ANSWER_BYTES:
                    raise _TooLarge
            return answer.status_code, answer.headers, bytes(read)

    def _since(self, started: float) -> int:
        return max(0, round((self._timer() - started) * 1_000))


class _TooLarge(Exception):
    """More than an answer can have."""


def _read(body: bytes, latency_ms: int) -> Said | Silent:
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return Silent("not_json", latency_ms)
    try:
        choice = _Answer.model_validate(tree).choices[0]
    except ValidationError:
        return Silent("not_an_answer", latency_ms)
    is_cut = choice.finish_reason not in (None, "stop")
    return Said(choice.message.content, latency_ms, _usage(tree), is_cut)


def _usage(tree: dict[str, Any]) -> Usage | None:
    """What was counted; the provider's prompt tokens include the cached ones, ours do not: each has its price."""
    try:
        told = _Usage.model_validate(tree.get("usage"))
    except ValidationError:
        return None
    details = told.prompt_tokens_details
    cached = (details.cached_tokens if details else 0) or 0
    if cached > told.prompt_tokens:
        return None
    return Usage(told.prompt_tokens - cached, told.completion_tokens, cached)


def _retry_after(header: str, now: datetime) -> float | None:
    """Seconds, from a number or a date; None for neither."""
    header = header.strip()
    if header.isascii() and header.isdigit() and len(header) <= 9:
        return float(header)
    with suppress(ValueError, TypeError, OverflowError):
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    return None
