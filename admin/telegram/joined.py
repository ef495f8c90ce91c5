"""Since when a chat is told what happens: news begin when somebody joins, and go on across restarts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.store import Marks

# Between the moment somebody binds their phone and the moment we first ask since when they are here.
A_LITTLE_EARLIER = timedelta(minutes=1)

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


class Joined:
    """The chats of one tenant."""

    def __init__(
        self, tenant_id: str, listed: tuple[int, ...], marks: Marks, now: Callable[[], datetime]
    ) -> None:
        """`listed`: chats that the configuration names; whatever waits is for them."""
        self._tenant_id = tenant_id
        self._listed = frozenset(listed)
        self._marks = marks
        self._now = now
        self._known: dict[int, datetime] = {}

    async def of(self, chat_id: int) -> datetime:
        """From when on; the first question about a chat is when it joined."""
        if chat_id in self._listed:
            return ALWAYS
        if chat_id not in self._known:
            name = f"telegram_joined:{self._tenant_id}:{chat_id}"
            joined: datetime | None = await self._marks.read(name)
            if joined is None:
                joined = self._now() - A_LITTLE_EARLIER
                await self._marks.write(name, joined)
            self._known[chat_id] = joined
        return self._known[chat_id]
