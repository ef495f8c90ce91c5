"""
What the buttons of a draft's card do, for whoever sits before the page.

Rule 1: nothing here decides whether it is allowed: the role is asked first, then the heart, on the state at that
        moment.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from admin.console.place import DECIDES, Place
from bot.cards import Action, Card


class DraftDeeds:
    """The deeds of one visitor of one page."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def act(self, card: Card, action: Action) -> bool:
        """What needs no further question."""
        approvals, tenant_id, visitor = self._place.house.approvals, self._place.tenant_id, self._place.visitor
        match action:
            case Action.APPROVE:
                return await self._approve(card)
            case Action.TAKE_OVER:
                return await self._do(
                    lambda: approvals.take_over(tenant_id, card.conversation_id, visitor), "ok_taken_over"
                )
            case Action.HAND_BACK:
                return await self._do(
                    lambda: approvals.hand_back(tenant_id, card.conversation_id, visitor), "ok_handed_back"
                )
            case Action.ARRIVED:
                return await self._do(lambda: approvals.arrived(tenant_id, card.draft_id, visitor), "ok_resolved")
            case Action.SEND_AGAIN:
                return await self._do(
                    lambda: approvals.send_again(tenant_id, card.draft_id, visitor), "ok_resolved"
                )
            case Action.VERIFY_PAYMENT:
                return await self._payment(card)
        raise ValueError(f"{action} opens a question first")

    async def save(self, card: Card, text: str) -> bool:
        """Replace the wording; it still waits for a yes."""
        approvals = self._place.house.approvals
        return await self._do(
            lambda: approvals.edit(
                self._place.tenant_id, card.draft_id, card.text_version, self._place.visitor, text
            ),
            "ok_edited",
        )

    async def reject(self, card: Card, reason: str) -> bool:
        place, approvals, centre = self._place, self._place.house.approvals, self._place.house.trust.centre
        if not place.role:
            return await self._do(
                lambda: approvals.reject(place.tenant_id, card.draft_id, place.visitor, reason), "ok_rejected"
            )
        return await self._decide(
            lambda: centre.reject(
                place.tenant_id, card.draft_id, card.text_version, place.visitor, tuple(place.roles), reason
            ),
            "ok_rejected",
        )

    async def _approve(self, card: Card) -> bool:
        place, approvals, centre = self._place, self._place.house.approvals, self._place.house.trust.centre
        if not place.role:
            return await self._do(
                lambda: approvals.approve(place.tenant_id, card.draft_id, card.text_version, place.visitor),
                "ok_approved",
            )
        return await self._decide(
            lambda: centre.approve(
                place.tenant_id, card.draft_id, card.text_version, place.visitor, tuple(place.roles)
            ),
            "ok_approved",
        )

    async def snooze(self, card: Card, minutes: int) -> bool:
        approvals = self._place.house.approvals
        return await self._do(
            lambda: approvals.snooze(self._place.tenant_id, card.draft_id, self._place.visitor, minutes),
            "ok_snoozed",
        )

    async def _payment(self, card: Card) -> bool:
        visitor = self._place.visitor
        evidence = f"{visitor.name} saw the money; said so on the {self._place.leaf} page, draft {card.draft_id}"
        approvals = self._place.house.approvals
        return await self._do(
            lambda: approvals.system_event(
                self._place.tenant_id, card.conversation_id, "payment_verified", visitor, evidence
            ),
            "ok_recorded",
        )

    async def _decide(self, deed: Callable[[], Awaitable[Any]], done: str) -> bool:
        """The centre asks for the role itself, because somebody may have lent it."""

        async def asked() -> None:
            self._place.require()
            await deed()

        return await self._place.act(asked(), done)

    async def _do(self, deed: Callable[[], Awaitable[Any]], done: str) -> bool:
        async def asked() -> None:
            if self._place.role:  # on the simulator everybody is Sami
                self._place.require(*DECIDES)
            await deed()

        return await self._place.act(asked(), done)
