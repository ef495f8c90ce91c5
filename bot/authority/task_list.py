"""
The tasks there are: each a thin word over a room that exists, with its action and its effects declared.

Rule: a handler looks, or asks another room; none of them talks to a provider.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bot.approvals import TEXT_LIMIT, Approvals
from bot.ask import Ask, Asked
from bot.authority.task import Order, Task
from bot.authority.tasks import Tasks
from bot.desk import Desk
from bot.people import Human

_Text = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]
_Id = Annotated[str, Field(min_length=1, max_length=100)]


class Nothing(BaseModel):
    """A task that needs to know nothing."""

    model_config = ConfigDict(extra="forbid")


class Words(BaseModel):
    """What a contact may have written."""

    model_config = ConfigDict(extra="forbid")

    text: _Text
    stage: str = Field("new_lead", max_length=40, description="Where the deal is.")


class Send(BaseModel):
    """A message to a contact."""

    model_config = ConfigDict(extra="forbid")

    conversation_id: _Id
    text: _Text


class TestSend(BaseModel):
    """A message to one of our own numbers."""

    model_config = ConfigDict(extra="forbid")

    phone: str = Field(pattern=r"^[0-9]{8,15}$")
    text: _Text


UNDERSTOOD = ("intent_detected", "new_stage", "confidence", "human_approval_required", "book_version")


def register_tasks(tasks: Tasks, *, ask: Ask, approvals: Approvals, desk: Desk) -> None:
    """Make the tasks of this product known."""
    for task in (*_reading(ask, approvals, desk), *_acting(ask, approvals, desk)):
        tasks.register(task)


def _reading(ask: Ask, approvals: Approvals, desk: Desk) -> tuple[Task, ...]:
    def understood(order: Order) -> dict[str, Any]:
        words: Words = order.payload
        return ask.decide(order.tenant_id, Asked("", words.text, words.stage))

    async def classify(order: Order) -> Mapping[str, Any]:
        decided = understood(order)
        return {name: decided[name] for name in UNDERSTOOD if name in decided}

    async def explain(order: Order) -> Mapping[str, Any]:
        decided = understood(order)
        return {"because": decided.get("because", []), "book_version": ask.book_version(order.tenant_id)}

    async def draft(order: Order) -> Mapping[str, Any]:
        decided = understood(order)
        names = ("response_message_ar", "buttons", "auto_send_allowed", *UNDERSTOOD)
        return {name: decided[name] for name in names if name in decided}

    async def status(order: Order) -> Mapping[str, Any]:
        brief = await desk.brief(order.tenant_id)
        return {
            "as_of": brief.as_of.isoformat(),
            "since": brief.since.isoformat(),
            "waiting": brief.waiting,
            "overdue": brief.overdue,
            "in_doubt": brief.in_doubt,
            "inbound": brief.inbound,
            "answered_by_bot": brief.answered_by_bot,
            "is_paused": brief.is_paused,
            "by_stage": dict(brief.by_stage),
        }

    async def queue(order: Order) -> Mapping[str, Any]:
        cards = await approvals.queue(order.tenant_id)
        waiting = [
            {
                "draft_id": card.draft_id,
                "kind": card.kind.value,
                "status": card.status.value,
                "stage": card.stage,
                "intent": card.intent,
                "hold_reasons": list(card.hold_reasons),
                "due_at": card.due_at.isoformat() if card.due_at else None,
            }
            for card in cards
        ]
        return {"waiting": waiting, "total": len(waiting)}

    shown, kept = frozenset({"stage"}), frozenset(UNDERSTOOD)
    return (
        Task("classify", "classify", "Say what a message means", "تصنيف رسالة", (), Words, classify, shown, kept),
        Task(
            "explain_rules",
            "explain_rules",
            "Say which rules decide about a message",
            "شرح القواعد التي تقرر في رسالة",
            (),
            Words,
            explain,
            shown,
            frozenset({"book_version"}),
        ),
        Task(
            "draft_reply",
            "generate_draft",
            "Write what the bot would answer, and send nothing",
            "كتابة رد البوت دون إرساله",
            (),
            Words,
            draft,
            shown,
            kept,
        ),
        Task("read_status", "read_status", "Read how things stand", "الاطلاع على الحالة", (), Nothing, status),
        Task("read_queue", "read_queue", "Read what waits", "الاطلاع على ما ينتظر القرار", (), Nothing, queue),
    )


def _acting(ask: Ask, approvals: Approvals, desk: Desk) -> tuple[Task, ...]:
    async def send(order: Order) -> Mapping[str, Any]:
        wanted: Send = order.payload
        card = await approvals.write(order.tenant_id, wanted.conversation_id, _released_by(order), wanted.text)
        return {"draft_id": card.draft_id, "status": card.status.value}

    async def test_send(order: Order) -> Mapping[str, Any]:
        wanted: TestSend = order.payload
        return await ask.test_send(
            order.tenant_id, _released_by(order).id, wanted.phone, wanted.text, order.run_id
        )

    async def pause(order: Order) -> Mapping[str, Any]:
        return {"is_paused": (await desk.pause(order.tenant_id, order.by)).is_paused}

    async def resume(order: Order) -> Mapping[str, Any]:
        return {"is_paused": (await desk.resume(order.tenant_id)).is_paused}

    return (
        Task(
            "send_whatsapp",
            "send_whatsapp",
            "Send a WhatsApp message",
            "إرسال رسالة واتساب",
            ("a message is queued; the gate is passed again before it leaves",),
            Send,
            send,
            frozenset({"conversation_id"}),
            frozenset({"draft_id", "status"}),
            recipient="conversation_id",
            preview="text",
        ),
        Task(
            "test_send",
            "test_send",
            "Send a test to one of our own numbers",
            "إرسال تجريبي إلى رقم لنا",
            ("a message leaves to an allow-listed number",),
            TestSend,
            test_send,
            preview="text",
        ),
        Task(
            "pause",
            "pause_sending",
            "Stop everything automatic",
            "إيقاف الإرسال التلقائي",
            ("automatic replies wait for a human",),
            Nothing,
            pause,
            remembers=frozenset({"is_paused"}),
        ),
        Task(
            "resume",
            "resume_sending",
            "Let automatic messages leave again",
            "استئناف الإرسال التلقائي",
            ("automatic replies leave again",),
            Nothing,
            resume,
            remembers=frozenset({"is_paused"}),
        ),
    )


def _released_by(order: Order) -> Human:
    """Whoever agreed is who lets a message go."""
    return order.approver if order.approver.id else order.by
