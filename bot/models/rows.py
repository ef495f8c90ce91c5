"""Where everything of the models is kept."""

from typing import Protocol

from bot.models.budget import ModelDays
from bot.models.call import CallRows
from bot.models.question import QuestionRows
from bot.models.terms import TermRows


class ModelRows(Protocol):
    """One attribute for each kind of row."""

    calls: CallRows
    questions: QuestionRows
    days: ModelDays
    terms: TermRows
