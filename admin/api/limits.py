"""
What is used of every limit and until when, and how many messages left.

Rule: nothing here changes anything; limits are settings, and those are changed by whoever runs the service.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from bot.departures.limit_terms import Rate
from bot.departures.limits import LimitsView
from bot.departures.opening import LimitsRoom
from bot.departures.send_stats import DEFINITION_AR, DEFINITION_EN, Sent
from bot.moments import Moment
from bot.web.caller import Callers, caller_of

READERS = ("admin", "executive")


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BudgetShown(_View):
    name: str
    day: str
    limit: int
    used: int
    left: int
    approval_above: int
    until: datetime


class RateShown(_View):
    a_second: int
    a_minute: int


class ChannelShown(_View):
    channel: str
    provider: str
    state: str
    every_message: RateShown
    unasked_for: RateShown
    paused_until: datetime | None
    reason_en: str
    reason_ar: str


class ContactShown(_View):
    unasked_for_in_24_hours: int
    unasked_for_in_30_days: int


class LimitsShown(_View):
    at: datetime
    budgets: list[BudgetShown]
    channels: list[ChannelShown]
    each_contact: ContactShown


class SentShown(_View):
    since: datetime
    until: datetime
    as_of: datetime
    has_data: bool
    messages: int
    attempts: int
    by_status: dict[str, int]
    by_kind: dict[str, int]
    by_channel: dict[str, int]
    definition_en: str
    definition_ar: str


def router(room: LimitsRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1", tags=["limits"])

    Caller = caller_of(callers)

    @routes.get("/limits")
    async def limits(caller: Caller) -> LimitsShown:
        """What may leave, what did, and until when that holds."""
        caller.require(*READERS)
        return _limits(await room.view(caller.tenant_id))

    @routes.get("/sends/stats")
    async def stats(
        caller: Caller,
        since: Annotated[Moment | None, Query()] = None,
        until: Annotated[Moment | None, Query()] = None,
    ) -> SentShown:
        """What became of the messages that left; without a span, those of today in Riyadh."""
        caller.require(*READERS)
        return _sent(await room.stats.between(caller.tenant_id, since, until))

    return routes


def _limits(view: LimitsView) -> LimitsShown:
    return LimitsShown(
        at=view.at,
        budgets=[
            BudgetShown(
                name=one.name,
                day=one.day,
                limit=one.limit,
                used=one.used,
                left=one.left,
                approval_above=one.approval_above,
                until=one.until,
            )
            for one in view.budgets
        ],
        channels=[
            ChannelShown(
                channel=one.channel,
                provider=one.provider,
                state=one.state,
                every_message=_rate(one.pace.every),
                unasked_for=_rate(one.pace.unasked_for),
                paused_until=one.paused_until,
                reason_en=one.reason_en,
                reason_ar=one.reason_ar,
            )
            for one in view.channels
        ],
        each_contact=ContactShown(
            unasked_for_in_24_hours=view.contact_a_day, unasked_for_in_30_days=view.contact_in_30_days
        ),
    )


def _rate(rate: Rate) -> RateShown:
    return RateShown(a_second=rate.a_second, a_minute=rate.a_minute)


def _sent(sent: Sent) -> SentShown:
    return SentShown(
        since=sent.since,
        until=sent.until,
        as_of=sent.as_of,
        has_data=sent.has_data,
        messages=sent.messages,
        attempts=sent.attempts,
        by_status=dict(sent.by_status),
        by_kind=dict(sent.by_kind),
        by_channel=dict(sent.by_channel),
        definition_en=DEFINITION_EN,
        definition_ar=DEFINITION_AR,
    )
