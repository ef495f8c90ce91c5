"""
Only the listed people, only in their private chat.

Rule 1: nobody else learns anything, not even that this is an approval bot. A tap must be answered, or Telegram
        keeps the button spinning: it is answered with a sentence that says nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiogram import BaseMiddleware
from aiogram.types import Chat, TelegramObject, Update, User

from admin.telegram.plain import one_line
from admin.telegram.post import Post
from admin.telegram.sentences import say
from bot.approvals import Human

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class OnlyApprovers(BaseMiddleware):
    """Lets listed people through, with who they are in `me`."""

    def __init__(self, approver_ids: Sequence[int], post: Post, opened: Callable[[int], None]) -> None:
        self._approver_ids = frozenset(approver_ids)
        self._post = post
        self._opened = opened

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        user: User | None = data.get("event_from_user")
        chat: Chat | None = data.get("event_chat")
        is_listed = user is not None and user.id in self._approver_ids
        if user is not None and is_listed and _is_private(chat, user):
            self._opened(user.id)
            return await handler(event, {**data, "me": human(user)})
        if isinstance(event, Update) and event.callback_query:
            key = "only_private" if is_listed else "not_for_you"
            await self._post.popup(event.callback_query.id, say(key, "ar"), alert=True)
        return None


def human(user: User) -> Human:
    """Who decides, as cards and the timeline name them."""
    return Human(id=f"telegram:{user.id}", name=one_line(user.full_name, 40) or f"telegram:{user.id}")


def _is_private(chat: Chat | None, user: User) -> bool:
    return chat is not None and chat.type == "private" and chat.id == user.id
