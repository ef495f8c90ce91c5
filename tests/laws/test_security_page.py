"""The security page is a claim: every control names a file that exists and a test that exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

LLM = [f"LLM{number:02}" for number in range(1, 11)]
API = [f"API{number}" for number in range(1, 11)]


def tables() -> list[tuple[list[str], list[dict[str, str]]]]:
    """Every table of the page: its head, and its rows by column."""
    found = []
    for block in re.findall(r"(?:^\|.*\|\n)+", PAGE, re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        assert all(len(row) == len(head) for row in rows), head
        found.append((head, [dict(zip(head, row, strict=True)) for row in rows]))
    return found


CONTROLS = [row for head, rows in tables() if "test" in head for row in rows]
NAMED = sorted({name for row in CONTROLS for name in re.findall(r"`([^`]+)`", row["test"])})
PLACES = sorted({name for row in CONTROLS for name in re.findall(r"`([^`]+)`", row["where"])})


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_both_lists_are_complete_and_every_row_has_a_control_and_a_test():
    ids = [row["id"] for row in CONTROLS if "id" in row]

    assert ids == [*LLM, *API]
    for row in CONTROLS:
        assert all(row[column] for column in row)
        assert re.findall(r"`tests/[^`]+::test_[^`]+`", row["test"]), row
        assert re.findall(r"`[^`]+`", row["where"]), row


@pytest.mark.parametrize("name", NAMED)
def test_every_named_test_exists(name):
    path, _, test = name.partition("::")

    assert (ROOT / path).is_file(), path
    assert test in names_in(ROOT / path), name


@pytest.mark.parametrize("place", PLACES)
def test_every_named_place_exists(place):
    assert (ROOT / place).exists()


def test_no_test_of_the_page_is_marked_to_be_skipped():
    """A control whose test does not run is no control."""
    for path in {name.partition("::")[0] for name in NAMED}:
        source = (ROOT / path).read_text(encoding="utf-8")
        assert not re.search(r"pytest\.mark\.(skip|xfail)|pytest\.(skip|xfail|importorskip)\(", source), path


def test_every_library_is_pinned_with_a_version():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    named = [line for line in lines if re.match(r"[A-Za-z0-9]", line)]

    assert len(named) > 30
    assert [line for line in named if "==" not in line] == []
