"""
The analysts' workbench on the command line: `dealix rules ...`.

Rule 1: a folder given with --book is laid over the rules that we ship: it may hold one page, or a copy of
        everything (`dealix rules copy my-book` makes one).
Rule 2: commands about what is in force talk to the database of this installation, also while it runs; a running
        service takes over a publication within seconds.
Rule 3: problems are printed one a line, and the exit code is 1 when there are any.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.bootstrap import Workroom, now, workroom
from bot.editions import Change, Edition
from bot.errors import DealixError
from bot.examination import Examination, examine, glance
from bot.people import Human
from bot.playbook import Playbook, Playbooks, RulesRefused, shipped
from bot.replay_report import KINDS, SKIP_REASONS, Report
from bot.replays import replay as replayed
from bot.settings import Settings
from bot.stored_questions import export as exported
from bot.stored_questions import of_file
from bot.tenant import Tenant
from bot.tenants import DEFAULT_TENANT
from rules import vocabulary
from rules.book import Explanation
from rules.checks import CHECKS, in_arabic
from rules.layers import folder
from rules.problems import Problem, unknown
from rules.verdict import Question

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Read, test, explain, replay and publish the rules.",
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Folder = Annotated[Path | None, typer.Option("--book", help="A folder of files, laid over the rules we ship.")]
TenantId = Annotated[str, typer.Option("--tenant", help="Whose rules.")]
By = Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")]
Arabic = Annotated[bool, typer.Option("--arabic", help="Say problems in Arabic.")]

T = TypeVar("T")

# More examples than this nobody reads on a terminal; the page shows all.
EXAMPLES_SHOWN = 12


# A folder, without any database


@app.command()
def copy(target: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")]) -> None:
    """Write every file that we ship into a folder, to be edited there."""
    if target.exists():
        _stop(f"{target} exists already; name a folder that does not.")
    for path, text in shipped().files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
    out.print(f"{len(shipped().files)} files in {target}. Edit them, then: dealix rules check --book {target}")


@app.command()
def check(
    book: Folder = None,
    arabic: Arabic = False,
    list_: Annotated[bool, typer.Option("--list", help="Say what is checked, and check nothing.")] = False,
) -> None:
    """Read all rules and name everything that is wrong with them."""
    if list_:
        for one in CHECKS:
            out.print(f"{one.code:24} {one.ar if arabic else one.en}")
        return
    own = _own(book)
    found = glance(_playbooks(), _TENANT, own)
    _tell(found, arabic)
    playbook = _composed(own)
    out.print(
        f"{found.pages} pages that decide, {len(playbook.book.titles) - found.pages} that understand, "
        f"version {playbook.version}, decided by {playbook.book.backend}; {len(found.warnings)} warnings."
    )
    for page in playbook.book.pages:
        if page.is_shadow:
            out.print(f"{page.place} is in shadow: {page.title}")


@app.command()
def test(book: Folder = None, arabic: Arabic = False) -> None:
    """Run every example and chat against all rules."""
    found = examine(_playbooks(), _TENANT, _own(book))
    _tell(found, arabic, only_errors=True)
    out.print(f"{found.examples} examples hold.")


@app.command()
def explain(
    text: str,
    stage: Annotated[str, typer.Option(help="Where the deal stands.")] = "new_lead",
    expects: Annotated[str, typer.Option(help="What our last question asked for.")] = "",
    kind: Annotated[str, typer.Option(help="The form of the message.")] = "text",
    language: Annotated[str, typer.Option(help="The language we last answered in: ar or en.")] = "",
    book: Folder = None,
) -> None:
    """Show what the rules make of one message, and why."""
    for name, word, known in (
        ("stage", stage, vocabulary.STAGES),
        ("expects", expects, vocabulary.EXPECTS),
        ("kind", kind, vocabulary.KINDS),
        ("language", language, ("", *vocabulary.LANGUAGES)),
    ):
        if word not in known:
            raise typer.BadParameter(unknown(name, word, known))
    playbook = _composed(_own(book))
    question = Question(text=text, stage=stage, expects=expects, kind=kind, language_before=language)
    out.print(_told(playbook.book.explain(question), playbook), markup=False)


@app.command()
def replay(
    book: Annotated[Path, typer.Argument(help="A folder of files, laid over the rules we ship.")],
    messages: Annotated[
        Path | None, typer.Option(help="A file of messages, one JSON object a line: text, stage.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Without a file: the decisions of so many days.")] = 7,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Show what would be decided differently by a folder; nothing is sent."""
    own = _own(book)
    if messages is None:

        async def over_the_days(room: Workroom) -> Report:
            before = await room.workbench.own_files(tenant)
            with _bar("replaying") as progress:
                return await room.replays.over(tenant, before, own, now() - timedelta(days=days), now(), progress)

        report = _with_room(over_the_days)
    else:
        with _bar("replaying") as progress:
            asking = replayed(
                of_file(messages),
                shipped(),
                {},
                own,
                tenant_id=tenant,
                day=now().date(),
                total=_lines_of(messages),
                progress=progress,
            )
            report = _run(asking)
    out.print(_replayed(report), markup=False)
    if report.blocks:
        raise typer.Exit(1)


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="A file that does not exist yet.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="The decisions of so many days.")] = 7,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Write decided messages into a file for `replay --messages`; it holds what contacts wrote: keep it safe."""

    async def write(room: Workroom) -> None:
        try:
            written, left_out = await exported(
                room.store.timeline, tenant, now() - timedelta(days=days), now(), target
            )
        except FileExistsError:
            _stop(f"{target} exists already; name a file that does not.")
        out.print(f"{written} decisions in {target}, readable by you alone; {left_out} cannot be asked again.")

    _with_room(write)


