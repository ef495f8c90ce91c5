"""
Requests of the approval centre in the chats of those who may take their next step, and in `/approvals`.

Rule 1: nothing here decides: `bot.authority.centre` looks at roles, borrowed ones too, at versions, at who asked.
Rule 2: which chat shows which state is stored with the request; after a restart the same messages are kept true,
        wherever it was decided.
Rule 3: a chat that is slow or closed does not stop the others.
"""

import asyncio
import html
import re
from collections import defaultdict
from collections.abc import Sequence

import structlog
from aiogram import Router
from aiogram.filters import Command
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from admin.telegram.approval_sentences import say
from admin.telegram.approval_text import card_page, details_page, list_page, outcome_of
from admin.telegram.buttons import in_fives
from admin.telegram.faces import Face, Faces
from admin.telegram.lane import Closed
from admin.telegram.pages import QUEUE_SHOWN, Reader
from admin.telegram.plain import LINE_STARTS, escaped, quoted
from admin.telegram.post import Away, ChatClosed, MessageGone, Post, Refused
from admin.telegram.prompts import Prompt, Prompts
from admin.telegram.sentences import Language
from admin.telegram.sentences import say as say_of_drafts
from admin.telegram.settings import Rhythm
from admin.telegram.staff import Member, Staff
from admin.telegram.staff_sentences import roles_in_words
from bot.authority.approval import ApprovalStatus
from bot.authority.approval_view import ApprovalView
from bot.authority.centre import ApprovalCentre
from bot.authority.delegation import holds
from bot.conversation import ShownCard
from bot.errors import AlreadyDecided, NotAllowed, NotFound
from bot.people import is_same_person
from bot.store import Store

log = structlog.get_logger()

APPROVE, REJECT, DETAILS, OPEN = "approve", "reject", "details", "open"
NOTE_AT_MOST = 500

# The answer of somebody who gives no reason.
NO_NOTE = ("-", "–", "—", "ـ")

_MARKUP = re.compile(r"<[^>]+>|[\u2066-\u2069\u200e\u200f]")


class OnApproval(CallbackData, prefix="a"):
    """A tap that concerns one request as a card showed it."""

    do: str
    approval: str
    v: int


