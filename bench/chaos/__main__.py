"""`python -m bench.chaos`: break everything around the product, then count what it promised."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.chaos import history as histories
from bench.chaos import plan, report
from bench.chaos.processes import SHAPES
from bench.chaos.run import ROOT, Wish, run

BUILD = Path("build/chaos")


def main(
    seed: Annotated[int, typer.Option(help="The same seed makes the same plan.")] = 20_261_123,
    conversations: Annotated[int, typer.Option(min=1, help="How many leads write.")] = 300,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long they write and things break.")] = 2.0,
    kills: Annotated[int, typer.Option(min=0, help="How many processes are killed; as many other faults.")] = 12,
    shape: Annotated[
        str, typer.Option(help="`alone` (own database), `one`, `many`, or `both` last ones.")
    ] = "both",
    only: Annotated[str, typer.Option(help=f"Only these faults: {', '.join(sorted(plan.KINDS))}.")] = "",
    judge: Annotated[Path | None, typer.Option(help="Judge this history again, and run nothing.")] = None,
    product: Annotated[Path, typer.Option(help="A checkout whose product is run.")] = ROOT,
    keep: Annotated[Path | None, typer.Option(help="Keep logs and data here.")] = None,
    to: Annotated[Path, typer.Option(help="Where the report goes.")] = BUILD,
) -> None:
    """Run one plan, write the report, and end with 1 when one promise was broken."""
    kinds = tuple(kind.strip() for kind in only.split(",") if kind.strip())
    unknown = set(kinds) - plan.KINDS
    if unknown or shape not in (*SHAPES, "both"):
        typer.echo(f"not known: {', '.join(sorted(unknown)) or shape}", err=True)
        raise typer.Exit(2)
    if judge is not None:
        sys.exit(_told(histories.read(judge), to))
    codes = []
    for one in ("one", "many") if shape == "both" else (shape,):
        wish = Wish(seed, one, conversations, minutes * 60, kills, kinds, product.resolve(), keep and keep / one)
        seen = asyncio.run(run(wish, lambda line: typer.echo(line, err=True)))
        folder = to / one if shape == "both" else to
        seen.write(folder / "history.jsonl.gz")
        codes.append(_told(seen, folder))
    sys.exit(max(codes))


def _told(seen: histories.History, folder: Path) -> int:
    """Judge, write the report and say what came of it; 1 when a promise was broken."""
    counts = report.write(seen, folder)
    typer.echo(report.summary(seen, counts))
    typer.echo(f"\n  {folder / 'report.html'}\n")
    return int(any(count.broken for count in counts))


if __name__ == "__main__":
    typer.run(main)
