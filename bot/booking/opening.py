"""The room of bookings, put together, with its action made known."""

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.actions.room import Actions
from bot.booking.drafts import SaysIt
from bot.booking.hooks import Hooks
from bot.booking.offering import Offering
from bot.booking.ports import Meetings
from bot.booking.room import Bookings
from bot.booking.watched import WatchedCalendar
from bot.mail.post import Post

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials", actions: Actions, post: Post) -> Bookings:
    """Whoever books, looks and cancels."""
    meetings = _watched(m.reach.meetings or Meetings(""), actions)
    bookings = Bookings(
        rows=m.store.bookings,
        notebook=m.notebook,
        approvals=m.approvals,
        meetings=meetings,
        post=post,
        audit=m.trust.audit,
        alerts=m.trust.alerts,
        policies_of=m.playbooks.policies_of,
        now=m.now,
    )
    actions.register(
        Offering(
            notebook=m.notebook,
            rows=m.store.bookings,
            meetings=meetings,
            policies_of=m.playbooks.policies_of,
            is_disabled=actions.is_disabled,
            says=SaysIt(m.notebook, meetings, m.playbooks.of),
            confirm=bookings.confirm,
            release=bookings.release,
        ).action()
    )
    return bookings


def _watched(meetings: Meetings, actions: Actions) -> Meetings:
    if meetings.calendar is None:
        return meetings
    told = WatchedCalendar(meetings.calendar, meetings.tenant_id, actions.watched)
    return replace(meetings, calendar=told)


def open_hooks(m: "Materials", bookings: Bookings) -> Hooks:
    """The door of Calendly."""
    return Hooks(m.store, bookings, m.trust.alerts, m.now)
