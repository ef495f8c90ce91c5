"""
A server on a free port that leaves nothing open behind itself.

Rule: every line is noted before the talk on it begins. Whoever is cancelled before its first step closes nothing,
      and the warning of it would be laid to some later test.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[object]]


class Listener:
    """Answers on 127.0.0.1 from `start` to `stop`, on the same port again when started again."""

    def __init__(self, talk: Talk, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self._talk = talk
        self._context = context
        self.port = port
        self._server: asyncio.Server | None = None
        self._talking: dict[asyncio.Future[object], asyncio.StreamWriter] = {}

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop every line: the next call is refused."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        talking = dict(self._talking)
        for task, writer in talking.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await server.wait_closed()

    async def __aenter__(self) -> "Listener":
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:
            writer.transport.abort()
            return
        task = asyncio.ensure_future(self._talk(reader, writer))
        self._talking[task] = writer
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Future[object]) -> None:
        writer = self._talking.pop(task)
        writer.close()  # what is on its way still goes
        if not task.cancelled() and (wrong := task.exception()) is not None:
            raise wrong
