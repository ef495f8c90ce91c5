"""
The analysts' workbench on the command line: `dealix rules ...`.

Rule 1: a folder given with --book is laid over the rules that we ship; a folder to replay or submit, over what is
        in force for its tenant. It may hold one page, or a copy of everything (`dealix rules copy my-book`);
        what it does not hold stays as it is.
Rule 2: commands about what is in force talk to the database of this installation, also while it runs; a running
        service takes over a publication within seconds.
Rule 3: problems are printed one a line, and the exit code is 1 when there are any.
"""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.building import now
from bot.commands.rules_texts import change_line, edition_line, explained_text, replay_text
from bot.commands.terminal import (
    NOBODY_IN_PARTICULAR,
    bar,
    composed,
    files_of,
    laid_over,
    lines_of,
    out,
    own_files,
    person,
    run_to_end,
    shipped_playbooks,
    stop,
    tell,
    tell_left_alone,
    with_room,
)
from bot.commands.workroom import Workroom
from bot.playbook import riyadh_day, shipped
from bot.tenants import DEFAULT_TENANT
from bot.workbench.coverage import Coverage
from bot.workbench.coverage import coverage as covered
from bot.workbench.examination import LIFECYCLE, examine, glance, wording_facts
from bot.workbench.lifecycle_map import lifecycle, mermaid
from bot.workbench.lifecycle_map import table as lifecycle_table
from bot.workbench.replay_report import Report
from bot.workbench.replays import replay as replayed
from bot.workbench.review_queue import review_queue
from bot.workbench.stored_questions import export as exported
from bot.workbench.stored_questions import of_file
from bot.workbench.suggestions import suggestions
from rules import vocabulary
from rules.checks import CHECKS
from rules.problems import unknown
from rules.schemas import GLOBS
from rules.schemas import schemas as made_schemas
from rules.verdict import Question

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Read, test, explain, replay and publish the rules.",
)
Folder = Annotated[Path | None, typer.Option("--book", help="A folder of files, laid over the rules we ship.")]
TenantId = Annotated[str, typer.Option("--tenant", help="Whose rules.")]
By = Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")]
Remove = Annotated[
    list[str] | None,
    typer.Option("--remove", help="A file of the tenant's own to take away, so that ours stands again."),
]
Arabic = Annotated[bool, typer.Option("--arabic", help="Say problems in Arabic.")]

# A folder, without any database


@app.command()
def copy(
    target: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="What is in force for this tenant, instead of what we ship.")
    ] = None,
) -> None:
    """Write every file into a folder, to be edited there: those that we ship, or those in force for a tenant."""
    if target.exists():
        stop(
            f"{target} exists already; name a folder that does not.\n"
            f"{target} موجود من قبل؛ اختر اسم مجلد غير موجود."
        )
    files = {**shipped().files, **(_in_force(tenant) if tenant else {})}
    for path, text in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
    out.print(f"{len(files)} files in {target}. Edit them, then: dealix rules check --book {target}")


def _in_force(tenant: str) -> dict[str, str]:
    """A tenant's own files, also when they cannot be used: somebody wants to mend them."""
    return with_room(lambda room: room.workbench.own_files(tenant), tenant)


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
    own = own_files(book)
    found = glance(shipped_playbooks(), NOBODY_IN_PARTICULAR, own)
    tell(found, arabic)
    playbook = composed(own)
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
    found = examine(shipped_playbooks(), NOBODY_IN_PARTICULAR, own_files(book))
    tell(found, arabic, only_errors=True)
    out.print(f"{found.examples} examples hold, and {found.chats} chats come out as written.")


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
    playbook = composed(own_files(book))
    question = Question(text=text, stage=stage, expects=expects, kind=kind, language_before=language)
    out.print(explained_text(playbook.book.explain(question), playbook), markup=False)


