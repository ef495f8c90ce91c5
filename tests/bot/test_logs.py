"""What the process writes about itself holds no secret and no words of people, whoever writes the line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECRET = "EAAG-token-4711-very-secret"
WORDS = "كلام العميل السري"

_SAYS = """
import logging, sys
import structlog
from bot import logs

secret, words = sys.argv[1:]
logs.configure((secret,))
log = structlog.get_logger()
library = logging.getLogger("some.library")
server = logging.getLogger("uvicorn.error")

def broken():
    raise ValueError(f"{words} {secret}")

%s
"""

LINES = {
    "a secret in a value": 'log.info("x", url=f"https://a.example/{secret}/send")',
    "a secret deep inside": 'log.info("x", tree={"a": [{"b": (f"k={secret}",)}]}, raw_bytes=[secret.encode()])',
    "people's words by their names": 'log.info("x", text=words, tree={"message": words, "d": [{"body": words}]})',
    "a fault as a value": 'log.warning("x", reason=ValueError(words + secret))',
    "a library's line": 'library.error("calling %s failed", f"https://a.example/{secret}")',
    "a line that cannot be put together": 'library.error("%d", secret); library.error("after it")',
    "a library's fault": """
try:
    broken()
except ValueError:
    library.exception("it broke")
    server.error("Exception in ASGI application", exc_info=True)
""",
    "a fault that somebody else formatted": """
try:
    broken()
except ValueError:
    record = logging.LogRecord("a", logging.ERROR, "f", 1, "it broke", (), sys.exc_info())
    logging.Formatter().format(record)
    library.handle(record)
""",
}


@pytest.mark.parametrize("what", LINES)
def test_a_line_holds_neither_secrets_nor_what_people_wrote(what):
    command = [sys.executable, "-c", _SAYS % LINES[what], SECRET, WORDS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)

    assert done.returncode == 0, done.stderr
    assert done.stderr.strip()
    for line in done.stderr.splitlines():
        said = json.dumps(json.loads(line), ensure_ascii=False) if line.startswith("{") else line
        assert SECRET not in said and WORDS not in said, said


def test_a_fault_still_says_where_it_happened():
    command = [sys.executable, "-c", _SAYS % LINES["a library's fault"], SECRET, WORDS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)

    assert "ValueError" in done.stderr and "broken" in done.stderr
