"""
The promises, each as one small pure function over a history: how many cases it looked at, and which broke it.

Rule 1: a check reads records only; it asks nobody and knows no code of the product but the drawing of the deal.
Rule 2: every check is shown a history that breaks it, in `tests/chaos`, so that none can pass by looking away.
"""

from collections.abc import Callable, Mapping

from bench.chaos.checks.doubt import doubt
from bench.chaos.checks.evidence import chain, forged, recovery, tenants
from bench.chaos.checks.inbound import dedupe, forgotten, lost, receipts
from bench.chaos.checks.outbound import order, quiet_hours, repeated
from bench.chaos.checks.permission import after_stop, stages, stop_lost, unapproved
from bench.chaos.checks.seen import Count, Evidence, Seen
from bench.chaos.history import History

CHECKS: Mapping[str, Callable[[History, Seen], Count]] = {
    check.__name__: check
    for check in (
        lost,
        forgotten,
        repeated,
        doubt,
        dedupe,
        receipts,
        order,
        stages,
        unapproved,
        after_stop,
        stop_lost,
        quiet_hours,
        tenants,
        forged,
        chain,
        recovery,
    )
}


def judge(history: History) -> list[Count]:
    """Every promise, counted."""
    seen = Seen(history)
    return [check(history, seen) for check in CHECKS.values()]


__all__ = ["CHECKS", "Count", "Evidence", "Seen", "judge"]