@app.command()
def replay(
    book: Annotated[Path, typer.Argument(help="A folder of files, laid over what is in force.")],
    messages: Annotated[
        Path | None,
        typer.Option(help="A file of messages, one JSON object a line: text, stage. It needs no database."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Without a file: the decisions of so many days.")] = 7,
    remove: Remove = None,
    tenant: Annotated[
        str | None,
        typer.Option(
            "--tenant",
            help=f"Whose rules; by default {DEFAULT_TENANT}, or for a file of messages what we ship.",
        ),
    ] = None,
) -> None:
    """Show what would be decided differently by a folder; nothing is sent."""
    files, whose = files_of(book), tenant or DEFAULT_TENANT
    if messages is None:

        async def over_the_days(room: Workroom) -> Report:
            before = await room.workbench.own_files(whose)
            laid = laid_over(before, files, room.playbooks.base.files, remove or ())
            tell_left_alone(laid)
            since = now() - timedelta(days=days)
            with bar("replaying") as progress:
                return await room.replays.over(whose, before, laid.own, since, now(), progress)

        report = with_room(over_the_days, whose)
    else:
        before = _in_force(tenant) if tenant else {}
        laid = laid_over(before, files, shipped().files, remove or ())
        tell_left_alone(laid)
        with bar("replaying") as progress:
            asking = replayed(
                of_file(messages),
                shipped(),
                before,
                laid.own,
                tenant_id=whose,
                day=riyadh_day(now()),
                total=lines_of(messages),
                progress=progress,
            )
            report = run_to_end(asking)
    out.print(replay_text(report), markup=False)
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
            stop(
                f"{target} exists already; name a file that does not.\n"
                f"{target} موجود من قبل؛ اختر اسم ملف غير موجود."
            )
        out.print(f"{written} decisions in {target}, readable by you alone; {left_out} cannot be asked again.")

    with_room(write, tenant)


# What is in force


@app.command()
def status(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Say which rules decide now, and which changes are under way."""

    async def look(room: Workroom) -> None:
        live = room.workbench.live(tenant)
        editions = await room.workbench.history(tenant, 1)
        number = editions[0].number if editions else 0
        if number == room.playbooks.edition(tenant):
            out.print(f"in force: edition {number}, version {live.version}, {len(live.own)} files of its own")
        else:
            out.print(f"in force: edition {number}, and it cannot be used by this version of Dealix")
        for change in await room.workbench.changes(tenant):
            out.print(change_line(change), markup=False)

    with_room(look, tenant)


@app.command()
def history(tenant: TenantId = DEFAULT_TENANT) -> None:
    """List what was in force, newest first."""

    async def look(room: Workroom) -> None:
        for edition in await room.workbench.history(tenant):
            out.print(edition_line(edition), markup=False)
        out.print(f"   0  {room.playbooks.shipped.version}  the rules that we ship")

    with_room(look, tenant)


@app.command()
def submit(
    book: Annotated[Path, typer.Argument(help="A folder of files, laid over what is in force.")],
    by: By,
    title: Annotated[str, typer.Option(help="What the change is for.")] = "",
    remove: Remove = None,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Check, test and replay a folder; when all pass, ask a second person to agree."""
    files = files_of(book)

    async def ask(room: Workroom) -> None:
        in_force = await room.workbench.own_files(tenant)
        laid = laid_over(in_force, files, room.playbooks.base.files, remove or ())
        tell_left_alone(laid)
        if laid.own == in_force:
            stop("this folder says what is in force already.")
        change = await room.workbench.begin_from(
            tenant, person(by), title or f"from {book.name}", laid.files, remove or ()
        )
        with bar("replaying") as progress:
            review = await room.workbench.submit(tenant, change.id, change.v, person(by), progress)
        for path, text in sorted(change.edits.items()):
            out.print(f"{'removes' if text is None else 'writes'}  {path}", markup=False)
        out.print(f"submitted as {change.id}: {', '.join(sorted(change.edits))}", markup=False)
        if review.replay is not None:
            out.print(replay_text(review.replay), markup=False)
        out.print(f"now somebody else: dealix rules agree {change.id} --as THEIR-NAME", markup=False)

    with_room(ask, tenant)


@app.command()
def agree(change_id: str, by: By, tenant: TenantId = DEFAULT_TENANT) -> None:
    """Publish a submitted change, as its second person."""

    async def publish(room: Workroom) -> None:
        change = await room.workbench.change(tenant, change_id)
        edition = await room.workbench.agree(tenant, change_id, person(by), change.v)
        out.print(f"edition {edition.number}, version {edition.version}, is in force.")

    with_room(publish, tenant)


@app.command()
def refuse(
    change_id: str, by: By, why: Annotated[str, typer.Option()], tenant: TenantId = DEFAULT_TENANT
) -> None:
    """Say no to a submitted change."""

    async def say_no(room: Workroom) -> None:
        await room.workbench.refuse(tenant, change_id, person(by), why)
        out.print("refused; its author sees why.")

    with_room(say_no, tenant)


@app.command()
def rollback(
    number: Annotated[int, typer.Argument(min=0, help="The edition to go back to; 0 for the rules we ship.")],
    by: By,
    why: Annotated[str, typer.Option()] = "",
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Put an earlier edition in force again, at once."""

    async def back(room: Workroom) -> None:
        edition = await room.workbench.roll_back(tenant, number, person(by), why)
        out.print(f"edition {edition.number} is in force: what edition {number} said.")

    with_room(back, tenant)


# What is known of the rules at work


@app.command()
def coverage(
    days: Annotated[int, typer.Option(min=1, max=366, help="Production: the decisions of so many days.")] = 30,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Name the pages that never fired: in examples and chats, and in production."""

    async def look(room: Workroom) -> Coverage:
        named: Counter[str] = Counter()
        timeline = room.store.timeline
        async for item in timeline.each(tenant, ["decided"], now() - timedelta(days=days), now(), ["because"]):
            named.update(reason["rule"] for reason in item.entry.data.get("because", ()))
        return await covered(room.workbench.live(tenant), NOBODY_IN_PARTICULAR, production=named.items())

    found = with_room(look, tenant)
    out.print(f"{len(found.pages)} pages; {found.examples} examples and {found.chats} chats were run.")
    for page in found.never_in_tests:
        out.print(f"never in a test: {page.file} {page.title}", markup=False)
    if found.never_in_production is None:
        out.print(f"production: no decisions in the last {days} days, so nothing is known.")
    for page in found.never_in_production or ():
        out.print(f"never in {days} days of production: {page.file} {page.title}", markup=False)


@app.command()
def propose(
    days: Annotated[int, typer.Option(min=1, max=366, help="What was decided in so many days.")] = 30,
    arabic: Arabic = False,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Say what people keep changing, and what to write instead."""

    async def look(room: Workroom) -> None:
        live = room.workbench.live(tenant)
        found = await suggestions(room.store, tenant, live, now() - timedelta(days=days), now())
        for one in found:
            out.print(one.ar if arabic else one.en, markup=False)
            if one.proposed:
                out.print(
                    f"  now       {one.present}\n  proposed  {one.proposed}\n  in        {one.path}", markup=False
                )
        if not found:
            out.print(f"In {days} days nothing was changed often enough to suggest anything.")

    with_room(look, tenant)


@app.command()
def review(
    days: Annotated[int, typer.Option(min=1, max=366, help="What was written in so many days.")] = 30,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """List what nobody understood and what people corrected; it shows what contacts wrote."""

    async def look(room: Workroom) -> None:
        found = await review_queue(room.store, tenant, now() - timedelta(days=days), now())
        for item in found:
            meant = ", ".join(name for name, _ in item.intents)
            out.print(f"{item.times:4}  {item.text}  [{meant}]", markup=False)
        if not found:
            out.print(f"Nothing waits from the last {days} days.")

    with_room(look, tenant)


@app.command(name="map")
def draw_map(
    days: Annotated[int, typer.Option(min=1, max=366, help="Counts of so many days.")] = 30,
    picture: Annotated[bool, typer.Option("--mermaid", help="A picture in mermaid instead of a table.")] = False,
    arabic: Arabic = False,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Show the lifecycle with live counts, who moves what, and where deals stay."""

    async def look(room: Workroom) -> None:
        live = room.workbench.live(tenant)
        drawn = await lifecycle(room.store, tenant, live, now() - timedelta(days=days), now())
        show = mermaid if picture else lifecycle_table
        out.print(show(drawn, "ar" if arabic else "en"), markup=False)

    with_room(look, tenant)


@app.command()
def schemas(
    target: Annotated[Path, typer.Argument(help="A folder for them.")] = Path(".dealix/schemas"),
) -> None:
    """Write JSON Schemas, so that an editor completes and checks while you type."""
    playbook = composed({})
    made = made_schemas(wording_facts(playbook), LIFECYCLE, heard=tuple(playbook.book.language_pages))
    if target.exists() and not target.is_dir():
        stop(f"{target} is a file; name a folder.\n{target} ملف؛ اختر اسم مجلد.")
    target.mkdir(parents=True, exist_ok=True)
    for name, schema in made.items():
        (target / name).write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    settings = {f"{target.as_posix()}/{name}": [f"**/{glob}"] for name, glob in GLOBS.items()}
    out.print(f"{len(made)} schemas in {target}. For VS Code with its YAML extension, in .vscode/settings.json:")
    out.print(json.dumps({"yaml.schemas": settings}, indent=2), markup=False)
