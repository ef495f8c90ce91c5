"""
Takes updates from Telegram, by asking or by being told, and hands each to the handlers once.

Rule 1: an update is confirmed to Telegram only after it was dealt with; the next question for updates is the
        confirmation. Dying in between brings it again.
Rule 2: the updates of one chat are dealt with in their order; chats do not wait for each other.
Rule 3: while the database is away an update is kept and tried again. A fault of ours is logged, the person is
        told, and the update is left behind: repeating a fault helps nobody.
"""

import asyncio
from collections import defaultdict
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramConflictError, TelegramRetryAfter, TelegramUnauthorizedError
from aiogram.methods import GetUpdates
from aiogram.types import Update
from pydantic import ValidationError

from admin.telegram.entrance import Entrance
from admin.telegram.handled import Handled
from admin.telegram.post import Post, next_pause
from admin.telegram.settings import Rhythm, Webhook
from bot.store import Store

log = structlog.get_logger()

WANTED = ["message", "edited_message", "callback_query"]

# A long question may take this much longer than asked for before we give it up.
POLL_SLACK_SECONDS = 10


class RawUpdates(GetUpdates):
    """`getUpdates`, unread: one update that aiogram does not understand must not hide the others."""

    __returning__ = list[dict[str, Any]]


class Updates:
    """The way in."""

    def __init__(
        self, bot: Bot, entrance: Entrance, post: Post, store: Store, handled: Handled, rhythm: Rhythm
    ) -> None:
        self._bot = bot
        self._entrance = entrance
        self._post = post
        self._store = store
        self._handled = handled
        self._rhythm = rhythm
        self._in_order: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def poll(self) -> None:
        """Ask until cancelled."""
        await self._until_telegram_agrees(self._drop_webhook)
        offset: int | None = None
        pause = self._rhythm.first_pause_seconds
        while True:
            try:
                offset = await self._poll_once(offset)
                pause = self._rhythm.first_pause_seconds
            except (AiogramError, UnicodeDecodeError) as away:
                await asyncio.sleep(_wait(away, pause))
                pause = next_pause(pause, self._rhythm.longest_pause_seconds)

    async def announce(self, webhook: Webhook) -> None:
        """Tell Telegram where to bring the updates; returns when it agreed."""

        async def set_webhook() -> None:
            await self._bot.set_webhook(webhook.url, secret_token=webhook.secret, allowed_updates=WANTED)

        await self._until_telegram_agrees(set_webhook)

    async def take(self, raw: dict[str, Any]) -> None:
        """Deal with one update. Raises what the store raises while the database is away."""
        try:
            update = Update.model_validate(raw, context={"bot": self._bot})
        except ValidationError:
            log.warning("telegram_update_not_understood", update=raw.get("update_id"))
            return
        async with self._in_order[_chat_of(update)]:
            if await self._handled.has(update.update_id):
                if update.callback_query:
                    await self._post.popup(update.callback_query.id)
                return
            await self._feed(update)
            await self._handled.add(update.update_id)

    async def _feed(self, update: Update) -> None:
        try:
            await self._entrance.take(update)
        except self._store.unreachable:
            raise
        except Exception:  # the border of the handlers: the next update must go on
            log.exception("telegram_update_failed", update=update.update_id)

    async def _poll_once(self, offset: int | None) -> int | None:
        timeout = self._rhythm.poll_seconds
        question = RawUpdates(offset=offset, timeout=timeout, allowed_updates=WANTED)
        found = await self._bot(question, request_timeout=timeout + POLL_SLACK_SECONDS)
        await asyncio.gather(*(self._take_surely(raw) for raw in found))
        return max((raw["update_id"] + 1 for raw in found), default=offset)

    async def _take_surely(self, raw: dict[str, Any]) -> None:
        pause = self._rhythm.first_pause_seconds
        while True:
            try:
                return await self.take(raw)
            except self._store.unreachable as away:
                log.warning("telegram_update_waits", update=raw.get("update_id"), reason=type(away).__name__)
            await asyncio.sleep(pause)
            pause = next_pause(pause, self._rhythm.longest_pause_seconds)

    async def _drop_webhook(self) -> None:
        await self._bot.delete_webhook(drop_pending_updates=False)

    async def _until_telegram_agrees(self, ask: Any) -> None:
        pause = self._rhythm.first_pause_seconds
        while True:
            try:
                return await ask()
            except (AiogramError, UnicodeDecodeError) as away:
                await asyncio.sleep(_wait(away, pause))
                pause = next_pause(pause, self._rhythm.longest_pause_seconds)


def _wait(away: Exception, pause: float) -> float:
    """How long to wait after a failure, said once in the log at the level it deserves."""
    if isinstance(away, TelegramRetryAfter):
        return float(away.retry_after)
    if isinstance(away, TelegramUnauthorizedError):
        log.error("telegram_token_refused", action="check TELEGRAM_BOT_TOKEN")
    elif isinstance(away, TelegramConflictError):
        log.warning("telegram_conflict", action="another process asks for the updates of this bot")
    else:
        log.warning("telegram_away", reason=type(away).__name__)
    return pause


def _chat_of(update: Update) -> int:
    event = update.callback_query or update.message or update.edited_message
    return event.from_user.id if event and event.from_user else 0
