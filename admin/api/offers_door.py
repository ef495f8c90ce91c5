"""
The doors that a contact opens from a message, without a name: a proposal, the way to pay.

Rule 1: an address opens exactly what it was signed for, until its day; anything else looks like nothing.
Rule 2: nothing is changed by opening: apps that look ahead at links open them too.
"""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from admin.api.proposals import PDF, pdf
from bot.payments.room import Payments
from bot.proposals.room import Proposals


def router(proposals: Proposals, payments: Payments) -> APIRouter:
    """Both doors; they stand beside `/api` because no caller is asked for."""
    routes = APIRouter(prefix="/offers", tags=["offers"])

    @routes.get("/{token}", response_class=Response, responses=PDF)
    async def offer(token: str) -> Response:
        """The PDF of a proposal."""
        found, content = await proposals.opened(token)
        return pdf(content, f"proposal-{found.number}")

    @routes.get("/pay/{token}", status_code=303, response_class=RedirectResponse)
    async def pay(token: str) -> Response:
        """On to the page of the payment provider."""
        url = await payments.opened(token)
        return RedirectResponse(url, 303, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"})

    return routes
