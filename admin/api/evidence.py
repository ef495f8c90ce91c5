"""
Evidence over HTTP: the chain of the audit log and the keys that check it.

Rule: the tenant comes from the token; nothing here can change what happened.
"""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import BadRequest
from bot.evidence.chain import ChainReport
from bot.evidence.room import EvidenceRoom
from bot.evidence.words import BREAKS_AR, BREAKS_EN
from bot.web.caller import Callers, caller_of

READERS = ("admin", "dpo", "executive", "approver")


class _View(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BrokenView(_View):
    kind: str
    block: int
    entry_id: str
    detail: str
    message_en: str
    message_ar: str


class AnchorView(_View):
    seq: int
    hash: str
    at: datetime


class ChainView(_View):
    valid: bool
    blocks: int
    entries: int
    erased: int
    late: int = Field(description="Entries that say they happened more than a day before they were sealed")
    waiting: int
    head_seq: int
    head_hash: str
    anchors: list[AnchorView]
    first_broken: BrokenView | None


class KeyView(_View):
    key_id: str
    algorithm: str = "Ed25519"
    public_key_hex: str
    signs_now: bool


def router(evidence: EvidenceRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/evidence", tags=["evidence"])

    Caller = caller_of(callers)

    @routes.get("/chain")
    async def chain(caller: Caller) -> ChainView:
        """Walk the audit log from its first entry and name the first that is not as it was sealed."""
        caller.require(*READERS)
        try:
            report = await evidence.verify_chain(caller.tenant_id)
        except ValueError as unreadable:
            raise BadRequest(
                "the file of anchors holds a line that is no anchor; see DEALIX_ANCHOR_FILE",
                "ملف المراسي يحوي سطرًا ليس مرساة؛ راجع DEALIX_ANCHOR_FILE",
            ) from unreadable
        anchors = await evidence.anchors.stored(caller.tenant_id)
        return _view(report, [AnchorView(seq=a.seq, hash=a.hash, at=a.at) for a in anchors])

    @routes.get("/keys")
    async def keys(caller: Caller) -> list[KeyView]:
        """The public keys with which anybody can check our signatures, the present one first."""
        caller.require(*READERS)
        found = evidence.signer.public_keys()
        return [KeyView(key_id=k.id, public_key_hex=k.raw_hex, signs_now=k.is_current) for k in found]

    return routes


def _view(report: ChainReport, anchors: list[AnchorView]) -> ChainView:
    broken = report.first_broken
    return ChainView(
        valid=report.is_valid,
        blocks=report.blocks,
        entries=report.entries,
        erased=report.erased,
        late=report.late,
        waiting=report.waiting,
        head_seq=report.head_seq,
        head_hash=report.head_hash,
        anchors=anchors,
        first_broken=None
        if broken is None
        else BrokenView(
            kind=broken.kind.value,
            block=broken.block,
            entry_id=broken.entry_id,
            detail=broken.detail,
            message_en=BREAKS_EN[broken.kind],
            message_ar=BREAKS_AR[broken.kind],
        ),
    )
