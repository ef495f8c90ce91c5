"""
The executive room: the state of now, the signed pack of each week, and what lies behind a number.

Rule 1: the pack of a week is made once it is over, on Sunday at eight in Riyadh, once however many processes run;
        made again it is a new version, and the old one stays.
Rule 2: what arrives after a pack was made changes no pack: the next one names it as a restatement.
Rule 3: the digest goes out once for a week, from the stored pack; a crash between the two sends it later.
Rule 4: where the state of now costs little it is computed for everybody who asks. Where it costs more than a page
        may take, the last one is shown with the moment it is of, and computed again beside the page.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.alerts import Alerts
from bot.errors import BadRequest, NotFound
from bot.evidence.assembly import Evidence
from bot.evidence.packs import Content, NotAvailable, Pack, PackRefused, PackType
from bot.evidence.seals import to_the_millisecond
from bot.evidence.signing import PublicKey
from bot.executive.contents import board_content, entries, quarter_content, week_content
from bot.executive.digest import digest, title
from bot.executive.drill import Behind, behind
from bot.executive.rag import Rag, judge
from bot.executive.sources import Gatherer
from bot.executive.weekly import RESTATED, Gathered, confidence_of, restated, unpacked, weekly_pack
from bot.forecast.accuracy import Accuracy
from bot.forecast.room import Forecast, Unified
from bot.metrics.dictionary import Block, BlockStatus, Number
from bot.metrics.figures import OpenDeal
from bot.metrics.room import Blocks, Numbers
from bot.metrics.spans import (
    Span,
    day_of,
    last_published,
    month_of,
    published_at,
    read_quarter,
    read_week,
    week_before,
    week_of,
)
from bot.outputs.room import OutputRoom
from bot.outputs.weekly import ExecWeeklyPack, Restatement
from bot.people import NOBODY, Human
from bot.rounds import for_each
from bot.store import Store
from rules.policies import Policies

LOOK_EVERY_SECONDS = 30.0

# A page may take 300 ms of the server. Below so many messages of a week and open deals it takes far less, and
# nothing is shown twice.
MANY = 5_000

# Where it costs more: computed again this often while somebody looks, and stale when that did not happen.
FRESHEN_EVERY_SECONDS = 10.0
MONTHS_SHOWN = 6
STALE_AFTER = timedelta(minutes=5)
LOOKED_AT_FOR = timedelta(minutes=15)

# A service that was down for longer has more to mend than old packs.
CAUGHT_UP = 4

# Who hears of a week: executives, and those who decide.
TOLD = ("executive", "admin", "approver")


@dataclass(frozen=True, slots=True)
class State:
    """Everything of now."""

    tenant_id: str
    at: datetime
    span: Span
    blocks: Blocks
    rag: Rag
    months: tuple[Unified, ...] | None
    """The last six, this one last; None where they could not be computed, like the next two."""
    accuracy: Accuracy | None
    open_deals: tuple[OpenDeal, ...] | None

    @property
    def is_dear(self) -> bool:
        """Whether a page cannot wait for it to be computed."""
        read = (self.blocks[name].value for name in ("messages_received", "open_deals") if name in self.blocks)
        return sum(value or 0 for value in read) >= MANY

    @property
    def confidence(self) -> Number:
        return confidence_of(self.blocks)


class Executive:
    """The executive rooms of all tenants."""

    def __init__(
        self,
        *,
        gatherer: Gatherer,
        packs: Evidence,
        outputs: OutputRoom,
        store: Store,
        alerts: Alerts,
        tenants: Sequence[str],
        policies_of: Callable[[str], Policies],
        now: Callable[[], datetime],
    ) -> None:
        self._gatherer = gatherer
        self._packs = packs
        self._outputs = outputs
        self._store = store
        self._alerts = alerts
        self._tenants = tenants
        self._policies_of = policies_of
        self._now = now
        self._kept: dict[str, State] = {}
        self._asked_at: dict[str, datetime] = {}
        self._asking: dict[str, asyncio.Lock] = {}
        packs.learn(PackType.WEEKLY_PACK, self._content_of_week)
        packs.learn(PackType.QUARTERLY_REVIEW, self._content_of_quarter)
        packs.learn(PackType.BOARD_REPORT, self._content_of_board)

    @property
    def numbers(self) -> Numbers:
        return self._gatherer.numbers

    @property
    def forecast(self) -> Forecast:
        return self._gatherer.forecast

    def key_of(self, pack: Pack) -> PublicKey:
        """The public key that a pack names. Raises PackRefused when it is none of ours."""
        return self._packs.key_of(pack)

    # Now

    async def state(self, tenant_id: str) -> State:
        """The numbers of now: money over this month so far, what was said and decided over this week."""
        now = self._now()
        kept = self._kept.get(tenant_id)
        self._asked_at[tenant_id] = now
        if kept is None or not kept.is_dear:
            return await self._computed(tenant_id)
        return _stale(kept) if abs(now - kept.at) > STALE_AFTER else kept

    async def freshen(self) -> None:
        """The job of every process: compute beside the pages what is too dear for them, while somebody looks."""
        await for_each("executive_state", self._tenants, self._freshen, self._store.unreachable)

    async def _freshen(self, tenant_id: str) -> None:
        kept, asked = self._kept.get(tenant_id), self._asked_at.get(tenant_id)
        is_watched = asked is not None and abs(self._now() - asked) < LOOKED_AT_FOR
        if kept is None or (is_watched and kept.is_dear):
            await self._computed(tenant_id)

    async def _computed(self, tenant_id: str) -> State:
        async with self._asking.setdefault(tenant_id, asyncio.Lock()):
            now = self._now()
            month, week = month_of(day_of(now)), week_of(day_of(now))
            blocks = await self._gatherer.everything(tenant_id, month, now, activity=week)
            rag = judge(self._policies_of(tenant_id).rag, blocks)
            tried = self.numbers.tried
            months = await tried("forecast.trends", self.forecast.trends(tenant_id, MONTHS_SHOWN, now))
            right = await tried("forecast.accuracy", self.forecast.accuracy(tenant_id, at=now))
            deals = await tried("deals.open", self.numbers.open_deals(tenant_id, now))
            state = State(tenant_id, now, month, blocks, rag, months, right, deals)
            self._kept[tenant_id] = state
            return state

    def now(self) -> datetime:
        """The moment it is: a state may be of an earlier one."""
        return self._now()

    async def pending(self, tenant_id: str) -> Sequence[Any]:
        """What waits for people, what is due first, as the approval centre shows it."""
        return await self._gatherer.pending(tenant_id)

    async def behind(self, tenant_id: str, metric: str, week: str = "") -> Behind:
        """The list behind a number, of this month or of a week, without names. Raises NotFound."""
        now = self._now()
        span = self._week(week) if week else month_of(day_of(now))
        return await behind(self.numbers, self._gatherer, tenant_id, metric, span, now)

    # Packs

    async def pack(self, tenant_id: str, week: str = "", version: int = 0) -> Pack:
        """The stored pack of a week, the latest week and version by default. Raises NotFound, BadRequest."""
        if not week:
            latest = await self._packs.listed(tenant_id, PackType.WEEKLY_PACK, limit=CAUGHT_UP * 5)
            if not latest:
                raise _no_pack("any week")
            week = max(one.entity_id for one in latest)
        found = await self._store.packs.about(tenant_id, PackType.WEEKLY_PACK, self._week(week).id)
        chosen = [one for one in found if not version or one.revision == version]
        if not chosen:
            raise _no_pack(week)
        return chosen[-1]

    async def listed(self, tenant_id: str, limit: int = 60) -> Sequence[Pack]:
        """Weekly packs, the latest week first; of a week only the version in force."""
        found: dict[str, Pack] = {}
        for one in await self._packs.listed(tenant_id, PackType.WEEKLY_PACK, limit=limit):
            if one.entity_id not in found or one.revision > found[one.entity_id].revision:
                found[one.entity_id] = one
        return sorted(found.values(), key=lambda one: one.entity_id, reverse=True)

    async def make(self, tenant_id: str, week: str = "", by: Human = NOBODY) -> Pack:
        """Make the pack of a closed week; where there is one, a new version. Raises BadRequest, PackRefused."""
        span = self._week(week) if week else last_published(self._now())
        there = await self._packs.current(tenant_id, PackType.WEEKLY_PACK, span.id)
        return await self._packs.assemble(
            tenant_id, PackType.WEEKLY_PACK, span.id, by, supersedes=there.id if there else ""
        )

    async def live(self, tenant_id: str) -> ExecWeeklyPack:
        """What the pack of this week would say if it ended now; kept nowhere."""
        return await self._weekly(tenant_id, week_of(day_of(self._now())), 1)

    async def look(self) -> None:
        """The job: make the packs that are due, and tell of the latest."""
        await for_each("weekly_packs", self._tenants, self.catch_up, self._store.unreachable)

    async def catch_up(self, tenant_id: str) -> None:
        """Make what is missing of the last weeks in which there was something to count, oldest first."""
        latest = last_published(self._now())
        weeks = [latest]
        while len(weeks) < CAUGHT_UP:
            weeks.append(week_before(weeks[-1]))
        for week in reversed(weeks):
            there = await self._packs.current(tenant_id, PackType.WEEKLY_PACK, week.id)
            if there is None and await self.numbers.is_known_before(tenant_id, week.until):
                try:
                    there = await self._packs.assemble(tenant_id, PackType.WEEKLY_PACK, week.id)
                except PackRefused:
                    there = await self._packs.current(tenant_id, PackType.WEEKLY_PACK, week.id)
            if week is latest and there is not None:
                await self.tell(tenant_id, week)

    async def tell(self, tenant_id: str, week: Span) -> bool:
        """Send the digest of a week; answers whether it is new. The first version is the one that is told."""
        versions = await self._store.packs.about(tenant_id, PackType.WEEKLY_PACK, week.id)
        if not versions:
            raise _no_pack(week.id)
        first = versions[0]
        return await self._alerts.tell(
            tenant_id,
            "weekly_digest",
            title(first, "en"),
            title(first, "ar"),
            "\n".join(digest(first)),
            f"weekly_digest:{week.id}",
            audience=TOLD,
            about=first.id,
        )

    # What packs are made of

    async def _content_of_week(self, tenant_id: str, entity_id: str) -> Content:
        week = read_week(entity_id)
        if week is None or week.id != entity_id:
            raise BadRequest(
                "a week is named by its Sunday: 2026-11-15", "يُسمى الأسبوع بيوم الأحد الذي يبدأ به: 2026-11-15"
            )
        if published_at(week) > self._now():
            raise BadRequest(
                f"the week of {week.id} is not over: its pack is made on {published_at(week):%Y-%m-%d %H:%M} UTC",
                f"لم ينتهِ أسبوع {week.id} بعد، وتُصنع حزمته صباح الأحد التالي",
            )
        there = await self._packs.current(tenant_id, PackType.WEEKLY_PACK, week.id)
        made = await self._weekly(tenant_id, week, there.revision + 1 if there else 1)
        stored = await self._outputs.keep(tenant_id, f"week:{week.id}", made)
        return week_content(made, stored)

    async def _weekly(self, tenant_id: str, week: Span, version: int) -> ExecWeeklyPack:
        now = to_the_millisecond(self._now())
        gatherer, ahead_of = self._gatherer, week_of(week.last + timedelta(days=1))
        blocks = await gatherer.everything(tenant_id, week, now)
        pending = await gatherer.pending(tenant_id)
        tried, deals = self.numbers.tried, self.numbers.open_deals(tenant_id, now)
        counts = await self._store.conversations.count_by_stage(tenant_id)
        return weekly_pack(
            Gathered(
                tenant_id=tenant_id,
                week=week,
                version=version,
                at=now,
                blocks=blocks,
                before=await self._before(tenant_id, week, now),
                rag=judge(self._policies_of(tenant_id).rag, blocks),
                pending=pending,
                due_next_week=sum(v.due_at is not None and ahead_of.holds(v.due_at) for v in pending),
                ahead=await tried("ahead", self.numbers.ahead(tenant_id, ahead_of)),
                meetings=counts.get("meeting_booked", 0),
                closing_halalas=_closing(await tried("deals.open", deals), ahead_of),
                month=await tried("forecast.unified", self._month(tenant_id, week, now)),
                accuracy=await tried("forecast.accuracy", self.forecast.accuracy(tenant_id, at=now)),
                restatements=await self._restatements(tenant_id, week, now),
            )
        )

    async def _month(self, tenant_id: str, week: Span, now: datetime) -> Unified:
        return await self.forecast.unified(tenant_id, month_of(min(week.last, day_of(now))).id, now)

    async def _before(self, tenant_id: str, week: Span, now: datetime) -> Mapping[str, Number | None]:
        """The week before: what is counted over it as it is known now, what was of its moment from its pack."""
        last = week_before(week)
        known: dict[str, Number | None] = {}
        there = await self._packs.current(tenant_id, PackType.WEEKLY_PACK, last.id)
        if there is not None:
            known = {one["definition_id"]: unpacked(one["value"]) for one in entries(there, "numbers")}
        if not await self.numbers.is_known_before(tenant_id, last.until):
            return known
        counted = await self.numbers.of_span(tenant_id, last, now)
        return {**known, **{name: counted[name].value for name in RESTATED}}

    async def _restatements(self, tenant_id: str, week: Span, now: datetime) -> tuple[Restatement, ...]:
        """What is known otherwise now than it was last told, of the weeks before this one."""
        found, last, later = list[Restatement](), week, list[Pack]()
        for _ in range(CAUGHT_UP):
            last = week_before(last)
            there = await self._packs.current(tenant_id, PackType.WEEKLY_PACK, last.id)
            if there is None:
                continue
            known = {one["definition_id"]: one["value"] for one in entries(there, "numbers")}
            for pack in reversed(later):
                told = [one for one in entries(pack, "restatements") if one["week_of"] == last.id]
                known |= {one["definition_id"]: one["now"] for one in told}
            later.append(there)
            found += restated(there, known, await self.numbers.of_span(tenant_id, last, now))
        return tuple(found)

    async def _content_of_quarter(self, tenant_id: str, entity_id: str) -> Content:
        quarter, weeks, numbers, told = await self._quarter(tenant_id, entity_id)
        return quarter_content(quarter, weeks, numbers, told)

    async def _content_of_board(self, tenant_id: str, entity_id: str) -> Content:
        quarter, weeks, numbers, told = await self._quarter(tenant_id, entity_id)
        months, day = [], quarter.first
        while day <= quarter.last:
            one = await self.forecast.unified(tenant_id, month_of(day).id)
            months.append(
                {
                    "period": one.period.id,
                    "actual_halalas": one.revenue.actual_halalas if one.has_data else None,
                    "basis": one.revenue.basis,
                    "forecast_at_start_halalas": one.at_start.outlook.forecast_halalas if one.at_start else None,
                    "target_halalas": one.target.value if one.target else None,
                    "health": one.health,
                }
            )
            day = one.period.last + timedelta(days=1)
        return board_content(quarter, weeks, numbers, told, months)

    async def _quarter(
        self, tenant_id: str, entity_id: str
    ) -> tuple[Span, Sequence[Pack], Blocks, Mapping[str, Any]]:
        quarter = read_quarter(entity_id)
        if quarter is None:
            raise BadRequest("a quarter is written as 2026-Q4", "يُكتب الربع هكذا: 2026-Q4")
        listed = await self.listed(tenant_id, 200)
        weeks = [p for p in reversed(listed) if quarter.holds_day(week_of_pack(p).last)]
        if not weeks:
            raise NotAvailable(
                f"there is no weekly pack of {quarter.id} yet, and a review is made of them",
                f"لا توجد حزمة أسبوعية من {quarter.id} بعد، والمراجعة تُبنى منها",
            )
        now = self._now()
        found = await self.forecast.accuracy(tenant_id)
        told = {
            "status": found.status,
            "closed_periods": len(found.periods),
            "average": None if found.average is None else str(found.average),
            "wape": None if found.wape is None else str(found.wape),
            "bias": None if found.average_bias is None else str(found.average_bias),
        }
        return quarter, weeks, await self.numbers.of_span(tenant_id, quarter, now), told

    def _week(self, text: str) -> Span:
        week = read_week(text)
        if week is None:
            raise BadRequest(
                f"{text!r} is no week: write its Sunday (2026-11-15) or its ISO name (2026-W47)",
                "اكتب الأسبوع بيوم الأحد (2026-11-15) أو برقمه (2026-W47)",
            )
        return week


def _closing(deals: Sequence[OpenDeal] | None, week: Span) -> int | None:
    """What is still to be paid of the deals expected in a week; None where nobody could read them."""
    if deals is None:
        return None
    return sum(d.rest_halalas for d in deals if d.terms.expected_on and week.holds_day(d.terms.expected_on))


def _stale(state: State) -> State:
    """The same, and every number says that it is old."""
    old = {name: replace(b, status=BlockStatus.STALE) if _is_ok(b) else b for name, b in state.blocks.items()}
    return replace(state, blocks=old)


def _is_ok(block: Block) -> bool:
    return block.status is BlockStatus.OK


def week_of_pack(pack: Pack) -> Span:
    """The week that a pack is about."""
    week = read_week(pack.entity_id)
    assert week is not None  # the maker refuses anything else
    return week


def _no_pack(what: str) -> NotFound:
    return NotFound(f"there is no weekly pack of {what} yet", "لا توجد حزمة أسبوعية لهذا الأسبوع بعد")
