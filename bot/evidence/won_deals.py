"""
Every deal that was won gets its evidence: found in the history, assembled, tried again, looked after at night.

Rule 1: a deal is owed evidence from the moment its history says that it was won; what is owed is stored, one row
        a deal, so that no crash forgets it and no two processes do it twice.
Rule 2: what fails is tried again with growing pauses; after the last try somebody is told.
Rule 3: at night every deal that was ever won is looked at: it has exactly one valid pack, or somebody is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.alerts import Alerts
from bot.errors import DealixError
from bot.evidence.assembly import Evidence
from bot.evidence.owed import Owed, Proof
from bot.evidence.packs import PackRefused, PackType
from bot.evidence.payment import WON
from bot.logs import trail
from bot.store import Store

logger = structlog.get_logger()

LOOK_EVERY_SECONDS = 5.0

# The copy of what happened may lag by seconds, and a restart copies again what it finds: looking back this far
# misses nothing of an ordinary day, and the night finds the rest.
LOOK_BACK = timedelta(minutes=2)
FIRST_LOOK_BACK = timedelta(days=2)

# After the last of these somebody is told; the night tries once more.
PAUSES = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)

RECONCILE_EVERY = timedelta(days=1)
AT_ONCE = 20
EVER = datetime.fromtimestamp(0, UTC)
_RECONCILED = "deals_reconciled_at"


class WonDeals:
    """Sees to it that won deals have evidence."""

    def __init__(
        self,
        store: Store,
        tenants: Mapping[str, object],
        evidence: Evidence,
        alerts: Alerts,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._evidence = evidence
        self._alerts = alerts
        self._now = now
        self._looked_until: dict[str, datetime] = {}

    async def run(self) -> None:
        """The job: find what was won, assemble what is due, and once a day look at everything."""
        for tenant_id in list(self._tenants):
            try:
                await self.look(tenant_id)
                await self.assemble_due(tenant_id)
                await self._reconcile_daily(tenant_id)
            except self._store.unreachable as away:
                logger.warning("won_deals_wait_for_database", tenant=tenant_id, reason=type(away).__name__)

    async def look(self, tenant_id: str) -> int:
        """Find deals that were won since the last look; answers how many are new."""
        until = self._now()
        # The earlier of both: a clock that was set back would otherwise hide an hour until the night.
        since = min(self._looked_until.get(tenant_id, until - FIRST_LOOK_BACK), until) - LOOK_BACK
        found = await self._owe_since(tenant_id, since, until)
        self._looked_until[tenant_id] = until
        return found

    async def assemble_due(self, tenant_id: str) -> None:
        """Assemble what is owed and due."""
        for owed in await self._store.owed_evidence.due(tenant_id, self._now(), AT_ONCE):
            await self._try(owed)

    async def reconcile(self, tenant_id: str) -> int:
        """Look at every deal that was ever won; answers for how many somebody had to be told."""
        await self._owe_since(tenant_id, EVER, self._now())
        await self.assemble_due(tenant_id)
        told = 0
        for conversation_id in await self._ever_won(tenant_id):
            told += await self._is_amiss(tenant_id, conversation_id)
        return told

    async def of(self, tenant_id: str, conversation_id: str) -> Owed | None:
        """How far the evidence of a deal is; None when it was not won."""
        return await self._store.owed_evidence.get(tenant_id, conversation_id)

    async def _owe_since(self, tenant_id: str, since: datetime, until: datetime) -> int:
        found = 0
        moves = self._store.timeline.each(tenant_id, ["stage_moved"], since, until, ("after",))
        async for move in moves:
            if move.entry.data.get("after") == WON:
                owed = Owed(tenant_id, move.conversation_id, move.entry.at, next_at=self._now())
                found += await self._store.owed_evidence.owe(owed)
        return found

    async def _ever_won(self, tenant_id: str) -> list[str]:
        moves = self._store.timeline.each(tenant_id, ["stage_moved"], EVER, self._now(), ("after",))
        won = [m.conversation_id async for m in moves if m.entry.data.get("after") == WON]
        return list(dict.fromkeys(won))

    async def _try(self, owed: Owed) -> None:
        tried = replace(owed, tries=owed.tries + 1)
        try:
            made = await self._made(owed)
        except self._store.unreachable:
            raise
        except DealixError as refused:
            made = replace(tried, status=Proof.FAILED, reason=refused.code)
        except Exception as fault:  # noqa: BLE001  (the border: one deal must not keep the others waiting)
            logger.error("evidence_failed", conversation=owed.conversation_id, **trail(fault))
            made = replace(tried, status=Proof.FAILED, reason=type(fault).__name__)
        made = replace(made, tries=tried.tries)
        if made.status is not Proof.READY and owed.tries < len(PAUSES):
            made = replace(made, status=Proof.PENDING, next_at=self._now() + PAUSES[owed.tries])
        if await self._store.owed_evidence.save(made, owed.tries) and made.status in (
            Proof.FAILED,
            Proof.INCOMPLETE,
        ):
            await self._tell(owed.tenant_id, owed.conversation_id, made.status.value, made.reason)

    async def _made(self, owed: Owed) -> Owed:
        """The evidence as it is after this try; an incomplete pack is only kept by the last."""
        kind = PackType.DEAL_CLOSURE
        there = await self._evidence.current(owed.tenant_id, kind, owed.conversation_id)
        if there is None or not there.is_complete:
            lacks = await self._evidence.lacking(owed.tenant_id, kind, owed.conversation_id)
            if lacks and owed.tries < len(PAUSES):
                return replace(owed, status=Proof.INCOMPLETE, next_at=None, reason=",".join(lacks))
            try:
                there = await self._evidence.assemble(owed.tenant_id, kind, owed.conversation_id)
            except PackRefused:
                # Somebody else was faster, and theirs counts.
                there = await self._evidence.current(owed.tenant_id, kind, owed.conversation_id)
                if there is None:
                    raise
        status = Proof.READY if there.is_complete else Proof.INCOMPLETE
        return replace(owed, status=status, pack_id=there.id, next_at=None, reason=",".join(there.missing))

    async def _is_amiss(self, tenant_id: str, conversation_id: str) -> bool:
        packs = await self._evidence.listed(tenant_id, PackType.DEAL_CLOSURE, conversation_id)
        complete = [pack for pack in packs if pack.is_complete]
        superseded = {pack.supersedes for pack in packs}
        in_force = [pack for pack in complete if pack.id not in superseded]
        if len(in_force) != 1:
            return await self._tell(tenant_id, conversation_id, "missing" if not in_force else "several", "")
        verdict = await self._evidence.verify(tenant_id, in_force[0].id)
        if verdict.first_broken is not None:
            return await self._tell(tenant_id, conversation_id, "invalid", verdict.first_broken.fault.value)
        return False

    async def _tell(self, tenant_id: str, conversation_id: str, what: str, reason: str) -> bool:
        day = self._now().date().isoformat()
        await self._alerts.tell(
            tenant_id,
            "deal_evidence_missing",
            "A won deal has no valid evidence",
            "صفقة رابحة بلا إثبات سليم",
            f"{conversation_id}: {what} {reason}".strip(),
            f"deal_evidence:{conversation_id}:{what}:{day}",
            about=conversation_id,
        )
        return True

    async def _reconcile_daily(self, tenant_id: str) -> None:
        mark = f"{_RECONCILED}:{tenant_id}"
        last = await self._store.marks.read(mark)
        if last is None or self._now() - last >= RECONCILE_EVERY:
            await self.reconcile(tenant_id)
            await self._store.marks.write(mark, self._now())
