"""How the channels of a tenant stand, in one answer: for the API, the operators' page and the command line."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.gaps import quiet
from bot.gaps.room import Gaps
from bot.gaps.watch import DELIVERED, HEARD, RECEIVED, TAKEN, Watch

# Gaps are counted over this long.
COUNTED_OVER = timedelta(days=30)

# Whoever was heard of on a channel before the weeks that are compared, and after this, makes enough history.
LONG = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ChannelView:
    """One channel, as a reader sees it."""

    channel: str
    provider: str
    state: str
    """As the chain reports it: `ok | silent | down | auth_failed | unknown | ...`"""
    detail_en: str
    detail_ar: str
    last_inbound_at: datetime | None
    last_accepted_at: datetime | None
    last_delivered_at: datetime | None
    last_receipt_at: datetime | None
    receipts: str
    """`seen | silent | never seen`"""
    silent_since: datetime | None
    inbound: str
    """`ok | quiet | not expected | no data`, by the definition in `bot/gaps/quiet.py`"""
    quiet_since: datetime | None
    can_compare: bool
    """Whether the provider keeps a record that can be compared."""
    watched_since: datetime | None
    checked_at: datetime | None
    looked_since: datetime | None
    looked_until: datetime | None
    next_look_at: datetime | None
    trouble_en: str
    """Why the last comparison was not made or not whole; for a provider without a record, that it has none."""
    trouble_ar: str
    gaps_found: int
    gaps_repaired: int
    gaps_lost: int
    last_gap_at: datetime | None

    def as_data(self) -> dict[str, Any]:
        """As JSON shows it."""
        return asdict(self)


async def channels(gaps: Gaps, tenant_id: str) -> list[ChannelView]:
    """Every channel of a tenant, in the order of its chain."""
    watches = {watch.channel: watch for watch in await gaps.watches.of_tenant(tenant_id)}
    chain = gaps.chains.get(tenant_id)
    reports = {report.channel: report for report in (chain.report() if chain is not None else ())}
    names = [name for name, one in gaps.channels.items() if one.tenant_id == tenant_id]
    return [await _view(gaps, tenant_id, name, watches.get(name), reports.get(name)) for name in names]


async def _view(gaps: Gaps, tenant_id: str, name: str, watch: Watch | None, report: Any) -> ChannelView:
    now, watches = gaps.now(), gaps.watches
    counted = await watches.count(tenant_id, name, now - COUNTED_OVER)
    heard_at = await watches.last(tenant_id, name, HEARD)
    inbound_at = await watches.last(tenant_id, name, RECEIVED)
    silent_since = watch.silent_since if watch else None
    return ChannelView(
        channel=name,
        provider=gaps.channels[name].provider.name,
        state=report.state if report else "unknown",
        detail_en=report.detail_en if report else "",
        detail_ar=report.detail_ar if report else "",
        last_inbound_at=inbound_at,
        last_accepted_at=await watches.last(tenant_id, name, TAKEN),
        last_delivered_at=await watches.last(tenant_id, name, DELIVERED),
        last_receipt_at=heard_at,
        receipts="silent" if silent_since else "seen" if heard_at else "never seen",
        silent_since=silent_since,
        inbound=await _inbound(gaps, tenant_id, name, watch, inbound_at),
        quiet_since=watch.quiet_since if watch else None,
        can_compare=watch.compares if watch else True,
        watched_since=watch.began_at if watch else None,
        checked_at=watch.looked_at if watch else None,
        looked_since=watch.looked_since if watch else None,
        looked_until=watch.looked_until if watch and watch.looked_at else None,
        next_look_at=watch.next_look_at if watch else None,
        trouble_en=watch.trouble_en if watch else "",
        trouble_ar=watch.trouble_ar if watch else "",
        gaps_found=counted.found,
        gaps_repaired=counted.repaired,
        gaps_lost=counted.lost,
        last_gap_at=counted.last_at,
    )


async def _inbound(gaps: Gaps, tenant_id: str, name: str, watch: Watch | None, last: datetime | None) -> str:
    if watch is not None and watch.quiet_since is not None:
        return "quiet"
    now = gaps.now()
    _, oldest = quiet.spans(now)[-1]
    if last is None or not await gaps.watches.inbound(tenant_id, name, oldest - LONG, oldest, 1):
        return "no data"
    if watch is not None and quiet.is_expected(await gaps.counts_of_other_weeks(watch, now)):
        return "ok"
    return "not expected"
