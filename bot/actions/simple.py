"""
Actions that need nobody outside: note something, hand a conversation to a human, begin the follow-ups.

Rule: each changes what the house has already (the timeline, the mode of a conversation, its follow-up plan), by
the same doors, and twice is as good as once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.actions.action import Action
from bot.actions.outcome import ended
from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.audit import Audit
from bot.conversation import Conversation, Status
from bot.notebook import Log, Notebook
from bot.runs.flow import Flow, Next, Step, Turn, done
from rules.policies import Policies


class Activity(BaseModel):
    """What happened with a contact, as staff saw it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: Literal["call", "visit", "email", "meeting", "note"] = "note"
    note: str = Field(min_length=1, max_length=500)


class Escalation(BaseModel):
    """Why a human should take over."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field("", max_length=300)


@dataclass(frozen=True, slots=True)
class Simple:
    """Their steps."""

    notebook: Notebook
    approvals: Approvals
    audit: Audit
    alerts: Alerts
    policies_of: Callable[[str], Policies]

    def actions(self) -> tuple[Action, ...]:
        return (
            Action(
                "log_activity",
                Flow(
                    "log_activity",
                    1,
                    (Step("note", self.note, title_en="Note it", title_ar="التسجيل"),),
                    title_en="Note something that happened",
                    title_ar="تسجيل نشاط",
                ),
                reaches_contact=False,
                facts=Activity,
            ),
            Action(
                "escalate_human",
                Flow(
                    "escalate_human",
                    1,
                    (Step("hand_over", self.hand_over, title_en="Hand over", title_ar="التحويل"),),
                    title_en="Hand over to a human",
                    title_ar="تحويل إلى موظف",
                ),
                reaches_contact=False,
                facts=Escalation,
            ),
            Action(
                "enroll_sequence",
                Flow(
                    "enroll_sequence",
                    1,
                    (Step("enrol", self.enrol, title_en="Begin the follow-ups", title_ar="بدء المتابعة"),),
                    title_en="Begin the follow-ups",
                    title_ar="بدء تسلسل المتابعة",
                ),
            ),
        )

    async def note(self, turn: Turn) -> Next:
        """Into the history of the contact. A rule that notes something has said all in its decision."""
        facts = turn.state["facts"]
        await self.audit.note(
            turn.tenant_id,
            "activity_logged",
            turn.by,
            conversation_id=turn.state["conversation_id"],
            correlation_id=turn.correlation_id,
            once=turn.dedupe_key,
            kind=facts.get("kind", "rules"),
            note=facts.get("note", ""),
            pages=list(turn.state["asked"]["by_pages"]),
        )
        return done()

    async def hand_over(self, turn: Turn) -> Next:
        """
        A person who asks by hand silences the bot. A rule that wants silence says so with a flag, at once; where
        it only asks for a human, the draft that waits is how they hear of it, and an alert where there is none.
        """
        tenant_id, conversation_id = turn.tenant_id, turn.state["conversation_id"]
        conversation = await self.notebook.store.conversations.read(tenant_id, conversation_id)
        if conversation is None:
            return ended("cancelled", "this contact is not here any more", "لم يعد هذا العميل موجودًا لدينا")
        if turn.state["asked"]["by_pages"]:
            if _waits_for_human(conversation, turn.correlation_id) or conversation.mode == "human":
                return done()
        elif conversation.mode != "human":
            await self.approvals.take_over(tenant_id, conversation_id, turn.by)
        await self.alerts.tell(
            tenant_id,
            "human_wanted",
            "A conversation wants a human",
            "محادثة تحتاج إلى موظف",
            turn.state["facts"].get("reason") or ", ".join(turn.state["asked"]["by_pages"]),
            f"action:{turn.run_id}",
            audience=("admin", "approver"),
            about=conversation_id,
            correlation_id=turn.correlation_id,
        )
        return done()

    async def enrol(self, turn: Turn) -> Next:
        """The cadence of the contact's stage, from the silence on that there is now; each step is still held."""
        conversation = await self.notebook.store.conversations.read(turn.tenant_id, turn.state["conversation_id"])
        if conversation is None:
            return ended("cancelled", "this contact is not here any more", "لم يعد هذا العميل موجودًا لدينا")
        follow_ups = self.policies_of(turn.tenant_id).follow_ups
        cadence = next((c for c in follow_ups.cadences if conversation.stage in c.stages), None)
        if cadence is None:
            return ended(
                "failed",
                f"no cadence of follow-ups is for the stage {conversation.stage}",
                "لا يوجد تسلسل متابعة للمرحلة الحالية",
            )

        def edit(conversation: Conversation, _log: Log) -> None:
            conversation.follow_up = None  # planned anew, from our last answer on

        await self.notebook.change(turn.tenant_id, conversation.id, edit)
        await self.audit.note(
            turn.tenant_id,
            "sequence_enrolled",
            turn.by,
            conversation_id=conversation.id,
            correlation_id=turn.correlation_id,
            once=turn.dedupe_key,
            cadence=cadence.id,
        )
        return ended("done", "", "", cadence=cadence.id)


def _waits_for_human(conversation: Conversation, correlation_id: str) -> bool:
    held = (d for d in conversation.outbox if d.status is Status.HELD)
    return any(draft.correlation_id == correlation_id for draft in held)
