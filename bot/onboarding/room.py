"""
The room of first steps: open the list of a customer, tick, look.

Rule 1: only a deal whose pilot runs, or that is won, has customers to welcome.
Rule 2: a list of another tenant does not exist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.actions.action import Action
from bot.actions.governed import BY_DEALIX
from bot.actions.outcome import ended
from bot.audit import Audit
from bot.errors import BadRequest, NotAllowed, NotFound
from bot.onboarding.checklist import Checklist, ChecklistRows, Item
from bot.people import NOBODY, Human
from bot.runs.flow import Flow, Next, Step, Turn
from bot.store import Store
from rules.policies import Policies

NAME = "onboard_customer"
CUSTOMERS = ("pilot_active", "closed_won")
LISTED_AT_MOST = 200
MAX_RACES = 20


class NoCustomer(NotAllowed):
    """A deal that is not that far."""

    code, status = "not_a_customer", 409

    def __init__(self, stage: str) -> None:
        super().__init__(
            f"this deal is at {stage}: the first steps begin with a pilot or a won deal",
            "لم تصل هذه الصفقة إلى التجربة أو الفوز؛ تبدأ الخطوات الأولى بعد ذلك",
        )


@dataclass(frozen=True, slots=True)
class OnboardingRoom:
    """What the API and the action ask."""

    rows: ChecklistRows
    store: Store
    audit: Audit
    policies_of: Callable[[str], Policies]
    now: Callable[[], datetime]

    async def open(self, tenant_id: str, conversation_id: str, by: Human) -> Checklist:
        """Open the list of a customer, or answer the open one. Raises NotFound, NoCustomer, BadRequest."""
        known = await self.rows.read(tenant_id, conversation_id)
        if known is not None:
            return known
        found = await self.store.conversations.read(tenant_id, conversation_id)
        if found is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        if found.stage not in CUSTOMERS:
            raise NoCustomer(found.stage)
        items, now = self.policies_of(tenant_id).onboarding.items, self.now()
        if not items:
            raise BadRequest(
                "the rules have no first steps: add items to policies/onboarding.yml",
                "لا توجد خطوات أولى في القواعد: أضفها في policies/onboarding.yml",
            )
        made = Checklist(
            tenant_id,
            conversation_id,
            tuple(
                Item(one.id, one.title_ar, one.title_en, one.role, now + timedelta(days=one.due_days))
                for one in items
            ),
            by,
            now,
        )
        if await self.rows.add(made):
            await self.audit.note(
                tenant_id, "onboarding_opened", by, conversation_id=conversation_id, items=len(made.items)
            )
            return made
        return await self.get(tenant_id, conversation_id)

    async def get(self, tenant_id: str, conversation_id: str) -> Checklist:
        """Raises NotFound."""
        found = await self.rows.read(tenant_id, conversation_id)
        if found is None:
            raise NotFound(
                f"there is no list of first steps for {conversation_id}", "لا توجد قائمة خطوات أولى لهذا العميل"
            )
        return found

    async def list(self, tenant_id: str, limit: int = 50) -> Sequence[Checklist]:
        """Newest first."""
        return await self.rows.latest(tenant_id, min(limit, LISTED_AT_MOST))

    async def tick(
        self, tenant_id: str, conversation_id: str, item_id: str, by: Human, *, is_done: bool
    ) -> Checklist:
        """Say that an item is done, or not after all; saying it again changes nothing. Raises NotFound."""
        for _ in range(MAX_RACES):
            found = await self.get(tenant_id, conversation_id)
            item = next((one for one in found.items if one.id == item_id), None)
            if item is None:
                raise NotFound(f"this list has no item {item_id[:60]!r}", "لا يوجد بند بهذا المعرّف في القائمة")
            if item.is_done == is_done:
                return found
            ticked = replace(item, done_by=by if is_done else NOBODY, done_at=self.now() if is_done else None)
            items = tuple(ticked if one.id == item_id else one for one in found.items)
            changed = replace(found, items=items)
            if await self.rows.write(changed):
                what = "onboarding_item_done" if is_done else "onboarding_item_undone"
                await self.audit.note(tenant_id, what, by, conversation_id=conversation_id, item=item_id)
                return replace(changed, v=changed.v + 1)
        raise BadRequest("somebody changes this list all the time", "تتغير هذه القائمة باستمرار؛ أعد المحاولة")

    def action(self) -> Action:
        """What the room of actions does under this name."""
        step = Step("open", self._opened, title_en="Open the list", title_ar="فتح القائمة")
        flow = Flow(NAME, 1, (step,), title_en="Open the first steps", title_ar="فتح قائمة الخطوات الأولى")
        return Action(NAME, flow, reaches_contact=False)

    async def _opened(self, turn: Turn) -> Next:
        by = turn.by if turn.by.id else BY_DEALIX
        try:
            made = await self.open(turn.tenant_id, turn.state["conversation_id"], by)
        except NotAllowed as refused:  # not there, not that far, nothing to do: outcomes, in words
            return ended("failed", refused.message_en, refused.message_ar, code=refused.code)
        return ended("done", checklist=made.conversation_id, items=len(made.items))


def fields_of(checklist: Checklist, now: datetime) -> dict[str, Any]:
    """A list as the API shows it; what is overdue has negative seconds left."""
    return {
        "conversation_id": checklist.conversation_id,
        "opened_at": checklist.opened_at,
        "opened_by": checklist.opened_by.name,
        "done": checklist.done,
        "total": len(checklist.items),
        "v": checklist.v,
        "items": [
            {
                "id": item.id,
                "title_ar": item.title_ar,
                "title_en": item.title_en,
                "role": item.role,
                "due_at": item.due_at,
                "seconds_left": None if item.is_done else int((item.due_at - now).total_seconds()),
                "is_done": item.is_done,
                "done_by": item.done_by.name,
                "done_at": item.done_at,
            }
            for item in checklist.items
        ],
    }
