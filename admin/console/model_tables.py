"""A table of calls: one line for each provider, model or task."""

from dataclasses import dataclass

from admin.console.draw import put


@dataclass(frozen=True, slots=True)
class Row:
    """One line, as it is read."""

    name: str
    is_code: bool
    cells: tuple[str, ...]
    share: int
    """How many of a hundred calls are its own."""


@dataclass(frozen=True, slots=True)
class Table:
    """All lines of one kind."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def draw(table: Table) -> None:
    """The table, with a bar before each line for its share of the calls."""
    with put("section", "sheet", data_card=table.key):
        with put("div", "sheet-head"):
            put("h2", text=table.title)
        with put("div", "scroll-x", tabindex="0"), put("table", "grid-table"):
            with put("thead"), put("tr"):
                for number, column in enumerate(table.columns):
                    put("th", "n" if number else "", column, scope="col")
            with put("tbody"):
                for row in table.rows:
                    _row(row)


def _row(row: Row) -> None:
    with put("tr", data_line_of=row.name):
        with put("th", scope="row"):
            put("span", "table-bar", style=f"--share: {row.share}%", aria_hidden="true")
            put("span", text=row.name, dir="ltr" if row.is_code else "auto")
        for cell in row.cells:
            put("td", "n", cell, dir="ltr")
