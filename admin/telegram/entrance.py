"""
Where an update comes in: whose it is, for which tenant, and whether it is anybody's business here.

Rule 1: nobody else learns anything, not even that this is an approval bot. A tap must be answered, or Telegram
        keeps the button spinning: it is answered with a sentence that says nothing.
Rule 2: a tap belongs to the tenant of its card, a reply to the tenant that asked, a command to the tenant that
        the person chose last. None is taken to a tenant that the person does not belong to: another's button is
        looked up among one's own things and is not found, like one that never existed.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from aiogram import Bot
from aiogram.types import CallbackQuery, Message, Update
from aiogram.types import User as Person

from admin.telegram.current import Current
from admin.telegram.paper import parted
from admin.telegram.post import Post
from admin.telegram.rooms import Rooms
from admin.telegram.sentences import say
from admin.telegram.staff import Member, Staff
from admin.telegram.staff_room import StaffRoom

log = structlog.get_logger()


class Entrance:
    """One door for all tenants."""

    def __init__(
        self, bot: Bot, post: Post, staff: Staff, rooms: Mapping[str, Rooms], current: Current, own: StaffRoom
    ) -> None:
        self._bot = bot
        self._post = post
        self._staff = staff
        self._rooms = rooms
        self._current = current
        self._own = own

    async def take(self, update: Update) -> Any:
        """Deal with one update."""
        event = update.callback_query or update.message or update.edited_message
        person = event.from_user if event else None
        if event is None or person is None:
            return None
        members = await self._staff.member_of(person)
        if not _is_private(event, person):
            return await self._refuse(update, is_known=bool(members))
        if not members:
            if update.message is not None and await self._own.let_in(update.message, person):
                return None
            if self._staff.is_shown_things(person.id):
                await (
                    self._staff.look()
                )  # shut out since the last look: whoever tries is shown nothing more at once
            return await self._refuse(update, is_known=False)
        for member in members:
            self._rooms[member.tenant_id].opened(member.chat_id)
        if await self._own.take(update, members):
            return None
        member = await self._meant(update, members)
        return await self._rooms[member.tenant_id].take(self._bot, _bare(update), member)

    async def _refuse(self, update: Update, *, is_known: bool) -> None:
        if update.callback_query is not None:
            key = "only_private" if is_known else "not_for_you"
            await self._post.popup(update.callback_query.id, say(key, "ar"), alert=True)

    async def _meant(self, update: Update, members: tuple[Member, ...]) -> Member:
        """In which of their tenants this person acts now."""
        if len(members) == 1:
            return members[0]
        if update.callback_query is not None:
            found = await self._of_button(update.callback_query.data or "", members)
        else:
            found = await self._of_reply(update.message or update.edited_message, members)
        return found or await self._current.of(members)

    async def _of_button(self, data: str, members: tuple[Member, ...]) -> Member | None:
        bare, tag = parted(data)
        if tag:
            members = tuple(m for m in members if self._rooms[m.tenant_id].paper.tag == tag)
            if len(members) == 1:
                return members[0]
        for member in members:
            if await self._rooms[member.tenant_id].has_made(bare):
                return member
        return None

    async def _of_reply(self, message: Message | None, members: tuple[Member, ...]) -> Member | None:
        question = message.reply_to_message if message else None
        if question is None:
            return None
        rows = question.reply_markup.inline_keyboard if question.reply_markup else []
        for data in (button.callback_data for row in rows for button in row if button.callback_data):
            return await self._of_button(data, members)
        for member in members:
            if await self._rooms[member.tenant_id].has_asked(question):
                return member
        return None


def _bare(update: Update) -> Update:
    """The same update as if buttons carried no sign of their tenant."""
    query = update.callback_query
    if query is None or query.data is None:
        return update
    return update.model_copy(update={"callback_query": query.model_copy(update={"data": parted(query.data)[0]})})


def _is_private(event: CallbackQuery | Message, person: Person) -> bool:
    message = event.message if isinstance(event, CallbackQuery) else event
    return message is not None and message.chat.type == "private" and message.chat.id == person.id
