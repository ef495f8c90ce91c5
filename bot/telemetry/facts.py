"""
Counts what happened in conversations, from the facts that were just stored with them.

Rule 1: only what is durable is counted, so a lost race or a repeated step counts nothing twice.
Rule 2: a fact is counted by its name and by codes in it; its words are not looked at.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.conversation import Conversation, LogEntry
from bot.telemetry import measures

Fact = tuple[Conversation, LogEntry, datetime]

# Channels have names of the tenants' own; numbers are kept by provider.
_providers: dict[str, str] = {}


def know_channels(providers: Mapping[str, str]) -> None:
    """Which provider carries which channel."""
    _providers.update(providers)


def count(conversation: Conversation, entries: Sequence[LogEntry], at: datetime) -> None:
    """Count facts that were just committed at this time."""
    for entry in entries:
        counted = _COUNTED.get(entry.what)
        if counted is not None:
            counted((conversation, entry, at))


def _provider(data: Mapping[str, Any]) -> str:
    return _providers.get(str(data.get("channel", "")), "other")


def _received(fact: Fact) -> None:
    _, entry, at = fact
    received_at = entry.data.get("received_at")
    if isinstance(received_at, datetime):
        measures.lag((at - received_at).total_seconds())


def _decided(fact: Fact) -> None:
    data = fact[1].data
    heard = next((found["page"] for found in data.get("intents", ()) if found["name"] == data["intent"]), "")
    measures.decided(data["intent"], heard)


def _drafted(status: str) -> Callable[[Fact], None]:
    def drafted(fact: Fact) -> None:
        conversation, entry, _ = fact
        draft = conversation.draft(entry.data.get("draft", ""))
        measures.drafted(draft.kind.value if draft else "other", status)

    return drafted


def _settled(decision: str) -> Callable[[Fact], None]:
    def settled(fact: Fact) -> None:
        conversation, entry, _ = fact
        draft = conversation.draft(entry.data.get("draft", ""))
        if draft is not None:
            measures.approved((entry.at - draft.created_at).total_seconds(), decision)

    return settled


def _sent(fact: Fact) -> None:
    data = fact[1].data
    measures.sent(_provider(data), data["send_class"], data.get("latency_ms", 0.0) / 1000)


def _received_receipt(status: str) -> Callable[[Fact], None]:
    return lambda fact: measures.receipt(_provider(fact[1].data), status)


def _failed_later(fact: Fact) -> None:
    conversation, entry, _ = fact
    draft = conversation.draft(entry.data.get("draft", ""))
    measures.receipt(_provider({"channel": draft.last_channel if draft else ""}), "failed")


_COUNTED: Mapping[str, Callable[[Fact], None]] = {
    "message_received": _received,
    "decided": _decided,
    "draft_held": _drafted("held"),
    "reply_queued_by_bot": _drafted("queued"),
    "draft_approved": _settled("approved"),
    "draft_rejected": _settled("rejected"),
    "draft_expired": _settled("expired"),
    "attempt_ended": _sent,
    "send_postponed": lambda _: measures.postponed(),
    "send_given_up": lambda _: measures.given_up(),
    "send_waits_in_line": lambda fact: measures.limited(str(fact[1].data.get("why", ""))),
    "gate_refused": lambda fact: measures.refused(fact[1].data["code"]),
    "opted_out": lambda fact: measures.opted_out(fact[1].data["reason"]),
    "event_parked": lambda _: measures.parked(),
    "message_sent": _received_receipt("sent"),
    "message_delivered": _received_receipt("delivered"),
    "message_read": _received_receipt("read"),
    "message_failed_later": _failed_later,
}
