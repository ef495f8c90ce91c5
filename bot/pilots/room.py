"""
The room of pilots: a report for each day of each pilot, made once, and never changed.

Rule 1: a day is reported when it is over, and once; what comes in late does not change it.
Rule 2: every number is counted from what happened with this contact, and says from which facts.
Rule 3: a report of another tenant does not exist.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from bot.actions.action import Action
from bot.actions.outcome import ended, says
from bot.conversation import Conversation, LogEntry
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.evidence.seals import to_the_millisecond
from bot.onboarding.checklist import ChecklistRows
from bot.outputs.offer_models import DailyPilotReport
from bot.outputs.provenance import Source, provenance
from bot.outputs.room import OutputRoom
from bot.outputs.stored import Stored
from bot.pilots.counting import RIYADH, counted, pilot_began, span_of
from bot.pilots.telling import sheet_of
from bot.proposals.paper import Paper
from bot.runs.flow import Flow, Next, Step, Turn, sleep_until
from bot.store import Store
from bot.tenant import Tenant

logger = structlog.get_logger()

NAME = "generate_report"
KIND = "daily_pilot_report"
PRODUCER = "pilot_day/1"
STORY = 20_000
PILOTS_AT_MOST = 1_000
LOOK_EVERY_SECONDS = 900.0

# What happened before midnight has arrived by then.
SETTLED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Pilots:
    """What the API, the action and the job ask."""

    store: Store
    outputs: OutputRoom
    lists: ChecklistRows
    paper: Paper | None
    tenants: Mapping[str, Tenant]
    now: Callable[[], datetime]

    async def report(
        self, tenant_id: str, conversation_id: str, day: date | None = None, trace_id: str = ""
    ) -> Stored:
        """
        The report of a day, made now if there is none; the last whole day when none is named.

        Raises NotFound, BadRequest for a day before the pilot or one that is not over.
        """
        found = await self._contact(tenant_id, conversation_id)
        chosen = day or (self.now() - SETTLED_AFTER).astimezone(RIYADH).date() - timedelta(days=1)
        report_id = id_of(conversation_id, chosen)
        kept = await self.store.outputs.get(tenant_id, report_id)
        if kept is not None:
            return await self.outputs.get(tenant_id, report_id)
        story = await self._story(tenant_id, conversation_id)
        began = pilot_began(story)
        if began is None:
            raise BadRequest(
                "this deal has no pilot to report about", "لا توجد تجربة لهذه الصفقة لإعداد تقرير عنها"
            )
        self._check_day(chosen, began.astimezone(RIYADH).date())
        made = await self._made(found, story, chosen, began, trace_id)
        return await self.outputs.keep(tenant_id, conversation_id, made, report_id)

    async def list(self, tenant_id: str, conversation_id: str, limit: int = 60) -> Sequence[Stored]:
        """The reports of one pilot, newest first. Raises NotFound."""
        await self._contact(tenant_id, conversation_id)
        return await self.outputs.listed(tenant_id, KIND, conversation_id, limit)

    async def read(self, tenant_id: str, conversation_id: str, day: str) -> DailyPilotReport:
        """One that was made; `day` as `2026-03-02`. Raises NotFound, also for what is no day."""
        await self._contact(tenant_id, conversation_id)
        kept = await self.outputs.get(tenant_id, f"pilot-{conversation_id}-{day}")
        made = kept.output
        assert isinstance(made, DailyPilotReport)
        return made

    async def printed(self, tenant_id: str, conversation_id: str, day: str, language: str) -> bytes:
        """The same on paper; printed again it is the same bytes. Raises NotFound."""
        made = await self.read(tenant_id, conversation_id, day)
        if self.paper is None:
            raise NotFound("nothing here can print a PDF", "لا يوجد ما يُصدر ملفات PDF في هذا النظام")
        name = (await self._contact(tenant_id, conversation_id)).name
        return await self.paper.print(sheet_of(made, self.tenants[tenant_id].name, name, language))

    async def look(self) -> None:
        """The job: report yesterday for every pilot that runs."""
        for tenant_id in self.tenants:
            for conversation_id in await self.lists.at_stages(tenant_id, ("pilot_active",), PILOTS_AT_MOST):
                try:
                    await self.report(tenant_id, conversation_id)
                except NotAllowed:
                    continue  # it began today, or its contact was forgotten in this moment
                except self.store.unreachable as away:
                    logger.warning("pilot_reports_wait", tenant=tenant_id, reason=type(away).__name__)
                    break

    def action(self) -> Action:
        """What the room of actions does under this name: the report of today, when today is over."""
        steps = (
            Step("wait", self._wait, title_en="Until the day is over", title_ar="حتى نهاية اليوم"),
            Step("make", self._make, title_en="Count the day", title_ar="حصر أرقام اليوم"),
        )
        flow = Flow(NAME, 1, steps, title_en="Daily report of a pilot", title_ar="التقرير اليومي للتجربة")
        return Action(NAME, flow, reaches_contact=False)

    async def _wait(self, turn: Turn) -> Next:
        found = await self.store.conversations.read(turn.tenant_id, turn.state["conversation_id"])
        if found is None or found.stage != "pilot_active":
            return ended("failed", "this deal has no pilot now", "لا توجد تجربة قائمة لهذه الصفقة الآن")
        today = turn.now.astimezone(RIYADH).date()
        return sleep_until(span_of(today)[1] + SETTLED_AFTER, day=today.isoformat(), **says(*_LATER))

    async def _make(self, turn: Turn) -> Next:
        day = date.fromisoformat(turn.state["day"])
        try:
            made = await self.report(turn.tenant_id, turn.state["conversation_id"], day, turn.correlation_id)
        except NotAllowed as refused:
            return ended("failed", refused.message_en, refused.message_ar, code=refused.code)
        return ended("done", report=made.id, day=turn.state["day"])

    def _check_day(self, day: date, began_on: date) -> None:
        if day < began_on:
            raise BadRequest(
                f"the pilot began on {began_on}; there is nothing to report before it",
                f"بدأت التجربة في {began_on}؛ لا تقرير قبل ذلك",
            )
        now = self.now()
        is_to_come = day >= now.astimezone(RIYADH).date()
        if is_to_come or span_of(day)[1] + SETTLED_AFTER > now:
            raise BadRequest(
                f"{day} is not over; its report is made ten minutes after midnight in Riyadh",
                f"لم ينته يوم {day} بعد؛ يصدر تقريره بعد منتصف الليل بعشر دقائق بتوقيت الرياض",
            )

    async def _made(
        self, found: Conversation, story: Sequence[LogEntry], day: date, began: datetime, trace_id: str
    ) -> DailyPilotReport:
        numbers = counted(story, day)
        steps = await self.lists.read(found.tenant_id, found.id)
        began_on = began.astimezone(RIYADH).date()
        newest = max((e.at for e in story if e.at < span_of(day)[1]), default=began)
        sources = (
            Source(kind="conversation", id=found.id, at=to_the_millisecond(began)),
            Source(kind="timeline", id=f"{found.id}/{day.isoformat()}", at=to_the_millisecond(newest)),
        )
        return DailyPilotReport(
            tenant_id=found.tenant_id,
            conversation_id=found.id,
            day=day,
            pilot_began_on=began_on,
            pilot_day=(day - began_on).days + 1,
            messages_received=numbers.messages_received,
            messages_sent=numbers.messages_sent,
            messages_failed=numbers.messages_failed,
            answered=len(numbers.responses),
            waits_for_an_answer=numbers.waits_for_an_answer,
            median_response_seconds=numbers.median_response_seconds,
            longest_response_seconds=numbers.longest_response_seconds,
            bookings=numbers.bookings,
            meetings_held=numbers.meetings_held,
            no_shows=numbers.no_shows,
            cancellations=numbers.cancellations,
            human_decisions=numbers.human_decisions,
            onboarding_done=steps.done if steps else None,
            onboarding_items=len(steps.items) if steps else None,
            provenance=provenance(
                by=PRODUCER, now=to_the_millisecond(self.now()), sources=sources, trace_id=trace_id
            ),
        )

    async def _story(self, tenant_id: str, conversation_id: str) -> Sequence[LogEntry]:
        told = await self.store.timeline.of_conversation(tenant_id, conversation_id, STORY)
        fresh = await self.store.conversations.log_of(tenant_id, conversation_id)
        return list({entry.id: entry for entry in (*told, *fresh)}.values())

    async def _contact(self, tenant_id: str, conversation_id: str) -> Conversation:
        found = await self.store.conversations.read(tenant_id, conversation_id)
        if found is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        return found


def id_of(conversation_id: str, day: date) -> str:
    """One report for each day of each pilot."""
    return f"pilot-{conversation_id}-{day.isoformat()}"


_LATER = ("the day is reported when it is over", "يصدر التقرير بعد نهاية اليوم")
