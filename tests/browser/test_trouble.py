"""What the page says when something behind it is gone."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Running
from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser

# The driver gives a silent database up to 20 seconds.
DATABASE_GIVES_UP_MS = 60_000


@contextmanager
def database_asleep(running: Running) -> Iterator[None]:
    """The database of this Dealix does not answer."""
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    if not children.exists():
        pytest.skip("finding the database's process needs Linux's /proc")
    (database,) = [int(pid) for pid in children.read_text().split() if _is_database(int(pid))]
    os.kill(database, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(database, signal.SIGCONT)


def _is_database(pid: int) -> bool:
    return "mongod" in Path(f"/proc/{pid}/comm").read_text()


def test_a_silent_database_is_told_plainly_and_the_typed_words_come_back(visit: Visit, running: Running) -> None:
    page = visit.opens()
    visit.is_a_new_lead()
    field = page.locator("[data-say]")
    with database_asleep(running):
        field.fill("كم السعر؟")
        field.press("Enter")
        expect(page.locator(".trouble p")).to_contain_text("قاعدة البيانات لا تجيب", timeout=DATABASE_GIVES_UP_MS)
        expect(field).to_have_value("كم السعر؟", timeout=DATABASE_GIVES_UP_MS)

    expect(page.locator(".trouble p")).to_have_count(0, timeout=PATIENCE_MS)
    field.press("Enter")
    visit.hears(1)
