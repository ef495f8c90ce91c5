"""
What becomes of a contact who fell silent: the next step of a cadence, as a draft that waits for a human. Pure.

Rule 1: a follow-up is always held; nothing proactive leaves without a yes.
Rule 2: a step is taken at most once, ever. Its id is written in the same write as its draft.
Rule 3: outside the service window there is nothing that we may say but an approved template, where the step names
        one: its exact words wait for a human. Otherwise the reason is recorded once, and the step is over.
Rule 4: in quiet hours nobody is asked either; the next look is at their end.
Rule 5: any sign of the contact cancels what still waits, and so does a step of the deal: it was about the stage.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.conversation import (
    UNASKED_FOR,
    Conversation,
    Draft,
    DraftKind,
    FollowUpPlan,
    Reason,
    Status,
    TemplateUse,
)
from bot.gate import in_window
from bot.notebook import Log
from bot.playbook import Playbook
from bot.risks import risks_of
from bot.silence import look_at, unanswered
from bot.tenant import Tenant
from flows.wording import UnfilledBlank
from rules.policies.follow_ups import NextStep

FILE = "policies/follow_ups.yml"

UseFor = Callable[[Conversation, str], tuple[TemplateUse, str] | None]
"""(contact, template) -> how it would leave, and its exact words; None when it may not leave now."""


def no_templates(_conversation: Conversation, _name: str) -> None:
    """For a house where nobody knows how templates stand."""


def follow_up(
    conversation: Conversation,
    playbook: Playbook,
    tenant: Tenant,
    new_id: Callable[[], str],
    log: Log,
    use_for: UseFor = no_templates,
) -> bool:
    """Take the step whose time has come; answers whether anything changed."""
    at = look_at(conversation)
    if at is None or at > log.at:
        return False
    answer = unanswered(conversation)
    assert answer is not None
    step = _next_step(conversation, playbook, answer.at, answer.key)
    if step is None:
        conversation.follow_up = FollowUpPlan(answer.at, None)
    elif step.due_at > log.at:
        conversation.follow_up = FollowUpPlan(answer.at, step.due_at)
    elif (quiet := playbook.book.policies.quiet_hours.allows(log.at, tenant.city)) is not None:
        conversation.follow_up = FollowUpPlan(answer.at, quiet.until)
    elif in_window(conversation, tenant, log.at):
        _hold(conversation, step, playbook, tenant, new_id(), answer.at, log)
    elif step.template and (use := use_for(conversation, step.template)) is not None:
        _hold(conversation, step, playbook, tenant, new_id(), answer.at, log, use)
    else:
        _pass_over(conversation, step, "window_closed", answer.at, log)
    return True


def cancel_waiting(conversation: Conversation, log: Log, why: str) -> None:
    """What was to be said into a silence is not said any more; `why` is a key of `note.`."""
    for draft in conversation.outbox:
        if draft.kind in UNASKED_FOR and draft.status in (Status.HELD, Status.QUEUED):
            draft.step(Status.CANCELLED, why)
            log.add("follow_up_cancelled", draft.correlation_id, draft=draft.id, reason=why)


def in_a_row(conversation: Conversation) -> int:
    """How many messages that nobody asked for left since the contact last wrote."""
    wrote = max(conversation.windows.values(), default=None)
    return sum(wrote is None or at > wrote for at in conversation.unrequested)


def _next_step(conversation: Conversation, playbook: Playbook, since: datetime, key: str) -> NextStep | None:
    answer = conversation.draft(key)
    return playbook.book.policies.follow_ups.next_step(
        conversation.stage,
        conversation.followed_up,
        silent_since=since,
        last_said_at=max([since, *conversation.unrequested]),
        unrequested=conversation.unrequested,
        in_a_row=in_a_row(conversation),
        after=answer.wording if answer else "",
    )


def _pass_over(conversation: Conversation, step: NextStep, reason: str, since: datetime, log: Log) -> None:
    """Write down why a step was not taken; the next one is thought about at once."""
    conversation.followed_up[step.step] = log.at
    conversation.follow_up = FollowUpPlan(since, log.at)
    log.add("follow_up_not_possible", "", step=step.step, cadence=step.cadence, reason=reason)


def _hold(
    conversation: Conversation,
    step: NextStep,
    playbook: Playbook,
    tenant: Tenant,
    draft_id: str,
    since: datetime,
    log: Log,
    as_template: tuple[TemplateUse, str] | None = None,
) -> None:
    policies = playbook.book.policies
    language = conversation.language or "ar"
    use: TemplateUse | None = None
    try:
        said = playbook.wordings.render(step.say, language, company=tenant.name)
    except UnfilledBlank:
        _pass_over(conversation, step, "unfilled_blank", since, log)
        return
    text, buttons = said.text, tuple(said.buttons)
    if as_template is not None:
        (use, text), buttons = as_template, ()
        language = use.language
    times = policies.deadlines.of("follow_up", log.at, window_ends(conversation, tenant))
    draft = Draft(
        id=draft_id,
        kind=DraftKind.FOLLOW_UP,
        status=Status.HELD,
        text=text,
        language=language,
        correlation_id=draft_id,
        created_at=log.at,
        buttons=buttons,
        wording=said.key,
        template=use,
        stage_before=conversation.stage,
        stage_after=conversation.stage,
        hold_reasons=("hold.follow_up",),
        flags=risks_of(text, language, tenant, policies, log.at),
        because=(_reason(step, playbook),),
        book_version=playbook.version,
        warn_at=times.warn_at,
        due_at=times.due_at,
        expires_at=times.expires_at,
    )
    conversation.outbox.append(draft)
    conversation.followed_up[step.step] = log.at
    conversation.follow_up = None
    log.add("draft_held", draft_id, draft=draft_id, wording=draft.wording, why=draft.hold_reasons, step=step.step)


def _reason(step: NextStep, playbook: Playbook) -> Reason:
    cadences: Sequence = playbook.book.policies.follow_ups.cadences
    title = next(cadence.title for cadence in cadences if cadence.id == step.cadence)
    return Reason(step.cadence, title, "follow_up", FILE, f"step {step.step}")


def window_ends(conversation: Conversation, tenant: Tenant) -> datetime | None:
    """When the service window closes; None when the contact never wrote."""
    wrote = max(conversation.windows.values(), default=None)
    return wrote + tenant.pace.window if wrote else None
