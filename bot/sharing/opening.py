"""Opens the room of sharing beside its neighbours."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from secrets import token_urlsafe

from bot.audit import Audit
from bot.authority.centre import ApprovalCentre
from bot.authority.grants import Grants
from bot.runs.opening import RunsRoom
from bot.settings import Settings
from bot.sharing.catalogue import shipped
from bot.sharing.countries import rules_of
from bot.sharing.flow import adopt, carry_on, flow_of
from bot.sharing.handing_out import HandingOut
from bot.sharing.ledger import Prover, SharingLedger
from bot.sharing.partner_desk import Partners
from bot.sharing.room import ConsentDesk, Sharing
from bot.store import Store
from bot.tenant import Tenant


def open_room(
    *,
    settings: Settings,
    store: Store,
    tenants: Mapping[str, Tenant],
    audit: Audit,
    centre: ApprovalCentre,
    grants: Grants,
    consents: ConsentDesk,
    evidence: Prover,
    runs_room: RunsRoom,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Sharing:
    """The room of one installation. Raises Misconfigured."""
    ledger = SharingLedger(store.sharing, audit, evidence, now, store.unreachable)
    sharing = Sharing(
        rows=store.sharing,
        ledger=ledger,
        handing_out=HandingOut(ledger, now, lambda: token_urlsafe(32)),
        partners=Partners(store.partners, audit, now, new_id),
        catalogue=shipped(),
        countries=rules_of(settings.transfer_rules_file),
        consents=consents,
        contact=store.conversations.read,
        centre=centre,
        grants=grants,
        grant_rows=store.grants,
        adopt=partial(adopt, runs_room),
        carry_on=partial(carry_on, runs_room),
        tenants=list(tenants),
        now=now,
        new_id=new_id,
    )
    runs_room.runs.register(flow_of(sharing))
    return sharing
