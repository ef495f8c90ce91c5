"""
What the checks must know about the world outside the rules: the lifecycle of a deal, and the wordings.

Rule 1: the rules may not import the flows, so whoever may (the bot, the tests) hands these facts in.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

LANGUAGES = ("ar", "en")

# What the deal does by itself once the last qualification question is answered; a page causes it by asking on.
QUESTIONS_END_IN = (("ask_next_question", ("qualified", "not_qualified")),)

# Negotiation, payment and pilot: every word there is a commitment.
MONEY_STAGES = ("negotiating", "payment_requested", "pilot_active")


class Step(NamedTuple):
    """One arrow of the lifecycle."""

    stage: str
    event: str
    target: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The stages of a deal, and who may cause which step."""

    stages: tuple[str, ...]
    """The first one is where every deal begins."""
    final: tuple[str, ...]
    """Stages where a deal rests."""
    message_events: tuple[Step, ...]
    """Steps that a contact's words may cause."""
    system_events: tuple[Step, ...]
    """Steps that a verified source may cause: a booking, a payment, a provider's own opt-out notice."""
    approver_events: tuple[Step, ...]
    """Steps that an approver may cause."""
    money: tuple[str, ...] = MONEY_STAGES
    """Stages in which no answer leaves without a human."""
    questions_end_in: tuple[tuple[str, tuple[str, ...]], ...] = QUESTIONS_END_IN
    """Wordings that go on with the qualification questions, and the events in which those may end."""

    @classmethod
    def of(
        cls,
        stages: Collection[str],
        table: Mapping[tuple[str, str], str],
        allowed: Mapping[str, Collection[str]],
        *,
        final: Collection[str],
        money: Collection[str] = MONEY_STAGES,
    ) -> "Lifecycle":
        """
        Build it from a table of steps.

        Args:
            table: (stage, event) to the next stage.
            allowed: the events that each source (`message`, `system`, `approver`) may cause.
        """

        def steps(source: str) -> tuple[Step, ...]:
            return tuple(Step(s, e, target) for (s, e), target in table.items() if e in allowed[source])

        return cls(
            tuple(stages), tuple(final), steps("message"), steps("system"), steps("approver"), tuple(money)
        )  # fmt: skip

    @property
    def opt_out_stage(self) -> str:
        """Where a contact is who asked us to stop."""
        return "opted_out"


@dataclass(frozen=True, slots=True)
class WordingFacts:
    """One sentence of the bot, as far as the checks look at it."""

    key: str
    ar: str
    en: str
    """The texts, with their blanks open: `{price}`."""
    blanks: tuple[str, ...] = ()
    expects: str = ""
    buttons: tuple[str, ...] = ()
    """Ids of its buttons; the title of a button is the wording `button.<id>`."""
    file: str = "wording"
    line: int = 1
    is_changed: bool = False
    """True when a tenant's own file says something else under this key than what we ship."""
    is_said_elsewhere: bool = False
    """True when a flow or a job says it, so that no page needs to."""

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """(language, text)"""
        return ("ar", self.ar), ("en", self.en)
