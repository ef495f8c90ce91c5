"""
Requests of contacts about their own data: a card when one comes, kept true until it is closed, and `/privacy`.

Rule 1: nothing is decided here: an export or a deletion is done where one sees what it does, on the page.
Rule 2: shown to admins and data protection officers; where none is in Telegram, to those who decide.
Rule 3: which cards are open in a chat is noted in the database; after a restart the same messages are kept true.
"""

import asyncio
from typing import Any

import structlog
from aiogram import Router
from aiogram.filters import Command
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Message

from admin.telegram.faces import Face, Faces
from admin.telegram.lane import Closed
from admin.telegram.pages import QUEUE_SHOWN, Reader
from admin.telegram.plain import code, quoted
from admin.telegram.post import Away, ChatClosed, MessageGone, Post, Refused
from admin.telegram.privacy_sentences import say
from admin.telegram.settings import Rhythm
from admin.telegram.staff import Member, Staff
from admin.telegram.times import clock, span
from bot.errors import NotFound
from bot.privacy.data_requests import COMPLETED, PENDING, PROCESSING, REJECTED, DataRequest
from bot.privacy.data_rights import DataRights
from bot.store import Store

log = structlog.get_logger()

TOLD = frozenset({"admin", "dpo"})

# Where the console shows them.
PAGE = "/console/privacy"


class PrivacyCards:
    """The data requests of one tenant."""

    def __init__(
        self,
        tenant_id: str,
        staff: Staff,
        rights: DataRights,
        store: Store,
        post: Post,
        faces: Faces,
        rhythm: Rhythm,
        public_url: str,
    ) -> None:
        """`public_url`: of the console, empty when nobody can open it from a phone."""
        self._tenant_id = tenant_id
        self._staff = staff
        self._rights = rights
        self._store = store
        self._post = post
        self._faces = faces
        self._rhythm = rhythm
        self._public_url = public_url.rstrip("/")
        self._closed = Closed(rhythm.closed_chat_seconds)

    async def run(self) -> None:
        """Keep the cards true for as long as the bot runs."""
        while True:
            members = self._staff.members(self._tenant_id)
            told = [member for member in members if TOLD & set(member.roles)]
            told = told or [member for member in members if member.may_decide]
            try:
                open_ones = await self._open_ones()
                await asyncio.gather(*(self._serve(member.chat_id, open_ones) for member in told))
            except self._store.unreachable as away:
                log.info("telegram_data_requests_wait", reason=type(away).__name__)
            await asyncio.sleep(self._rhythm.sweep_seconds)

    def opened(self, chat_id: int) -> None:
        """A person wrote to us, so we may write to them."""
        self._closed.reopen(chat_id)

    def router(self) -> Router:
        router = Router(name="privacy")
        router.message.register(self.on_list, Command("privacy"))
        return router

    async def on_list(self, message: Message, member: Member) -> None:
        """What is open, what is due first at the top."""
        chat_id = message.chat.id
        reader = await self._reader(chat_id)
        waiting = sorted((await self._open_ones()).values(), key=lambda request: request.due_at)
        if not waiting:
            await self._post.say(chat_id, reader.page([say("none", reader.language)]))
            return
        lines = [f"<b>{say('title', reader.language, count=len(waiting))}</b>"]
        for number, request in enumerate(waiting[:QUEUE_SHOWN], start=1):
            first, *others = _lines(request, reader)
            lines += [f"{number}. {first}", *others]
        if len(waiting) > QUEUE_SHOWN:
            lines.append(say("more", reader.language, count=len(waiting) - QUEUE_SHOWN))
        await self._post.say(chat_id, reader.page(lines), self._keyboard("", reader))

    async def _open_ones(self) -> dict[str, DataRequest]:
        found = [
            request
            for status in (PENDING, PROCESSING)
            for request in await self._rights.list(self._tenant_id, status)
        ]
        return {request.id: request for request in found}

    async def _serve(self, chat_id: int, open_ones: dict[str, DataRequest]) -> None:
        if self._closed.is_closed(chat_id):
            return
        try:
            await self._look(chat_id, open_ones)
        except ChatClosed:
            self._closed.close(chat_id)
        except (Away, Refused) as waits:
            log.info("telegram_data_requests_wait", chat=chat_id, reason=type(waits).__name__)

    async def _look(self, chat_id: int, open_ones: dict[str, DataRequest]) -> None:
        cards: dict[str, Any] = await self._store.marks.read(self._mark(chat_id)) or {}
        for request_id in [*cards, *(known for known in open_ones if known not in cards)]:
            request = open_ones.get(request_id) or await self._found(request_id)
            card = cards.get(request_id)
            if request is None:
                del cards[request_id]
            elif card is None or card["shown"] != _shown(request):
                await self._post.turn(chat_id)
                message_id = await self._show(chat_id, request, card["message"] if card else None)
                if request.is_open:
                    cards[request_id] = {"message": message_id, "shown": _shown(request)}
                else:
                    cards.pop(request_id, None)
            else:
                continue
            await self._store.marks.write(self._mark(chat_id), cards)

    async def _show(self, chat_id: int, request: DataRequest, message_id: int | None) -> int:
        reader = await self._reader(chat_id)
        face = Face(reader.page(_lines(request, reader)), self._keyboard(request.id, reader))
        if message_id is None:
            return await self._post.send(chat_id, face.text, face.keyboard)
        try:
            await self._post.edit(chat_id, message_id, face.text, face.keyboard)
        except MessageGone:
            log.info("telegram_data_request_card_gone", chat=chat_id)
        return message_id

    async def _found(self, request_id: str) -> DataRequest | None:
        try:
            return await self._rights.show(self._tenant_id, request_id)
        except NotFound:
            return None

    def _keyboard(self, request_id: str, reader: Reader) -> InlineKeyboardMarkup | None:
        if not self._public_url:
            return None
        url = f"{self._public_url}{PAGE}" + (f"?request={request_id}" if request_id else "")
        button = InlineKeyboardButton(text=say("do_page", reader.language), url=url)
        return InlineKeyboardMarkup(inline_keyboard=[[button]])

    async def _reader(self, chat_id: int) -> Reader:
        return Reader(await self._faces.languages.of(chat_id), self._faces.now(), self._faces.words)

    def _mark(self, chat_id: int) -> str:
        return f"telegram_data_requests:{self._tenant_id}:{chat_id}"


def _shown(request: DataRequest) -> str:
    return f"{request.status} {request.v}"


def _lines(request: DataRequest, reader: Reader) -> list[str]:
    language, now = reader.language, reader.now
    name = quoted(request.subject.name, 40) if request.subject.name.strip() else say("no_name", language)
    lines = [
        f"<b>{say(request.kind, language, name=name)}</b>",
        f"{say('reference', language, reference=code(request.reference))} · {_status(request, reader)}",
    ]
    if request.is_open:
        key = "overdue" if request.is_overdue(now) else "due"
        left, at = span(request.due_at - now, language), clock(request.due_at, now, language)
        lines.append(say(key, language, left=left, at=at))
    return lines


def _status(request: DataRequest, reader: Reader) -> str:
    at = clock(request.closed_at, reader.now, reader.language) if request.closed_at else ""
    if request.status == COMPLETED:
        return say("completed", reader.language, at=at)
    if request.status == REJECTED:
        return say("rejected", reader.language, at=at, why=quoted(request.reason, 200))
    return say(request.status, reader.language)
