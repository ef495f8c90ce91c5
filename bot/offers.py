"""
What is offered, paid for and begun, put together: proposals, payments, customer records, first steps, pilots.

Each of them is an action that rules or people ask for, and a room that people look into.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.actions.action import Watcher
from bot.actions.room import Actions
from bot.crm.forgetting import LOOK_EVERY_SECONDS as FORGETTING_EVERY_SECONDS
from bot.crm.forgetting import Forgetting
from bot.crm.opening import open_room as open_crm
from bot.deals.room import Deals
from bot.onboarding.opening import open_room as open_onboarding
from bot.onboarding.room import OnboardingRoom
from bot.payments.opening import PaymentsRoom
from bot.payments.opening import open_room as open_payments
from bot.pilots.opening import open_room as open_pilots
from bot.pilots.room import LOOK_EVERY_SECONDS as PILOTS_EVERY_SECONDS
from bot.pilots.room import Pilots
from bot.proposals.opening import open_room as open_proposals
from bot.proposals.room import Proposals
from bot.trust import Job

if TYPE_CHECKING:
    from bot.rooms import Materials


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """The rooms."""

    proposals: Proposals
    money: PaymentsRoom
    onboarding: OnboardingRoom
    pilots: Pilots
    forgetting: Forgetting
    now: Callable[[], datetime]

    def jobs(self) -> Sequence[Job]:
        """What they do by themselves."""
        return (
            Job("pilot_reports", PILOTS_EVERY_SECONDS, self.pilots.look),
            Job("crm_forgetting", FORGETTING_EVERY_SECONDS, self.forgetting.look),
        )


def open_offers(m: "Materials", actions: Actions, deals: Deals, watcher: Watcher | None = None) -> Offers:
    """Open them, and make their five actions known."""
    return Offers(
        forgetting=open_crm(m, actions, deals, watcher),
        proposals=open_proposals(m, actions, deals),
        money=open_payments(m, actions, watcher),
        onboarding=open_onboarding(m, actions),
        pilots=open_pilots(m, actions),
        now=m.now,
    )
