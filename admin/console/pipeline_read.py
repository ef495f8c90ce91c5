"""
The board as it stands: 13 columns, each with how many deals are in it, what they are worth, and its latest cards.

Rule 1: a column counts every deal of its stage, also those whose cards are not shown.
Rule 2: what a column is worth is the sum of the values that somebody has set; where nobody has, it says so and
        never zero.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from admin.console.place import Place
from admin.console.times import span
from bot.deals.terms import Terms
from bot.inbox.rows import Bookmark, InboxRow, Wanted
from flows import deal as lifecycle

CARDS = 8

# A column that is wanted in full is a list: the inbox shows it.
PAGES_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class DealCard:
    """One deal on the board."""

    conversation_id: str
    name: str
    stage: str
    value_halalas: int | None
    quiet_for: str
    """Since when nothing changed, in words."""
    waits: bool
    is_human: bool
    events: tuple[str, ...]
    """What an approver may record now."""


@dataclass(frozen=True, slots=True)
class Column:
    """One stage."""

    stage: str
    count: int
    value_halalas: int | None
    valued: int
    """How many of its deals have a value."""
    cards: tuple[DealCard, ...]
    has_more: bool


async def read_board(place: Place, pages: Mapping[str, int]) -> tuple[Column, ...]:
    """Every column; `pages` says how far one was opened, one page where it says nothing."""
    store, tenant_id = place.house.store, place.tenant_id
    counts, worth, *columns = await asyncio.gather(
        store.inbox.by_stage(tenant_id),
        _worth(place),
        *(_cards(place, stage, pages.get(stage, 1)) for stage in lifecycle.STAGES),
    )
    shown = [row.conversation_id for rows, _ in columns for row in rows]
    terms = await store.deal_terms.of(tenant_id, shown)
    return tuple(
        Column(
            stage=stage,
            count=counts.get(stage, 0),
            value_halalas=worth[stage][0] if stage in worth else None,
            valued=worth[stage][1] if stage in worth else 0,
            cards=tuple(_card(place, row, terms.get(row.conversation_id)) for row in rows),
            has_more=has_more,
        )
        for stage, (rows, has_more) in zip(lifecycle.STAGES, columns, strict=True)
    )


def events_of(stage: str) -> tuple[str, ...]:
    """What an approver may record of a deal in this stage."""
    return tuple(
        event
        for event in lifecycle.allowed(stage)
        if event in lifecycle.SYSTEM_EVENTS and lifecycle.may(stage, event, "approver")
    )


async def _worth(place: Place) -> dict[str, tuple[int, int]]:
    """Stage -> the sum of the values in it, and how many there are."""
    valued = await place.house.store.deal_terms.valued(place.tenant_id)
    values = {terms.conversation_id: terms.value_halalas or 0 for terms in valued}
    stages = await place.house.store.inbox.stages_of(place.tenant_id, list(values)) if values else {}
    worth: dict[str, tuple[int, int]] = {}
    for conversation_id, stage in stages.items():
        total, number = worth.get(stage, (0, 0))
        worth[stage] = (total + values[conversation_id], number + 1)
    return worth


async def _cards(place: Place, stage: str, pages: int) -> tuple[list[InboxRow], bool]:
    rows: list[InboxRow] = []
    after: Bookmark | None = None
    for _ in range(min(pages, PAGES_AT_MOST)):
        page = await place.house.store.inbox.page(place.tenant_id, Wanted(stage=stage), after, CARDS)
        rows += page.rows
        after = page.after
        if after is None:
            break
    return rows, after is not None


def _card(place: Place, row: InboxRow, terms: Terms | None) -> DealCard:
    quiet = place.now() - (row.last_at or row.updated_at)
    return DealCard(
        conversation_id=row.conversation_id,
        name=row.name or place.say("no_name"),
        stage=row.stage,
        value_halalas=terms.value_halalas if terms else None,
        quiet_for=_quiet(place, quiet),
        waits=row.waiting > 0,
        is_human=row.mode == "human",
        events=events_of(row.stage),
    )


def _quiet(place: Place, quiet: timedelta) -> str:
    if quiet >= timedelta(days=2):
        return place.say("days", n=quiet.days)
    return span(quiet, place.language)
