"""
Makes results, keeps them unchangeable with the hash of their content, and gives them back.

Rule 1: the same records at the same moment make the same content; what was stored is never written again.
Rule 2: a stored result is read through its model: one that somebody changed in the database is refused.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.authority.approval_view import ApprovalView
from bot.authority.centre import ApprovalCentre
from bot.conversation import Conversation
from bot.errors import BadRequest, NotFound
from bot.evidence.assembly import Evidence
from bot.evidence.canonical import plain, sha256
from bot.evidence.seals import to_the_millisecond
from bot.outputs.models import KINDS, ApprovalPacket, EvidencePack, Output, PacketStep, PackItem
from bot.outputs.provenance import Source, provenance
from bot.outputs.scoring import CONFIDENCE, PRODUCER, confidence_of, score_card
from bot.outputs.stored import Stored
from bot.store import Store
from flows.qualification import Thresholds

LISTED_AT_MOST = 200


class OutputRoom:
    """The producers that exist."""

    def __init__(
        self,
        store: Store,
        centre: ApprovalCentre,
        packs: Evidence,
        thresholds_of: Callable[[str], Thresholds],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        """`thresholds_of` answers the thresholds that are in force for a tenant."""
        self._store = store
        self._centre = centre
        self._packs = packs
        self._thresholds_of = thresholds_of
        self._now = now
        self._new_id = new_id

    async def lead_score_card(self, tenant_id: str, conversation_id: str, trace_id: str = "") -> Stored:
        """Score a lead by what it has answered. Raises NotFound."""
        lead = await self._store.conversations.read(tenant_id, conversation_id)
        if lead is None:
            raise NotFound(f"there is no conversation {conversation_id} here", "لا توجد محادثة بهذا المعرّف هنا")
        answers = {name: slot.value for name, slot in lead.slots.items()}
        made = provenance(
            by=PRODUCER,
            now=self._moment(),
            sources=_sources_of(lead),
            trace_id=trace_id,
            confidence=confidence_of(answers),
            confidence_method=CONFIDENCE,
        )
        card = score_card(tenant_id, conversation_id, answers, self._thresholds_of(tenant_id), made)
        return await self.keep(tenant_id, conversation_id, card)

    async def approval_packet(
        self, tenant_id: str, approval_id: str, trace_id: str = "", output_id: str = ""
    ) -> Stored:
        """Keep a request for a yes as it stands now; with an id, once. Raises NotFound, OutputChanged."""
        view = await self._centre.get(tenant_id, approval_id)
        source = Source(kind="approval", id=view.id, at=view.decided_at or view.created_at)
        made = provenance(by="approval_packet/1", now=self._moment(), sources=(source,), trace_id=trace_id)
        packet = ApprovalPacket(**_facts_of(view), provenance=made)
        return await self.keep(tenant_id, approval_id, packet, output_id)

    async def evidence_pack(self, tenant_id: str, pack_id: str, trace_id: str = "") -> Stored:
        """Keep what a pack is, and what a check of it says now. Raises NotFound."""
        pack = await self._packs.get(tenant_id, pack_id)
        verdict = await self._packs.verify(tenant_id, pack_id)
        source = Source(kind="evidence_pack", id=pack.id, at=pack.created_at)
        made = provenance(by="evidence_pack/1", now=self._moment(), sources=(source,), trace_id=trace_id)
        summary = EvidencePack(
            tenant_id=tenant_id,
            pack_id=pack.id,
            pack_type=pack.type,
            entity_type=pack.entity_type,
            entity_id=pack.entity_id,
            seq=pack.seq,
            revision=pack.revision,
            status=(await self._packs.status(pack)).value,
            missing=pack.missing,
            items=tuple(
                PackItem(type=item["type"], source=item["source"], sha256=item["sha256"])
                for item in pack.envelope["items"]
            ),
            sha256=pack.hash,
            prev_sha256=pack.envelope["prev_hash"],
            key_id=pack.signature.key_id,
            signature=pack.signature.value,
            is_valid=verdict.is_valid,
            provenance=made,
        )
        return await self.keep(tenant_id, pack_id, summary)

    async def get(self, tenant_id: str, output_id: str) -> Stored:
        """Raises NotFound, OutputChanged."""
        stored = await self._store.outputs.get(tenant_id, output_id)
        if stored is None:
            raise NotFound(f"there is no result {output_id}", "لا توجد نتيجة بهذا المعرّف")
        _ = stored.output
        return stored

    async def listed(self, tenant_id: str, kind: str = "", about: str = "", limit: int = 50) -> Sequence[Stored]:
        """Newest first. Raises BadRequest for a kind that does not exist."""
        if kind and kind not in KINDS:
            known = ", ".join(KINDS)
            raise BadRequest(
                f"{kind!r} is no kind of result: choose one of {known}", f"نوع غير معروف؛ اختر من: {known}"
            )
        return await self._store.outputs.listed(tenant_id, kind, about, min(limit, LISTED_AT_MOST))

    async def keep(self, tenant_id: str, about: str, output: Output, output_id: str = "") -> Stored:
        """Keep a result; under an id that is taken, what was kept first is answered. Raises OutputChanged."""
        first = await self._store.outputs.get(tenant_id, output_id) if output_id else None
        if first is not None:
            _ = first.output
            return first
        content = plain(output.model_dump(mode="json"))
        stored = Stored(
            tenant_id,
            output_id or self._new_id(),
            output.kind,
            about,
            content,
            sha256(content),
            output.provenance.generated_at,
        )
        await self._store.outputs.add(stored)
        return stored

    def _moment(self) -> datetime:
        return to_the_millisecond(self._now())


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every kind of result."""
    return {kind: model.model_json_schema(mode="serialization") for kind, model in KINDS.items()}


def _sources_of(lead: Conversation) -> tuple[Source, ...]:
    """The conversation and each of its answers; the key of a provider's message carries a phone, and is no id."""
    answered = [
        Source(kind="answer", id=f"{lead.id}/{name}", at=slot.answered_at) for name, slot in lead.slots.items()
    ]
    return (Source(kind="conversation", id=lead.id, at=lead.updated_at or lead.created_at), *answered)


def _facts_of(view: ApprovalView) -> dict[str, Any]:
    return {
        "tenant_id": view.tenant_id,
        "approval_id": view.id,
        "source": view.source,
        "about": view.kind,
        "action": view.action,
        "action_class": view.action_class,
        "resource": view.resource,
        "content_sha256": view.content_sha256,
        "risk": view.risk,
        "status": view.status.value,
        "level": view.level,
        "requested_by": view.requested_by.id,
        "created_at": view.created_at,
        "due_at": view.due_at,
        "expires_at": view.expires_at,
        "steps": tuple(PacketStep(role=step.role, by=step.by.id, at=step.at) for step in view.steps),
        "decided_by": view.decided_by.id,
        "decided_at": view.decided_at,
        "correlation_id": view.correlation_id,
    }
