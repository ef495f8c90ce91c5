"""
The rooms of one tenant in Telegram: its cards, its commands, what its people tap and write.

Rule 1: nothing in here knows another tenant; what is asked for by an id is looked for in this tenant only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.types import Message, Update

from admin.telegram.board import Board, Job
from admin.telegram.buttons import OnContact, OnDraft
from admin.telegram.commands import Commands
from admin.telegram.contacts import Contacts
from admin.telegram.daily import Daily
from admin.telegram.faces import Faces
from admin.telegram.keeper import Keeper
from admin.telegram.languages import Languages
from admin.telegram.names import Words
from admin.telegram.paper import TenantPaper
from admin.telegram.plain import LINE_STARTS
from admin.telegram.post import Line, Post
from admin.telegram.prompts import Prompts
from admin.telegram.refusals import Refusals
from admin.telegram.replies import Replies
from admin.telegram.rights import only_looks
from admin.telegram.rule_cards import OnChange, RuleCards
from admin.telegram.settings import Rhythm
from admin.telegram.staff import Member, Staff
from admin.telegram.staff_sentences import roles_in_words, say
from admin.telegram.taps import Taps
from bot.approvals import Approvals
from bot.bell import Bell
from bot.desk import Desk
from bot.errors import NotFound
from bot.store import Store
from bot.tenant import Tenant
from bot.users import Users
from bot.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Heart:
    """What the rooms ask: the same functions as the console and the API."""

    approvals: Approvals
    desk: Desk
    store: Store
    bell: Bell
    workbench: Workbench
    users: Users
    now: Callable[[], datetime]
    words: Words


class Rooms:
    """Everything of one tenant."""

    def __init__(
        self, tenant: Tenant, heart: Heart, line: Line, staff: Staff, languages: Languages, rhythm: Rhythm
    ) -> None:
        self.tenant = tenant
        self.paper = TenantPaper(tenant, staff.has_several)
        self._heart = heart
        post = self._post = Post(line, self.paper)
        self._languages = languages
        faces = Faces(languages, heart.words, heart.now)
        approvals, desk, store = heart.approvals, heart.desk, heart.store

        def deciders() -> tuple[int, ...]:
            return staff.deciders(tenant.id)

        keeper = Keeper(post, tenant.id, approvals, store, faces)
        self._prompts = Prompts(post, store.marks, languages, tenant.id)
        refusals = Refusals(approvals, tenant.id, faces)
        self._board = Board(
            keeper, tenant.id, staff, tenant.approver_chats, approvals, store, heart.bell, faces, rhythm
        )
        self._daily = Daily(tenant.id, deciders, desk, store, post, faces, rhythm)
        contacts = Contacts(tenant.id, approvals, desk, store, post, faces, self._prompts, refusals)
        commands = Commands(tenant.id, approvals, desk, post, faces, contacts, refusals)
        taps = Taps(tenant.id, approvals, desk, store, post, keeper, faces, self._prompts, refusals)
        self._replies = Replies(tenant.id, approvals, desk, store, post, keeper, faces, self._prompts, refusals)
        self._rule_cards = RuleCards(tenant.id, deciders, heart.workbench, store, post, faces, rhythm)
        self._dispatcher = Dispatcher(disable_fsm=True)
        self._dispatcher.include_routers(
            commands.router(),
            self._replies.router(),
            taps.router(),
            contacts.router(),
            self._rule_cards.router(),
            commands.fallback(),
        )

    def jobs(self) -> Mapping[str, Job]:
        """What must run side by side for as long as the bot does."""
        jobs = {**self._board.jobs(), "daily": self._daily.run, "rules": self._rule_cards.run}
        return {f"{self.tenant.id} {name}": job for name, job in jobs.items()}

    def opened(self, chat_id: int) -> None:
        """A person of this tenant wrote to us, so we may write to them."""
        self._board.opened(chat_id)

    async def take(self, bot: Bot, update: Update, member: Member) -> Any:
        """Deal with an update of one of this tenant's people."""
        if not member.may_decide and not await only_looks(update, self._prompts):
            return await self._refuse(update, member)
        return await self._dispatcher.feed_update(bot, update, me=member.human, member=member)

    async def _refuse(self, update: Update, member: Member) -> None:
        language = await self._languages.of(member.chat_id)
        words = say("only_read", language, roles=roles_in_words(member.roles, language))
        if update.callback_query is not None:
            await self._post.popup(update.callback_query.id, words, alert=True)
        elif update.message is not None:
            await self._post.say(member.chat_id, LINE_STARTS[language] + words)

    async def has_made(self, data: str) -> bool:
        """Whether a button without a sign concerns something of this tenant."""
        try:
            if data.startswith(_prefix(OnDraft)):
                draft_id = OnDraft.unpack(data).draft
                return await self._heart.store.conversations.by_draft(self.tenant.id, draft_id) is not None
            if data.startswith(_prefix(OnContact)):
                found = await self._heart.store.conversations.read(
                    self.tenant.id, OnContact.unpack(data).conversation
                )
                return found is not None
            if data.startswith(_prefix(OnChange)):
                return bool(await self._heart.workbench.change(self.tenant.id, OnChange.unpack(data).change))
        except (NotFound, ValueError, TypeError):
            return False
        return False

    async def has_asked(self, question: Message) -> bool:
        """Whether a message is a question or a card of this tenant, as far as it is remembered."""
        return await self._replies.knows(question)


def _prefix(kind: type[OnDraft] | type[OnContact] | type[OnChange]) -> str:
    return f"{kind.__prefix__}{kind.__separator__}"
