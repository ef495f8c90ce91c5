"""
The pipeline: the 13 stages as a board.

Rule 1: nobody drags a deal. It moves by an event that really happened, recorded by an approver who says how they
        know; the flow says which events are possible.
Rule 2: a card whose question is open is not redrawn under the hands of whoever answers it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console.draw import Part, Rows, button, gated, put
from admin.console.inbox_read import READS
from admin.console.live import Watch
from admin.console.money import riyals
from admin.console.pipeline_read import PAGES_AT_MOST, Column, DealCard, read_board
from admin.console.place import DECIDES, Place
from admin.console.states import empty, fault, loading
from bot.deals.terms import MOST_HALALAS
from bot.errors import BadRequest
from bot.evidence.payment import VERIFIED, WINNING
from bot.money import halalas_of
from flows.deal import STAGES

# A board is looked at, not stared at; one's own step shows at once.
LOOK_EVERY_SECONDS = 5.0

# As over the API: how somebody knows takes a few words.
EVIDENCE_AT_LEAST, EVIDENCE_AT_MOST = 3, 500

_FORM = (
    "(e) => { const card = e.target.closest('[data-moving]');"
    " const value = (name) => card.querySelector(`[${name}]`)?.value ?? '';"
    " emit(value('data-evidence'), value('data-override'), value('data-amount')); }"
)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One card, and which of its questions is open."""

    card: DealCard
    mode: str = ""
    """`"" | events`, or the event that is being recorded."""


@dataclass(frozen=True, slots=True)
class _Head:
    stage: str
    count: int
    value_halalas: int | None
    valued: int


