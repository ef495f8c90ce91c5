"""
Proposals, and the papers that were printed of them.

A paper lies in the database like every file of ours: several processes on several machines hand out the same one.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Erasure, Index, Shelf
from bot.people import Human
from bot.proposals.proposal import Proposal

SHELF = Shelf(
    "proposals",
    "what was offered to whom, at which prices, and what became of it",
    ("tenant_id", "conversation_id", "status", "lines", "issued_at", "v"),
    (
        Index("which proposals were there lately?", (("tenant_id", 1), ("issued_at", -1)), (("name", "recent"),)),
        Index(
            "what was offered to this contact?",
            (("tenant_id", 1), ("conversation_id", 1), ("issued_at", -1)),
            (("name", "by_contact"),),
        ),
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

PAPERS = Shelf(
    "proposal_papers",
    "the PDFs of proposals, by their hash",
    ("tenant_id", "conversation_id", "proposal_id", "sha256", "file_bytes"),
    (
        Index(
            "which paper is this?",
            (("tenant_id", 1), ("proposal_id", 1), ("sha256", 1)),
            (("unique", True), ("name", "one")),
        ),
        Index("whose papers are these?", (("tenant_id", 1), ("conversation_id", 1)), (("name", "by_contact"),)),
    ),
    contact_field="conversation_id",
    on_erasure=Erasure.DELETE,
)

_PROPOSAL = TypeAdapter(Proposal)


class MongoProposals:
    """`bot.proposals.proposal.ProposalRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)
        self._papers = Rows(door, PAPERS)

    async def add(self, proposal: Proposal) -> bool:
        return bool(await self._rows.of(proposal.tenant_id).insert_missing([_row(proposal)]))

    async def read(self, tenant_id: str, proposal_id: str) -> Proposal | None:
        row = await self._rows.of(tenant_id).find_one({"_id": f"{tenant_id}:{proposal_id}"})
        return _proposal(row) if row else None

    async def write(self, proposal: Proposal) -> bool:
        fields = {**_row(proposal), "v": proposal.v + 1}
        query = {"_id": fields.pop("_id"), "v": proposal.v}
        fields.pop("tenant_id")
        return bool(await self._rows.of(proposal.tenant_id).update_one(query, {"$set": fields}))

    async def latest(
        self, tenant_id: str, *, conversation_id: str = "", status: str = "", limit: int = 100
    ) -> list[Proposal]:
        wanted = {"conversation_id": conversation_id, "status": status}
        query = {name: value for name, value in wanted.items() if value}
        newest = [("issued_at", -1), ("_id", -1)]
        return [_proposal(row) for row in await self._rows.of(tenant_id).find(query, sort=newest, limit=limit)]

    async def keep_paper(self, proposal: Proposal, sha256: str, content: bytes) -> None:
        row = {
            "_id": f"{proposal.tenant_id}:{proposal.id}:{sha256}",
            "proposal_id": proposal.id,
            "conversation_id": proposal.conversation_id,
            "sha256": sha256,
            "file_bytes": content,
        }
        await self._papers.of(proposal.tenant_id).insert_missing([row])

    async def paper(self, tenant_id: str, proposal_id: str, sha256: str) -> bytes | None:
        query = {"proposal_id": proposal_id, "sha256": sha256}
        row = await self._papers.of(tenant_id).find_one(query, {"file_bytes": 1})
        return bytes(row["file_bytes"]) if row else None


def _row(proposal: Proposal) -> Document:
    fields: dict[str, Any] = _PROPOSAL.dump_python(proposal)
    fields.pop("id")
    for name in ("made_by", "approved_by"):
        human: Human = getattr(proposal, name)
        fields[name] = {"id": human.id, "name": human.name}
    fields["answers"] = dict(proposal.answers)
    fields["valid_until"] = proposal.valid_until.astimezone(UTC)
    return {**fields, "_id": f"{proposal.tenant_id}:{proposal.id}", "status": proposal.status.value}


def _proposal(row: Mapping[str, Any]) -> Proposal:
    fields = {name: value for name, value in row.items() if name != "_id"}
    return _PROPOSAL.validate_python({**fields, "id": row["_id"].removeprefix(f"{row['tenant_id']}:")})
