"""
Keeps an open page true: looks again every few seconds, and at once when asked.

Rule 1: while the database is away the page keeps what it showed, and says that it may be old.
Rule 2: the task ends with its page.
Rule 3: whoever was put out meanwhile is out after the next look.
"""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import background_tasks, ui

from admin.console.place import Place
from bot.access import PutOut
from bot.errors import DealixError

# Others publish, submit and agree; a page notices within about this long.
LOOK_EVERY_SECONDS = 2.0

# While the database is away.
TRY_AGAIN_SECONDS = 1.0


class Watch:
    """Looks for one page."""

    def __init__(
        self, place: Place, look: Callable[[], Awaitable[None]], every: float = LOOK_EVERY_SECONDS
    ) -> None:
        """`look` reads and shows; it is called inside the page."""
        self._place = place
        self._look = look
        self._every = every
        self._news = asyncio.Event()

    def start(self) -> None:
        """Look now, and until the page is closed."""
        task = background_tasks.create(self._live(), name="console page")
        self._place.client.on_delete(lambda: task.cancel())

    def at_once(self) -> None:
        """Look again without waiting."""
        self._news.set()

    async def _live(self) -> None:
        place = self._place
        while True:
            self._news.clear()
            wait = self._every
            try:
                await place.house.trust.who.reception.look(place.tenant_id)
                place.require()
                with place.client:
                    await self._look()
                    place.trouble.show("")
            except PutOut:
                with place.client:
                    ui.navigate.reload()  # the doorway says what to do
                return
            except DealixError as refused:
                with place.client:
                    place.trouble.show(place.message(refused))
            except place.house.store.unreachable:
                wait = TRY_AGAIN_SECONDS
                with place.client:
                    place.trouble.show(place.say("database_away"))
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
            except TimeoutError:
                continue
