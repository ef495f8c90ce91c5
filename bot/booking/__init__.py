"""
Meetings: free times from a calendar, a booking that no second lead can take, an invitation, and how it ended.

    booking     one booking, its statuses, and where bookings are kept
    ports       the calendar and Calendly, as the heart sees them
    slots       which times are free and decent to offer
    times       a time in words, in Arabic and English
    ics         the invitation as a file that calendars read
    offering    the action book_meeting: offer times, or book the one that was chosen
    drafts      what it says to the contact
    room        look at bookings, cancel, move, and say how a meeting went
    hooks       what Calendly's signed webhooks tell
    opening     all of it, put together
"""
