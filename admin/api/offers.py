"""The routes about what is offered, paid for and begun, in one list."""

from collections.abc import Sequence

from fastapi import APIRouter

from admin.api import offers_door, onboarding, payments, proposals
from bot.offers import Offers
from bot.web.caller import Callers


def routers(offers: Offers, callers: Callers) -> Sequence[APIRouter]:
    """Under `/api/v1`, and the two doors that contacts and providers use."""
    return (
        proposals.router(offers.proposals, callers),
        payments.router(offers.money.payments, callers),
        payments.door(offers.money.door),
        onboarding.router(offers.onboarding, offers.now, callers),
        onboarding.reports(offers.pilots, callers),
        offers_door.router(offers.proposals, offers.money.payments),
    )
