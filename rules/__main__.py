"""
The rule book on the command line: `check` reads it, `test` runs its examples, `explain` shows one decision,
`replay` shows what another book would change.

Rule 1: problems are printed one a line, and the exit code is 1 when there are any.
"""

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from rules import vocabulary
from rules.book import DEFAULT_PATH, Book, Explanation
from rules.examples import failures
from rules.problems import BookError, Problem, unknown
from rules.replay import changes
from rules.verdict import Question

app = typer.Typer(add_completion=False, help="Check, test and explain the rule book.")

Folder = Annotated[Path, typer.Option("--book", help="The folder of the book.")]
Layers = Annotated[list[Path], typer.Option("--layer", help="A folder of a tenant, laid over the book.")]
Today = Annotated[str, typer.Option("--today", help="Leave out pages whose season ended before this day.")]


@app.command()
def check(book: Folder = DEFAULT_PATH, layer: Layers = [], today: Today = "") -> None:  # noqa: B006 (typer copies it)
    """Read the whole book and name everything that is wrong with it."""
    loaded = _load(book, layer, today)
    typer.echo(f"{len(loaded.pages)} pages, version {loaded.version}, decided by {loaded.backend}.")
    for page in loaded.pages:
        if page.is_shadow:
            typer.echo(f"{page.place} is in shadow: {page.title}")


@app.command()
def test(book: Folder = DEFAULT_PATH, layer: Layers = [], today: Today = "") -> None:  # noqa: B006 (typer copies it)
    """Run the examples of every page against the whole book."""
    loaded = _load(book, layer, today)
    if failed := failures(loaded):
        _print_problems(failed)
        raise typer.Exit(1)
    typer.echo(f"{sum(len(page.examples) for page in loaded.pages)} examples hold.")


@app.command()
def explain(
    text: str,
    stage: Annotated[str, typer.Option(help="Where the deal stands.")] = "new_lead",
    expects: Annotated[str, typer.Option(help="What our last question asked for.")] = "",
    kind: Annotated[str, typer.Option(help="The form of the message.")] = "text",
    book: Folder = DEFAULT_PATH,
    layer: Layers = [],  # noqa: B006 (typer copies it)
) -> None:
    """Show what the book makes of one message, and why."""
    for name, word, known in (
        ("stage", stage, vocabulary.STAGES),
        ("expects", expects, vocabulary.EXPECTS),
        ("kind", kind, vocabulary.KINDS),
    ):
        if word not in known:
            raise typer.BadParameter(unknown(name, word, known))
    question = Question(text=text, stage=stage, expects=expects, kind=kind)
    typer.echo(_told(_load(book, layer, "").explain(question)))


@app.command()
def replay(
    messages: Annotated[Path, typer.Argument(help="A file with one JSON object a line: text, and a stage.")],
    new: Annotated[Path, typer.Option(help="The folder of the changed book.")],
    book: Folder = DEFAULT_PATH,
) -> None:
    """Show which messages a changed book would decide differently."""
    lines = [json.loads(line) for line in messages.read_text(encoding="utf-8").splitlines() if line.strip()]
    questions = [Question(text=line["text"], stage=line.get("stage", "new_lead")) for line in lines]
    found = changes(_load(book, [], ""), _load(new, [], ""), questions)
    for change in found:
        warning = "LOSES SAFETY " if change.loses_safety else ""
        typer.echo(f"{warning}{change.question.stage}: {change.question.text}")
        for difference in change.differences:
            typer.echo(f"  {difference}")
    typer.echo(f"{len(found)} of {len(questions)} messages change.")


def _told(explained: Explanation) -> str:
    verdict = explained.verdict
    after = vocabulary.MESSAGE_EVENTS[verdict.go][1] if verdict.go else "unchanged"
    parts = [
        f"intent   {verdict.intent} ({verdict.confidence:.2f})",
        f"stage    {after}" + (f", proposes {verdict.proposes}" if verdict.proposes else ""),
        f"says     {verdict.say or verdict.silence_reason}" + (" (held)" if verdict.held else ""),
        f"holds    {', '.join(verdict.hold_reasons) or 'none'}",
        f"flags    {', '.join(verdict.flags) or 'none'}; actions {', '.join(verdict.actions) or 'none'}",
        f"book     {verdict.book_version}" + ("" if verdict.engine_agreed else ", the matchers disagreed"),
    ]
    for heading, lines in (
        ("facts", [f"{name}: {value}" for name, value in explained.facts if value not in ("", "False")]),
        ("fired", explained.fired),
        ("matched, but lost", explained.lost),
        ("nearly fired", explained.nearly),
    ):
        parts += ["", heading, *(f"  {line}" for line in lines or ["none"])]
    return "\n".join(parts)


def _load(book: Path, layers: list[Path], today: str) -> Book:
    try:
        day = date.fromisoformat(today) if today else None
    except ValueError as wrong:
        raise typer.BadParameter(f'"{today}" is not a day. Write it as 2027-01-31.') from wrong
    try:
        return Book.load(book, tenant_layers=layers, today=day)
    except BookError as failed:
        _print_problems(failed.problems)
        raise typer.Exit(1) from failed


def _print_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        typer.echo(str(problem), err=True)


if __name__ == "__main__":
    app()
