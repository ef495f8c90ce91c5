"""What the fake Telegram remembers: chats, their messages, updates on their way, calls that came in."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ShownMessage:
    """A message of the bot, as a person sees it now."""

    chat_id: int
    message_id: int
    html: str
    text: str
    """Without the markup."""
    keyboard: list[list[dict[str, Any]]]
    force_reply: bool
    reply_to: int | None
    sent_at: float
    """Seconds of a monotonic clock."""
    before: list[str] = field(default_factory=list)
    """Visible texts it had earlier, oldest first."""
    is_deleted: bool = False

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [button for row in self.keyboard for button in row]

    @property
    def labels(self) -> list[str]:
        return [str(button["text"]) for button in self.buttons]

    def button(self, name: str) -> dict[str, Any] | None:
        """By a part of what it carries (`:approve:`, then `approve`) or of what it says."""
        for fits in (
            lambda b: f":{name}:" in b.get("callback_data", ""),
            lambda b: name in b.get("callback_data", ""),
            lambda b: name in b["text"],
        ):
            for button in self.buttons:
                if fits(button):
                    return button
        return None


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the bot."""

    method: str
    params: dict[str, Any]
    at: float


@dataclass(slots=True)
class Chat:
    """A private chat of one person with the bot."""

    id: int
    name: str
    started: bool = True
    blocked: bool = False
    messages: list[ShownMessage] = field(default_factory=list)
    texts: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Messages that the person wrote, by id."""


class World:
    """Everything, with a bell that rings whenever something changes."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.updates: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        """Every update ever made, also those that were confirmed."""
        self.calls: list[Call] = []
        self.popups: dict[str, tuple[str, bool]] = {}
        self.webhook: dict[str, Any] = {}
        self._changed = asyncio.Event()
        self._next_update = 10_000
        self._next_message = 0

    def message_id(self) -> int:
        self._next_message += 1
        return self._next_message

    def push(self, event: dict[str, Any]) -> dict[str, Any]:
        self._next_update += 1
        return self.push_again({"update_id": self._next_update, **event})

    def push_again(self, update: dict[str, Any]) -> dict[str, Any]:
        self.updates.append(update)
        self.history.append(update)
        self.ring()
        return update

    def ring(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def changes(self, within: float) -> None:
        """Wait for the next change, or so many seconds."""
        try:
            await asyncio.wait_for(self._changed.wait(), max(within, 0.001))
        except TimeoutError:
            return

    def message(self, chat_id: int, message_id: int) -> ShownMessage | None:
        chat = self.chats.get(chat_id)
        found = (
            (m for m in chat.messages if m.message_id == message_id and not m.is_deleted) if chat else iter(())
        )
        return next(found, None)


def seconds() -> float:
    return time.monotonic()
