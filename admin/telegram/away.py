"""
`/away` lends what one may decide to a colleague until a day ends; `/back` ends it.

Rule 1: nothing is lent or taken back without a second tap that says what will happen.
Rule 2: whoever stands in is told; from then on the cards come to both.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from aiogram import Router
from aiogram.filters import Command, CommandObject
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from admin.telegram.approval_sentences import say
from admin.telegram.buttons import in_fives
from admin.telegram.faces import Faces
from admin.telegram.plain import LINE_STARTS, quoted
from admin.telegram.post import Away as TelegramAway
from admin.telegram.post import ChatClosed, MessageGone, Post, Refused
from admin.telegram.sentences import Language
from admin.telegram.sentences import say as say_of_drafts
from admin.telegram.staff import Member, Staff
from admin.telegram.staff_sentences import roles_in_words
from admin.telegram.times import RIYADH
from bot.access.users import Users
from bot.authority.delegation import LENDABLE, LONGEST, Delegation, Delegations, holds
from bot.errors import NotAllowed
from bot.people import Human

PICK, LEND, DROP, END = "pick", "lend", "drop", "end"
NOBODY = "-"

# As many colleagues as have room under one message.
COLLEAGUES_AT_MOST = 30


class OnAway(CallbackData, prefix="w"):
    """A tap that lends or takes back."""

    do: str
    day: str
    """The last day, `20261201`."""
    who: str
    """The colleague: `user.<id>` or `telegram.<id>`, because a colon separates."""


class Standing:
    """Who stands in for whom in one tenant."""

    def __init__(
        self, tenant_id: str, staff: Staff, users: Users, delegations: Delegations, post: Post, faces: Faces
    ) -> None:
        self._tenant_id = tenant_id
        self._staff = staff
        self._users = users
        self._delegations = delegations
        self._post = post
        self._faces = faces

    def router(self) -> Router:
        router = Router(name="away")
        router.message.register(self.on_away, Command("away"))
        router.message.register(self.on_back, Command("back"))
        router.callback_query.register(self.on_tap, OnAway.filter())
        return router

    async def on_away(self, message: Message, command: CommandObject, member: Member) -> None:
        chat_id, language = message.chat.id, await self._faces.languages.of(message.chat.id)
        day = _day_of((command.args or "").strip())
        if not _lendable(member):
            await self._say(chat_id, say("away_not_yours", language), language)
        elif day is None:
            await self._say(chat_id, say("away_usage", language), language)
        elif not self._is_possible(day):
            await self._say(chat_id, say("away_past", language, days=LONGEST.days), language)
        elif not (colleagues := await self._colleagues(member)):
            await self._say(chat_id, say("away_nobody", language), language)
        else:
            rows = [
                [_button(f"👤 {human.name[:40]}", PICK, f"{day:%Y%m%d}", human.id)]
                for human in colleagues[:COLLEAGUES_AT_MOST]
            ]
            text = say("away_whom", language, day=f"{day:%Y-%m-%d}")
            await self._say(chat_id, text, language, InlineKeyboardMarkup(inline_keyboard=rows))

    async def on_back(self, message: Message, member: Member) -> None:
        chat_id, language = message.chat.id, await self._faces.languages.of(message.chat.id)
        lent = await self._lent_by(member)
        if not lent:
            await self._say(chat_id, say("back_none", language), language)
            return
        names = "، ".join(quoted(name, 40) for name in dict.fromkeys(d.borrower.name for d in lent))
        keyboard = in_fives(
            [
                _button(say("do_yes", language), END, NOBODY, NOBODY),
                _button(say("do_no", language), DROP, NOBODY, NOBODY),
            ]
        )
        await self._say(chat_id, say("back_sure", language, names=names), language, keyboard)

    async def on_tap(self, query: CallbackQuery, callback_data: OnAway, member: Member) -> None:
        """Ask once more, then do it, and say in the same message what is so now."""
        assert query.message is not None  # a tap in a private chat always has its message
        chat_id, message_id = query.message.chat.id, query.message.message_id
        language = await self._faces.languages.of(chat_id)
        try:
            text, keyboard = await self._done(callback_data, member, language)
        except NotAllowed as refused:
            words = refused.message_ar if language == "ar" else refused.message_en
            await self._post.popup(query.id, words[:190], alert=True)
            return
        await self._post.popup(query.id)
        text = LINE_STARTS[language] + text
        try:
            await self._post.edit(chat_id, message_id, text, keyboard)
        except (TelegramAway, ChatClosed, MessageGone, Refused):
            await self._post.say(chat_id, text, keyboard)

    async def _done(
        self, tap: OnAway, member: Member, language: Language
    ) -> tuple[str, InlineKeyboardMarkup | None]:
        if tap.do == DROP:
            return say("away_dropped", language), None
        if tap.do == END:
            return await self._end(member, language), None
        day, borrower = _day_of(tap.day), await self._colleague(tap.who, member)
        if day is None or borrower is None or not self._is_possible(day):
            return say_of_drafts("old_button", language), None
        shown = {"name": quoted(borrower.name, 40), "day": f"{day:%Y-%m-%d}"}
        if tap.do == PICK:
            roles = roles_in_words(_lendable(member), language)
            keyboard = in_fives(
                [
                    _button(say("do_yes", language), LEND, tap.day, borrower.id),
                    _button(say("do_no", language), DROP, NOBODY, NOBODY),
                ]
            )
            return say("away_sure", language, roles=roles, **shown), keyboard
        await self._lend(member, borrower, day)
        return say("away_done", language, **shown), None

    async def _lend(self, member: Member, borrower: Human, day: date) -> None:
        """Raises what the heart raises. What is lent already is not lent again by the same tap twice."""
        until = _end_of(day)
        before = {(d.borrower.id, d.role, d.until_at) for d in await self._lent_by(member)}
        for role in _lendable(member):
            if (borrower.id, role, until) not in before:
                await self._delegations.lend(
                    self._tenant_id,
                    member.human,
                    member.roles,
                    borrower,
                    role=role,
                    from_at=self._faces.now(),
                    until_at=until,
                    reason="away",
                )
        await self._staff.look()
        await self._tell(borrower, "away_lent", member, day=f"{day:%Y-%m-%d}")

    async def _end(self, member: Member, language: Language) -> str:
        lent = await self._lent_by(member)
        for delegation in lent:
            await self._delegations.revoke(self._tenant_id, delegation.id, member.human, member.roles)
        await self._staff.look()
        for borrower in {d.borrower.id: d.borrower for d in lent}.values():
            await self._tell(borrower, "away_over", member)
        return say("back_done" if lent else "back_none", language)

    async def _tell(self, borrower: Human, key: str, lender: Member, **values: object) -> None:
        """The colleague hears of it, when there is a chat with them."""
        members = self._staff.members(self._tenant_id)
        for chat_id in (m.chat_id for m in members if m.human.id == borrower.id):
            language = await self._faces.languages.of(chat_id)
            roles = roles_in_words(_lendable(lender), language)
            text = say(key, language, name=quoted(lender.human.name, 40), roles=roles, **values)
            await self._say(chat_id, text, language)

    async def _lent_by(self, member: Member) -> list[Delegation]:
        """What this person has lent and not taken back, future times included."""
        now = self._faces.now()
        lent = await self._delegations.list(self._tenant_id)
        return [d for d in lent if d.lender.id == member.human.id and d.revoked_at is None and now < d.until_at]

    async def _colleagues(self, member: Member) -> Sequence[Human]:
        """Everybody else of this tenant: those on the phone, and users who are not."""
        people = await self._users.people(self._tenant_id)
        users = [user.human for user in people.users if user.is_active]
        listed = [other.human for other in self._staff.members(self._tenant_id) if not other.is_bound]
        found = {human.id: human for human in (*users, *listed) if human.id != member.human.id}
        return sorted(found.values(), key=lambda human: human.name.casefold())

    async def _colleague(self, who: str, member: Member) -> Human | None:
        return next((human for human in await self._colleagues(member) if _sign_of(human.id) == who), None)

    def _is_possible(self, day: date) -> bool:
        now: datetime = self._faces.now()
        return now < _end_of(day) <= now + LONGEST

    async def _say(
        self, chat_id: int, text: str, language: Language, keyboard: InlineKeyboardMarkup | None = None
    ) -> None:
        await self._post.say(chat_id, LINE_STARTS[language] + text, keyboard)


def _lendable(member: Member) -> tuple[str, ...]:
    """The roles that are this person's own to lend."""
    return tuple(role for role in LENDABLE if holds(role, member.roles))


def _day_of(written: str) -> date | None:
    """`2026-12-01` or `20261201`, in any digits a phone types; None for what is no day."""
    digits = "".join(str(int(sign)) for sign in written if sign.isdecimal())
    if len(digits) != 8:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _end_of(day: date) -> datetime:
    """Midnight in Riyadh after a day."""
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=RIYADH)


def _sign_of(human_id: str) -> str:
    return human_id.replace(":", ".")


def _button(label: str, do: str, day: str, who: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=label, callback_data=OnAway(do=do, day=day, who=_sign_of(who)).pack())
