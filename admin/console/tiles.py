"""Numbers in a row, each with what it means; a number that can be pressed shows what it counts."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from admin.console.draw import put


@dataclass(frozen=True, slots=True)
class Tile:
    """One number."""

    key: str
    name: str
    value: str
    """As it is read; a number that nobody can know yet says so in words."""
    means: str
    """What is counted, and since when."""
    is_bad: bool = False


def draw_tiles(
    tiles: Sequence[Tile], chosen: str = "", choose: Callable[[str], Awaitable[None]] | None = None
) -> None:
    """A row of numbers; with `choose` each is a button, and the chosen one stands out."""
    with put("div", "tiles"):
        for tile in tiles:
            look = f"tile {'bad' if tile.is_bad else ''}"
            if choose is None:
                made = put("div", look, data_tile=tile.key)
            else:
                pressed = "true" if tile.key == chosen else "false"
                made = put("button", look, type="button", aria_pressed=pressed, data_tile=tile.key)
                made.on("click", lambda _, key=tile.key: choose(key), args=[])
            with made:
                put("span", "tile-name", tile.name)
                put("strong", "tile-value", tile.value)
                put("span", "tile-means", tile.means)
