"""A calendar server: serves one feed, and can be slow, refuse, break and talk nonsense."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"
TAIL = "END:VCALENDAR\r\n"


def event(start: datetime, end: datetime, uid: str = "1", *more: str) -> str:
    """One event of a feed, in UTC."""
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART:{_utc(start)}",
        f"DTEND:{_utc(end)}",
    ]
    return "\r\n".join([*lines, *more, "END:VEVENT"]) + "\r\n"


def feed(*events: str) -> bytes:
    return (HEAD + "".join(events) + TAIL).encode()


@dataclass
class FakeCalendar:
    """What it serves now, and how often it was asked."""

    url: str = ""
    body: bytes = field(default_factory=feed)
    status: int = 200
    is_silent: bool = False
    asked: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.is_silent:
            request.transport.close()
            return web.Response()
        return web.Response(body=self.body, status=self.status, content_type="text/calendar")


@asynccontextmanager
async def fake_calendar() -> AsyncIterator[FakeCalendar]:
    fake = FakeCalendar()
    app = web.Application()
    app.router.add_get("/private.ics", fake.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    fake.url = f"http://127.0.0.1:{port}/private.ics"
    try:
        yield fake
    finally:
        await runner.cleanup()


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
