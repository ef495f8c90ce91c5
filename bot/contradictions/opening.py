"""Puts the register of contradictions together."""

from typing import TYPE_CHECKING

from bot.contradictions.room import Contradictions
from bot.contradictions.scan import Remembers, Scanner
from bot.metrics.dictionary import METRICS

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials", memory: Remembers) -> Contradictions:
    """The registers of one installation."""
    scanner = Scanner(
        rows=m.store.contradictions,
        contacts=m.store.contradiction_contacts,
        store=m.store,
        playbooks=m.playbooks,
        tenants=m.tenants,
        metrics=METRICS.values,
        memory=memory,
        now=m.now,
    )
    return Contradictions(
        rows=m.store.contradictions,
        scanner=scanner,
        tenants=list(m.tenants),
        rules_version=lambda tenant_id: f"{m.playbooks.today}:{m.playbooks.of(tenant_id).version}",
        audit=m.trust.audit,
        alerts=m.trust.alerts,
        unreachable=m.store.unreachable,
        now=m.now,
        new_id=m.new_id,
    )
