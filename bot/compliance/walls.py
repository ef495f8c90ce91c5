"""What keeps tenants apart, as something that can be tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that was tried, and must have been refused."""

    name: str
    is_refused: bool


class Isolation(Protocol):
    """Tries to leave a tenant, and looks at what stands in the way."""

    async def probe(self, tenant_id: str) -> Sequence[Probe]: ...

    async def collections(self) -> Sequence[str]:
        """The names of everything that is stored."""
