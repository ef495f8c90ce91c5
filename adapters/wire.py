"""
One JSON call to a service that is no message provider: a customer record, a payment.

Rule 1: nothing is waited for longer than a few seconds, no more than a megabyte is read, no redirect is followed.
Rule 2: whether the request was surely not carried out is said: an error before it was written proves that, and
        nothing else does.
Rule 3: no address, header or body gets into an error or a log.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from bot.ports import Health

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
LARGEST_ANSWER_BYTES = 1_000_000

# A header may ask for any number; nobody waits longer than an hour because of one.
LONGEST_WAIT_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Something was answered."""

    status: int
    tree: Any
    """The JSON of the answer, None when it is not JSON."""
    latency_ms: float
    retry_after_seconds: float | None = None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The answer where it is an object; empty where it is anything else."""
        return self.tree if isinstance(self.tree, dict) else {}


class Silence(Exception):
    """Nothing was answered, or not to the end."""

    def __init__(self, what: str, *, is_certain: bool, latency_ms: float) -> None:
        super().__init__(what)
        self.is_certain = is_certain
        """Whether the request surely did nothing."""
        self.latency_ms = latency_ms


def health_of(answer: Answer | Silence, now: datetime) -> Health:
    """How a service is, by what it answered to a question that changes nothing."""
    if isinstance(answer, Silence):
        return Health("down", "does not answer / لا يستجيب", now)
    if answer.status in (401, 403):
        return Health("auth_failed", f"refuses our key ({answer.status}) / يرفض مفتاحنا", now)
    if 200 <= answer.status < 300:
        return Health("ok", "", now)
    return Health("degraded" if answer.status == 429 else "down", f"answers {answer.status}", now)


class JsonLine:
    """The connection to one service; opened at first use and kept."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {"accept": "application/json", **(headers or {})}
        self._basic = httpx.BasicAuth(*basic) if basic else None
        self._timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
        self._client: httpx.AsyncClient | None = None

    async def call(
        self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises Silence."""
        began = time.perf_counter()
        try:
            return await self._called(method, path, body, params, began)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as away:
            raise Silence(type(away).__name__, is_certain=True, latency_ms=_since(began)) from None
        except (httpx.HTTPError, _TooLarge) as broken:
            raise Silence(type(broken).__name__, is_certain=False, latency_ms=_since(began)) from None

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _called(
        self, method: str, path: str, body: Any, params: Mapping[str, str] | None, began: float
    ) -> Answer:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._timeout, auth=self._basic, trust_env=False)
        async with self._client.stream(
            method, f"{self._base_url}{path}", json=body, params=params, headers=self._headers
        ) as answered:
            raw = bytearray()
            async for part in answered.aiter_bytes():
                raw += part
                if len(raw) > LARGEST_ANSWER_BYTES:
                    raise _TooLarge
            later = _seconds(answered.headers.get("retry-after", ""))
            return Answer(answered.status_code, _tree(bytes(raw)), _since(began), later)


class _TooLarge(Exception):
    """An answer that is none."""


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _tree(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _seconds(header: str) -> float | None:
    """Whole or broken seconds; a date, which these services do not send, is no number."""
    try:
        seconds = float(header)
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS) if seconds == seconds else None
