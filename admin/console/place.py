"""Where one page stands: the house, who sits before it, the language, and how it says what came of an action."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from nicegui import ui
from nicegui.client import Client

from admin.console.rooms import House
from admin.console.sentences import Language, Sentences, named, said_in, say
from admin.console.states import Trouble
from bot.access import Forbidden, Session, Unauthenticated
from bot.approvals import Human
from bot.errors import DealixError

SAMI = Human("console:sami", "Sami")

# Who may do what with rules; an admin may do all of it, except agree to a change of their own.
WRITES = ("rules_editor", "admin")
DECIDES = ("approver", "admin")


@dataclass(frozen=True, slots=True)
class Place:
    """One page of one visitor."""

    house: House
    tenant_id: str
    language: Language
    client: Client
    visitor: Human = SAMI
    role: str = ""
    """Empty on the simulator, where everybody is Sami."""
    until: datetime | None = None
    """When the visitor is asked again who they are."""
    leaf: str = "simulator"
    """The name of this page in the address."""
    leaves: tuple[str, ...] = ()
    """The pages that there are, as the navigation lists them."""
    sentences: Sentences = field(default_factory=dict)
    """What only this page says."""
    trouble: Trouble = field(default_factory=Trouble)
    has_hijri: bool = False
    """Whether this browser wants the Hijri date beside the other one."""
    session: Session | None = None
    """What the visitor came in with; None on the simulator."""

    def now(self) -> datetime:
        return self.house.notebook.now()

    def say(self, key: str, **values: object) -> str:
        """A sentence of this page, or of all pages."""
        if key in self.sentences:
            return said_in(self.sentences, key, self.language, **values)
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

    def message(self, refused: DealixError) -> str:
        """What an error says, in the language of the page."""
        return refused.message_ar if self.language == "ar" else refused.message_en

    # addresses

    def address(self, leaf: str, **query: str) -> str:
        """Where a page of the console stands, in the language of this one."""
        path = f"/console/{leaf}" if self.language == "ar" else f"/console/en/{leaf}"
        return f"{path}?{urlencode(query)}" if query else path

    def go(self, leaf: str, **query: str) -> None:
        """Open another page of the console."""
        with self.client:
            ui.navigate.to(self.address(leaf, **{name: value for name, value in query.items() if value}))

    # who may

    def may(self, roles: tuple[str, ...]) -> bool:
        """Whether one of the visitor's roles is one of these."""
        return not self.roles.isdisjoint(roles)

    @property
    def roles(self) -> frozenset[str]:
        return self.session.roles if self.session is not None else frozenset({self.role})

    def needs(self, roles: tuple[str, ...]) -> str:
        """A sentence for a button that the visitor may not press."""
        names = [self.say(f"role_{role}") for role in roles]
        return self.say("needs_role", roles=self.say("or").join(names))

    def require(self, *roles: str) -> None:
        """Raises Unauthenticated when the visit is over, Forbidden unless one of the roles is one of these."""
        if self.until is not None and self.until <= self.now():
            raise Unauthenticated(say("visit_over", "en"), say("visit_over", "ar"))
        if self.session is not None:
            self.house.trust.who.reception.require_still_in(self.session)
        if roles and self.roles.isdisjoint(roles):
            raise Forbidden(
                say("needs_role", "en", roles=" or ".join(say(f"role_{role}", "en") for role in roles)),
                say("needs_role", "ar", roles=" أو ".join(say(f"role_{role}", "ar") for role in roles)),
            )

    # acting

    async def act(self, doing: Awaitable[Any], done: str = "") -> bool:
        """Do something and say what came of it; answers whether it was done."""
        try:
            await doing
        except DealixError as refused:
            self.tell(self.message(refused), is_bad=True)
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

    def remember(self, **query: str) -> None:
        """Keep what is looked at in the address, so that a reload and the other language show the same."""
        kept: Mapping[str, str] = {name: value for name, value in query.items() if value}
        with self.client:
            ui.run_javascript(f"dealix.remember({json.dumps(kept)})")
