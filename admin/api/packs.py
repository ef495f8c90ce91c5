"""
Evidence packs over HTTP: assemble, look, verify, review, take along.

Rule 1: nobody can say what is in a pack: a request names a type and a record, and the service reads the records.
Rule 2: nobody can change a pack; there is no route for it.
Rule 3: what people wrote in full is for admins and the data protection officer, and reading it is written down.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from bot.evidence.blocks import data_hash_of
from bot.evidence.exports import as_json, as_page, as_zip
from bot.evidence.packs import Pack, PackStatus, PackType, Review, Verdict
from bot.evidence.room import EvidenceRoom
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts

READERS = ("admin", "approver", "executive", "dpo")
READ_EVERYTHING = ("admin", "dpo")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Assemble(_Body):
    type: PackType = Field(description="What the pack is about; a type that nothing is made of yet is refused")
    entity_id: str = Field(
        min_length=1,
        max_length=200,
        description="deal_closure: the conversation. incident_response: a conversation or a correlation id. "
        "compliance_audit: a scan",
    )
    correlation_id: str = Field("", max_length=200)
    supersedes: str = Field("", max_length=200, description="The complete pack that this one corrects")


class Reviewing(_Body):
    note: str = Field("", max_length=500)


class PackLine(_Body):
    """A pack in a list."""

    pack_id: str
    type: str
    entity_type: str
    entity_id: str
    seq: int
    revision: int
    title: str
    title_ar: str
    created_at: datetime
    missing: list[str]
    hash: str
    supersedes: str


class ReviewView(_Body):
    by: str
    by_name: str
    note: str
    verified_at: datetime
    valid: bool


class PackView(PackLine):
    """A whole pack."""

    status: PackStatus
    envelope: dict[str, Any]
    texts: dict[str, str] = Field(description="Hash in the envelope -> short beginning of what somebody wrote")
    key_id: str
    signature: str
    review: ReviewView | None


class ProblemView(_Body):
    fault: str
    seq: int
    pack_id: str
    detail: str


class VerdictView(_Body):
    valid: bool
    stored_hash: str
    computed_hash: str
    first_broken: ProblemView | None
    problems: list[ProblemView]
    chain_length: int


class TextView(_Body):
    entry: str
    at: datetime
    text: str
    is_as_sealed: bool = Field(description="Whether this is the entry that the pack names, word for word")
    is_erased: bool


class Packs(_Body):
    packs: list[PackLine]


class Texts(_Body):
    messages: list[TextView]


def router(evidence: EvidenceRoom, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/evidence-packs", tags=["evidence"])
    packs = evidence.packs

    Caller = caller_of(callers)

    @routes.post("/assemble", status_code=201, dependencies=[acts])
    async def assemble(body: Assemble, caller: Caller) -> PackView:
        """Make a pack from the records of one deal, incident or scan."""
        caller.require(*READERS)
        pack = await packs.assemble(
            caller.tenant_id, body.type, body.entity_id, caller.human, body.correlation_id, body.supersedes
        )
        return await view(pack)

    @routes.get("")
    async def listed(
        caller: Caller,
        type: Annotated[PackType | None, Query()] = None,  # noqa: A002  (the name of the parameter outside)
        entity_id: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Packs:
        """Newest first."""
        caller.require(*READERS)
        found = await packs.listed(caller.tenant_id, type.value if type else "", entity_id, limit)
        return Packs(packs=[PackLine(**_line(pack)) for pack in found])

    @routes.get("/{pack_id}")
    async def one(pack_id: str, caller: Caller) -> PackView:
        caller.require(*READERS)
        return await view(await packs.get(caller.tenant_id, pack_id))

    @routes.get("/{pack_id}/verify")
    async def verify(pack_id: str, caller: Caller) -> VerdictView:
        """Compute everything again: items, pack, signature, and the chain of packs."""
        caller.require(*READERS)
        return _verdict(await packs.verify(caller.tenant_id, pack_id))

    @routes.put("/{pack_id}/review", dependencies=[acts])
    async def review(pack_id: str, body: Reviewing, caller: Caller) -> ReviewView:
        """Say that you have looked at it; only a valid and complete pack can be reviewed, and once."""
        caller.require(*READERS)
        return _review(await packs.review(caller.tenant_id, pack_id, caller.human, body.note))

    @routes.get("/{pack_id}/export")
    async def export(
        pack_id: str,
        caller: Caller,
        format: Annotated[Literal["json", "html", "zip"], Query()] = "json",  # noqa: A002
        language: Annotated[Literal["ar", "en"], Query()] = "ar",
    ) -> Response:
        """The pack as a file: signed JSON, a page for paper, or both with the program that checks them."""
        caller.require(*READERS)
        pack = await packs.get(caller.tenant_id, pack_id)
        key, beside = packs.key_of(pack), await packs.texts(pack)
        await evidence.audit.note(
            caller.tenant_id, "evidence_pack_exported", caller.human, pack=pack_id, format=format
        )
        if format == "html":
            return Response(as_page(pack, beside, key, language), media_type="text/html; charset=utf-8")
        if format == "zip":
            return _file(as_zip(pack, beside, key), "application/zip", f"pack-{pack.seq}.zip")
        return _file(as_json(pack, beside, key), "application/json", f"pack-{pack.seq}.json")

    @routes.get("/{pack_id}/texts")
    async def texts(pack_id: str, caller: Caller) -> Texts:
        """What people wrote, in full, and whether it is what the pack names."""
        caller.require(*READ_EVERYTHING)
        pack = await packs.get(caller.tenant_id, pack_id)
        named = _named_messages(pack)
        rows = await evidence.store.seals.rows(caller.tenant_id, list(named))
        await evidence.audit.note(
            caller.tenant_id, "evidence_texts_read", caller.human, pack=pack_id, entries=len(rows)
        )
        return Texts(
            messages=[
                TextView(
                    entry=entry_id,
                    at=row.entry.at,
                    text=str(row.entry.data.get("text", "")),
                    is_as_sealed=data_hash_of(row) == named[entry_id],
                    is_erased=bool(row.erased_by),
                )
                for entry_id, row in sorted(rows.items())
            ]
        )

    async def view(pack: Pack) -> PackView:
        reviewed = await packs.review_of(pack)
        return PackView(
            **_line(pack),
            status=await packs.status(pack),
            envelope=dict(pack.envelope),
            texts={text.sha256: text.text for text in await packs.texts(pack)},
            key_id=pack.signature.key_id,
            signature=pack.signature.value,
            review=_review(reviewed) if reviewed else None,
        )

    return routes


def _line(pack: Pack) -> dict[str, Any]:
    return {
        "pack_id": pack.id,
        "type": pack.type,
        "entity_type": pack.entity_type,
        "entity_id": pack.entity_id,
        "seq": pack.seq,
        "revision": pack.revision,
        "title": str(pack.envelope.get("title", "")),
        "title_ar": str(pack.envelope.get("title_ar", "")),
        "created_at": pack.created_at,
        "missing": list(pack.missing),
        "hash": pack.hash,
        "supersedes": pack.supersedes,
    }


def _review(review: Review) -> ReviewView:
    return ReviewView(
        by=review.by,
        by_name=review.by_name,
        note=review.note,
        verified_at=review.verified_at,
        valid=review.valid,
    )


def _verdict(verdict: Verdict) -> VerdictView:
    problems = [
        ProblemView(fault=p.fault.value, seq=p.seq, pack_id=p.pack_id, detail=p.detail) for p in verdict.problems
    ]
    return VerdictView(
        valid=verdict.is_valid,
        stored_hash=verdict.stored_hash,
        computed_hash=verdict.computed_hash,
        first_broken=problems[0] if problems else None,
        problems=problems,
        chain_length=verdict.chain_length,
    )


def _named_messages(pack: Pack) -> dict[str, str]:
    """Entry -> the hash under which the pack names it."""
    items = [item for item in pack.envelope.get("items", ()) if item.get("type") == "messages"]
    return {one["entry"]: one["data_sha256"] for item in items for one in item["data"]["entries"]}


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(
        content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'}
    )
