"""
`dealix limits` and `dealix channels`: what may leave, what did, and how each number stands, on the command line.

Rule: both only read, beside a running service or without one. How a provider feels this minute is known to the
      processes that talk to it, and stands on the page of operators.
"""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from bot.building import channels_of, now
from bot.commands.gaps import opened_gaps
from bot.commands.terminal import out, stop, with_room
from bot.commands.workroom import Workroom
from bot.departures.limits import Limits, LimitsView
from bot.departures.pauses import Pause
from bot.gaps import view
from bot.gate import A_CONTACT_A_DAY
from bot.settings import Settings
from bot.tenant import Tenant
from bot.tenants import DEFAULT_TENANT

TenantId = Annotated[str, typer.Option("--tenant", help="Whose numbers.")]


def limits_command(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Show every limit: what is used, what is left, and until when."""

    async def look(room: Workroom) -> tuple[Tenant, LimitsView, dict[str, Pause]]:
        mine = _known(room, tenant)
        limits = Limits(room.store.limits, room.tenants, {}, lambda t: _contact_caps(room, t), now)
        pauses = {p.channel: p for p in await room.store.limits.paused(now()) if p.tenant_id == tenant}
        return mine, await limits.view(tenant), pauses

    mine, found, pauses = with_room(look, tenant)
    table = Table("limit", "الحد", "used", "left", "most", "until (UTC)", box=None)
    for one in found.budgets:
        until = f"{one.until:%m-%d %H:%M}"
        table.add_row("unasked today", "دون طلب اليوم", str(one.used), str(one.left), str(one.limit), until)
        table.add_row("second yes after", "موافقة ثانية بعد", "", "", str(one.approval_above))
    table.add_row("contact, 24 hours", "للعميل في 24 ساعة", "", "", str(found.contact_a_day))
    table.add_row("contact, 30 days", "للعميل في 30 يومًا", "", "", str(found.contact_in_30_days))
    for channel in mine.channels:
        rate, pause = mine.limits.pace(channel).every, pauses.get(channel)
        told = ("paused", "متوقف مؤقتًا") if pause else ("pace", "سرعة الإرسال")
        most, until = f"{rate.a_second}/s {rate.a_minute}/min", f"{pause.until:%m-%d %H:%M}" if pause else ""
        table.add_row(f"{channel} {told[0]}", told[1], "", "", most, until)
    out.print(table)


def channels_command(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Show each number: what came in, what was delivered, what was missing and repaired."""
    settings = Settings()

    async def look(room: Workroom) -> list[view.ChannelView]:
        _known(room, tenant)
        channels = channels_of(settings, now)
        try:
            return await view.channels(opened_gaps(room, settings, channels), tenant)
        finally:
            for one in channels.values():
                await one.provider.close()

    table = Table(
        *("number", "last in (UTC)", "last delivered", "receipts", "inbound"),
        *("missing/repaired/lost · مفقود/أُصلح/تعذّر", "compared until"),
        box=None,
    )
    troubles = []
    for one in with_room(look, tenant):
        gaps = f"{one.gaps_found}/{one.gaps_repaired}/{one.gaps_lost}"
        table.add_row(
            *(one.channel, _at(one.last_inbound_at), _at(one.last_delivered_at), one.receipts, one.inbound),
            *(gaps, _at(one.looked_until)),
        )
        if one.trouble_en:
            troubles += [f"{one.channel}: {one.trouble_en}", f"  {one.trouble_ar}"]
    out.print(table)
    for line in troubles:
        out.print(line, markup=False)


def _known(room: Workroom, tenant: str) -> Tenant:
    if tenant not in room.tenants:
        stop(f'there is no tenant "{tenant}" here.\nلا توجد منشأة بالمعرّف «{tenant}» هنا.')
    return room.tenants[tenant]


def _contact_caps(room: Workroom, tenant: str) -> tuple[int, int]:
    return A_CONTACT_A_DAY, room.playbooks.policies_of(tenant).follow_ups.caps.messages_in_30_days


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "-"
