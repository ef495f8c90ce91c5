"""
What a model is to be asked, as it waits: durable, asked once, ended one way or another. No word of anybody in it.

Rule 1: one message and one task is one question, however often it is found.
Rule 2: whoever asks has claimed it until a time; a crash only makes it late.
Rule 3: a question that is too old is not asked: the human has decided by then.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.models.provider import Task

ASKED_WITHIN = timedelta(minutes=30)
CLAIMED_FOR = timedelta(minutes=3)
MOST_TRIES = 2


class QuestionStatus(StrEnum):
    """Where a question is."""

    WAITING = "waiting"
    PROPOSED = "proposed"
    NOTHING = "nothing"
    """The model had nothing to say, or what it said is what we say already."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """Nobody was asked; `why` says why."""


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """One question, and what came of it."""

    id: str
    tenant_id: str
    task: Task
    conversation_id: str
    correlation_id: str
    at: datetime
    draft_id: str = ""
    item: str = ""
    """The words as the review queue knows them: a key that says nothing."""
    status: QuestionStatus = QuestionStatus.WAITING
    tries: int = 0
    next_at: datetime | None = None
    intent: str = ""
    confidence: float = 0.0
    text: str = ""
    """A proposed wording; it goes with the contact."""
    flags: tuple[str, ...] = ()
    provider: str = ""
    model: str = ""
    why: str = ""
    ended_at: datetime | None = None


class QuestionRows(Protocol):
    """Where questions wait."""

    async def add(self, questions: Sequence[ModelQuestion]) -> int:
        """Those that are not there yet; answers how many."""

    async def due(self, tenant_id: str, now: datetime, limit: int) -> Sequence[ModelQuestion]:
        """Waiting ones whose time has come, newest first: a human is about to look at those."""

    async def claim(self, question: ModelQuestion, until: datetime) -> bool:
        """Take one, with its tries as they are in it plus one; False when somebody else did."""

    async def end(self, question: ModelQuestion) -> None:
        """Write what came of it, or when to try again; one that is gone stays gone."""

    async def proposed_for(self, tenant_id: str, items: Collection[str]) -> Sequence[ModelQuestion]:
        """Intents that were proposed for words of the review queue."""

    async def latest(self, tenant_id: str, limit: int) -> Sequence[ModelQuestion]:
        """Newest first, whatever became of them."""
