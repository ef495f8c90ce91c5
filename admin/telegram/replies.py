"""
What a reply means: a new wording of a draft, or a message to a contact.

Rule 1: a person's text is never lost. When it could not be used it comes back, ready to copy, with the reason.
Rule 2: the same reply delivered twice is used once: an edit recognises its own text, a message its own draft.
"""

from datetime import datetime

from aiogram import F, Router
from aiogram.types import Message

from admin.telegram.approval_cards import ApprovalCards
from admin.telegram.buttons import OnDraft
from admin.telegram.faces import Faces
from admin.telegram.keeper import Keeper
from admin.telegram.paper import parted
from admin.telegram.plain import LINE_STARTS, clean, escaped, pages
from admin.telegram.post import Post
from admin.telegram.prompts import Prompt, Prompts
from admin.telegram.refusals import Refusals
from admin.telegram.sentences import say
from admin.telegram.shown import card_in
from admin.telegram.staff import Member
from bot.approvals import Approvals, Human
from bot.cards import Action, Card
from bot.conversation import Draft, ShownCard, Status
from bot.desk import Desk
from bot.errors import NotAllowed
from bot.store import Store

ECHO_UNITS = 3_500

# How far a reply to a card is searched for: everything that waits, and whatever was decided lately.
WAITING_AT_MOST = 1_000
RECENT_AT_MOST = 50


