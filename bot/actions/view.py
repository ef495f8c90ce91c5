"""From a run to an action as people see it. Pure."""

from types import MappingProxyType

from bot.actions.action import ActionView, State
from bot.actions.outcome import OUTCOME, SAYS
from bot.runs.run import RunStatus
from bot.runs.view import RunView

S = RunStatus

_STATE_OF: dict[RunStatus, State] = {
    S.PENDING: "waiting",
    S.RUNNING: "waiting",
    S.WAITING_EVENT: "waiting",
    S.WAITING_APPROVAL: "waiting_approval",
    S.COMPLETED: "done",
    S.FAILED: "failed",
    S.CANCELLED: "cancelled",
    S.COMPENSATING: "cancelled",
    S.COMPENSATED: "cancelled",
}


def is_action(view: RunView) -> bool:
    """Whether a run was started as an action; a conversation has other work too."""
    return "action" in view.run.state and "asked" in view.run.state


def action_view(view: RunView) -> ActionView:
    """One action."""
    run, state = view.run, view.run.state
    outcome = state.get(OUTCOME) if run.is_over or run.status is S.COMPENSATING else None
    stands: State = outcome["state"] if outcome and run.status is S.COMPLETED else _STATE_OF[run.status]
    reason_en, reason_ar = _reason(view)
    asked = state["asked"]
    return ActionView(
        id=run.id,
        conversation_id=state["conversation_id"],
        name=state["action"],
        title_en=view.title_en,
        title_ar=view.title_ar,
        state=stands,
        reason_en=reason_en,
        reason_ar=reason_ar,
        by=run.by.name or run.by.id or "rules",
        pages=tuple(asked["by_pages"]),
        correlation_id=run.correlation_id,
        created_at=run.created_at,
        updated_at=run.updated_at,
        approval_id=str(state.get("asked_for", "")),
        result=MappingProxyType(dict(outcome["result"]) if outcome else {}),
    )


def _reason(view: RunView) -> tuple[str, str]:
    run, state = view.run, view.run.state
    outcome, says = state.get(OUTCOME), state.get(SAYS)
    if outcome and (run.is_over or run.status is S.COMPENSATING):
        return outcome["reason_en"], outcome["reason_ar"]
    if run.error is not None:
        return run.error.message_en, run.error.message_ar
    if run.status in (S.CANCELLED, S.COMPENSATED, S.COMPENSATING):
        return "somebody cancelled it", "ألغاه أحد الموظفين"
    if says and run.status in (S.WAITING_EVENT, S.PENDING, S.RUNNING):
        return says["en"], says["ar"]
    return "", ""
