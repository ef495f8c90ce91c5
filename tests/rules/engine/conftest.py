"""A small book on disk that a test can write page by page."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from rules.book import Book
from rules.verdict import IntentFound, Understanding

TESTS = """\
tests:
  - name: fires
    given: {stage: new_lead, intent: default}
    expect: {held: true}
  - name: is silent
    given: {stage: new_lead, intent: default}
    expect: nothing
"""


class Folder:
    """A book folder; it begins with the two pages that every book needs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.page("routing", "the_rest", "always", "hold: not_understood")
        self.page("replies", "some_reply", "always", "say: not_understood_draft")
        self.safest_first = []

    def page(
        self, chapter: str, name: str, when: str, then: str, *, status: str = "live", extra: str = ""
    ) -> None:
        lines = when if when == "always" else "\n" + "\n".join(f"  - {line}" for line in when.split("; "))
        self.text(
            f"{chapter}/{name}.yml",
            f"id: {name}\ntitle: A page\nstatus: {status}\nowner: sales\nwhy: Because.\n{extra}when: {lines}\n"
            f"then:\n" + "\n".join(f"  {line}" for line in then.split("; ")) + f"\n{TESTS}",
        )
        if chapter == "safety":
            self.safest_first.append(name)
            self.order(*self.safest_first)

    def order(self, *names: str) -> None:
        self.text("safety/order.yml", "safest_first:\n" + "".join(f"  - {name}\n" for name in names))

    def text(self, file: str, content: str) -> None:
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content), encoding="utf-8")

    def load(self, **options: object) -> Book:
        return Book.load(self.path, **options)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "book")


@pytest.fixture(scope="session")
def book() -> Book:
    """The book that we ship."""
    return Book.load()


@pytest.fixture
def means() -> Callable[..., Understanding]:
    """Make a meaning by hand: `means("ask_price", answer="yes")`, `means("ask_price:the_page_that_heard_it")`."""

    def make(*intents: str, confidence: float = 0.95, **rest: object) -> Understanding:
        named = [intent.partition(":") for intent in intents or ("default",)]
        found = tuple(IntentFound(name, confidence, page) for name, _, page in named)
        return Understanding(primary=found[0], intents=found, **({"language": "ar", "script": "arabic"} | rest))

    return make
