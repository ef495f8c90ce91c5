"""`python -m tests.fakes.telegram --port 8081`: a Telegram for another process, until Ctrl-C."""

import argparse
import asyncio

from tests.fakes.telegram.server import FakeTelegram


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="123456:TEST-TOKEN")
    chosen = parser.parse_args()
    async with FakeTelegram(chosen.token, chosen.port) as telegram:
        print(f"TELEGRAM_API_URL={telegram.url} TELEGRAM_BOT_TOKEN={telegram.token}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        raise SystemExit(0) from None
