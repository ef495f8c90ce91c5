"""
The morning brief and the evening summary, without being asked for.

Rule 1: each goes out once a day and chat; the note of the day survives restarts.
Rule 2: one that is more than two hours late is skipped: an old brief is worse than none.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta

import structlog

from admin.telegram.faces import Faces
from admin.telegram.pages import Reader, brief_page
from admin.telegram.post import Away, ChatClosed, Post, Refused
from admin.telegram.settings import Rhythm
from admin.telegram.times import RIYADH
from bot.desk import Desk
from bot.store import Store

log = structlog.get_logger()

SLOTS = ((time(8, 0), "brief_morning"), (time(20, 0), "brief_evening"))

TOO_LATE = timedelta(hours=2)


class Daily:
    """Sends what is due to every chat."""

    def __init__(
        self,
        tenant_id: str,
        chats: Callable[[], tuple[int, ...]],
        desk: Desk,
        store: Store,
        post: Post,
        faces: Faces,
        rhythm: Rhythm,
    ) -> None:
        self._tenant_id = tenant_id
        self._chats = chats
        self._desk = desk
        self._store = store
        self._post = post
        self._faces = faces
        self._rhythm = rhythm

    async def run(self) -> None:
        while True:
            for chat_id in self._chats():
                try:
                    await self._send_due(chat_id)
                except (Away, Refused, *self._store.unreachable) as waits:
                    log.info("telegram_brief_waits", chat=chat_id, reason=type(waits).__name__)
            await asyncio.sleep(self._rhythm.daily_tick_seconds)

    async def _send_due(self, chat_id: int) -> None:
        now = self._faces.now()
        title = due_slot(now)
        if title is None:
            return
        name = f"telegram_daily:{self._tenant_id}:{title}:{chat_id}"
        today = f"{now.astimezone(RIYADH):%Y-%m-%d}"
        if await self._store.marks.read(name) == today:
            return
        reader = Reader(await self._faces.languages.of(chat_id), now, self._faces.words)
        text = brief_page(await self._desk.brief(self._tenant_id), reader, title)
        await self._post.turn(chat_id)
        try:
            await self._post.send(chat_id, text)
        except ChatClosed:
            log.info("telegram_brief_skipped", chat=chat_id)  # tomorrow is soon enough to ask again
        await self._store.marks.write(name, today)


def due_slot(now: datetime) -> str | None:
    """Which message of the day belongs to this moment in Riyadh."""
    local = now.astimezone(RIYADH)
    for at, title in SLOTS:
        starts = datetime.combine(local.date(), at, tzinfo=RIYADH)
        if starts <= local < starts + TOO_LATE:
            return title
    return None
