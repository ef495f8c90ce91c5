"""`make run` as a new user types it: in a fresh clone, with nothing configured, twice."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent

# The first run installs everything from the lock file; a slow network may take minutes.
INSTALL_SECONDS = 420
START_SECONDS = 30


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout to clone from")
    target = tmp_path / "dealix"
    subprocess.run(["git", "clone", "--quiet", ROOT, target], check=True)
    return target


@contextmanager
def running(clone: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`make run` in a group of its own, stopped with SIGTERM like a service."""
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=_bare_environment() | {"DEALIX_PORT": str(port)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)


def test_a_new_user_has_the_whole_product_after_one_command_and_again_without_a_network(clone: Path) -> None:
    port = _free_port()

    with running(clone, port) as first:
        _wait_until_ready(first, port, INSTALL_SECONDS)
        page = httpx.get(f"http://127.0.0.1:{port}/", follow_redirects=True)
        token = subprocess.run(
            [clone / ".venv/bin/dealix", "token"], cwd=clone, capture_output=True, text=True, check=True
        ).stdout.strip()
        decided = httpx.post(
            f"http://127.0.0.1:{port}/os/process",
            json={"message": "السلام عليكم، كم السعر؟"},
            headers={"Authorization": f"Bearer {token}"},
        )
    # No index, and an address where nobody listens: whoever asks for a package now fails.
    no_network = {
        "PIP_NO_INDEX": "1",
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "https_proxy": "http://127.0.0.1:9/",
    }
    with running(clone, port, **no_network) as second:
        _wait_until_ready(second, port, START_SECONDS)

    assert page.status_code == 200
    assert decided.json()["intent_detected"] == "ask_price"
    assert (clone / "data" / "mongo").is_dir()


def _bare_environment() -> dict[str, str]:
    """What a new user has: no setting of ours."""
    ours = (
        "DEALIX_",
        "MONGODB_",
        "GREEN_API_",
        "ULTRAMSG_",
        "FONNTE_",
        "WHATSAPP_",
        "TELEGRAM_",
        "PYTEST",
        "VIRTUAL_",
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _wait_until_ready(process: subprocess.Popen[str], port: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"make run ended with {process.returncode}: {process.stdout and process.stdout.read()}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"make run was not ready within {seconds} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
