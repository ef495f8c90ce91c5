"""
The inbox: every conversation, newest first; one of them open, with what was said, what was decided, and what
somebody may do about it.

Rule 1: what is looked at stands in the address: a reload, the other language and a colleague see the same.
Rule 2: on a phone one thing is shown at a time: the list, the talk, or what stands beside it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from admin.console.draw import Part, gated, put
from admin.console.inbox_list import Hands, InboxList
from admin.console.inbox_read import READS, Talk, read_list, read_talk
from admin.console.inbox_side import InboxSide
from admin.console.inbox_thread import InboxThread
from admin.console.lead import Caller
from admin.console.live import Watch
from admin.console.place import DECIDES, Place
from admin.console.scene import Past
from admin.console.states import fault
from admin.console.story_pane import StoryPane
from bot.inbox.rows import FILTERS, Wanted
from flows.deal import STAGES


@dataclass(frozen=True, slots=True)
class _Bot:
    """Whether the bot answers by itself."""

    paused_by: str


class InboxPage:
    """One visitor before the inbox."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        wanted, stage = query.get("filter", ""), query.get("stage", "")
        self._wanted = Wanted(
            wanted if wanted in FILTERS else "all",
            stage if stage in STAGES else "",
            query.get("q", "")[:80].strip(),
        )
        self._open = query.get("conversation", "")[:80]
        self._pages = 1
        self._may_read = place.may(READS)
        self._past = Past(place.house, place.tenant_id)
        self._talk: Talk | None = None
        self._watch = Watch(place, self._look)
        story = StoryPane(place, self._title_of)
        self._list = InboxList(place, Hands(self._want, self._choose, self._show_more), self._wanted)
        self._thread = InboxThread(place, story, self._close)
        self._side = InboxSide(place, story, self._caller, self._nowhere, self._watch.at_once)

    def build(self) -> None:
        say = self._place.say
        if not self._may_read:
            put("h1", "page-title", say("heading"))
            fault(self._place.needs(READS))
            return
        with put("div", "inbox", data_inbox="", data_shows="talk" if self._open else "list") as self._whole:
            with put("section", "inbox-list", aria_label=say("heading")):
                with put("header", "inbox-list-head"):
                    put("h1", "page-title", say("heading"))
                    self._bot: Part[_Bot | None] = Part(put("div"), self._draw_bot)
                self._list.build()
            with put("section", "inbox-talk", aria_label=say("talk")):
                self._thread.build()
            with put("aside", "inbox-side", aria_label=say("details")) as self._beside:
                self._side.build()

    async def open(self) -> None:
        if self._may_read:
            self._list.show_loading()
            self._watch.start()

    async def _look(self) -> None:
        place = self._place
        wanted, pages, opened = self._wanted, self._pages, self._open
        lines, has_more = await read_list(place, wanted, pages, opened)
        talk = await read_talk(place, self._past, opened) if opened else None
        posture = await place.house.desk.posture(place.tenant_id)
        if (wanted, pages, opened) != (self._wanted, self._pages, self._open):
            return  # something else was asked for meanwhile, and is being read
        self._bot.show(_Bot(posture.paused_by))
        self._list.show(wanted, lines, has_more)
        self._talk = talk
        self._thread.show(talk, "not_here" if opened else "choose_one")
        self._beside.set_visibility(talk is not None)
        if talk is not None:
            self._side.show(talk)

    def _draw_bot(self, bot: _Bot | None) -> None:
        if bot is None:
            return
        place, say = self._place, self._place.say
        desk, why_not = place.house.desk, "" if place.may(DECIDES) else place.needs(DECIDES)
        look = "posture paused" if bot.paused_by else "posture"
        with put("div", look, data_posture="paused" if bot.paused_by else "runs"):
            words = say("bot_paused", name=place.name_of(bot.paused_by)) if bot.paused_by else say("bot_answers")
            put("span", text=words)
            if bot.paused_by:
                resume = self._does(lambda: desk.resume(place.tenant_id), "ok_resumed")
                gated(say("resume"), resume, why_not, picture="play", data_resume="")
            else:
                pause = self._does(lambda: desk.pause(place.tenant_id, place.visitor), "ok_paused")
                gated(say("pause"), pause, why_not, picture="pause", data_pause="")

    # what is done

    def _does(self, deed: Callable[[], Awaitable[Any]], done: str) -> Callable[[], Awaitable[None]]:
        async def asked() -> None:
            self._place.require(*DECIDES)
            await deed()

        async def pressed() -> None:
            await self._place.act(asked(), done)
            self._watch.at_once()

        return pressed

    async def _want(self, wanted: Wanted) -> None:
        self._wanted, self._pages = wanted, 1
        self._remember()
        await self._place.act(self._look())

    async def _show_more(self) -> None:
        self._pages += 1
        await self._place.act(self._look())

    async def _choose(self, conversation_id: str) -> None:
        self._open = conversation_id
        self._past = Past(self._place.house, self._place.tenant_id)
        self._whole.props.update({"data-shows": "talk"})
        self._remember()
        await self._place.act(self._look())

    async def _close(self) -> None:
        self._open = ""
        self._whole.props.update({"data-shows": "list"})
        self._remember()
        await self._place.act(self._look())

    async def _nowhere(self, _: Caller) -> None:
        """The cards here are of the talk that is open."""

    def _caller(self) -> Caller:
        if self._talk is None:
            return Caller("", "")
        found = self._talk.conversation
        return Caller(self._talk.phone, found.name or self._talk.phone)

    def _title_of(self, rule: str) -> str:
        titles = self._place.house.playbooks.of(self._place.tenant_id).book.titles_in(self._place.language)
        return titles.get(rule, rule.replace("_", " "))

    def _remember(self) -> None:
        wanted = self._wanted
        self._place.remember(
            conversation=self._open,
            filter="" if wanted.filter == "all" else wanted.filter,
            stage=wanted.stage,
            q=wanted.text,
        )
