"""
The register of contradictions: both sides beside each other, how bad it is, what to do, and a decision.

Rule 1: what is about a contact is for those who may read talks; the others never get it from the server.
Rule 2: what is decided is the state that is shown; who was faster is named instead.
"""

from collections.abc import Sequence

from starlette.datastructures import QueryParams

from admin.console import contradiction_card
from admin.console.draw import Part, Rows, gated, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.pressing import Pressing
from admin.console.states import empty, loading
from admin.console.tiles import Tile, draw_tiles
from bot.contradictions.kept import Filter
from bot.contradictions.register import Contradiction, Severity, Stats, Status

READERS = ("admin", "dpo", "executive", "approver", "rules_editor")
DECIDERS = ("admin", "dpo", "rules_editor")
DECIDERS_ABOUT_CONTACTS = ("admin", "dpo")
READERS_OF_TALKS = ("admin", "dpo", "executive", "approver")

FILTERS = ("open", "critical", "accepted", "settled")
AT_MOST = 100


class ContradictionsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        wanted = query.get("show", "")
        self._show = wanted if wanted in FILTERS else "open"
        self._asked: dict[str, str] = {}
        self._held: dict[str, contradiction_card.Shown] = {}
        """Cards as they were drawn last."""
        self._pressing = Pressing(place, self._look, lambda name: self._asked.pop(name, None))
        self._watch = Watch(place, self._look, every=5.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "contradictions"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
                with put("div", "head-do"):
                    why_not = "" if self._place.may(DECIDERS) else self._place.needs(DECIDERS)
                    gated(say("do_scan"), self._scan, why_not, picture="search", data_do="scan")
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            self._tiles: Part[tuple[tuple[Tile, ...], str]] = Part(put("div"), self._draw_tiles)
            self._none: Part[str] = Part(put("div"), self._draw_none)
            self._rows: Rows[contradiction_card.Shown] = Rows(put("div", "queue"), self._draw_row)
        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place = self._place
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        room, hidden = place.house.rooms.contradictions, not place.may(READERS_OF_TALKS)
        stats = await room.stats(place.tenant_id, without_contacts=hidden)
        found = await room.list(place.tenant_id, self._wanted(hidden), AT_MOST)
        self._wait.show(False)
        self._tiles.show((self._counted(stats), self._show))
        self._none.show("" if found else self._show)
        self._rows.show([(one.id, self._shown(one)) for one in _latest_first(found, self._show)])

    def _wanted(self, hidden: bool) -> Filter:
        match self._show:
            case "critical":
                return Filter(is_active=True, severity=Severity.CRITICAL, without_contacts=hidden)
            case "accepted":
                return Filter(status=Status.ACCEPTED, without_contacts=hidden)
            case "settled":
                return Filter(status=Status.RESOLVED, without_contacts=hidden)
        return Filter(is_active=True, without_contacts=hidden)

    def _counted(self, stats: Stats) -> tuple[Tile, ...]:
        say = self._place.say
        counts = {
            "open": stats.active,
            "critical": stats.critical_active,
            "accepted": stats.accepted,
            "settled": stats.resolved - stats.accepted,
        }
        return tuple(
            Tile(key, say(f"tile_{key}"), str(n), say(f"tile_{key}_is"), key == "critical" and n > 0)
            for key, n in counts.items()
        )

    def _shown(self, one: Contradiction) -> contradiction_card.Shown:
        roles = DECIDERS_ABOUT_CONTACTS if one.about else DECIDERS
        why_not = "" if self._place.may(roles) else self._place.needs(roles)
        asked = self._asked.get(one.id, "")
        held = self._held.get(one.id)
        if asked and held is not None and held.asked == asked:
            return held  # whoever writes a reason keeps what they wrote
        shown = contradiction_card.Shown(one, why_not, asked, self._pressing.busy == one.id and not asked)
        self._held[one.id] = shown
        return shown

    # what is shown

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _draw_tiles(self, state: tuple[tuple[Tile, ...], str]) -> None:
        tiles, chosen = state
        draw_tiles(tiles, chosen, self._choose)

    def _draw_none(self, show: str) -> None:
        if show:
            with put("div", "sheet"):
                empty("check", self._place.say(f"none_{show}"), self._place.say(f"none_{show}_hint"))

    def _draw_row(self, shown: contradiction_card.Shown) -> None:
        contradiction_card.draw(self._place, shown, lambda what, why: self._press(shown.one, what, why))

    # what is done

    async def _choose(self, show: str) -> None:
        self._show = show
        self._place.remember(show=show)
        await self._place.act(self._look())

    async def _scan(self) -> None:
        room, tenant_id, by = self._place.house.rooms.contradictions, self._place.tenant_id, self._place.visitor
        await self._pressing.do("scan", lambda: room.scan(tenant_id, by), "ok_scan", DECIDERS)

    async def _press(self, one: Contradiction, what: str, why: str) -> None:
        room, tenant_id, by = self._place.house.rooms.contradictions, self._place.tenant_id, self._place.visitor
        roles = DECIDERS_ABOUT_CONTACTS if one.about else DECIDERS
        if what == "review":
            await self._pressing.do(one.id, lambda: room.review(tenant_id, one.id, by), "ok_review", roles)
        elif what == "resolve":
            await self._pressing.do(one.id, lambda: room.resolve(tenant_id, one.id, by, why), "ok_resolve", roles)
        elif what == "accept":
            await self._pressing.do(one.id, lambda: room.accept(tenant_id, one.id, by, why), "ok_accept", roles)
        else:
            asked = what.removeprefix("ask:")
            self._asked[one.id] = "" if self._asked.get(one.id) == asked else asked
            await self._place.act(self._look())


def _latest_first(found: Sequence[Contradiction], show: str) -> Sequence[Contradiction]:
    """What is settled is read like a diary; what is open, the worst first."""
    if show != "settled":
        return found
    return sorted(found, key=lambda one: one.resolved_at or one.last_seen_at, reverse=True)
