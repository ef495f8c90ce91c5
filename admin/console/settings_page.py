"""
The settings of a tenant: its people, its keys, who stands in for whom, how much may leave, and what is settled.

Rule 1: one section at a time, and each is read by those who may read the same over the API.
Rule 2: only an admin changes anything; what cuts somebody off is asked once more. What is done here is done, and
        noted in the audit log, by the same rooms as over the API.
Rule 3: a secret that is shown once leaves the page with whoever made it, or when it is put away.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from starlette.datastructures import QueryParams

from admin.console import settings_facts, settings_keys, settings_lent, settings_people, settings_read
from admin.console.draw import Part, Rows, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.pressing import Pressing
from admin.console.settings_facts import Group
from admin.console.settings_keys import Key, NewKey, Secret, Wanted
from admin.console.settings_lent import Lent
from admin.console.settings_people import NewPerson, Person
from admin.console.settings_read import KEEPERS, PEOPLE, SECTIONS, Looking, Shown
from admin.console.states import empty, loading
from admin.console.tiles import Tile, draw_tiles
from bot.access.kept import MachineKey
from bot.access.user import User
from bot.authority.mandates import Delegation
from bot.errors import BadRequest


class SettingsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        wanted = query.get("show", "")
        first = next((name for name, readers in SECTIONS.items() if place.may(readers)), "settled")
        self._show = wanted if wanted in SECTIONS else first
        self._asked: dict[str, str] = {}
        self._pressing = Pressing(place, self._look, lambda name: self._asked.pop(name, None))
        self._secret: Secret | None = None
        self._form = 0
        self._watch = Watch(place, self._look, every=4.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "settings"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            self._tiles: Part[tuple[tuple[Tile, ...], str]] = Part(put("div"), self._draw_tiles)
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            self._rows: Rows[Shown] = Rows(put("div", "setting-rows"), self._draw)
        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        if not self._place.may(PEOPLE):
            self._wait.show(False)  # nothing will come; the notice above says why
        self._place.require(*PEOPLE)
        place, state = self._place, Looking(self._form, self._pressing.busy, self._asked, self._secret)
        tiles = tuple([await settings_read.tile(place, name) for name in SECTIONS])
        rows = await settings_read.section(place, self._show, state)
        self._wait.show(False)
        self._tiles.show((tiles, self._show))
        self._rows.show(rows)

    # what is shown

    def _draw_tiles(self, state: tuple[tuple[Tile, ...], str]) -> None:
        draw_tiles(*state, self._choose)

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _draw(self, shown: Shown) -> None:
        place = self._place
        match shown:
            case Person(user=user):
                settings_people.draw(place, shown, lambda what, words: self._press_user(user, what, words))
            case NewPerson():
                settings_people.draw_new(place, shown, self._add)
            case Key(key=key):
                settings_keys.draw(place, shown, lambda what: self._press_key(key, what))
            case NewKey():
                settings_keys.draw_new(place, self._make)
            case Secret():
                copied = place.say("ok_copied")
                settings_keys.draw_secret(place, shown, lambda: place.tell(copied), self._put_away)
            case Lent(lent=lent):
                settings_lent.draw(place, shown, lambda what: self._press_lent(lent, what))
            case Group():
                settings_facts.draw(place, shown)
            case str():
                with put("div", "sheet"):
                    hint = (
                        place.needs(SECTIONS[self._show]) if shown == "not_yours" else place.say(f"{shown}_hint")
                    )
                    empty("check", place.say(shown), hint)

    # what is done

    async def _choose(self, show: str) -> None:
        self._show = show
        self._asked.clear()
        self._place.remember(show=show)
        await self._place.act(self._look())

    async def _press_user(self, user: User, what: str, words: tuple[str, ...]) -> None:
        who, tenant_id, by = self._place.house.trust.who, self._place.tenant_id, self._place.visitor
        works: dict[str, Callable[[], Awaitable[Any]]] = {
            "roles": lambda: who.users.set_roles(tenant_id, user.id, frozenset(words), by),
            "code": lambda: self._code(user),
            "deactivate": lambda: who.users.deactivate(tenant_id, user.id, by),
            "activate": lambda: who.users.activate(tenant_id, user.id, by),
            "unbind": lambda: who.users.unbind_telegram(tenant_id, user.id, by),
            "log_out": lambda: who.reception.leave_everywhere(tenant_id, user.human, by),
        }
        await self._pressed(user.id, what, works, KEEPERS)

    async def _press_key(self, key: MachineKey, what: str) -> None:
        keys, tenant_id, by = self._place.house.trust.who.keys, self._place.tenant_id, self._place.visitor
        await self._pressed(key.id, what, {"revoke": lambda: keys.revoke(tenant_id, key.id, by)}, KEEPERS)

    async def _press_lent(self, lent: Delegation, what: str) -> None:
        place = self._place
        delegations, roles = place.house.trust.authority.delegations, tuple(place.roles)
        works = {"end": lambda: delegations.revoke(place.tenant_id, lent.id, place.visitor, roles)}
        await self._pressed(lent.id, what, works, PEOPLE)

    async def _pressed(
        self, name: str, what: str, works: dict[str, Callable[[], Awaitable[Any]]], roles: tuple[str, ...]
    ) -> None:
        """`ask:revoke` opens the question, and again closes it; `revoke` does it."""
        if what.startswith("ask:"):
            asked = what.removeprefix("ask:")
            self._asked[name] = "" if self._asked.get(name) == asked else asked
            await self._place.act(self._look())
        else:
            await self._pressing.do(name, works[what], f"ok_{what}", roles)

    async def _add(self, name: str, email: str, roles: tuple[str, ...]) -> None:
        place = self._place

        async def work() -> None:
            await place.house.trust.who.users.add(
                place.tenant_id, name, frozenset(roles), place.visitor, email=email
            )
            self._form += 1

        await self._pressing.do("new", work, "ok_added", KEEPERS)

    async def _make(self, wanted: Wanted) -> None:
        place = self._place

        async def work() -> None:
            key, token = await place.house.trust.who.keys.create(
                place.tenant_id, wanted.name, wanted.roles, wanted.scopes, _days(wanted.days), place.visitor
            )
            self._secret = Secret("key", key.name, token)
            self._form += 1

        await self._pressing.do("new", work, "ok_made", KEEPERS)

    async def _code(self, user: User) -> None:
        place = self._place
        code = await place.house.trust.who.users.bind_code(place.tenant_id, user.id, place.visitor)
        self._secret = Secret("code", user.name, f"/bind {code}")

    async def _put_away(self) -> None:
        self._secret = None
        await self._place.act(self._look())


def _days(typed: str) -> timedelta:
    """Raises BadRequest."""
    if not (typed.isdecimal() and typed.isascii() and len(typed) <= 4):
        raise BadRequest("say for how many days as a whole number", "اكتب عدد الأيام رقمًا صحيحًا")
    return timedelta(days=int(typed))