class ApprovalCards:
    """The requests of one tenant."""

    def __init__(
        self,
        tenant_id: str,
        staff: Staff,
        centre: ApprovalCentre,
        store: Store,
        post: Post,
        faces: Faces,
        prompts: Prompts,
        rhythm: Rhythm,
    ) -> None:
        self._tenant_id = tenant_id
        self._staff = staff
        self._centre = centre
        self._store = store
        self._post = post
        self._faces = faces
        self._prompts = prompts
        self._rhythm = rhythm
        self._closed = Closed(rhythm.closed_chat_seconds)
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._refused: set[tuple[int, str, int]] = set()
        self._decided = asyncio.Event()
        self._has_people = False
        """Whether there ever was a chat that may hold a card."""

    async def run(self) -> None:
        """Keep the cards true for as long as the bot runs."""
        while True:
            self._decided.clear()
            try:
                await self.look()
            except self._store.unreachable as away:
                log.info("telegram_approvals_wait", reason=type(away).__name__)
            try:
                async with asyncio.timeout(self._rhythm.sweep_seconds):
                    await self._decided.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Show what is not shown yet, and correct what is no longer true."""
        members = {member.chat_id: member for member in self._staff.members(self._tenant_id)}
        self._has_people = self._has_people or bool(members)
        if not self._has_people:
            return
        due = await self._centre.cards_due(self._tenant_id, tuple(members))
        chats = {**dict.fromkeys(card.chat_id for view in due for card in view.cards), **members}
        await asyncio.gather(*(self._serve(chat_id, member, due) for chat_id, member in chats.items()))

    def opened(self, chat_id: int) -> None:
        """A person wrote to us, so we may write to them."""
        self._closed.reopen(chat_id)

    def router(self) -> Router:
        router = Router(name="approvals")
        router.callback_query.register(self.on_tap, OnApproval.filter())
        router.message.register(self.on_list, Command("approvals"))
        return router

    async def waiting(self) -> list[ApprovalView]:
        """The requests that wait, most urgent first; drafts are listed with the conversations."""
        views = await self._centre.list(self._tenant_id, status=ApprovalStatus.PENDING.value)
        return [view for view in views if view.source == "centre"]

    async def on_list(self, message: Message) -> None:
        views = await self.waiting()
        reader = await self._reader(message.chat.id)
        keyboard = open_keyboard(views[:QUEUE_SHOWN])
        await self._post.say(message.chat.id, list_page(views, QUEUE_SHOWN, reader), keyboard)

    async def on_tap(self, query: CallbackQuery, callback_data: OnApproval, member: Member) -> None:
        """Do it, say it, show it."""
        assert query.message is not None  # a tap in a private chat always has its message
        chat_id, message_id = query.message.chat.id, query.message.message_id
        language: Language = "ar"
        try:
            language = await self._faces.languages.of(chat_id)
            words, is_alert = await self._done(callback_data, chat_id, member, language)
        except self._store.unreachable:
            await self._post.popup(query.id, say_of_drafts("database_away", language), alert=True)
            raise
        except Exception:
            await self._post.popup(query.id, say_of_drafts("failed_here", language), alert=True)
            raise
        await self._post.popup(query.id, words, alert=is_alert)
        if callback_data.do in (APPROVE, REJECT):
            self._decided.set()
            await self._redraw(chat_id, message_id, callback_data.approval, member)

    async def on_note(self, message: Message, member: Member, prompt: Prompt) -> None:
        """The reason of a refusal has come: refuse."""
        chat_id, language = message.chat.id, await self._faces.languages.of(message.chat.id)
        note = (message.text or "").strip()
        note = "" if note in NO_NOTE else note[:NOTE_AT_MOST]
        try:
            await self._centre.reject(
                self._tenant_id, prompt.target, prompt.version, member.human, member.roles, note
            )
        except NotAllowed as refused:
            if not await self._is_mine_already(prompt.target, member, note):
                why = await self._why(refused, prompt.target, chat_id)
                text = LINE_STARTS[language] + say("note_refused", language, why=escaped(why))
                await self._post.say(chat_id, text, reply_to=message.message_id)
                return
        self._decided.set()
        await self._post.say(chat_id, LINE_STARTS[language] + say("ok_rejected", language))

    async def open(self, chat_id: int, approval_id: str, member: Member) -> None:
        """Send the card of a request anew. Raises NotFound."""
        view = await self._centre.get(self._tenant_id, approval_id)
        if view.source != "centre":
            raise NotFound(f"there is no request {approval_id}", "لا يوجد طلب موافقة بهذا المعرّف")
        face = await self._face(view, chat_id, member)
        if face.keyboard is None:
            await self._post.say(chat_id, face.text)
            return
        before = _card_in(view, chat_id)
        message_id = await self._post.say(chat_id, face.text, face.keyboard)
        if message_id is None:
            return
        await self._record(view, chat_id, message_id)
        if before is not None:
            await self._take_buttons(chat_id, before.message_id)

    async def freshen(self, chat_id: int, approval_id: str) -> int | None:
        """Where the card of a request lies in a chat, drawn anew as of now; None when there is none."""
        try:
            view = await self._centre.get(self._tenant_id, approval_id)
        except NotFound:
            return None
        card = _card_in(view, chat_id)
        member = next((m for m in self._staff.members(self._tenant_id) if m.chat_id == chat_id), None)
        if card is None or member is None:
            return None
        await self._redraw(chat_id, card.message_id, approval_id, member)
        return card.message_id

    async def is_known(self, approval_id: str) -> bool:
        """Whether this tenant has such a request."""
        try:
            return bool(await self._centre.get(self._tenant_id, approval_id))
        except NotFound:
            return False

    async def _done(self, tap: OnApproval, chat_id: int, member: Member, language: Language) -> tuple[str, bool]:
        """What the person sees at once, and whether it is a refusal."""
        try:
            match tap.do:
                case "approve":
                    view = await self._centre.approve(
                        self._tenant_id, tap.approval, tap.v, member.human, member.roles
                    )
                    if view.status is not ApprovalStatus.PENDING:
                        return say("ok_approved", language), False
                    return say("ok_step", language, roles=roles_in_words(view.waits_for, language)), False
                case "reject":
                    return await self._ask_why(tap, chat_id, member, language)
                case "details":
                    view = await self._centre.get(self._tenant_id, tap.approval)
                    await self._post.say(chat_id, details_page(view, await self._reader(chat_id)))
                    return "", False
                case "open":
                    await self.open(chat_id, tap.approval, member)
                    return say("ok_opened", language), False
        except NotAllowed as refused:
            return await self._why(refused, tap.approval, chat_id), True
        return say_of_drafts("old_button", language), True

    async def _ask_why(
        self, tap: OnApproval, chat_id: int, member: Member, language: Language
    ) -> tuple[str, bool]:
        view = await self._centre.get(self._tenant_id, tap.approval)
        reader = await self._reader(chat_id)
        if view.status is not ApprovalStatus.PENDING:
            return _bare(outcome_of(view, reader)), True
        if not may_act(member, view, refusing=True):
            return say("not_yours", language), True
        title = quoted(view.title_ar if language == "ar" else view.title_en, 80)
        question = LINE_STARTS[language] + say("note_prompt", language, title=title)
        prompt = Prompt("note", view.id, tap.v)
        await self._prompts.ask(chat_id, question, say("note_placeholder", language), prompt)
        return "", False

    async def _why(self, refused: NotAllowed, approval_id: str, chat_id: int) -> str:
        reader = await self._reader(chat_id)
        if isinstance(refused, AlreadyDecided):
            # The heart names times in UTC; the card that the person looks at does not.
            try:
                return _bare(outcome_of(await self._centre.get(self._tenant_id, approval_id), reader))
            except NotFound:
                return _bare(say("gone", reader.language))
        return (refused.message_ar if reader.language == "ar" else refused.message_en)[:190]

    async def _is_mine_already(self, approval_id: str, member: Member, note: str) -> bool:
        """Whether this very reply was dealt with before: Telegram brings what was not confirmed again."""
        try:
            view = await self._centre.get(self._tenant_id, approval_id)
        except NotFound:
            return False
        mine = (ApprovalStatus.REJECTED, member.human.id, note)
        return (view.status, view.decided_by.id, view.decision_note) == mine

    async def _serve(self, chat_id: int, member: Member | None, due: Sequence[ApprovalView]) -> None:
        if self._closed.is_closed(chat_id):
            return
        try:
            for view in due:
                if (chat_id, view.id, view.v) not in self._refused:
                    await self._keep_true(chat_id, member, view)
        except ChatClosed:
            self._closed.close(chat_id)
        except Away as away:
            log.info("telegram_approvals_wait", chat=chat_id, reason=type(away).__name__)

    async def _keep_true(self, chat_id: int, member: Member | None, seen: ApprovalView) -> None:
        if not self._lacks(chat_id, member, seen):
            return
        await self._post.turn(chat_id)
        async with self._locks[chat_id]:
            try:
                view = await self._centre.get(self._tenant_id, seen.id)
                if self._lacks(chat_id, member, view):
                    await self._show(chat_id, member, view)
            except NotFound:
                log.info("telegram_approval_gone", approval=seen.id)
            except Refused as refused:
                self._refused.add((chat_id, seen.id, seen.v))
                log.error("telegram_refused_our_message", chat=chat_id, what=seen.id, reason=refused.summary)

    def _lacks(self, chat_id: int, member: Member | None, view: ApprovalView) -> bool:
        card = _card_in(view, chat_id)
        if card is not None:
            return card.shown_rev < view.v
        return member is not None and may_act(member, view)

    async def _show(self, chat_id: int, member: Member | None, view: ApprovalView) -> None:
        card = _card_in(view, chat_id)
        if member is None:
            face = Face(await self._faces.sentence(chat_id, "card_closed"))
        else:
            face = await self._face(view, chat_id, member)
        message_id = card.message_id if card else None
        if message_id is not None:
            try:
                await self._post.edit(chat_id, message_id, face.text, face.keyboard)
            except MessageGone:
                message_id = None if face.keyboard else message_id
            except ChatClosed:
                if member is not None:
                    raise
        if message_id is None:
            message_id = await self._post.send(chat_id, face.text, face.keyboard)
        await self._record(view, chat_id, message_id)

    async def _redraw(self, chat_id: int, message_id: int, approval_id: str, member: Member) -> None:
        """The message that was tapped shows the truth, whatever came of it."""
        async with self._locks[chat_id]:
            try:
                view = await self._centre.get(self._tenant_id, approval_id)
                face = await self._face(view, chat_id, member)
            except NotFound:
                view, language = None, await self._faces.languages.of(chat_id)
                face = Face(LINE_STARTS[language] + say("gone", language))
            try:
                await self._post.edit(chat_id, message_id, face.text, face.keyboard)
            except (Away, ChatClosed, MessageGone, Refused) as failed:
                log.info("telegram_approval_waits", chat=chat_id, reason=type(failed).__name__)
                return
            card = _card_in(view, chat_id) if view else None
            if view is not None and card is not None and card.message_id == message_id:
                await self._record(view, chat_id, message_id)

    async def _take_buttons(self, chat_id: int, message_id: int) -> None:
        try:
            await self._post.set_keyboard(chat_id, message_id, None)
        except (Away, ChatClosed, MessageGone, Refused) as failed:
            log.info("telegram_old_card_left", chat=chat_id, reason=type(failed).__name__)

    async def _record(self, view: ApprovalView, chat_id: int, message_id: int) -> None:
        await self._centre.card_shown(self._tenant_id, view.id, chat_id, message_id, view.v)

    async def _face(self, view: ApprovalView, chat_id: int, member: Member) -> Face:
        reader = await self._reader(chat_id)
        keyboard = _keyboard(view, reader.language) if may_act(member, view) else None
        return Face(card_page(view, reader), keyboard)

    async def _reader(self, chat_id: int) -> Reader:
        return Reader(await self._faces.languages.of(chat_id), self._faces.now(), self._faces.words)


def may_act(member: Member, view: ApprovalView, *, refusing: bool = False) -> bool:
    """Whether a request waits for this person; the centre has the last word."""
    if view.status is not ApprovalStatus.PENDING:
        return False
    has_agreed = any(is_same_person(member.human.id, one) for step in view.steps for one in step.people)
    asked_itself = view.four_eyes and is_same_person(view.requested_by.id, member.human.id)
    if not refusing and (has_agreed or asked_itself):
        return False
    wanted = (step.role for step in view.steps if refusing or step.is_open)
    return any(holds(role, (*member.roles, *member.borrowed)) for role in wanted)


def open_keyboard(views: Sequence[ApprovalView]) -> InlineKeyboardMarkup | None:
    """One button per line of a list."""
    return in_fives([open_button(view, number) for number, view in enumerate(views, start=1)])


def open_button(view: ApprovalView, number: int) -> InlineKeyboardButton:
    return _button(OPEN, view, f"{number} 📋")


def _keyboard(view: ApprovalView, language: Language) -> InlineKeyboardMarkup:
    row = [_button(do, view, say(f"do_{do}", language)) for do in (APPROVE, REJECT)]
    return InlineKeyboardMarkup(inline_keyboard=[row, [_button(DETAILS, view, say("do_details", language))]])


def _button(do: str, view: ApprovalView, label: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=label, callback_data=OnApproval(do=do, approval=view.id, v=view.v).pack())


def _card_in(view: ApprovalView, chat_id: int) -> ShownCard | None:
    return next((card for card in view.cards if card.chat_id == chat_id), None)


def _bare(line: str) -> str:
    return html.unescape(_MARKUP.sub("", line))[:190]
