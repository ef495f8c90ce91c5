"""
A contact asks in the chat what is held about them, to have it corrected, or to be forgotten. Pure.

Rule 1: one open request of a kind at a time; asking again opens none and is receipted by nobody twice.
Rule 2: a receipt names the number, what happens, and by when. It leaves by itself; what is held leaves only after
        a human's yes.
Rule 3: a request is known by its contact, kind and number among them, so handling a message again finds the same.
"""

from dataclasses import replace
from datetime import datetime

from bot.conversation import Conversation, DataAsk, Draft, DraftKind, Notice, Status
from bot.gather import HeardMessage
from bot.notebook import Log
from bot.privacy.data_requests import DUE_AFTER, PENDING, DataRequest, Subject, reference_of
from bot.tenant import Tenant
from flows.wording import Wordings
from rules.policies import Policies

NEEDS_A_HUMAN = "hold.erasure_request"

BOOKS_ANSWER = "erasure_received"
"""What the book would let a human say; the receipt says it at once, with a number."""

_NOTICES = {"access": "access_requested", "correction": "correction_requested"}


def kinds_asked(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Which requests these flags of a verdict are."""
    asked = [kind for kind in ("access", "correction") if f"{kind}_request" in flags]
    wants_out = {"opt_out", "suspect_opt_out"} & set(flags)
    if "erasure_request" in flags and (wants_out or not asked):
        asked.append("deletion")
    return tuple(asked)


def open_asks(
    conversation: Conversation, flags: tuple[str, ...], correlation_id: str, log: Log
) -> tuple[DataAsk, ...]:
    """Write down the requests that are new, and tell the approvers; answers those."""
    fresh = []
    for kind in kinds_asked(flags):
        same = [ask for ask in conversation.data_asks if ask.kind == kind]
        if any(ask.is_open for ask in same):
            continue
        ask_id = f"{conversation.id}-{kind}-{len(same) + 1}"
        reference = reference_of(conversation.tenant_id, ask_id)
        fresh.append(DataAsk(ask_id, kind, reference, log.at, log.at + DUE_AFTER))
        log.add(
            "data_request_received", correlation_id, request=ask_id, kind=kind, reference=reference, via="chat"
        )
        if kind in _NOTICES:
            conversation.notices.append(Notice(f"{kind}:{correlation_id}", _NOTICES[kind], log.at, reference))
    conversation.data_asks = (*conversation.data_asks, *fresh)
    return tuple(fresh)


def request_of(conversation: Conversation, ask: DataAsk, message_key: str, correlation_id: str) -> DataRequest:
    """The request as it is kept beside the conversation."""
    subject = Subject(conversation.keys, conversation.phone, conversation.name, (conversation.id,))
    return DataRequest(
        id=ask.id,
        tenant_id=conversation.tenant_id,
        reference=ask.reference,
        kind=ask.kind,
        status=PENDING,
        subject=subject,
        via="chat",
        requested_by="contact",
        requested_at=ask.asked_at,
        due_at=ask.due_at,
        evidence_ref=message_key,
        correlation_id=correlation_id,
    )


def unreceipted(conversation: Conversation, flags: tuple[str, ...]) -> tuple[DataAsk, ...]:
    """
    The open requests that nobody has been told a number of.

    Who asks to delete an account may mean something else: they are asked first, and get the number with the yes.
    """
    open_ones = [ask for ask in conversation.data_asks if ask.is_open and not ask.is_receipted]
    if "suspect_opt_out" in flags and "opt_out" not in flags:
        open_ones = [ask for ask in open_ones if ask.kind != "deletion"]
    return tuple(open_ones)


def receipt_text(ask: DataAsk, language: str, wordings: Wordings, policies: Policies) -> str:
    """What happens, under which number, and by when."""
    key = f"privacy.{ask.kind}_receipt"
    return wordings.render(key, language, reference=ask.reference, due_date=policies.day(ask.due_at)).text


def receipted(conversation: Conversation, ask: DataAsk) -> None:
    """From now on its number has been told."""
    conversation.data_asks = tuple(
        replace(known, is_receipted=True) if known.id == ask.id else known for known in conversation.data_asks
    )


def receipt_of(
    draft_id: str,
    conversation: Conversation,
    ask: DataAsk,
    last: HeardMessage,
    text: str,
    tenant: Tenant,
    at: datetime,
) -> Draft:
    """The receipt of a request, on its way by itself; the gate asks whether it may."""
    return Draft(
        id=draft_id,
        kind=DraftKind.PRIVACY_RECEIPT,
        status=Status.QUEUED,
        text=text,
        language=conversation.language or "ar",
        correlation_id=last.correlation_id,
        created_at=at,
        wording=f"privacy.{ask.kind}_receipt",
        answers=(last.key,),
        stage_before=conversation.stage,
        stage_after=conversation.stage,
        decision="auto",
        expires_at=last.said_at + tenant.pace.window,
        request_id=ask.id,
    )


def answer_of(
    draft_id: str,
    conversation: Conversation,
    ask: DataAsk,
    last: HeardMessage,
    wordings: Wordings,
    tenant: Tenant,
    policies: Policies,
    at: datetime,
) -> Draft:
    """What is held about the contact, for a human to let go."""
    language = conversation.language or "ar"
    held = _held_data(conversation, language, wordings, policies)
    said = wordings.render("privacy.access_answer", language, reference=ask.reference, held_data=held)
    times = policies.deadlines.of("reply", at, last.said_at + tenant.pace.window)
    return Draft(
        id=draft_id,
        kind=DraftKind.PRIVACY_ANSWER,
        status=Status.HELD,
        text=said.text,
        language=language,
        correlation_id=last.correlation_id,
        created_at=at,
        wording=said.key,
        stage_before=conversation.stage,
        stage_after=conversation.stage,
        hold_reasons=(NEEDS_A_HUMAN,),
        flags=("access_request",),
        warn_at=times.warn_at,
        due_at=times.due_at,
        expires_at=times.expires_at,
        request_id=ask.id,
    )


def _held_data(conversation: Conversation, language: str, wordings: Wordings, policies: Policies) -> str:
    """The contact's own data, a line each; nothing of anybody else is in a conversation."""
    stop = conversation.suppression
    comma = "، " if language == "ar" else ", "
    lines = {
        "name": conversation.name,
        "phone": f"+{conversation.phone}" if conversation.phone else "",
        "since": policies.day(conversation.created_at),
        "answers": comma.join(slot.value for slot in conversation.slots.values()),
        "stop": policies.day(stop.at) if stop else "",
        "requests": comma.join(ask.reference for ask in conversation.data_asks),
    }
    return "\n".join(
        wordings.render(f"privacy.held_{name}", language, value=value).text
        for name, value in lines.items()
        if value
    )