# What is in force


@app.command()
def status(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Say which rules decide now, and which changes are under way."""

    async def look(room: Workroom) -> None:
        live = room.workbench.live(tenant)
        editions = await room.workbench.history(tenant, 1)
        number = editions[0].number if editions else 0
        out.print(f"in force: edition {number}, version {live.version}, {len(live.own)} files of its own")
        for change in await room.workbench.changes(tenant):
            out.print(_change_line(change), markup=False)

    _with_room(look)


@app.command()
def history(tenant: TenantId = DEFAULT_TENANT) -> None:
    """List what was in force, newest first."""

    async def look(room: Workroom) -> None:
        table = Table("edition", "version", "since", "how", "by", "agreed", "what for")
        for edition in await room.workbench.history(tenant):
            table.add_row(*_edition_row(edition))
        table.add_row("0", room.playbooks.shipped.version, "", "shipped", "", "", "the rules that we ship")
        out.print(table)

    _with_room(look)


@app.command()
def submit(
    book: Annotated[Path, typer.Argument(help="A folder of files, laid over the rules we ship.")],
    by: By,
    title: Annotated[str, typer.Option(help="What the change is for.")] = "",
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Check, test and replay a folder; when all pass, ask a second person to agree."""
    own = _own(book)

    async def ask(room: Workroom) -> None:
        files = {**room.playbooks.base.files, **own}
        change = await room.workbench.begin_from(tenant, _human(by), title or f"from {book.name}", files)
        if not change.edits:
            await room.workbench.withdraw(tenant, change.id, _human(by), "nothing differs")
            _stop("this folder says what is in force already.")
        with _bar("replaying") as progress:
            review = await room.workbench.submit(tenant, change.id, change.v, _human(by), progress)
        out.print(f"submitted as {change.id}: {', '.join(sorted(change.edits))}", markup=False)
        if review.replay is not None:
            out.print(_replayed(review.replay), markup=False)
        out.print(f"now somebody else: dealix rules agree {change.id} --as THEIR-NAME", markup=False)

    _with_room(ask)


@app.command()
def agree(change_id: str, by: By, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Publish a submitted change, as its second person."""

    async def publish(room: Workroom) -> None:
        edition = await room.workbench.agree(tenant, change_id, _human(by))
        out.print(f"edition {edition.number}, version {edition.version}, is in force.")

    _with_room(publish)


@app.command()
def refuse(
    change_id: str, by: By, why: Annotated[str, typer.Option()], tenant: TenantId = DEFAULT_TENANT
) -> None:
    """Say no to a submitted change."""

    async def say_no(room: Workroom) -> None:
        await room.workbench.refuse(tenant, change_id, _human(by), why)
        out.print("refused; its author sees why.")

    _with_room(say_no)


@app.command()
def rollback(
    number: Annotated[int, typer.Argument(min=0, help="The edition to go back to; 0 for the rules we ship.")],
    by: By,
    why: Annotated[str, typer.Option()] = "",
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Put an earlier edition in force again, at once."""

    async def back(room: Workroom) -> None:
        edition = await room.workbench.roll_back(tenant, number, _human(by), why)
        out.print(f"edition {edition.number} is in force: what edition {number} said.")

    _with_room(back)


# What stands behind


_TENANT = Tenant(DEFAULT_TENANT, "Dealix")


def _playbooks() -> Playbooks:
    try:
        return Playbooks(shipped(), "both", now)
    except RulesRefused as refused:
        _refuse(refused.problems)


def _composed(own: Mapping[str, str]) -> Playbook:
    try:
        return _playbooks().compose("", own)
    except RulesRefused as refused:
        _refuse(refused.problems)


def _own(book: Path | None) -> dict[str, str]:
    """What a folder says differently from the rules that we ship."""
    if book is None:
        return {}
    layer = folder(book)
    if layer.problems:
        _refuse(layer.problems)
    base = shipped().files
    return {path: text for path, text in layer.files.items() if base.get(path) != text}


def _tell(found: Examination, arabic: bool, *, only_errors: bool = False) -> None:
    """Print what was found; leaves with 1 when something stands in the way."""
    for problem in (*found.problems, *found.failed_examples):
        err.print(_line(problem, arabic), markup=False)
    for finding in found.errors if only_errors else found.findings:
        what = finding.what_ar if arabic else finding.what_en
        err.print(f"{finding.level}: {finding.file} line {finding.line}: {what}", markup=False)
    if not found.is_fit:
        raise typer.Exit(1)


def _refuse(problems: tuple[Problem, ...]) -> NoReturn:
    for problem in problems:
        err.print(str(problem), markup=False)
    raise typer.Exit(1)


def _line(problem: Problem, arabic: bool) -> str:
    return f"{problem.file} line {problem.line}: {in_arabic(problem)}" if arabic else str(problem)


def _human(name: str) -> Human:
    if not name.strip():
        raise typer.BadParameter("--as needs your name")
    return Human(f"cli:{name.strip().casefold()}", name.strip())


def _with_room(work: Callable[[Workroom], Awaitable[T]]) -> T:
    async def run() -> T:
        async with workroom(settings) as room:
            return await work(room)

    try:
        settings = Settings()
    except ValidationError as invalid:
        _stop(f"these settings cannot be used; see .env.example: {invalid.errors(include_input=False)[0]['loc']}")
    return _run(run())


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except RulesRefused as refused:
        _refuse(refused.problems)
    except DealixError as refused:
        _stop(f"{refused.message_en}\n{refused.message_ar}")


def _lines_of(file: Path) -> int:
    try:
        with file.open("rb") as lines:
            return sum(1 for _ in lines)
    except OSError as missing:
        _stop(f"{file} cannot be read: {missing.strerror}")


def _stop(sentence: str) -> NoReturn:
    err.print(sentence, markup=False)
    raise typer.Exit(1)


class _Bar:
    """A progress bar that appears with the first step."""

    def __init__(self, what: str) -> None:
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=err, transient=True)

    def __enter__(self) -> Callable[[int, int], None]:
        self._progress.start()
        self._task = self._progress.add_task("", total=None)
        return lambda done, total: self._progress.update(self._task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def _bar(what: str) -> _Bar:
    return _Bar(what)


def _told(explained: Explanation, playbook: Playbook) -> str:
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
    if verdict.say in playbook.wordings.keys:
        sentence = playbook.wordings.text(verdict.say, verdict.understanding.language)
        parts += ["", "message out, with its blanks", *(f"  {line}" for line in sentence.splitlines())]
    for heading, lines in (
        ("facts", [f"{name}: {value}" for name, value in explained.facts if value not in ("", "False")]),
        ("words that matched", _words(explained)),
        ("fired", explained.fired),
        ("matched, but lost", explained.lost),
        ("nearly fired", explained.nearly),
    ):
        parts += ["", heading, *(f"  {line}" for line in lines or ["none"])]
    return "\n".join(parts)


def _replayed(report: Report) -> str:
    """A report on a terminal: the headline, what changes, and the gravest examples."""
    if not report.has_data:
        return "There were no decisions in that time, so replay can say nothing about this change."
    lines = [f"{report.decisions} decisions were made again, {report.changed} would be different."]
    lines += [f"  {count:6} {KINDS[kind][0]}" for kind, count in report.by_kind]
    for heading, counts in (
        ("intent", report.by_intent),
        ("stage", report.by_stage),
        ("wording", report.by_wording),
        ("gate", report.by_gate),
    ):
        lines += [f"  {heading}: {c.before or 'nothing'} -> {c.after or 'nothing'}, {c.count}" for c in counts]
    for example in report.examples[:EXAMPLES_SHOWN]:
        lines += ["", f"{KINDS[example.kind][0]} (at {example.stage}, {example.times} times): {example.text}"]
        for name, side in (("before", example.before), ("after", example.after)):
            pages = ", ".join(why.page for why in side.because)
            lines.append(f"  {name:6} {side.intent}; {side.wording or side.silence}; {side.gate}; by {pages}")
    lines += [f"  not asked again: {count} because {SKIP_REASONS[why][0]}" for why, count in report.skipped]
    lines += [f"It must not be published: {reason}" for reason in report.blocks]
    return "\n".join(lines)


def _words(explained: Explanation) -> list[str]:
    found = explained.verdict.understanding.intents
    return [f"{one.name} ({one.confidence:.2f}): {' · '.join(one.words)}" for one in found if one.words]


def _change_line(change: Change) -> str:
    return (
        f"{change.id}  {change.state.value:10} {change.author.name}: {change.title}  [{len(change.edits)} files]"
    )


def _edition_row(edition: Edition) -> tuple[str, ...]:
    how = f"back to {edition.of_number}" if edition.of_number or edition.how == "rolled_back" else "published"
    since = f"{edition.at:%Y-%m-%d %H:%M} UTC"
    return (
        str(edition.number),
        edition.version,
        since,
        how,
        edition.by.name,
        edition.agreed_by.name,
        edition.title,
    )
