"""
From a decision to a draft: whether it is held, until when, and what its card will show. Pure.

Rule 1: a draft is held unless everything agrees that it may leave by itself.
Rule 2: deadlines come from the tenant's rules and are stored when a draft is made; nobody counts later.
Rule 3: words that must never be said are never sent by themselves; what else deserves a look is a flag.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation import Conversation, Draft, DraftKind, Reason, Status
from bot.decision import Decision
from bot.gather import Heard
from bot.knowledge.in_talk import why_held
from bot.risks import FORBIDDEN, risks_of
from bot.tenant import Tenant
from flows.deal import APPROVAL_STAGES
from rules.policies import Policies
from rules.verdict import Because

NOT_UNDERSTOOD = "not_understood_draft"


def draft_of(
    draft_id: str,
    conversation: Conversation,
    heard: Heard,
    decision: Decision,
    tenant: Tenant,
    policies: Policies,
    lets_go: bool,
    at: datetime,
    waiting: Sequence[Draft],
) -> Draft:
    """The one message that answers this burst, and whatever waited before it."""
    rendered = decision.rendered
    assert rendered is not None
    verdict = decision.verdict
    is_confirmation = "opt_out" in verdict.flags
    # Whether to stop is asked at once, whatever else was waiting: that matter is dropped, and a human is told.
    asks_whether_to_stop = "suspect_opt_out" in verdict.flags
    held_before = [] if asks_whether_to_stop else [d for d in waiting if d.status is Status.HELD]
    reasons = [] if is_confirmation else _hold_reasons(conversation, decision, held_before)
    risks = risks_of(rendered.text, decision.language, tenant, policies, at)
    if FORBIDDEN in risks and not is_confirmation:
        reasons.append("hold.forbidden_claim")
    reasons = reasons or why_held(decision, risks)
    is_held = bool(reasons) or not lets_go
    if is_held and not reasons:
        reasons = ["hold.everything_is_drafted"]
    draft = Draft(
        id=draft_id,
        kind=DraftKind.OPT_OUT_CONFIRMATION if is_confirmation else DraftKind.REPLY,
        status=Status.HELD if is_held else Status.QUEUED,
        text=rendered.text,
        language=decision.language,
        correlation_id=heard.last.correlation_id,
        created_at=at,
        buttons=tuple(rendered.buttons),
        wording=rendered.key,
        source=decision.source,
        answers=(*_answered(waiting), *heard.keys),
        intent=verdict.intent,
        confidence=verdict.confidence,
        stage_before=decision.stage_before,
        stage_after=conversation.stage,
        proposes=verdict.proposes,
        hold_reasons=tuple(reasons),
        flags=(*verdict.flags, *(risks if is_held else ())),
        because=tuple(_reason(b, "secret" in verdict.flags) for b in verdict.because),
        book_version=verdict.book_version,
        decision="" if is_held else "auto",
    )
    if is_confirmation or not held_before or decision.verdict.held:
        return _with_deadlines(draft, heard, tenant, policies, at)
    kept = held_before[-1]
    if kept.wording == NOT_UNDERSTOOD:  # nothing was asked but what it means, and that is known now
        return _with_deadlines(draft, heard, tenant, policies, at)
    # The matter that a human was asked about is still open: its wording stays on the card.
    draft.text, draft.buttons, draft.wording = kept.text, kept.buttons, kept.wording
    draft.source = kept.source
    draft.book_version = kept.book_version  # of the rules that said these words
    draft.proposes = kept.proposes
    draft.flags = tuple(dict.fromkeys((*kept.flags, *verdict.flags)))  # not the risks of unseen words
    return _with_deadlines(draft, heard, tenant, policies, at)


def made_anew(draft_id: str, old: Draft, heard: Heard, tenant: Tenant, policies: Policies, at: datetime) -> Draft:
    """The same answer for a contact who added something that needs none by itself."""
    fresh = replace(
        old,
        id=draft_id,
        rev=1,
        created_at=at,
        answers=(*old.answers, *heard.keys),
        cards=(),
        grant=None,
        alerted_level=0,
        proposal=None,
        snoozed_until=None,
        decided_by="",
        decided_at=None,
        decision="auto" if old.decision == "auto" else "",
        status=Status.QUEUED if old.decision == "auto" else Status.HELD,
    )
    return _with_deadlines(fresh, heard, tenant, policies, at)


def held_for(draft: Draft, reason: str, policies: Policies, at: datetime) -> None:
    """Let a fresh draft wait for a human for this reason, whatever else was decided about it."""
    others = tuple(r for r in draft.hold_reasons if r not in (reason, "hold.everything_is_drafted"))
    draft.hold_reasons = (reason, *others)
    was_held = draft.status is Status.HELD and draft.warn_at is not None
    draft.status, draft.decision = Status.HELD, ""
    if not was_held:
        times = policies.deadlines.of("reply", at, draft.expires_at)
        draft.warn_at, draft.due_at, draft.expires_at = times.warn_at, times.due_at, times.expires_at


def _hold_reasons(conversation: Conversation, decision: Decision, held_before: Sequence[Draft]) -> list[str]:
    verdict = decision.verdict
    reasons = list(verdict.hold_reasons)
    if verdict.held and not reasons:
        reasons.append("hold.low_confidence")
    if conversation.stage in APPROVAL_STAGES and not reasons:
        reasons.append("hold.commercial_stage")
    if conversation.sends_paused == "complaint" and not reasons:
        reasons.append("hold.complaint")
    for draft in held_before:
        reasons += [reason for reason in draft.hold_reasons if reason not in reasons]
    return reasons


def _with_deadlines(draft: Draft, heard: Heard, tenant: Tenant, policies: Policies, at: datetime) -> Draft:
    times = policies.deadlines.of("reply", at, heard.last.said_at + tenant.pace.window)
    draft.expires_at = times.expires_at
    if draft.status is Status.HELD:
        draft.warn_at, draft.due_at = times.warn_at, times.due_at
    return draft


def _answered(waiting: Sequence[Draft]) -> tuple[str, ...]:
    return tuple(key for draft in waiting for key in draft.answers)


def _reason(because: Because, has_secret: bool) -> Reason:
    return Reason(
        because.page,
        because.title,
        because.chapter,
        because.file,
        because.said,
        () if has_secret else because.words,
        because.shadow,
        because.title_ar,
    )
