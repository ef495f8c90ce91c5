"""
The world beyond messages, as far as this installation reaches it: calendars, mail, customer records, payments,
paper, a language model.

Rule: what is not configured is None. Whoever needs it says so in plain words and does nothing: an outcome,
      never an error.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.connectors.probes import CanBeAsked
from bot.models.provider import Providers


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Every port that is open; `bot/building.py` opens them from the settings."""

    telegram: CanBeAsked | None = None
    """The bot of the approvers, to be asked how it is."""
    model: Providers | None = None
    """Language models, in the order in which they are asked."""
    closers: tuple[Callable[[], Awaitable[None]], ...] = ()
    """What gives connections back when the process stops, one for each port that holds some."""

    async def close(self) -> None:
        """Give every connection back."""
        for closer in self.closers:
            await closer()
