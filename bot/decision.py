"""
From a question to what happens next: the verdict of the book, the step of the deal, the words. Pure.

Rule 1: the verdict says what the contact means; only `flows.deal` says whether the deal may take that step.
Rule 2: an answer to a qualification question is kept before the next one is chosen; the answers decide whether
        the lead qualifies, not the mood of the message.
Rule 3: nothing leaves half-written: an unfilled blank raises here.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.conversation import Conversation
from bot.knowledge.article import Source
from bot.playbook import Playbook
from bot.tenant import Tenant
from flows import deal
from flows import qualification as quiz
from flows.wording import Rendered, Wordings
from rules.verdict import Question, Verdict

# The wording by which a rule page says: keep this answer, and go on with the questions.
ASK_NEXT = "ask_next_question"

# The wordings with which the book admits that it did not understand; two such answers in a row end in a human.
NOT_UNDERSTOOD = frozenset({"clarify", "not_understood_draft"})


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """Where the qualification stood before a decision."""

    asked: str
    asked_times: int
    answers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything that follows from one burst of messages."""

    question: Question
    open_before: OpenQuestion
    verdict: Verdict
    stage_before: str
    stage_after: str
    event: str
    """The event that moved the deal, empty when it stays."""
    proposed_stage: str
    """Where the deal would go if an approver says yes, empty when nothing is proposed."""
    filled: dict[str, str]
    """Qualification slots answered by this burst."""
    asked: str
    """The question that is open afterwards."""
    asked_times: int
    expects: str
    question_text: str
    """The qualification question that the reply ends with, empty when it asks none."""
    rendered: Rendered | None
    silence_reason: str
    language: str
    source: Source | None = None
    """The article whose words are said, None when they are a sentence of ours."""

    @property
    def is_unclear(self) -> bool:
        """Nobody understood it, and all we could say is that."""
        return self.rendered is not None and self.rendered.key in NOT_UNDERSTOOD

    @property
    def needs_human(self) -> bool:
        return self.verdict.held or self.stage_after in deal.APPROVAL_STAGES

    @property
    def actions(self) -> list[str]:
        """What is to be done, in the names that callers know."""
        said = ["send_whatsapp"] if self.rendered is not None else []
        escalated = ["escalate_human"] if self.needs_human else []
        return list(dict.fromkeys([*said, *escalated, *self.verdict.actions])) or ["do_nothing"]

    def facts(self, hidden: str) -> dict[str, Any]:
        """What the timeline keeps, enough to decide the same question again under another book."""
        question, verdict = self.question, self.verdict
        has_secret = "secret" in verdict.flags
        return {
            "question": {
                "text": hidden if has_secret else question.text,
                "stage": question.stage,
                "expects": question.expects,
                "kind": question.kind,
                "button_id": question.button_id,
                "is_first_reply_to_outbound": question.is_first_reply_to_outbound,
                "unclear_before": question.unclear_before,
                "is_late": question.is_late,
                "slots": list(question.slots),
                "language_before": question.language_before,
                "has_public_price": question.has_public_price,
                "asked": self.open_before.asked,
                "asked_times": self.open_before.asked_times,
                "answers": self.open_before.answers,
            },
            "intent": verdict.intent,
            "confidence": verdict.confidence,
            "stage_before": self.stage_before,
            "stage_after": self.stage_after,
            "event": self.event,
            "proposes": verdict.proposes,
            "say": self.rendered.key if self.rendered else "",
            "source": asdict(self.source) if self.source else None,
            "silence_reason": self.silence_reason,
            "held": self.needs_human,
            "hold_reasons": list(verdict.hold_reasons),
            "flags": list(verdict.flags),
            "actions": self.actions,
            "proposed_stage": self.proposed_stage,
            "asked": self.asked,
            "question_text": self.question_text,
            "language": self.language,
            "opt_out": verdict.understanding.opt_out,
            "intents": [
                {"name": f.name, "confidence": f.confidence, "page": f.page, "words": _shown(f.words, has_secret)}
                for f in verdict.understanding.intents
            ],
            "because": [
                {
                    "rule": b.page,
                    "file": b.file,
                    "said": b.said,
                    "words": _shown(b.words, has_secret),
                    "shadow": b.shadow,
                }
                for b in verdict.because
            ],
            "book_version": verdict.book_version,
            "engine_agreed": verdict.engine_agreed,
        }


