"""
Questions that a person answers by replying: which message asked for what. Survives restarts.

A reply names the message it answers, so nothing has to be remembered about the person.
"""

from dataclasses import asdict, dataclass, replace
from typing import Literal

from aiogram.types import ForceReply

from admin.telegram.languages import Languages
from admin.telegram.plain import LINE_STARTS, clean, fitting, quoted
from admin.telegram.post import Post
from admin.telegram.sentences import say
from bot.cards import Card, ContactView
from bot.store import Marks

# A longer text is cut in the question; the whole of it is behind the button "Full text".
TEXT_AT_MOST = 3_500


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a reply to one of our messages means."""

    kind: Literal["edit", "write", "note"]
    target: str
    """A draft id to edit, a conversation id to write to, an approval id to refuse with a note."""
    version: int = 0
    """The wording that the person saw."""
    tenant_id: str = ""
    """Who asked; empty in what was asked before there were several."""


class Prompts:
    """Asks, and remembers what was asked."""

    def __init__(self, post: Post, marks: Marks, languages: Languages, tenant_id: str) -> None:
        self._tenant_id = tenant_id
        self._post = post
        self._marks = marks
        self._languages = languages

    async def ask_for_text(self, chat_id: int, card: Card) -> None:
        """Ask for a new wording, with the present one ready to copy."""
        language = await self._languages.of(chat_id)
        start = LINE_STARTS[language]
        text, _ = fitting(clean(card.text), TEXT_AT_MOST)
        question = (
            f"{start}{say('edit_prompt', language)}\n{start}{say('edit_prompt_now', language)}\n<pre>{text}</pre>"
        )
        prompt = Prompt("edit", card.draft_id, card.text_version)
        await self.ask(chat_id, question, say("edit_placeholder", language), prompt)

    async def ask_for_message(self, chat_id: int, view: ContactView) -> None:
        """Ask what to tell a contact."""
        language = await self._languages.of(chat_id)
        name = quoted(view.name, 40) if view.name.strip() else say("no_name", language)
        question = LINE_STARTS[language] + say("write_prompt", language, name=name)
        prompt = Prompt("write", view.conversation_id)
        await self.ask(chat_id, question, say("write_placeholder", language), prompt)

    async def find(self, chat_id: int, message_id: int) -> Prompt | None:
        """What this tenant asked with a message; nothing for another tenant's question."""
        kept = await self._marks.read(_name(chat_id, message_id))
        prompt = Prompt(**kept) if kept else None
        return prompt if prompt and prompt.tenant_id in ("", self._tenant_id) else None

    async def keep(self, chat_id: int, message_id: int, prompt: Prompt) -> None:
        mine = replace(prompt, tenant_id=self._tenant_id)
        await self._marks.write(_name(chat_id, message_id), asdict(mine))

    async def ask(self, chat_id: int, question: str, placeholder: str, prompt: Prompt) -> None:
        """Ask something that a reply answers."""
        box = ForceReply(selective=True, input_field_placeholder=placeholder)
        message_id = await self._post.say(chat_id, question, box)
        if message_id is not None:
            await self.keep(chat_id, message_id, prompt)


def _name(chat_id: int, message_id: int) -> str:
    return f"telegram_prompt:{chat_id}:{message_id}"
