"""
What the inbox reads: lines of the list, and one talk with everything that happened in it.

Rule 1: whoever does not talk with people sees no phone: not beside a name, and not in what people wrote.
Rule 2: nothing is decided here; every moment between two lines was written down when it happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from admin.console.place import DECIDES, Place
from admin.console.scene import Past, Scene
from admin.console.story import Decision, Happening, Trace
from admin.console.thread import Line, is_reading, is_writing
from admin.console.times import RIYADH, clock, day
from bot.actions.action import ActionView
from bot.cards import Card, card_of
from bot.conversation import Conversation, Draft, DraftKind, LogEntry, Status
from bot.inbox.rows import Bookmark, InboxRow, Wanted
from bot.phones import mask
from bot.shown_text import masked

READS = ("admin", "approver", "agent", "executive", "dpo")
SEES_PHONES = ("admin", "approver", "agent")

# A page that is open looks at every one of its lines again.
PAGES_AT_MOST = 10

_TO_DECIDE = (Status.HELD, Status.UNKNOWN)

# Not said yet, but somebody should see that it is coming, or that it did not leave.
_COMING = (Status.QUEUED, Status.SENDING, Status.HELD, Status.UNKNOWN)
_BY_HAND_ENDED = (Status.FAILED, Status.CANCELLED, Status.EXPIRED)

# What a decision has in its own words, and what only the story tells.
MOMENTS = frozenset(
    {
        "stage_moved",
        "opted_out",
        "taken_over",
        "handed_back",
        "takeover_ended",
        "consent_renewed",
        "consent_revoked",
        "sends_paused_by_human",
        "sends_resumed_by_human",
        "answered_from_phone",
        "gate_refused",
        "send_given_up",
    }
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list, as it is drawn."""

    row: InboxRow
    phone: str
    text: str
    at: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Worth:
    """What is known of the money of a deal."""

    value_halalas: int | None
    expected_on: date | None
    owner: str
    v: int
    """The version of what is known."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened between two lines."""

    id: str
    at: datetime
    happening: Happening


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation."""

    conversation: Conversation
    phone: str
    scene: Scene
    items: tuple[Line | Moment, ...]
    notes: tuple[tuple[str, str], ...]
    """Of lines that did not leave: key -> what the gate or a provider said."""
    actions: tuple[ActionView, ...]
    worth: Worth
    summary: str
    """What whoever takes over must know; empty for whoever does not talk with people."""


async def read_list(place: Place, wanted: Wanted, pages: int, open_id: str) -> tuple[list[Listed], bool]:
    """So many pages of the list, newest first, and whether there are more."""
    rows: list[InboxRow] = []
    after: Bookmark | None = None
    for _ in range(min(pages, PAGES_AT_MOST)):
        page = await place.house.store.inbox.page(place.tenant_id, wanted, after)
        rows += page.rows
        after = page.after
        if after is None:
            break
    today = place.now().astimezone(RIYADH).date()
    return [_listed(place, row, today, open_id) for row in rows], after is not None


async def read_talk(place: Place, past: Past, conversation_id: str) -> Talk | None:
    """One conversation with its past; None when there is none of this id here."""
    house, tenant_id = place.house, place.tenant_id
    found = await house.store.conversations.read(tenant_id, conversation_id)
    if found is None:
        return None
    said = past.lines(found)
    deal = await past.deal(found)
    happenings = past.happenings()
    lines = [*_earlier(past.entries(), said), *said, *_coming(found, said)]
    posture = await house.desk.posture(tenant_id)
    terms = await house.rooms.deals.of(tenant_id, conversation_id)
    shows_all = place.may(SEES_PHONES)
    return Talk(
        conversation=found,
        phone=_phone(place, found.phone),
        scene=Scene(
            leads=(),
            lines=said,
            is_cut=past.is_cut,
            is_reading=is_reading(found),
            is_writing=is_writing(found),
            deal=deal,
            happenings=happenings if shows_all else tuple(map(_covered, happenings)),
            queue=_cards(place, found) if shows_all else (),
            decided=(),
            paused_by=posture.paused_by,
        ),
        items=_together(lines if shows_all else list(map(_hidden, lines)), happenings),
        notes=tuple((draft.id, draft.note) for draft in found.outbox if draft.note),
        actions=tuple(await house.rooms.actions.list(tenant_id, conversation_id)),
        worth=Worth(terms.value_halalas, terms.expected_on, terms.owner, terms.v),
        summary=await _summary(place, conversation_id) if shows_all else "",
    )


async def _summary(place: Place, conversation_id: str) -> str:
    made = await place.house.rooms.memory.handover(place.tenant_id, conversation_id)
    return made.summary_ar if place.language == "ar" else made.summary_en


def _cards(place: Place, found: Conversation) -> tuple[Card, ...]:
    """What waits for a decision; whoever may not decide reads it without buttons."""
    cards = (card_of(found, draft) for draft in found.outbox if draft.status in _TO_DECIDE)
    return tuple(cards) if place.may(DECIDES) else tuple(replace(card, actions=()) for card in cards)


def _listed(place: Place, row: InboxRow, today: date, open_id: str) -> Listed:
    at = row.last_at or row.updated_at
    is_today = at.astimezone(RIYADH).date() == today
    text = row.last_text if place.may(SEES_PHONES) else masked(row.last_text)
    return Listed(
        # The moment of the last change moves with every write; what is drawn does not.
        row=replace(row, updated_at=at),
        phone=_phone(place, row.phone),
        text=" ".join(text.split())[:140],
        at=clock(at) if is_today else day(at),
        is_open=row.conversation_id == open_id,
    )


def _phone(place: Place, phone: str) -> str:
    if not phone:
        return ""
    return f"+{phone}" if place.may(SEES_PHONES) else mask(phone)


def _hidden(line: Line) -> Line:
    return replace(line, text=masked(line.text))


def _covered(happening: Happening) -> Happening:
    if isinstance(happening, Trace):
        return happening
    return replace(happening, heard=tuple(replace(h, text=masked(h.text)) for h in happening.heard))


def _earlier(entries: Sequence[LogEntry], said: Sequence[Line]) -> list[Line]:
    """What stands only in the past: what the contact wrote, and what a human let go."""
    known = {line.key for line in said}
    first = min((line.at for line in said), default=None)
    lines = []
    for entry in entries:
        if first is not None and entry.at >= first:
            break
        data = entry.data
        if entry.what == "message_received" and data.get("key") not in known:
            key, text, kind = (str(data.get(name, "")) for name in ("key", "text", "kind"))
            lines.append(Line(key, "contact", text, kind, entry.at, "read"))
        elif entry.what == "draft_approved" and data.get("draft") not in known:
            text = str(data.get("text") or data.get("drafted") or "")
            who = "human" if data.get("draft") == entry.correlation_id else "bot"
            lines.append(Line(str(data.get("draft")), who, text, "text", entry.at))
    return [line for line in lines if line.text or line.kind != "text"]


def _coming(conversation: Conversation, said: Sequence[Line]) -> list[Line]:
    """What is on its way, and what a human wrote that did not leave."""
    known = {line.key for line in said}
    return [_line(draft) for draft in conversation.outbox if draft.id not in known and _is_shown(draft)]


def _is_shown(draft: Draft) -> bool:
    is_own = draft.kind is DraftKind.MANUAL
    return (draft.status in _COMING or (is_own and draft.status in _BY_HAND_ENDED)) and not draft.superseded_by


def _line(draft: Draft) -> Line:
    who = "human" if draft.kind is DraftKind.MANUAL else "bot"
    return Line(draft.id, who, draft.text, "text", draft.created_at, draft.status.value)


def _together(lines: Sequence[Line], happenings: Sequence[Happening]) -> tuple[Line | Moment, ...]:
    """Lines and moments in the order in which they happened."""
    moments: list[Moment] = []
    for happening in happenings:
        if isinstance(happening, Decision):
            moments.append(Moment(happening.id, happening.at, happening))
            moments += [
                Moment(trace.id, trace.at, trace)
                for trace in happening.traces
                if trace.what in MOMENTS and not (trace.what == "stage_moved" and trace.value("by") == "rules")
            ]
        elif happening.what in MOMENTS:
            moments.append(Moment(happening.id, happening.at, happening))
    # A decision is written with the line it is about, and stands below it.
    return tuple(sorted([*lines, *moments], key=lambda item: (item.at, isinstance(item, Moment))))
