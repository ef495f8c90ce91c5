"""The room of actions, put together; other rooms register theirs afterwards."""

from typing import TYPE_CHECKING

from bot.actions.governed import Government
from bot.actions.room import Actions
from bot.actions.simple import Simple

if TYPE_CHECKING:
    from bot.rooms import Materials


def open_room(m: "Materials") -> Actions:
    """The room, with the actions that need nobody outside."""
    trust = m.trust
    actions = Actions(
        Government(
            store=m.store,
            policy=trust.policy,
            centre=trust.centre,
            grants=trust.grants,
            grant_rows=m.store.grants,
            runs=trust.runs,
            audit=trust.audit,
            alerts=trust.alerts,
        ),
        m.new_id,
    )
    for action in Simple(m.notebook, m.approvals, trust.audit, trust.alerts, m.playbooks.policies_of).actions():
        actions.register(action)
    return actions
