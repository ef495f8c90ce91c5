"""
Makes one card in one chat show the truth, and rings when a waiting one must be heard.

Rule 1: whoever shows a card holds the chat's lock and draws what is stored at that moment, so an older state
        never overwrites a newer one.
Rule 2: first Telegram, then the note that it was shown. A crash between the two shows a card twice; its buttons
        are harmless, and a tap on either makes that one the card.
Rule 3: a ring is noted after it rang; a crash between the two rings twice.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import structlog

from admin.telegram.faces import Face, Faces
from admin.telegram.post import Away, ChatClosed, MessageGone, Post, Refused
from admin.telegram.shown import NEEDS_A_HUMAN, card_in, lacks_card, predecessor_card, snooze_ended
from bot.approvals import Approvals
from bot.cards import card_of
from bot.conversation import Conversation, Draft, Notice, ShownCard, Status
from bot.store import Store

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Told:
    """What a chat was last made to hear about a waiting draft."""

    level: int = 0
    snoozed_until: datetime | None = None


class Keeper:
    """All chats of one tenant."""

    def __init__(self, post: Post, tenant_id: str, approvals: Approvals, store: Store, faces: Faces) -> None:
        self._post = post
        self._tenant_id = tenant_id
        self._approvals = approvals
        self._store = store
        self._faces = faces
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def keep_true(self, chat_id: int, conversation_id: str, draft_id: str) -> None:
        """Show a draft as it is now, if this chat does not. Raises Away, ChatClosed, Refused."""
        await self._post.turn(chat_id)
        async with self._locks[chat_id]:
            conversation = await self._store.conversations.read(self._tenant_id, conversation_id)
            draft = conversation.draft(draft_id) if conversation else None
            if conversation is None or draft is None or not lacks_card(draft, chat_id):
                return
            shown = card_in(draft, chat_id)
            if shown is None:
                await self._send_card(chat_id, conversation, draft)
            else:
                await self._correct(chat_id, conversation, draft, shown)

    async def tell(self, chat_id: int, conversation: Conversation, notice: Notice) -> None:
        """Show a notice once. Raises Away, ChatClosed, Refused."""
        await self._post.turn(chat_id)
        async with self._locks[chat_id]:
            face = await self._faces.of_notice(notice, conversation, chat_id)
            await self._post.send(chat_id, face.text, face.keyboard)
            await self._approvals.notice_shown(self._tenant_id, conversation.id, notice.id, chat_id)

    async def refresh(self, chat_id: int, message_id: int, draft_id: str) -> None:
        """Somebody looks at this message now: make it the card of the draft, and make it true."""
        async with self._locks[chat_id]:
            conversation = await self._store.conversations.by_draft(self._tenant_id, draft_id)
            draft = conversation.draft(draft_id) if conversation else None
            try:
                if conversation is None or draft is None:
                    await self._post.edit(
                        chat_id, message_id, await self._faces.sentence(chat_id, "card_unknown"), None
                    )
                    return
                shown = await self._adopt(chat_id, message_id, draft)
                await self._correct(chat_id, conversation, draft, shown)
            except (Away, ChatClosed, MessageGone, Refused) as failed:
                log.info("telegram_card_waits", chat=chat_id, draft=draft_id, reason=type(failed).__name__)

    async def bring_down(self, chat_id: int, draft_id: str) -> bool:
        """Send the card of a draft anew, below everything else; False when Telegram would not."""
        await self._post.turn(chat_id)
        async with self._locks[chat_id]:
            conversation = await self._store.conversations.by_draft(self._tenant_id, draft_id)
            draft = conversation.draft(draft_id) if conversation else None
            if conversation is None or draft is None:
                return False
            before = card_in(draft, chat_id)
            try:
                await self._send_card(chat_id, conversation, draft)
                if before is not None:
                    await self._post.set_keyboard(chat_id, before.message_id, None)
            except (Away, ChatClosed, MessageGone, Refused) as failed:
                log.info("telegram_card_waits", chat=chat_id, draft=draft_id, reason=type(failed).__name__)
                return card_in(draft, chat_id) is not before
            return True

    async def close_foreign(self, conversation: Conversation, draft: Draft, card: ShownCard) -> None:
        """Take the contents from a card of somebody who may no longer decide. Raises Away."""
        text = await self._faces.sentence(card.chat_id, "card_closed")
        try:
            await self._post.edit(card.chat_id, card.message_id, text, None)
        except (ChatClosed, MessageGone, Refused) as failed:
            log.info("telegram_foreign_card_left", draft=draft.id, reason=type(failed).__name__)
        await self._approvals.card_shown(self._tenant_id, draft.id, card.chat_id, card.message_id, draft.rev)

    async def card_message(self, chat_id: int, draft_id: str) -> int | None:
        """Where the card of a draft lies in a chat."""
        conversation = await self._store.conversations.by_draft(self._tenant_id, draft_id)
        draft = conversation.draft(draft_id) if conversation else None
        shown = card_in(draft, chat_id) if draft else None
        return shown.message_id if shown else None

    async def _adopt(self, chat_id: int, message_id: int, draft: Draft) -> ShownCard:
        """The message that was tapped becomes the card, so that two cards of one draft cannot both be live."""
        shown = card_in(draft, chat_id)
        if shown is not None and shown.message_id == message_id:
            return shown
        await self._approvals.card_shown(self._tenant_id, draft.id, chat_id, message_id, 0)
        if shown is not None:
            try:
                await self._post.set_keyboard(chat_id, shown.message_id, None)
            except MessageGone:
                log.info("telegram_second_card_gone", chat=chat_id, draft=draft.id)
        return ShownCard(chat_id, message_id, 0)

    async def _send_card(self, chat_id: int, conversation: Conversation, draft: Draft) -> None:
        face = await self._faces.of_card(card_of(conversation, draft), chat_id)
        replaces = predecessor_card(conversation, draft, chat_id)
        reply_to = replaces.message_id if replaces else None
        message_id = await self._post.send(chat_id, face.text, face.keyboard, reply_to=reply_to)
        await self._note(draft, chat_id, await self._told(draft.id, chat_id))  # a new message has rung already
        await self._record(draft, chat_id, message_id)

    async def _correct(self, chat_id: int, conversation: Conversation, draft: Draft, shown: ShownCard) -> None:
        face = await self._faces.of_card(card_of(conversation, draft), chat_id)
        try:
            await self._post.edit(chat_id, shown.message_id, face.text, face.keyboard)
        except MessageGone:
            if draft.status in NEEDS_A_HUMAN and not draft.superseded_by:
                await self._send_card(chat_id, conversation, draft)
                return
        else:
            await self._ring(draft, chat_id, shown.message_id)
        await self._record(draft, chat_id, shown.message_id)

    async def _record(self, draft: Draft, chat_id: int, message_id: int) -> None:
        await self._approvals.card_shown(self._tenant_id, draft.id, chat_id, message_id, draft.rev)
        draft.show(chat_id, message_id, draft.rev)

    async def _ring(self, draft: Draft, chat_id: int, message_id: int) -> None:
        """An edit makes no sound; a waiting draft that became urgent, or came back, does."""
        if draft.status is not Status.HELD:
            return
        told = await self._told(draft.id, chat_id)
        face: Face | None = None
        if snooze_ended(draft, told.snoozed_until, self._faces.now()):
            face = await self._faces.of_snooze_end(chat_id)
        elif draft.alerted_level > told.level and draft.snoozed_until is None:
            face = await self._faces.of_ring(draft, chat_id)
        if face is not None:
            await self._post.turn(chat_id)
            await self._post.send(chat_id, face.text, reply_to=message_id)
        await self._note(draft, chat_id, told)

    async def _told(self, draft_id: str, chat_id: int) -> Told:
        kept = await self._store.marks.read(_told_name(draft_id, chat_id))
        return Told(kept["level"], kept["snoozed_until"]) if kept else Told()

    async def _note(self, draft: Draft, chat_id: int, before: Told) -> None:
        told = Told(draft.alerted_level, draft.snoozed_until)
        if told != before:
            value = {"level": told.level, "snoozed_until": told.snoozed_until}
            await self._store.marks.write(_told_name(draft.id, chat_id), value)


def _told_name(draft_id: str, chat_id: int) -> str:
    return f"telegram_told:{draft_id}:{chat_id}"
