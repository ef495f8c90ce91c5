"""
One task: what may be asked for by name, with its action, its effects, and what may be kept of it.

Rule: what a task is, is declared; nothing about it comes from whoever asks for it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.errors import BadRequest
from bot.people import Human


@dataclass(frozen=True, slots=True)
class Order:
    """What a handler is given."""

    run_id: str
    """The same in a second try: whatever is made is named by it."""
    tenant_id: str
    payload: Any
    """The payload model of the task, checked."""
    by: Human
    approver: Human
    correlation_id: str


Handler = Callable[[Order], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Task:
    """Something that may be asked for by name."""

    name: str
    action: str
    """In the policy, which knows its class."""
    title_en: str
    title_ar: str
    side_effects: tuple[str, ...]
    """What is different afterwards; empty for what only looks."""
    payload: type[BaseModel]
    handler: Handler
    shown: frozenset[str] = frozenset()
    """Fields of the payload that may be kept as they are."""
    remembers: frozenset[str] = frozenset()
    """Fields of the result that may be kept."""
    recipient: str = ""
    """The field of the payload that names who gets it."""
    preview: str = ""
    """The field of the payload that a human must read before he agrees."""


def checked_by(task: Task, payload: Mapping[str, Any]) -> BaseModel:
    """The payload as the task wants it. Raises BadRequest."""
    try:
        return task.payload.model_validate(dict(payload))
    except ValidationError as wrong:
        # Places and reasons only: the values may be what a contact wrote.
        told = "; ".join(
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in wrong.errors()[:5]
        )
        raise BadRequest(
            f"the payload does not fit {task.name}: {told}", f"محتوى الطلب لا يناسب المهمة: {told}"
        ) from wrong
