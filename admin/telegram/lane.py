"""What one chat waits for: conversations by id, those with a wrong card before those with a missing one."""

import asyncio


class Lane:
    """Holds each conversation at most once; closed while its person cannot be written to."""

    def __init__(self) -> None:
        self._urgent: dict[str, None] = {}
        self._others: dict[str, None] = {}
        self._filled = asyncio.Event()
        self._closed_until = 0.0
        self._was_closed = False

    def add(self, conversation_id: str, *, is_urgent: bool) -> None:
        if is_urgent:
            self._others.pop(conversation_id, None)
            self._urgent[conversation_id] = None
        elif conversation_id not in self._urgent:
            self._others[conversation_id] = None
        self._filled.set()

    async def next(self) -> str:
        """The next conversation, taken out of the lane."""
        while not (self._urgent or self._others):
            self._filled.clear()
            await self._filled.wait()
        waiting = self._urgent or self._others
        conversation_id = next(iter(waiting))
        del waiting[conversation_id]
        return conversation_id

    def close(self, seconds: float) -> bool:
        """Let nothing in for a while; True when this is news."""
        is_news, self._was_closed = not self._was_closed, True
        self._closed_until = asyncio.get_running_loop().time() + seconds
        self._urgent.clear()
        self._others.clear()
        return is_news

    def reopen(self) -> bool:
        """The person is back; True when the lane had been closed."""
        was_closed, self._closed_until = self.is_closed, 0.0
        return was_closed

    def has_answered(self) -> None:
        self._was_closed = False

    @property
    def is_closed(self) -> bool:
        return asyncio.get_running_loop().time() < self._closed_until


class Closed:
    """Chats of people who blocked the bot or never started it: left alone for a while."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[int, float] = {}

    def close(self, chat_id: int) -> None:
        self._until[chat_id] = asyncio.get_running_loop().time() + self._seconds

    def reopen(self, chat_id: int) -> None:
        self._until.pop(chat_id, None)

    def is_closed(self, chat_id: int) -> bool:
        return asyncio.get_running_loop().time() < self._until.get(chat_id, 0.0)
