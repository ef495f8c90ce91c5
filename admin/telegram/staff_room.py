"""
What concerns a person and no single tenant: `/bind`, `/whoami`, `/tenant`.

Rule 1: a stranger who writes a wrong code hears nothing, and after a few tries in an hour not even a right code
        is looked at. A right one lets them in at once.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from aiogram.types import User as Person

from admin.telegram.current import Current
from admin.telegram.languages import Languages
from admin.telegram.paper import NAME_AT_MOST, tag_of
from admin.telegram.plain import LINE_STARTS, escaped, quoted
from admin.telegram.post import Post
from admin.telegram.sentences import Language
from admin.telegram.staff import Member, Staff, bound_member
from admin.telegram.staff_sentences import roles_in_words, say
from admin.telegram.times import RIYADH
from bot.access.users import Users
from bot.errors import DealixError
from bot.store import Marks
from bot.tenant import Tenant

# People mistype a code once or twice; guessing needs far more.
TRIES_PER_HOUR = 5


class OnTenant(CallbackData, prefix="t"):
    """A tap that chooses a tenant."""

    do: str
    tag: str


class StaffRoom:
    """Commands about oneself."""

    COMMANDS = ("bind", "whoami", "tenant")

    def __init__(
        self,
        tenants: Mapping[str, Tenant],
        staff: Staff,
        users: Users,
        current: Current,
        marks: Marks,
        post: Post,
        languages: Languages,
        now: Callable[[], datetime],
    ) -> None:
        self._tenants = tenants
        self._staff = staff
        self._users = users
        self._current = current
        self._marks = marks
        self._post = post
        self._languages = languages
        self._now = now

    async def let_in(self, message: Message, person: Person) -> bool:
        """Whether a stranger's message was a code that made them one of us."""
        command, code = _command(message)
        if command != "bind" or not code or not await self._may_try(person.id):
            return False
        try:
            tenant_id, user = await self._users.bind_telegram(code, person.id)
        except DealixError:
            return False
        await self._welcome(bound_member(tenant_id, person.id, user))
        return True

    async def take(self, update: Update, members: tuple[Member, ...]) -> bool:
        """Do it when it is about the person; False when it is a tenant's business."""
        query, message = update.callback_query, update.message
        if query is not None and (query.data or "").startswith(f"{OnTenant.__prefix__}{OnTenant.__separator__}"):
            await self._switch(query, members)
            return True
        if message is None or message.reply_to_message is not None:
            return False
        command, rest = _command(message)
        if command == "whoami":
            await self._who(message.chat.id, members)
        elif command == "tenant":
            await self._tenant(message.chat.id, rest, members)
        elif command == "bind":
            await self._bind(message.chat.id, rest)
        else:
            return False
        return True

    async def _who(self, chat_id: int, members: tuple[Member, ...]) -> None:
        language = await self._languages.of(chat_id)
        lines = [line for member in members for line in self._about(member, language)]
        if len(members) > 1:
            acts_in = await self._current.of(members)
            lines.append(say("acts_in", language, tenant=self._called(acts_in)))
        await self._say(chat_id, lines, language)

    def _about(self, member: Member, language: Language) -> list[str]:
        how = [say("by_binding" if member.is_bound else "by_list", language)]
        if member.since is not None:
            how.append(say("since", language, at=f"{member.since.astimezone(RIYADH):%Y-%m-%d}"))
        roles = roles_in_words(member.roles, language)
        return [
            say("i_am", language, name=quoted(member.human.name, 60)),
            say("in_tenant", language, tenant=self._called(member), roles=roles),
            " · ".join(how),
            say("may_decide" if member.may_decide else "may_read", language),
        ]

    async def _tenant(self, chat_id: int, wanted: str, members: tuple[Member, ...]) -> None:
        language = await self._languages.of(chat_id)
        if len(members) == 1:
            await self._say(chat_id, [say("one_tenant", language, tenant=self._called(members[0]))], language)
        elif wanted:
            chosen = next((m for m in members if wanted in (m.tenant_id, self._tenants[m.tenant_id].name)), None)
            if chosen is None:
                await self._say(chat_id, [say("no_such_tenant", language)], language)
                return
            await self._current.choose(chosen)
            await self._say(chat_id, [say("tenant_set", language, tenant=self._called(chosen))], language)
        else:
            text = LINE_STARTS[language] + say("choose_tenant", language)
            await self._post.say(chat_id, text, self._choice(members))

    def _choice(self, members: tuple[Member, ...]) -> InlineKeyboardMarkup:
        rows = [
            [
                InlineKeyboardButton(
                    text=f"🏢 {self._tenants[m.tenant_id].name[:NAME_AT_MOST]}",
                    callback_data=OnTenant(do="use", tag=tag_of(m.tenant_id)).pack(),
                )
            ]
            for m in members
        ]
        return InlineKeyboardMarkup(inline_keyboard=rows)

    async def _switch(self, query: CallbackQuery, members: tuple[Member, ...]) -> None:
        language = await self._languages.of(query.from_user.id)
        try:
            wanted = OnTenant.unpack(query.data or "").tag
        except (ValueError, TypeError):
            wanted = ""
        chosen = next((m for m in members if tag_of(m.tenant_id) == wanted), None)
        if chosen is None:
            await self._post.popup(query.id, say("no_such_tenant", language), alert=True)
            return
        await self._current.choose(chosen)
        name = self._tenants[chosen.tenant_id].name
        await self._post.popup(query.id, say("tenant_set", language, tenant=name))

    async def _bind(self, chat_id: int, code: str) -> None:
        """Somebody we know binds the same phone once more: to another tenant, or to their account at last."""
        language = await self._languages.of(chat_id)
        if not code:
            await self._say(chat_id, [say("bind_usage", language)], language)
        elif not await self._may_try(chat_id):
            await self._say(chat_id, [say("bind_too_often", language)], language)
        else:
            try:
                tenant_id, user = await self._users.bind_telegram(code, chat_id)
            except DealixError as refused:
                why = refused.message_ar if language == "ar" else refused.message_en
                await self._say(chat_id, [say("bind_refused", language, why=escaped(why))], language)
                return
            await self._welcome(bound_member(tenant_id, chat_id, user))

    async def _welcome(self, member: Member) -> None:
        await self._staff.look()
        language = await self._languages.of(member.chat_id)
        name, roles = quoted(member.human.name, 60), roles_in_words(member.roles, language)
        line = say("bound", language, name=name, tenant=self._called(member), roles=roles)
        await self._say(member.chat_id, [line], language)

    async def _may_try(self, person_id: int) -> bool:
        """Counts a try, durably; what is counted is forgotten by itself."""
        now = self._now()
        for number in range(TRIES_PER_HOUR):
            if await self._marks.first_time("telegram_bind", f"{person_id}:{now:%Y%m%d%H}:{number}", now):
                return True
        return False

    def _called(self, member: Member) -> str:
        return quoted(self._tenants[member.tenant_id].name, NAME_AT_MOST)

    async def _say(self, chat_id: int, lines: list[str], language: Language) -> None:
        await self._post.say(chat_id, "\n".join(LINE_STARTS[language] + line for line in lines))


def _command(message: Message) -> tuple[str, str]:
    """`/bind@our_bot 1234` -> ("bind", "1234"); nothing for what is no command."""
    first, _, rest = (message.text or "").partition(" ")
    if not first.startswith("/"):
        return "", ""
    return first[1:].partition("@")[0].lower(), rest.strip()
