"""
`dealix up`, watched from inside: where it is each time it has used some more milliseconds of CPU.

Rule 1: only the standard library. The clock is the process's own CPU time, so that waiting is never counted. (A
        thread that looks would see the loop only where it gives the interpreter away, which is in system calls.)
Rule 2: a sample belongs to the innermost place that a stage knows.
Rule 3: the samples count while the file `begin` is there, and are written when it is taken away.
"""

import json
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from bot.cli import main as command_line

EVERY_SECONDS = 0.004

# The first that is found from the innermost frame outwards.
STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("answers of the database", ("pymongo/", "bson/")),
    ("calling the provider", ("httpx/", "httpcore/", "adapters/whatsapp/")),
    ("telemetry", ("bot/telemetry/", "opentelemetry/", "prometheus_client/")),
    ("logging", ("structlog/", "bot/logs.py", "logging/")),
    ("limits and pace", ("bot/departures/",)),
    ("timeline and seals", ("bot/relay.py", "bot/evidence/", "adapters/mongo/timeline.py")),
    ("seats and ring", ("bot/seats.py", "adapters/nats/", "nats/")),
    ("runs", ("bot/runs/",)),
    ("understanding and judging", ("rules/", "bot/playbook.py", "durable/")),
    ("deciding and drafting", ("bot/pipeline.py", "bot/drafting.py", "bot/decision.py", "flows/")),
    ("gate and sending", ("bot/outbox.py", "bot/gate.py")),
    ("recording", ("bot/intake.py",)),
    ("commit", ("bot/notebook.py", "adapters/mongo/conversations.py", "bot/timers.py")),
    ("worker", ("bot/worker.py",)),
    ("web", ("bot/web/", "starlette/", "fastapi/", "uvicorn/", "admin/")),
    ("other jobs", ("bot/", "adapters/")),
)


class Sampler:
    """Notes where the main thread is at every tick."""

    def __init__(self, begin: Path, result: Path) -> None:
        self._begin, self._result = begin, result
        self._stages: Counter[str] = Counter()
        self._places: Counter[str] = Counter()

    def start(self) -> None:
        threading.Thread(target=self._wait, name="sampler", daemon=True).start()
        signal.signal(signal.SIGPROF, self._look)

    def _wait(self) -> None:
        while not self._begin.exists():
            time.sleep(0.1)
        signal.setitimer(signal.ITIMER_PROF, EVERY_SECONDS, EVERY_SECONDS)
        while self._begin.exists():
            time.sleep(0.1)
        signal.setitimer(signal.ITIMER_PROF, 0)
        found = {"stages": self._stages, "places": dict(self._places.most_common(80))}
        written = self._result.with_suffix(".part")
        written.write_text(json.dumps(found), encoding="utf-8")
        written.rename(self._result)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        if frame is not None:
            self._stages[stage_of(frame)] += 1
            self._places[_place(frame)] += 1


def stage_of(frame: FrameType | None) -> str:
    """The stage of the innermost frame that any stage knows."""
    while frame is not None:
        path = frame.f_code.co_filename
        for stage, parts in STAGES:
            if any(f"/{part}" in path for part in parts):
                return stage
        frame = frame.f_back
    return "event loop"


def _place(frame: FrameType) -> str:
    name = "/".join(frame.f_code.co_filename.rsplit("/", 2)[-2:])
    return f"{name}:{frame.f_code.co_name}"


def main() -> None:
    """`python -m bench.sampled BEGIN RESULT up`: the command line of the product, watched."""
    begin, result = Path(sys.argv[1]), Path(sys.argv[2])
    sampler = Sampler(begin, result)
    sys.argv = ["dealix", *sys.argv[3:]]
    sampler.start()
    command_line()


if __name__ == "__main__":
    main()
