"""
The executive room: how the business stands and why, five numbers, the stages, forecast against actual, what waits
for a decision, and the signed pack of each week.

Rule 1: every number is one of the dictionary, as the API shows it; one that is not known is grey and says so.
Rule 2: nothing here decides anything; a decision is taken where approvals are.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from nicegui import ui
from starlette.datastructures import QueryParams

from admin.console.draw import Part, button, put
from admin.console.executive_parts import (
    WHOLE,
    Bar,
    BarRow,
    Colour,
    Figure,
    PackRow,
    Waiting,
    draw_bars,
    draw_colour,
    draw_five,
    draw_groups,
    draw_packs,
    draw_waiting,
)
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.states import loading
from admin.console.times import day_and_clock, span
from bot.evidence.exports import as_json, as_zip
from bot.evidence.packs import Pack
from bot.executive.contents import entries
from bot.executive.page import as_page
from bot.executive.room import State
from bot.executive.sources import GROUPS
from bot.executive.weekly import HEADLINES, blocker
from bot.executive.words import HEALTH, change, days, pick, share, told
from bot.forecast.accuracy import Accuracy
from bot.forecast.room import Unified
from bot.metrics.dictionary import METRICS, Block
from flows.deal import STAGES

READERS = ("admin", "executive", "approver")

LOOK_EVERY_SECONDS = 10.0
DECISIONS_SHOWN, PACKS_SHOWN = 8, 12


class ExecutivePage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        self._watch = Watch(place, self._look, LOOK_EVERY_SECONDS)

    def build(self) -> None:
        place = self._place
        with put("div", "executive"):
            with put("header", "page-head"):
                put("h1", "page-title", place.say("heading"))
                put("p", "faint", place.say("lead"))
                button(
                    place.say("print"), lambda: ui.run_javascript("window.print()"), look="quiet", data_print=""
                )
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            self._colour: Part[Colour] = Part(put("div"), lambda v: draw_colour(place, v))
            self._five: Part[tuple[str, tuple[Figure, ...]]] = Part(put("div"), lambda v: draw_five(place, v))
            with put("div", "exec-two"):
                self._funnel: Part[tuple[BarRow, ...]] = Part(put("div"), lambda v: draw_bars(place, "funnel", v))
                self._trend: Part[tuple[BarRow, ...] | None] = Part(
                    put("div"), lambda v: draw_bars(place, "trend", v)
                )
            with put("div", "exec-two"):
                self._waiting: Part[tuple[int, tuple[Waiting, ...]]] = Part(
                    put("div"), lambda v: draw_waiting(place, v)
                )
                self._packs: Part[tuple[PackRow, ...]] = Part(
                    put("div"), lambda v: draw_packs(place, v, self._fetch)
                )
            self._groups: Part[tuple[tuple[str, tuple[Figure, ...]], ...]] = Part(
                put("div"), lambda v: draw_groups(place, v)
            )
        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place = self._place
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        room = place.house.rooms.executive
        state = await room.state(place.tenant_id)
        packs = list(await room.listed(place.tenant_id))[:PACKS_SHOWN]
        counts = await place.house.store.conversations.count_by_stage(place.tenant_id)
        values: dict[str, int] = {}
        for deal in state.open_deals or ():
            values[deal.stage] = values.get(deal.stage, 0) + deal.rest_halalas
        waiting = await room.pending(place.tenant_id)
        self._wait.show(False)
        self._colour.show(self._coloured(state))
        self._five.show(self._headlines(state, packs))
        self._funnel.show(self._stages(counts, values))
        self._trend.show(self._months(state.months, state.accuracy))
        rows = tuple(self._decision(v.id, v.kind, v.due_at, room.now()) for v in waiting[:DECISIONS_SHOWN])
        self._waiting.show((len(waiting), rows))
        self._packs.show(tuple(_packed(pack) for pack in packs))
        self._groups.show(
            tuple(
                (group, tuple(self._figure(state.blocks[metric]) for _, metric in names))
                for group, names in GROUPS.items()
            )
        )

    # what is shown

    def _coloured(self, state: State) -> Colour:
        language = self._place.language
        share = f"{Decimal(state.confidence) * WHOLE:.0f}%"
        reasons = [(one, blocker(one)) for one in state.rag.reasons]
        return Colour(
            key=state.rag.overall.value,
            as_of=self._place.say("as_of", at=day_and_clock(state.at), share=share),
            reasons=tuple(
                (one.colour.value, said.sentence_ar if language == "ar" else said.sentence_en)
                for one, said in reasons
            ),
            lines=tuple(
                (
                    one.colour.value,
                    one.line.title_ar if language == "ar" else one.line.title,
                    told(one.value, METRICS[one.line.metric].unit.value, language),
                )
                for one in state.rag.lines
            ),
        )

    def _headlines(self, state: State, packs: list[Pack]) -> tuple[str, tuple[Figure, ...]]:
        if not packs:
            figures = (self._figure(state.blocks[name], self._place.say("no_change")) for name in HEADLINES)
            return self._place.say("of_now"), tuple(figures)
        week = entries(packs[0], "week")[0]
        told_then = {one["definition_id"]: one for one in entries(packs[0], "numbers")}
        means = self._place.say("of_week", days=days(week["first_day"], week["last_day"]))
        return means, tuple(self._stored(told_then[name]) for name in HEADLINES if name in told_then)

    def _stored(self, one: dict[str, str]) -> Figure:
        language, metric = self._place.language, METRICS[one["definition_id"]]
        moved = change(one["change"], one["unit"], language)
        return Figure(
            key=metric.id,
            name=metric.name(language),
            value=told(one["value"], one["unit"], language),
            note=moved or self._place.say("no_change"),
            is_known=one["value"] is not None,
            window=one["window"],
            meaning=metric.definition(language),
        )

    def _figure(self, block: Block, note: str = "") -> Figure:
        language, metric = self._place.language, METRICS[block.definition_id]
        is_known = block.value is not None
        value = told(block.value, block.unit.value, language)
        return Figure(
            key=metric.id,
            name=metric.name(language),
            value=value if is_known else self._place.say(block.status.value),
            note=note,
            is_known=is_known,
            window=self._place.say("now") if block.window == "now" else block.window,
            meaning=metric.definition(language),
        )

    def _stages(self, counts: dict[str, int], values: dict[str, int]) -> tuple[BarRow, ...]:
        most = max(counts.values(), default=0)
        if not most:
            return ()
        place = self._place
        return tuple(
            BarRow(
                key=stage,
                name=place.words("stage", stage),
                bars=(Bar("people", _part(counts.get(stage, 0), most), f"{counts.get(stage, 0):,}"),),
                note=told(values[stage], "halalas", place.language) if stage in values else "",
            )
            for stage in STAGES
        )

    def _months(self, months: tuple[Unified, ...] | None, right: Accuracy | None) -> tuple[BarRow, ...] | None:
        """None where they could not be computed."""
        if months is None or right is None:
            return None
        frozen = [m.at_start.outlook.forecast_halalas if m.at_start else None for m in months]
        known = [m.revenue.actual_halalas for m in months if m.has_data] + [f for f in frozen if f is not None]
        known += [m.target.value for m in months if m.target]
        most = max(known, default=0)
        if most <= 0:
            return ()
        rows = [self._month(m, f, most) for m, f in zip(months, frozen, strict=True)]
        said = self._place.say("insufficient", n=len(right.periods))
        if right.average is not None:
            said = share(right.average)
        return (*rows, BarRow("accuracy", self._place.say("accuracy"), (), said))

    def _month(self, one: Unified, frozen: int | None, most: int) -> BarRow:
        place, language = self._place, self._place.language
        actual = one.revenue.actual_halalas if one.has_data else None
        mark = f" ({place.say('unverified')})" if one.revenue.basis == "unverified" else ""
        bars = [
            Bar("actual", _part(actual or 0, most), told(actual, "halalas", language) + mark, place.say("actual"))
        ]
        if frozen is not None:
            value = told(frozen, "halalas", language)
            bars.append(Bar("forecast", _part(frozen, most), value, place.say("at_start")))
        if one.target is not None:
            value = told(one.target.value, "halalas", language)
            bars.append(Bar("target", _part(one.target.value, most), value, place.say("target")))
        return BarRow(one.period.id, one.period.id, tuple(bars), pick(HEALTH[one.health], language))

    def _decision(self, approval_id: str, kind: str, due_at: datetime | None, now: datetime) -> Waiting:
        place = self._place
        due, is_late = "", due_at is not None and due_at <= now
        if due_at is not None:
            due = place.say("due", at=day_and_clock(due_at))
            if is_late and now - due_at >= timedelta(minutes=1):
                due = place.say("overdue", for_=span(now - due_at, place.language))
        return Waiting(approval_id, place.words("approval_kind", kind), due, is_late)

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    # what is done

    async def _fetch(self, week: str, form: str) -> None:
        await self._place.act(self._download(week, form), "downloaded")

    async def _download(self, week: str, form: str) -> None:
        place = self._place
        place.require(*READERS)
        room = place.house.rooms.executive
        pack = await room.pack(place.tenant_id, week)
        key, stem = room.key_of(pack), f"week-{pack.entity_id}-v{pack.revision}"
        if form == "page":
            body, name = as_page(pack, place.language).encode(), f"{stem}.html"
        elif form == "zip":
            body, name = as_zip(pack, (), key), f"{stem}.zip"
        else:
            body, name = as_json(pack, (), key), f"{stem}.json"
        with place.client:
            ui.download(body, name)


def _part(value: int, most: int) -> int:
    """Of the longest bar, in per cent; what is there is seen."""
    return max(1, round(WHOLE * value / most)) if value > 0 else 0


def _packed(pack: Pack) -> PackRow:
    week = entries(pack, "week")[0]
    said = days(week["first_day"], week["last_day"])
    return PackRow(pack.entity_id, f"{said} · {week['iso_week']}", week["overall_rag"], pack.revision)
