"""
The door to Telegram: sends, edits and answers at the pace Telegram allows, and says plainly what went wrong.

Rule 1: one new message per second and chat, thirty calls per second in all; a chat that Telegram asked us to
        leave alone is left alone until then. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits
Rule 2: every failure is one of the four below; nobody else reads Telegram's own errors.
Rule 3: neither the token nor anything a person wrote is ever logged, so the words of an error are not either.
Rule 4: all tenants share one line and its pace; each writes on paper of its own.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.methods import (
    AnswerCallbackQuery,
    EditMessageReplyMarkup,
    EditMessageText,
    SendMessage,
    TelegramMethod,
)
from aiogram.types import ForceReply, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters

log = structlog.get_logger()

T = TypeVar("T")
Markup = InlineKeyboardMarkup | ForceReply | None

# Telegram answers a send in well under a second; longer than this and we would rather try again.
CALL_SECONDS = 15

# A popup longer than this is refused. https://core.telegram.org/bots/api#answercallbackquery
POPUP_AT_MOST = 200

# A person waits for the answer to a command: after this long an answer is of no use.
PATIENCE_SECONDS = 30.0

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Away(Exception):
    """Telegram cannot be reached, or asks us to wait; it may have done what we asked. Try again later."""

    def __init__(self, after_seconds: float | None = None) -> None:
        super().__init__("Telegram cannot be reached or asks us to wait")
        self.after_seconds = after_seconds


class ChatClosed(Exception):
    """This person blocked the bot or never started it."""


class MessageGone(Exception):
    """The message to change was deleted, or may not be changed any more."""


class Refused(Exception):
    """Telegram does not accept what we wrote: a fault of ours, and repeating it is useless."""

    def __init__(self, words: str) -> None:
        super().__init__("Telegram does not accept what we wrote")
        # Telegram quotes the offending text behind the second colon; that part stays out of every log.
        self.summary = ":".join(words.split(":")[:2])


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast we may talk to Telegram."""

    chat_gap_seconds: float = 1.0
    overall_gap_seconds: float = 1 / 30


class Line:
    """The wire that everybody shares: one bot, one pace."""

    def __init__(self, bot: Bot, pace: Pace) -> None:
        self._bot = bot
        self._pace = pace
        self._next_in_chat: dict[int, float] = {}
        self._next_overall = 0.0
        self._in_flight = 0
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()
        self._is_closed = False

    async def close(self, within_seconds: float) -> None:
        """Take no more calls and let those under way come back, so that what was shown can still be noted."""
        self._is_closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._is_quiet.wait()

    async def turn(self, chat_id: int) -> None:
        """Wait until a new message may go to this chat."""
        slot = max(_time(), self._next_in_chat.get(chat_id, 0.0))
        self._next_in_chat[chat_id] = slot + self._pace.chat_gap_seconds
        await asyncio.sleep(max(0.0, slot - _time()))

    async def call(self, method: TelegramMethod[T], chat_id: int | None) -> T:
        """Ask Telegram. Raises Away, ChatClosed, MessageGone, Refused."""
        await self._overall_turn()
        if self._is_closed:
            raise Away
        self._in_flight += 1
        self._is_quiet.clear()
        try:
            return await self._bot(method, request_timeout=CALL_SECONDS)
        except TelegramRetryAfter as asked:
            if chat_id is not None:
                self._next_in_chat[chat_id] = _time() + asked.retry_after
            raise Away(asked.retry_after) from asked
        except TelegramForbiddenError as forbidden:
            raise ChatClosed from forbidden
        except (TelegramBadRequest, TelegramEntityTooLarge) as bad:
            return _judged(bad)
        except (AiogramError, UnicodeDecodeError) as away:
            # Proxies answer HTML in any encoding, which aiogram reports outside its own family of API errors.
            raise Away from away
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._is_quiet.set()

    async def _overall_turn(self) -> None:
        slot = max(_time(), self._next_overall)
        self._next_overall = slot + self._pace.overall_gap_seconds
        await asyncio.sleep(max(0.0, slot - _time()))


class Paper(Protocol):
    """What a sender puts on every message."""

    def heading(self, chat_id: int) -> str:
        """The first line of a message to this chat, with its end; empty when the sender goes without saying."""

    def stamped(self, markup: Markup) -> Markup:
        """The same buttons, each saying whose they are."""


