"""
The invitation as a file that every calendar reads (RFC 5545, and RFC 5546 for its methods). Pure.

Rule 1: the same meeting has the same UID; what changes raises SEQUENCE; what is off is a CANCEL of the same UID.
Rule 2: lines end in CRLF and are folded at 75 bytes, never within a letter; what people wrote is escaped.
Rule 3: it names no phone, and no address but those of who invites and who is invited.
"""

from datetime import UTC, datetime, timedelta

from bot.booking.booking import Booking

PRODUCT = "-//Dealix//Meetings//EN"
_WIDTH = 75


def invitation(
    booking: Booking, *, summary: str, place: str, organizer: str, minutes: int, now: datetime
) -> bytes:
    """
    `METHOD:REQUEST`, or `METHOD:CANCEL` for a meeting that is off.

    Raises ValueError for one without a time.
    """
    if booking.start_at is None:
        raise ValueError(f"the booking {booking.id} has no time")
    is_off = not booking.is_active
    end = booking.end_at or booking.start_at + timedelta(minutes=minutes)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if is_off else 'REQUEST'}",
        "BEGIN:VEVENT",
        f"UID:{booking.uid}",
        f"SEQUENCE:{booking.sequence}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(booking.start_at)}",
        f"DTEND:{_utc(end)}",
        f"SUMMARY:{_text(summary)}",
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        *([f"LOCATION:{_text(place)}"] if place else []),
        *([f"ORGANIZER:mailto:{_address(organizer)}"] if organizer else []),
        *([f"ATTENDEE;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:{_address(booking.email)}"] if booking.email else []),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines).encode()


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join("".join(sign for sign in line if sign >= " ") for line in escaped.splitlines())


def _address(value: str) -> str:
    return "".join(sign for sign in value if sign > " ")


def _folded(line: str) -> str:
    """One content line, folded; a continuation begins with a blank, which counts."""
    parts, part, room = [], "", _WIDTH
    for sign in line:
        if len((part + sign).encode()) > room:
            parts.append(part)
            part, room = "", _WIDTH - 1
        part += sign
    return "\r\n ".join([*parts, part]) + "\r\n"
