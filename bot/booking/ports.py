"""The calendar, and Calendly, as the heart sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.errors import DealixError


@dataclass(frozen=True, slots=True)
class Busy:
    """A span that is taken."""

    start: datetime
    end: datetime


class CalendarAway(DealixError):
    """The calendar did not answer, or not with a calendar."""

    code, status = "calendar_away", 503

    def __init__(self, code: str, detail_en: str, detail_ar: str, *, may_retry: bool) -> None:
        super().__init__(detail_en, detail_ar)
        self.code = code
        self.may_retry = may_retry


class Calendar(Protocol):
    """Where the team's meetings stand."""

    async def busy(self, start: datetime, end: datetime) -> Sequence[Busy]:
        """Everything that is taken between two moments, recurring events too. Raises CalendarAway."""


@dataclass(frozen=True, slots=True)
class Told:
    """One webhook of Calendly, read."""

    event: str
    """`invitee.created | invitee.canceled | invitee_no_show.created`, or what we do not know."""
    uri: str
    conversation_id: str
    """What stood in `utm_content`; empty when nothing did."""
    email: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None
    is_rescheduled: bool = False
    old_invitee: str = ""
    new_invitee: str = ""
    cancel_url: str = ""
    reschedule_url: str = ""
    cancelled_by: str = ""
    """`invitee` or `host`, where it says; never what they wrote."""


class Calendly(Protocol):
    """The page on which contacts book by themselves, and its webhooks."""

    def link(self, conversation_id: str) -> str:
        """The page, with our conversation in it."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises BadSignature."""

    def parse(self, body: bytes) -> Told:
        """Raises UnreadableBody."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """How meetings are here: what the settings say."""

    tenant_id: str
    """Whose calendar it is; for every other tenant none is configured."""
    calendar: Calendar | None = None
    calendly: Calendly | None = None
    minutes: int = 30
    place: str = ""
    """A link, or an address."""
    organizer: str = ""
    """The address that invitations come from, where one is known."""

    def calendar_of(self, tenant_id: str) -> Calendar | None:
        return self.calendar if tenant_id == self.tenant_id else None

    def calendly_of(self, tenant_id: str) -> Calendly | None:
        return self.calendly if tenant_id == self.tenant_id else None
