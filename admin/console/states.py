"""
How a page looks while it loads, while it is empty, when something went wrong, and when what it shows is old.

Four looks, so that nobody takes one for another: a loading page moves, an empty one says what will come, a fault
is red and says what to do, and an old one keeps what it showed under a gold notice.
"""

from admin.console.draw import Part, icon, put


def loading(text: str) -> None:
    """Something is on its way."""
    with put("div", "state loading", role="status", data_state="loading"):
        put("span", "shimmer", text)
        for _ in range(3):
            put("span", "bone", aria_hidden="true")


def empty(picture: str, text: str, hint: str = "") -> None:
    """There is nothing yet, and what will be here."""
    with put("div", "state blank", data_state="empty"):
        icon(picture)
        put("p", text=text)
        if hint:
            put("p", "faint", hint)


def fault(text: str, hint: str = "") -> None:
    """It did not work, and what to do."""
    with put("div", "state fault", role="alert", data_state="fault"):
        put("p", text=text, dir="auto")
        if hint:
            put("p", "faint", hint)


class Trouble:
    """The notice above a page whose content may be old; empty while all is well."""

    def __init__(self) -> None:
        self._part: Part[str] | None = None

    def build(self) -> None:
        """Its place on the page."""
        self._part = Part(put("div", "trouble", role="alert"), _draw_trouble)

    def show(self, text: str) -> None:
        """Say it, or take it back with an empty text."""
        if self._part is not None:
            self._part.show(text)


def _draw_trouble(text: str) -> None:
    if text:
        put("p", text=text, data_state="stale")
