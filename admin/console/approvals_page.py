"""
Everything that waits for a person, whatever it is about: the same list, numbers and functions as in Telegram and
over HTTP.

Rule 1: the tiles count what the list shows when one presses them.
Rule 2: what a visitor may not decide has no button; the sentence in its place says who may.
Rule 3: a card in which somebody writes is not redrawn under the hand.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.datastructures import QueryParams

from admin.console import approval_side, request_card
from admin.console.approval_side import Side
from admin.console.card_face import Face, Hands, draw_waiting, face_of
from admin.console.draft_deeds import DraftDeeds
from admin.console.draw import Part, Rows, button, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.pressing import Pressing
from admin.console.request_card import Asked
from admin.console.states import empty
from admin.console.tiles import Tile, draw_tiles
from bot.authority.approval import ApprovalStatus
from bot.authority.approval_view import ApprovalView, Stats
from bot.cards import Action, Card

DECIDERS = ("approver", "admin", "dpo")

# What a page shows of the past; the rest is read over the API.
DECIDED_SHOWN = 40

FILTERS = ("waiting", "mine", "late", "decided")


class ApprovalsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._rooms = place.house.trust.authority
        wanted = query.get("show", "")
        self._show = wanted if wanted in FILTERS else "waiting"
        self._open = query.get("approval", "")
        self._modes: dict[str, str] = {}
        self._held: dict[str, Face] = {}
        self._pressing = Pressing(place, self._look, lambda name: self._modes.pop(name, None))
        self._deeds = DraftDeeds(place)
        self._watch = Watch(place, self._look)

    def build(self) -> None:
        say = self._place.say
        with put("div", "approvals"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._tiles: Part[tuple[tuple[Tile, ...], str]] = Part(put("div"), self._draw_tiles)
            with put("div", "columns turned"):
                with put("div", "main"):
                    self._none: Part[str] = Part(put("div"), self._draw_none)
                    self._rows: Rows[Face | Asked] = Rows(put("div", "queue"), self._draw_row)
                with put("aside", "side"):
                    self._side: Part[Side] = Part(put("div"), self._draw_side)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place, centre = self._place, self._rooms.centre
        views = await centre.list(place.tenant_id)
        stats = await centre.stats(place.tenant_id)
        mine = {v.id for v in await centre.waiting_for(place.tenant_id, place.visitor, tuple(place.roles))}
        cards = {card.draft_id: card for card in await place.house.approvals.queue(place.tenant_id)}
        shown = [view for view in views if self._is_wanted(view, mine)][:DECIDED_SHOWN]
        self._tiles.show((self._tiles_of(stats, len(mine)), self._show))
        self._none.show("" if shown else self._show)
        self._rows.show([(view.id, self._row(view, cards.get(view.id), view.id in mine)) for view in shown])
        self._side.show(await approval_side.read(place))

    def _is_wanted(self, view: ApprovalView, mine: set[str]) -> bool:
        is_open = view.status is ApprovalStatus.PENDING
        match self._show:
            case "mine":
                return view.id in mine
            case "late":
                return is_open and view.level >= 2
            case "decided":
                return not is_open
            case _:
                return is_open

    def _row(self, view: ApprovalView, card: Card | None, is_mine: bool) -> Face | Asked:
        mode = self._modes.get(view.id, "")
        if mode == "edit" and view.id in self._held:
            return self._held[view.id]
        if card is not None and view.status is ApprovalStatus.PENDING:
            face = face_of(self._place, replace(card, actions=self._actions(card, is_mine)), mode)
            if mode == "edit":
                self._held[view.id] = face = replace(face, deadline="", expiry="")
            return face
        is_asker = view.requested_by.id == self._place.visitor.id or self._place.may(("admin",))
        return request_card.asked_of(
            self._place,
            view,
            may_decide=is_mine,
            may_cancel=is_asker and view.status is ApprovalStatus.PENDING and view.source == "centre",
            is_open=view.id == self._open,
            mode=mode,
            is_busy=self._pressing.busy == view.id,
        )

    def _actions(self, card: Card, is_mine: bool) -> tuple[Action, ...]:
        """Whoever stands in for somebody decides; the rest takes the role itself."""
        if is_mine and not self._place.may(DECIDERS[:2]):
            return tuple(action for action in card.actions if action in (Action.APPROVE, Action.REJECT))
        return card.actions if is_mine else ()

    # what is shown

    def _tiles_of(self, stats: Stats, mine: int) -> tuple[Tile, ...]:
        say = self._place.say
        hours = stats.avg_resolution_hours
        return (
            Tile("waiting", say("tile_waiting"), str(stats.total_pending), say("tile_waiting_is")),
            Tile("mine", say("tile_mine"), str(mine), say("tile_mine_is")),
            Tile(
                "late", say("tile_late"), str(stats.sla_breach), say("tile_late_is"), is_bad=stats.sla_breach > 0
            ),
            Tile(
                "decided",
                say("tile_time"),
                say("no_data") if hours is None else say("hours_n", n=f"{hours:.1f}"),
                say("tile_time_is", n=stats.resolved),
            ),
        )

    def _draw_tiles(self, state: tuple[tuple[Tile, ...], str]) -> None:
        tiles, chosen = state
        draw_tiles(tiles, chosen, self._choose)

    def _draw_none(self, show: str) -> None:
        if show:
            with put("div", "sheet"):
                empty("check", self._place.say(f"none_{show}"), self._place.say(f"none_{show}_hint"))
                if show != "waiting":
                    button(self._place.say("tile_waiting"), lambda: self._choose("waiting"))

    def _draw_row(self, row: Face | Asked) -> None:
        if isinstance(row, Face):
            deeds = self._deeds
            draw_waiting(
                self._place,
                row,
                Hands(deeds.act, self._turn, self._save, deeds.reject, self._snooze, None),
            )
            if not row.card.actions:
                put("p", "faint tiny", self._place.needs(DECIDERS[:2]))
        else:
            request_card.draw(self._place, row, self._hands(row.view))

    def _draw_side(self, side: Side) -> None:
        approval_side.draw(self._place, side, self._watch.at_once)

    # what is done

    async def _choose(self, show: str) -> None:
        self._show = show if show in FILTERS else "waiting"
        self._place.remember(show="" if self._show == "waiting" else self._show)
        await self._place.act(self._look())

    def _turn(self, card: Card, mode: str) -> None:
        """Open one of the questions of a draft's card, or close it."""
        before = self._modes.get(card.draft_id, "")
        self._modes[card.draft_id] = f"after {before}" if mode in ("", before) else mode
        if self._modes[card.draft_id] != "edit":
            self._held.pop(card.draft_id, None)
        self._watch.at_once()

    async def _save(self, card: Card, text: str) -> None:
        if await self._deeds.save(card, text):
            self._turn(card, "")

    async def _snooze(self, card: Card, minutes: int) -> None:
        if await self._deeds.snooze(card, minutes):
            self._turn(card, "")

    def _hands(self, view: ApprovalView) -> Mapping[str, Callable[..., Awaitable[None]]]:
        place, centre = self._place, self._rooms.centre
        who, roles = place.visitor, tuple(place.roles)

        def does(done: str, work: Callable[[str], Awaitable[Any]]) -> Callable[..., Awaitable[None]]:
            async def pressed(note: str = "") -> None:
                await self._pressing.do(view.id, lambda: work(note), done)

            return pressed

        async def ask(what: str) -> None:
            self._modes[view.id] = "" if self._modes.get(view.id) == what else what
            await place.act(self._look())

        async def turn() -> None:
            self._open = "" if self._open == view.id else view.id
            place.remember(show="" if self._show == "waiting" else self._show, approval=self._open)
            await place.act(self._look())

        return {
            "ask": ask,
            "turn": turn,
            "approve": does(
                "ok_yes", lambda note: centre.approve(place.tenant_id, view.id, view.v, who, roles, note)
            ),
            "reject": does(
                "ok_no", lambda note: centre.reject(place.tenant_id, view.id, view.v, who, roles, note)
            ),
            "cancel": does(
                "ok_cancelled", lambda note: centre.cancel(place.tenant_id, view.id, view.v, who, roles, note)
            ),
        }
