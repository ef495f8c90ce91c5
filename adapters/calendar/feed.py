"""
A calendar as its private iCalendar address shows it: what is taken, recurring events included.

Rule 1: the address is a secret: nothing of it gets into a log, an error or an answer.
Rule 2: what is not a calendar is never read as an empty one: nobody is offered a time that may be taken.
Rule 3: an event that is transparent, or cancelled, takes no time. One of whole days takes them in its own zone.
Rule 4: no redirect is followed, and no more is read than a calendar of years needs.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import icalendar
import recurring_ical_events

from bot.booking.ports import Busy, CalendarAway
from bot.ports import Health

SECONDS = 10.0
LARGEST_BYTES = 5_000_000
# What recurs each minute is no meeting, and would take hours to unfold.
_TOO_OFTEN = (b"FREQ=SECONDLY", b"FREQ=MINUTELY")


class FeedCalendar:
    """`bot.booking.ports.Calendar` of one iCalendar feed."""

    def __init__(self, address: str, zone: str, now: Callable[[], datetime]) -> None:
        self._address = address
        self._zone = ZoneInfo(zone)
        self._now = now
        self._client = httpx.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False)

    async def busy(self, start: datetime, end: datetime) -> Sequence[Busy]:
        body = await self._body()
        return await asyncio.to_thread(_taken, body, start, end, self._zone)

    async def probe(self) -> Health:
        """Whether the calendar can be read now."""
        try:
            await self.busy(self._now(), self._now() + timedelta(days=1))
        except CalendarAway as away:
            state = "auth_failed" if away.code == "calendar_refused" else "down"
            return Health(state, f"{away.message_en}\n{away.message_ar}", self._now())
        return Health("ok", "The calendar can be read.\nيمكن قراءة التقويم.", self._now())

    async def close(self) -> None:
        """Give the connection back."""
        await self._client.aclose()

    async def _body(self) -> bytes:
        try:
            async with asyncio.timeout(SECONDS), self._client.stream("GET", self._address) as answer:
                if answer.status_code in (401, 403, 404, 410):
                    raise _refused(answer.status_code)
                if answer.status_code != 200:
                    raise _away(f"the calendar answered {answer.status_code}", "لم يجب التقويم كما ينبغي")
                return await _whole(answer)
        except (TimeoutError, httpx.TimeoutException) as slow:
            raise _away(
                "the calendar did not answer in time", "لم يجب التقويم في الوقت", "calendar_slow"
            ) from slow
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            raise _away("the calendar could not be reached", "تعذّر الوصول إلى التقويم") from broken


async def _whole(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > LARGEST_BYTES:
            raise _unreadable()
    return body


def _taken(body: bytes, start: datetime, end: datetime, zone: ZoneInfo) -> tuple[Busy, ...]:
    """Raises CalendarAway for what is no calendar."""
    if any(often in body.upper() for often in _TOO_OFTEN):
        raise _unreadable()
    try:
        calendars = icalendar.Calendar.from_ical(body.decode("utf-8"), multiple=True)
        found: list[Busy] = []
        for one in calendars:
            # An event of whole days may begin before the zone's midnight: look a day further on both sides.
            near = recurring_ical_events.of(one).between(start - timedelta(days=1), end + timedelta(days=1))
            found += [busy for event in near for busy in _of(event, zone)]
    except Exception as unreadable:  # the border of a parser that names no errors of its own
        raise _unreadable() from unreadable
    if not calendars or any(one.name != "VCALENDAR" for one in calendars):
        raise _unreadable()
    return _merged(one for one in found if one.start < end and start < one.end)


def _of(event: Any, zone: ZoneInfo) -> Iterable[Busy]:
    if (
        str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(event.get("STATUS", "")).upper() == "CANCELLED"
    ):
        return
    first = event.start
    last = event.end
    begins, ends = _moment(first, zone), _moment(last, zone)
    if ends > begins:
        yield Busy(begins, ends)


def _moment(at: date | datetime, zone: ZoneInfo) -> datetime:
    """A time without a zone is the calendar's own; a day begins at its midnight."""
    if not isinstance(at, datetime):
        at = datetime(at.year, at.month, at.day, tzinfo=zone)
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def _merged(spans: Iterable[Busy]) -> tuple[Busy, ...]:
    merged: list[Busy] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Busy(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _away(en: str, ar: str, code: str = "calendar_away") -> CalendarAway:
    return CalendarAway(code, f"{en}; it is tried again", f"{ar}؛ سنعيد المحاولة", may_retry=True)


def _refused(status: int) -> CalendarAway:
    return CalendarAway(
        "calendar_refused",
        f"the calendar refused us ({status}); make a new private address and set DEALIX_CALENDAR_URL",
        "رفض التقويم طلبنا؛ أنشئ عنوانًا خاصًا جديدًا وعيّن DEALIX_CALENDAR_URL",
        may_retry=False,
    )


def _unreadable() -> CalendarAway:
    return CalendarAway(
        "calendar_unreadable",
        "what stands at DEALIX_CALENDAR_URL is not a calendar",
        "ما في عنوان DEALIX_CALENDAR_URL ليس تقويمًا",
        may_retry=True,
    )
