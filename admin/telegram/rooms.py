"""
The rooms of one tenant in Telegram: its cards, its commands, what its people tap and write.

Rule 1: nothing in here knows another tenant; what is asked for by an id is looked for in this tenant only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.filters.callback_data import CallbackData
from aiogram.types import Message, Update

from admin.telegram.alert_cards import AlertCards, OnAlert
from admin.telegram.approval_cards import ApprovalCards, OnApproval
from admin.telegram.away import Standing
from admin.telegram.board import Board, Job
from admin.telegram.buttons import OnContact, OnDraft
from admin.telegram.commands import Commands
from admin.telegram.contacts import Contacts
from admin.telegram.daily import Daily
from admin.telegram.faces import Faces
from admin.telegram.handing import Handing, ReadHandover
from admin.telegram.joined import Joined
from admin.telegram.keeper import Keeper
from admin.telegram.languages import Languages
from admin.telegram.names import Words
from admin.telegram.paper import TenantPaper
from admin.telegram.plain import LINE_STARTS
from admin.telegram.post import Line, Post
from admin.telegram.privacy_cards import PrivacyCards
from admin.telegram.prompts import Prompts
from admin.telegram.refusals import Refusals
from admin.telegram.replies import Replies
from admin.telegram.rights import only_looks
from admin.telegram.rule_cards import OnChange, RuleCards
from admin.telegram.settings import Rhythm
from admin.telegram.staff import DECIDERS, Member, Staff
from admin.telegram.staff_sentences import roles_in_words, say
from admin.telegram.taps import Taps
from bot.access.users import Users
from bot.alerts import Alerts
from bot.approvals import Approvals
from bot.authority.centre import ApprovalCentre
from bot.authority.delegation import Delegations
from bot.bell import Bell
from bot.desk import Desk
from bot.errors import NotFound
from bot.people import Human
from bot.privacy.data_rights import DataRights
from bot.store import Store
from bot.tenant import Tenant
from bot.workbench.bench import Workbench


@dataclass(frozen=True, slots=True)
class Heart:
    """What the rooms ask: the same functions as the console and the API."""

    approvals: Approvals
    desk: Desk
    store: Store
    bell: Bell
    workbench: Workbench
    users: Users
    centre: ApprovalCentre
    delegations: Delegations
    alerts: Alerts
    rights: DataRights
    now: Callable[[], datetime]
    words: Words
    handover: ReadHandover | None = None
    """What somebody must know who takes over; None where nothing is remembered."""
    public_url: str = ""
    """Where the console can be opened from a phone; empty when it cannot."""


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
        joined = Joined(tenant.id, tenant.approver_chats, store.marks, heart.now)
        self._prompts = Prompts(post, store.marks, languages, tenant.id)
        refusals = Refusals(approvals, tenant.id, faces)
        self._board = Board(
            keeper, tenant.id, staff, tenant.approver_chats, joined, approvals, store, heart.bell, faces, rhythm
        )
        self._daily = Daily(tenant.id, deciders, desk, store, post, faces, rhythm)
        self._approval_cards = ApprovalCards(
            tenant.id, staff, heart.centre, store, post, faces, self._prompts, rhythm
        )
        self._alert_cards = AlertCards(
            tenant.id, staff, heart.alerts, self._approval_cards, keeper, joined, store, post, faces, rhythm
        )
        self._privacy_cards = PrivacyCards(
            tenant.id, staff, heart.rights, store, post, faces, rhythm, heart.public_url
        )
        standing = Standing(tenant.id, staff, heart.users, heart.delegations, post, faces)
        handing = Handing(tenant.id, post, heart.handover)
        contacts = Contacts(tenant.id, approvals, desk, store, post, faces, self._prompts, refusals, handing)
        commands = Commands(tenant.id, approvals, desk, post, faces, contacts, refusals, self._approval_cards)
        taps = Taps(
            tenant.id, approvals, heart.centre, desk, store, post, keeper, faces, self._prompts, refusals, handing
        )
        self._replies = Replies(
            tenant.id, approvals, desk, store, post, keeper, faces, self._prompts, refusals, self._approval_cards
        )
        self._rule_cards = RuleCards(tenant.id, deciders, heart.workbench, store, post, faces, rhythm)
        self._dispatcher = Dispatcher(disable_fsm=True)
        self._dispatcher.include_routers(
            commands.router(),
            self._replies.router(),
            taps.router(),
            contacts.router(),
            self._rule_cards.router(),
            self._approval_cards.router(),
            self._alert_cards.router(),
            standing.router(),
            self._privacy_cards.router(),
            commands.fallback(),
        )

    def jobs(self) -> Mapping[str, Job]:
        """What must run side by side for as long as the bot does."""
        jobs = {**self._board.jobs(), "daily": self._daily.run, "rules": self._rule_cards.run}
        jobs |= {"approvals": self._approval_cards.run, "alerts": self._alert_cards.run}
        jobs["privacy"] = self._privacy_cards.run
        return {f"{self.tenant.id} {name}": job for name, job in jobs.items()}

    def opened(self, chat_id: int) -> None:
        """A person of this tenant wrote to us, so we may write to them."""
        self._board.opened(chat_id)
        self._approval_cards.opened(chat_id)
        self._alert_cards.opened(chat_id)
        self._privacy_cards.opened(chat_id)

    async def take(self, bot: Bot, update: Update, member: Member) -> Any:
        """Deal with an update of one of this tenant's people."""
        if not member.may_decide and not await only_looks(update, self._prompts):
            return await self._refuse(update, member)
        me = await self._acting(member)
        return await self._dispatcher.feed_update(bot, update, me=me, member=member)

    async def _acting(self, member: Member) -> Human:
        """Who decides, as cards name them: somebody who stands in says for whom."""
        if DECIDERS & set(member.roles) or not member.may_decide:
            return member.human
        lent = await self._heart.delegations.authority(
            self.tenant.id, member.human, member.roles, "approver", self._heart.now()
        )
        for_whom = lent.on_behalf_of.name if lent else ""
        return Human(member.human.id, f"{member.human.name} (for {for_whom})") if for_whom else member.human

    async def _refuse(self, update: Update, member: Member) -> None:
        language = await self._languages.of(member.chat_id)
        words = say("only_read", language, roles=roles_in_words(member.roles, language))
        if update.callback_query is not None:
            await self._post.popup(update.callback_query.id, words, alert=True)
        elif update.message is not None:
            await self._post.say(member.chat_id, LINE_STARTS[language] + words)

    def handlers(self) -> frozenset[str]:
        """Everything that somebody can make this tenant do from a chat: `commands.message.queue`, ..."""
        routers = (router for router in self._dispatcher.chain_tail if router is not self._dispatcher)
        return frozenset(
            f"{router.name}.{kind}.{handler.callback.__name__}"
            for router in routers
            for kind, observer in router.observers.items()
            for handler in observer.handlers
            if kind != "error"
        )

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
            if data.startswith(_prefix(OnApproval)):
                return await self._approval_cards.is_known(OnApproval.unpack(data).approval)
            if data.startswith(_prefix(OnAlert)):
                return await self._alert_cards.has(OnAlert.unpack(data).alert)
            if data.startswith(_prefix(OnChange)):
                return bool(await self._heart.workbench.change(self.tenant.id, OnChange.unpack(data).change))
        except (NotFound, ValueError, TypeError):
            return False
        return False

    async def has_asked(self, question: Message) -> bool:
        """Whether a message is a question or a card of this tenant, as far as it is remembered."""
        return await self._replies.knows(question)


def _prefix(kind: type[CallbackData]) -> str:
    return f"{kind.__prefix__}{kind.__separator__}"
