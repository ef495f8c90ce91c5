"""Makes the writing to customer records known as an action, and the forgetting there as work of the house."""

from typing import TYPE_CHECKING

from bot.actions.action import Watcher
from bot.actions.room import Actions
from bot.crm.flow import CrmWork, Terms
from bot.crm.forgetting import Forgetting

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(
    m: "Materials", actions: Actions, terms: Terms | None = None, watcher: Watcher | None = None
) -> Forgetting:
    """Both registered; answers the second, which has a look of its own."""
    work = CrmWork(
        store=m.store,
        rows=m.store.crm_links,
        desks=m.reach.crm,
        consents=m.trust.privacy.consents,
        terms=terms,
        alerts=m.trust.alerts,
        runs=actions.runs,
        watcher=watcher,
        now=m.now,
    )
    actions.register(work.action())
    forgetting = Forgetting(
        rows=m.store.crm_links,
        desks=m.reach.crm,
        runs=actions.runs,
        tenants=tuple(m.tenants),
        alerts=m.trust.alerts,
        audit=m.trust.audit,
        watcher=watcher,
        unreachable=m.store.unreachable,
        now=m.now,
    )
    actions.runs.register(forgetting.flow())
    return forgetting
