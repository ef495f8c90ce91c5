"""
How often somebody may ask, and how often somebody may be wrong.

Rule 1: requests are counted per person or machine, wrong credentials per address.
Rule 2: whoever shows a good credential comes in, also from an address that is locked out: credentials here are
        too long to be guessed, and a neighbour's wrong ones must not keep Sami from his drafts.
Rule 3: a lock-out is told once.
Rule 4: when the place where it is counted is away, everybody may pass, and it is told.
"""

import asyncio
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

import structlog
from limits import RateLimitItem, parse
from limits import storage as synchronous
from limits import strategies as synchronous_strategies
from limits.aio import storage, strategies
from limits.errors import StorageError

from bot.access.principal import LockedOut, TooMany
from bot.errors import Misconfigured

logger = structlog.get_logger()

# Somebody with an IPv6 address has all of its network.
_IPV6_NETWORK_BITS = 64


class Turnstile:
    """Counts, in this process or in a place shared by several."""

    def __init__(self, requests: str, wrong: str, where: str = "") -> None:
        """
        Args:
            requests: such as `6000/minute`, for one person or machine.
            wrong: such as `20/5 minutes`, for one address.
            where: an address as the library `limits` reads it, such as `mongodb://...`; empty: this process.

        Raises Misconfigured.
        """
        self._requests = _limit("DEALIX_REQUESTS_LIMIT", requests)
        self._wrong = _limit("DEALIX_WRONG_TRIES_LIMIT", wrong)
        self._counter: _Counter = _Elsewhere(where) if where else _Here()
        self._told: dict[str, float] = {}

    async def ask(self, who: str) -> None:
        """Somebody who is known asks for something. Raises TooMany."""
        if (wait := await self._counter.hit(self._requests, "ask", who)) is not None:
            raise TooMany(
                f"too many requests; come back in {wait} seconds", f"طلبات كثيرة؛ عد بعد {wait} ثانية", wait
            )

    async def be_wrong(self, address: str, what: str = "credential") -> bool:
        """
        A credential was none; answers whether this began a lock-out.

        Raises LockedOut when the address was locked out before.
        """
        network = network_of(address)
        wait = await self._counter.hit(self._wrong, what, network)
        if wait is not None:
            raise _locked_out(wait)
        until = await self._counter.full_until(self._wrong, what, network)
        return until is not None and self._is_first(f"{what}:{network}", until)

    async def require_open(self, address: str, what: str = "credential") -> None:
        """Raises LockedOut for an address that was wrong too often."""
        until = await self._counter.full_until(self._wrong, what, network_of(address))
        if until is not None:
            raise _locked_out(max(1, round(until - time.time())))

    def _is_first(self, who: str, until: float) -> bool:
        now = time.time()
        self._told = {key: end for key, end in self._told.items() if end > now}
        if who in self._told:
            return False
        self._told[who] = until
        return True


class _Here:
    """Counts in this process."""

    def __init__(self) -> None:
        self._storage = storage.MemoryStorage()
        self._limiter = strategies.FixedWindowRateLimiter(self._storage)

    async def hit(self, limit: RateLimitItem, *who: str) -> int | None:
        """None when it still fits; else the seconds until it would."""
        if await self._limiter.hit(limit, *who):
            return None
        stats = await self._limiter.get_window_stats(limit, *who)
        return max(1, round(stats.reset_time - time.time()))

    async def full_until(self, limit: RateLimitItem, *who: str) -> float | None:
        """When there is room again (Unix seconds); None while there is some."""
        stats = await self._limiter.get_window_stats(limit, *who)
        return stats.reset_time if stats.remaining <= 0 else None


class _Elsewhere:
    """Counts where all processes count; the library speaks to it without asyncio, so beside the event loop."""

    def __init__(self, where: str) -> None:
        try:
            place = synchronous.storage_from_string(where, wrap_exceptions=True)
        except Exception as unusable:
            raise Misconfigured(
                "DEALIX_LIMITS_STORAGE cannot be used as it is written; see .env.example",
                "لا يمكن استعمال DEALIX_LIMITS_STORAGE كما كُتب؛ انظر .env.example",
            ) from unusable
        self._limiter = synchronous_strategies.FixedWindowRateLimiter(place)

    async def hit(self, limit: RateLimitItem, *who: str) -> int | None:
        if await _asked(lambda: self._limiter.hit(limit, *who), otherwise=True):
            return None
        until = await self.full_until(limit, *who)
        return max(1, round((until or 0) - time.time()))

    async def full_until(self, limit: RateLimitItem, *who: str) -> float | None:
        stats = await _asked(lambda: self._limiter.get_window_stats(limit, *who), otherwise=None)
        return stats.reset_time if stats is not None and stats.remaining <= 0 else None


_Counter = _Here | _Elsewhere


async def _asked(question: Callable[[], Any], otherwise: Any) -> Any:
    try:
        return await asyncio.to_thread(question)
    except StorageError as away:
        logger.warning("limits_not_counted", reason=type(away.storage_error).__name__)
        return otherwise


def network_of(address: str) -> str:
    """What is locked out together; what is no address stands for itself."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address or "unknown"
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None:
        return f"{IPv6Address(int(ip) >> _IPV6_NETWORK_BITS << _IPV6_NETWORK_BITS)}/{_IPV6_NETWORK_BITS}"
    return str(ip.ipv4_mapped) if isinstance(ip, IPv6Address) else str(ip)


def _locked_out(wait: int) -> LockedOut:
    return LockedOut(
        f"too many wrong tries from this address; try again in {wait} seconds",
        f"محاولات خاطئة كثيرة من هذا العنوان؛ حاول بعد {wait} ثانية",
        wait,
    )


def _limit(setting: str, text: str) -> RateLimitItem:
    try:
        return parse(text)
    except ValueError as unreadable:
        raise Misconfigured(
            f"{setting} must read like 100/minute, not {text!r}",
            f"اكتب {setting} هكذا: 100/minute، لا {text!r}",
        ) from unreadable
