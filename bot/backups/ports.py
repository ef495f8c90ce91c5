"""What a backup asks of the databases, and of whoever watches."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

Progress = Callable[[int, int], None]
"""Rows done, rows expected."""


def nobody_watches(_done: int, _expected: int) -> None:
    """Where no progress is shown."""


class View(Protocol):
    """Everything as it was at one moment."""

    def rows(self, collection: str) -> AsyncIterator[bytes]:
        """BSON rows one after the other, some at a time. Raises BackupRefused (the moment is past reading)."""


class Copies(Protocol):
    """All rows of an installation, wherever its tenants keep them."""

    collections: Sequence[str]
    """Every collection there is, by the registry."""

    async def server(self) -> str:
        """The database server and its version, in words."""

    async def about_how_many(self) -> int:
        """Rows, roughly and at once: for a progress bar."""

    def at_one_moment(self) -> AbstractAsyncContextManager[View]: ...

    async def filled(self) -> Sequence[str]:
        """The collections in which somebody has something."""

    async def is_at_work(self) -> bool:
        """Whether a process of Dealix works on these databases now."""

    async def begun(self) -> str:
        """The id of the backup that somebody began to bring back and did not finish; empty when nobody did."""

    async def begin(self, backup_id: str) -> None:
        """Remember that from now on half of it may be there. `dealix up` does not start on such a database."""

    async def empty(self) -> None:
        """Remove every row, but for what `begin` has written."""

    async def put_back(self, collection: str, rows: Sequence[bytes]) -> None: ...

    async def prepare(self) -> None:
        """Create what collections, validators and indexes are missing."""

    async def finish(self) -> None:
        """All of it is there."""
