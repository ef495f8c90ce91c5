"""
The shell around every page: where one can go, who one is, theme, language, and the keys.

A page of the console is a class, and one line in `leaves.py`:

    class BookPage:
        def __init__(self, place: Place, query: QueryParams) -> None: ...
        def build(self) -> None: ...          # the frame of the page, called inside <main>; nothing of the tenant
        async def open(self) -> None: ...     # the browser is connected: read, show, start a `live.Watch`

What a page has at hand:

    place.visitor, place.role, place.tenant_id   who sits there, and for which tenant
    place.say("key", blank=...)                  its own sentences (`sentences_<page>.py`), then everybody's
    place.words("intent", "ask_price")           a name of the house in words
    place.may(WRITES), place.needs(WRITES)       whether the role allows it; what a button says if not
    place.require(*WRITES)                       the same as an error, first thing in whatever a button does
    await place.act(doing(), "ok_saved")         does it, and says what came of it in the language of the page
    place.address("versions", change=id)         a link in the language of the page
    place.remember(change=id)                    what is looked at, kept in the address for a reload
    draw.put / button / gated / Rows / Part      pens; `Rows` and `Part` redraw only what changed
    states.loading / empty / fault               how a page looks while it has nothing to show
    live.Watch(place, look).start()              looks every two seconds, and at once after `at_once()`

Sides in the style sheet are logical (start, end), texts of people carry dir="auto", code dir="ltr". Classes to
use: `page-head`, `sheet` (a white card), `sheet-head`, `columns` (side list and main part), `chip-is` (`good`,
`gold`, `bad`, `blue`), `btn`, `btn main`, `faint`, `code`. A style sheet of one page only is a file of its own
in `static/`, named in its line in `leaves.py`. What comes with an event of the browser is checked again by the
functions behind it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from admin.console.draw import button, icon, put
from admin.console.place import Place
from admin.console.states import loading

# The groups of pages, in the order of a working day.
GROUPS = ("sell", "see", "rules", "trust", "run", "settings")

# (page, group, the key that leads there after "g"). A page that `leaves.py` does not have is passed over.
NAVIGATION = (
    ("inbox", "sell", "I"),
    ("approvals", "sell", "A"),
    ("pipeline", "sell", "L"),
    ("sales", "sell", "Y"),
    ("bulk", "sell", "U"),
    ("simulator", "sell", "S"),
    ("executive", "see", "X"),
    ("map", "see", "M"),
    ("partners", "see", "H"),
    ("book", "rules", "B"),
    ("playground", "rules", "P"),
    ("replay", "rules", "R"),
    ("versions", "rules", "V"),
    ("review", "rules", "W"),
    ("knowledge", "rules", "K"),
    ("privacy", "trust", "D"),
    ("compliance", "trust", "C"),
    ("evidence", "trust", "E"),
    ("contradictions", "trust", "N"),
    ("operations", "run", "O"),
    ("runs", "run", "T"),
    ("connectors", "run", "F"),
    ("models", "run", "Z"),
    ("settings", "settings", "J"),
)

KEYS = (
    ("/", "key_search"),
    ("Ctrl+S", "key_save"),
    ("Esc Tab", "key_leave"),
    ("Esc", "key_close"),
    ("?", "key_help"),
)


@contextmanager
def frame(place: Place) -> Iterator[None]:
    """Everything around the page; what is drawn inside stands in its middle."""
    with put("div", "console workbench", data_leaf=place.leaf):
        build_top(place)
        place.trouble.build()
        with put("div", "page", id="main", tabindex="0"):  # it scrolls, also by keyboard
            yield
        with put("div", "opening", data_curtain=""):
            loading(place.say("opening"))


def build_top(place: Place, more: Callable[[], None] = lambda: None) -> None:
    """Skip link, name, navigation, person, theme, language, and the keys; `more` stands before the person."""
    say = place.say
    put("a", "skip", say("skip"), href="#main")
    with put("header", "top"):
        is_simulator = place.leaf == "simulator"
        with put("h1" if is_simulator else "p", "brand"):
            put("span", text="Dealix")
            if is_simulator:
                put("small", text=say("simulator"))
        with put(
            "button",
            "btn quiet round menu-button",
            type="button",
            aria_label=say("menu"),
            aria_expanded="false",
            aria_controls="nav",
            data_menu="",
        ):
            icon("menu")
        with put("nav", "nav", id="nav", aria_label=say("navigation")):
            _build_places(place)
        with put("div", "top-end"):
            more()
            _build_person(place)
            _build_switches(place)
    _build_keys(place)


def _build_places(place: Place) -> None:
    """Each group is a button that opens its pages; a group of one page is that page."""
    for group in GROUPS:
        pages = [(name, key) for name, own, key in NAVIGATION if own == group and name in place.leaves]
        if len(pages) == 1:
            _build_link(place, *pages[0])
        elif pages:
            _build_group(place, group, pages)


def _build_group(place: Place, group: str, pages: list[tuple[str, str]]) -> None:
    is_here = any(name == place.leaf for name, _ in pages)
    with put("div", "nav-group here" if is_here else "nav-group"):
        with put(
            "button",
            "nav-to nav-open",
            type="button",
            aria_expanded="false",
            aria_controls=f"nav-{group}",
            data_group=group,
        ):
            put("span", text=place.say(f"group_{group}"))
            if is_here:
                put("span", "nav-here", place.say(f"to_{place.leaf}"))
        with put("ul", "nav-pages", id=f"nav-{group}"):
            for name, key in pages:
                with put("li"):
                    _build_link(place, name, key)


def _build_link(place: Place, name: str, key: str) -> None:
    link = put("a", "nav-to", place.say(f"to_{name}"), href=place.address(name), data_to=name, data_key=key)
    if name == place.leaf:
        link.props.update({"aria-current": "page"})


def _build_person(place: Place) -> None:
    if not place.role:
        return
    say = place.say
    with put("details", "who", data_fold=""):
        with put("summary", aria_label=say("you_are", name=place.visitor.name)):
            put("span", "face", place.visitor.name[:1], aria_hidden="true")
            put("bdi", "who-name", place.visitor.name, data_visitor="")
        with put("div", "who-card"):
            put("p", text=say("you_are", name=place.visitor.name))
            put(
                "p",
                "faint",
                f"{say(f'role_{place.role}')} · {say(f'role_{place.role}_does')}",
                data_role=place.role,
            )
            put("p", "faint tiny", place.house.tenants[place.tenant_id].name)
            put(
                "button",
                "btn",
                say("hijri_too"),
                type="button",
                aria_pressed="true" if place.has_hijri else "false",
                data_hijri="",
            )
            with put("form", method="post", action="/console/leave"):
                put("button", "btn", say("somebody_else"), type="submit", data_leave="")
            with put("form", method="post", action="/console/leave"):
                put("input", type="hidden", name="everywhere", value="yes")
                put("button", "btn quiet", say("leave_everywhere"), type="submit", data_leave_everywhere="")


def _build_switches(place: Place) -> None:
    say, language = place.say, place.language
    button(
        "", None, look="quiet round", picture="keys", aria_label=say("keys"), title=say("keys"), data_open_keys=""
    )
    button(
        "",
        None,
        look="quiet round",
        picture="moon",
        aria_label=say("other_theme"),
        title=say("other_theme"),
        data_theme_switch="",
    )
    other = f"/console/en/{place.leaf}" if language == "ar" else f"/console/{place.leaf}"
    put("a", "btn", say("other_language"), href=other, lang="en" if language == "ar" else "ar", data_language="")


def _build_keys(place: Place) -> None:
    say = place.say
    with put("dialog", "keys", aria_label=say("keys"), data_keys=""):
        put("h2", text=say("keys"))
        with put("dl"):
            for name, _, key in NAVIGATION:
                if name in place.leaves:
                    put("dt", text=f"g {key.lower()}", dir="ltr")
                    put("dd", text=say(f"to_{name}"))
            for key, meaning in KEYS:
                put("dt", text=key, dir="ltr")
                put("dd", text=say(meaning))
        button(say("close"), None, data_close_keys="")
