"""
What is remembered of one contact, and the summary for whoever takes their conversation over, over HTTP.

Rule: whoever may read the conversation may read these; nobody writes here, and forgetting is the way of a data
request.
"""

from typing import Any

from fastapi import APIRouter

from bot.memory.fact import Conflict, Fact
from bot.memory.handover import Handover
from bot.memory.room import Memory
from bot.shown_text import masked
from bot.web.caller import Callers, caller_of

READERS = ("admin", "approver", "agent")


def router(memory: Memory, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/conversations/{conversation_id}", tags=["memory"])

    Caller = caller_of(callers)

    @routes.get("/handover")
    async def handover(conversation_id: str, caller: Caller) -> dict[str, Any]:
        """Stage, reason, answers, what is owed, and the last ten messages, in Arabic and English."""
        caller.require(*READERS)
        return _handover(await memory.handover(caller.tenant_id, conversation_id))

    @routes.get("/memory")
    async def remembered(conversation_id: str, caller: Caller) -> dict[str, Any]:
        """Every fact that has not expired, with the message it comes from, and what contradicts itself."""
        caller.require(*READERS)
        made = await memory.handover(caller.tenant_id, conversation_id)
        conflicts = await memory.conflicts(caller.tenant_id, conversation_id)
        return {
            "conversation_id": conversation_id,
            "facts": [_fact(fact) for fact in made.facts],
            "conflicts": [_conflict(conflict) for conflict in conflicts],
        }

    return routes


def _handover(made: Handover) -> dict[str, Any]:
    return {
        "conversation_id": made.conversation_id,
        "contact_name": made.contact_name,
        "contact": made.contact_masked,
        "language": made.language,
        "stage": made.stage,
        "mode": made.mode,
        "reason": made.reason,
        "is_suppressed": made.is_suppressed,
        "slots": dict(made.slots),
        "last_question": made.last_question,
        "messages": [
            {"who": line.who, "text": line.text, "at": line.at, "is_cut": line.is_cut} for line in made.messages
        ],
        "pending": [{"kind": one.kind, "text": one.text, "since": one.since} for one in made.pending],
        "facts": [_fact(fact) for fact in made.facts],
        "window_expires_at": made.window_expires_at,
        "version": made.version,
        "summary": {"ar": made.summary_ar, "en": made.summary_en},
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "key": fact.key,
        "value": fact.value,
        # A provider's message key may carry the whole phone.
        "source_message_id": masked(fact.source_message_id),
        "confidence": fact.confidence,
        "at": fact.at,
        "expires_at": fact.expires_at,
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {"key": conflict.key, "facts": [_fact(fact) for fact in conflict.facts]}
