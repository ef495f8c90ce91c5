"""A chat between a contact's phone and Dealix, as both would see it."""

import asyncio
import itertools
import re
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from bot.conversation import Conversation, Draft, Status
from tests.fakes.whatsapp import Entry, bodies
from tests.fakes.whatsapp.bodies import Webhook
from tests.house.running import RunningHouse

_PHONES = itertools.count(10_000_000)
_MESSAGES = itertools.count(1)


class Talk:
    """One contact who writes to one of the tenant's numbers."""

    def __init__(self, house: RunningHouse, provider: str = "green_api", name: str = "أبو فهد") -> None:
        self.house = house
        self.provider = provider
        self.name = name
        self.phone = f"9665{next(_PHONES)}"
        self.memory: Conversation | None = None
        self._heard = 0
        self.posted: list[tuple[str, Webhook]] = []

    # What the contact does

    async def says(self, words: str, *, at: datetime | None = None, via: str = "") -> None:
        """Write a text, and wait until Dealix has done with it."""
        await self.sends(self.writes(words, at=at, via=via), via=via)

    async def presses(self, button_id: str, title: str) -> None:
        """Tap a button of ours."""
        await self.sends(
            bodies.button(
                self.provider,
                button_id,
                title,
                phone=self.phone,
                message_id=new_message_id(),
                at=self.house.clock(),
            )
        )

    def writes(self, words: str, *, at: datetime | None = None, via: str = "", message_id: str = "") -> Webhook:
        """The webhook of a text, not yet posted."""
        return bodies.text(
            via or self.provider,
            words,
            phone=self.phone,
            message_id=message_id or new_message_id(),
            at=at or self.house.clock(),
            name=self.name,
        )

    async def sends(self, *webhooks: Webhook, via: str = "") -> None:
        """Post webhooks one after the other, then wait until Dealix has done with all of them."""
        for webhook in webhooks:
            answer = await self.posts(webhook, via=via)
            assert answer.status_code == 200, answer.text
        await self.looks()

    async def posts(self, webhook: Webhook, *, via: str = "") -> httpx.Response:
        """Post one webhook and do not wait for what it causes."""
        self.posted.append((via or self.provider, webhook))
        return await self.house.is_told(via or self.provider, webhook)

    async def looks(self) -> None:
        """Wait until nothing is in hand, then look at what is remembered of this contact."""
        await self.house.settles()
        self.memory = await self.house.remembers(f"phone:{self.phone}")

    # What the contact sees

    @property
    def arrived(self) -> list[Entry]:
        """Everything that any provider took for this phone, oldest first."""
        return [e for e in self.house.fake.ledger if re.sub(r"\D", "", e.recipient.split("@")[0]) == self.phone]

    @property
    def replies(self) -> list[str]:
        return [entry.text for entry in self.arrived]

    def hears(self, *wordings: str, language: str = "ar") -> None:
        """Exactly these wordings arrived since we last listened, in this order."""
        fresh = self.replies[self._heard :]
        self._heard += len(fresh)

        expected = [key for key, text in zip(wordings, fresh, strict=False) if self._is(key, text, language)]
        assert list(wordings) == expected and len(fresh) == len(wordings), f"expected {wordings}, heard {fresh}"

    def heard_so_far(self) -> None:
        """Whatever arrived until now was to be expected."""
        self._heard = len(self.replies)

    def hears_nothing(self) -> None:
        self.hears()

    def hears_words(self, *texts: str) -> None:
        """Exactly these words arrived since we last listened."""
        fresh = self.replies[self._heard :]
        self._heard += len(fresh)

        assert list(texts) == fresh

    def _is(self, key: str, text: str, language: str) -> bool:
        wordings = self.house.inside.playbooks.shipped.wordings
        hole = "\x00"
        rendered = wordings.render(key, language, **dict.fromkeys(wordings.blanks(key), hole)).text
        return bool(re.fullmatch(re.escape(rendered).replace(re.escape(hole), ".+"), text, re.DOTALL))

    # What Dealix remembers

    @property
    def conversation(self) -> Conversation:
        assert self.memory is not None, "nothing is remembered of this contact"
        return self.memory

    def is_in(self, stage: str) -> None:
        assert stage == self.conversation.stage

    def has_answered(self, **slots: str) -> None:
        """The qualification answers so far are exactly these."""
        assert slots == {name: slot.value for name, slot in self.conversation.slots.items()}

    @property
    def held(self) -> list[Draft]:
        return self.drafts(Status.HELD)

    def drafts(self, *statuses: Status) -> list[Draft]:
        return [d for d in self.conversation.outbox if not statuses or d.status in statuses]

    def waits_for_a_human(self, *reasons: str) -> Draft:
        """Exactly one draft is held (for these reasons, if any are named), and nothing was sent meanwhile."""
        self.hears_nothing()
        assert [d.status for d in self.conversation.on_the_way()] == [Status.HELD]
        (draft,) = self.held
        assert set(reasons) <= set(draft.hold_reasons), draft.hold_reasons
        return draft

    def is_quiet(self) -> None:
        """Nothing was sent and nothing is on its way."""
        self.hears_nothing()
        assert self.conversation.on_the_way() == []

    async def happened(self, what: str) -> list[dict[str, Any]]:
        """The facts of one kind about this contact, oldest first."""
        return [data for name, data in await self.house.history(self.conversation) if name == what]

    # Where a test wants to begin

    async def goes_to(self, stage: str, sami: Any) -> None:
        """Bring a fresh contact to a stage by what really leads there."""
        words, events = WAY_TO[stage]
        for text in words:
            await self.says(text)
        for event in events:
            answer = await sami.reports(self, event)
            assert answer.status_code == 200, answer.text
        await self.looks()
        self.is_in(stage)
        self.heard_so_far()

    async def waits_until(self, status: Status, within: float = 20.0) -> Draft:
        """Wait until a draft of this contact has a status."""
        deadline = time.monotonic() + within
        while not (self.memory and self.drafts(status)):
            assert time.monotonic() < deadline, f"nothing became {status}: {self.memory and self.memory.outbox}"
            await asyncio.sleep(0.01)
            await self.looks()
        return self.drafts(status)[-1]


