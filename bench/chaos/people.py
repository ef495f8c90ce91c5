"""
Sami, his colleagues and a stranger, with quick thumbs: they approve, edit, reject, tap twice and tap old cards.

Rule 1: they see what Telegram shows and nothing else; about a message in doubt they look at the lead's phone.
Rule 2: what one of them does with a draft follows from the seed and the draft, not from when they saw it.
"""

import asyncio
import random
import re
import time
from collections.abc import Callable

from bench.chaos.history import Card, Tap
from bench.chaos.tenants import STRANGER, TENANTS, ChaosTenant
from tests.fakes.telegram import FakeTelegram, Person, ShownMessage

ON_DRAFT = re.compile(r"^d:(?P<deed>[a-z_0-9]+):(?P<draft>[0-9A-Za-z]+):(?P<version>\d+)(?:@[0-9a-z]+)?$")

# So long nobody says that a message in doubt did not arrive: a slow provider may still take it.
LOOKS_AGAIN_AFTER = 40.0

# How long a person looks at something before they do it again.
BLINK = 0.4

HABITS = (
    ("approve", 52),
    ("twice", 10),
    ("both", 10),
    ("edit", 10),
    ("reject", 10),
    ("stranger", 4),
    ("leave", 4),
)


class People:
    """Everybody who has the bot in their Telegram."""

    def __init__(self, seed: int, telegram: FakeTelegram, arrived: Callable[[str, str], bool]) -> None:
        """`arrived` says whether a draft's message is on the lead's phone: (tenant, draft)."""
        self._seed = seed
        self._telegram = telegram
        self._arrived = arrived
        self._persons: dict[int, Person] = {
            chat: telegram.person(chat, f"{tenant.id} {chat}") for tenant in TENANTS for chat in tenant.people
        }
        self._stranger = telegram.person(STRANGER, "Stranger")
        self._done: dict[tuple[int, str, int], float] = {}
        self._doubted: dict[str, float] = {}
        self._asked: set[tuple[int, int]] = set()
        self._old: list[tuple[Person, str, ShownMessage]] = []
        self.taps: list[Tap] = []

    async def run(self) -> None:
        """Look and act until cancelled."""
        await asyncio.gather(*(self._person(t, chat) for t in TENANTS for chat in t.people))

    def cards(self) -> list[Card]:
        """Every message that carries buttons about a draft, as it is shown now."""
        found = []
        for tenant in TENANTS:
            for chat in tenant.people:
                for message in self._persons[chat].messages:
                    deeds: dict[str, list[str]] = {}
                    for button in message.buttons:
                        if named := ON_DRAFT.match(button.get("callback_data", "")):
                            deeds.setdefault(named["draft"], []).append(named["deed"])
                    seen = tuple(t.id for t in TENANTS if t.canary in message.text)
                    for draft, its in deeds.items() or [("", [])]:
                        found.append(Card(tenant.id, chat, draft, tuple(its), seen))
        return found

    async def _person(self, tenant: ChaosTenant, chat: int) -> None:
        person = self._persons[chat]
        chance = random.Random(f"{self._seed}:{chat}")
        while True:
            for message in list(person.messages):
                self._answer_question(tenant, person, message)
                for button in message.buttons:
                    named = ON_DRAFT.match(button.get("callback_data", ""))
                    if named:
                        self._consider(tenant, person, message, named, button["callback_data"])
            if self._old and chance.random() < 0.05:
                owner, data, message = chance.choice(self._old)
                if owner is person:
                    self._tap(tenant, person, data, message)
            await asyncio.sleep(BLINK * (0.5 + chance.random()))

    def _consider(
        self, tenant: ChaosTenant, person: Person, message: ShownMessage, named: re.Match[str], data: str
    ) -> None:
        deed, draft, version = named["deed"], named["draft"], int(named["version"])
        key = (person.chat.id, f"{draft}:{deed}", version)
        # A tap that got lost is made again after a while, as people do.
        if time.monotonic() - self._done.get(key, -99.0) < 8:
            return
        wanted = self._habit(draft)
        if deed == "approve" and self._is_mine(tenant, person, draft, wanted):
            self._done[key] = time.monotonic()
            self._approve(tenant, person, message, data, draft, version, wanted)
        elif not self._is_first(tenant, person):
            return
        elif self._is_next_tap(deed, wanted, version, message, draft):
            self._done[key] = time.monotonic()
            self._tap(tenant, person, data, message)
        elif deed in ("arrived", "send_again"):
            self._resolve(tenant, person, message, deed, draft, data, key)

    @staticmethod
    def _is_next_tap(deed: str, wanted: str, version: int, message: ShownMessage, draft: str) -> bool:
        """Whether this button is the next one on the way to a rejection or to a new wording."""
        if wanted == "edit":
            return deed == "edit" and version == 1
        return wanted == "reject" and (deed == "pick_reason" or deed == _reason(message, draft))

    def _approve(
        self,
        tenant: ChaosTenant,
        person: Person,
        message: ShownMessage,
        data: str,
        draft: str,
        version: int,
        wanted: str,
    ) -> None:
        if wanted == "stranger" and version == 1:
            # Somebody who has no say taps what they found, and an approver of somebody else's does too.
            self._tap(None, self._stranger, data, message)
            other = next(t for t in TENANTS if t.id != tenant.id)
            self._tap(other, self._persons[other.people[0]], data, message)
        if wanted == "edit" and version == 1:
            return
        update = self._tap(tenant, person, data, message)
        self._old.append((person, data, message))
        if wanted == "twice":
            self._tap(tenant, person, data, message)
            self._telegram.replays(update)

    def _resolve(
        self,
        tenant: ChaosTenant,
        person: Person,
        message: ShownMessage,
        deed: str,
        draft: str,
        data: str,
        key: tuple[int, str, int],
    ) -> None:
        first = self._doubted.setdefault(draft, time.monotonic())
        if deed == "arrived" and self._arrived(tenant.id, draft):
            self._done[key] = time.monotonic()
            self._tap(tenant, person, data, message)
        waited = time.monotonic() - first > LOOKS_AGAIN_AFTER
        if deed == "send_again" and waited and not self._arrived(tenant.id, draft):
            self._done[key] = time.monotonic()
            self._tap(tenant, person, data, message)

    def _answer_question(self, tenant: ChaosTenant, person: Person, message: ShownMessage) -> None:
        """Reply to a question for a new wording with one."""
        name = (person.chat.id, message.message_id)
        if not message.force_reply or name in self._asked:
            return
        self._asked.add(name)
        text = f"أهلًا، نراجع طلبك ونعود إليك ({tenant.canary} {message.message_id})"
        asyncio.get_running_loop().create_task(person.replies(text, to=message))

    def _habit(self, draft: str) -> str:
        chance = random.Random(f"{self._seed}:{draft}")
        return chance.choices([name for name, _ in HABITS], [weight for _, weight in HABITS])[0]

    def _is_mine(self, tenant: ChaosTenant, person: Person, draft: str, wanted: str) -> bool:
        if wanted in ("leave", "reject"):
            return False
        if wanted == "both":
            return True
        chosen = random.Random(f"{self._seed}:who:{draft}").choice(tenant.people)
        return person.chat.id == chosen

    @staticmethod
    def _is_first(tenant: ChaosTenant, person: Person) -> bool:
        return person.chat.id == tenant.people[0]

    def _tap(self, tenant: ChaosTenant | None, person: Person, data: str, message: ShownMessage) -> dict:
        named = ON_DRAFT.match(data)
        assert named is not None, data
        by = tenant.id if tenant else ""
        self.taps.append(Tap(by, person.chat.id, named["draft"], named["deed"], time.time()))
        return person.taps_silently(data, message)


def _reason(message: ShownMessage, draft: str) -> str:
    """The first reason that is offered."""
    for button in message.buttons:
        named = ON_DRAFT.match(button.get("callback_data", ""))
        if named and named["draft"] == draft and named["deed"].startswith("reject_"):
            return named["deed"]
    return ""
