"""
About what a model may be asked at all. Pure.

Rule 1: what the book decided for safety is decided: a stop or the doubt of one, a complaint, a wish for a person
        or about data, a payment claim, a secret. No such message is shown to a model, nor any draft about it.
Rule 2: nothing is asked about a contact whom we may not write to, or whom a human answers.
"""

from collections.abc import Mapping
from typing import Any

from bot.conversation import Conversation, Draft, DraftKind, Status
from bot.models.asking import SAFETY_FLAGS, SAFETY_INTENTS, Matter
from bot.models.masking import reaches_somebody
from bot.pipeline import HIDDEN
from bot.workbench.review_queue import UNSURE_BELOW
from rules.language.secrets import has_secret


def may_ask_about(conversation: Conversation) -> bool:
    """Whether anything of this talk may be shown to a model now."""
    return not (
        conversation.is_suppressed
        or conversation.sends_paused
        or conversation.restricted
        or conversation.mode != "bot"
        or conversation.expects == "opt_out_check"
        or conversation.stage == "opted_out"
    )


def is_unclear(decided: Mapping[str, Any]) -> bool:
    """Whether the book left a message without a meaning, and nothing in it is a matter of safety."""
    question = decided.get("question") or {}
    text = str(question.get("text") or "")
    intents = {str(found.get("name")) for found in decided.get("intents") or ()} | {str(decided.get("intent"))}
    is_unsure = decided.get("intent") == "default" or float(decided.get("confidence") or 0.0) < UNSURE_BELOW
    return (
        is_unsure
        and bool(text.strip())
        and HIDDEN not in text
        and not has_secret(text)
        and not decided.get("opt_out")
        and question.get("expects") != "opt_out_check"
        and not intents & SAFETY_INTENTS
        and not SAFETY_FLAGS & set(decided.get("flags") or ())
    )


def may_word(conversation: Conversation, draft: Draft) -> bool:
    """Whether other words may be proposed for a draft."""
    return (
        may_ask_about(conversation)
        and draft.status is Status.HELD
        and draft.kind is DraftKind.REPLY
        and draft.template is None
        and draft.source is None  # other words would no longer be those of the article
        and not draft.edits
        and draft.intent not in SAFETY_INTENTS
        and not SAFETY_FLAGS & set(draft.flags)
        and not draft.proposes
        # What names somebody or a number would come back without it.
        and not reaches_somebody(draft.text, (conversation.name,))
        and not any(_is_unspeakable(text) for text in _answered(conversation, draft))
    )


def matter_of_draft(conversation: Conversation, draft: Draft) -> Matter:
    """What a wording is asked about."""
    return Matter(
        message="\n".join(_answered(conversation, draft)),
        stage=draft.stage_before or conversation.stage,
        language=draft.language,
        lines=_lines(conversation),
        names=(conversation.name,),
        draft=draft.text,
    )


def matter_of_message(conversation: Conversation, decided: Mapping[str, Any]) -> Matter:
    """What an intent is asked about."""
    question = decided["question"]
    return Matter(
        message=str(question["text"]),
        stage=str(question.get("stage") or ""),
        language=str(decided.get("language") or "ar"),
        asked_for=str(question.get("expects") or ""),
        lines=_lines(conversation),
        names=(conversation.name,),
    )


def _answered(conversation: Conversation, draft: Draft) -> list[str]:
    said = [line.text for line in conversation.recent if line.who == "contact" and line.text]
    answered = [line.text for line in conversation.recent if line.key in draft.answers and line.text]
    return answered or said[-1:]


def _lines(conversation: Conversation) -> tuple[tuple[str, str], ...]:
    return tuple((line.who, line.text) for line in conversation.recent if not _is_unspeakable(line.text))


def _is_unspeakable(text: str) -> bool:
    return not text or HIDDEN in text or has_secret(text)
