"""
A run in hand: kept while its step works, written, let go.

Rule 1: whoever lost a run to another writes nothing more: the fence of every write says so.
Rule 2: a write that somebody's wish (cancel, a signal) overtook is made again on top of it, if it still is ours.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bot.runs.run import FREE, Hold, Run, RunName, RunRows
from bot.stopping import end

T = TypeVar("T")

# Long enough that a slow database does not take runs away, short enough that a kill is not felt for long.
LEASE_SECONDS = 10.0
BEATS_PER_LEASE = 4

# Each is somebody's click or a signal while we wrote; more is a fault to show.
MAX_RACES = 50


class LeaseLost(Exception):
    """Somebody else has this run in hand by now, or it is gone."""


class Grip:
    """Holds runs for one engine."""

    def __init__(
        self,
        rows: RunRows,
        owner: str,
        unreachable: tuple[type[Exception], ...],
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._rows = rows
        self._unreachable = unreachable
        self._seconds = lease_seconds
        self.owner = owner
        self.held: dict[RunName, Run] = {}
        """What is in hand, as it was written last."""

    @property
    def hold(self) -> Hold:
        """What a write says that keeps the run in hand."""
        return Hold(self.owner, self._seconds)

    async def save(
        self, run: Run, edit: Callable[[Run], Run], hold: Hold = FREE, *, is_judged: bool = False
    ) -> Run:
        """
        Write what `edit` makes of the run, then file its checkpoint.

        Args:
            is_judged: the edit depends on what was looked up for exactly this version: overtaken, nothing is
                written, and the run is answered as it is now.

        Raises LeaseLost, ImpossibleMove.
        """
        for _ in range(MAX_RACES):
            written = await self._rows.write(run, edit(run), hold)
            if written is not None:
                self._remember(written)
                if written.seq != run.seq:
                    await self._rows.file(written.last, written.about)
                return written
            run = await self._still_ours(run)
            if is_judged:
                return run
        raise LeaseLost(f"run {run.id} was overtaken {MAX_RACES} times")

    async def kept(self, run: Run, work: Coroutine[Any, Any, T]) -> T:
        """Let something work while the run is kept in hand. Raises LeaseLost, and what the work raises."""
        working = asyncio.create_task(work)
        beating = asyncio.create_task(self._beat(run))
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise LeaseLost(f"run {run.id} was not kept")
            return working.result()
        finally:
            await end([working, beating])

    async def let_go(self, run: Run, edit: Callable[[Run], Run]) -> None:
        """Give back what cannot be ended now; it costs no attempt."""
        try:
            await self.save(run, edit, FREE)
        except (LeaseLost, *self._unreachable):
            return  # its lease ends by itself

    async def _beat(self, run: Run) -> None:
        """Returns when the run is lost."""
        kept_at = time.monotonic()
        while time.monotonic() - kept_at < self._seconds:
            await asyncio.sleep(self._seconds / BEATS_PER_LEASE)
            asked_at = time.monotonic()
            try:
                if not await self._rows.beat(run, self._seconds):
                    return
            except self._unreachable:
                continue
            kept_at = asked_at

    async def _still_ours(self, run: Run) -> Run:
        fresh = await self._rows.read(run.tenant_id, run.id)
        if fresh is None or fresh.fence != run.fence or fresh.lease_owner != self.owner:
            raise LeaseLost(f"run {run.id} is in other hands")
        return fresh

    def _remember(self, run: Run) -> None:
        name = RunName(run.tenant_id, run.id)
        if run.is_in_hand:
            self.held[name] = run
        else:
            self.held.pop(name, None)