def _shown(words: Sequence[str], has_secret: bool) -> list[str]:
    """The words that a page heard; where one of them may be a secret, none of them is kept."""
    return [] if has_secret else list(words)


def decide(conversation: Conversation, question: Question, tenant: Tenant, playbook: Playbook) -> Decision:
    """Decide one burst of one contact, by one playbook."""
    verdict, wordings = playbook.book.decide(question), playbook.wordings
    answers = {name: slot.value for name, slot in conversation.slots.items()}
    filling = _filling(conversation, question, verdict)
    filled = {filling.slot: filling.value} if filling.slot else {}
    answered = {**answers, **filled}
    step = quiz.after(answered, filling, conversation.asked, playbook.thresholds) if _goes_on(verdict) else None
    ask = step.ask if step else quiz.next_question(answered)
    language = verdict.understanding.language or question.language_before or "ar"
    asking = _question_text(ask, language, wordings)
    rendered = _render(step.say if step else verdict.say, ask, asking, language, tenant, wordings)
    stage, event = _step(question.stage, (verdict.go, step.event if step else ""))
    asked, expects = _open_question(conversation, rendered, ask)
    return Decision(
        question=question,
        open_before=OpenQuestion(conversation.asked, conversation.asked_times, answers),
        verdict=verdict,
        stage_before=question.stage,
        stage_after=stage,
        event=event,
        proposed_stage=_proposed(stage, verdict.proposes),
        filled=filled,
        asked=asked,
        asked_times=conversation.asked_times + 1 if asked and asked == conversation.asked else int(bool(asked)),
        expects=expects,
        question_text=asking if asked else "",
        rendered=rendered,
        silence_reason=verdict.silence_reason,
        language=language,
    )


def _goes_on(verdict: Verdict) -> bool:
    """Whether the book wants the next qualification question."""
    return verdict.say == ASK_NEXT


def _filling(conversation: Conversation, question: Question, verdict: Verdict) -> quiz.Filling:
    if not _goes_on(verdict) or not conversation.asked:
        return quiz.Filling()
    understood = verdict.understanding
    return quiz.fill(
        asked=conversation.asked,
        asked_times=max(1, conversation.asked_times),
        answer=understood.answer,
        numbers=understood.numbers,
        text=question.text,
    )


def _question_text(ask: quiz.Ask | None, language: str, wordings: Wordings) -> str:
    if ask is None:
        return ""
    return wordings.render(ask.wording, language, step=ask.step, steps=ask.steps).text


def _render(
    key: str, ask: quiz.Ask | None, asking: str, language: str, tenant: Tenant, wordings: Wordings
) -> Rendered | None:
    if not key:
        return None
    values: dict[str, object] = {
        "company": tenant.name,
        "price": tenant.public_price.get(language, ""),
        "question": asking,
        "step": ask.step if ask else "",
        "steps": ask.steps if ask else "",
    }
    return wordings.render(key, language, **values)


def _step(stage: str, events: tuple[str, ...]) -> tuple[str, str]:
    """Where the contact's own words lead; an event that the deal does not know there moves nothing."""
    caused = ""
    for event in events:
        if event and deal.may(stage, event, "message"):
            stage, caused = deal.advance(stage, event, source="message"), event
    return stage, caused


def _proposed(stage: str, event: str) -> str:
    if not event or not deal.may(stage, event, "approver"):
        return ""
    return deal.advance(stage, event, source="approver")


def _open_question(
    conversation: Conversation, rendered: Rendered | None, ask: quiz.Ask | None
) -> tuple[str, str]:
    """Which question is open afterwards, and what kind of answer it wants."""
    if rendered is None:
        return conversation.asked, conversation.expects
    if rendered.expects == "question" and ask is not None:
        return ask.slot, ask.expects
    return "", rendered.expects
