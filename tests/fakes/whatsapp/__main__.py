"""Run the fake providers as a process of their own: `python -m tests.fakes.whatsapp --port N --record FILE`."""

import argparse
import asyncio
import signal
from pathlib import Path

from tests.fakes.whatsapp.server import FakeWhatsApp


async def _run(port: int, record: Path | None) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with FakeWhatsApp(port=port, record=record) as fake:
        print(fake.url, flush=True)
        await stopped.wait()


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--port", type=int, default=0, help="0 takes a free one")
    words.add_argument("--record", type=Path, default=None, help="append every taken message to this file")
    given = words.parse_args()
    asyncio.run(_run(given.port, given.record))
