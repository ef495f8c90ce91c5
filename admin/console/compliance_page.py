"""
How the installation stands against what law and house ask of it: one sentence, the risk map, every control with
what was measured, and what changed from scan to scan.

Rule 1: every number stands with what it counts and when it was measured; what nobody measured says so.
Rule 2: pressing a cell of the map, or a status, shows the controls behind it.
"""

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from admin.console import control_card
from admin.console.draw import Part, Rows, button, gated, put
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.states import empty
from admin.console.tiles import Tile, draw_tiles
from admin.console.times import day_and_clock
from bot.compliance.controls import Category, Risk
from bot.compliance.findings import OPEN, Status
from bot.compliance.posture import Assessment, Cell, Posture, Stand
from bot.compliance.scans import Scan

READERS = ("admin", "dpo", "executive", "approver")
KEEPERS = ("admin", "dpo")

SCANS_SHOWN = 12
_CATEGORIES = tuple(Category)
_RISKS = tuple(Risk)

STANDS = {Stand.COMPLIANT: "good", Stand.PARTIAL: "gold", Stand.AT_RISK: "bad"}


@dataclass(frozen=True, slots=True)
class _Map:
    cells: tuple[Cell, ...]
    chosen: str


class CompliancePage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._room = place.house.trust.compliance
        self._shown = query.get("show", "")
        self._open = query.get("control", "")
        self._attesting = False
        self._scanning = False
        self._watch = Watch(place, self._look, every=5.0)

    def build(self) -> None:
        say = self._place.say
        with put("div", "compliance"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
                self._do: Part[bool] = Part(put("div", "head-do"), self._draw_do)
            self._stand: Part[tuple[Posture, int, str]] = Part(put("div"), self._draw_stand)
            with put("div", "columns turned"):
                with put("div", "main grow-in"):
                    self._head: Part[tuple[str, int]] = Part(put("div"), self._draw_head)
                    self._controls: Rows[control_card.Shown] = Rows(put("div", "queue"), self._draw_control)
                with put("aside", "side"):
                    self._map: Part[_Map] = Part(put("section", "sheet"), self._draw_map)
                    self._history: Part[tuple[Scan, ...]] = Part(put("section", "sheet"), self._draw_history)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place, room = self._place, self._room
        place.require(*READERS)
        posture = await room.posture(place.tenant_id)
        matrix = await room.matrix(place.tenant_id)
        scans = await room.scans(place.tenant_id, SCANS_SHOWN)
        # What somebody must do something about stands first, the worst of it on top.
        shown = sorted((a for a in matrix if self._is_wanted(a)), key=_urgency)
        latest = scans[0].started_at if scans else None
        self._do.show(self._scanning)
        self._stand.show((posture, len(scans), day_and_clock(latest) if latest else ""))
        self._map.show(_Map(await room.risk_heat_map(place.tenant_id), self._shown))
        self._head.show((self._shown, len(shown)))
        self._controls.show([(a.control.id, await self._card(a)) for a in shown])
        self._history.show(tuple(scans))

    def _is_wanted(self, assessment: Assessment) -> bool:
        family, _, name = self._shown.partition(":")
        control = assessment.control
        if family == "status":
            return assessment.status == name
        if family == "cell":
            return assessment.is_open and f"{control.category}/{control.risk}" == name
        return True

    async def _card(self, assessment: Assessment) -> control_card.Shown:
        is_open = assessment.control.id == self._open
        detail = await self._room.control(self._place.tenant_id, assessment.control.id) if is_open else None
        return control_card.Shown(assessment, detail, is_open and self._attesting)

    # what is shown

    def _draw_do(self, is_scanning: bool) -> None:
        say = self._place.say
        if is_scanning:
            put("span", "chip-is blue", say("scanning"), role="status", data_scanning="")
            return
        why_not = "" if self._place.may(KEEPERS) else self._place.needs(KEEPERS)
        gated(say("scan_now"), self._scan, why_not, look="main", picture="search", data_scan="")

    def _draw_stand(self, state: tuple[Posture, int, str]) -> None:
        posture, scans, at = state
        say = self._place.say
        if not scans:
            with put("div", "sheet"):
                empty("shield", say("no_scan"), say("no_scan_hint"))
            return
        counts = posture.counts
        put(
            "p",
            f"stand {STANDS[posture.posture]}",
            say(f"stand_{posture.posture}"),
            data_posture=posture.posture.value,
        )
        applicable = posture.total - counts[Status.NOT_APPLICABLE]
        good = counts[Status.COMPLIANT]
        tiles = [Tile("", say("rate"), f"{posture.rate}%", say("rate_is", good=good, of=applicable, at=at))]
        tiles += [
            Tile(
                f"status:{status}",
                say(f"status_{status}"),
                str(counts[status]),
                say(f"status_{status}_is"),
                is_bad=status is Status.NON_COMPLIANT and counts[status] > 0,
            )
            for status in Status
        ]
        draw_tiles(tiles, self._shown, self._choose)

    def _draw_map(self, state: _Map) -> None:
        say = self._place.say
        found = {(cell.category, cell.risk): cell for cell in state.cells}
        with put("div", "sheet-head"):
            put("h2", text=say("risk_map"))
        put("p", "faint tiny", say("risk_map_is"))
        with put("table", "heat", data_heat=""):
            with put("thead"), put("tr"):
                put("td")
                for risk in _RISKS:
                    put("th", text=say(f"risk_{risk}"), scope="col")
            with put("tbody"):
                for category in _CATEGORIES:
                    if not any(found[category, risk].count for risk in _RISKS):
                        continue
                    with put("tr"):
                        put("th", text=say(f"category_{category}"), scope="row")
                        for risk in _RISKS:
                            self._draw_cell(found[category, risk], state.chosen)
        if not any(cell.count for cell in state.cells):
            put("p", "faint", say("risk_map_empty"))

    def _draw_cell(self, cell: Cell, chosen: str) -> None:
        key = f"cell:{cell.category}/{cell.risk}"
        with put("td"):
            if not cell.count:
                put("span", "heat-none", "·", aria_hidden="true")
                return
            button(
                str(cell.count),
                lambda: self._choose("" if chosen == key else key),
                look=f"heat-cell at-{cell.risk}",
                data_cell=key,
                aria_pressed=str(chosen == key).lower(),
                aria_label=self._place.say(
                    "cell_is",
                    n=cell.count,
                    category=self._place.say(f"category_{cell.category}"),
                    risk=self._place.say(f"risk_{cell.risk}"),
                ),
            )

    def _draw_head(self, state: tuple[str, int]) -> None:
        shown, count = state
        with put("div", "sheet-head"):
            put("h2", text=self._place.say("controls_n", n=count))
            if shown:
                button(self._place.say("show_all"), lambda: self._choose(""), look="quiet small", data_all="")

    def _draw_control(self, shown: control_card.Shown) -> None:
        hands = control_card.Hands(self._turn, self._ask, self._attest)
        control_card.draw(self._place, shown, hands, may_attest=self._place.may(KEEPERS))

    def _draw_history(self, scans: tuple[Scan, ...]) -> None:
        say = self._place.say
        with put("div", "sheet-head"):
            put("h2", text=say("history"))
        if not scans:
            put("p", "faint", say("no_scan"))
        for scan in scans:
            with put("div", "alert-row", data_scan_row=scan.id):
                with put("div", "bench-row"):
                    put("strong", "num", f"{scan.rate}%", dir="ltr")
                    put("span", f"chip-is {STANDS[scan.posture]}", say(f"stand_short_{scan.posture}"))
                    put("span", "faint tiny", day_and_clock(scan.started_at))
                open_now = sum(scan.counts[status] for status in OPEN)
                by = self._place.name_of(scan.by_name) or say("daily")
                put("span", "faint tiny", say("scan_line", open=open_now, by=by))
                for worse in scan.regressions:
                    with put("p", "tiny"):
                        put("span", "code", worse.control_id)
                        before, after = say(f"status_{worse.before}"), say(f"status_{worse.after}")
                        put("span", "bad-words", say("got_worse", before=before, after=after))

    # what is done

    async def _choose(self, shown: str) -> None:
        self._shown = "" if shown == self._shown else shown
        self._remember()
        await self._place.act(self._look())

    def _remember(self) -> None:
        self._place.remember(show=self._shown, control=self._open)

    async def _turn(self, control_id: str) -> None:
        self._open = "" if self._open == control_id else control_id
        self._attesting = False
        self._remember()
        await self._place.act(self._look())

    async def _ask(self) -> None:
        self._attesting = not self._attesting
        await self._place.act(self._look())

    async def _attest(self, control_id: str, words: control_card.Words) -> None:
        async def doing() -> None:
            self._place.require(*KEEPERS)
            await self._room.attest(
                self._place.tenant_id,
                control_id,
                self._place.visitor,
                status=words.status,
                statement=words.statement,
                file_ref=words.file_ref,
                expires_at=words.expires_at,
            )

        if await self._place.act(doing(), "ok_attested"):
            self._attesting = False
        await self._place.act(self._look())

    async def _scan(self) -> None:
        if self._scanning:
            return

        async def doing() -> None:
            self._place.require(*KEEPERS)
            await self._room.scan(self._place.tenant_id, self._place.visitor)

        self._scanning = True
        await self._place.act(self._look())
        try:
            await self._place.act(doing(), "ok_scanned")
        finally:
            self._scanning = False
        await self._place.act(self._look())


def _urgency(assessment: Assessment) -> tuple[bool, int]:
    return not assessment.is_open, _RISKS.index(assessment.control.risk)
