"""
The connectors: cards with their state, their numbers, a strip of their history, a check and a switch.

Rule 1: a number says over which time it counts; where nobody called it says so instead of showing a zero.
Rule 2: whoever switches says why, and the room checks the role again.
"""

from starlette.datastructures import QueryParams

from admin.console import connector_card
from admin.console.draw import Part, Rows, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.pressing import Pressing
from admin.console.states import loading
from admin.console.tiles import Tile, draw_tiles
from bot.connectors.standings import Standing
from bot.connectors.states import TROUBLE, State

READERS = ("admin", "approver", "dpo", "executive")
CHECKERS = ("admin", "approver")
KEEPERS = ("admin",)

# Looks of the last hours; a phone shows as many squares in a line.
STRIP = 48


class ConnectorsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, _: QueryParams) -> None:
        self._place = place
        self._asked: dict[str, str] = {}
        self._held: dict[str, connector_card.Shown] = {}
        """Cards as they were drawn last."""
        self._pressing = Pressing(place, self._look, lambda name: self._asked.pop(name, None))
        self._watch = Watch(place, self._look, every=5.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "connectors"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            self._tiles: Part[tuple[Tile, ...]] = Part(put("div"), draw_tiles)
            self._rows: Rows[connector_card.Shown] = Rows(put("div", "connector-cards"), self._draw_card)
        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place = self._place
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        room = place.house.rooms.connectors
        found = await room.standings(place.tenant_id)
        strips = {one.connector.key: await self._strip(one) for one in found}
        self._wait.show(False)
        self._tiles.show(self._counted(found))
        order = sorted(found, key=lambda one: _ORDER.index(one.state))
        self._rows.show([(one.connector.key, self._shown(one, strips[one.connector.key])) for one in order])

    async def _strip(self, one: Standing) -> tuple[connector_card.Square, ...]:
        """What the history says, oldest first; nothing was ever looked at of what nobody configured."""
        if not one.is_configured and not one.kept.is_disabled:
            return ()
        room = self._place.house.rooms.connectors
        moments = await room.history(self._place.tenant_id, one.connector.key, None, STRIP)
        return tuple(connector_card.Square(m.state, m.at, m.what) for m in reversed(moments))

    def _counted(self, found: list[Standing]) -> tuple[Tile, ...]:
        say = self._place.say
        states = [one.state for one in found]
        trouble = sum(state in TROUBLE for state in states)
        counts = {
            "ok": states.count(State.OK),
            "trouble": trouble,
            "disabled": states.count(State.DISABLED),
            "idle": states.count(State.NOT_CONFIGURED),
        }
        return tuple(
            Tile(key, say(f"tile_{key}"), str(n), say(f"tile_{key}_is"), key == "trouble" and n > 0)
            for key, n in counts.items()
        )

    def _shown(self, one: Standing, strip: tuple[connector_card.Square, ...]) -> connector_card.Shown:
        key = one.connector.key
        asked = self._asked.get(key, "")
        held = self._held.get(key)
        if asked and held is not None and held.asked == asked:
            return held  # whoever writes a reason keeps what they wrote
        shown = connector_card.Shown(
            one,
            strip,
            may_check=self._place.may(CHECKERS),
            may_switch=self._place.may(KEEPERS),
            asked=asked,
            is_busy=self._pressing.busy == key and not asked,
        )
        self._held[key] = shown
        return shown

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _draw_card(self, shown: connector_card.Shown) -> None:
        connector_card.draw(self._place, shown, lambda what, why: self._press(shown.standing, what, why))

    # what is done

    async def _press(self, one: Standing, what: str, why: str) -> None:
        room, tenant_id, by = self._place.house.rooms.connectors, self._place.tenant_id, self._place.visitor
        key = one.connector.key
        if what == "check":
            await self._pressing.do(key, lambda: room.check(tenant_id, key, by), "ok_check", CHECKERS)
        elif what == "disable":
            await self._pressing.do(key, lambda: room.disable(tenant_id, key, by, why), "ok_disable", KEEPERS)
        elif what == "enable":
            await self._pressing.do(key, lambda: room.enable(tenant_id, key, by, why), "ok_enable", KEEPERS)
        else:
            asked = what.removeprefix("ask:")
            self._asked[key] = "" if self._asked.get(key) == asked else asked
            await self._place.act(self._look())


# What somebody must look at first.
_ORDER = (
    *(State.AUTH_FAILED, State.DOWN, State.DEGRADED, State.UNKNOWN, State.DISABLED, State.OK),
    State.NOT_CONFIGURED,
)
