"""The room of evidence, put together: seals, anchors, and what is assembled from them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from bot.alerts import Alerts
from bot.audit import Audit
from bot.authority.centre import ApprovalCentre
from bot.evidence.anchors import LOOK_EVERY_SECONDS as ANCHORS_EVERY_SECONDS
from bot.evidence.anchors import Anchors
from bot.evidence.assembly import Evidence
from bot.evidence.chain import ChainReport, Known, Progress, nobody_watches
from bot.evidence.seals import SEAL_EVERY_SECONDS, Seals
from bot.evidence.signing import Signer
from bot.evidence.trust_receipts import TrustReceipts
from bot.evidence.won_deals import LOOK_EVERY_SECONDS as WON_DEALS_EVERY_SECONDS
from bot.evidence.won_deals import WonDeals
from bot.outputs.room import OutputRoom
from bot.settings import Settings
from bot.store import Store
from bot.tenant import Tenant
from flows.qualification import Thresholds

Work = tuple[str, float, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, slots=True)
class ChainRoom:
    """The seals of what happened, and the anchors outside."""

    signer: Signer
    seals: Seals
    anchors: Anchors

    async def verify_chain(
        self, tenant_id: str, given: tuple[Known, ...] = (), progress: Progress = nobody_watches
    ) -> ChainReport:
        """Walk a tenant's chain, against the anchors that were kept outside too. Raises ValueError (the file)."""
        kept = self.anchors.kept_outside(tenant_id)
        return await self.seals.verify(tenant_id, (*given, *kept), progress)


@dataclass(frozen=True, slots=True)
class EvidenceRoom(ChainRoom):
    """What proves afterwards what happened."""

    packs: Evidence
    won_deals: WonDeals
    receipts: TrustReceipts
    outputs: OutputRoom
    audit: Audit
    store: Store

    def jobs(self) -> tuple[Work, ...]:
        """What is done here again and again: a name, a pause in seconds, the work."""
        return (
            ("seals", SEAL_EVERY_SECONDS, self.seals.run),
            ("anchors", ANCHORS_EVERY_SECONDS, self.anchors.run),
            ("won_deals", WON_DEALS_EVERY_SECONDS, self.won_deals.run),
        )


def open_chain(
    *,
    settings: Settings,
    store: Store,
    tenants: Mapping[str, Tenant],
    alerts: Alerts,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> ChainRoom:
    """The part that needs no rules and no people: what the command line opens too."""
    signer = Signer(settings.data_dir / "keys")
    return ChainRoom(
        signer=signer,
        seals=Seals(store, tenants, signer, now, new_id, new_salt),
        anchors=Anchors(store, tenants, signer, now, alerts, anchor_file(settings)),
    )


def open_room(
    *,
    settings: Settings,
    store: Store,
    tenants: Mapping[str, Tenant],
    alerts: Alerts,
    centre: ApprovalCentre,
    thresholds_of: Callable[[str], Thresholds],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> EvidenceRoom:
    """Put the room together."""
    chain = open_chain(settings=settings, store=store, tenants=tenants, alerts=alerts, now=now, new_id=new_id)
    audit = Audit(store, now, new_id)
    packs = Evidence(store, chain.seals, chain.signer, audit, now, new_id, new_salt)
    return EvidenceRoom(
        signer=chain.signer,
        seals=chain.seals,
        anchors=chain.anchors,
        packs=packs,
        won_deals=WonDeals(store, tenants, packs, alerts, now),
        receipts=TrustReceipts(store, now),
        outputs=OutputRoom(store, centre, packs, thresholds_of, now, new_id),
        audit=audit,
        store=store,
    )


def new_salt() -> str:
    """16 random bytes in hex."""
    return token_hex(16)


def anchor_file(settings: Settings) -> Path:
    """Where anchors are appended: outside the database in any case, and better on another machine."""
    return settings.anchor_file or settings.data_dir / "anchors.jsonl"
