"""
Everything that the page shows about one lead and the queue, read at one moment.

Rule 1: a conversation on another channel than the simulated one is not here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from admin.console.rooms import House
from admin.console.story import Happening, story
from admin.console.thread import Line, is_reading, is_writing, lines_of
from bot.cards import Card, card_of
from bot.conversation import Conversation, LogEntry, Status

# A page shows this many leads and decided cards; who needs more looks into the real admin.
LEADS_AT_MOST = 30
DECIDED_AT_MOST = 6

# A conversation keeps this many lines of talk (`Conversation.said`); one that holds fewer holds all.
KEPT_LINES = 12

# How far back the story of one lead is read.
FACTS_AT_MOST = 400


@dataclass(frozen=True, slots=True)
class Lead:
    """One simulated lead, as the list shows them."""

    phone: str
    name: str
    stage: str
    mode: str
    waits: bool
    """Whether something of theirs waits for Sami."""


@dataclass(frozen=True, slots=True)
class Deal:
    """Where the chosen lead stands, and who answers."""

    conversation_id: str
    stage: str
    visited: tuple[str, ...]
    slots: tuple[tuple[str, str], ...]
    mode: str
    human_until: datetime | None
    sends_paused: str
    is_opted_out: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """One look."""

    leads: tuple[Lead, ...]
    lines: tuple[Line, ...]
    is_cut: bool
    """Whether there were lines before the first one shown."""
    is_reading: bool
    is_writing: bool
    deal: Deal | None
    """None while the chosen lead has not written yet."""
    happenings: tuple[Happening, ...]
    queue: tuple[Card, ...]
    decided: tuple[Card, ...]
    paused_by: str


@dataclass(slots=True)
class Memory:
    """What one page remembers of one lead, because the conversation itself keeps only the latest."""

    conversation_id: str = ""
    entries: dict[str, LogEntry] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    is_cut: bool = False


class Past:
    """What one page knows of the talk it shows: the lines, the facts, and where the deal stands."""

    def __init__(self, house: House, tenant_id: str) -> None:
        self._house = house
        self._tenant_id = tenant_id
        self._memory = Memory()

    @property
    def is_cut(self) -> bool:
        """Whether there were lines before the first one."""
        return self._memory.is_cut

    def lines(self, conversation: Conversation | None) -> tuple[Line, ...]:
        """The lines of a talk since the page shows it, and those that the conversation kept."""
        if conversation is None:
            self._memory = Memory()
            return ()
        if self._memory.conversation_id != conversation.id:
            self._memory = Memory(conversation.id, is_cut=len(conversation.recent) >= KEPT_LINES)
        self._memory.lines |= {line.key: line for line in lines_of(conversation)}
        return tuple(self._memory.lines.values())

    async def deal(self, conversation: Conversation | None) -> Deal | None:
        """Where the deal stands; ask for the lines first."""
        if conversation is None:
            return None
        entries = await self._entries(conversation.id)
        moved = [e.data for e in entries if e.what in ("stage_moved", "opted_out")]
        visited = [stage for data in moved for stage in (data.get("before", ""), data.get("after", ""))]
        return Deal(
            conversation_id=conversation.id,
            stage=conversation.stage,
            visited=tuple(dict.fromkeys(("new_lead", *visited))),
            slots=tuple((name, slot.value) for name, slot in conversation.slots.items()),
            mode=conversation.mode,
            human_until=conversation.human_until,
            sends_paused=conversation.sends_paused,
            is_opted_out=conversation.is_suppressed,
        )

    def happenings(self) -> tuple[Happening, ...]:
        """What was decided and what followed, oldest first; after `deal`."""
        return story(list(self._memory.entries.values()))

    def entries(self) -> tuple[LogEntry, ...]:
        """The facts themselves, oldest first; after `deal`."""
        return tuple(sorted(self._memory.entries.values(), key=lambda entry: (entry.at, entry.id)))

    async def _entries(self, conversation_id: str) -> Sequence[LogEntry]:
        """The past of one lead: read once from the timeline, then grown with the latest facts."""
        store, known = self._house.store, self._memory.entries
        if not known:
            past = await store.timeline.of_conversation(self._tenant_id, conversation_id, FACTS_AT_MOST)
            known |= {entry.id: entry for entry in past}
        latest = await store.conversations.log_of(self._tenant_id, conversation_id)
        known |= {entry.id: entry for entry in latest}
        return list(known.values())


class Onlooker:
    """Looks at the house for one page."""

    def __init__(self, house: House, tenant_id: str, channel: str) -> None:
        self._house = house
        self._tenant_id = tenant_id
        self._channel = channel
        self._past = Past(house, tenant_id)

    async def look(self, phone: str) -> Scene:
        """Everything as it is now, for the lead of this phone."""
        store, tenant_id = self._house.store, self._tenant_id
        active = await store.conversations.recently_active(tenant_id, LEADS_AT_MOST)
        ours = [c for c in active if c.channel == self._channel]
        chosen = next((c for c in ours if c.phone == phone), None) or await self.conversation(phone)
        queue = await self._house.approvals.queue(tenant_id)
        posture = await self._house.desk.posture(tenant_id)
        return Scene(
            leads=tuple(_lead(c) for c in ours),
            lines=self._past.lines(chosen),
            is_cut=self._past.is_cut,
            is_reading=chosen is not None and is_reading(chosen),
            is_writing=chosen is not None and is_writing(chosen),
            deal=await self._past.deal(chosen),
            happenings=self._past.happenings() if chosen else (),
            queue=tuple(card for card in queue if card.channel == self._channel),
            decided=_decided(ours),
            paused_by=posture.paused_by,
        )

    async def conversation(self, phone: str) -> Conversation | None:
        """The simulated conversation of a phone."""
        found = await self._house.store.conversations.by_key(self._tenant_id, f"phone:{phone}")
        return found if found is not None and found.channel == self._channel else None


def _lead(conversation: Conversation) -> Lead:
    return Lead(
        phone=conversation.phone,
        name=conversation.name,
        stage=conversation.stage,
        mode=conversation.mode,
        waits=any(draft.status in (Status.HELD, Status.UNKNOWN) for draft in conversation.outbox),
    )


def _decided(conversations: Sequence[Conversation]) -> tuple[Card, ...]:
    """What a human decided lately, latest first."""
    cards = [
        card_of(c, d)
        for c in conversations
        for d in c.outbox
        if d.decided_by and d.status not in (Status.HELD, Status.UNKNOWN)
    ]
    return tuple(
        sorted(cards, key=lambda card: card.decided_at or card.created_at, reverse=True)[:DECIDED_AT_MOST]
    )
