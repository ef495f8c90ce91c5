"""
`python -m bench rules`: what a decision costs with 50, 500 and 5,000 pages, beside other public rules engines.

Law 1: all engines have the same pages and get the same facts, by turns; a single different winner fails the run.
Law 2: costs are CPU time of the whole process for each decision, so that neighbours of the machine count little;
       only ratios travel.
Law 3: ours is the whole judgement (facts, both matchers, near misses, reasons, holds); theirs only the winner.
"""

import gc
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bench import figures, rules_books, rules_peers, rules_replay
from rules import facts
from rules.book import Book
from rules.layers import Layer
from rules.verdict import Question, Understanding

RESULT = Path("build/bench-rules.json")
OURS = "Dealix, whole judgement"
WARM_UP = 100

# An engine that takes a millisecond is asked less often: its median is as good, and the run stays short.
ENOUGH_SECONDS = 4.0

Asked = tuple[Question, Understanding]


@dataclass(slots=True)
class Engine:
    """One engine with one book."""

    name: str
    winner: Callable[[Asked, Mapping[str, Any]], str]
    load_ms: float
    spent: list[float]
    """CPU seconds of each decision."""
    wrong: int = 0

    def ask(self, asked: Asked, known: Mapping[str, Any]) -> str:
        before = time.process_time_ns()
        found = self.winner(asked, known)
        self.spent.append((time.process_time_ns() - before) / 1e9)
        return found

    @property
    def has_enough(self) -> bool:
        return sum(self.spent) > ENOUGH_SECONDS

    def figures(self) -> dict[str, Any]:
        return {
            "decisions": len(self.spent),
            "per_second": round(len(self.spent) / sum(self.spent)),
            **figures.percentiles_us(self.spent),
            "load_ms": round(self.load_ms, 1),
            "wrong": self.wrong,
        }


def main(
    pages: Annotated[list[int] | None, typer.Option(min=10, help="Sizes of the books.")] = None,
    decisions: Annotated[int, typer.Option(min=10, help="Decisions of each engine.")] = 3000,
    replayed: Annotated[int, typer.Option(min=0, help="Stored decisions to replay; 0 for none.")] = 100_000,
    result: Annotated[Path, typer.Option(help="Where the JSON goes.")] = RESULT,
) -> None:
    """Measure the rule engine beside others, loading and switching a book, and replay."""
    measured: dict[str, Any] = {"books": {}}
    for size in pages or (50, 500, 5000):
        measured["books"][str(size)] = _measure(size, decisions)
        sys.stdout.write(_page(size, measured["books"][str(size)]))
        sys.stdout.flush()
    measured["shipped"] = rules_replay.shipped_costs()
    sys.stdout.write(_shipped(measured["shipped"]))
    if replayed:
        measured["replay"] = rules_replay.measure(replayed)
        sys.stdout.write(_replay(measured["replay"]))
    figures.write(result, measured)
    if any(engine["wrong"] for book in measured["books"].values() for engine in book["engines"].values()):
        raise typer.Exit(1)


def _measure(size: int, decisions: int) -> dict[str, Any]:
    layer = Layer("", rules_books.files(size))
    book, load_ms = _timed(lambda: Book.of([layer]))
    rows = [(page.id, page.alternatives[0]) for page in book.pages if page.chapter == "routing"]
    engines = [Engine(OURS, lambda asked, _: _winner(book, asked), load_ms, [])]
    missing = []
    for name, build in rules_peers.available().items():
        if build is None:
            missing.append(name)
            continue
        decide, built_ms = _timed(lambda build=build: build(rows))
        engines.append(Engine(name, lambda _, known, decide=decide: decide(known), built_ms, []))
    _ask_by_turns(engines, decisions)
    found = {
        "pages": len(book.pages),
        "engines": {engine.name: engine.figures() for engine in engines},
        "missing": missing,
        "disagreements_of_our_matchers": book.disagreements,
        **_switch(layer, decisions),
    }
    book.dispose()
    return found


def _ask_by_turns(engines: list[Engine], decisions: int) -> None:
    """The first engine is ours, and says who wins; the others must say the same."""
    gc.collect()
    gc.freeze()
    for asked in rules_books.asked(WARM_UP, seed=1):
        for engine in engines:
            engine.winner(asked, _known(asked))
    for asked in rules_books.asked(decisions):
        known = _known(asked)
        expected = engines[0].ask(asked, known)
        for engine in engines[1:]:
            if not engine.has_enough:
                engine.wrong += engine.ask(asked, known) != expected
    gc.unfreeze()


def _known(asked: Asked) -> dict[str, Any]:
    """The facts as the peers take them; what has many values at once, no page of this book asks about."""
    return {name: value for name, value in facts.gather(*asked).items() if not isinstance(value, frozenset)}


def _winner(book: Book, asked: Asked) -> str:
    verdict = book.judge(*asked)
    return next(reason.page for reason in verdict.because if reason.chapter == "routing")


def _switch(layer: Layer, decisions: int) -> dict[str, Any]:
    """Take another book: what the first decisions cost, and letting the old one go."""
    old = Book.of([layer])
    asked = rules_books.asked(min(decisions, 500))
    for question in asked:
        _winner(old, question)
    new = Book.of([layer])
    holder = {"book": old}
    _, switch_ms = _timed(lambda: holder.update(book=new))
    firsts = [_timed(lambda one=one: _winner(new, one))[1] for one in asked]
    _, dispose_ms = _timed(old.dispose)
    new.dispose()
    return {
        "switch_ms": round(switch_ms, 3),
        "slowest_first_decision_ms": round(max(firsts), 2),
        "dispose_ms": round(dispose_ms, 2),
    }


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What work returns, and its CPU milliseconds."""
    before = time.process_time_ns()
    found = work()
    return found, (time.process_time_ns() - before) / 1e6


def _page(size: int, book: dict[str, Any]) -> str:
    ours = book["engines"][OURS]
    rows = []
    for name, engine in book["engines"].items():
        note = f"p50 {engine['p50_us']} us, p99 {engine['p99_us']} us, loads in {engine['load_ms']} ms"
        if name != OURS:
            ratio = figures.ratio(engine["p50_us"], ours["p50_us"])
            note += f"; p50 {ratio} times ours; other winners: {engine['wrong']} of {engine['decisions']}"
        rows.append((name, engine["per_second"], note))
    rows += [(name, "-", "not installed") for name in book["missing"]]
    rows += [
        ("switch, ms", book["switch_ms"], "one assignment"),
        (
            "slowest decision after it, ms",
            book["slowest_first_decision_ms"],
            "the C matcher is built when first asked",
        ),
        ("disposing of the old book, ms", book["dispose_ms"], ""),
        ("our matchers differed", book["disagreements_of_our_matchers"], ""),
    ]
    return figures.table(f"{size:,} pages: decisions a second of CPU", rows) + "\n"


def _shipped(costs: dict[str, Any]) -> str:
    rows = [(f"{name}, us", cost["p50_us"], f"p99 {cost['p99_us']}") for name, cost in costs["parts"].items()]
    return figures.table(f"The book that we ship ({costs['pages']} pages), one decision, p50", rows) + "\n"


def _replay(replay: dict[str, Any]) -> str:
    rows = [
        (
            name,
            part["per_second"],
            f"{part['decisions']:,} stored decisions, {part['changed']:,} changed, {part['us']} us each",
        )
        for name, part in replay.items()
    ]
    return figures.table("Replay: decisions a second of CPU, by two books each", rows) + "\n"
