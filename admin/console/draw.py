"""Small pens for the pages: one HTML element, marked text, and a list that redraws only what changed."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from admin.console.marks import Piece

T = TypeVar("T")

_TAG_OF = {"heard": "mark", "gone": "del", "came": "ins"}


def put(tag: str, classes: str = "", text: str | None = None, **attributes: Any) -> Element:
    """One element where we are; `aria_label` becomes `aria-label`. Text is shown as written, never as markup."""
    element = Element(tag).classes(classes)
    element._text = text
    element.props.update({name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    return element


def icon(name: str) -> Element:
    """A picture that only decorates; the words stand beside it or in a label."""
    return put("i", f"ico ico-{name}", aria_hidden="true")


def button(
    text: str, pressed: Callable[[], Any] | None = None, *, look: str = "", picture: str = "", **attributes: Any
) -> Element:
    """A button with words; give `aria_label` and an empty text for one with a picture only."""
    made = put("button", f"btn {look}", type="button", **attributes)
    with made:
        if picture:
            icon(picture)
        if text:
            put("span", text=text)
    if pressed is not None:
        made.on("click", lambda _: pressed(), args=[])
    return made


def gated(
    text: str, pressed: Callable[[], Any], why_not: str, *, look: str = "", picture: str = "", **attributes: Any
) -> Element:
    """A button that says why it cannot be pressed; empty when it can. One that cannot has nothing behind it."""
    if not why_not:
        return button(text, pressed, look=look, picture=picture, **attributes)
    return button(
        text, None, look=f"{look} off", picture=picture, aria_disabled="true", title=why_not, **attributes
    )


def pieces(marked: Iterable[Piece]) -> None:
    """Text with its marks."""
    for piece in marked:
        put(_TAG_OF.get(piece.mark, "span"), text=piece.text)


def argument(event: GenericEventArguments) -> str:
    """The one text that a browser handler gave."""
    given = event.args
    return str(given[0] if isinstance(given, list) and given else given or "")


class Rows(Generic[T]):
    """Children of one element, by key: what is equal stays untouched, so focus, scroll and open folds survive."""

    def __init__(self, holder: Element, draw: Callable[[T], None], tag: str = "div") -> None:
        self._holder = holder
        self._draw = draw
        self._tag = tag
        self._shown: dict[str, tuple[Element, T]] = {}

    def show(self, items: Sequence[tuple[str, T]]) -> None:
        """Let the children be these, in this order."""
        wanted = {key for key, _ in items}
        for key in [key for key in self._shown if key not in wanted]:
            self._shown.pop(key)[0].delete()
        for index, (key, value) in enumerate(items):
            row = self._row(key, value)
            if self._holder.default_slot.children.index(row) != index:
                row.move(target_index=index)

    def _row(self, key: str, value: T) -> Element:
        if key not in self._shown:
            with self._holder:
                row = put(self._tag, "row-in")
        else:
            row, before = self._shown[key]
            if before == value:
                return row
            row.clear()
        self._shown[key] = (row, value)
        with row:
            self._draw(value)
        return row


class Part(Generic[T]):
    """One element that is drawn anew when its value changed."""

    def __init__(self, holder: Element, draw: Callable[[T], None]) -> None:
        self._rows: Rows[T] = Rows(holder, draw)

    def show(self, value: T) -> None:
        self._rows.show([("only", value)])
