"""
Short questions to the world for `dealix doctor`: each answers within seconds, whatever is at the other end.

Rule: no address that is asked, and nothing in it, gets into an answer: Telegram's addresses carry the token.
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from bot.doctor.hands import Answer, TelegramFacts

SECONDS = 5.0
_FIRST_PIECE = 65_536


async def ask(url: str) -> Answer:
    """GET, and the first piece of what comes."""
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client,
            client.stream("GET", url) as answer,
        ):
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _FIRST_PIECE:
                    break
            return Answer(status=answer.status_code, body=body[:_FIRST_PIECE].decode("utf-8", "replace"))
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError, ValueError) as away:
        return Answer(silent=type(away).__name__)


async def reaches(host: str, port: int) -> str:
    """Why nobody takes a connection there; empty when somebody does."""
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError, UnicodeError, ValueError) as away:
        return type(away).__name__
    writer.close()
    return ""


async def nats_greets(place: str) -> str:
    """Why there is no NATS at `host:port`; empty when it greets as NATS does."""
    host, _, port = place.rpartition(":")
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            try:
                greeting = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError, UnicodeError, ValueError) as away:
        return type(away).__name__
    return "" if greeting.startswith(b"INFO ") else "it speaks something else"


async def telegram(url: str, token: str, chats: Sequence[int]) -> TelegramFacts:
    """Who the token is, how updates come, and to which of these chats the bot may not write."""
    base = f"{url.rstrip('/')}/bot{token}"
    async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
        me = await _method(client, f"{base}/getMe")
        if isinstance(me, str):
            return TelegramFacts(silent=me)
        if not me.get("ok"):
            return TelegramFacts(refused=str(me.get("description", "no reason"))[:120])
        hook, *known = await asyncio.gather(
            _method(client, f"{base}/getWebhookInfo"),
            *(_method(client, f"{base}/getChat", chat_id=chat) for chat in chats),
        )
    webhook = hook.get("result", {}) if isinstance(hook, dict) and hook.get("ok") else {}
    refused = [
        chat
        for chat, answer in zip(chats, known, strict=True)
        if isinstance(answer, dict) and not answer.get("ok") and answer.get("error_code") in (400, 403)
    ]
    return TelegramFacts(
        name=str(me.get("result", {}).get("username", "")),
        webhook_host=urlsplit(str(webhook.get("url", ""))).hostname or "",
        webhook_error=str(webhook.get("last_error_message", ""))[:120],
        unknown_chats=tuple(refused),
    )


async def _method(client: httpx.AsyncClient, url: str, **params: int) -> dict | str:  # type: ignore[type-arg]
    """What Telegram answers, or why it does not."""
    try:
        async with asyncio.timeout(SECONDS):
            told = (await client.get(url, params=params)).json()
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as away:
        return type(away).__name__
    return told if isinstance(told, dict) else "it speaks something else"
