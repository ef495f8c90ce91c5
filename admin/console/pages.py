"""
The simulator as a web application: one page, in Arabic and in English.

NiceGUI holds its pages and settings in one place per process, so one process opens one simulator.
"""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request
from nicegui import app as pages
from nicegui import ui
from nicegui.client import Client
from nicegui.language import Language as Locale
from nicegui.translations import translations
from ulid import ULID

from admin.console.doorway import HERE
from admin.console.lead import LeadPhone
from admin.console.place import Place
from admin.console.rooms import House
from admin.console.sentences import Language, say
from admin.console.simulator import Simulator

STATIC = Path(__file__).parent / "static"

# Arabic first: it stands at the address itself.
ADDRESSES: tuple[tuple[str, Language], ...] = (("/", "ar"), ("/en", "en"))

LOCALES: dict[Language, Locale] = {"ar": "ar", "en": "en-US"}

# What NiceGUI says by itself when the socket is gone; it knows no Arabic.
_SAID_WITHOUT_US = ("connection_lost", "trying_to_reconnect", "message_too_long", "message_too_long_body")

_FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="9" fill="#0b6e5a"/>'
    '<path d="M9 8h7a8 8 0 0 1 0 16H9z" fill="none" stroke="#fff" stroke-width="3.4" stroke-linejoin="round"/>'
    "</svg>"
)

# How long a page without a connection is remembered: a laptop that slept a moment finds it again.
RECONNECT_SECONDS = 10


def build(house: Callable[[], House | None]) -> FastAPI:
    """The application that serves `/simulator`; `house` is ready whenever a visitor is let in."""
    pages.add_static_files("/static", STATIC)
    for path, language in ADDRESSES:
        locale = LOCALES[language]
        translations[locale] = {key: say(key, language) for key in _SAID_WITHOUT_US}
        ui.page(path, title=say("title", language), language=locale)(_visit(house, language))
    inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    ui.run_with(
        inner,
        mount_path=HERE,
        title="Dealix",
        favicon=_FAVICON,
        dark=None,
        tailwind=False,
        reconnect_timeout=RECONNECT_SECONDS,
        show_welcome_message=False,
    )
    return inner


def _visit(house: Callable[[], House | None], language: Language) -> Callable[[Request, Client], Awaitable[None]]:
    async def visit(request: Request, client: Client) -> None:
        here = house()
        assert here is not None and here.simulated is not None  # the doorway let nobody in before
        phone = here.simulated
        tenant_id = here.channels[phone.channel].tenant_id
        ui.add_head_html(_HEAD)
        place = Place(here, tenant_id, language, client)
        lead_phone = LeadPhone(here, phone, tenant_id, lambda: str(ULID()))
        simulator = Simulator(place, phone.channel, lead_phone)
        simulator.build()
        # Nothing of a conversation is in the page itself: it follows on the socket, which has its own doorway.
        await client.connected()
        await simulator.open(request.query_params.get("lead", ""))

    return visit


def _versioned(name: str) -> str:
    """The address of a file, new whenever its content is new."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"{HERE}/static/{name}?{digest}"


_HEAD = (
    f'<link rel="stylesheet" href="{_versioned("console.css")}">'
    f'<script src="{_versioned("console.js")}"></script>'
)
