"""
A conversation in one glance, for whoever takes over. Pure: the same conversation makes the same summary.

Rule 1: words are those of the contact and of ours, cut and never reworded; nothing is concluded from them.
Rule 2: what we have promised and not done yet stands before what was said: that is what a person is asked about.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation import Conversation, Status
from bot.memory.fact import Fact
from bot.phones import mask

MESSAGES = 10
LONGEST_MESSAGE = 280

# Free text may be written for so long after the contact wrote.
WINDOW = timedelta(hours=24)

Words = Callable[[str, str], str]
"""A name of the house in words: (key, language)."""

WHO = {
    "contact": ("العميل", "Contact"),
    "bot": ("الرد الآلي", "Bot"),
    "human": ("الفريق", "Team"),
    "phone": ("من الجوال", "From the phone"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message, at most 280 characters of it."""

    who: str
    """`contact | bot | human | phone`"""
    text: str
    at: datetime
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that we owe, or that somebody must decide."""

    kind: str
    """`draft | doubt | question | data_request | action`"""
    text: str
    """An excerpt of what would be said, the name of the question, or the number of the request."""
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Handover:
    """What a person must know."""

    tenant_id: str
    conversation_id: str
    contact_name: str
    contact_masked: str
    language: str
    stage: str
    mode: str
    reason: str
    """Why a person is wanted: as somebody said it, or as the rules hold it (a key of `hold.`); may be empty."""
    is_suppressed: bool
    slots: Mapping[str, str]
    last_question: str
    messages: tuple[Line, ...]
    pending: tuple[Pending, ...]
    facts: tuple[Fact, ...]
    window_expires_at: datetime | None
    version: int
    summary_ar: str
    summary_en: str


def handover_of(conversation: Conversation, facts: Sequence[Fact], words: Words, now: datetime) -> Handover:
    """The summary as of now."""
    wrote = max(conversation.windows.values(), default=None)
    made = Handover(
        tenant_id=conversation.tenant_id,
        conversation_id=conversation.id,
        contact_name=conversation.name,
        contact_masked=mask(conversation.phone) if conversation.phone else "",
        language=conversation.language,
        stage=conversation.stage,
        mode=conversation.mode,
        reason=_reason(conversation),
        is_suppressed=conversation.is_suppressed,
        slots={name: slot.value for name, slot in sorted(conversation.slots.items())},
        last_question=conversation.asked,
        messages=tuple(
            Line(said.who, _cut(said.text), said.at, len(" ".join(said.text.split())) > LONGEST_MESSAGE)
            for said in conversation.recent[-MESSAGES:]
        ),
        pending=_pending(conversation),
        facts=tuple(facts),
        window_expires_at=wrote + WINDOW if wrote and wrote + WINDOW > now else None,
        version=conversation.v,
        summary_ar="",
        summary_en="",
    )
    told = {language: _told(made, words, language) for language in ("ar", "en")}
    return replace(made, summary_ar=told["ar"], summary_en=told["en"])


def _reason(conversation: Conversation) -> str:
    if conversation.human_reason:
        return conversation.human_reason
    waiting = [draft for draft in conversation.outbox if draft.status in (Status.HELD, Status.UNKNOWN)]
    held = [reason for draft in reversed(waiting) for reason in draft.hold_reasons]
    return held[0] if held else conversation.sends_paused


def _pending(conversation: Conversation) -> tuple[Pending, ...]:
    drafts = [
        Pending("doubt" if draft.status is Status.UNKNOWN else "draft", _cut(draft.text), draft.created_at)
        for draft in conversation.on_the_way()
    ]
    asked = [Pending("question", conversation.asked, None)] if conversation.asked else []
    data = [Pending("data_request", ask.reference, ask.asked_at) for ask in conversation.data_asks if ask.is_open]
    deeds = [Pending("action", deed.name, deed.at) for deed in conversation.deeds]
    return (*drafts, *data, *deeds, *asked)


def _cut(text: str) -> str:
    whole = " ".join(text.split())
    return whole if len(whole) <= LONGEST_MESSAGE else f"{whole[: LONGEST_MESSAGE - 1]}…"


_HEADS = {
    "ar": ("المرحلة", "السبب", "ما عرفناه", "بانتظارنا", "آخر الرسائل", "لا شيء معلّق", "طلب إيقاف المراسلة"),
    "en": ("Stage", "Why", "Known", "Owed", "Last messages", "nothing is pending", "has asked us to stop"),
}
_KINDS = {
    "draft": ("رد ينتظر", "answer that waits"),
    "doubt": ("رسالة لا نعلم وصولها", "message that perhaps arrived"),
    "question": ("سؤال بلا جواب", "question without an answer"),
    "data_request": ("طلب بيانات شخصية", "request about personal data"),
    "action": ("إجراء لم يبدأ", "action not begun"),
}


def _told(made: Handover, words: Words, language: str) -> str:
    stage, why, known, owed, last, nothing, stopped = _HEADS[language]
    here = 0 if language == "ar" else 1
    said = [f"{stage}: {words(f'stage.{made.stage}', language)}"]
    if made.is_suppressed:
        said.append(stopped)
    if made.reason:
        said.append(f"{why}: {words(made.reason, language)}")
    answers = {**{fact.key: fact.value for fact in made.facts}, **made.slots}
    if answers:
        separator = "، " if language == "ar" else ", "
        told = separator.join(
            f"{_called(name, words, language)} {value}" for name, value in sorted(answers.items())
        )
        said.append(f"{known}: {told}")
    pending = [f"- {_KINDS[one.kind][here]}: {_shown(one, words, language)}" for one in made.pending]
    said += [f"{owed}:", *pending] if pending else [f"{owed}: {nothing}"]
    said.append(f"{last}:")
    said += [f"- {WHO.get(line.who, (line.who, line.who))[here]}: {line.text}" for line in made.messages]
    return "\n".join(said)


def _shown(one: Pending, words: Words, language: str) -> str:
    return _called(one.text, words, language) if one.kind == "question" else one.text


_NAMES = {
    "city": ("المدينة", "city"),
    "crm": ("نظام العملاء", "CRM"),
    "language": ("اللغة", "language"),
    "monthly_leads": ("العملاء شهريًا", "leads a month"),
    "follow_up_problem": ("المشكلة", "problem"),
    "has_sales_team": ("فريق مبيعات", "sales team"),
    "monthly_budget_sar": ("الميزانية الشهرية بالريال", "monthly budget in SAR"),
    "start_date": ("موعد البدء", "start"),
}


def _called(name: str, words: Words, language: str) -> str:
    known = _NAMES.get(name)
    return known[0 if language == "ar" else 1] if known else words(name, language)
