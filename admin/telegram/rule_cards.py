"""
Changes of the rules that wait for a second person, as cards with two buttons.

Rule 1: a card shows what check, test and replay found; the files themselves are read on a page.
Rule 2: nothing here decides: `bot.workbench.bench` refuses an author's own change, an older state, unfit rules.
Rule 3: which cards are open in a chat is noted in the database; after a restart the same messages are kept true.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from aiogram import Router
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup

from admin.telegram.faces import Face, Faces
from admin.telegram.plain import LINE_STARTS, escaped, quoted
from admin.telegram.post import Away, ChatClosed, MessageGone, Post, Refused
from admin.telegram.rule_sentences import say
from admin.telegram.sentences import Language
from admin.telegram.settings import Rhythm
from bot.errors import DealixError, NotFound
from bot.people import Human
from bot.store import Store
from bot.workbench.bench import Workbench
from bot.workbench.editions import Change, State
from bot.workbench.replay_report import Report

log = structlog.get_logger()

REASONS = ("wording", "too_broad", "later", "other")
AGREE, PICK, REFUSE_FOR, BACK = "agree", "pick", "refuse_", "back"

# A card names the first files; the rest is on the page.
FILES_NAMED = 6


class OnChange(CallbackData, prefix="r"):
    """A tap that concerns one change of the rules."""

    do: str
    change: str
    v: int
    """Of the change as the card showed it."""


class RuleCards:
    """The changes of one tenant in the chats of its approvers."""

    def __init__(
        self,
        tenant_id: str,
        chats: Callable[[], tuple[int, ...]],
        workbench: Workbench,
        store: Store,
        post: Post,
        faces: Faces,
        rhythm: Rhythm,
    ) -> None:
        self._tenant_id = tenant_id
        self._chats = chats
        self._workbench = workbench
        self._store = store
        self._post = post
        self._faces = faces
        self._rhythm = rhythm

    async def run(self) -> None:
        """Keep the cards true for as long as the bot runs."""
        while True:
            for chat_id in self._chats():
                try:
                    await self.look(chat_id)
                except (Away, ChatClosed, Refused, *self._store.unreachable) as waits:
                    log.info("telegram_rule_cards_wait", chat=chat_id, reason=type(waits).__name__)
            await asyncio.sleep(self._rhythm.sweep_seconds)

    async def look(self, chat_id: int) -> None:
        """Show what is not shown yet, and correct what is no longer true."""
        open_cards: dict[str, Any] = await self._store.marks.read(self._mark(chat_id)) or {}
        waiting = {
            change.id: change
            for change in await self._workbench.changes(self._tenant_id)
            if change.state is State.SUBMITTED
        }
        for change_id in [*waiting, *(known for known in open_cards if known not in waiting)]:
            change = waiting.get(change_id) or await self._found(change_id)
            card = open_cards.get(change_id)
            if change is not None and card and card["shown"] == _shown(change):
                continue
            await self._post.turn(chat_id)
            message_id = await self._show(chat_id, change, card["message"] if card else None)
            if change is None or change.state is not State.SUBMITTED or message_id is None:
                open_cards.pop(change_id, None)
            else:
                open_cards[change_id] = {"message": message_id, "shown": _shown(change)}
            await self._store.marks.write(self._mark(chat_id), open_cards)

    def router(self) -> Router:
        router = Router(name="rules")
        router.callback_query.register(self.on_change, OnChange.filter())
        return router

    async def on_change(self, query: CallbackQuery, callback_data: OnChange, me: Human) -> None:
        """Do it, say it, show it."""
        assert query.message is not None  # a tap in a private chat always has its message
        chat_id, message_id = query.message.chat.id, query.message.message_id
        language = await self._faces.languages.of(chat_id)
        do, change_id = callback_data.do, callback_data.change
        if do == PICK:
            await self._post.set_keyboard(chat_id, message_id, _reasons(change_id, callback_data.v, language))
            await self._post.popup(query.id, say("pick_reason", language))
            return
        words, is_alert = await self._done(do, change_id, callback_data.v, me, language)
        await self._post.popup(query.id, words, alert=is_alert)
        await self._correct(chat_id, message_id, await self._found(change_id))

    async def _done(self, do: str, change_id: str, v: int, me: Human, language: Language) -> tuple[str, bool]:
        """What the person sees at once, and whether it is a refusal."""
        try:
            if do == AGREE:
                edition = await self._workbench.agree(self._tenant_id, change_id, me, v)
                return say("ok_agreed", language, number=edition.number), False
            if do.startswith(REFUSE_FOR):
                reason = say(f"reason_{do.removeprefix(REFUSE_FOR)}", "ar")
                await self._workbench.refuse(self._tenant_id, change_id, me, reason)
                return say("ok_refused", language), False
        except DealixError as refused:
            sentence = refused.message_ar if language == "ar" else refused.message_en
            return sentence[:190], True
        return "", False

    async def _correct(self, chat_id: int, message_id: int, change: Change | None) -> None:
        try:
            await self._show(chat_id, change, message_id)
        except (Away, ChatClosed, Refused) as failed:
            log.info("telegram_rule_card_waits", chat=chat_id, reason=type(failed).__name__)

    async def _show(self, chat_id: int, change: Change | None, message_id: int | None) -> int | None:
        face = await self._face(change, chat_id)
        if message_id is None:
            return await self._post.send(chat_id, face.text, face.keyboard) if change else None
        try:
            await self._post.edit(chat_id, message_id, face.text, face.keyboard)
        except MessageGone:
            still_waits = change is not None and change.state is State.SUBMITTED
            return await self._post.send(chat_id, face.text, face.keyboard) if still_waits else None
        return message_id

    async def _face(self, change: Change | None, chat_id: int) -> Face:
        language = await self._faces.languages.of(chat_id)
        if change is None:
            return Face(LINE_STARTS[language] + say("gone", language))
        lines = [LINE_STARTS[language] + line for line in _lines(change, language)]
        return Face("\n".join(lines), _keyboard(change, language))

    async def _found(self, change_id: str) -> Change | None:
        try:
            return await self._workbench.change(self._tenant_id, change_id)
        except NotFound:
            return None

    def _mark(self, chat_id: int) -> str:
        return f"telegram_rule_cards:{self._tenant_id}:{chat_id}"


def _shown(change: Change) -> str:
    at: datetime | None = change.decided_at or change.submitted_at
    return f"{change.state.value} {change.v} {at.isoformat() if at else ''}"


def _lines(change: Change, language: Language) -> list[str]:
    title = quoted(change.title, 120) if change.title else say("no_title", language)
    lines = [
        f"<b>{say('heading', language)}</b> {title}",
        say("by", language, name=quoted(change.submitted_by.name or change.author.name, 40)),
    ]
    files = sorted(change.edits)
    named = [f"<code>{escaped(path)}</code>" for path in files[:FILES_NAMED]]
    more = [say("more_files", language, n=len(files) - FILES_NAMED)] if len(files) > FILES_NAMED else []
    summary = change.summary
    tested = {name: summary.get(name, 0) for name in ("pages", "examples", "chats")}
    return [
        *lines,
        *named,
        *more,
        say("tested", language, **tested),
        *_replayed(summary, language),
        _state(change, language),
    ]


def _replayed(summary: dict[str, Any], language: Language) -> list[str]:
    report = Report.of(summary["replay"]) if summary.get("replay") else None
    if report is None or not report.has_data:
        return [say("no_replay", language)]
    line = say("replayed", language, n=report.decisions, changed=report.changed)
    return [line, say("freed", language, n=report.freed)] if report.freed else [line]


def _state(change: Change, language: Language) -> str:
    who = quoted(change.decided_by.name, 40)
    return say(f"state_{change.state.value}", language, name=who, why=quoted(change.reason, 200))


def _keyboard(change: Change, language: Language) -> InlineKeyboardMarkup | None:
    if change.state is not State.SUBMITTED:
        return None
    row = [
        _button(AGREE, change.id, change.v, say("do_agree", language)),
        _button(PICK, change.id, change.v, say("do_refuse", language)),
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row])


def _reasons(change_id: str, v: int, language: Language) -> InlineKeyboardMarkup:
    rows = [[_button(REFUSE_FOR + reason, change_id, v, say(f"reason_{reason}", language))] for reason in REASONS]
    return InlineKeyboardMarkup(inline_keyboard=[*rows, [_button(BACK, change_id, v, say("do_back", language))]])


def _button(do: str, change_id: str, v: int, words: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=words, callback_data=OnChange(do=do, change=change_id, v=v).pack())
