"""
Asks Telegram who our bot is: the one question that sends nothing and proves that the token is good.

Rule: the address carries the token, so nothing of it gets into an answer or a log.
"""

import json
from collections.abc import Callable
from datetime import datetime

import httpx

from bot.ports import Health

SECONDS = 5.0

_REFUSED = (401, 403, 404)
"""Telegram answers 404 to a token that has no shape of one."""


class TelegramProbe:
    """`bot.connectors.probes.CanBeAsked` of one bot."""

    def __init__(self, api_url: str, token: str, now: Callable[[], datetime]) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{api_url.rstrip('/')}/bot{token}/", timeout=SECONDS, trust_env=False
        )
        self._now = now

    async def probe(self) -> Health:
        """Whether the bot could speak now."""
        try:
            answer = await self._client.get("getMe")
        except (httpx.HTTPError, httpx.InvalidURL) as away:
            return self._health("down", f"No answer: {type(away).__name__}.", "لا جواب من تيليجرام.")
        if answer.status_code in _REFUSED:
            return self._health(
                "auth_failed", "Telegram does not know this token.", "تيليجرام لا يعرف هذا الرمز."
            )
        if answer.status_code == 200 and _is_good(answer.content):
            return self._health("ok", "The bot is known.", "البوت معروف.")
        code = answer.status_code
        return self._health("down", f"Telegram answered {code}.", f"أجاب تيليجرام بالرمز {code}.")

    async def close(self) -> None:
        """Give the connection back."""
        await self._client.aclose()

    def _health(self, state: str, english: str, arabic: str) -> Health:
        return Health(state, f"{english}\n{arabic}", self._now())


def _is_good(body: bytes) -> bool:
    """Whether this is Telegram's own yes, and not the page of somebody in between."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("ok") is True
