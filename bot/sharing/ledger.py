"""
How a request is written: a step, its place in the audit log, and the pack that proves an outcome.

Rule 1: a step is written once, whoever tries; the audit log has it before the step is taken.
Rule 2: content never reaches the audit log; its hash does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from bot.audit import Audit
from bot.errors import NotFound
from bot.evidence.packs import Pack
from bot.logs import trail
from bot.people import NOBODY, Human
from bot.sharing.request import PROVED, SharingRequest, SharingRows, SharingStatus

logger = structlog.get_logger()

# The pack that tells what one event caused.
PACK = "incident_response"


class Prover(Protocol):
    """`bot.evidence.assembly.Evidence`, as far as this room asks it."""

    async def current(self, tenant_id: str, pack_type: str, entity_id: str) -> Pack | None: ...

    async def assemble(
        self,
        tenant_id: str,
        pack_type: str,
        entity_id: str,
        by: Human = NOBODY,
        correlation_id: str = "",
        supersedes: str = "",
    ) -> Pack: ...


class SharingLedger:
    """Writes requests, and what is known of them."""

    def __init__(
        self,
        rows: SharingRows,
        audit: Audit,
        evidence: Prover,
        now: Callable[[], datetime],
        unreachable: tuple[type[Exception], ...] = (),
    ) -> None:
        self.rows = rows
        self._audit = audit
        self._evidence = evidence
        self._now = now
        self.unreachable = unreachable
        """What a call raises while the database is away."""

    async def get(self, tenant_id: str, request_id: str) -> SharingRequest:
        """Raises NotFound."""
        found = await self.rows.read(tenant_id, request_id)
        if found is None:
            raise NotFound(f"there is no sharing request {request_id}", "لا يوجد طلب مشاركة بهذا المعرّف")
        return found

    async def step(self, changed: SharingRequest, to: SharingStatus) -> SharingRequest:
        """Write a step, and prove an outcome; answers the request as it is then, whoever was faster."""
        done = await self.try_step(changed, to)
        if done is not None and to in PROVED:
            await self.attempt(done, self.prove)
        return await self.get(changed.tenant_id, changed.id)

    async def try_step(self, changed: SharingRequest, to: SharingStatus) -> SharingRequest | None:
        """Write a step; None when somebody was faster."""
        changed.check_step(to)
        stepped = replace(changed, status=to, updated_at=self._now())
        return replace(stepped, v=stepped.v + 1) if await self.rows.write(stepped) else None

    async def note(self, what: str, request: SharingRequest, by: Human, **more: object) -> None:
        """Remember that something was done, with everything that proves on what ground."""
        file = request.file
        await self._audit.note(
            request.tenant_id,
            what,
            by,
            correlation_id=request.correlation_id,
            request=request.id,
            partner=request.wish.partner_id,
            country=request.country,
            categories=list(request.wish.categories),
            level=request.level.value,
            purpose=request.wish.purpose,
            content_sha256=request.content_sha256,
            contacts=len(request.wish.contact_ids),
            agreed=sum(c.may_share for c in request.consents),
            code=request.blocked_code,
            approval=request.approval_id,
            approved_by=list(request.approved_by),
            **(
                {
                    "file_sha256": file.sha256,
                    "rows": file.rows,
                    "left_out": len(file.left_out),
                    "consents": [r for c in file.consents for r in c.record_ids],
                    "expires_at": file.expires_at,
                }
                if file
                else {}
            ),
            **more,
        )

    async def prove(self, request: SharingRequest) -> SharingRequest:
        """A signed pack of everything that led to an outcome, and its id beside the request."""
        earlier = await self._evidence.current(request.tenant_id, PACK, request.correlation_id)
        pack = await self._evidence.assemble(
            request.tenant_id,
            PACK,
            request.correlation_id,
            correlation_id=request.correlation_id,
            supersedes=earlier.id if earlier else "",
        )
        proved = replace(request, evidence_id=pack.id)
        if await self.rows.write(proved):
            return replace(proved, v=proved.v + 1)
        return await self.get(request.tenant_id, request.id)

    async def attempt(
        self, request: SharingRequest, work: Callable[[SharingRequest], Awaitable[SharingRequest]]
    ) -> None:
        """Do something for a request; a fault is told, and the next round tries again."""
        try:
            await work(request)
        except self.unreachable:
            raise
        except Exception as fault:  # noqa: BLE001  (the border of one request: the next one goes on)
            logger.error("sharing_cannot_go_on", request=request.id, status=request.status.value, **trail(fault))
