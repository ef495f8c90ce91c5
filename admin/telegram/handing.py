"""
What somebody must know who takes a conversation over: read before the bot is silenced, sent when it is.

Rule: taking over does not hang on it. What cannot be told is on the page of the contact.
"""

from collections.abc import Awaitable, Callable

from admin.telegram.plain import clean, pages
from admin.telegram.post import ChatClosed, Post, Refused
from admin.telegram.sentences import Language
from bot.memory.handover import Handover

PIECE_UNITS = 4_000

ReadHandover = Callable[[str, str], Awaitable[Handover]]
"""(tenant, conversation) -> the summary. Raises NotFound."""


class Handing:
    """Tells summaries, of one tenant."""

    def __init__(self, tenant_id: str, post: Post, read: ReadHandover | None) -> None:
        self._tenant_id = tenant_id
        self._post = post
        self._read = read

    async def summary(self, conversation_id: str, language: Language) -> str:
        """As it stands now, with what taking over will drop; empty where nobody reads any. Raises NotFound."""
        if self._read is None:
            return ""
        made = await self._read(self._tenant_id, conversation_id)
        return made.summary_ar if language == "ar" else made.summary_en

    async def tell(self, chat_id: int, summary: str) -> None:
        """Send it to whoever took over; a chat that takes no message has been told on the card."""
        for piece in pages(clean(summary), PIECE_UNITS):
            try:
                await self._post.say(chat_id, piece)
            except (ChatClosed, Refused):
                return
