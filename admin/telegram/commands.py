"""What a person can ask for in words: the queue, a contact, the brief, pause and resume."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from admin.telegram.approval_cards import ApprovalCards, open_button
from admin.telegram.approval_text import line_of
from admin.telegram.buttons import found_keyboard, in_fives, queued_button
from admin.telegram.contacts import Contacts
from admin.telegram.faces import Faces
from admin.telegram.pages import QUEUE_SHOWN, Reader, brief_page, found_page, queue_page, queued
from admin.telegram.plain import LINE_STARTS, quoted
from admin.telegram.post import Post
from admin.telegram.refusals import Refusals
from admin.telegram.sentences import LANGUAGES, say
from admin.telegram.times import clock
from bot.approvals import Approvals, Human
from bot.authority.approval_view import ApprovalView
from bot.cards import Card
from bot.desk import Desk
from bot.errors import NotAllowed
from bot.store import Posture

# The same commands for people who write rather than tap.
SPOKEN = {
    "queue": ("القائمة", "قائمة", "الطابور", "queue"),
    "brief": ("ملخص", "الملخص", "brief"),
    "help": ("مساعدة", "المساعدة", "help"),
}


class Commands:
    """Commands of the private chat."""

    def __init__(
        self,
        tenant_id: str,
        approvals: Approvals,
        desk: Desk,
        post: Post,
        faces: Faces,
        contacts: Contacts,
        refusals: Refusals,
        approval_cards: ApprovalCards,
    ) -> None:
        self._tenant_id = tenant_id
        self._approvals = approvals
        self._desk = desk
        self._post = post
        self._faces = faces
        self._contacts = contacts
        self._refusals = refusals
        self._approval_cards = approval_cards

    def router(self) -> Router:
        router = Router(name="commands")
        for name, handler in (
            ("queue", self.queue),
            ("brief", self.brief),
            ("help", self.help),
            ("start", self.help),
            ("find", self.find),
            ("contact", self.contact),
            ("pause", self.pause),
            ("resume", self.resume),
            ("lang", self.lang),
        ):
            router.message.register(handler, Command(name))
        return router

    def fallback(self) -> Router:
        """What nobody else understood; included last."""
        router = Router(name="fallback")
        for name, words in SPOKEN.items():
            router.message.register(getattr(self, name), F.text.lower().in_(words))
        router.message.register(self.not_understood)
        router.callback_query.register(self.old_button)
        return router

    async def queue(self, message: Message) -> None:
        """Drafts and requests in one list: what is due first stands first."""
        reader = await self._reader(message)
        drafts = [(c.due_at or c.created_at, c) for c in await self._approvals.queue(self._tenant_id)]
        requests = [(v.due_at or v.created_at, v) for v in await self._approval_cards.waiting()]
        waiting: list[Card | ApprovalView] = [one for _, one in sorted([*drafts, *requests], key=lambda w: w[0])]
        shown = list(enumerate(waiting[:QUEUE_SHOWN], start=1))
        lines = [
            queued(number, one, reader) if isinstance(one, Card) else line_of(number, one, reader)
            for number, one in shown
        ]
        buttons = [
            queued_button(one, number) if isinstance(one, Card) else open_button(one, number)
            for number, one in shown
        ]
        await self._say(message, queue_page(lines, len(waiting), reader), in_fives(buttons))

    async def brief(self, message: Message) -> None:
        brief = await self._desk.brief(self._tenant_id)
        await self._say(message, brief_page(brief, await self._reader(message)))

    async def help(self, message: Message) -> None:
        """In both languages: it is the first thing a person sees, before they could choose."""
        both = "\n\n".join(LINE_STARTS[language] + say("help", language) for language in LANGUAGES)
        await self._say(message, both)

    async def find(self, message: Message, command: CommandObject) -> None:
        wanted = (command.args or "").strip()
        if not wanted:
            await self._say_sentence(message, "find_usage")
            return
        found = await self._desk.find(self._tenant_id, wanted)
        await self._say(message, found_page(found, await self._reader(message)), found_keyboard(found))

    async def contact(self, message: Message, command: CommandObject) -> None:
        wanted = (command.args or "").strip()
        if not wanted:
            await self._say_sentence(message, "contact_usage")
            return
        try:
            await self._contacts.show(message.chat.id, wanted)
        except NotAllowed as refused:
            why = await self._refusals.why(refused, message.chat.id)
            await self._say(message, quoted(why, 400))

    async def pause(self, message: Message, me: Human) -> None:
        posture = await self._desk.posture(self._tenant_id)
        if not posture.is_paused:
            await self._desk.pause(self._tenant_id, me)
            await self._say_sentence(message, "paused_now")
            posture = await self._desk.posture(self._tenant_id)
        await self._say_who_paused(message, posture)

    async def resume(self, message: Message) -> None:
        if not (await self._desk.posture(self._tenant_id)).is_paused:
            await self._say_sentence(message, "not_paused")
            return
        await self._desk.resume(self._tenant_id)
        await self._say_sentence(message, "resumed")

    async def lang(self, message: Message, command: CommandObject) -> None:
        wanted = (command.args or "").strip().lower()
        for language in LANGUAGES:
            if wanted == language:
                await self._faces.languages.set(message.chat.id, language)
                await self._say_sentence(message, "lang_set")
                return
        await self._say_sentence(message, "lang_usage")

    async def not_understood(self, message: Message) -> None:
        await self._say_sentence(message, "not_understood" if message.text else "only_text")

    async def old_button(self, query: CallbackQuery) -> None:
        """A button of a form we no longer know, or data that never was ours."""
        language = await self._faces.languages.of(query.from_user.id)
        await self._post.popup(query.id, say("old_button", language), alert=True)

    async def _say_who_paused(self, message: Message, posture: Posture) -> None:
        reader = await self._reader(message)
        at = clock(posture.paused_at, reader.now, reader.language) if posture.paused_at else "…"
        await self._say_sentence(message, "paused_by", name=quoted(posture.paused_by, 40), at=at)

    async def _reader(self, message: Message) -> Reader:
        language = await self._faces.languages.of(message.chat.id)
        return Reader(language, self._faces.now(), self._faces.words)

    async def _say(self, message: Message, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        await self._post.say(message.chat.id, text, keyboard)

    async def _say_sentence(self, message: Message, key: str, **values: object) -> None:
        await self._say(message, await self._faces.sentence(message.chat.id, key, **values))
