"""
What somebody who may not decide can still do: look.

Rule 1: whatever is not named here is a decision, so that what is added later is closed until somebody opens it.
Rule 2: the approval centre asks each step for a role of its own, so its buttons and questions come through to it.
"""

from aiogram.types import Update

from admin.telegram import buttons
from admin.telegram.buttons import OnContact, OnDraft
from admin.telegram.prompts import Prompts

READING_COMMANDS = frozenset(
    {"queue", "brief", "help", "start", "find", "contact", "lang", "approvals", "privacy", "away", "back"}
)

_LOOKS = (f"{OnDraft.__prefix__}:{buttons.FULL_TEXT}:", f"{OnDraft.__prefix__}:{buttons.OPEN_CARD}:")
_SHOWS = (f"{OnContact.__prefix__}:{buttons.SHOW}:",)

# Rooms that ask for a role of their own; see the rule.
ASKS_ITSELF = ("a:", "n:", "w:")


async def only_looks(update: Update, prompts: Prompts) -> bool:
    """Whether an update changes nothing, or is asked for its role elsewhere."""
    if update.callback_query is not None:
        return (update.callback_query.data or "").startswith((*_LOOKS, *_SHOWS, *ASKS_ITSELF))
    message = update.message
    if message is None:
        return False
    if message.reply_to_message is not None:
        asked = await prompts.find(message.chat.id, message.reply_to_message.message_id)
        return asked is not None and asked.kind == "note"
    return not _is_command(message.text or "") or _named(message.text or "") in READING_COMMANDS


def _is_command(text: str) -> bool:
    return text.startswith("/")


def _named(text: str) -> str:
    return text.split()[0][1:].partition("@")[0].lower()
