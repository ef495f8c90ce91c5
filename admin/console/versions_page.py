"""
What is in force, what is under way, and what was: publish with a second person, compare, go back.

Rule 1: whoever wrote a change never sees a button by which to agree to it.
Rule 2: what somebody publishes elsewhere shows here within seconds.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.datastructures import QueryParams

from admin.console import change_card, edition_list
from admin.console.book_shelf import ADDED_TO
from admin.console.change_card import Carded
from admin.console.difference import Changed, changed
from admin.console.draw import Part, Rows, put
from admin.console.edition_list import Editions
from admin.console.live import Watch
from admin.console.place import DECIDES, WRITES, Place
from admin.console.pressing import Pressing
from admin.console.states import empty
from admin.console.submission import Submission
from admin.console.wording_file import FileBroken, merged
from bot.workbench.editions import Change, Edition, State

# A busy week of a busy business; older ones are read over the API.
EDITIONS_SHOWN = 40
ENDED_SHOWN = 10


class VersionsPage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._bench = place.house.workbench
        self._open = {query.get("change", "")} - {""}
        self._asking = ""
        self._pressing = Pressing(place, self._look, self._put_away)
        self._submitting = ""
        self._compared: tuple[int, int] | None = None
        self._editions: list[Edition] = []
        self._watch = Watch(place, self._look)
        self._submission = Submission(place, self._watch.at_once, self._jump)

    def build(self) -> None:
        """The frame of the page; nothing of the tenant is in it yet."""
        say = self._place.say
        with put("div", "versions"):
            with put("header", "page-head"):
                put("h1", text=say("versions"))
                put("p", "faint", say("versions_why"))
            self._in_force = Part(
                put("section", "in-force"), lambda e: edition_list.draw_in_force(self._place, e)
            )
            self._submission.build()
            put("h2", "between", say("under_way"))
            self._none = Part(put("div"), self._draw_none)
            self._cards: Rows[Carded] = Rows(put("div", "cards"), self._draw_card, tag="article")
            put("h2", "between", say("history"))
            self._history = Part(put("section", "sheet"), self._draw_history)
            put("h2", "between ended-title", say("ended"))
            self._ended: Rows[Carded] = Rows(put("div", "cards"), self._draw_card, tag="article")

    async def open(self) -> None:
        """Show them, and stay up to date."""
        await self._look()
        self._watch.start()

    async def _look(self) -> None:
        place, bench = self._place, self._bench
        self._editions = await bench.history(place.tenant_id, EDITIONS_SHOWN)
        changes = await bench.changes(place.tenant_id)
        ended = [c for c in await bench.changes(place.tenant_id, is_open=False) if c.state is not State.PUBLISHED]
        cards = [await self._carded(change) for change in changes]
        gone = [await self._carded(change) for change in ended[:ENDED_SHOWN]]
        self._in_force.show(self._now())
        self._none.show(not cards)
        self._cards.show([(card.change.id, card) for card in cards])
        self._history.show((self._now(), self._compared, await self._between(), self._asking))
        self._ended.show([(card.change.id, card) for card in gone])

    def _now(self) -> Editions:
        live = self._bench.live(self._place.tenant_id)
        here = self._place.house.playbooks.edition(self._place.tenant_id)
        return Editions(tuple(self._editions), here, live.version)

    # what is shown

    async def _carded(self, change: Change) -> Carded:
        is_open = change.id in self._open
        is_live = change.state in (State.OPEN, State.SUBMITTED)
        conflicts = await self._bench.conflicts(change) if is_live else ()
        files = await self._differs(change) if is_open else ()
        busy = self._pressing.busy == change.id
        asking = self._asking.partition(":")[2] if self._asking.startswith(f"{change.id}:") else ""
        return Carded(change, change.v, is_open, conflicts, files, asking, busy)

    async def _differs(self, change: Change) -> tuple[Changed, ...]:
        own = await self._bench.own_files(self._place.tenant_id)
        return changed(self._effective(own, change.edits), self._effective(change.over(own), change.edits))

    def _effective(self, own: Mapping[str, str], paths: Mapping[str, Any]) -> dict[str, str]:
        """The text that counts at each path: the tenant's own, else ours where hers would stand in its place."""
        shipped = self._bench.shipped_files()
        found = {
            path: own.get(path) if _adds(path) else own.get(path, shipped.get(path)) for path in {*own, *paths}
        }
        return {path: text for path, text in found.items() if text is not None}

    async def _between(self) -> tuple[Changed, ...]:
        if self._compared is None:
            return ()
        before, after = [await self._bench.own_files(self._place.tenant_id, n) for n in self._compared]
        every = {**dict.fromkeys(before), **dict.fromkeys(after)}
        return changed(self._effective(before, every), self._effective(after, every))

    def _draw_none(self, is_empty: bool) -> None:
        if is_empty:
            with put("div", "sheet"):
                empty("edit", self._place.say("no_changes"), self._place.say("no_changes_hint"))

    def _draw_card(self, card: Carded) -> None:
        change_card.draw(self._place, card, self._hands(card.change))

    def _draw_history(self, state: tuple[Editions, tuple[int, int] | None, tuple[Changed, ...], str]) -> None:
        editions, compared, between, asking = state
        hands = {"compare": self._compare, "ask": self._ask, "roll_back": self._roll_back}
        edition_list.draw_history(self._place, editions, compared, between, asking, hands)

    def _hands(self, change: Change) -> dict[str, Callable[..., Awaitable[None]]]:
        bench, place = self._bench, self._place
        tenant_id = place.tenant_id

        def does(roles: tuple[str, ...], done: str, work: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
            async def pressed(*args: Any) -> None:
                await self._pressing.do(change.id, lambda: work(*args), done, roles)

            return pressed

        async def submit() -> None:
            self._submitting = change.id
            await self._submission.submit(change)

        async def turn() -> None:
            self._open ^= {change.id}
            place.remember(change=change.id if change.id in self._open else "")
            await place.act(self._look())

        async def ask(what: str) -> None:
            await self._ask(f"{change.id}:{what}" if what else "")

        return {
            "turn": turn,
            "ask": ask,
            "submit": submit,
            "agree": does(
                DECIDES, "ok_agreed", lambda: bench.agree(tenant_id, change.id, place.visitor, change.v)
            ),
            "refuse": does(
                DECIDES, "ok_refused", lambda why: bench.refuse(tenant_id, change.id, place.visitor, why)
            ),
            "withdraw": does(WRITES, "ok_withdrawn", lambda: bench.withdraw(tenant_id, change.id, place.visitor)),
            "reopen": does(WRITES, "ok_reopened", lambda: bench.reopen(tenant_id, change.id)),
            "update": does(WRITES, "ok_updated", lambda: self._bring_up_to_date(change.id)),
        }

    # what is done

    def _put_away(self, _name: str) -> None:
        self._asking = ""

    async def _bring_up_to_date(self, change_id: str) -> None:
        """Let a change stand on what is in force now; sentences that others wrote beside its own stay theirs."""
        bench, tenant_id = self._bench, self._place.tenant_id
        change = await bench.change(tenant_id, change_id)
        base = await bench.own_files(tenant_id, change.base_number)
        theirs = await bench.own_files(tenant_id)
        for path in await bench.conflicts(change):
            if not path.startswith("wording/"):
                continue
            try:
                text = merged(base.get(path, ""), change.edits[path] or "", theirs.get(path, ""))
            except FileBroken:
                continue  # somebody mends it as text, in the book
            change = await bench.edit(tenant_id, change.id, change.v, path, text, self._place.visitor)
        await bench.bring_up_to_date(tenant_id, change.id, change.v)

    async def _ask(self, what: str) -> None:
        self._asking = what
        await self._place.act(self._look())

    async def _compare(self, before: int, after: int) -> None:
        self._compared = None if self._compared == (before, after) else (before, after)
        await self._place.act(self._look())

    async def _roll_back(self, number: int, reason: str) -> None:
        place = self._place

        async def back() -> None:
            await self._bench.roll_back(place.tenant_id, number, place.visitor, reason)

        await self._pressing.do(f"edition {number}", back, "ok_rolled_back", DECIDES)

    def _jump(self, path: str, line: int) -> None:
        """A problem leads to its line in the book."""
        self._place.go("book", page=path, line=str(line), change=self._submitting)


def _adds(path: str) -> bool:
    """Whether a tenant's file of this path adds to ours instead of taking its place."""
    return path in ADDED_TO or path.startswith("wording/")
