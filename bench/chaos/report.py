"""
What was counted: on the terminal, as Markdown, and as a page with pictures that needs nothing else.

Rule 1: a zero stands beside its sample, and beside the bound that this sample allows and no more.
Rule 2: whoever reads of a broken promise finds how to run it again, and the shortest evidence.
"""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from statistics import median

from bench.chaos import pictures
from bench.chaos.checks import judge
from bench.chaos.checks.evidence import recoveries
from bench.chaos.checks.seen import Count, Seen
from bench.chaos.history import Fault, History

SHOWN = 8
"""So many cases of a broken promise are printed; all of them are in the history."""


def write(history: History, folder: Path) -> list[Count]:
    """Judge a history and write what came of it; answers the counts."""
    counts, seen = judge(history), Seen(history)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pictures.draw(history, seen, folder)
    text = markdown(history, seen, counts, [path.name for path in drawn])
    (folder / "report.md").write_text(text, "utf-8")
    (folder / "report.html").write_text(_page(history, seen, counts, drawn), "utf-8")
    return counts


def summary(history: History, counts: Sequence[Count]) -> str:
    """What a terminal shows."""
    seen = Seen(history)
    lines = [*_head(history), ""]
    for count in counts:
        mark = "BROKEN" if count.broken else ("ok" if count.n else "n = 0")
        lines.append(f"  {count.invariant:4}{count.name:13}{mark:8}{_sample(count):34}{count.promise}")
        lines += [f"       {remark}" for remark in count.remarks]
    lines += [
        "",
        "  recovery, seconds until the next answer",
        *(f"  {line}" for line in _recovery(history, seen)),
    ]
    broken = [count for count in counts if count.broken]
    for count in broken:
        lines += ["", f"  {count.invariant} {count.name}: {len(count.broken)} case(s)"]
        lines += [f"    {_when(history, e.at)}{e.what}: {' '.join(e.ids)}" for e in count.broken[:SHOWN]]
    if broken:
        lines += ["", f"  again: {history.setup.command}", "  faults:"]
        lines += [f"    {_of_fault(history, fault)}" for fault in history.faults]
    return "\n".join(lines)


def markdown(history: History, seen: Seen, counts: Sequence[Count], drawn: Sequence[str]) -> str:
    """The report as a document."""
    lines = ["# Chaos report", "", *(f"- {line}" for line in _head(history)), ""]
    lines += ["| | promise | cases | broken | with 95 % confidence below |", "|---|---|---|---|---|"]
    for count in counts:
        bound = f"{count.bound:.2%}" if count.bound is not None else ("-" if count.broken else "nothing shown")
        cells = (f"{count.invariant} {count.name}", count.promise, f"{count.n}", f"{len(count.broken)}", bound)
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "No case in n bounds the rate at about 3/n; where n is 0 this run shows nothing.", ""]
    lines += [f"- {count.name}: {remark}" for count in counts for remark in count.remarks]
    lines += [
        "",
        "## Recovery",
        "",
        "Seconds until the next answer was taken, after each kind of fall.",
        "",
        "```",
    ]
    lines += [*_recovery(history, seen), "```", ""]
    lines += [f"![]({name})" for name in drawn]
    lines += ["", "## In doubt", "", *_doubts(seen), "", "## Broken", ""]
    for count in counts:
        lines += [f"- {count.name}: {_when(history, e.at)}{e.what}: `{' '.join(e.ids)}`" for e in count.broken]
    if not any(count.broken for count in counts):
        lines.append("Nothing.")
    lines += ["", "## Faults", "", *(f"- {_of_fault(history, fault)}" for fault in history.faults), ""]
    return "\n".join(lines)


def _head(history: History) -> list[str]:
    setup = history.setup
    acked = {t for p in history.posts if p.kind == "message" and 200 <= p.status < 300 for t in p.tokens}
    kills = sum(fault.kind == "kill" for fault in history.faults)
    rest = f"quiet {setup.quiet - setup.healed:.0f} s after that" if setup.quiet else "never quiet"
    return [
        f"{datetime.fromtimestamp(setup.began, UTC):%Y-%m-%d %H:%M} UTC, {setup.machine}, commit {setup.commit}",
        f"seed {setup.seed}, shape {setup.shape}: {setup.command}",
        f"{len(acked)} messages of {len(history.contacts)} contacts answered 2xx, in {len(history.posts)} posts; "
        f"{len(history.taken)} taken by providers; {len(history.taps)} taps",
        f"{kills} kills, {len(history.faults)} faults; whole after {setup.healed - setup.began:.0f} s, {rest}",
        *setup.notes,
    ]


