"""Which language each approver reads; kept for good."""

from admin.telegram.sentences import LANGUAGES, Language
from bot.store import Marks


class Languages:
    """Per chat, `/lang` decides; before that, the language the bot was wired with."""

    def __init__(self, marks: Marks, default: Language) -> None:
        self._marks = marks
        self._default = default
        self._known: dict[int, Language] = {}

    async def of(self, chat_id: int) -> Language:
        if chat_id not in self._known:
            kept = await self._marks.read(_name(chat_id))
            self._known[chat_id] = kept if kept in LANGUAGES else self._default
        return self._known[chat_id]

    async def set(self, chat_id: int, language: Language) -> None:
        await self._marks.write(_name(chat_id), language)
        self._known[chat_id] = language


def _name(chat_id: int) -> str:
    return f"telegram_language:{chat_id}"
