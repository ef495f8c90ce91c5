"""Opens the room of payments, its door for providers, and makes its action known."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.actions.action import Watcher
from bot.actions.room import Actions
from bot.leaving import Leaving
from bot.payments.flow import PaymentWork
from bot.payments.hearing import PaymentDoor
from bot.payments.room import Payments
from bot.payments.settling import Settling
from bot.proposals.opening import links_of

if TYPE_CHECKING:
    from bot.rooms import Materials


@dataclass(frozen=True, slots=True)
class PaymentsRoom:
    """The room, and the door that providers knock at."""

    payments: Payments
    door: PaymentDoor


def open_room(m: "Materials", actions: Actions, watcher: Watcher | None = None) -> PaymentsRoom:
    """`watcher` hears how calls to the provider went."""
    room = Payments(
        rows=m.store.payments,
        proposals=m.store.proposals,
        store=m.store,
        tenants=m.tenants,
        desks=m.reach.payments,
        links=links_of(m),
        actions=actions,
        alerts=m.trust.alerts,
        audit=m.trust.audit,
        now=m.now,
        new_id=m.new_id,
    )
    leaving = Leaving(m.store, m.approvals, m.trust.grants, m.store.grants)
    actions.register(PaymentWork(room, m.trust.centre, leaving, m.tenants, watcher).action())
    actions.when_moved(Settling(m.store.payments, room, m.store).look)
    door = PaymentDoor(
        rows=m.store.payments,
        room=room,
        store=m.store,
        desks=m.reach.payments,
        approvals=m.approvals,
        alerts=m.trust.alerts,
        now=m.now,
    )
    return PaymentsRoom(room, door)
