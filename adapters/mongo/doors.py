"""
One database for most tenants, and one of their own for those who want it.

Rule 1: a tenant's rows are in exactly one database; which one is configuration and never data.
Rule 2: a database that is away, or does not let us in any more, is that tenant's trouble alone: its calls fail
        quickly, and as what may work later.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from adapters.mongo.driver import AWAY, REFUSED, Away, Document, Door, is_locked_out
from adapters.mongo.fences import TENANT

T = TypeVar("T")

# A dead server costs a call all the time it may take. After one has failed, only one at a time finds out whether
# the server is back, this long after the last, and the others fail at once: otherwise the lanes of all tenants
# would fill with one tenant's waiting.
REST_SECONDS = 2.0


class OwnDoor(Door):
    """The database of one tenant, with a user of its own."""

    answers_within_ms = 5_000
    keeps_open = 0  # a hundred tenants that sleep hold no connections

    def __init__(self, client: Any, database: str) -> None:
        super().__init__(client, database)
        self._is_doubted = False
        self._is_tried = False
        self._rests_until = 0.0

    async def turn(self, work: Awaitable[T]) -> T:
        """Wait for a turn, then do one round trip. Raises Away also when the server does not let us in."""
        if not self._is_doubted:
            return await self._ask(work)
        if self._is_tried or asyncio.get_running_loop().time() < self._rests_until:
            _drop(work)
            raise Away("the database of this tenant did not answer a moment ago")
        self._is_tried = True
        try:
            return await self._ask(work)
        finally:
            self._is_tried = False

    async def _ask(self, work: Awaitable[T]) -> T:
        try:
            answer = await super().turn(work)
        except AWAY:
            self._doubt()
            raise
        except REFUSED as refused:
            if not is_locked_out(refused):
                self._is_doubted = False  # whoever says no is there
                raise
            self._doubt()
            raise Away("the database of this tenant does not let us in") from refused
        self._is_doubted = False
        return answer

    def _doubt(self) -> None:
        self._is_doubted = True
        self._rests_until = asyncio.get_running_loop().time() + REST_SECONDS


class Doors:
    """Every database of an installation."""

    def __init__(self, main: Door, own: Mapping[str, Door]) -> None:
        self.main = main
        self._own = dict(own)
        elsewhere: Document = {TENANT: {"$nin": sorted(own)}} if own else {}
        self._every = ((main, elsewhere), *((door, {TENANT: tenant}) for tenant, door in own.items()))

    def of(self, tenant_id: str) -> Door:
        """The database of a tenant."""
        return self._own.get(tenant_id, self.main)

    @property
    def every(self) -> Sequence[tuple[Door, Document]]:
        """
        Every database, the common one first, with the filter of whose rows in it count.

        A row of a tenant who has moved out is not swept in its old place, and a row that somebody puts into a
        tenant's own database in another tenant's name is nobody's.
        """
        return self._every

    @property
    def round_trips(self) -> int:
        return sum(door.round_trips for door, _ in self._every)

    async def close(self) -> None:
        for door, _ in self._every:
            await door.close()


def _drop(work: Awaitable[Any]) -> None:
    """Give up what will not be awaited: a coroutine has not begun, a future of motor is under way."""
    if asyncio.iscoroutine(work):
        work.close()
    elif isinstance(work, asyncio.Future):
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
