"""The list beside the book: a search, and the shelves with what stands on them."""

from collections.abc import Callable
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from admin.console.book_shelf import SHELVES, Entry, find
from admin.console.draw import Part, Rows, argument, button, gated, icon, put
from admin.console.place import WRITES, Place
from admin.console.states import empty

# A pause of this long in typing searches.
SEARCH_EVERY_SECONDS = 0.2

LOOK_OF_STATUS = {"shadow": "blue", "draft": "gold", "retired": "bad"}


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of one group of the list."""

    name: str
    is_open: bool
    count: int
    changed: int


@dataclass(frozen=True, slots=True)
class Item:
    """One page in the list."""

    entry: Entry
    is_chosen: bool
    is_unsaved: bool


class BookSide:
    """Draws the list and says what was chosen."""

    def __init__(self, place: Place, choose: Callable[[str], None], new_page: Callable[[], None]) -> None:
        self._place = place
        self._choose = choose
        self._new_page = new_page
        self._words = ""
        self._open: set[str] = set()
        self._entries: tuple[Entry, ...] = ()
        self._chosen = ""
        self._unsaved: frozenset[str] = frozenset()

    def build(self) -> None:
        """Its place on the page."""
        say = self._place.say
        with put("aside", "sheet side", aria_label=say("pages")):
            with put("div", "side-head"):
                with put("label", "search"):
                    icon("search")
                    field = put(
                        "input",
                        type="search",
                        placeholder=say("search"),
                        aria_label=say("search"),
                        data_search="",
                        dir="auto",
                    )
                    field.on("input", self._search, throttle=SEARCH_EVERY_SECONDS, js_handler=_VALUE)
                why_not = "" if self._place.may(WRITES) else self._place.needs(WRITES)
                gated(
                    "",
                    self._new_page,
                    why_not,
                    picture="plus",
                    aria_label=say("new_page"),
                    data_new_page="",
                )
            with put("nav", "shelves", aria_label=say("pages")):
                self._rows: Rows[Heading | Item] = Rows(put("div"), self._draw)
                self._none = Part(put("div"), self._draw_none)

    def show(self, entries: tuple[Entry, ...], chosen: str, unsaved: frozenset[str]) -> None:
        """Show these; the shelf of the chosen one is open."""
        if not self._entries and not chosen:
            self._open.add("understanding")
        if chosen != self._chosen:
            self._open |= {entry.shelf for entry in entries if entry.key == chosen}
        self._entries, self._chosen, self._unsaved = entries, chosen, unsaved
        self._refresh()

    def _refresh(self) -> None:
        found = find(self._entries, self._words)
        is_search = bool(self._words.strip())
        rows: list[tuple[str, Heading | Item]] = []
        for name in SHELVES:
            here = tuple(entry for entry in found if entry.shelf == name)
            if not here:
                continue
            is_open = is_search or name in self._open
            changed = sum(entry.is_changed for entry in here)
            rows.append((f"shelf {name}", Heading(name, is_open, len(here), changed)))
            rows += [(entry.key, self._item(entry)) for entry in here if is_open]
        # Row by row: what stays keeps its place under the finger that is about to press it.
        self._rows.show(rows)
        self._none.show(not rows and bool(self._entries))

    def _item(self, entry: Entry) -> Item:
        return Item(entry, entry.key == self._chosen, bool({entry.key, entry.id} & self._unsaved))

    def _search(self, event: GenericEventArguments) -> None:
        self._words = argument(event)
        self._refresh()

    def _draw(self, row: Heading | Item) -> None:
        if isinstance(row, Heading):
            self._draw_heading(row)
        else:
            self._draw_item(row)

    def _draw_none(self, is_empty: bool) -> None:
        if is_empty:
            empty("search", self._place.say("nothing_found"), self._place.say("nothing_found_hint"))

    def _draw_heading(self, shelf: Heading) -> None:
        say = self._place.say

        def turned() -> None:
            self._open ^= {shelf.name}
            self._refresh()

        with button(
            "",
            turned,
            look="shelf-name",
            aria_expanded="true" if shelf.is_open else "false",
            data_shelf=shelf.name,
        ):
            put("span", text=say(f"shelf_{shelf.name}"))
            if shelf.changed:
                put("b", "dot", aria_label=say("changed_here"))
            put("span", "number", str(shelf.count))

    def _draw_item(self, item: Item) -> None:
        say, entry = self._place.say, item.entry
        made = button("", lambda: self._choose(entry.key), look="entry", data_entry=entry.key)
        if item.is_chosen:
            made.props.update({"aria-current": "true"})
        with made:
            put("span", "entry-title", entry.called(self._place.language), dir="auto")
            with put("span", "entry-is"):
                if entry.shelf == "wording":
                    put("code", text=entry.id, dir="ltr")
                draw_chips(self._place, entry)
                if item.is_unsaved:
                    put("span", "chip-is bad", say("unsaved"), data_chip="unsaved")


def draw_chips(place: Place, entry: Entry) -> None:
    """What kind of page it is, where that is not ordinary."""
    say = place.say
    if entry.is_changed:
        put("span", "chip-is gold", say("changed_here"), data_chip="changed")
    if entry.origin != "shipped":
        put("span", "chip-is good", say(f"origin_{entry.origin}"), data_chip=entry.origin)
    if entry.status in LOOK_OF_STATUS:
        put(
            "span",
            f"chip-is {LOOK_OF_STATUS[entry.status]}",
            say(f"status_{entry.status}"),
            data_chip=entry.status,
        )
    if entry.is_locked:
        with put("span", "chip-is blue", data_chip="locked"):
            icon("shield")
            put("span", text=say("locked"))


_VALUE = "(e) => emit(e.target.value)"
