"""What the flow of an action answers: how it ended, in words that people read."""

from typing import Any

from bot.actions.action import State
from bot.runs.flow import Next, finished

OUTCOME = "outcome"
SAYS = "says"


def ended(state: State, reason_en: str = "", reason_ar: str = "", **result: Any) -> Next:
    """
    The action is over.

    Args:
        reason_en: needed for every state but `done`.
        result: ids and codes, never what people wrote.
    """
    return finished(**{OUTCOME: outcome(state, reason_en, reason_ar, **result)})


def outcome(state: State, reason_en: str, reason_ar: str, **result: Any) -> dict[str, Any]:
    """The same for a step that has more to remember."""
    return {"state": state, "reason_en": reason_en, "reason_ar": reason_ar, "result": result}


def says(reason_en: str, reason_ar: str) -> dict[str, Any]:
    """What an action that still waits says meanwhile: `wait_for_event(..., **says("...", "..."))`."""
    return {SAYS: {"en": reason_en, "ar": reason_ar}}
