"""
Evidence packs: what one is, how it is hashed, and what a check of it finds.

Rule 1: a pack is assembled by the service from record ids; whoever asks for one cannot say what is in it.
Rule 2: a pack is never changed. A correction is a new pack that names the one it supersedes; reviews lie beside.
Rule 3: the hash is over the whole envelope in canonical JSON, each item has a hash of its own, the signature is
        over the hash, and each pack of a tenant names the hash of the one before.
Rule 4: what people wrote is not in the envelope, only a salted hash of it; the text and its salt lie beside.
        Whoever is forgotten takes them along, and the pack stays what it was, signed and valid.
Rule 5: an envelope holds texts, whole numbers, booleans, lists and objects, and nothing else, so that any JSON
        reader computes the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.errors import NotAllowed
from bot.evidence.canonical import plain, sha256
from bot.evidence.signing import Signature
from bot.people import Human

SCHEMA_VERSION = 1

TEXT_NAME = "text_sha256_salted"
"""What stands in an envelope in the place of a text."""


class PackType(StrEnum):
    """What a pack is about."""

    DEAL_CLOSURE = "deal_closure"
    COMPLIANCE_AUDIT = "compliance_audit"
    QUARTERLY_REVIEW = "quarterly_review"
    INCIDENT_RESPONSE = "incident_response"
    BOARD_REPORT = "board_report"
    WEEKLY_PACK = "weekly_pack"
    """One week, for executives."""
    GOLDEN_PATH = "golden_path"
    """A partner who was examined and agreed to."""
    DECISION_RECORD = "decision_record"
    """A partner who was examined and not agreed to: rejected, out of time, or taken back."""


class PackStatus(StrEnum):
    """How far a pack is."""

    INCOMPLETE = "incomplete"
    READY = "ready"
    REVIEWED = "reviewed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Said:
    """Something that somebody wrote, in an item."""

    text: str
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote, beside the pack that holds its hash."""

    sha256: str
    salt: str
    text: str
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a pack shows: where it comes from, and what was there."""

    type: str
    source: str
    """`conversation:<id>`, `timeline:<conversation id>`, `scan:<id>`"""
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """What a recipe has made of the records."""

    title: str
    title_ar: str
    entity_type: str
    entity_id: str
    items: tuple[Item, ...]
    missing: tuple[str, ...] = ()
    """Required items that the records do not give."""


@dataclass(frozen=True, slots=True)
class Pack:
    """One pack as it is stored."""

    tenant_id: str
    id: str
    seq: int
    type: str
    entity_type: str
    entity_id: str
    revision: int
    """1 for the first pack about an entity, one more for each that supersedes it."""
    envelope: Mapping[str, Any]
    """Plain JSON; what is hashed."""
    hash: str
    signature: Signature
    created_at: datetime
    strange: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(self.envelope.get("missing", ()))

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def supersedes(self) -> str:
        return str(self.envelope.get("supersedes", ""))


@dataclass(frozen=True, slots=True)
class Review:
    """That somebody has looked at a pack, and what the check said at that moment."""

    tenant_id: str
    pack_id: str
    by: str
    by_name: str
    note: str
    verified_at: datetime
    pack_hash: str
    valid: bool = True


class Fault(StrEnum):
    """What is wrong with a pack."""

    ITEM_CHANGED = "item_changed"
    TEXT_CHANGED = "text_changed"
    """A text beside the pack is not the one whose hash is in it."""
    PACK_CHANGED = "pack_changed"
    BAD_SIGNATURE = "bad_signature"
    MISPLACED = "misplaced"
    """The row says another thing than the envelope in it."""
    WRONG_LINK = "wrong_link"
    GAP = "gap"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault, and where."""

    fault: Fault
    seq: int
    pack_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of one pack and of its chain has found."""

    pack_id: str
    stored_hash: str
    computed_hash: str
    problems: tuple[Problem, ...]
    chain_length: int

    @property
    def is_valid(self) -> bool:
        return not self.problems

    @property
    def first_broken(self) -> Problem | None:
        return self.problems[0] if self.problems else None


class PackRefused(NotAllowed):
    """The pack cannot be made or reviewed as things are."""

    code, status = "pack_refused", 409


class NotAvailable(NotAllowed):
    """There is nothing yet of which such a pack could be made."""

    code, status = "pack_type_not_available", 422


class Packs(Protocol):
    """Where packs are kept; nothing in it is ever changed."""

    async def add(self, pack: Pack, texts: Sequence[Text]) -> bool:
        """
        Keep a pack with what people wrote; False when its number, or its revision of the entity, is taken.

        The texts are stored first: a crash leaves texts without a pack, never a pack without texts.
        """

    async def texts(self, tenant_id: str, pack_id: str) -> list[Text]:
        """What is left of the texts of a pack, by hash."""

    async def get(self, tenant_id: str, pack_id: str) -> Pack | None: ...

    async def last(self, tenant_id: str) -> Pack | None:
        """The one with the highest number."""

    async def about(self, tenant_id: str, pack_type: str, entity_id: str) -> list[Pack]:
        """Every revision about an entity, oldest first."""

    async def listed(self, tenant_id: str, pack_type: str, entity_id: str, limit: int) -> list[Pack]:
        """Newest first; an empty type or entity means any."""

    async def after(self, tenant_id: str, seq: int, limit: int) -> list[Pack]:
        """In the order of their numbers."""

    async def add_review(self, review: Review) -> bool:
        """False when somebody has reviewed it already."""

    async def reviews(self, tenant_id: str, pack_ids: Sequence[str]) -> dict[str, Review]: ...


def item_hash(item: Mapping[str, Any]) -> str:
    """The hash of one item of an envelope, over everything in it but the hash itself."""
    return sha256({name: value for name, value in item.items() if name != "sha256"})


def text_hash(salt: str, text: str) -> str:
    """The hash that an envelope holds in place of a text."""
    return sha256({"salt": salt, "text": text})


def sealed_item(item: Item, texts: list[Text], new_salt: Callable[[], str]) -> dict[str, Any]:
    """An item as it stands in an envelope; what people wrote is added to `texts`."""
    held = {"type": item.type, "source": item.source, "data": exact(_without_texts(item.data, texts, new_salt))}
    return {**held, "sha256": item_hash(held)}


def _without_texts(value: Any, texts: list[Text], new_salt: Callable[[], str]) -> Any:
    if isinstance(value, Said):
        salt = new_salt()
        text = Text(text_hash(salt, value.text), salt, value.text, value.conversation_id)
        texts.append(text)
        return {TEXT_NAME: text.sha256}
    if isinstance(value, Mapping):
        return {name: _without_texts(held, texts, new_salt) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_without_texts(held, texts, new_salt) for held in value]
    return value


def text_hashes(value: Any) -> set[str]:
    """The hash of every text that an envelope speaks of."""
    if isinstance(value, Mapping):
        own = {value[TEXT_NAME]} if set(value) == {TEXT_NAME} else set()
        return own.union(*(text_hashes(held) for held in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(text_hashes(held) for held in value))
    return set()


def exact(value: Any) -> Any:
    """A value in what every JSON reader reads alike: a fraction becomes its text."""
    made = plain(value)
    if isinstance(made, float):
        return repr(made)
    if isinstance(made, dict):
        return {key: exact(held) for key, held in made.items()}
    if isinstance(made, list):
        return [exact(held) for held in made]
    return made


def envelope_of(
    *,
    tenant_id: str,
    pack_id: str,
    seq: int,
    pack_type: str,
    content: Content,
    created_at: datetime,
    created_by: Human,
    correlation_id: str,
    supersedes: str,
    revision: int,
    prev_hash: str,
    new_salt: Callable[[], str],
) -> tuple[dict[str, Any], list[Text]]:
    """Everything that the hash of a pack is over, and what people wrote, beside it."""
    texts: list[Text] = []
    made: dict[str, Any] = plain(
        {
            "schema_version": SCHEMA_VERSION,
            "pack_id": pack_id,
            "tenant_id": tenant_id,
            "seq": seq,
            "type": pack_type,
            "entity": {"type": content.entity_type, "id": content.entity_id},
            "revision": revision,
            "title": content.title,
            "title_ar": content.title_ar,
            "created_at": created_at,
            "created_by": {"id": created_by.id or "service", "name": created_by.name or "Dealix"},
            "correlation_id": correlation_id,
            "supersedes": supersedes,
            "missing": list(content.missing),
            "personal_data": "masked, and what people wrote beside the envelope",
            "prev_hash": prev_hash,
        }
    )
    return {**made, "items": [sealed_item(item, texts, new_salt) for item in content.items]}, texts
