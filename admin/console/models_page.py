"""
Language models: whether there is one, how it stands, what it costs, and the switch of the tenant.

Rule 1: every number says what it counts; what nobody measured is "unknown" or nothing, never zero.
Rule 2: switching it on says what leaves the house, and is asked twice.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from admin.console import model_tables as tables
from admin.console import operations_cards as cards
from admin.console.draw import Part, button, gated, put
from admin.console.live import Watch
from admin.console.model_words import ModelWords
from admin.console.place import Place
from admin.console.states import empty, loading
from admin.console.tiles import Tile, draw_tiles
from admin.console.times import day_and_clock
from bot.models.dashboard import Dashboard
from bot.models.windows import CHOICES, DEFAULT

READERS = ("admin", "executive")
KEEPERS = ("admin",)


@dataclass(frozen=True, slots=True)
class _Stand:
    """Whether there is a model, and who said so."""

    name: str
    """`none | off | on`"""
    changed: str
    is_asked: bool


class ModelsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._words = ModelWords(place)
        asked = query.get("window", "")
        self._window = asked if asked in CHOICES else DEFAULT
        self._is_asked = False
        self._watch = Watch(place, self._look, every=5.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "operations models"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            self._stand: Part[_Stand] = Part(put("div"), self._draw_stand)
            self._choice: Part[str] = Part(put("div"), self._draw_windows)
            self._tiles: Part[tuple[Tile, ...]] = Part(put("div"), draw_tiles)
            with put("div", "columns turned"):
                with put("div", "main grow-in"):
                    self._none: Part[bool] = Part(put("div"), self._draw_none)
                    self._hours: Part[cards.Hours | None] = Part(put("div"), self._draw_hours)
                    self._tables: Part[tuple[tables.Table, ...]] = Part(put("div"), self._draw_tables)
                with put("aside", "side"):
                    self._health: Part[cards.Lines] = Part(put("div"), self._draw_lines)
                    self._errors: Part[cards.Lines] = Part(put("div"), self._draw_lines)
                    self._advice: Part[cards.Lines] = Part(put("div"), self._draw_lines)
            self._priced: Part[str] = Part(put("div"), self._draw_priced)
        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place, words, tenant_id = self._place, self._words, self._place.tenant_id
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        boards = place.house.rooms.models.dashboards
        seen = await boards.look(tenant_id, self._window)
        day = seen if self._window == DEFAULT else await boards.look(tenant_id, DEFAULT)
        health = await boards.health(tenant_id)
        advice = await boards.recommendations(tenant_id, self._window)
        has_calls = seen.status == "ok"
        self._wait.show(False)
        self._stand.show(self._stands(seen))
        self._choice.show(self._window)
        self._tiles.show(words.tiles(seen) if has_calls else ())
        self._none.show(not has_calls)
        self._hours.show(words.hours(day) if has_calls else None)
        self._tables.show(words.tables(seen) if has_calls else ())
        self._health.show(words.health(health))
        self._errors.show(words.errors(seen))
        self._advice.show(words.advice(advice))
        version = f"\u2066{seen.price_version}\u2069"
        self._priced.show(place.say("priced_by", version=version, rate=seen.sar_per_usd))

    # what is shown

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _stands(self, seen: Dashboard) -> "_Stand":
        name = "none" if not seen.is_configured else "on" if seen.terms.is_on else "off"
        changed = ""
        if seen.terms.at is not None:
            by = self._place.name_of(seen.terms.by)
            changed = self._place.say("stand_by", name=by, at=day_and_clock(seen.terms.at))
        return _Stand(name, changed, self._is_asked)

    def _draw_stand(self, stand: "_Stand") -> None:
        say = self._place.say
        look = "good" if stand.name == "on" else "gold"
        with put("div", f"stand {look}", data_stand=stand.name, role="status"):
            put("h2", "stand-title", say(f"stand_{stand.name}"))
            if stand.changed:
                put("p", "tiny", stand.changed)
            if stand.name == "none":
                put("p", "tiny", say("stand_none_hint"))
            else:
                self._draw_switch(stand.name == "on", stand.is_asked)

    def _draw_switch(self, is_on: bool, is_asked: bool) -> None:
        say, why_not = self._place.say, self._place.needs(KEEPERS) if not self._place.may(KEEPERS) else ""
        with put("div", "actions"):
            if is_on:
                gated(say("switch_off"), lambda: self._switch(False), why_not, data_switch="off")
            else:
                gated(say("switch_on"), self._ask, why_not, look="main", data_switch="on")
        if is_asked and not is_on:
            with put("div", "ask"):
                put("p", text=say("switch_sure"))
                button(say("switch_yes"), lambda: self._switch(True), look="main", data_sure="on")

    def _draw_windows(self, chosen: str) -> None:
        with put("div", "choose-one", role="group", aria_label=self._place.say("window")):
            for window in CHOICES:
                pressed = "true" if window == chosen else "false"
                press = self._choosing(window)
                button(self._place.say(f"window_{window}"), press, aria_pressed=pressed, data_window=window)

    def _draw_none(self, is_none: bool) -> None:
        if is_none:
            with put("div", "sheet", data_no_calls=""):
                empty("clock", self._place.say("no_calls"), self._place.say("no_calls_hint"))

    def _draw_hours(self, shown: cards.Hours | None) -> None:
        if shown is not None:
            cards.hours(self._place, shown)

    def _draw_lines(self, shown: cards.Lines) -> None:
        cards.lines(self._place, shown)

    def _draw_tables(self, shown: tuple[tables.Table, ...]) -> None:
        for table in shown:
            tables.draw(table)

    def _draw_priced(self, text: str) -> None:
        put("p", "faint tiny", text, data_priced="")

    # what is done

    def _choosing(self, window: str) -> Callable[[], Awaitable[None]]:
        async def choose() -> None:
            self._window = window
            self._place.remember(window=window)
            await self._place.act(self._look())

        return choose

    async def _ask(self) -> None:
        self._is_asked = not self._is_asked
        await self._place.act(self._look())

    async def _switch(self, is_on: bool) -> None:
        place = self._place

        async def doing() -> None:
            place.require(*KEEPERS)
            models = place.house.rooms.models
            before = await models.terms_of(place.tenant_id)
            await models.switch(
                place.tenant_id,
                is_on=is_on,
                by=place.visitor,
                tasks=before.tasks,
                limit_halalas=before.limit_halalas,
            )

        self._is_asked = False
        await place.act(doing(), "ok_on" if is_on else "ok_off")
        await place.act(self._look())
