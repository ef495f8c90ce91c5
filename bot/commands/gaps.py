"""`dealix gaps look`: compare the channels with their providers now, and say in words what was found."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import typer

from bot.alerts import Alerts
from bot.bell import Bell
from bot.building import channels_of, new_id, now
from bot.commands.terminal import out, stop, with_room
from bot.commands.workroom import Workroom
from bot.gaps.compare import FURTHEST, Look
from bot.gaps.opening import open_room
from bot.gaps.room import Gaps
from bot.intake import Channel, Intake
from bot.notebook import Notebook
from bot.privacy.fingerprints import Fingerprints
from bot.relay import Relay
from bot.settings import Settings
from bot.tenants import DEFAULT_TENANT

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What providers have and we do not.")

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@app.callback()
def _gaps() -> None:
    """Keeps `look` a verb of its own while it is the only one."""


@app.command()
def look(
    since: Annotated[str, typer.Option(help="How far back: 30m, 24h or 7d, seven days at most.")] = "24h",
    tenant: Annotated[str, typer.Option("--tenant", help="Whose channels.")] = DEFAULT_TENANT,
    channel: Annotated[str, typer.Option(help="Only this one.")] = "",
) -> None:
    """Compare with the providers' own records now; what was missing goes into its contact's mailbox."""
    back = _span(since)
    settings = Settings()

    async def work(room: Workroom) -> list[Look]:
        channels = channels_of(settings, now)
        gaps = opened_gaps(room, settings, channels)
        try:
            return await gaps.look(tenant, now() - back, channel)
        finally:
            for one in channels.values():
                await one.provider.close()

    looks = with_room(work, tenant)
    if not looks:
        stop(f'"{tenant}" has no such channel here.\nليس للمنشأة «{tenant}» قناة كهذه هنا.')
    for one in looks:
        out.print("\n".join(in_words(one)), markup=False)
    if any(not one.is_whole and one.has_record for one in looks):
        raise typer.Exit(1)


def opened_gaps(room: Workroom, settings: Settings, channels: Mapping[str, Channel]) -> Gaps:
    """The watch over channels, for somebody who looks once."""
    notebook = Notebook(room.store, room.tenants, Bell(), Relay(room.store, now), now)
    return open_room(
        store=room.store,
        channels=channels,
        chains={},
        intake=Intake(notebook, channels, {}, new_id),
        fingerprints=Fingerprints(settings.data_dir / "keys"),
        alerts=Alerts(room.store.alerts, now, new_id),
        now=now,
        new_id=new_id,
    )


def in_words(look: Look) -> list[str]:
    """One look as a reader wants it, English and Arabic."""
    english, arabic = look.reason
    if not look.has_record:
        return [f"{look.channel}: cannot be compared. {english}.", f"{look.channel}: لا يمكن مقارنتها. {arabic}."]
    span = f"{look.since:%Y-%m-%d %H:%M} - {look.until:%Y-%m-%d %H:%M} UTC"
    counted = (
        f"{look.compared} compared, {look.found} missing, {look.repaired} repaired, {look.lost} could not be"
    )
    counted_ar = f"قورنت {look.compared}، المفقود {look.found}، أُصلح {look.repaired}، وتعذر {look.lost}"
    lines = [f"{look.channel}: {span}: {counted}.", f"{look.channel}: {counted_ar}."]
    if english:
        lines += [f"  {'left out' if look.is_whole else 'not to the end'}: {english}", f"  {arabic}"]
    return lines


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([mhd])", text.strip())
    if found is None or not int(found[1]):
        stop(f'"{text}" is no span; write 30m, 24h or 7d.\n«{text}» ليست مدة؛ اكتب 30m أو 24h أو 7d.')
    span = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if span > FURTHEST:
        stop(f"{text} is more than seven days back; write 30m, 24h or 7d.\n{text} أبعد من أقصى مدة: سبعة أيام.")
    return span
