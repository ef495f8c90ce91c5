"""
What runs by itself, step by step: what is at work, what waits and for whom, and what stopped and needs a person.

Rule 1: what is retried or cancelled is the run that is shown; who was faster is named instead.
Rule 2: what came in and could not be handled is shown by its length and its reason: the words are somebody's.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import QueryParams

from admin.console import run_card
from admin.console.draw import Part, Rows, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.pressing import Pressing
from admin.console.states import empty, loading
from admin.console.tiles import Tile, draw_tiles
from bot.runs.dead import DeadEvent, DeadView
from bot.runs.run import WAITING
from bot.runs.view import RunView

READERS = ("admin", "approver", "executive", "dpo")
KEEPERS = ("admin",)

FILTERS = ("working", "waiting", "dead", "ended")

# Of what has ended, so many are looked through.
LATEST = 100


class RunsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        wanted = query.get("show", "")
        self._show = wanted if wanted in FILTERS else ""
        """Empty until the first look: then what needs a person, if anything does."""
        self._wanted = query.get("run", "")
        """The run to which a link led; it stands first."""
        self._asked: dict[str, str] = {}
        self._pressing = Pressing(place, self._look, lambda name: self._asked.pop(name, None))
        self._watch = Watch(place, self._look)

    def build(self) -> None:
        say = self._place.say
        with put("div", "privacy"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._tiles: Part[tuple[tuple[Tile, ...], str]] = Part(put("div"), self._draw_tiles)
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            with put("div", "main grow-in"):
                self._none: Part[str] = Part(put("div"), self._draw_none)
                self._rows: Rows[run_card.Shown | run_card.ShownEvent] = Rows(put("div", "queue"), self._draw_row)

        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place, trust = self._place, self._place.house.trust
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        going = await trust.runs.list_incomplete(place.tenant_id)
        dead = await trust.dead.list(place.tenant_id)
        parked = {v.run.id for v in dead.runs}
        waiting = [v for v in going if v.run.status in WAITING and v.run.id not in parked]
        working = [v for v in going if v.run.status not in WAITING and v.run.id not in parked]
        if not self._show:
            self._show = "dead" if dead.total else "working"
        self._wait.show(False)
        latest = await trust.runs.list(place.tenant_id, limit=LATEST)
        ended = [v for v in latest if v.run.is_over]
        self._tiles.show((self._counted(len(working), len(waiting), dead, len(ended)), self._show))
        rows = self._chosen(working, waiting, dead, ended)
        self._none.show("" if rows else self._show)
        self._rows.show(sorted(rows, key=lambda row: row[0] != self._wanted))

    def _counted(self, working: int, waiting: int, dead: DeadView, ended: int) -> tuple[Tile, ...]:
        say = self._place.say
        counts = {
            "working": str(working),
            "waiting": str(waiting),
            "dead": str(dead.total),
            "ended": str(ended),
        }
        return tuple(
            Tile(key, say(f"tile_{key}"), counts[key], say(f"tile_{key}_is"), key == "dead" and dead.total > 0)
            for key in FILTERS
        )

    def _chosen(
        self, working: list[RunView], waiting: list[RunView], dead: DeadView, ended: list[RunView]
    ) -> list[tuple[str, run_card.Shown | run_card.ShownEvent]]:
        views = {"working": working, "waiting": waiting, "dead": list(dead.runs), "ended": ended}[self._show]
        rows: list[tuple[str, run_card.Shown | run_card.ShownEvent]] = [(v.run.id, self._shown(v)) for v in views]
        if self._show == "dead":
            rows += [(e.id, self._shown_event(e)) for e in dead.events]
        return rows

    def _shown(self, view: RunView) -> run_card.Shown:
        run_id = view.run.id
        may_act = self._place.may(KEEPERS)
        return run_card.shown_of(
            self._place, view, may_act, self._asked.get(run_id, ""), self._pressing.busy == run_id
        )

    def _shown_event(self, event: DeadEvent) -> run_card.ShownEvent:
        may_act = self._place.may(KEEPERS)
        return run_card.ShownEvent(event, may_act, self._asked.get(event.id, ""), self._pressing.busy == event.id)

    # what is shown

    def _draw_tiles(self, state: tuple[tuple[Tile, ...], str]) -> None:
        tiles, chosen = state
        draw_tiles(tiles, chosen, self._choose)

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _draw_none(self, show: str) -> None:
        if show:
            with put("div", "sheet"):
                empty("check", self._place.say(f"none_{show}"), self._place.say(f"none_{show}_hint"))

    def _draw_row(self, shown: run_card.Shown | run_card.ShownEvent) -> None:
        if isinstance(shown, run_card.ShownEvent):
            run_card.draw_event(self._place, shown, lambda what: self._press_event(shown.event, what))
        else:
            run_card.draw(self._place, shown, lambda what: self._press(shown.view, what))

    # what is done

    async def _choose(self, show: str) -> None:
        self._show, self._wanted = show, ""
        self._place.remember(show=show)
        await self._place.act(self._look())

    async def _press(self, view: RunView, what: str) -> None:
        place, run_id = self._place, view.run.id
        runs, tenant_id, by = place.house.trust.runs, place.tenant_id, place.visitor
        if what == "retry":
            await self._does(run_id, lambda: runs.retry(tenant_id, run_id, by), "ok_retry")
        elif what == "cancel":
            await self._does(run_id, lambda: runs.cancel(tenant_id, run_id, by), "ok_cancel")
        else:
            await self._ask(run_id, what)

    async def _press_event(self, event: DeadEvent, what: str) -> None:
        dead, tenant_id, by = self._place.house.trust.dead, self._place.tenant_id, self._place.visitor
        if what == "retry":
            await self._does(event.id, lambda: dead.put_back(tenant_id, event.id, by), "ok_put_back")
        elif what == "cancel":
            await self._does(event.id, lambda: dead.set_aside(tenant_id, event.id, by), "ok_set_aside")
        else:
            await self._ask(event.id, what)

    async def _does(self, name: str, work: Callable[[], Awaitable[Any]], done: str) -> None:
        await self._pressing.do(name, work, done, KEEPERS)

    async def _ask(self, name: str, what: str) -> None:
        """`ask:cancel` opens the question, and again closes it."""
        asked = what.removeprefix("ask:")
        self._asked[name] = "" if self._asked.get(name) == asked else asked
        await self._place.act(self._look())
