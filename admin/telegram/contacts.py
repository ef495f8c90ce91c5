"""Buttons that concern a contact and no single draft: show, take over, hand back, write."""

from aiogram import Router
from aiogram.types import CallbackQuery, InlineKeyboardMarkup

from admin.telegram import buttons
from admin.telegram.buttons import OnContact
from admin.telegram.faces import Face, Faces
from admin.telegram.handing import Handing
from admin.telegram.pages import Reader, contact_page, open_cards
from admin.telegram.post import Away, ChatClosed, MessageGone, Post, Refused
from admin.telegram.prompts import Prompts
from admin.telegram.refusals import Refusals
from admin.telegram.sentences import Language, say
from bot.approvals import Approvals, Human
from bot.cards import Action, ContactView
from bot.desk import Desk
from bot.errors import NotAllowed
from bot.store import Store


class Contacts:
    """One contact at a time."""

    def __init__(
        self,
        tenant_id: str,
        approvals: Approvals,
        desk: Desk,
        store: Store,
        post: Post,
        faces: Faces,
        prompts: Prompts,
        refusals: Refusals,
        handing: Handing,
    ) -> None:
        self._tenant_id = tenant_id
        self._handing = handing
        self._approvals = approvals
        self._desk = desk
        self._store = store
        self._post = post
        self._faces = faces
        self._prompts = prompts
        self._refusals = refusals

    def router(self) -> Router:
        router = Router(name="contacts")
        router.callback_query.register(self.on_contact, OnContact.filter())
        return router

    async def on_contact(self, query: CallbackQuery, callback_data: OnContact, me: Human) -> None:
        """Do it, say it, and show the contact as it is then."""
        assert query.message is not None  # a tap in a private chat always has its message
        chat_id, message_id = query.message.chat.id, query.message.message_id
        language: Language = "ar"
        try:
            language = await self._faces.languages.of(chat_id)
            words, is_alert = await self._do(callback_data, chat_id, message_id, me, language)
        except NotAllowed as refused:
            words, is_alert = await self._refusals.why(refused, chat_id), True
        except self._store.unreachable:
            await self._post.popup(query.id, say("database_away", language), alert=True)
            raise
        except Exception:
            await self._post.popup(query.id, say("failed_here", language), alert=True)
            raise
        await self._post.popup(query.id, words, alert=is_alert)

    async def show(self, chat_id: int, conversation_id: str) -> None:
        """Send the page of a contact. Raises NotFound."""
        face = await self.face(await self._desk.contact(self._tenant_id, conversation_id), chat_id)
        await self._post.say(chat_id, face.text, face.keyboard)

    async def face(self, view: ContactView, chat_id: int) -> Face:
        language = await self._faces.languages.of(chat_id)
        reader = Reader(language, self._faces.now(), self._faces.words)
        keyboard: InlineKeyboardMarkup = buttons.contact_keyboard(view, open_cards(view), language)
        return Face(contact_page(view, reader), keyboard)

    async def _do(
        self, tap: OnContact, chat_id: int, message_id: int, me: Human, language: Language
    ) -> tuple[str, bool]:
        view = await self._desk.contact(self._tenant_id, tap.conversation)
        match tap.do:
            case buttons.SHOW:
                await self.show(chat_id, view.conversation_id)
                return "", False
            case buttons.WRITE:
                await self._prompts.ask_for_message(chat_id, view)
                return "", False
            case Action.TAKE_OVER | Action.HAND_BACK:
                return await self._switch(tap.do, view, chat_id, message_id, me, language)
            case _:
                return say("old_button", language), True

    async def _switch(
        self, do: str, view: ContactView, chat_id: int, message_id: int, me: Human, language: Language
    ) -> tuple[str, bool]:
        """Who answers this contact from now on; asking for what is so already changes nothing."""
        if do == Action.TAKE_OVER and view.mode == "human":
            words, is_alert = say("already_human", language), True
        elif do == Action.HAND_BACK and view.mode != "human":
            words, is_alert = say("already_bot", language), True
        elif do == Action.TAKE_OVER:
            summary = await self._handing.summary(view.conversation_id, language)
            await self._approvals.take_over(self._tenant_id, view.conversation_id, me)
            await self._handing.tell(chat_id, summary)
            words, is_alert = say("ok_taken_over", language), False
        else:
            await self._approvals.hand_back(self._tenant_id, view.conversation_id, me)
            words, is_alert = say("ok_handed_back", language), False
        await self._redraw(view.conversation_id, chat_id, message_id)
        return words, is_alert

    async def _redraw(self, conversation_id: str, chat_id: int, message_id: int) -> None:
        face = await self.face(await self._desk.contact(self._tenant_id, conversation_id), chat_id)
        try:
            await self._post.edit(chat_id, message_id, face.text, face.keyboard)
        except (Away, ChatClosed, MessageGone, Refused):
            await self._post.say(chat_id, face.text, face.keyboard)
