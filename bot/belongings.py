"""
Everything that belongs to a tenant: to be counted, taken along, and removed when the tenant leaves.

Which collections there are is what the registry says; a new one is walked without anybody thinking of it.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol


class Belongings(Protocol):
    """A tenant's rows over every collection; each call names the tenant."""

    async def counts(self, tenant_id: str) -> Mapping[str, int]:
        """Rows by collection, those without any left out."""

    def each(self, tenant_id: str) -> AsyncIterator[str]:
        """Every row as one line of MongoDB's extended JSON: `{"collection": ..., "row": ...}`."""

    async def drop(self, tenant_id: str) -> Mapping[str, int]:
        """Remove every row; answers how many, by collection. Done twice it comes to the same."""
