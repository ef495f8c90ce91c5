"""
What a tenant knows, on the command line: `dealix knowledge import|search|lint`.

Rule: what is imported is a draft, or submitted where that is asked; the yes of a second person is given on the
console or over HTTP, never here.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from bot.alerts import Alerts
from bot.audit import Audit
from bot.building import new_id, now
from bot.commands.terminal import err, out, person, with_room
from bot.commands.workroom import Workroom
from bot.errors import DealixError, NotFound
from bot.knowledge.article import Article
from bot.knowledge.papers import Paper, UnreadablePaper, read_paper
from bot.knowledge.reading import ANSWERS_FROM, Reader
from bot.knowledge.room import Knowledge
from bot.people import Human
from bot.tenants import DEFAULT_TENANT

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What the bot may answer from.")

TenantId = Annotated[str, typer.Option("--tenant", help="Whose knowledge.")]
By = Annotated[str, typer.Option("--as", help="Your name, as the history shows it.")]

T = TypeVar("T")


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(exists=True, help="Markdown files, or folders of them.")],
    by: By,
    submit: Annotated[bool, typer.Option("--submit", help="Ask for approval at once.")] = False,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """
    Write an article for each Markdown file with front matter; what says the same as before is left alone.

    Nothing is written when a file cannot be read. An article with that id gets a new version.
    """
    papers = _papers(files)
    human = person(by)
    refused: list[str] = []

    async def work(room: Knowledge) -> dict[str, str]:
        done = {}
        for paper in papers:
            try:
                done[paper.article_id] = await _take(room, tenant, paper, human, submit=submit)
            except DealixError as failed:
                refused.append(
                    f"{paper.article_id}: {failed.message_ar}\n{paper.article_id}: {failed.message_en}"
                )
        return done

    for article_id, what in _with_knowledge(work, tenant).items():
        out.print(f"{article_id}: {what}")
    for sentence in refused:
        err.print(sentence)
    if refused:
        raise typer.Exit(1)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="What somebody asks.")],
    limit: Annotated[int, typer.Option(min=1, max=50)] = 3,
    tenant: TenantId = DEFAULT_TENANT,
) -> None:
    """Show which articles speak of a question, best first, and whether one of them would answer it."""
    hits = _with_knowledge(lambda room: room.search(tenant, text, limit), tenant)
    table = Table("article", "version", "status", "confidence", "title", "العنوان", box=None)
    for hit in hits:
        content = hit.article.content
        version, sure = str(hit.article.version), f"{hit.confidence:.2f}"
        table.add_row(hit.article.id, version, hit.article.status.value, sure, content.en.title, content.ar.title)
    if hits:
        out.print(table)
    answers = any(hit.article.answers(now()) and hit.confidence >= ANSWERS_FROM for hit in hits)
    if not answers:
        out.print("No approved source answers this; a person does.\nلا مصدر معتمد لهذا السؤال؛ يجيب عنه إنسان.")


@app.command()
def lint(tenant: TenantId = DEFAULT_TENANT) -> None:
    """Show what is to be mended, most pressing first; leaves with 1 when an article answers nobody any more."""
    found = _with_knowledge(lambda room: room.lint(tenant), tenant)
    for finding in found:
        out.print(f"{finding.kind} {finding.article_id} v{finding.version}\n  {finding.ar}\n  {finding.en}")
    if not found:
        out.print("Nothing to mend.\nلا شيء يحتاج إصلاحًا.")
    if any(finding.kind == "expired" for finding in found):
        raise typer.Exit(1)


def _papers(files: list[Path]) -> list[Paper]:
    """Every file, read; leaves when one of them is no article, and names them all."""
    found, problems = [], []
    paths = [p for f in files for p in (sorted(f.glob("**/*.md")) if f.is_dir() else [f])]
    for path in paths:
        try:
            found.append(read_paper(path))
        except UnreadablePaper as unreadable:
            problems.append(unreadable)
    ids = [paper.article_id for paper in found]
    twice = sorted({article_id for article_id in ids if ids.count(article_id) > 1})
    for problem in problems:
        err.print(f"{problem.message_ar}\n{problem.message_en}")
    if twice:
        err.print(f"المعرّف مكرر: {', '.join(twice)}\nthe same id twice: {', '.join(twice)}")
    if not paths:
        err.print("لا ملفات ‎.md هنا\nthere are no .md files here")
    if problems or twice or not paths:
        raise typer.Exit(1)
    return found


async def _take(room: Knowledge, tenant_id: str, paper: Paper, by: Human, *, submit: bool) -> str:
    """Write one article; answers what became of it."""
    try:
        latest: Article | None = (await room.versions(tenant_id, paper.article_id))[0]
    except NotFound:
        latest = None
    if latest is not None and latest.content == paper.content:
        what, fresh = "unchanged / كما هي", latest
    elif latest is None:
        fresh = await room.create(tenant_id, paper.content, by, paper.article_id)
        what = "written / كُتبت"
    else:
        fresh = await room.change(tenant_id, paper.article_id, paper.content, by)
        what = f"version {fresh.version} written / كُتبت نسخة {fresh.version}"
    if submit and fresh.status == "draft" and not fresh.is_submitted:
        await room.submit(tenant_id, paper.article_id, by)
        what += ", submitted / وقُدّمت"
    return what


def _with_knowledge(work: Callable[[Knowledge], Awaitable[T]], tenant: str) -> T:
    async def inside(room: Workroom) -> T:
        store = room.store
        knowledge = Knowledge(
            rows=store.knowledge,
            reader=Reader(store.knowledge, now),
            tenants=room.tenants,
            policies_of=room.playbooks.policies_of,
            audit=Audit(store, now, new_id),
            alerts=Alerts(store.alerts, now, new_id),
            unreachable=store.unreachable,
            now=now,
            new_id=new_id,
        )
        return await work(knowledge)

    return with_room(inside, tenant)