class PlainPaper:
    """Of nobody in particular."""

    def heading(self, _chat_id: int) -> str:
        return ""

    def stamped(self, markup: Markup) -> Markup:
        return markup


class Post:
    """All calls that put something before a person's eyes, on one sender's paper."""

    def __init__(self, line: Line, paper: Paper) -> None:
        self._line = line
        self._paper = paper

    async def turn(self, chat_id: int) -> None:
        """Wait until a new message may go to this chat."""
        await self._line.turn(chat_id)

    async def send(self, chat_id: int, text: str, markup: Markup = None, *, reply_to: int | None = None) -> int:
        """Send a new message after `turn`; answers its id. Raises Away, ChatClosed, Refused."""
        reply = ReplyParameters(message_id=reply_to, allow_sending_without_reply=True) if reply_to else None
        method = SendMessage(
            chat_id=chat_id,
            text=self._paper.heading(chat_id) + text,
            reply_markup=self._paper.stamped(markup),
            reply_parameters=reply,
            link_preview_options=_NO_PREVIEW,
        )
        return (await self._line.call(method, chat_id)).message_id

    async def say(
        self, chat_id: int, text: str, markup: Markup = None, *, reply_to: int | None = None
    ) -> int | None:
        """Answer a person who waits: a few tries; None when Telegram would not take it in time."""
        deadline = _time() + PATIENCE_SECONDS
        pause = 0.5
        while True:
            await self.turn(chat_id)
            try:
                return await self.send(chat_id, text, markup, reply_to=reply_to)
            except Away as away:
                wait = away.after_seconds or pause
                if _time() + wait > deadline:
                    log.warning("telegram_answer_lost", chat=chat_id, reason="away")
                    return None
                await asyncio.sleep(wait)
                pause *= 2
            except (ChatClosed, Refused) as refused:
                log.warning("telegram_answer_lost", chat=chat_id, reason=type(refused).__name__)
                return None

    async def edit(self, chat_id: int, message_id: int, text: str, markup: InlineKeyboardMarkup | None) -> None:
        """Change a message in place. Raises Away, ChatClosed, MessageGone, Refused."""
        method = EditMessageText(
            chat_id=chat_id,
            message_id=message_id,
            text=self._paper.heading(chat_id) + text,
            reply_markup=_inline(self._paper.stamped(markup)),
            link_preview_options=_NO_PREVIEW,
        )
        await self._line.call(method, chat_id)

    async def set_keyboard(self, chat_id: int, message_id: int, markup: InlineKeyboardMarkup | None) -> None:
        """Change only the buttons. Raises Away, ChatClosed, MessageGone, Refused."""
        stamped = _inline(self._paper.stamped(markup))
        method = EditMessageReplyMarkup(chat_id=chat_id, message_id=message_id, reply_markup=stamped)
        await self._line.call(method, chat_id)

    async def popup(self, callback_id: str, text: str = "", *, alert: bool = False) -> None:
        """Stop the spinner of a tap and say a word; a tap that is too old to be answered is left as it is."""
        method = AnswerCallbackQuery(callback_query_id=callback_id, text=text[:POPUP_AT_MOST], show_alert=alert)
        try:
            await self._line.call(method, None)
        except (Away, ChatClosed, MessageGone, Refused) as unanswered:
            log.info("telegram_tap_not_answered", reason=type(unanswered).__name__)


_UNCHANGED = "message is not modified"
_GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to be replied not found",
)
_CLOSED = ("chat not found", "user is deactivated", "peer_id_invalid")


def _inline(markup: Markup) -> InlineKeyboardMarkup | None:
    return markup if isinstance(markup, InlineKeyboardMarkup) else None


def _judged(bad: AiogramError) -> Any:
    """What a refusal of Telegram means for us; that nothing changed is what we wanted."""
    words = str(getattr(bad, "message", "")).lower()
    if _UNCHANGED in words:
        return True
    if any(sign in words for sign in _GONE):
        raise MessageGone from bad
    if any(sign in words for sign in _CLOSED):
        raise ChatClosed from bad
    raise Refused(words) from bad


def _time() -> float:
    return asyncio.get_running_loop().time()


def next_pause(pause: float, at_most: float) -> float:
    """The next, longer pause between tries."""
    return min(pause * 2, at_most)
