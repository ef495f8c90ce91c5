"""A person with Telegram on their phone: reads, taps, types, replies, blocks."""

import itertools
import time
from dataclasses import dataclass
from typing import Any

from tests.fakes.telegram.methods import as_message
from tests.fakes.telegram.state import Chat, ShownMessage, World

_QUERY_IDS = itertools.count(1)

# Long enough for a loaded machine, short enough that a missing message fails a test soon.
PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Popup:
    """What a tap was answered with."""

    text: str
    is_alert: bool
    update: dict[str, Any]
    """The tap itself, to be delivered again with `telegram.replays`."""


class Person:
    """Acts in one private chat with the bot."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self.chat = chat

    @property
    def messages(self) -> list[ShownMessage]:
        """Everything the bot shows in this chat now."""
        return [message for message in self.chat.messages if not message.is_deleted]

    @property
    def last(self) -> ShownMessage:
        return self.messages[-1]

    def reads(self, text: str) -> list[ShownMessage]:
        """The messages that say this now."""
        return [message for message in self.messages if text in message.text]

    async def sees(self, text: str, *, on: ShownMessage | None = None, within: float = PATIENCE) -> ShownMessage:
        """Wait until a message (or this one) says this."""
        return await self._wait(
            lambda: [m for m in self.reads(text) if on is None or m.message_id == on.message_id],
            f"{self.chat.name} never saw {text!r}",
            within,
        )

    async def sees_below(self, earlier: ShownMessage, text: str, *, within: float = PATIENCE) -> ShownMessage:
        """Wait until a message that came later than this one says this."""
        return await self._wait(
            lambda: [m for m in self.reads(text) if m.message_id > earlier.message_id],
            f"{self.chat.name} never saw {text!r} below",
            within,
        )

    async def sees_button(
        self, name: str, *, on: ShownMessage | None = None, within: float = PATIENCE
    ) -> ShownMessage:
        """Wait until a message (or this one) carries this button."""
        return await self._wait(
            lambda: [
                m for m in self.messages if m.button(name) and (on is None or m.message_id == on.message_id)
            ],
            f"{self.chat.name} never saw a button {name!r}",
            within,
        )

    async def taps(self, name: str, *, on: ShownMessage | None = None, within: float = PATIENCE) -> Popup:
        """Tap the latest button of that name and wait for the answer."""
        message = await self.sees_button(name, on=on, within=within)
        button = message.button(name)
        assert button is not None
        return await self.sends_tap(button["callback_data"], message, within=within)

    async def sends_tap(self, data: str, message: ShownMessage, *, within: float = PATIENCE) -> Popup:
        """Deliver a tap with any data, also one that no button carries any more."""
        update = self.taps_silently(data, message)
        return await self.hears(update, within=within)

    def taps_silently(self, data: str, message: ShownMessage) -> dict[str, Any]:
        """Deliver a tap without waiting; answers the update."""
        query = {
            "id": f"q{next(_QUERY_IDS)}",
            "from": self._user(),
            "message": as_message(message, self._world.chats[message.chat_id]),
            "chat_instance": "-3107283231",
            "data": data,
        }
        return self._world.push({"callback_query": query})

    async def hears(self, update: dict[str, Any], *, within: float = PATIENCE) -> Popup:
        """Wait until a tap is answered."""
        query_id = update["callback_query"]["id"]
        deadline = time.monotonic() + within
        while query_id not in self._world.popups:
            left = deadline - time.monotonic()
            assert left > 0, (
                f"the tap {update['callback_query']['data']!r} of {self.chat.name} was never answered"
            )
            await self._world.changes(left)
        text, is_alert = self._world.popups[query_id]
        return Popup(text, is_alert, update)

    async def types(self, text: str) -> dict[str, Any]:
        """Write to the bot."""
        return self._write(text)

    async def replies(
        self, text: str, *, to: ShownMessage | None = None, within: float = PATIENCE
    ) -> dict[str, Any]:
        """Reply to a message; without `to`, to the question that waits for a reply."""
        asked = to or await self._wait(
            lambda: [m for m in self.messages if m.force_reply], f"{self.chat.name} was never asked", within
        )
        return self._write(text, reply_to_message=as_message(asked, self.chat))

    async def changes(self, written: dict[str, Any], text: str) -> dict[str, Any]:
        """Edit a message of one's own."""
        return self._world.push(
            {"edited_message": {**written["message"], "text": text, "edit_date": 1_769_900_000}}
        )

    def deletes(self, message: ShownMessage) -> None:
        message.is_deleted = True

    def blocks(self) -> None:
        self.chat.blocked = True

    def unblocks(self) -> None:
        self.chat.blocked = False

    def _write(self, text: str, **more: Any) -> dict[str, Any]:
        self.chat.started = True
        message: dict[str, Any] = {
            "message_id": self._world.message_id(),
            "from": self._user(),
            "chat": {"id": self.chat.id, "type": "private", "first_name": self.chat.name},
            "date": 1_769_800_000,
            "text": text,
            **more,
        }
        if text.startswith("/"):
            length = len(text.split()[0])
            message["entities"] = [{"offset": 0, "length": length, "type": "bot_command"}]
        return self._world.push({"message": message})

    def _user(self) -> dict[str, Any]:
        return {"id": self.chat.id, "is_bot": False, "first_name": self.chat.name, "language_code": "ar"}

    async def _wait(self, look: Any, complaint: str, within: float) -> ShownMessage:
        deadline = time.monotonic() + within
        while not (found := look()):
            left = deadline - time.monotonic()
            assert left > 0, f"{complaint}; there is: {[m.text[:120] for m in self.messages[-6:]]}"
            await self._world.changes(left)
        return found[-1]
