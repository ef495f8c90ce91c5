"""
The steps of one message as spans: recorded, handled, let go, sent; each knows where it goes on.

Rule: a step in another process goes on from what was stored with the event or the draft. What a human caused,
      maybe hours later, is a trace of its own that points back.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bot.conversation import Conversation, Draft, Waiting
from bot.decision import Decision
from bot.errors import DealixError
from bot.events import Outcome
from bot.notebook import Log
from bot.ports import Provider, SendResult
from bot.store import Arrival
from bot.telemetry import measures, spans

_WENT_WRONG = frozenset({Outcome.REJECTED_FINAL, Outcome.REJECTED_RETRYABLE, Outcome.AMBIGUOUS})


@contextmanager
def answering(provider: str) -> Iterator[Callable[[str], None]]:
    """One webhook, from its first byte to its answer; the block says what it came to."""
    began, outcome = time.perf_counter(), "failed"

    def answered(how: str) -> None:
        nonlocal outcome
        outcome = how

    try:
        yield answered
    except DealixError as refused:
        outcome = "refused" if refused.status < 500 else "failed"
        raise
    finally:
        measures.webhook(provider, outcome, time.perf_counter() - began)


@contextmanager
def recording(arrival: Arrival, provider: str) -> Iterator[tuple[Arrival, spans.Span]]:
    """An event is put into its mailbox, with where whoever handles it goes on."""
    waiting = arrival.waiting
    spans.about(waiting.correlation_id)
    with spans.span(
        "inbound.record",
        tenant=arrival.tenant_id,
        provider=provider,
        channel=waiting.channel,
        what=waiting.what,
        correlation_id=waiting.correlation_id,
    ) as watched:
        if spans.is_on():
            arrival = replace(arrival, waiting=replace(waiting, traceparent=spans.here()))
        yield arrival, watched


@contextmanager
def handling(conversation: Conversation, waiting: Sequence[Waiting], log: Log) -> Iterator[spans.Span]:
    """Everything that waits in one mailbox is read; it goes on from the last event and points at the others."""
    last = waiting[-1] if waiting else None
    if last is None:
        with spans.span("conversation.handle") as watched:
            yield watched
        return
    spans.about(last.correlation_id)
    with spans.span(
        "conversation.handle",
        within=last.traceparent,
        linked=[event.traceparent for event in waiting[:-1]],
        is_entry=True,
        tenant=conversation.tenant_id,
        conversation=conversation.id,
        correlation_id=last.correlation_id,
        events=len(waiting),
        waited_seconds=round((log.at - last.received_at).total_seconds(), 3),
    ) as watched:
        yield watched


def tag_decision(watched: spans.Span, decision: Decision | None) -> None:
    """What was decided, and which pages of the rule book said so."""
    if decision is None or not spans.is_on():
        return
    watched.tag(
        intent=decision.verdict.intent,
        confidence=decision.verdict.confidence,
        stage_before=decision.stage_before,
        stage_after=decision.stage_after,
        rules=[reason.page for reason in decision.verdict.because if not reason.shadow],
    )


def mark_drafts(conversation: Conversation, log: Log) -> None:
    """Drafts that were just made know where."""
    if spans.is_on():
        here = spans.here()
        for draft in conversation.outbox:
            if not draft.traceparent and draft.created_at == log.at:
                draft.traceparent = here


@contextmanager
def sending(tenant_id: str, draft: Draft, attempt: str, provider: Provider) -> Iterator[spans.Span]:
    """One call of one provider: a part of what let it go, or of what made it."""
    spans.about(draft.correlation_id)
    with spans.span(
        "send.attempt",
        within=draft.released_in or draft.traceparent,
        linked=[draft.traceparent] if draft.released_in else [],
        is_entry=True,
        tenant=tenant_id,
        draft=draft.id,
        attempt=attempt,
        kind=draft.kind.value,
        provider=provider.name,
        channel=provider.channel,
        correlation_id=draft.correlation_id,
    ) as watched:
        yield watched


def tag_result(watched: spans.Span, result: SendResult) -> None:
    """What a provider answered."""
    watched.tag(outcome=result.send_class.value, http_status=result.http_status or 0)
    if result.outcome in _WENT_WRONG:
        watched.fail(result.send_class.value)


@contextmanager
def refusing(tenant_id: str, draft: Draft, code: str) -> Iterator[None]:
    """The gate does not let a draft through: an outcome, not an error."""
    spans.about(draft.correlation_id)
    with spans.span(
        "gate.refuse",
        within=draft.released_in or draft.traceparent,
        is_entry=True,
        tenant=tenant_id,
        draft=draft.id,
        refused=code,
        correlation_id=draft.correlation_id,
    ):
        yield
