"""
The story of one message over HTTP.

Rule: no words of anybody are in it; whoever may see conversations reads those elsewhere.
"""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bot.telemetry.story import Step, Story
from bot.telemetry.trace_room import TraceRoom
from bot.web.caller import Callers, caller_of

READERS = ("admin", "approver", "agent", "dpo", "rules_editor")


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StepView(_View):
    what: str = Field(description="The name of the fact, as the timeline has it")
    at: datetime
    seconds_since_previous: float
    message_en: str
    message_ar: str
    is_trouble: bool
    data: dict[str, Any] = Field(description="Codes, numbers and ids; never what anybody wrote")


class StoryView(_View):
    correlation_id: str
    conversation_id: str
    began_at: datetime
    seconds: float = Field(description="From the first step to the last one so far")
    has_trouble: bool
    trace_ids: list[str] = Field(description="Where to look in the collector of traces, newest last")
    steps: list[StepView]


def router(traces: TraceRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/trace", tags=["trace"])

    Caller = caller_of(callers)

    @routes.get("/{correlation_id}")
    async def story(correlation_id: str, caller: Caller) -> StoryView:
        """Everything that one inbound event caused, in order."""
        caller.require(*READERS)
        return _story(await traces.story(caller.tenant_id, correlation_id))

    return routes


def _story(story: Story) -> StoryView:
    return StoryView(
        correlation_id=story.correlation_id,
        conversation_id=story.conversation_id,
        began_at=story.began_at,
        seconds=round(story.lasted.total_seconds(), 3),
        has_trouble=story.has_trouble,
        trace_ids=list(story.trace_ids),
        steps=[_step(step) for step in story.steps],
    )


def _step(step: Step) -> StepView:
    return StepView(
        what=step.what,
        at=step.at,
        seconds_since_previous=round(step.since_previous.total_seconds(), 3),
        message_en=step.en,
        message_ar=step.ar,
        is_trouble=step.is_trouble,
        data=dict(step.data),
    )
