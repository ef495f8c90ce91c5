"""
The world beyond messages, as far as this installation reaches it: calendars, mail, customer records, payments,
paper, a language model.

Rule: what is not configured is None. Whoever needs it says so in plain words and does nothing: an outcome,
      never an error.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.booking.ports import Calendar, Calendly, Meetings
from bot.connectors.probes import CanBeAsked
from bot.crm.crm import CrmDesks
from bot.mail.port import Mail, Mailbox
from bot.models.provider import Providers
from bot.payments.provider import PaymentDesks
from bot.proposals.paper import Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Every port that is open; `bot/building.py` opens them from the settings."""

    telegram: CanBeAsked | None = None
    """The bot of the approvers, to be asked how it is."""
    model: Providers | None = None
    """Language models, in the order in which they are asked."""
    paper: Paper | None = None
    """Prints."""
    payments: PaymentDesks | None = None
    """Each tenant's account with a payment provider."""
    crm: CrmDesks | None = None
    """Each tenant's customer records."""
    meetings: Meetings | None = None
    """The calendar, Calendly, and how meetings are."""
    mailbox: Mailbox | None = None
    """The mail server, and whose it is."""
    closers: tuple[Callable[[], Awaitable[None]], ...] = ()
    """What gives connections back when the process stops, one for each port that holds some."""

    @property
    def calendar(self) -> Calendar | None:
        return self.meetings.calendar if self.meetings else None

    @property
    def calendly(self) -> Calendly | None:
        return self.meetings.calendly if self.meetings else None

    @property
    def mail(self) -> Mail | None:
        return self.mailbox.mail if self.mailbox else None

    async def close(self) -> None:
        """Give every connection back."""
        for closer in self.closers:
            await closer()
