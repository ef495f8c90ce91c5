"""
Campaigns and templates on the command line: `dealix campaigns list|show|cancel`, `dealix templates list`.

Rule: here no message is made and no yes is given. What is cancelled here stops in the service at once: the gate
asks the database before each message.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from bot.alerts import Alerts
from bot.building import channels_of, new_id, now
from bot.campaigns.opening import open_room
from bot.campaigns.room import Campaigns
from bot.commands.beside import beside
from bot.commands.terminal import out, person, with_room
from bot.commands.workroom import Workroom
from bot.departures.opening import open_room as open_limits
from bot.intake import Channel
from bot.privacy.fingerprints import Fingerprints
from bot.settings import Settings
from bot.templates.room import TemplateRoom, TemplateView
from bot.templates.telling import WHY
from bot.tenants import DEFAULT_TENANT

campaigns = typer.Typer(
    no_args_is_help=True, add_completion=False, help="One approved wording to many who agreed."
)
templates = typer.Typer(no_args_is_help=True, add_completion=False, help="The words that Meta has approved.")

TenantId = Annotated[str, typer.Option("--tenant", help="Whose.")]
By = Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")]
CampaignId = Annotated[str, typer.Argument(help="The campaign, as `list` shows it.")]

STATUS_AR = {
    "queued": "بانتظار البدء",
    "waiting_for_approval": "بانتظار الموافقة",
    "running": "جارية",
    "done": "انتهت",
    "cancelled": "أُلغيت",
    "stopped": "توقفت",
    "rejected": "رُفضت",
}

COUNTED_AR = {
    "excluded": "مستبعد",
    "pending": "بانتظار دوره",
    "queued": "في الطريق",
    "sent": "أُرسلت",
    "refused": "منعتها البوابة",
    "failed": "فشلت",
    "unknown": "غير معروف",
    "cancelled": "أُلغيت",
}

T = TypeVar("T")


@campaigns.command("list")
def list_campaigns(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20, tenant: TenantId = DEFAULT_TENANT
) -> None:
    """Show campaigns, newest first."""
    table = Table("campaign", "name", "template", "status", "الحالة", "done", "total", "since (UTC)", box=None)
    for view in _with_campaigns(lambda room: room.list(tenant, limit), tenant):
        status, told = view["status"], view["progress"]
        since = f"{view['created_at']:%Y-%m-%d %H:%M}"
        numbers = (str(told["done"]), str(told["total"]))
        table.add_row(view["id"], view["name"], view["template"], status, STATUS_AR[status], *numbers, since)
    out.print(table)


@campaigns.command()
def show(campaign_id: CampaignId, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Show what a campaign says, how far it is, and how many contacts came to what."""
    _show(_with_campaigns(lambda room: room.get(tenant, campaign_id), tenant))


@campaigns.command()
def cancel(campaign_id: CampaignId, by: By, tenant: TenantId = DEFAULT_TENANT) -> None:
    """End a campaign at once: nothing more of it leaves."""
    human = person(by)
    _show(_with_campaigns(lambda room: room.cancel(tenant, campaign_id, human), tenant))


@templates.command("list")
def list_templates(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Show every template, and whether it may leave as Meta last said."""

    async def look(room: Workroom) -> list[TemplateView]:
        async with _channels() as channels:
            return list(await _templates(room, channels).views(tenant))

    table = Table("template", "language", "category", "channel", "Meta", "may leave / هل يخرج", box=None)
    for view in with_room(look, tenant):
        en, ar = WHY.get(view.trouble, ("yes", "نعم"))
        status = view.standing.status if view.standing else ""
        name, category = view.template.name, view.template.category
        table.add_row(name, view.language, category, view.channel, status, f"{en}\n{ar}")
    out.print(table)


def _show(view: dict[str, Any]) -> None:
    status = view["status"]
    out.print(f"{view['id']}  {view['name']}  {status} · {STATUS_AR[status]}", markup=False)
    out.print(f"{view['template']} ({view['category']}) · {view['channel']}", markup=False)
    for language, words in view["words"].items():
        out.print(f"[{language}] {words}", markup=False)
    table = Table("contacts", "جهات الاتصال", "", box=None)
    for name, count in view["counts"].items():
        if count:
            table.add_row(name, COUNTED_AR[name], str(count))
    out.print(table)
    for left_out in view["excluded"]:
        out.print(f"- {left_out['count']}: {left_out['reason_en']} / {left_out['reason_ar']}", markup=False)
    if view["end_reason"]:
        told = f"{view['end_reason_en'] or view['end_reason']} / {view['end_reason_ar'] or ''}"
        out.print(told, markup=False)
    if status == "waiting_for_approval":
        out.print(
            f"It waits for a yes (approval {view['approval_id']}), in Telegram or on the console.\n"
            f"تنتظر موافقة ({view['approval_id']}) في تيليجرام أو لوحة التحكم.",
            markup=False,
        )


def _with_campaigns(work: Callable[[Campaigns], Awaitable[T]], tenant: str) -> T:
    async def act(room: Workroom) -> T:
        async with _opened(room) as opened:
            return await work(opened)

    return with_room(act, tenant)


@asynccontextmanager
async def _channels() -> AsyncIterator[dict[str, Channel]]:
    channels = channels_of(Settings(), now)
    try:
        yield channels
    finally:
        for channel in channels.values():
            await channel.provider.close()


def _templates(room: Workroom, channels: dict[str, Channel]) -> TemplateRoom:
    return TemplateRoom(
        rows=room.store.templates,
        channels=channels,
        tenants=room.tenants,
        policies_of=room.playbooks.policies_of,
        alerts=Alerts(room.store.alerts, now, new_id),
        unreachable=room.store.unreachable,
        now=now,
    )


@asynccontextmanager
async def _opened(room: Workroom) -> AsyncIterator[Campaigns]:
    """The room of campaigns as the command line sees it: it looks and ends, and makes no message."""
    async with beside(room) as here:
        limits = open_limits(
            room.store,
            room.tenants,
            {},
            here.settings.channel_replies_a_minute,
            room.playbooks.policies_of,
            now,
            new_id,
            is_alone=False,
        )
        yield open_room(
            notebook=here.notebook,
            tenants=room.tenants,
            chains={},
            templates=_templates(room, {}),
            fingerprints=Fingerprints(here.settings.data_dir / "keys"),
            centre=here.authority.centre,
            grants=here.authority.grants,
            runs=here.runs_room.runs,
            limits=limits.limits,
            audit=here.audit,
            policies_of=room.playbooks.policies_of,
            now=now,
            new_id=new_id,
        )
