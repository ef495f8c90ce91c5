"""
The playground: a lead who talks to the proposed rules and to today's at once.

Rule 1: nothing here is stored and nothing leaves: both sides are rehearsals (`bot.workbench.rehearsal`).
Rule 2: whoever saves the change, or publishes, while somebody talks here changes the rules and not the talk: the
        same messages are put to the new rules, and the page says so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console import states
from admin.console.draw import Part, Rows, argument, button, icon, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.playground_ask import AskPanel
from admin.console.playground_books import Choice, choices, chosen, playbook_of, wanted_key
from admin.console.playground_head import Heads, SetupBar, draw_heads
from admin.console.playground_rounds import Shown, draw_round
from admin.console.playground_talk import APPROVES, EVENT, SAYS, Deed, Start, Talk, lines_of, waits, with_answer
from bot.errors import NotFound
from bot.playbook import Playbook, RulesRefused
from bot.workbench.chat_reader import MOST_STEPS
from flows import deal as lifecycle
from rules.problems import Problem

TRIES = ("try_price", "try_later", "try_paid", "try_stop", "try_odd")

# Compiling the rules of a page that is being written must not be asked again before the last one has answered.
LOOK_SECONDS = 2.5

_SEND_ON_ENTER = (
    "(e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing)"
    " { e.preventDefault(); dealix.send(e.target, emit); } }"
)
_SEND_ON_CLICK = "() => dealix.send(document.querySelector('[data-say]'), emit)"
_TAKE = "() => emit(dealix.take(document.querySelector('[data-say]')))"


class PlaygroundPage:
    """One visitor before two phones."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._key = wanted_key(query.get("change", ""), query.get("edition", ""))
        self._has_key = "change" in query or "edition" in query
        stage = query.get("stage", "")
        self._start = Start(stage if stage in lifecycle.STAGES else "new_lead")
        self._first = query.get("says", "")
        self._choices: tuple[Choice, ...] = ()
        self._stamps: tuple[str, str] = ("", "")
        self._problems: tuple[Problem, ...] = ()
        self._missing = ""
        self._talk: Talk | None = None
        self._one_at_a_time = asyncio.Lock()
        self._watch = Watch(place, self._look, LOOK_SECONDS)
        self._ask = AskPanel(place, self._paste, lambda: self._talk, self._chosen)
        hands = {
            "compare": self._compare,
            "stage": self._begin_at_stage,
            "answer": self._answer,
            "undo": self._undo,
            "start_over": self._start_over,
            "paste": self._ask.open_paste,
            "chat": self._ask.open_chat,
        }
        self._setup = SetupBar(place, hands)

    # the frame

    def build(self) -> None:
        say = self._place.say
        with put("div", "play"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("span", "chip-is gold", say("nothing_is_sent"), data_simulated="")
                put("p", "faint", say("lead"))
            with put("div", "play-setup"):
                self._setup.build(self._start)
            self._ask.build()
            with put("div", "play-board sheet", data_shown="1", data_board=""):
                self._heads = Part(put("div", "play-heads"), lambda heads: draw_heads(self._place, heads))
                with put("div", "play-thread", role="log", aria_label=say("both_phones"), data_thread=""):
                    self._note = Part(put("div"), self._draw_note)
                    self._empty = Part(put("div"), self._draw_empty)
                    self._rounds: Rows[Shown] = Rows(put("div", "rounds"), self._draw_round)
                self._deeds = Part(put("div", "play-deeds"), self._draw_deeds)
                self._build_composer()

    async def open(self) -> None:
        self._note.show("reading_rules")
        self._watch.start()

    def _build_composer(self) -> None:
        say = self._place.say
        with put("div", "composer"):
            self._attach("image", "image")
            field = put(
                "textarea",
                rows="1",
                placeholder=say("type_here"),
                aria_label=say("type_here"),
                data_say="",
                data_search="",
                dir="auto",
                maxlength="4096",
            )
            field.on("keydown", self._typed, js_handler=_SEND_ON_ENTER)
            self._attach("voice", "mic")
            send = button("", look="main round", picture="send", aria_label=say("send"), title=say("send"))
            send.on("click", self._typed, js_handler=_SEND_ON_CLICK)

    def _attach(self, kind: str, picture: str) -> None:
        words = self._place.say(f"as_{kind}")
        made = button("", look="quiet round", picture=picture, aria_label=words, title=words, data_attach=kind)

        async def attached(event: GenericEventArguments) -> None:
            await self._do(Deed(SAYS, argument(event).strip(), kind))

        made.on("click", attached, js_handler=_TAKE)

    # keeping up

    async def _look(self) -> None:
        """Read which rules there are, and read the chosen ones anew when they were saved since."""
        place = self._place
        self._choices = await choices(place)
        if not self._has_key:
            self._has_key = True
            self._key = next((c.key for c in self._choices if c.is_change), "")
        await self._read_in_turn()
        self._show()

    async def _read_in_turn(self) -> None:
        async with self._one_at_a_time:
            await self._read()

    async def _read(self) -> None:
        place = self._place
        live = place.house.workbench.live(place.tenant_id)
        choice = self._chosen()
        stamps = (live.version, choice.stamp if choice else "")
        if self._key and choice is None:
            choice, self._missing = await self._older_edition()
            stamps = (live.version, choice.stamp if choice else "")
        else:
            self._missing = ""
        if stamps == self._stamps and self._talk is not None:
            return
        books = [live, *(await self._proposed(choice) if choice else ())]
        before, self._stamps = self._stamps, stamps
        if self._talk is None:
            tenant = place.house.tenants[place.tenant_id]
            self._talk = Talk(books, tenant, place.now() - timedelta(minutes=1), self._start)
            if self._first:
                await self._talk.does(Deed(SAYS, self._first))
        else:
            await self._talk.read_by(books)
            self._tell_what_moved(before, stamps)

    async def _older_edition(self) -> tuple[Choice | None, str]:
        """An edition of long ago is not listed, but a link to it still opens."""
        if not self._key.startswith("edition:"):
            return None, "gone"
        number = int(self._key.removeprefix("edition:"))
        try:
            await self._place.house.workbench.own_files(self._place.tenant_id, number)
        except NotFound:
            return None, "gone"
        words = self._place.say("today_edition", n=number)
        return Choice(self._key, words, "", None, str(number)), ""

    async def _proposed(self, choice: Choice) -> tuple[Playbook, ...]:
        place = self._place
        self._problems = ()
        try:
            return (await playbook_of(place.house, place.tenant_id, choice),)
        except RulesRefused as refused:
            self._problems = refused.problems
        except NotFound:
            self._missing = "gone"
        return ()

    def _tell_what_moved(self, before: tuple[str, str], now: tuple[str, str]) -> None:
        if not self._talk or not self._talk.rounds:
            return
        if before[0] != now[0]:
            self._place.tell(self._place.say("today_moved"))
        elif before[1].partition(":")[0] == now[1].partition(":")[0] != "":
            self._place.tell(self._place.say("updated"))

    def _chosen(self) -> Choice | None:
        return chosen(self._choices, self._key)

    # showing

    def _show(self) -> None:
        talk = self._talk
        if talk is None:
            return
        place = self._place
        live = place.house.playbooks.edition(place.tenant_id)
        self._note.show(self._missing)
        self._setup.show(self._choices, self._key, talk.start, has_rounds=bool(talk.rounds))
        versions = tuple(book.version for book in talk.books)
        self._heads.show(
            Heads(live, versions, self._chosen(), len(talk.rounds), _differing(talk), self._problems)
        )
        self._empty.show(not talk.rounds and not self._problems)
        self._rounds.show([(str(each.number), Shown(each, versions)) for each in talk.rounds])
        self._deeds.show((any(map(waits, talk.sides)), _events(talk)))
        self._ask.show()

    def _draw_note(self, key: str) -> None:
        if key == "reading_rules":
            states.loading(self._place.say(key))
        elif key:
            states.fault(self._place.say(key))

    def _draw_empty(self, is_empty: bool) -> None:
        if not is_empty:
            return
        is_alone = len(self._talk.books) < 2 if self._talk else True
        with put("div", "blank", data_state="empty"):
            icon("chat")
            put("p", text=self._place.say("empty_alone" if is_alone else "empty"))
            with put("div", "chips chips-first", role="group", aria_label=self._place.say("try_also")):
                for key in TRIES:
                    words = self._place.say(key)
                    button(words, self._later(Deed(SAYS, words)), look="chip", dir="auto", data_chip=key)

    def _draw_round(self, shown: Shown) -> None:
        talk = self._talk
        assert talk is not None
        names = [self._place.say("today"), self._place.say("proposed")]
        tap = self._tap
        draw_round(self._place, shown, names, talk.books, tap)

    def _draw_deeds(self, state: tuple[bool, tuple[str, ...]]) -> None:
        is_waiting, events = state
        place = self._place
        if is_waiting:
            button(
                place.say("sami_says_yes"),
                self._later(Deed(APPROVES)),
                picture="check",
                look="pill gold",
                data_deed=APPROVES,
            )
        if events and self._talk and self._talk.rounds:
            with put("select", "pick small", aria_label=place.say("more_deeds"), data_deed=EVENT) as pick:
                put("option", text=place.say("more_deeds"), value="")
                for event in events:
                    put("option", text=place.say(f"event_{event}"), value=event)
            pick.on("change", self._happens, js_handler="(e) => { emit(e.target.value); e.target.value = ''; }")

    # doing

    async def _typed(self, event: GenericEventArguments) -> None:
        text = argument(event)
        if text.strip():
            await self._do(Deed(SAYS, text))

    async def _happens(self, event: GenericEventArguments) -> None:
        if name := argument(event):
            await self._do(Deed(EVENT, name))

    def _later(self, deed: Deed) -> Callable[[], Awaitable[None]]:
        async def pressed() -> None:
            await self._do(deed)

        return pressed

    async def _tap(self, button_id: str, title: str) -> None:
        await self._do(Deed(SAYS, title, "text", button_id))

    async def _do(self, deed: Deed) -> None:
        async with self._one_at_a_time:
            if self._talk is not None:
                await self._place.act(self._talk.does(deed))
        self._show()

    async def _paste(self, pasted: str) -> None:
        lines = lines_of(pasted, MOST_STEPS)
        async with self._one_at_a_time:
            talk = self._talk
            if talk is None or not lines:
                return
            talk.forget()
            for line in lines:
                await talk.does(Deed(SAYS, line))
        if len(lines_of(pasted, MOST_STEPS + 1)) > len(lines):
            self._place.tell(self._place.say("pasted_cut", n=len(lines)))
        self._show()

    async def _undo(self) -> None:
        async with self._one_at_a_time:
            if self._talk is not None and self._talk.rounds:
                await self._talk.take_back()
        self._show()

    async def _start_over(self) -> None:
        async with self._one_at_a_time:
            if self._talk is not None:
                self._talk.forget()
        self._show()

    async def _begin_at_stage(self, stage: str) -> None:
        if self._talk is not None:
            await self._begin_at(Start(stage, self._talk.start.slots))

    async def _answer(self, name: str, value: str) -> None:
        if self._talk is not None:
            await self._begin_at(with_answer(self._talk.start, name, value))

    async def _begin_at(self, start: Start) -> None:
        async with self._one_at_a_time:
            if self._talk is not None:
                await self._place.act(self._talk.begin_at(start))
        self._show()

    async def _compare(self, key: str) -> None:
        self._key = key
        kind, _, name = key.partition(":")
        self._place.remember(**({kind: name} if kind else {"edition": "none"}))
        self._note.show("reading_rules")
        await self._place.act(self._read_in_turn())
        self._show()


def _differing(talk: Talk) -> int:
    return sum(1 for each in talk.rounds if each.differs)


def _events(talk: Talk) -> tuple[str, ...]:
    """What an approver may record on at least one side."""
    stages = {side.conversation.stage for side in talk.sides}
    return tuple(
        event
        for event in lifecycle.SYSTEM_EVENTS
        if any(lifecycle.may(stage, event, "approver") for stage in stages)
    )
