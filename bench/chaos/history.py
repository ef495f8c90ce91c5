"""
What was seen from outside in one run: plain records, written to one file and read back.

Rule 1: times are Unix seconds of one machine's clock, also those that were read from the database.
Rule 2: a record says what was seen, never what it means; that is the business of the checks.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Scripted:
    """One message that a lead writes, as the plan has it."""

    token: str
    """Our own id; it is in the provider's message id, and nowhere else."""
    tenant: str
    channel: str
    provider: str
    phone: str
    text: str
    label: str
    """What the corpus says it means; `stop` for every spelling of a stop."""


@dataclass(frozen=True, slots=True)
class Post:
    """One webhook posted to us, and what it was answered."""

    kind: str
    """`message | receipt | forged`"""
    tenant: str
    channel: str
    tokens: tuple[str, ...]
    at: float
    answered_at: float
    status: int
    """0 when the connection broke before an answer came."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to send that reached a provider, whatever came of it."""

    tenant: str
    provider: str
    phone: str
    text_sha256: str
    at: float
    ended_at: float
    behaviour: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that a provider took."""

    tenant: str
    provider: str
    phone: str
    text_sha256: str
    reference: str
    id: str
    at: float
    canaries: tuple[str, ...] = ()
    """Tenants whose canary strings are in the text."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the history that the product keeps, read from the database."""

    tenant: str
    conversation: str
    id: str
    what: str
    at: float
    correlation: str
    data: dict[str, Any]

    @property
    def write(self) -> str:
        """Facts of one write share this; later writes of a contact sort after it."""
        return self.id.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class DraftEnd:
    """One draft as it lies in the database at the end."""

    id: str
    kind: str
    status: str
    retry_at: float
    """0 when it waits for no time."""
    message_ids: tuple[str, ...] = ()
    """What providers call it."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact as it lies in the database at the end."""

    tenant: str
    id: str
    phone: str
    stage: str
    is_suppressed: bool
    drafts: tuple[DraftEnd, ...]
    seen: tuple[str, ...]
    """Tokens of the messages that were marked as seen."""
    unread: tuple[str, ...]
    """Tokens that still lie in the mailbox."""


@dataclass(frozen=True, slots=True)
class Card:
    """One message in somebody's Telegram that carries buttons about a draft, at the end."""

    tenant: str
    person: int
    draft: str
    deeds: tuple[str, ...]
    canaries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap that a person made."""

    tenant: str
    """Of the person; empty for a stranger."""
    person: int
    draft: str
    deed: str
    at: float


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was broken."""

    kind: str
    target: str
    began: float
    ended: float
    """When it was whole again: the process answers, the database takes writes."""
    note: str = ""
    released: float = 0.0
    """When its cause was taken away: the process may run again, the server was started; 0 for a kill."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A row or a message where it must not be."""

    where: str
    tenant: str
    why: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What `dealix evidence verify` said about one tenant, and what a count of our own found."""

    tenant: str
    exit_code: int
    said: str
    gaps: int
    """Facts that lie in the database and in no sealed block, and numbers of blocks that are missing."""
    entries: int


@dataclass(frozen=True, slots=True)
class Setup:
    """What was run, where and when."""

    seed: int
    shape: str
    command: str
    began: float
    healed: float
    quiet: float
    """When nothing was left to do; 0 when that never came."""
    machine: str
    commit: str
    tenants: dict[str, tuple[int, ...]]
    """Who may decide for whom: Telegram ids."""
    rows: int = 0
    """Rows that were searched for canaries."""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class History:
    """Everything seen in one run."""

    setup: Setup
    scripted: list[Scripted] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    taps: list[Tap] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(path, "wt", encoding="utf-8") as file:
            for record in self._records():
                line = {"is": type(record).__name__, **asdict(record)}
                file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")

    def _records(self) -> Iterator[Any]:
        yield self.setup
        for name in _LISTS:
            yield from getattr(self, name)


_LISTS = tuple(f.name for f in fields(History) if f.name != "setup")
_KINDS: dict[str, Any] = {
    "Scripted": (Scripted, "scripted"),
    "Post": (Post, "posts"),
    "Call": (Call, "calls"),
    "Taken": (Taken, "taken"),
    "Fact": (Fact, "facts"),
    "Contact": (Contact, "contacts"),
    "Card": (Card, "cards"),
    "Tap": (Tap, "taps"),
    "Fault": (Fault, "faults"),
    "Stray": (Stray, "strays"),
    "Chain": (Chain, "chains"),
}


def read(path: Path) -> History:
    """A history as it was written."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    first = lines.pop(0)
    first.pop("is")
    approvers = {tenant: tuple(ids) for tenant, ids in first.pop("tenants").items()}
    history = History(Setup(**{**first, "notes": tuple(first["notes"])}, tenants=approvers))
    for line in lines:
        kind, name = _KINDS[line.pop("is")]
        if kind is Contact:
            line["drafts"] = tuple(
                DraftEnd(**{**draft, "message_ids": tuple(draft["message_ids"])}) for draft in line["drafts"]
            )
        getattr(history, name).append(
            kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in line.items()})
        )
    return history
