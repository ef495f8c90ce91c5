"""Pictures of a run: faults over throughput and lag, and how long it took to be up again."""

from collections import defaultdict
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.chaos.checks.evidence import recoveries
from bench.chaos.checks.inbound import TOKEN
from bench.chaos.checks.seen import OUTCOMES, Seen
from bench.chaos.history import History

mpl.use("agg")

COLOURS = {
    "kill": "#c0392b",
    "freeze": "#8e44ad",
    "twin": "#7f8c8d",
    "db_kill": "#d35400",
    "db_freeze": "#e67e22",
    "nats_kill": "#2980b9",
    "nats_wipe": "#1f618d",
    "provider": "#b7950b",
    "telegram": "#16a085",
    "silence": "#95a5a6",
}


def draw(history: History, seen: Seen, folder: Path) -> list[Path]:
    """Draw everything into a folder; answers the files."""
    return [_timeline(history, seen, folder / "timeline.png"), _recovery(history, seen, folder / "recovery.png")]


def _timeline(history: History, seen: Seen, path: Path) -> Path:
    figure = Figure(figsize=(12, 7), layout="constrained")
    faults, rate, lag = figure.subplots(3, 1, sharex=True, height_ratios=(2, 2, 2))
    _draw_faults(faults, history)
    began = history.setup.began
    seconds = max(1, int(max((p.answered_at for p in history.posts), default=began) - began) + 1)
    bins = max(20, min(200, seconds))
    span = (0, seconds)
    acked = [p.answered_at - began for p in history.posts if p.kind == "message" and 200 <= p.status < 300]
    taken = [t.at - began for t in history.taken]
    per = seconds / bins
    rate.hist(
        acked, bins, span, weights=[1 / per] * len(acked), histtype="step", color="#2c3e50", label="answered 2xx"
    )
    rate.hist(
        taken,
        bins,
        span,
        weights=[1 / per] * len(taken),
        histtype="stepfilled",
        alpha=0.4,
        color="#27ae60",
        label="taken by providers",
    )
    rate.set_ylabel("a second")
    rate.legend(loc="upper right", fontsize=8)
    points = _lags(history, seen)
    lag.plot([x - began for x, _ in points], [max(y, 0.001) for _, y in points], ".", ms=3, color="#2c3e50")
    lag.set_yscale("log")
    lag.set_ylabel("s from 2xx to outcome")
    lag.set_xlabel("seconds")
    figure.savefig(path, dpi=110)
    return path


def _draw_faults(axes: Axes, history: History) -> None:
    kinds = [kind for kind in COLOURS if any(fault.kind == kind for fault in history.faults)]
    for fault in history.faults:
        if fault.kind in kinds:
            left, width = fault.began - history.setup.began, max(fault.ended - fault.began, 0.3)
            axes.barh(kinds.index(fault.kind), width, left=left, color=COLOURS[fault.kind], alpha=0.8)
    axes.axvline(history.setup.healed - history.setup.began, color="#27ae60", lw=1)
    axes.set_yticks(range(len(kinds)), kinds)
    axes.set_title(f"seed {history.setup.seed}, {history.setup.shape}: what was broken, and what came of it")


def _lags(history: History, seen: Seen) -> list[tuple[float, float]]:
    """For each message: when it was answered 2xx, and how long it then waited for its outcome."""
    durable: dict[str, float] = {}
    for post in history.posts:
        for token in post.tokens if post.kind == "message" and 200 <= post.status < 300 else ():
            durable[token] = min(post.answered_at, durable.get(token, post.answered_at))
    points = []
    for facts in seen.by_write.values():
        if not any(fact.what in OUTCOMES for fact in facts):
            continue
        for fact in facts:
            found = TOKEN.search(str(fact.data.get("key", ""))) if fact.what == "message_received" else None
            if found and found[0] in durable:
                points.append((durable[found[0]], fact.at - durable[found[0]]))
    return points


def _recovery(history: History, seen: Seen, path: Path) -> Path:
    found: dict[str, list[float]] = defaultdict(list)
    for fault, seconds in recoveries(history, seen):
        if seconds != float("inf"):
            found[fault.kind].append(seconds)
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    kinds = sorted(found)
    if kinds:
        colours = [COLOURS.get(kind, "#555555") for kind in kinds]
        axes.hist([found[kind] for kind in kinds], 30, stacked=True, color=colours, label=kinds)
        axes.legend(fontsize=8)
    axes.set_xlabel("seconds until the next answer was taken")
    axes.set_ylabel("falls")
    figure.savefig(path, dpi=110)
    return path
