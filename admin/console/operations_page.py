"""
How the house stands now: what waits and how long, what is in doubt, who carries, what runs, what was saved.

Rule 1: every number says what it counts and over which time; the API gives the same ones.
Rule 2: what cannot be told says so where it would stand. Loading, empty, unknown and old look different.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import QueryParams

from admin.console import operations_cards as cards
from admin.console.draw import Part, put
from admin.console.live import Watch
from admin.console.operations_words import Deed, Words, is_broken, joined
from admin.console.place import Place
from admin.console.states import loading
from admin.console.tiles import Tile, draw_tiles
from admin.console.times import day_and_clock
from bot.operations import LATE_INBOUND, LITTLE_SPACE, STALE_BACKUP, Standing

READERS = ("admin",)

# What takes nobody out of bed.
SOON = frozenset({"backup", "alerts", "paused"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Head:
    """The sentence above everything, and what to do about each thing in it."""

    look: str
    text: str
    deeds: tuple[Deed, ...] = ()


class OperationsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, _: QueryParams) -> None:
        self._place = place
        self._words = Words(place)
        self._watch = Watch(place, self._look, every=5.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "operations"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            self._head: Part[_Head] = Part(put("div"), self._draw_head)
            self._at: Part[str] = Part(put("div"), self._draw_at)
            self._tiles: Part[tuple[Tile, ...]] = Part(put("div"), draw_tiles)
            with put("div", "columns turned"):
                with put("div", "main grow-in"):
                    self._hours: Part[cards.Hours] = Part(put("div"), self._card(cards.hours))
                    self._urgent: Part[cards.Lines] = Part(put("div"), self._card(cards.lines))
                    self._doubt: Part[cards.Lines] = Part(put("div"), self._card(cards.lines))
                    self._channels: Part[cards.Lines] = Part(put("div"), self._card(cards.lines))
                with put("aside", "side"):
                    self._alerts: Part[cards.Lines] = Part(put("div"), self._card(cards.lines))
                    self._limits: Part[cards.Lines] = Part(put("div"), self._card(cards.lines))
                    self._processes: Part[cards.Lines] = Part(put("div"), self._card(cards.lines))
                    self._facts: Part[tuple[cards.Facts, ...]] = Part(put("div"), self._draw_facts)
        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place, words = self._place, self._words
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        now = await place.house.trust.operations.look(place.tenant_id)
        self._wait.show(False)
        self._head.show(self._stand(now))
        self._at.show(place.say("as_of", at=day_and_clock(now.at)))
        self._tiles.show(words.tiles(now))
        self._hours.show(words.hours(now))
        self._urgent.show(words.urgent(now))
        self._doubt.show(words.doubtful(now))
        self._channels.show(words.channels(now))
        self._alerts.show(words.alerts(now))
        self._limits.show(words.limits(now))
        self._processes.show(words.processes(now))
        self._facts.show((words.backup(now), words.disk(now), words.versions(now)))

    def _stand(self, now: Standing) -> _Head:
        say = self._place.say
        found = troubles(now)
        if found:
            named = joined((say(f"part_{name}") for name in found), self._place.language)
            look = "gold" if set(found) <= SOON else "bad"
            return _Head(
                look, say("stand_look", what=named), tuple(self._words.deed(now, name) for name in found)
            )
        if now.missing:
            missing = (say(f"part_{name}") for name in now.missing)
            what = joined(dict.fromkeys(missing), self._place.language)
            return _Head("gold", say("stand_unknown", what=what), (Deed("unknown", say("do_unknown")),))
        return _Head("good", say("stand_good"))

    # what is shown

    def _card(self, draw: Callable[[Place, T], None]) -> Callable[[T], None]:
        return lambda shown: draw(self._place, shown)

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _draw_head(self, head: _Head) -> None:
        with put("div", f"stand {head.look}", data_stand=head.look, role="status"):
            put("h2", "stand-title", head.text)
            if head.deeds:
                with put("ul", "stand-deeds"):
                    for deed in head.deeds:
                        with put("li", data_deed=deed.key):
                            put("span", text=deed.text, dir="auto")
                            if deed.href:
                                put("a", "btn small", deed.see, href=deed.href)

    def _draw_at(self, text: str) -> None:
        put("p", "faint tiny", text, data_as_of="")

    def _draw_facts(self, facts: tuple[cards.Facts, ...]) -> None:
        for one in facts:
            cards.facts(self._place, one)


def troubles(now: Standing) -> list[str]:
    """The parts that somebody must look at."""
    found = []
    oldest = now.inbound.oldest_at if now.inbound else None
    if oldest is not None and now.at - oldest > LATE_INBOUND:
        found.append("inbound")
    if now.held and now.held.overdue:
        found.append("drafts")
    if now.doubtful and now.doubtful.count:
        found.append("doubtful")
    if any(is_broken(one) for one in now.channels or ()):
        found.append("channels")
    elif any(one.state == "paused" for one in now.channels or ()):
        found.append("paused")
    if now.dead and (now.dead.runs or now.dead.events):
        found.append("dead")
    if now.disk and now.disk.free_bytes < LITTLE_SPACE:
        found.append("disk")
    if now.backup and (now.backup.at is None or now.at - now.backup.at > STALE_BACKUP):
        found.append("backup")
    if now.alerts:
        found.append("alerts")
    return found