class PipelinePage:
    """One visitor before the board."""

    def __init__(self, place: Place, _: QueryParams) -> None:
        self._place = place
        self._may_read = place.may(READS)
        self._why_not = "" if place.may(DECIDES) else place.needs(DECIDES)
        self._pages: dict[str, int] = {}
        self._open: _Shown | None = None
        self._heads: dict[str, Part[_Head]] = {}
        self._cards: dict[str, Rows[_Shown]] = {}
        self._more: dict[str, Part[bool]] = {}
        self._watch = Watch(place, self._look, LOOK_EVERY_SECONDS)

    def build(self) -> None:
        say = self._place.say
        if not self._may_read:
            put("h1", "page-title", say("heading"))
            fault(self._place.needs(READS))
            return
        with put("div", "pipeline"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
                with put("div", "choose-one", role="group", aria_label=say("heading")):
                    put("a", "btn", say("as_board"), href=self._place.address("pipeline"), aria_current="page")
                    put("a", "btn", say("as_map"), href=self._place.address("map"), data_to_map="")
            self._note: Part[str] = Part(put("div"), self._draw_note)
            with put("div", "board", role="region", aria_label=say("heading"), tabindex="0", data_board=""):
                for stage in STAGES:
                    self._build_column(stage)

    def _build_column(self, stage: str) -> None:
        name = self._place.words("stage", stage)
        with put("section", "stage-column", aria_label=name, data_column=stage):
            self._heads[stage] = Part(put("header", "stage-head"), self._draw_head)
            self._cards[stage] = Rows(put("ul", "stage-cards"), self._draw_card, tag="li")
            self._more[stage] = Part(put("div", "stage-more"), self._more_of(stage))

    async def open(self) -> None:
        if self._may_read:
            self._note.show("loading")
            self._watch.start()

    async def _look(self) -> None:
        board = await read_board(self._place, self._pages)
        self._note.show("" if any(column.count for column in board) else "empty")
        for column in board:
            self._show(column)

    def _show(self, column: Column) -> None:
        stage = column.stage
        self._heads[stage].show(_Head(stage, column.count, column.value_halalas, column.valued))
        self._cards[stage].show([(card.conversation_id, self._as_open(card)) for card in column.cards])
        self._more[stage].show(column.has_more and self._pages.get(stage, 1) < PAGES_AT_MOST)

    def _as_open(self, card: DealCard) -> _Shown:
        """An open card stays as it was, while the deal stands where it stood."""
        held = self._open
        if held is None or held.card.conversation_id != card.conversation_id:
            return _Shown(card)
        if held.card.stage != card.stage:
            self._open = None
            return _Shown(card)
        return held

    # drawing

    def _draw_note(self, key: str) -> None:
        say = self._place.say
        if key == "loading":
            loading(say("opening"))
        elif key == "empty":
            empty("chat", say("nobody_yet"), say("nobody_yet_hint"))

    def _draw_head(self, head: _Head) -> None:
        say = self._place.say
        with put("div", "stage-title"):
            put("h2", f"stage-name at-{head.stage}", self._place.words("stage", head.stage))
            put("span", "count", f"{head.count:,}", data_count=head.count)
        if head.value_halalas is None:
            put("p", "faint tiny", say("no_value"), data_value="none")
            return
        means = say("value_is", n=head.valued)
        worth = riyals(head.value_halalas, self._place.language)
        with put("p", "stage-worth", title=means):
            put("strong", text=worth, data_value=head.value_halalas)
            put("span", "faint tiny", means)

    def _draw_card(self, shown: _Shown) -> None:
        card, place, say = shown.card, self._place, self._place.say
        with put("article", "deal-card", data_deal=card.conversation_id):
            put(
                "a",
                "deal-name",
                card.name,
                href=place.address("inbox", conversation=card.conversation_id),
                dir="auto",
                data_open_talk="",
            )
            with put("p", "deal-facts"):
                if card.value_halalas is not None:
                    put("strong", text=riyals(card.value_halalas, place.language))
                put("span", "faint tiny", say("quiet_for", span=card.quiet_for))
            if card.waits or card.is_human:
                with put("p", "deal-marks"):
                    if card.waits:
                        put("span", "chip-is gold", say("mark_waits"))
                    if card.is_human:
                        put("span", "chip-is blue", say("mark_human"))
            if card.events:
                gated(
                    say("move"),
                    lambda: self._turn(card, "" if shown.mode else "events"),
                    self._why_not,
                    look="small",
                    aria_expanded="true" if shown.mode else "false",
                    data_move="",
                )
            if shown.mode == "events":
                self._draw_events(card)
            elif shown.mode:
                self._draw_form(card, shown.mode)

    def _draw_events(self, card: DealCard) -> None:
        say = self._place.say
        with put("div", "choice", role="group", aria_label=say("what_happened")):
            put("p", text=say("what_happened"))
            for event in card.events:
                button(say(f"event_{event}"), self._turning(card, event), look="pill", data_event=event)

    def _turning(self, card: DealCard, mode: str) -> Callable[[], Awaitable[None]]:
        return lambda: self._turn(card, mode)

    def _draw_form(self, card: DealCard, event: str) -> None:
        say = self._place.say
        with put("div", "choice", data_moving=event):
            put("p", text=say("record_sure", event=say(f"event_{event}")))
            put(
                "input",
                type="text",
                aria_label=say("how_known"),
                placeholder=say("how_known"),
                maxlength=str(EVIDENCE_AT_MOST),
                data_evidence="",
                data_autofocus="",
                dir="auto",
            )
            if event == VERIFIED:
                put(
                    "input",
                    type="text",
                    aria_label=say("how_much"),
                    placeholder=say("how_much"),
                    maxlength="20",
                    inputmode="decimal",
                    data_amount="",
                    dir="auto",
                )
                put("p", "faint", say("how_much_is"))
            if event in WINNING:
                put("p", "faint", say("winning_is"))
                put(
                    "input",
                    type="text",
                    aria_label=say("why_without"),
                    placeholder=say("why_without"),
                    maxlength=str(EVIDENCE_AT_MOST),
                    data_override="",
                    dir="auto",
                )
            sure = button(say("record_yes"), look="main", data_sure="")
            button(say("cancel"), self._turning(card, ""), data_no="")

        async def recorded(given: GenericEventArguments) -> None:
            evidence, override, amount = (str(one).strip()[:EVIDENCE_AT_MOST] for one in given.args)
            await self._record(card, event, evidence, override, amount)

        sure.on("click", recorded, js_handler=_FORM)

    def _more_of(self, stage: str) -> Callable[[bool], None]:
        async def more() -> None:
            self._pages[stage] = self._pages.get(stage, 1) + 1
            await self._place.act(self._look())

        def draw(has_more: bool) -> None:
            if has_more:
                button(self._place.say("more"), more, look="small", data_more=stage)

        return draw

    # doing

    async def _turn(self, card: DealCard, mode: str) -> None:
        self._open = _Shown(card, mode) if mode else None
        await self._place.act(self._look())

    async def _record(self, card: DealCard, event: str, evidence: str, override: str, amount: str) -> None:
        place = self._place

        async def doing() -> None:
            place.require(*DECIDES)
            if len(evidence) < EVIDENCE_AT_LEAST:
                raise BadRequest(
                    "say how you know: a booking, a bank reference, a call",
                    "اذكر كيف عرفت: حجز أو مرجع بنكي أو مكالمة",
                )
            await place.house.approvals.system_event(
                place.tenant_id,
                card.conversation_id,
                event,
                place.visitor,
                evidence,
                override,
                amount_halalas=halalas_of(amount, MOST_HALALAS) if amount else None,
            )

        if await place.act(doing(), "ok_recorded"):
            self._open = None
        await place.act(self._look())