FIVE_ANSWERS = ("80", "الرد يتأخر على العملاء", "نعم", "2000", "الشهر الجاي")

_BOOKED = ("booking_confirmed",)
_PROPOSED = (*_BOOKED, "meeting_held", "proposal_delivered")
_HELLO = ("السلام عليكم",)

WAY_TO: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "new_lead": (_HELLO, ()),
    "qualifying": (("مهتم بالخدمة",), ()),
    "qualified": (("مهتم بالخدمة", *FIVE_ANSWERS), ()),
    "nurturing": (_HELLO, (*_BOOKED, "no_show_recorded")),
    "meeting_booked": (_HELLO, _BOOKED),
    "meeting_done": (_HELLO, (*_BOOKED, "meeting_held")),
    "proposal_sent": (_HELLO, _PROPOSED),
    "negotiating": (_HELLO, (*_PROPOSED, "deal_accepted", "payment_declined")),
    "payment_requested": (_HELLO, (*_PROPOSED, "deal_accepted")),
    "pilot_active": (_HELLO, (*_PROPOSED, "deal_accepted", "payment_verified")),
    "closed_won": (_HELLO, (*_PROPOSED, "deal_accepted", "payment_verified", "pilot_converted")),
    "closed_lost": (_HELLO, ("interest_lost",)),
    "opted_out": (("وقفوا الرسايل",), ()),
}
"""What a contact writes, and then what really happens, until a stage is reached."""


def new_message_id() -> str:
    return f"3EB0{next(_MESSAGES):016X}"
