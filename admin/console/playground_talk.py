"""
One talk, held with two books at once: what each of them understands, says and does, and where they differ.

Rule 1: both hear exactly the same, at the same moments; only the rules differ.
Rule 2: taking a turn back means telling everything before it again: a rehearsal cannot go backwards.
Rule 3: what is not possible on one side (a yes where nothing waits) stays that side's answer; the other goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from bot.errors import DealixError
from bot.playbook import Playbook
from bot.tenant import Tenant
from bot.workbench.rehearsal import Rehearsal, Turn
from rules.book import Explanation

SAYS, APPROVES, EVENT = "says", "approves", "event"


@dataclass(frozen=True, slots=True)
class Start:
    """Where the deal stands when the talk begins."""

    stage: str = "new_lead"
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happens in the talk."""

    what: str
    """`says | approves | event`"""
    text: str = ""
    """What the lead writes, or the name of the event."""
    kind: str = "text"
    button: str = ""
    """The id of a button that was tapped; its title is the text."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one book made of it."""

    turn: Turn | None
    refused: tuple[str, str] = ("", "")
    """Why it could not happen here, in English and Arabic."""

    @property
    def outcome(self) -> str:
        """`sent | held | silent | moved | refused`"""
        turn = self.turn
        if turn is None:
            return "refused"
        if turn.said:
            return "held" if turn.held else "sent"
        return "silent" if turn.what == SAYS else "moved"


@dataclass(frozen=True, slots=True)
class Round:
    """One deed with what each side made of it."""

    number: int
    deed: Deed
    sides: tuple[Told, ...]
    """Today's first, then the proposed one when there is one."""
    differs: tuple[str, ...] = ()
    """What a lead or Sami would notice, by the names of DIFFERENCES."""


DIFFERENCES = ("outcome", "intent", "said", "buttons", "silence", "stage", "proposes", "hold", "flags", "answers")


class Talk:
    """The same lead before one or two books."""

    def __init__(self, books: Sequence[Playbook], tenant: Tenant, at: datetime, start: Start) -> None:
        """Raises BadRequest for a stage or an answer that does not exist."""
        self.start = start
        self.rounds: tuple[Round, ...] = ()
        self._tenant = tenant
        self._at = at
        self._books = tuple(books)
        self._sides = self._fresh()

    @property
    def books(self) -> tuple[Playbook, ...]:
        return self._books

    @property
    def sides(self) -> tuple[Rehearsal, ...]:
        return self._sides

    async def does(self, deed: Deed) -> Round:
        """Let one thing happen on every side."""
        told = tuple([await _told(side, deed) for side in self._sides])
        made = Round(len(self.rounds) + 1, deed, told, differences(told))
        self.rounds = (*self.rounds, made)
        return made

    async def take_back(self) -> None:
        """Undo the last turn."""
        await self._tell_again([each.deed for each in self.rounds[:-1]])

    async def begin_at(self, start: Start) -> None:
        """The same talk, from another beginning. Raises BadRequest and stays as it was."""
        before, self.start = self.start, start
        try:
            await self._tell_again([each.deed for each in self.rounds])
        except DealixError:
            self.start = before
            raise

    async def read_by(self, books: Sequence[Playbook]) -> None:
        """The same talk, before other books."""
        self._books = tuple(books)
        await self._tell_again([each.deed for each in self.rounds])

    def forget(self) -> None:
        """Start over."""
        self._sides = self._fresh()
        self.rounds = ()

    async def _tell_again(self, deeds: Sequence[Deed]) -> None:
        self._sides = self._fresh()
        self.rounds = ()
        for deed in deeds:
            await self.does(deed)

    def _fresh(self) -> tuple[Rehearsal, ...]:
        start = self.start
        return tuple(
            Rehearsal(book, self._tenant, self._at, stage=start.stage, slots=start.slots) for book in self._books
        )


def differences(sides: Sequence[Told]) -> tuple[str, ...]:
    """What differs between two sides; nothing when there is only one."""
    if len(sides) < 2:
        return ()
    one, two = (_noticed(side) for side in sides)
    return tuple(name for name in DIFFERENCES if one[name] != two[name])


def explain(book: Playbook, turn: Turn) -> Explanation | None:
    """How the book came to its verdict; None when nothing was asked of it."""
    if turn.decision is None:
        return None
    return book.book.explain(turn.decision.question, turn.decision.verdict.understanding)


def waits(side: Rehearsal) -> bool:
    """Whether a message of this side waits for Sami."""
    return any(draft.status.value == "held" for draft in side.conversation.outbox)


def lines_of(pasted: str, most: int) -> tuple[str, ...]:
    """A pasted conversation: one message a line, empty lines left out."""
    found = [line.strip() for line in pasted.splitlines() if line.strip()]
    return tuple(found[:most])


def with_answer(start: Start, name: str, value: str) -> Start:
    """The same beginning with one answer known, or unknown again when it is empty."""
    slots = {**start.slots, name: value.strip()}
    return replace(start, slots=MappingProxyType({key: text for key, text in slots.items() if text}))


async def _told(side: Rehearsal, deed: Deed) -> Told:
    try:
        match deed.what:
            case "approves":
                return Told(await side.approves())
            case "event":
                return Told(await side.event(deed.text))
            case _:
                return Told(await side.says(deed.text, kind=deed.kind, button=deed.button))
    except DealixError as refused:
        return Told(None, (refused.message_en, refused.message_ar))


def _noticed(told: Told) -> dict[str, object]:
    turn = told.turn
    if turn is None:
        return dict.fromkeys(DIFFERENCES, told.refused)
    return {
        "outcome": told.outcome,
        "intent": turn.intent,
        "said": turn.said,
        "buttons": turn.buttons,
        "silence": turn.silence_reason,
        "stage": turn.stage_after,
        "proposes": turn.proposed_stage,
        "hold": turn.hold_reasons,
        "flags": frozenset(turn.flags),
        "answers": dict(turn.slots),
    }
