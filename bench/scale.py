"""
`python -m bench scale`: does it cost more with more processes, more contacts, more hours?

Law 1: every figure is taken from real processes, real webhooks and the provider's own ledger, and says how loaded
       the machine was.
Law 2: whoever is compared works in the same run under the same load, by turns; only ratios travel.
Law 3: a lost, doubled or refused message fails the run, at every size and with every number of processes.
"""

import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from bench import figures, scale_page
from bench.scale_many import measure_fleets
from bench.scale_memory import measure_hours
from bench.scale_pages import measure_pages
from bench.scale_profile import measure_stages
from bench.scale_stored import measure_sizes

FOLDER = Path("build/bench")
PARTS = ("fleets", "stored", "pages", "hours", "stages")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is asked."""

    workers: tuple[int, ...]
    sizes: tuple[int, ...]
    paced: float
    paced_seconds: float
    leads: int
    rounds: int
    hours_messages: int
    timeline_of_every: int


def main(
    workers: Annotated[str, typer.Option(help="Numbers of worker processes.")] = "1,2,4",
    sizes: Annotated[str, typer.Option(help="Numbers of stored contacts.")] = "1000,100000",
    million: Annotated[
        bool, typer.Option("--million", help="A million stored contacts too (needs 20 GB).")
    ] = False,
    paced: Annotated[float, typer.Option(min=1, help="Messages a second of the paced phases.")] = 25,
    paced_seconds: Annotated[float, typer.Option(min=1, help="How long each takes.")] = 8,
    leads: Annotated[int, typer.Option(min=1, help="Conversations of each full phase, six messages each.")] = 96,
    rounds: Annotated[int, typer.Option(min=1, help="How often; the median counts.")] = 3,
    messages: Annotated[int, typer.Option(min=4, help="Messages of the run that watches memory.")] = 18_000,
    timeline_of_every: Annotated[
        int, typer.Option(min=1, help="Which contacts have a timeline: every n-th.")
    ] = 10,
    only: Annotated[str, typer.Option(help=f"Some parts of: {', '.join(PARTS)}.")] = ",".join(PARTS),
    folder: Annotated[Path, typer.Option(help="Where the report goes.")] = FOLDER,
) -> None:
    """Measure more processes, more stored contacts and more hours."""
    wanted = tuple(only.split(","))
    if unknown := sorted(set(wanted) - set(PARTS)):
        raise typer.BadParameter(f"there is no part {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    asked = sorted({*(int(size) for size in sizes.split(",")), *([1_000_000] if million else [])})
    scale = Scale(
        tuple(int(n) for n in workers.split(",")),
        tuple(asked),
        paced,
        paced_seconds,
        leads,
        rounds,
        messages,
        timeline_of_every,
    )
    measured = uvloop.run(_measure(scale, wanted))
    figures.write(folder / "scale.json", measured)
    page = scale_page.page(measured)
    (folder / "scale.txt").write_text(page, encoding="utf-8")
    scale_page.draw(measured, folder)
    sys.stdout.write(page)
    if scale_page.faults(measured):
        raise typer.Exit(1)


async def _measure(scale: Scale, wanted: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "asked": asdict(scale),
    }
    with tempfile.TemporaryDirectory(prefix="dealix-scale-") as name:
        for part in wanted:
            folder = Path(name) / part
            folder.mkdir()
            found[part] = await _part(part, scale, folder)
    return found


async def _part(part: str, scale: Scale, folder: Path) -> Any:
    match part:
        case "fleets":
            return await measure_fleets(
                scale.workers, scale.paced, scale.paced_seconds, scale.leads, scale.rounds, folder
            )
        case "stored":
            return await measure_sizes(
                scale.sizes, scale.timeline_of_every, scale.paced, scale.paced_seconds, scale.rounds, folder
            )
        case "pages":
            return await measure_pages(min(100_000, max(scale.sizes)), scale.timeline_of_every, folder)
        case "stages":
            return await measure_stages(scale.leads, folder)
        case _:
            return await measure_hours(scale.hours_messages, folder)
