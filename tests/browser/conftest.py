"""
The real product in one process, and a real browser before it.

Rule 1: nothing is stood in for. `dealix up` runs as an operator runs it, with nothing configured; Chromium is the
        machine's own.
Rule 2: both live for this package only. Playwright holds the event loop of the thread while it runs, and async
        tests elsewhere need that loop.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.analyst import Analyst
from tests.browser.visit import PATIENCE_MS, Visit

# A machine may have other things to do: what is expected is waited for, and costs nothing when it comes at once.
expect.set_options(timeout=PATIENCE_MS)

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

# Nothing of the browser's own may reach for the network: the tests count who is asked.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

START_SECONDS = 60
STOP_SECONDS = 30

# Long enough to see that Dealix reads, short enough for a test.
BURST_SECONDS = "0.6"


@dataclass(frozen=True)
class Running:
    """A Dealix that was started with nothing configured."""

    address: str
    pid: int
    folder: Path

    def command(self, *words: str) -> str:
        """What `dealix <words>` prints, beside the running one and with its data."""
        done = subprocess.run(
            [_program(), *words],
            cwd=self.folder,
            env=_environment(self.folder),
            check=True,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        return done.stdout


@pytest.fixture(scope="package")
def running() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="dealix-browser-") as folder:
        port = _free_port()
        process = _start(Path(folder), port)
        try:
            _wait_until_ready(process, port)
            yield Running(f"http://localhost:{port}", process.pid, Path(folder))
        finally:
            process.terminate()
            process.communicate(timeout=STOP_SECONDS)


@pytest.fixture(scope="package")
def product(running: Running) -> str:
    """Its address."""
    return running.address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser on PATH: install one of {', '.join(CHROMIUM)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visit(product: str, browser: Browser) -> Iterator[Visit]:
    """A visitor with a fresh browser profile; a page that complains or asks outside fails its test."""
    visit = Visit(browser, product)
    yield visit
    visit.leaves()
    assert visit.complaints == []
    assert {"localhost"} >= visit.asked_hosts


Comes = Callable[..., Analyst]


@pytest.fixture
def comes(product: str, browser: Browser) -> Iterator[Comes]:
    """Somebody comes to the workbench, each with a profile of their own: `comes("Noura", "rules_editor")`."""
    came: list[Analyst] = []

    def come(name: str = "Noura", role: str = "rules_editor") -> Analyst:
        came.append(Analyst(browser, product, name, role))
        return came[-1]

    yield come
    for analyst in came:
        analyst.leaves()
    assert [complaint for analyst in came for complaint in analyst.complaints] == []
    assert {"localhost"} >= {host for analyst in came for host in analyst.asked_hosts}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _program() -> str:
    return str(Path(sys.executable).parent / "dealix")


def _environment(folder: Path) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {**plain, "DEALIX_DATA_DIR": str(folder / "data"), "DEALIX_BURST_SECONDS": BURST_SECONDS}


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [_program(), "up", "--port", str(port)],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"dealix did not start: {process.communicate()[1].decode()}")
        if _is_ready(port):
            return
        time.sleep(0.1)
    raise AssertionError(f"dealix was not ready within {START_SECONDS} s")


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status == 200
    except (URLError, TimeoutError):
        return False
