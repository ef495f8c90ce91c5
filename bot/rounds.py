"""
Does something for each tenant in turn, so that what is wrong with one stays with that one.

Rule 1: a tenant whose database is away waits for the next round; the others have their turn.
Rule 2: so do they when something else goes wrong with one; it is raised when the round is over, for whoever
        watches the work to hear of it.
"""

from collections.abc import Awaitable, Callable, Iterable

import structlog

from bot.logs import trail

logger = structlog.get_logger()


async def for_each(
    what: str,
    tenants: Iterable[str],
    work: Callable[[str], Awaitable[object]],
    unreachable: tuple[type[Exception], ...],
) -> None:
    """One round. Raises the first fault that was no absence of a database."""
    faults: list[Exception] = []
    for tenant_id in tenants:
        try:
            await work(tenant_id)
        except unreachable as away:
            logger.warning("waits_for_database", work=what, tenant=tenant_id, reason=type(away).__name__)
        except Exception as fault:  # noqa: BLE001  (the border between tenants)
            logger.error("tenant_left_out", work=what, tenant=tenant_id, **trail(fault))
            faults.append(fault)
    if faults:
        raise faults[0]
