"""
What proves afterwards what happened: the chain of the audit log, and the packs that were made of it.

Rule 1: a check is a press, shows how far it is, and its result says when it was made and of how much.
Rule 2: nothing here changes a pack; a correction is a new one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nicegui import background_tasks, ui
from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console import pack_card
from admin.console.draw import Part, Rows, button, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.states import empty
from admin.console.times import day_and_clock
from bot.errors import BadRequest, DealixError
from bot.evidence.blocks import Anchor
from bot.evidence.chain import ChainReport
from bot.evidence.exports import as_json, as_page, as_zip
from bot.evidence.packs import Pack, PackType, Verdict
from bot.evidence.words import BREAKS_AR, BREAKS_EN, TYPE_WORDS

READERS = ("admin", "approver", "executive", "dpo")

PACKS_SHOWN = 40
ANCHORS_SHOWN = 5

# What can be made of records today; the others say why not when they are asked for over the API.
MADE = (PackType.DEAL_CLOSURE, PackType.INCIDENT_RESPONSE, PackType.COMPLIANCE_AUDIT)

SHOW_EVERY_SECONDS = 0.2

_FORM = (
    "() => emit([document.querySelector('[data-pack-type]').value,"
    " document.querySelector('[data-pack-entity]').value])"
)


@dataclass(frozen=True, slots=True)
class _Chain:
    """What stands in the sheet of the chain."""

    report: ChainReport | None
    at: datetime | None
    done: int
    total: int
    is_walking: bool
    anchors: tuple[Anchor, ...]


class EvidencePage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._room = place.house.trust.evidence
        self._open = query.get("pack", "")
        self._verdicts: dict[str, Verdict] = {}
        self._reviewing = False
        self._report: ChainReport | None = None
        self._walked_at: datetime | None = None
        self._progress = (0, 0)
        self._walk: asyncio.Task[None] | None = None
        self._anchors: tuple[Anchor, ...] = ()
        self._watch = Watch(place, self._look, every=4.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "evidence"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            with put("div", "columns turned"):
                with put("div", "main grow-in"):
                    with put("div", "sheet-head"):
                        put("h2", text=say("packs"))
                    self._none: Part[bool] = Part(put("div"), self._draw_none)
                    self._packs: Rows[pack_card.Shown] = Rows(put("div", "queue"), self._draw_pack)
                with put("aside", "side"):
                    self._chain: Part[_Chain] = Part(put("section", "sheet"), self._draw_chain)
                    self._form: Part[bool] = Part(put("section", "sheet"), self._draw_form)

    async def open(self) -> None:
        self._place.client.on_delete(self._stop)
        self._watch.start()

    def _stop(self) -> None:
        if self._walk is not None:
            self._walk.cancel()

    async def _look(self) -> None:
        place, packs = self._place, self._room.packs
        place.require(*READERS)
        found = await packs.listed(place.tenant_id, "", "", PACKS_SHOWN)
        self._anchors = tuple(await self._room.anchors.stored(place.tenant_id))[-ANCHORS_SHOWN:]
        self._none.show(not found)
        self._packs.show([(pack.id, await self._shown(pack)) for pack in found])
        self._show_chain()
        self._form.show(place.may(READERS))

    def _show_chain(self) -> None:
        done, total = self._progress
        is_walking = self._walk is not None
        self._chain.show(_Chain(self._report, self._walked_at, done, total, is_walking, self._anchors))

    async def _shown(self, pack: Pack) -> pack_card.Shown:
        packs, is_open = self._room.packs, pack.id == self._open
        return pack_card.Shown(
            pack,
            await packs.status(pack),
            await packs.review_of(pack),
            self._verdicts.get(pack.id),
            is_open,
            is_open and self._reviewing,
        )

    # what is shown

    def _draw_none(self, is_empty: bool) -> None:
        if is_empty:
            with put("div", "sheet"):
                empty("shield", self._place.say("no_packs"), self._place.say("no_packs_hint"))

    def _draw_pack(self, shown: pack_card.Shown) -> None:
        pack = shown.pack
        hands = pack_card.Hands(
            turn=lambda: self._turn(pack.id),
            verify=lambda: self._do(lambda: self._verify(pack)),
            ask=self._ask,
            review=lambda note: self._do(lambda: self._review(pack, note), "ok_reviewed"),
            take=lambda form: self._do(lambda: self._take(pack, form)),
        )
        pack_card.draw(self._place, shown, hands)

    def _draw_chain(self, chain: _Chain) -> None:
        say = self._place.say
        with put("div", "sheet-head"):
            put("h2", text=say("chain"))
        put("p", "faint tiny", say("chain_is"))
        if chain.is_walking:
            put("p", "chip-is blue", say("walking", done=chain.done, total=chain.total or "…"), data_walking="")
            put("progress", value=chain.done, max=max(chain.total, 1), aria_label=say("chain"))
        else:
            button(say("walk"), self._begin_walk, look="main", picture="shield", data_walk="")
        if chain.report is not None and chain.at is not None:
            self._draw_report(chain.report, chain.at)
        put("h4", text=say("anchors"))
        put("p", "faint tiny", say("anchors_are"))
        if not chain.anchors:
            put("p", "faint", say("no_anchors"))
        for anchor in reversed(chain.anchors):
            with put("div", "alert-row"):
                put("span", "code", f"{anchor.seq}:{anchor.hash}", dir="ltr")
                put("span", "faint tiny", day_and_clock(anchor.at))

    def _draw_report(self, report: ChainReport, at: datetime) -> None:
        say, broken = self._place.say, report.first_broken
        look = "stand good" if broken is None else "stand bad"
        words = say("chain_good") if broken is None else say("chain_bad", n=broken.block)
        put("p", look, words, data_chain="valid" if broken is None else broken.kind.value)
        if broken is not None:
            told = BREAKS_AR if self._place.language == "ar" else BREAKS_EN
            put("p", text=told[broken.kind])
            if broken.entry_id:
                put("p", "code", broken.entry_id, dir="ltr")
        with put("dl", "facts"):
            for name, value in (
                ("checked_at", day_and_clock(at)),
                ("blocks", str(report.blocks)),
                ("entries", str(report.entries)),
                ("erased", str(report.erased)),
                ("unsealed", str(report.waiting)),
                ("compared", str(report.anchors)),
            ):
                put("dt", text=say(f"chain_{name}"))
                put("dd", text=value, dir="auto")

    def _draw_form(self, may: bool) -> None:
        if not may:
            return
        say = self._place.say

        async def pressed(event: GenericEventArguments) -> None:
            pack_type, entity = event.args
            await self._do(lambda: self._assemble(pack_type, entity.strip()), "ok_assembled")

        with put("div", "sheet-head"):
            put("h2", text=say("new_pack"))
        put("p", "faint tiny", say("new_pack_is"))
        with put("div", "lend-form"):
            with put("label"):
                put("span", text=say("pack_type"))
                with put("select", "pick", data_pack_type=""):
                    for pack_type in MADE:
                        put("option", text=TYPE_WORDS[self._place.language][pack_type], value=pack_type.value)
            with put("label"):
                put("span", text=say("pack_entity_is"))
                put("input", "pick", data_pack_entity="", dir="ltr", maxlength="200")
            made = button(say("assemble"), look="main", data_assemble="")
            made.on("click", pressed, js_handler=_FORM)

    # what is done

    async def _turn(self, pack_id: str) -> None:
        self._open = "" if self._open == pack_id else pack_id
        self._reviewing = False
        self._place.remember(pack=self._open)
        await self._place.act(self._look())

    async def _ask(self) -> None:
        self._reviewing = not self._reviewing
        await self._place.act(self._look())

    async def _do(self, work: Callable[[], Awaitable[Any]], done: str = "") -> None:
        async def doing() -> None:
            self._place.require(*READERS)
            await work()

        await self._place.act(doing(), done)
        await self._place.act(self._look())

    async def _verify(self, pack: Pack) -> None:
        self._verdicts[pack.id] = await self._room.packs.verify(self._place.tenant_id, pack.id)

    async def _review(self, pack: Pack, note: str) -> None:
        await self._room.packs.review(self._place.tenant_id, pack.id, self._place.visitor, note)
        self._reviewing = False

    async def _take(self, pack: Pack, form: str) -> None:
        """Give the pack to the browser as a file."""
        place, packs = self._place, self._room.packs
        key, beside = packs.key_of(pack), await packs.texts(pack)
        await place.house.trust.audit.note(
            place.tenant_id, "evidence_pack_exported", place.visitor, pack=pack.id, format=form
        )
        content: bytes | str = {
            "json": lambda: as_json(pack, beside, key),
            "html": lambda: as_page(pack, beside, key, place.language),
            "zip": lambda: as_zip(pack, beside, key),
        }[form]()
        with place.client:
            ui.download(content.encode() if isinstance(content, str) else content, f"pack-{pack.seq}.{form}")

    async def _assemble(self, pack_type: str, entity: str) -> None:
        if not entity:
            raise BadRequest("say about what: the id of a record", "حدد عن ماذا: معرّف السجل")
        pack = await self._room.packs.assemble(self._place.tenant_id, pack_type, entity, self._place.visitor)
        self._open = pack.id
        self._place.remember(pack=pack.id)

    def _begin_walk(self) -> None:
        if self._walk is None:
            self._progress = (0, 0)
            self._walk = background_tasks.create(self._walking(), name="evidence walk")
            self._show_chain()

    async def _walking(self) -> None:
        place = self._place
        shown = asyncio.get_running_loop().time()

        def progress(done: int, total: int) -> None:
            nonlocal shown
            self._progress = (done, total)
            now = asyncio.get_running_loop().time()
            if now - shown > SHOW_EVERY_SECONDS:
                shown = now
                with place.client:
                    self._show_chain()

        try:
            place.require(*READERS)
            self._report = await self._room.verify_chain(place.tenant_id, progress=progress)
            self._walked_at = place.now()
        except DealixError as refused:
            place.tell(place.message(refused), is_bad=True)
        except ValueError:
            place.tell(place.say("anchors_unreadable"), is_bad=True)
        except place.house.store.unreachable:
            place.tell(place.say("database_away"), is_bad=True)
        finally:
            self._walk = None
        with place.client:
            self._show_chain()
