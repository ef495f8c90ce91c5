"""What a human can ask and switch beside single drafts: find and see contacts, read the brief, pause the bot."""

from datetime import datetime, timedelta

from bot.approvals import Human
from bot.cards import Brief, Card, ContactView, card_of, oldest_first
from bot.conversation import Conversation, Status
from bot.errors import NotFound
from bot.notebook import Notebook
from bot.phones import mask
from bot.postures import PostureCache
from bot.store import Posture

# A search that matches more people than a phone screen shows should be narrowed, not scrolled.
FOUND_AT_MOST = 10

# The brief counts one day unless it is asked for another window.
BRIEF_WINDOW = timedelta(hours=24)


class Desk:
    """The same answers for Telegram and the console."""

    def __init__(self, notebook: Notebook, postures: PostureCache | None = None) -> None:
        """`postures`: this process's memory of the switches, told at once when one is turned."""
        self._notebook = notebook
        self._postures = postures
        self._store = notebook.store

    async def find(self, tenant_id: str, text: str) -> list[ContactView]:
        """By a part of the name or of the phone; at most FOUND_AT_MOST, latest first."""
        found = await self._store.conversations.search(tenant_id, text, FOUND_AT_MOST)
        return [self._view(c) for c in found]

    async def recent(self, tenant_id: str, limit: int = FOUND_AT_MOST) -> list[ContactView]:
        return [self._view(c) for c in await self._store.conversations.recently_active(tenant_id, limit)]

    async def contact(self, tenant_id: str, conversation_id: str) -> ContactView:
        """One contact. Raises NotFound."""
        conversation = await self._store.conversations.read(tenant_id, conversation_id)
        if conversation is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        return self._view(conversation)

    async def posture(self, tenant_id: str) -> Posture:
        """How freely the bot answers now."""
        stored = await self._store.postures.read(tenant_id)
        return stored or Posture(self._notebook.tenants[tenant_id].autonomy)

    async def pause(self, tenant_id: str, by: Human) -> Posture:
        """From now on every automatic reply waits for a human."""
        now = await self.posture(tenant_id)
        paused = Posture(now.autonomy, paused_by=by.name, paused_at=self._notebook.now())
        return await self._switch(tenant_id, paused)

    async def resume(self, tenant_id: str) -> Posture:
        """Let the bot answer again as the tenant settled it."""
        return await self._switch(tenant_id, Posture((await self.posture(tenant_id)).autonomy))

    async def _switch(self, tenant_id: str, posture: Posture) -> Posture:
        await self._store.postures.write(tenant_id, posture)
        if self._postures is not None:
            await self._postures.switched(tenant_id)
        return posture

    async def brief(self, tenant_id: str) -> Brief:
        """What waits now, and what happened in the last BRIEF_WINDOW."""
        now = self._notebook.now()
        since = now - BRIEF_WINDOW
        statuses = (Status.HELD.value, Status.UNKNOWN.value)
        holding = await self._store.conversations.with_drafts(tenant_id, statuses, limit=1_000)
        cards = [card_of(c, d) for c in holding for d in c.outbox if d.status in statuses]
        held = oldest_first([card for card in cards if card.status is Status.HELD])
        stages = await self._store.conversations.count_by_stage(tenant_id)

        async def count(what: str) -> int:
            return await self._store.timeline.count(tenant_id, what, since, now)

        return Brief(
            as_of=now,
            since=since,
            waiting=len(held),
            overdue=sum(1 for card in held if _is_overdue(card, now)),
            in_doubt=len(cards) - len(held),
            inbound=await count("message_received"),
            answered_by_bot=await count("reply_queued_by_bot"),
            approved=await count("draft_approved"),
            opted_out=await count("opted_out"),
            by_stage=tuple(sorted(stages.items())),
            is_paused=(await self.posture(tenant_id)).is_paused,
            oldest_waiting=held[0] if held else None,
        )

    def _view(self, conversation: Conversation) -> ContactView:
        pace = self._notebook.tenants[conversation.tenant_id].pace
        opened = conversation.windows.get(conversation.channel)
        return ContactView(
            conversation_id=conversation.id,
            name=conversation.name,
            phone_masked=mask(conversation.phone) if conversation.phone else "",
            stage=conversation.stage,
            mode=conversation.mode,
            human_until=conversation.human_until,
            human_reason=conversation.human_reason,
            is_suppressed=conversation.is_suppressed,
            sends_paused=conversation.sends_paused,
            language=conversation.language,
            channel=conversation.channel,
            slots=tuple((name, slot.value) for name, slot in conversation.slots.items()),
            last_lines=tuple(conversation.recent),
            drafts=tuple(card_of(conversation, d) for d in conversation.outbox),
            window_ends_at=opened + pace.window if opened else None,
            updated_at=conversation.updated_at,
        )


def _is_overdue(card: Card, now: datetime) -> bool:
    return card.due_at is not None and card.due_at <= now
