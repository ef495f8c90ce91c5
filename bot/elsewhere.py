"""
Waits for what other processes do with a conversation, for a caller who needs the outcome.

In one process the worker is asked directly (`Worker.look_now`); where worker or sender are processes of their
own, they are rung, and the stored conversation tells when they are done.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Protocol

from bot.bell import Bell, Name
from bot.conversation import Conversation, Status
from bot.errors import DealixError
from bot.notebook import Notebook
from bot.roles import Duty
from bot.timers import next_turn

# A provider call takes at most 20 s; whoever waits longer asks again, and finds what became of it.
WAIT_SECONDS = 25.0

# A change that is not heard of is found by looking.
LOOK_EVERY_SECONDS = 0.25


class Hands(Protocol):
    """Whatever handles a conversation now."""

    async def look_now(self, tenant_id: str, conversation_id: str) -> None:
        """Have a conversation handled and wait until that is done."""


class NotHandledYet(DealixError):
    """What was handed in is stored, and nobody has come to it in time."""

    code, status = "not_handled_yet", 503
    details = {"retry_after_seconds": 5}  # noqa: RUF012 (read only, like its neighbours)


class Elsewhere:
    """The hands of other processes."""

    def __init__(self, notebook: Notebook, bell: Bell, now: Callable[[], datetime]) -> None:
        self._notebook = notebook
        self._bell = bell
        self._now = now

    async def look_now(self, tenant_id: str, conversation_id: str) -> None:
        """Ring whoever's turn it is until nothing is left to do now. Raises NotHandledYet."""
        name = (tenant_id, conversation_id)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                with self._bell.watching() as changes:
                    while await self._is_in_hand(name):
                        await _something(changes, name)
        except TimeoutError as late:
            raise NotHandledYet(
                "this is recorded, and no worker or sender has come to it yet; see whether they run "
                "(dealix up --role worker --role sender), and ask again with the same event_id",
                "سُجّل الطلب ولم تعالجه أي عملية بعد؛ تأكد من تشغيل أدوار worker وsender "
                "ثم أعد الطلب بنفس event_id",
            ) from late

    async def _is_in_hand(self, name: Name) -> bool:
        conversation = await self._notebook.store.conversations.read(*name)
        if conversation is None:
            return False
        turn = next_turn(conversation, self._notebook.tenants[conversation.tenant_id].pace)
        if turn is not None and turn[0] <= self._now() and turn[1] is not Duty.TIMERS:
            self._bell.ring(*name, duty=turn[1])
            return True
        return bool(conversation.mailbox) or _is_leaving(conversation)


def _is_leaving(conversation: Conversation) -> bool:
    return any(draft.status is Status.SENDING for draft in conversation.outbox)


async def _something(changes: AsyncIterator[Name], name: Name) -> None:
    """Until this conversation changed, or a moment has passed."""
    try:
        async with asyncio.timeout(LOOK_EVERY_SECONDS):
            async for changed in changes:
                if changed == name:
                    return
    except TimeoutError:
        return
