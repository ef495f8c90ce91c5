"""What was measured at scale, for people: a page of tables and two pictures."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from bench import figures

mpl.use("agg")

LATENCIES = (
    ("webhook_p50_ms", "webhook answered, p50 ms"),
    ("webhook_p99_ms", "webhook answered, p99 ms"),
    ("provider_p50_ms", "webhook to provider, p50 ms"),
    ("provider_p99_ms", "webhook to provider, p99 ms"),
    ("cpu_ms", "CPU a message, ms"),
)


def page(measured: dict[str, Any]) -> str:
    """Everything as text."""
    blocks = [f"{measured['at']}, {measured['cores']} cores"]
    blocks += [_form(name, form) for name, form in measured.get("fleets", {}).items()]
    blocks += [_size(name, size) for name, size in measured.get("stored", {}).items()]
    if "pages" in measured:
        blocks.append(_pages(measured["pages"]))
    if "hours" in measured:
        blocks.append(_hours(measured["hours"]))
    if "stages" in measured:
        blocks.append(_stages(measured["stages"]))
    wrong = faults(measured)
    blocks.append(figures.table("Nothing lost, nothing doubled", [(line, "", "") for line in wrong or ["true"]]))
    return "\n".join(blocks) + "\n"


def faults(measured: dict[str, Any]) -> list[str]:
    """Who lost, doubled or refused a message, in words."""
    watched = {
        **measured.get("fleets", {}),
        **{f"{name} stored": size for name, size in measured.get("stored", {}).items()},
        **{part: measured[part] for part in ("hours", "stages") if part in measured},
    }
    kinds = ("lost", "doubled", "refused")
    lost = [f"{name}: {one[kind]} {kind}" for name, one in watched.items() for kind in kinds if one[kind]]
    pages = measured.get("pages", {})
    slow = [f"{path}: slower than {pages['limit_ms']:.0f} ms" for path in pages.get("too_slow", ())]
    return lost + slow + [f"{path}: broken" for path in pages.get("broken", ())]


def _form(name: str, form: dict[str, Any]) -> str:
    rows: list[tuple[str, Any, str]] = []
    for phase, title in (("paced", "paced"), ("full", "as fast as it goes")):
        ours = form[phase]
        rows.append((f"{title}: messages a second", ours["per_second"], _beside(form, phase, "per_second")))
        rows += [(f"  {text}", ours[key], _beside(form, phase, key)) for key, text in LATENCIES]
        rows.append(
            ("  of it the database", ours["cpu_database_ms"], f"load average {ours['load_average_before']}")
        )
    rows.append(("round trips a message", form["round_trips"], "with everything in the background"))
    rows.append(("memory, MiB", round(sum(form["memory_mib"].values()), 1), _named(form["memory_mib"])))
    if "cpu_ms_by_process" in form:
        rows.append(("CPU a message by process, ms", "", _named(form["cpu_ms_by_process"])))
        rows.append(
            ("idle, CPU ms a second", form["idle"]["cpu_ms"], f"{form['idle']['round_trips']} round trips")
        )
        rows.append(("ready and shared out, s", form["start_s"], "all processes started at once"))
    rows.append(("warnings in the log", len(form["complaints"]), ""))
    return figures.table(name, rows)


def _beside(form: dict[str, Any], phase: str, key: str) -> str:
    """The same figure of whoever took turns."""
    others = [other for other in ("textbook", "simplest") if other in form]
    return "; ".join(
        f"{other}: {form[other][phase][key]}, ratio {figures.ratio(form[phase][key], form[other][phase][key])}"
        for other in others
    )


def _size(name: str, size: dict[str, Any]) -> str:
    paced, idle = size["paced"], size["idle"]
    rows: list[tuple[str, Any, str]] = [
        ("stored", size["contacts"], f"{size['facts']} facts, {size['on_disk_mib']} MiB on disk"),
        *((text, paced[key], "") for key, text in LATENCIES),
        ("  of it the database", paced["cpu_database_ms"], f"load average {paced['load_average_before']}"),
        ("messages", paced["messages"], f"{paced['per_second']} a second"),
        ("round trips a message", size["round_trips"], "with everything in the background"),
        ("idle, ms of CPU a second", round(idle["service_ms"] + idle["database_ms"], 1), ""),
        ("idle, round trips a second", idle["round_trips"], ""),
        ("database ready, s", size["database_ready_s"], ""),
        ("service ready after it, s", size["service_ready_after_s"], ""),
        ("memory, MiB", round(sum(size["memory_mib"].values()), 1), _named(size["memory_mib"])),
    ]
    rows += [
        (
            f"walks: {walk['times']} times",
            f"{walk['millis']} ms",
            f"{walk['docs']} read, {walk['keys']} keys: {walk['what']}",
        )
        for walk in size["walks"]
    ]
    return figures.table(f"{int(name):,} stored contacts", rows)


def _pages(pages: dict[str, Any]) -> str:
    slowest = sorted(pages["asked"].items(), key=lambda one: -one[1]["p50_ms"])
    rows = [
        (path, one["p50_ms"], f"first {one['first_ms']}, worst {one['worst_ms']}, {one['status']}")
        for path, one in slowest
    ]
    title = (
        f"What pages ask, p50 ms of the server at {pages['contacts']} contacts (limit {pages['limit_ms']:.0f})"
    )
    return figures.table(title, rows)


def _hours(hours: dict[str, Any]) -> str:
    rows: list[tuple[str, Any, str]] = [
        (f"after {mark['messages']} messages", mark["service_mib"], f"database: {mark['database_mib']}")
        for mark in (*hours["marks"], hours["at_rest"])
    ]
    return figures.table(f"Memory, MiB, over {hours['seconds']} s at full load", rows)


def _stages(stages: dict[str, Any]) -> str:
    rows: list[tuple[str, Any, str]] = [(n, f"{100 * share:.1f} %", "") for n, share in stages["stages"].items()]
    title = f"Share of each stage in the service's CPU, over {stages['messages']} messages at full load"
    return figures.table(title, rows)


def _named(numbers: dict[str, float]) -> str:
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def draw(measured: dict[str, Any], folder: Path) -> None:
    """CPU over processes and over stored contacts, and memory over messages, as far as they were measured."""
    forms, sizes, hours = (measured.get(part) for part in ("fleets", "stored", "hours"))
    wanted = [one for one in (forms, sizes, hours) if one]
    if not wanted:
        return
    figure = Figure(figsize=(4.2 * len(wanted), 3.4), layout="constrained")
    axes = iter(figure.subplots(1, len(wanted), squeeze=False)[0])
    if forms:
        _bars(next(axes), "CPU a message by processes, paced, ms", forms)
    if sizes:
        _bars(next(axes), "CPU a message by stored contacts, ms", sizes)
    if hours:
        place = next(axes)
        marks = hours["marks"]
        place.plot([m["messages"] for m in marks], [m["service_mib"] for m in marks], marker="o", label="service")
        place.plot(
            [m["messages"] for m in marks], [m["database_mib"] for m in marks], marker="o", label="database"
        )
        place.set_ylim(bottom=0)
        place.set_title("memory, MiB, over messages", fontsize=9)
        place.legend(fontsize=7)
    figure.savefig(folder / "scale.svg")


def _bars(place: Any, title: str, named: dict[str, Any]) -> None:
    """CPU and not latency: it is what a machine with neighbours does not blur."""
    names, below = list(named), [0.0] * len(named)
    for key in ("cpu_service_ms", "cpu_database_ms"):
        heights = [named[name]["paced"][key] for name in names]
        place.bar(range(len(names)), heights, 0.6, bottom=below, label=key.split("_")[1])
        below = [low + height for low, height in zip(below, heights, strict=True)]
    place.set_xticks(range(len(names)), names, fontsize=7)
    place.set_title(title, fontsize=9)
    place.legend(fontsize=7)
