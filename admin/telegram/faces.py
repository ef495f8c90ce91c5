"""Draws cards and notices for one chat, in its language, as of now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiogram.types import InlineKeyboardMarkup

from admin.telegram.buttons import card_keyboard, notice_keyboard
from admin.telegram.card_text import render
from admin.telegram.languages import Languages
from admin.telegram.names import Words, named, readable
from admin.telegram.plain import LINE_STARTS, escaped, quoted
from admin.telegram.sentences import SENTENCES, Language, say
from admin.telegram.times import span, whole_minutes
from bot.cards import Card
from bot.conversation import Conversation, Draft, Notice


@dataclass(frozen=True, slots=True)
class Face:
    """What a message shows."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None


class Faces:
    """Everything that is drawn without being asked for."""

    def __init__(self, languages: Languages, words: Words, now: Callable[[], datetime]) -> None:
        self.languages = languages
        self.words = words
        self.now = now

    async def of_card(self, card: Card, chat_id: int) -> Face:
        language = await self.languages.of(chat_id)
        text = render(card, language=language, now=self.now(), words=self.words)
        is_cut = say("text_is_cut", language) in text
        return Face(text, card_keyboard(card, language, is_cut=is_cut))

    async def of_notice(self, notice: Notice, conversation: Conversation, chat_id: int) -> Face:
        language = await self.languages.of(chat_id)
        text = notice_text(notice, conversation, self.words, language)
        return Face(LINE_STARTS[language] + text, notice_keyboard(conversation.id, language))

    async def of_ring(self, draft: Draft, chat_id: int) -> Face:
        """What makes the phone ring while a draft waits: the level it has reached."""
        language, now = await self.languages.of(chat_id), self.now()
        if draft.alerted_level > 1 and draft.due_at is not None:
            text = say("ring_due", language, left=span(max(now - draft.due_at, timedelta(0)), language))
        else:
            text = say("ring_warn", language, minutes=whole_minutes(now - draft.created_at))
        return Face(LINE_STARTS[language] + text)

    async def of_snooze_end(self, chat_id: int) -> Face:
        language = await self.languages.of(chat_id)
        return Face(LINE_STARTS[language] + say("ring_snooze", language))

    async def sentence(self, chat_id: int, key: str, **values: object) -> str:
        language = await self.languages.of(chat_id)
        return LINE_STARTS[language] + say(key, language, **values)


def notice_text(notice: Notice, conversation: Conversation, words: Words, language: Language) -> str:
    """One sentence about what happened, and its detail when there is one."""
    name = quoted(conversation.name, 40) if conversation.name.strip() else say("no_name", language)
    key = f"notice_{notice.kind}"
    if key in SENTENCES:
        sentence = say(key, language, name=name)
    else:
        sentence = say("notice_other", language, kind=escaped(readable(notice.kind)), name=name)
    if not notice.detail.strip():
        return sentence
    is_key = " " not in notice.detail
    detail = named(words, "note", notice.detail, language) if is_key else quoted(notice.detail, 200)
    return f"{sentence}\n{LINE_STARTS[language]}{detail}"
