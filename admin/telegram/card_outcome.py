"""What became of a draft: the first line of its card, who decided, and how far the message came."""

from datetime import datetime

from admin.telegram.names import Words, named
from admin.telegram.plain import code, quoted
from admin.telegram.sentences import SENTENCES, Language, say
from admin.telegram.times import clock, whole_minutes
from bot.cards import Card
from bot.conversation import DraftKind, Status

_SENT_SOMEWHERE = frozenset({Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ, Status.SIMULATED})
_NEEDS_A_REASON = frozenset({Status.FAILED, Status.UNKNOWN, Status.CANCELLED, Status.REJECTED, Status.EXPIRED})


def status_line(card: Card, now: datetime, language: Language) -> str:
    """Where the draft is now, in one line."""
    if card.superseded_by:
        return say("outdated", language)
    match card.status:
        case Status.HELD:
            return _held_line(card, now, language)
        case Status.QUEUED if card.quiet_until is not None:
            return say("queued_quiet", language, at=clock(card.quiet_until, now, language))
        case Status.QUEUED | Status.SENDING:
            return say("queued_auto" if card.decision in ("", "auto") else "queued", language)
        case Status.CANCELLED if card.decision == "taken_over":
            return say("taken_over", language)
        case status:
            return say(status.value, language)


def is_snoozed(card: Card, now: datetime) -> bool:
    return card.status is Status.HELD and card.snoozed_until is not None and card.snoozed_until > now


def outcome_lines(card: Card, now: datetime, words: Words, language: Language) -> list[str]:
    """Who decided what and when, through whom it went, and how far it came."""
    lines = [decision_line(card, now, language), _way_line(card, now, language)]
    if card.status in _NEEDS_A_REASON and card.note and not card.superseded_by:
        lines.append(f"{say('note', language)}: {_note(card.note, words, language)}")
    if card.status is Status.UNKNOWN:
        lines.append(say("unknown_advice", language))
    return [line for line in lines if line]


def decision_line(card: Card, now: datetime, language: Language) -> str:
    """`Approved by Sami at 13:05`, empty while nobody decided."""
    code_, _, reason = card.decision.partition(":")
    key = f"by_{code_}"
    if key not in SENTENCES or (code_ != "auto" and not card.decided_by):
        return ""
    at = clock(card.decided_at, now, language) if card.decided_at else "?"
    why = say(reason, language) if reason in SENTENCES else quoted(reason, 60)
    return say(key, language, name=quoted(card.decided_by, 40), at=at, reason=why)


def _held_line(card: Card, now: datetime, language: Language) -> str:
    if is_snoozed(card, now):
        assert card.snoozed_until is not None
        return say("snoozed", language, at=clock(card.snoozed_until, now, language))
    if card.due_at is not None and card.due_at <= now:
        return say("held_due", language)
    if card.warn_at is not None and card.warn_at <= now:
        return say("held_warn", language, minutes=whole_minutes(now - card.created_at))
    return say("held_follow_up" if card.kind is DraftKind.FOLLOW_UP else "held", language)


def _way_line(card: Card, now: datetime, language: Language) -> str:
    parts = []
    if card.sent_through and (card.status in _SENT_SOMEWHERE or card.status in (Status.UNKNOWN, Status.FAILED)):
        parts.append(say("through", language, channel=code(card.sent_through)))
    for status, at in card.receipts:
        key = f"receipt_{status}"
        if key in SENTENCES:
            parts.append(say(key, language, at=clock(at, now, language)))
    return " · ".join(parts)


def _note(note: str, words: Words, language: Language) -> str:
    """A short code has words of its own; a sentence of a provider is quoted, in the line of this language."""
    if " " not in note:
        return named(words, "note", note, language)
    english, _, arabic = note.partition("\n")
    return quoted(arabic if arabic and language == "ar" else english, 200)
