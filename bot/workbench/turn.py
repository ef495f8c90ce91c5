"""
One turn of a rehearsed talk: what happened, what was decided, and how things stand afterwards.

Pure: it only looks at the conversation before and after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.conversation import Conversation, Draft, LogEntry, Status
from bot.decision import Decision
from flows import deal
from rules.verdict import Because


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that happened, and everything that followed from it."""

    what: str
    """`says | event | approves | writes | waits`"""
    text: str
    """What the contact or the human wrote, or the name of the event."""
    at: datetime
    decision: Decision | None
    """None when nothing was asked of the rules."""
    intent: str
    confidence: float
    stage_before: str
    stage_after: str
    said: str
    """The message that answers, whether it left or waits for a human; empty when there is none."""
    wording: str
    buttons: tuple[tuple[str, str], ...]
    """(id, title)"""
    held: bool
    """True when that message waits for a human."""
    hold_reasons: tuple[str, ...]
    """Wording keys, `hold.<reason>`."""
    flags: tuple[str, ...]
    silence_reason: str
    """Why nothing was said: `silence.<reason>`, or the reason of the gate or of a human who took over."""
    proposes: str
    """The event that an approver's yes to this message would cause."""
    proposed_stage: str
    """Where that event would lead."""
    asked: str
    """The qualification question that is open afterwards."""
    expects: str
    slots: Mapping[str, str]
    """Every qualification answer so far."""
    because: tuple[Because, ...]
    language: str
    is_suppressed: bool
    sends_paused: str
    mode: str
    """`bot | human`: who answers the contact from here on."""
    version: str
    """Of the playbook that decided."""


@dataclass(frozen=True, slots=True)
class Before:
    """How things stood before a turn."""

    stage: str
    drafts: frozenset[str]
    facts: int
    """How many facts the talk had."""

    @classmethod
    def of(cls, conversation: Conversation, facts: int) -> "Before":
        return cls(conversation.stage, frozenset(draft.id for draft in conversation.outbox), facts)

    def fresh(self, conversation: Conversation) -> Draft | None:
        """The draft that was made since."""
        fresh = [draft for draft in conversation.outbox if draft.id not in self.drafts]
        return fresh[-1] if fresh else None


def turn_of(
    what: str,
    text: str,
    *,
    at: datetime,
    before: Before,
    conversation: Conversation,
    fresh: Sequence[LogEntry],
    draft: Draft | None,
    decision: Decision | None,
    version: str,
) -> Turn:
    """
    Put a turn together.

    `draft` is the message that the turn is about, if there is one; `fresh` are the facts that the turn brought.
    """
    verdict = decision.verdict if decision else None
    shown = draft if draft and draft.status in (Status.HELD, Status.SIMULATED) else None
    held = shown if shown and shown.status is Status.HELD else None
    proposes = held.proposes if held else ""
    return Turn(
        what=what,
        text=text,
        at=at,
        decision=decision,
        intent=verdict.intent if verdict else "",
        confidence=verdict.confidence if verdict else 0.0,
        stage_before=before.stage,
        stage_after=conversation.stage,
        said=shown.text if shown else "",
        wording=shown.wording if shown else "",
        buttons=shown.buttons if shown else (),
        held=held is not None,
        hold_reasons=held.hold_reasons if held else (),
        flags=verdict.flags if verdict else (),
        silence_reason="" if shown else _why_silent(draft, fresh),
        proposes=proposes,
        proposed_stage=_leads_to(conversation.stage, proposes),
        asked=conversation.asked,
        expects=conversation.expects,
        slots=MappingProxyType({name: slot.value for name, slot in conversation.slots.items()}),
        because=verdict.because if verdict else (),
        language=conversation.language,
        is_suppressed=conversation.is_suppressed,
        sends_paused=conversation.sends_paused,
        mode=conversation.mode,
        version=version,
    )


def _why_silent(draft: Draft | None, fresh: Sequence[LogEntry]) -> str:
    """Why the gate dropped the message, or why the pipeline made none."""
    if draft is not None:
        return draft.note
    return next((str(entry.data["reason"]) for entry in fresh if entry.what == "kept_silent"), "")


def _leads_to(stage: str, event: str) -> str:
    return deal.TABLE[stage, event] if event and deal.may(stage, event, "approver") else ""
