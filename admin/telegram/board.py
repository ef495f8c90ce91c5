"""
Keeps the cards in all chats true.

Rule 1: what is due stands in the database; a ring only makes us look sooner. Whatever we forget by dying, the
        next look finds.
Rule 2: each chat has its own lane: one that is slow, blocked or never started does not stop the others.
Rule 3: while Telegram or the database is away, nothing is dropped; the lane waits, longer each time, and then
        shows what is true by then.
Rule 4: a chat that stays closed for a day is taken as told, or else it would fill the look for all others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from admin.telegram.faces import Faces
from admin.telegram.joined import Joined
from admin.telegram.keeper import Keeper
from admin.telegram.lane import Lane
from admin.telegram.post import Away, ChatClosed, Refused, next_pause
from admin.telegram.settings import Rhythm
from admin.telegram.shown import NEEDS_A_HUMAN, card_in, foreign_chats, is_urgent, lacking_drafts, unseen_notices
from admin.telegram.staff import Staff
from bot.approvals import Approvals
from bot.bell import Bell
from bot.conversation import ON_THE_WAY, Conversation, Notice
from bot.errors import NotFound, StaleConversation
from bot.stopping import end
from bot.store import Store

log = structlog.get_logger()

Job = Callable[[], Awaitable[None]]

# More conversations than this with open cards are more than people can decide; the look takes them in portions.
LOOK_AT_MOST = 1_000

# Where somebody who is not listed looks for news; more does not change between two looks.
RECENT_AT_MOST = 50

FORGIVEN_AFTER = timedelta(hours=24)


class Board:
    """The cards of one tenant in the chats of its approvers."""

    def __init__(
        self,
        keeper: Keeper,
        tenant_id: str,
        staff: Staff,
        listed: tuple[int, ...],
        joined: Joined,
        approvals: Approvals,
        store: Store,
        bell: Bell,
        faces: Faces,
        rhythm: Rhythm,
    ) -> None:
        self._keeper = keeper
        self._tenant_id = tenant_id
        self._staff = staff
        self._listed = listed
        self._joined = joined
        self._approvals = approvals
        self._store = store
        self._bell = bell
        self._faces = faces
        self._rhythm = rhythm
        self._lanes: dict[int, Lane] = {}
        self._since: dict[int, datetime] = {}
        self._serving: dict[int, asyncio.Task[None]] = {}
        self._refused: dict[tuple[int, str], int] = {}
        self._woken = asyncio.Event()

    def jobs(self) -> dict[str, Job]:
        """What must run side by side for as long as the bot does."""
        return {"rings": self._listen, "look": self._look_and_serve}

    def opened(self, chat_id: int) -> None:
        """A person wrote to us, so we may write to them."""
        if chat_id in self._lanes and self._lanes[chat_id].reopen():
            self._woken.set()

    def wake(self) -> None:
        self._woken.set()

    async def _listen(self) -> None:
        with self._bell.watching() as changes:
            async for tenant_id, _ in changes:
                if tenant_id == self._tenant_id:
                    self._woken.set()

    async def _look_and_serve(self) -> None:
        try:
            await self._look_forever()
        finally:
            await end(self._serving.values())
            self._serving.clear()
            self._lanes.clear()  # whoever begins again, begins with what is due by then

    async def _look_forever(self) -> None:
        pause = self._rhythm.first_pause_seconds
        while True:
            self._woken.clear()
            started, cost = _time(), 0.0
            try:
                await self._look()
                cost = _time() - started
                pause = self._rhythm.first_pause_seconds
            except (*self._store.unreachable, Away) as away:
                log.warning("telegram_look_waits", reason=type(away).__name__)
                await asyncio.sleep(pause)
                pause = next_pause(pause, self._rhythm.longest_pause_seconds)
            # Many open cards make a look dear: it never takes more than a tenth of the time.
            await self._sleep(max(self._rhythm.settle_seconds, 9 * cost))

    async def _sleep(self, settle_seconds: float) -> None:
        try:
            # Not `wait_for`: before Python 3.12 it can swallow a cancellation that comes together with the ring.
            async with asyncio.timeout(self._rhythm.sweep_seconds):
                await self._woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(settle_seconds)

    async def _look(self) -> None:
        """Hand every conversation that lacks something to the lanes that lack it."""
        chats = self._staff.deciders(self._tenant_id)
        await self._open_lanes(chats)
        due = await self._due(chats)
        for conversation in sorted(due, key=lambda c: c.updated_at or c.created_at):
            for draft, card in foreign_chats(conversation, chats):
                await self._keeper.close_foreign(conversation, draft, card)
            for chat_id, lane in self._lanes.items():
                if lane.is_closed:
                    await self._forgive(conversation, chat_id, is_crowded=len(due) >= LOOK_AT_MOST)
                elif self._lacks(conversation, chat_id):
                    lane.add(conversation.id, is_urgent=is_urgent(conversation, chat_id))

    async def _open_lanes(self, chats: tuple[int, ...]) -> None:
        """One lane for each chat that is there now."""
        for chat_id in [known for known in self._lanes if known not in chats]:
            del self._lanes[chat_id]
            await end([self._serving.pop(chat_id)])
        for chat_id in chats:
            if chat_id not in self._lanes:
                self._since[chat_id] = await self._joined.of(chat_id)
                self._lanes[chat_id] = Lane()
                name = f"telegram chat {chat_id}"
                self._serving[chat_id] = asyncio.create_task(
                    self._serve(chat_id, self._lanes[chat_id]), name=name
                )

    async def _due(self, chats: tuple[int, ...]) -> list[Conversation]:
        """
        Every conversation that may lack something.

        The heart marks what the listed chats lack, and every card that is out of date. What those who joined by
        binding themselves lack is looked for.
        """
        conversations = self._store.conversations
        due = await conversations.with_cards_due(self._tenant_id, LOOK_AT_MOST)
        if set(chats) <= set(self._listed):
            return due
        waiting = [status.value for status in NEEDS_A_HUMAN]
        due += await conversations.with_drafts(self._tenant_id, waiting, LOOK_AT_MOST)
        due += await conversations.recently_active(self._tenant_id, RECENT_AT_MOST)
        return list({conversation.id: conversation for conversation in due}.values())

    def _unseen(self, conversation: Conversation, chat_id: int) -> list[Notice]:
        """What this chat was not told yet; who joined by binding hears of what happens from then on."""
        unseen = unseen_notices(conversation, chat_id)
        return [notice for notice in unseen if notice.at >= self._since[chat_id]]

    def _lacks(self, conversation: Conversation, chat_id: int) -> bool:
        notices = [n for n in self._unseen(conversation, chat_id) if (chat_id, n.id) not in self._refused]
        return bool(notices) or any(
            self._refused.get((chat_id, draft.id)) != draft.rev for draft in lacking_drafts(conversation, chat_id)
        )

    async def _serve(self, chat_id: int, lane: Lane) -> None:
        """One lane: show, and wait when something is away."""
        pause = self._rhythm.first_pause_seconds
        while True:
            conversation_id = await lane.next()
            try:
                await self._show(chat_id, conversation_id)
                pause = self._rhythm.first_pause_seconds
                lane.has_answered()
                continue
            except ChatClosed:
                if lane.close(self._rhythm.closed_chat_seconds):
                    log.warning("telegram_chat_closed", chat=chat_id)
                continue
            except Away as away:
                wait = away.after_seconds or pause
                log.info("telegram_waits", chat=chat_id, seconds=wait)
            except (*self._store.unreachable, StaleConversation) as fault:
                wait = pause
                log.warning("telegram_card_waits", chat=chat_id, reason=type(fault).__name__)
            except Exception:  # the border of a lane: the cards of other conversations must go on
                wait = pause
                log.exception("telegram_card_failed", chat=chat_id, conversation=conversation_id)
            lane.add(conversation_id, is_urgent=False)
            await asyncio.sleep(wait)
            pause = next_pause(pause, self._rhythm.longest_pause_seconds)

    async def _show(self, chat_id: int, conversation_id: str) -> None:
        conversation = await self._store.conversations.read(self._tenant_id, conversation_id)
        if conversation is None:
            return
        try:
            for notice in self._unseen(conversation, chat_id):
                if (chat_id, notice.id) not in self._refused:
                    await self._try(chat_id, notice.id, 0, self._keeper.tell(chat_id, conversation, notice))
            for draft in lacking_drafts(conversation, chat_id):
                if self._refused.get((chat_id, draft.id)) != draft.rev:
                    showing = self._keeper.keep_true(chat_id, conversation_id, draft.id)
                    await self._try(chat_id, draft.id, draft.rev, showing)
        except NotFound:
            log.info("telegram_conversation_gone", conversation=conversation_id)

    async def _try(self, chat_id: int, name: str, rev: int, showing: Awaitable[None]) -> None:
        """What Telegram does not accept is our fault and stays so: say it once, and let the rest pass."""
        try:
            await showing
        except Refused as refused:
            self._refused[(chat_id, name)] = rev
            log.error("telegram_refused_our_message", chat=chat_id, what=name, rev=rev, reason=refused.summary)

    async def _forgive(self, conversation: Conversation, chat_id: int, *, is_crowded: bool) -> None:
        age = self._faces.now() - (conversation.updated_at or conversation.created_at)
        if age < FORGIVEN_AFTER and not is_crowded:
            return
        for notice in unseen_notices(conversation, chat_id):
            await self._approvals.notice_shown(self._tenant_id, conversation.id, notice.id, chat_id)
        for draft in lacking_drafts(conversation, chat_id):
            card = card_in(draft, chat_id)
            if card is not None and draft.status not in ON_THE_WAY:
                await self._approvals.card_shown(self._tenant_id, draft.id, chat_id, card.message_id, draft.rev)


def _time() -> float:
    return asyncio.get_running_loop().time()
