"""Makes the writing to customer records known as an action."""

from typing import TYPE_CHECKING

from bot.actions.action import Watcher
from bot.actions.room import Actions
from bot.crm.flow import CrmWork, Terms

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(
    m: "Materials", actions: Actions, terms: Terms | None = None, watcher: Watcher | None = None
) -> CrmWork:
    """The work, registered."""
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
    return work
