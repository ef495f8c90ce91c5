"""The room of evidence, put together: seals, anchors, and what is assembled from them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from bot.alerts import Alerts
from bot.audit import Audit
from bot.evidence.anchors import LOOK_EVERY_SECONDS as ANCHORS_EVERY_SECONDS
from bot.evidence.anchors import Anchors
from bot.evidence.assembly import Evidence
from bot.evidence.chain import ChainReport, Known, Progress, nobody_watches
from bot.evidence.trust_receipts import TrustReceipts
from bot.evidence.won_deals import LOOK_EVERY_SECONDS as WON_DEALS_EVERY_SECONDS
from bot.evidence.won_deals import WonDeals
from bot.seals import SEAL_EVERY_SECONDS, Seals
from bot.settings import Settings
from bot.signing import Signer
from bot.store import Store
from bot.tenant import Tenant

Work = tuple[str, float, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class EvidenceRoom:
    """What proves afterwards what happened."""

    signer: Signer
    seals: Seals
    anchors: Anchors
    packs: Evidence
    won_deals: WonDeals
    receipts: TrustReceipts
    audit: Audit
    store: Store

    def jobs(self) -> tuple[Work, ...]:
        """What is done here again and again: a name, a pause in seconds, the work."""
        return (
            ("seals", SEAL_EVERY_SECONDS, self.seals.run),
            ("anchors", ANCHORS_EVERY_SECONDS, self.anchors.run),
            ("won_deals", WON_DEALS_EVERY_SECONDS, self.won_deals.run),
        )

    async def verify_chain(
        self, tenant_id: str, given: tuple[Known, ...] = (), progress: Progress = nobody_watches
    ) -> ChainReport:
        """Walk a tenant's chain, against the anchors that were kept outside too. Raises ValueError (the file)."""
        kept = self.anchors.kept_outside(tenant_id)
        return await self.seals.verify(tenant_id, (*given, *kept), progress)


def open_room(
    *,
    settings: Settings,
    store: Store,
    tenants: Mapping[str, Tenant],
    alerts: Alerts,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> EvidenceRoom:
    """Put the room together."""
    signer = Signer(settings.data_dir / "keys")
    seals = Seals(store, tenants, signer, now, new_id, lambda: token_hex(16))
    audit = Audit(store, now, new_id)
    packs = Evidence(store, seals, signer, audit, now, new_id, lambda: token_hex(16))
    return EvidenceRoom(
        signer=signer,
        seals=seals,
        packs=packs,
        won_deals=WonDeals(store, tenants, packs, alerts, now),
        receipts=TrustReceipts(store, now),
        audit=audit,
        store=store,
        anchors=Anchors(store, tenants, signer, now, alerts, anchor_file(settings)),
    )


def anchor_file(settings: Settings) -> Path:
    """Where anchors are appended: outside the database in any case, and better on another machine."""
    return settings.anchor_file or settings.data_dir / "anchors.jsonl"
