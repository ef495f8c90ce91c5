"""
What Dealix decided about one lead and what followed, read from the facts of the past. Pure.

Rule 1: nothing is decided again here; every line was written down when it happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.conversation import LogEntry


@dataclass(frozen=True, slots=True)
class Heard:
    """One message that a decision is about."""

    text: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """One page of the rule book that had a say."""

    name: str
    file: str
    said: str
    words: tuple[str, ...]
    is_shadow: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """One fact that followed."""

    id: str
    what: str
    at: datetime
    values: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        return dict(self.values).get(name, "")


@dataclass(frozen=True, slots=True)
class Decision:
    """One burst of messages, what it meant, and what became of the answer."""

    id: str
    at: datetime
    heard: tuple[Heard, ...]
    intent: str
    confidence: float
    words: tuple[str, ...]
    others: tuple[str, ...]
    stage_before: str
    stage_after: str
    proposed_stage: str
    outcome: str
    """`sent | held | silent`"""
    reasons: tuple[str, ...]
    """Why it was held, or why nothing was said."""
    wording: str
    rules: tuple[Rule, ...]
    flags: tuple[str, ...]
    actions: tuple[str, ...]
    engine_agreed: bool
    book_version: str
    correlation_id: str
    """By which the page of stories knows everything that came of it."""
    traces: tuple[Trace, ...]


Happening = Decision | Trace
"""A decision with all that followed, or something that happened by itself."""

# Facts that a decision already shows in its own words.
_PART_OF_DECISION = frozenset({"message_received", "decided", "kept_silent", "repeated_through_another_channel"})

_VALUES = ("channel", "send_class", "code", "before", "after", "reason", "by")


def story(entries: Sequence[LogEntry]) -> tuple[Happening, ...]:
    """All that happened to one lead, oldest first."""
    told: list[Happening] = []
    waiting: list[LogEntry] = []
    for number, entry in enumerate(entries):
        if entry.what == "message_received":
            waiting.append(entry)
        elif entry.what == "decided":
            told.append(_decision(entry, waiting, entries[number + 1 :]))
            waiting = []
    shown = {d.id for d in told if isinstance(d, Decision)}
    decided = {e.correlation_id for e in entries if e.id in shown}
    told += [_trace(e) for e in entries if e.what not in _PART_OF_DECISION and e.correlation_id not in decided]
    return tuple(sorted(told, key=lambda happening: happening.at))


def _decision(entry: LogEntry, heard: Iterable[LogEntry], later: Iterable[LogEntry]) -> Decision:
    data = entry.data
    followed = [e for e in later if e.correlation_id == entry.correlation_id]
    outcome, reasons = _outcome(data, followed)
    intents = data.get("intents", ())
    rules = tuple(_rule(b) for b in data.get("because", ()))
    return Decision(
        id=entry.id,
        at=entry.at,
        heard=tuple(Heard(e.data.get("text", ""), e.data.get("kind", "text"), e.at) for e in heard),
        intent=data.get("intent", ""),
        confidence=float(data.get("confidence", 0)),
        words=tuple(dict.fromkeys(w for rule in rules for w in rule.words)) or _words(intents),
        others=tuple(dict.fromkeys(i["name"] for i in intents if i["name"] != data.get("intent"))),
        stage_before=data.get("stage_before", ""),
        stage_after=data.get("stage_after", ""),
        proposed_stage=data.get("proposed_stage", ""),
        outcome=outcome,
        reasons=reasons,
        wording=data.get("say", ""),
        rules=rules,
        flags=tuple(data.get("flags", ())),
        actions=tuple(data.get("actions", ())),
        engine_agreed=bool(data.get("engine_agreed", True)),
        book_version=data.get("book_version", ""),
        correlation_id=entry.correlation_id,
        traces=tuple(_trace(e) for e in followed if e.what not in _PART_OF_DECISION),
    )


def _outcome(data: Mapping[str, Any], followed: Iterable[LogEntry]) -> tuple[str, tuple[str, ...]]:
    """What the first fact after the decision says about its answer."""
    for entry in followed:
        match entry.what:
            case "draft_held":
                return "held", tuple(entry.data.get("why", ()))
            case "reply_queued_by_bot":
                return "sent", ()
            case "kept_silent":
                return "silent", (entry.data.get("reason", ""),)
    return "silent", (data.get("silence_reason", ""),)


def _rule(because: Mapping[str, Any]) -> Rule:
    return Rule(
        name=because["rule"],
        file=because["file"],
        said=because["said"],
        words=tuple(because.get("words", ())),
        is_shadow=bool(because.get("shadow")),
    )


SAID = ("intent", "go", "say", "silence", "propose", "hold", "flag", "act")
"""The verbs of a rule page, as the book writes them into its reasons."""


def said(sentence: str) -> tuple[tuple[str, str], ...]:
    """`go start_qualifying; hold: hold.legal` -> its verbs and what each is about."""
    parts = (part.strip().partition(" ") for part in sentence.split(";"))
    return tuple((verb.rstrip(":"), name) for verb, _, name in parts if verb.rstrip(":") in SAID)


def _words(intents: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(intents[0].get("words", ())) if intents else ()


def _trace(entry: LogEntry) -> Trace:
    values = tuple((name, str(entry.data[name])) for name in _VALUES if entry.data.get(name))
    # A message that a human writes is its own cause, and its approval is his writing it.
    is_by_hand = entry.what == "draft_approved" and entry.data.get("draft") == entry.correlation_id
    return Trace(entry.id, "wrote_by_hand" if is_by_hand else entry.what, entry.at, values)
