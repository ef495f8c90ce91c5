"""
One open page: builds the three panes, then looks again whenever the bell says that something changed.
"""

import asyncio
from collections.abc import AsyncIterator

from nicegui import background_tasks, ui

from admin.console.draw import Part, button, put
from admin.console.frame import build_top
from admin.console.lead import Caller, LeadPhone
from admin.console.phone_pane import PhonePane
from admin.console.place import SAMI, Place
from admin.console.queue_pane import QueuePane
from admin.console.scene import Onlooker, Scene
from admin.console.story_pane import StoryPane
from admin.console.top import build_about
from bot.bell import Name

# Changes come in twos and threes; one look shows them all.
GATHER_SECONDS = 0.06

# Without any change the page looks this often: deadlines run, and other processes ring no bell here.
LOOK_EVERY_SECONDS = 10

# While the database is away.
TRY_AGAIN_SECONDS = 1


class Simulator:
    """One page of one visitor."""

    def __init__(self, place: Place, channel: str, lead_phone: LeadPhone) -> None:
        self._place = place
        self._onlooker = Onlooker(place.house, place.tenant_id, channel)
        self._lead_phone = lead_phone
        self._caller = Caller("", "")
        self._news = asyncio.Event()
        self._phone = PhonePane(place, lead_phone, lambda: self._caller, self._choose)
        self._story = StoryPane(place, self._title_of)
        self._queue = QueuePane(place, lambda: self._caller, self._choose)

    def _title_of(self, rule: str) -> str:
        """As the rules in force call it; they may have changed since the page was opened."""
        titles = self._place.house.playbooks.of(self._place.tenant_id).book.titles_in(self._place.language)
        return titles.get(rule, rule.replace("_", " "))

    def build(self) -> None:
        """The frame; it is empty until the visitor's socket is there."""
        say = self._place.say
        with put("div", "console", data_tab="phone"):
            build_top(self._place, lambda: build_about(self._place))
            self._trouble = Part(put("div", "trouble", role="alert"), self._draw_trouble)
            with put("div", "panes", id="main", tabindex="-1"):
                with put("section", "pane pane-phone", aria_label=say("phone")), put("div", "handset"):
                    self._phone.build()
                with put("section", "pane pane-story", aria_label=say("story")):
                    put("h2", text=say("story"))
                    self._story.build()
                with put("section", "pane pane-queue", aria_label=say("queue")):
                    self._queue_head = Part(put("div"), self._draw_queue_head)
                    self._queue.build()
            with put("div", "curtain", role="status", data_curtain=""):
                put("span", "shimmer", say("connecting"))
            self._tabs = Part(put("nav", "tabs"), self._draw_tabs)

    async def open(self, phone: str) -> None:
        """Show the wanted lead, else the latest, else a new one; and stay up to date."""
        task = background_tasks.create(self._live(phone), name="simulator page")
        self._place.client.on_delete(lambda: task.cancel())

    async def _live(self, phone: str) -> None:
        unreachable = self._place.house.store.unreachable
        with self._place.house.bell.watching() as changes:
            listening = background_tasks.create(self._listen(changes), name="simulator bell")
            try:
                while True:
                    self._news.clear()
                    try:
                        if not self._caller.phone:
                            self._caller = await self._first_caller(phone)
                        scene = await self._onlooker.look(self._caller.phone)
                    except unreachable:
                        self._show_trouble()
                        await asyncio.sleep(TRY_AGAIN_SECONDS)
                        continue
                    self._show(scene)
                    await self._wait()
            finally:
                listening.cancel()

    async def _listen(self, changes: AsyncIterator[Name]) -> None:
        async for tenant_id, _ in changes:
            if tenant_id == self._place.tenant_id:
                self._news.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._news.wait()
            await asyncio.sleep(GATHER_SECONDS)
        except TimeoutError:
            return

    async def _first_caller(self, phone: str) -> Caller:
        wanted = await self._onlooker.conversation(phone) if phone else None
        if wanted is not None:
            return Caller(wanted.phone, wanted.name)
        scene = await self._onlooker.look("")
        if scene.leads:
            return Caller(scene.leads[0].phone, scene.leads[0].name)
        number = await self._lead_phone.free_number()
        return Caller(number, self._place.say("test_lead", n=int(number[-4:])))

    async def _choose(self, caller: Caller) -> None:
        """Put another lead on the phone."""
        self._caller = caller
        self._news.set()
        with self._place.client:
            ui.run_javascript(f"dealix.lead({caller.phone!r})")

    def _show(self, scene: Scene) -> None:
        with self._place.client:
            self._trouble.show(False)
            self._phone.show(scene)
            self._story.show(scene)
            self._queue.show(scene)
            self._queue_head.show((scene.paused_by, len(scene.queue)))
            self._tabs.show((len(scene.queue), scene.is_reading))

    def _show_trouble(self) -> None:
        with self._place.client:
            self._trouble.show(True)

    def _draw_trouble(self, is_away: bool) -> None:
        if is_away:
            put("p", text=self._place.say("database_away"))

    def _draw_queue_head(self, state: tuple[str, int]) -> None:
        paused_by, waiting = state
        say = self._place.say
        with put("header", "queue-head"):
            put("h2", text=say("queue"))
            if waiting:
                put("span", "count", say("waits_n", n=waiting), data_count=waiting)
        with put(
            "div", "posture paused" if paused_by else "posture", data_posture="paused" if paused_by else "runs"
        ):
            words = say("bot_paused", name=self._place.name_of(paused_by)) if paused_by else say("bot_answers")
            put("span", text=words)
            if paused_by:
                button(say("resume"), self._resume, picture="play", data_resume="")
            else:
                button(say("pause"), self._pause, picture="pause", data_pause="")

    async def _pause(self) -> None:
        await self._place.act(self._place.house.desk.pause(self._place.tenant_id, SAMI), "ok_paused")
        self._news.set()

    async def _resume(self) -> None:
        await self._place.act(self._place.house.desk.resume(self._place.tenant_id), "ok_resumed")
        self._news.set()

    def _draw_tabs(self, state: tuple[int, bool]) -> None:
        waiting, is_reading = state
        for name in ("phone", "story", "queue"):
            with put("button", "tab", type="button", data_tab_to=name):
                put("span", text=self._place.say(f"tab_{name}"))
                if name == "queue" and waiting:
                    put("b", "badge", str(waiting))
                if name == "story" and is_reading:
                    put("b", "dot")