class Replies:
    """Replies to our questions and to cards."""

    def __init__(
        self,
        tenant_id: str,
        approvals: Approvals,
        desk: Desk,
        store: Store,
        post: Post,
        keeper: Keeper,
        faces: Faces,
        prompts: Prompts,
        refusals: Refusals,
        approval_cards: ApprovalCards,
    ) -> None:
        self._tenant_id = tenant_id
        self._approvals = approvals
        self._desk = desk
        self._store = store
        self._post = post
        self._keeper = keeper
        self._faces = faces
        self._prompts = prompts
        self._refusals = refusals
        self._approval_cards = approval_cards

    def router(self) -> Router:
        router = Router(name="replies")
        router.message.register(self.on_reply, F.reply_to_message, F.text)
        router.message.register(self.on_file, F.reply_to_message)
        router.edited_message.register(self.on_changed_reply, F.reply_to_message)
        return router

    async def knows(self, question: Message) -> bool:
        """Whether this tenant has sent that message, as far as it remembers."""
        chat_id, message_id = question.chat.id, question.message_id
        if await self._prompts.find(chat_id, message_id) is not None:
            return True
        return await self._from_cards(chat_id, message_id) is not None

    async def on_reply(self, message: Message, me: Human, member: Member) -> None:
        assert message.reply_to_message is not None and message.text is not None  # the filters saw to it
        chat_id, question = message.chat.id, message.reply_to_message
        prompt = await self._prompts.find(chat_id, question.message_id)
        prompt = prompt or _from_buttons(question) or await self._from_cards(chat_id, question.message_id)
        if prompt is None:
            await self._give_back(message, await self._faces.sentence(chat_id, "unknown_prompt"))
        elif prompt.kind == "edit":
            await self._edit(message, me, prompt)
        elif prompt.kind == "note":
            await self._approval_cards.on_note(message, member, prompt)
        else:
            await self._write(message, me, prompt)

    async def on_file(self, message: Message) -> None:
        await self._post.say(message.chat.id, await self._faces.sentence(message.chat.id, "only_text"))

    async def on_changed_reply(self, message: Message) -> None:
        text = await self._faces.sentence(message.chat.id, "edits_not_followed")
        await self._post.say(message.chat.id, text, reply_to=message.message_id)

    async def _edit(self, message: Message, me: Human, prompt: Prompt) -> None:
        assert message.text is not None and message.reply_to_message is not None
        chat_id = message.chat.id
        try:
            card = await self._approvals.card(self._tenant_id, prompt.target)
            if not _is_applied(card, message.text, me):
                card = await self._approvals.edit(
                    self._tenant_id, prompt.target, prompt.version, me, message.text
                )
        except NotAllowed as refused:
            why = await self._refusals.why(refused, chat_id, prompt.target)
            await self._give_back(message, await self._faces.sentence(chat_id, "edit_refused", why=escaped(why)))
            return
        # A second reply to the same question corrects the first.
        renewed = Prompt("edit", prompt.target, card.text_version)
        await self._prompts.keep(chat_id, message.reply_to_message.message_id, renewed)
        at = await self._keeper.card_message(chat_id, prompt.target)
        await self._post.say(chat_id, await self._faces.sentence(chat_id, "edited"), reply_to=at)

    async def _write(self, message: Message, me: Human, prompt: Prompt) -> None:
        assert message.text is not None
        chat_id = message.chat.id
        since = await self._first_seen(chat_id, message.message_id)
        try:
            view = await self._desk.contact(self._tenant_id, prompt.target)
            written = (c for c in view.drafts if _is_written(c, message.text or "", me, since))
            card = next(written, None) or await self._approvals.write(
                self._tenant_id, prompt.target, me, message.text
            )
        except NotAllowed as refused:
            why = await self._refusals.why(refused, chat_id)
            await self._give_back(message, await self._faces.sentence(chat_id, "write_refused", why=escaped(why)))
            return
        await self._keeper.bring_down(chat_id, card.draft_id)

    async def _first_seen(self, chat_id: int, message_id: int) -> datetime:
        """When this message was first taken up; noted before its effect, so that a repetition can find that."""
        name = f"telegram_writing:{chat_id}:{message_id}"
        seen = await self._store.marks.read(name)
        if isinstance(seen, datetime):
            return seen
        now = self._faces.now()
        await self._store.marks.write(name, now)
        return now

    async def _give_back(self, message: Message, why: str) -> None:
        """Say why, and return the text so that it can be copied."""
        chat_id = message.chat.id
        language = await self._faces.languages.of(chat_id)
        pieces = pages(clean(message.text or ""), ECHO_UNITS)
        if not pieces:
            await self._post.say(chat_id, why, reply_to=message.message_id)
        heading = f"{why}\n{LINE_STARTS[language]}{say('your_text', language)}\n"
        for number, piece in enumerate(pieces):
            text = f"{heading if number == 0 else ''}<pre>{piece}</pre>"
            await self._post.say(chat_id, text, reply_to=message.message_id)

    async def _from_cards(self, chat_id: int, message_id: int) -> Prompt | None:
        """The draft whose card this message is; the wording is the one that this card showed."""
        conversations = self._store.conversations
        waiting = await conversations.with_drafts(self._tenant_id, (Status.HELD.value,), WAITING_AT_MOST)
        recent = await conversations.recently_active(self._tenant_id, RECENT_AT_MOST)
        for conversation in (*waiting, *recent):
            for draft in conversation.outbox:
                card = card_in(draft, chat_id)
                if card is not None and card.message_id == message_id:
                    return Prompt("edit", draft.id, _version_shown(draft, card))
        return None


def _from_buttons(card: Message) -> Prompt | None:
    """A card says itself which draft and which wording it shows."""
    rows = card.reply_markup.inline_keyboard if card.reply_markup else []
    for button in (button for row in rows for button in row):
        data, _ = parted(button.callback_data or "")
        if data.startswith(f"{OnDraft.__prefix__}{OnDraft.__separator__}"):
            tap = OnDraft.unpack(data)
            if not tap.do.startswith(Action.SNOOZE):  # that one carries another version
                return Prompt("edit", tap.draft, tap.version)
    return None


def _version_shown(draft: Draft, card: ShownCard) -> int:
    """A card that is behind may show the wording before the last edit; claiming less is safe, it only refuses."""
    is_certain = card.shown_rev == draft.rev or not draft.edits
    return draft.text_version if is_certain else draft.text_version - 1


def _is_applied(card: Card, text: str, me: Human) -> bool:
    return bool(card.edits) and card.text == text.strip() and card.edits[-1].by == me.name


def _is_written(card: Card, text: str, me: Human, since: datetime) -> bool:
    return card.decided_by == me.name and card.text == text.strip() and card.created_at >= since
