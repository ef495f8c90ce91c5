"""
What a request about personal data does to its conversation. Pure.

Rule 1: what a request stops is stopped in the write that takes it in, and let go in the write that rejects it.
"""

from dataclasses import replace

from bot.actions import deeds
from bot.conversation import OWED, REACHED, Conversation, DataAsk, Draft, DraftKind, Status
from bot.errors import BadRequest
from bot.notebook import Log
from bot.people import Human
from bot.privacy.data_requests import REJECTED, DataRequest

STOPS_EVERYTHING = ("deletion", "restriction")

_LEFT = frozenset({*REACHED, Status.SIMULATED})


def take_in(conversation: Conversation, request: DataRequest, by: Human, log: Log) -> None:
    """The conversation learns of a request that staff wrote down."""
    if any(ask.id == request.id for ask in conversation.data_asks):
        return
    ask = DataAsk(
        request.id, request.kind, request.reference, request.requested_at, request.due_at, is_receipted=True
    )
    conversation.data_asks = (*conversation.data_asks, ask)
    if request.kind in STOPS_EVERYTHING:
        conversation.restricted = request.id
        deeds.stop(conversation, "", log)
        for draft in conversation.outbox:
            if draft.status in (Status.HELD, Status.QUEUED) and draft.kind not in OWED:
                draft.step(Status.CANCELLED, "restricted")
    told = {"request": request.id, "kind": request.kind, "reference": request.reference, "via": request.via}
    log.add("data_request_received", "", by=by.id, by_name=by.name, **told)


def close_ask(conversation: Conversation, request: DataRequest) -> None:
    conversation.data_asks = tuple(
        replace(ask, is_open=False) if ask.id == request.id else ask for ask in conversation.data_asks
    )
    if request.status == REJECTED and conversation.restricted == request.id:
        conversation.restricted = ""
    for draft in conversation.outbox:
        if draft.request_id == request.id and draft.status is Status.HELD:
            draft.step(Status.CANCELLED, "no_request")


def lift(conversation: Conversation, request_id: str, by: Human, log: Log) -> None:
    if conversation.restricted != request_id:
        raise BadRequest("this restriction is not in force any more", "هذا التقييد لم يعد ساريًا")
    conversation.restricted = ""
    log.add("restriction_lifted", "", request=request_id, by=by.id, by_name=by.name)


def has_answered(conversation: Conversation, request_id: str) -> bool:
    """Whether the contact was told what is held about them."""
    return any(_is_sent_answer(draft, request_id) for draft in conversation.outbox)


def _is_sent_answer(draft: Draft, request_id: str) -> bool:
    return draft.kind is DraftKind.PRIVACY_ANSWER and draft.request_id == request_id and draft.status in _LEFT
