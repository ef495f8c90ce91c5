"""
The map: the lifecycle as a picture and as tables, with live counts, and what stands behind each stage.

Rule 1: every number has its window and its moment beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from starlette.datastructures import QueryParams

from admin.console import states
from admin.console.draw import Part, button, put
from admin.console.live import Watch
from admin.console.map_picture import draw_picture
from admin.console.map_stage import Opened, draw_opened, opened
from admin.console.map_tables import draw_definitions, draw_legend, draw_stages, draw_steps
from admin.console.map_view import Picture, picture_of
from admin.console.place import Place
from admin.console.times import RIYADH
from bot.workbench.lifecycle_map import lifecycle
from flows.deal import STAGES

WINDOWS = (1, 7, 30)
USUAL = 7

# Counting reads every move of the window; a lifecycle does not change its shape within seconds.
COUNT_EVERY_SECONDS = 20.0

# More moves than these are not looked through for the latest ones of one stage.
MOVES_READ = 400


_SHOW_VIEW = "(e) => { e.target.closest('[data-map-page]').dataset.view = e.currentTarget.dataset.viewTo; }"


@dataclass(frozen=True, slots=True)
class _Choice:
    days: int
    counted: str


class MapPage:
    """One visitor before the map."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        days = query.get("days", "")
        self._days = int(days) if days in map(str, WINDOWS) else USUAL
        stage = query.get("stage", "")
        self._stage = stage if stage in STAGES else ""
        self._watch = Watch(place, self._look, COUNT_EVERY_SECONDS)

    def build(self) -> None:
        say = self._place.say
        with put("div", "bench map", data_view="table", data_map_page=""):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
                put("a", "btn small", say("to_pipeline"), href=self._place.address("pipeline"), data_to_board="")
                self._window: Part[_Choice] = Part(put("div", "map-window"), self._draw_window)
            self._note = Part(put("div", "bench-slot"), self._draw_note)
            self._build_views()
            with put("div", "map-body"):
                with put("section", "sheet map-sheet", aria_label=say("show_picture")):
                    self._picture: Part[Picture | None] = Part(put("div"), self._draw_picture)
                self._opened: Part[Opened | None] = Part(put("div", "map-opened"), self._draw_opened)
            with put("div", "map-tables"):
                self._tables: Part[Picture | None] = Part(put("div", "map-columns"), self._draw_tables)

    def _build_views(self) -> None:
        """On a small screen one of the two is shown; on a large one both are, and this is not there."""
        with put("div", "choose-one map-views", role="group", aria_label=self._place.say("heading")):
            for view in ("table", "picture"):
                button(self._place.say(f"show_{view}"), None, data_view_to=view).on(
                    "click", js_handler=_SHOW_VIEW
                )

    async def open(self) -> None:
        self._window.show(_Choice(self._days, ""))
        self._note.show("loading")
        self._watch.start()

    async def _look(self) -> None:
        place = self._place
        store, until = place.house.store, place.now()
        since = until - timedelta(days=self._days)
        book = place.house.playbooks.of(place.tenant_id)
        drawn = await lifecycle(store, place.tenant_id, book, since, until)
        picture = picture_of(drawn, self._days, place.language)
        if picture.days != self._days:
            return
        self._note.show("quiet" if picture.is_quiet else "" if picture.has_data else "empty")
        self._window.show(_Choice(self._days, f"{until.astimezone(RIYADH):%H:%M:%S}"))
        self._picture.show(picture)
        self._tables.show(picture)
        await self._show_stage(picture)

    async def _show_stage(self, picture: Picture) -> None:
        place = self._place
        if not self._stage:
            self._opened.show(None)
            return
        timeline, since, until = place.house.store.timeline, picture.since, picture.until
        moved = await timeline.of_kind(place.tenant_id, "stage_moved", since, until, MOVES_READ)
        out = await timeline.of_kind(place.tenant_id, "opted_out", since, until, MOVES_READ)
        book = place.house.playbooks.of(place.tenant_id)
        self._opened.show(opened(self._stage, picture, book, place.language, [*moved, *out]))

    # drawing

    def _draw_window(self, choice: _Choice) -> None:
        say = self._place.say
        with put("div", "choose-one", role="group", aria_label=say("window")):
            for days in WINDOWS:
                is_chosen = "true" if days == choice.days else "false"
                button(say(f"days_{days}"), self._look_back(days), aria_pressed=is_chosen, data_days=days)
        button(say("refresh"), self._watch.at_once, look="small", picture="restart", data_refresh="")
        if choice.counted:
            put("span", "faint tiny", say("as_of", at=choice.counted), data_as_of="")

    def _draw_note(self, key: str) -> None:
        say = self._place.say
        if key == "loading":
            states.loading(say(key))
        elif key == "empty":
            put("p", "bench-note", say(key), data_state="empty")
        elif key:
            put("p", "bench-note", say(key), data_state=key)

    def _draw_picture(self, picture: Picture | None) -> None:
        if picture is not None:
            draw_legend(self._place)
            draw_picture(self._place, picture, self._choose)
            put("p", "faint tiny map-hint", self._place.say("choose_hint"))

    def _draw_opened(self, shown: Opened | None) -> None:
        if shown is not None:
            draw_opened(self._place, shown, lambda: self._choose(""))

    def _draw_tables(self, picture: Picture | None) -> None:
        if picture is None:
            return
        say = self._place.say
        with put("section", "sheet"):
            put("h2", text=say("stages"))
            draw_stages(self._place, picture, self._choose)
        with put("section", "sheet"):
            put("h2", text=say("steps"))
            draw_steps(self._place, picture)
        draw_definitions(self._place, picture)

    # doing

    def _look_back(self, days: int) -> Callable[[], None]:
        def chosen() -> None:
            self._days = days
            self._remember()
            self._window.show(_Choice(days, ""))
            self._watch.at_once()

        return chosen

    def _choose(self, stage: str) -> None:
        self._stage = "" if stage == self._stage else stage
        self._remember()
        self._watch.at_once()

    def _remember(self) -> None:
        days = str(self._days) if self._days != USUAL else ""
        self._place.remember(days=days, stage=self._stage)
