"""Where one page stands: the house, the tenant, the language, and how it says what came of an action."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.client import Client

from admin.console.rooms import House
from admin.console.sentences import Language, named, say
from bot.approvals import Human
from bot.errors import DealixError

SAMI = Human("console:sami", "Sami")


@dataclass(frozen=True, slots=True)
class Place:
    """One page of one visitor."""

    house: House
    tenant_id: str
    language: Language
    client: Client

    def now(self) -> datetime:
        return self.house.notebook.now()

    def say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)

    def words(self, family: str, name: str) -> str:
        """`stage`, `qualifying` -> its words; a name that the house has no words for is shown readable."""
        key = f"{family}.{name}"
        found = self.house.words(key, self.language)
        return found if found != key else named("code", name, self.language)

    def channel(self, channel: str) -> str:
        return named("channel", channel, self.language)

    def name_of(self, human: str) -> str:
        """Sami is written in the language of the page."""
        return self.say("by_human") if human == SAMI.name else human

    async def act(self, doing: Awaitable[Any], done: str = "") -> bool:
        """Do something and say what came of it; answers whether it was done."""
        try:
            await doing
        except DealixError as refused:
            self.tell(refused.message_ar if self.language == "ar" else refused.message_en, is_bad=True)
            return False
        except self.house.store.unreachable:
            self.tell(self.say("database_away"), is_bad=True)
            return False
        if done:
            self.tell(self.say(done))
        return True

    def tell(self, sentence: str, *, is_bad: bool = False) -> None:
        """A short notice that goes by itself."""
        with self.client:
            ui.notify(
                sentence,
                position="top",
                timeout=6_000 if is_bad else 2_500,
                classes="toast toast-bad" if is_bad else "toast",
            )

    async def send(self, text: str, doing: Awaitable[Any], field: str, done: str = "") -> None:
        """Do something with a text that was typed; it goes back into its field when that fails."""
        if not await self.act(doing, done):
            with self.client:
                ui.run_javascript(f"dealix.giveBack({json.dumps(field)}, {json.dumps(text)})")

    def later(self, action: Callable[[], Awaitable[Any]], done: str = "") -> Callable[[], Awaitable[bool]]:
        """The same as `act`, for a button."""

        async def pressed() -> bool:
            return await self.act(action(), done)

        return pressed