def _sample(count: Count) -> str:
    if count.broken:
        return f"{len(count.broken)} in {count.n}"
    return f"0 in {count.n}, so below {count.bound:.2%}" if count.bound is not None else "nothing to look at"


def _recovery(history: History, seen: Seen) -> list[str]:
    found: dict[str, list[float]] = defaultdict(list)
    for fault, seconds in recoveries(history, seen):
        found[fault.kind].append(seconds)
    back: dict[str, list[float]] = defaultdict(list)
    for fault in history.faults:
        back[fault.kind].append(fault.ended - fault.began)
    lines = [f"{'fall':12}{'n':>5}{'p50':>8}{'p99':>8}{'worst':>8}   process or server up, p50"]
    for kind, seconds in sorted(found.items()):
        row = (_at(seconds, 0.5), _at(seconds, 0.99), max(seconds))
        lines.append(
            f"{kind:12}{len(seconds):5}{row[0]:8.1f}{row[1]:8.1f}{row[2]:8.1f}   {median(back[kind]):.1f}"
        )
    return lines


def _at(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _doubts(seen: Seen) -> list[str]:
    doubted = [attempt for attempt in seen.attempts if attempt.is_doubted]
    taken = {attempt.id for _, attempt in seen.matched if attempt is not None}
    lines = [
        f"{len(doubted)} sends were in doubt; {sum(a.id in taken for a in doubted)} of them had arrived. "
        "None may be repeated by itself; each is resolved by the provider's record, a receipt, or a human.",
        "",
    ]
    for attempt in doubted[:200]:
        arrived = "arrived" if attempt.id in taken else "did not arrive"
        lines.append(f"- draft {attempt.draft}, attempt {attempt.id}: {attempt.send_class}, {arrived}")
    return lines


def _when(history: History, at: float) -> str:
    return f"{at - history.setup.began:7.2f} s  " if at else ""


def _of_fault(history: History, fault: Fault) -> str:
    note = f" {fault.note}" if fault.note else ""
    return f"{_when(history, fault.began)}{fault.kind} {fault.target}{note}, {fault.ended - fault.began:.1f} s"


_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c2430}
table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #d8dee6;padding:.35rem .6rem;text-align:left}
td.ok{color:#17692f}td.no{color:#a11;font-weight:600}td.none{color:#777}img{max-width:100%}pre{background:#f4f6f8;
padding:1rem;overflow:auto}
"""


def _page(history: History, seen: Seen, counts: Sequence[Count], drawn: Sequence[Path]) -> str:
    rows = "".join(_row(count) for count in counts)
    shown = "".join(
        f'<img alt="" src="data:image/png;base64,{b64encode(p.read_bytes()).decode()}">' for p in drawn
    )
    head = "".join(f"<li>{escape(line)}</li>" for line in _head(history))
    remarks = "".join(f"<li>{escape(f'{c.name}: {r}')}</li>" for c in counts for r in c.remarks)
    broken = [f"{c.name}: {_when(history, e.at)}{e.what}: {' '.join(e.ids)}" for c in counts for e in c.broken]
    faults = [_of_fault(history, fault) for fault in history.faults]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Chaos report</title><style>{_STYLE}</style>"
        f"<h1>Chaos report</h1><ul>{head}</ul><table><tr><th><th>promise<th>cases<th>broken<th>"
        f"with 95 % confidence below</tr>{rows}</table>"
        "<p>No case in n bounds the rate at about 3/n; where n is 0 this run shows nothing.</p>"
        f"<ul>{remarks}</ul><h2>Recovery</h2><pre>{escape(chr(10).join(_recovery(history, seen)))}</pre>{shown}"
        f"<h2>In doubt</h2><pre>{escape(chr(10).join(_doubts(seen)))}</pre>"
        f"<h2>Broken</h2><pre>{escape(chr(10).join(broken) or 'Nothing.')}</pre>"
        f"<h2>Faults</h2><pre>{escape(chr(10).join(faults))}</pre></html>"
    )


def _row(count: Count) -> str:
    kind = "no" if count.broken else ("ok" if count.n else "none")
    bound = f"{count.bound:.2%}" if count.bound is not None else ""
    return (
        f"<tr><td>{count.invariant} {count.name}<td>{escape(count.promise)}<td>{count.n}"
        f"<td class={kind}>{len(count.broken) if count.n or count.broken else 'nothing shown'}<td>{bound}</tr>"
    )
