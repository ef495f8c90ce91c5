"""
The console as a web application: every page in Arabic and in English.

NiceGUI holds its pages and settings in one place per process, so one process opens one console.
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

from admin.console.doorway import HERE, VISITOR, why_not
from admin.console.frame import frame
from admin.console.lead import LeadPhone
from admin.console.leaves import LEAVES, Leaf
from admin.console.place import Place
from admin.console.rooms import House
from admin.console.sentences import Language, said_in, say
from admin.console.simulator import Simulator
from admin.console.times import CALENDAR_COOKIE, HIJRI, also_hijri
from bot.access import Session

STATIC = Path(__file__).parent / "static"

# Arabic first: it stands at the address itself.
FOLDERS: tuple[tuple[str, Language], ...] = (("", "ar"), ("/en", "en"))

NAMES = ("simulator", *(leaf.name for leaf in LEAVES))

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


Visit = Callable[[Request, Client], Awaitable[None]]


def build(house: Callable[[], House | None]) -> FastAPI:
    """The application that serves `/console`; `house` is ready whenever a visitor is let in."""
    pages.add_static_files("/static", STATIC)
    for folder, language in FOLDERS:
        locale = LOCALES[language]
        translations[locale] = {key: say(key, language) for key in _SAID_WITHOUT_US}
        title = say("title", language)
        ui.page(f"{folder}/simulator", title=title, language=locale)(_visit_simulator(house, language))
        for leaf in LEAVES:
            title = said_in(leaf.sentences, "title", language)
            ui.page(f"{folder}/{leaf.name}", title=title, language=locale)(_visit(house, leaf, language))
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


def _visit(house: Callable[[], House | None], leaf: Leaf, language: Language) -> Visit:
    async def visit(request: Request, client: Client) -> None:
        here = house()
        visitor: Session = request.scope[VISITOR]  # the doorway let nobody in without
        assert here is not None
        ui.add_head_html(_HEAD + "".join(map(_linked, leaf.sheets)))
        has_hijri = request.cookies.get(CALENDAR_COOKIE) == HIJRI
        if has_hijri:
            also_hijri(client, language)
        place = Place(
            here,
            visitor.tenant_id,
            language,
            client,
            visitor.visitor,
            visitor.role,
            visitor.until,
            leaf.name,
            _names(here, request),
            leaf.sentences,
            has_hijri=has_hijri,
            session=visitor,
        )
        page = leaf.page(place, request.query_params)
        with frame(place):
            page.build()
        # Nothing of a tenant is in the page itself: it follows on the socket, which has its own doorway.
        await client.connected()
        await place.act(page.open())
        with client:
            ui.run_javascript("dealix.opened()")

    return visit


def _names(house: House, request: Request) -> tuple[str, ...]:
    """The pages that this visitor can reach: the simulator is closed to another machine."""
    host = request.client.host if request.client else ""
    is_open = house.simulated is not None and not why_not(host, request.headers)
    return NAMES if is_open else NAMES[1:]


def _visit_simulator(house: Callable[[], House | None], language: Language) -> Visit:
    async def visit(request: Request, client: Client) -> None:
        here = house()
        assert here is not None and here.simulated is not None  # the doorway let nobody in before
        phone = here.simulated
        tenant_id = here.channels[phone.channel].tenant_id
        ui.add_head_html(_HEAD)
        place = Place(here, tenant_id, language, client, leaves=NAMES)
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


def _linked(name: str) -> str:
    if name.endswith(".js"):
        return f'<script src="{_versioned(name)}"></script>'
    return f'<link rel="stylesheet" href="{_versioned(name)}">'


_HEAD = _linked("console.css") + _linked("console.js")
