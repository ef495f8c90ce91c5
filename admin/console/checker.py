"""
Checks what is being typed: waits for a pause, asks the workbench, then runs the examples of the page.

Rule 1: one check at a time; what was typed meanwhile is checked next, and an answer about an older text is lost.
Rule 2: nothing is saved.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from nicegui import background_tasks

from admin.console.book_shelf import CHAPTERS, shelf_of
from admin.console.place import Place
from bot.playbook import RulesRefused
from bot.workbench.editions import Change
from bot.workbench.examination import Examination
from rules.examples import Run, runs

# People pause this long between words of a thought; checking more often would only make the machine warm.
PAUSE_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Asked:
    """One text of one file inside a change."""

    change: Change
    path: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is known about a text so far; `examination` is None while it is being looked at."""

    path: str
    text: str | None
    examination: Examination | None = None
    examples: tuple[Run, ...] | None = None
    """None while they have not been run, or cannot be."""


class Checker:
    """Checks for one open editor."""

    def __init__(self, place: Place, told: Callable[[Found], None]) -> None:
        """`told` is called inside the page, more than once for one text."""
        self._place = place
        self._told = told
        self._asked: Asked | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def look_at(self, asked: Asked) -> None:
        """Check this text after a pause."""
        self._asked = asked
        self._news.set()
        if self._task is None:
            self._task = background_tasks.create(self._work(), name="console checks")
            self._place.client.on_delete(self.stop)

    def stop(self) -> None:
        """Check nothing more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _work(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await asyncio.sleep(PAUSE_SECONDS)
            if not self._news.is_set() and self._asked is not None:
                await self._place.act(self._check(self._asked))

    async def _check(self, asked: Asked) -> None:
        self._tell(asked, Found(asked.path, asked.text))
        bench = self._place.house.workbench
        examination = await bench.glance(asked.change, asked.path, asked.text)
        self._tell(asked, Found(asked.path, asked.text, examination))
        if examination.problems or self._asked is not asked or shelf_of(asked.path) not in CHAPTERS:
            return
        draft = replace(asked.change, edits={**asked.change.edits, asked.path: asked.text})
        try:
            playbook = await bench.playbook_of(draft)
        except RulesRefused:
            return  # published meanwhile and no longer fitting; the next check says so
        name = asked.path.rpartition("/")[2].removesuffix(".yml")
        found = await asyncio.to_thread(lambda: tuple(run for run in runs(playbook.book) if run.page == name))
        self._tell(asked, Found(asked.path, asked.text, examination, found))

    def _tell(self, asked: Asked, found: Found) -> None:
        if self._asked is asked:
            with self._place.client:
                self._told(found)
