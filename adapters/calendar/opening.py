"""Opens the calendar and Calendly of an installation from its settings."""

from collections.abc import Callable
from datetime import datetime

from adapters.calendar.calendly import CalendlyPage
from adapters.calendar.feed import FeedCalendar
from bot.booking.ports import Meetings
from bot.settings import Settings
from rules.policies.zones import RIYADH


def meetings_of(settings: Settings, now: Callable[[], datetime]) -> Meetings | None:
    """None where neither is configured; whoever asks gives the connection of the calendar back."""
    address = settings.calendar_url.get_secret_value()
    if not address and not settings.calendly_link:
        return None
    key = settings.calendly_signing_key.get_secret_value()
    return Meetings(
        tenant_id=settings.meetings_tenant,
        calendar=FeedCalendar(address, RIYADH, now) if address else None,
        calendly=CalendlyPage(settings.calendly_link, key) if settings.calendly_link else None,
        minutes=settings.meeting_minutes,
        place=settings.meeting_place,
        organizer=settings.mail_from,
    )
