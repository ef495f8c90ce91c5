"""
`python -m bench`: many leads through real webhooks, an answer at a local provider for each, and what that costs.

Law 1: a message counts when the provider has its answer; one lost, refused or doubled message fails the run.
Law 2: the service is `dealix up` as everybody runs it, on an empty data folder, with a real mongod.
Law 3: the simplest handler works in the same run under the same load, by turns; only ratios travel.
"""

import asyncio
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from bench import figures, rules, scale, trace
from bench.houses import Dealix, Process, Started, simplest
from bench.leads import WORDS, Seen, World
from bench.phases import LESS_IS_BETTER, median_of, phase
from bench.wire import Clients
from bot.settings import Settings

RESULT = Path("build/bench.json")

# Code paths and connections are warm after this many messages; a service runs for weeks.
WARM_UP_LEADS = 10
TRACED_LEADS = 3
REDELIVERED = 50


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked."""

    leads: int
    messages: int
    concurrency: int
    paced: float
    paced_seconds: float
    rounds: int


app = typer.Typer(add_completion=False, help="What Dealix costs, measured beside something public or simple.")
app.command("rules")(rules.main)
app.command("scale")(scale.main)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    leads: Annotated[int, typer.Option(min=1, help="Conversations in the full run.")] = 144,
    messages: Annotated[int, typer.Option(min=1, help="Messages of each lead.")] = 6,
    concurrency: Annotated[int, typer.Option(min=1, help="Leads who talk at the same time.")] = 48,
    paced: Annotated[float, typer.Option(min=1, help="Messages a second of the paced run.")] = 50,
    paced_seconds: Annotated[float, typer.Option(min=1, help="How long the paced run takes.")] = 6,
    rounds: Annotated[int, typer.Option(min=1, help="How often; the median counts.")] = 3,
    result: Annotated[Path, typer.Option(help="Where the JSON goes.")] = RESULT,
) -> None:
    """Measure Dealix, then the simplest handler, and compare."""
    if context.invoked_subcommand is not None:
        return
    load = Load(leads, messages, concurrency, paced, paced_seconds, rounds)
    measured = uvloop.run(_measure(load))
    figures.write(result, measured)
    sys.stdout.write(_page(measured))
    if measured["dealix"]["lost"] or measured["dealix"]["doubled"] or measured["dealix"]["refused"]:
        raise typer.Exit(1)


async def _measure(load: Load) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="dealix-bench-") as name:
        for part in ("dealix", "simplest"):
            (Path(name) / part).mkdir()
        ours, theirs = World(), World()
        await asyncio.gather(ours.open(), theirs.open())
        house, handler = Dealix(ours.port, Path(name) / "dealix"), simplest(theirs.port, Path(name) / "simplest")
        started = await house.start()
        handler.spawn()
        await handler.ready()
        try:
            watched = await _watched(load, ours, house, theirs, handler)
        finally:
            await asyncio.gather(house.stop(), handler.stop())
            ours.close()
            theirs.close()
        again = await house.start()
        await house.stop()
    watched["dealix"]["start"] = {"empty": _times(started), "again": _times(again)}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": asdict(load),
        **watched,
    }


async def _watched(load: Load, ours: World, house: Dealix, theirs: World, handler: Process) -> dict[str, Any]:
    """Everything that is measured while both services run; their phases take turns, so that noise hits both."""
    mine, plain = Clients(house.port), Clients(handler.port)
    await ours.crowd(mine, ours.new_leads(WARM_UP_LEADS), load.messages, load.concurrency)
    await theirs.crowd(plain, theirs.new_leads(WARM_UP_LEADS), load.messages, load.concurrency)
    idle = await _idle(house)
    rounds: dict[str, list[dict[str, Any]]] = {"ours paced": [], "ours full": [], "paced": [], "full": []}
    trips: list[dict[str, int]] = []
    for _ in range(load.rounds):
        rounds["ours paced"].append(await phase(house, _paced(ours, mine, load)))
        rounds["paced"].append(await phase(handler, _paced(theirs, plain, load)))
        before = await house.round_trips()
        rounds["ours full"].append(await phase(house, _crowd(ours, mine, load)))
        after = await house.round_trips()
        rounds["full"].append(await phase(handler, _crowd(theirs, plain, load)))
        trips.append({name: after[name] - before[name] for name in after})
    traced = await _trace(ours, house, mine)
    rung_again = await ours.redeliver(mine, list(ours.wrote)[:REDELIVERED])
    memory, complaints = house.memory_mib(), house.complaints()
    count = sum(r["messages"] for r in rounds["ours full"])
    total = {name: sum(t[name] for t in trips) for name in trips[0]}
    return {
        "dealix": {
            "idle": idle,
            "paced": median_of(rounds["ours paced"]),
            "full": median_of(rounds["ours full"]),
            "round_trips": {
                "to_commit": sorted(t.to_commit for t in traced if not t.is_first),
                "to_commit_of_the_first": sorted(t.to_commit for t in traced if t.is_first),
                "in_all": sorted(t.in_all for t in traced if not t.is_first),
                "operations": list(min(traced, key=lambda t: t.in_all).operations),
                "per_message_with_background": round(sum(total.values()) / count, 2) if count else None,
                "by_command": {name: round(n / count, 2) for name, n in total.items() if n and count},
            },
            "memory_mib": {"service": round(memory[0], 1), "database": round(memory[1], 1)},
            "lost": ours.lost,
            "doubled": ours.doubled,
            "refused": sum(r["refused"] for r in (*rounds["ours paced"], *rounds["ours full"])),
            "rung_by_redelivery": rung_again,
            "default_burst_pause_s": Settings.model_fields["burst_seconds"].default,
            "complaints": complaints[:20],
        },
        "simplest": {
            "paced": median_of(rounds["paced"]),
            "full": median_of(rounds["full"]),
            "lost": theirs.lost,
            "doubled": theirs.doubled,
        },
        "rounds": rounds,
    }


def _times(started: Started) -> dict[str, float]:
    return {
        "database_ready_s": round(started.database_ready, 2),
        "service_ready_s": round(started.service_ready, 2),
        "after_database_s": round(started.after_database, 2),
    }


async def _idle(house: Process) -> dict[str, float]:
    """What an hour of silence costs, as CPU milliseconds a second."""
    await asyncio.sleep(1.0)
    before = house.used()
    await asyncio.sleep(4.0)
    spent = house.used().since(before)
    return {"service_ms_a_second": spent.service * 250, "database_ms_a_second": spent.database * 250}


async def _paced(world: World, clients: Clients, load: Load) -> Seen:
    return await world.paced(clients, load.paced, load.paced_seconds)


async def _crowd(world: World, clients: Clients, load: Load) -> Seen:
    return await world.crowd(clients, world.new_leads(load.leads), load.messages, load.concurrency)


async def _trace(world: World, house: Dealix, clients: Clients) -> list[trace.Traced]:
    await trace.watch(house.door)
    for lead in world.new_leads(TRACED_LEADS):
        await world.talk(clients, lead, len(WORDS), Seen())
    await trace.stop_watching(house.door)
    return await trace.traced(house.door)


def _page(measured: dict[str, Any]) -> str:
    ours, theirs = measured["dealix"], measured["simplest"]
    blocks = [_start(ours), _trips(ours)]
    blocks += [_compared(name, ours[name], theirs[name]) for name in ("paced", "full")]
    blocks.append(_honesty(ours))
    return "\n".join(blocks) + "\n"


def _start(ours: dict[str, Any]) -> str:
    empty, again, memory = ours["start"]["empty"], ours["start"]["again"], ours["memory_mib"]
    return figures.table(
        "Start and size",
        [
            ("ready after the database, s", empty["after_database_s"], "empty data folder (aim: under 2)"),
            (
                "ready after the database, s",
                again["after_database_s"],
                "again, with the data of the run",
            ),
            ("ready after the command, s", empty["service_ready_s"], f"database: {empty['database_ready_s']}"),
            ("memory of the service, MiB", memory["service"], "after the run"),
            ("memory of the database, MiB", memory["database"], ""),
            ("idle CPU, ms a second", sum(ours["idle"].values()), "service and database"),
        ],
    )


def _trips(ours: dict[str, Any]) -> str:
    trips = ours["round_trips"]
    commit, first = trips["to_commit"], trips["to_commit_of_the_first"]
    return figures.table(
        "Round trips to the database",
        [
            ("from webhook to commit", f"{commit[0]} to {commit[-1]}", "a known contact (aim: at most 3)"),
            ("from webhook to commit", f"{first[0]} to {first[-1]}", "the first message of a contact"),
            ("of one message", trips["in_all"][0], ", ".join(trips["operations"])),
            ("with the background", trips["per_message_with_background"], "sweep, timeline, receipts, marks"),
        ],
    )


def _compared(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    rows = [("messages answered", ours["messages"], f"load average: {ours['load_average_before']}")]
    for key, title in (
        ("per_second", "messages a second"),
        ("webhook_p50_ms", "webhook answered, p50 ms"),
        ("webhook_p99_ms", "webhook answered, p99 ms"),
        ("provider_p50_ms", "webhook to provider, p50 ms"),
        ("provider_p99_ms", "webhook to provider, p99 ms"),
        ("cpu_ms", "CPU a message, ms"),
    ):
        note = f"simplest: {theirs[key]}, ratio {figures.ratio(ours[key], theirs[key])}"
        if key in LESS_IS_BETTER:
            best = (ours["best"][key], theirs["best"][key])
            note += f"; best round: {best[0]} and {best[1]}, ratio {figures.ratio(*best)}"
        rows.append((title, ours[key], note))
    rows.append(("  of the service", ours["cpu_service_ms"], ""))
    rows.append(("  of the database", ours["cpu_database_ms"], ""))
    rows.append(("  (the bench itself)", ours["cpu_of_the_bench_ms"], "not counted above"))
    titles = {"paced": "Paced", "full": "As fast as it goes"}
    return figures.table(titles[name], rows)


def _honesty(ours: dict[str, Any]) -> str:
    return figures.table(
        "Nothing lost, nothing doubled",
        [
            ("lost", ours["lost"], "webhooks answered with 200 whose answer never reached the provider"),
            ("doubled", ours["doubled"], "answers that reached the provider more than once"),
            ("refused", ours["refused"], "webhooks not answered with 200"),
            ("rung by redelivery", ours["rung_by_redelivery"], f"of {REDELIVERED} webhooks posted twice"),
            ("warnings in the log", len(ours["complaints"]), "; ".join(ours["complaints"][:2])[:160]),
            ("pause for bursts, s", ours["default_burst_pause_s"], "by default; 0 in this run, so not counted"),
        ],
    )


if __name__ == "__main__":
    app()
