"""
What the commands about rules share: the terminal, a folder, the rules in force, and who types.

Rule 1: whatever is refused ends the command with a sentence and the exit code 1.
Rule 2: a folder is laid over rules; what it does not name stays as it is, and what goes is named (`--remove`).
Rule 3: rules in force that cannot be used are told, and end no command: going back is a command too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import logs
from bot.access import console_human
from bot.building import now
from bot.commands.workroom import Workroom, workroom
from bot.errors import DealixError
from bot.people import Human
from bot.playbook import EditionRefused, Playbook, Playbooks, RulesRefused, shipped
from bot.settings import Settings
from bot.tenant import Tenant
from bot.tenants import DEFAULT_TENANT, configured
from bot.workbench.examination import Examination
from rules.checks import in_arabic
from rules.layers import folder
from rules.problems import Problem

# What people write is shown as they wrote it: a reason or a title with brackets in it is no colour, and no fault.
out = Console(markup=False, highlight=False, soft_wrap=True)
err = Console(markup=False, stderr=True, highlight=False, soft_wrap=True)

T = TypeVar("T")

NOBODY_IN_PARTICULAR = Tenant(DEFAULT_TENANT, "Dealix")


def shipped_playbooks() -> Playbooks:
    """The rules that we ship, read anew."""
    try:
        return Playbooks(shipped(), "both", now)
    except RulesRefused as refused:
        refuse_rules(refused.problems)


def composed(own: Mapping[str, str]) -> Playbook:
    """The rules that we ship with these files over them."""
    try:
        return shipped_playbooks().compose("", own)
    except RulesRefused as refused:
        refuse_rules(refused.problems)


def own_files(book: Path | None) -> dict[str, str]:
    """What a folder says differently from the rules that we ship."""
    if book is None:
        return {}
    base = shipped().files
    return {path: text for path, text in files_of(book).items() if base.get(path) != text}


def files_of(book: Path) -> dict[str, str]:
    """Every file of a folder; leaves when one cannot be read."""
    layer = folder(book)
    if layer.problems:
        refuse_rules(layer.problems)
    return dict(layer.files)


@dataclass(frozen=True, slots=True)
class Laid:
    """A folder laid over what is in force."""

    files: dict[str, str]
    """What the folder says differently; nothing that only repeats ours where the tenant has a file of its own."""
    own: dict[str, str]
    """The tenant's own files as they would be."""
    left_alone: tuple[str, ...]
    """The tenant's own files for which the folder has only the text that we ship."""


def laid_over(
    in_force: Mapping[str, str], book: Mapping[str, str], base: Mapping[str, str], remove: Collection[str]
) -> Laid:
    """
    Lay a folder over a tenant's own files; leaves when something to remove is not there.

    A copy of our rules that lacks what a colleague published since must not take that back: only `remove` does.
    """
    if absent := sorted(path for path in remove if path not in in_force):
        listed = ", ".join(sorted(in_force)) or "none"
        stop(f"there is no file {', '.join(absent)} of its own here to remove; its own files are: {listed}.")
    if both := sorted(path for path in remove if path in book and book[path] != base.get(path)):
        stop(f"{', '.join(both)}: the folder holds this file, and --remove takes it away. Keep one of them.")
    files, left_alone = {}, []
    for path, text in book.items():
        if path in remove or text == in_force.get(path, base.get(path)):
            continue
        if path in in_force and text == base.get(path):
            left_alone.append(path)
        else:
            files[path] = text
    own = {path: text for path, text in {**in_force, **files}.items() if path not in remove}
    return Laid(files, own, tuple(sorted(left_alone)))


def tell_left_alone(laid: Laid) -> None:
    """Name the tenant's own files that a folder of ours leaves as they are."""
    for path in laid.left_alone:
        err.print(
            f"left as it is: {path} is a file of the tenant's own; the folder has the text that we ship. "
            f"To go back to ours: --remove {path}",
            markup=False,
        )


def tell(found: Examination, arabic: bool, *, only_errors: bool = False) -> None:
    """Print what was found; leaves with 1 when something stands in the way."""
    for problem in (*found.problems, *found.failed_examples):
        err.print(line_of(problem, arabic), markup=False)
    for finding in found.errors if only_errors else found.findings:
        what = finding.what_ar if arabic else finding.what_en
        err.print(f"{finding.level}: {finding.file} line {finding.line}: {what}", markup=False)
    for chat in found.failed_chats:
        err.print(chat.told("ar" if arabic else "en"), markup=False)
    if not found.is_fit:
        raise typer.Exit(1)


def refuse_rules(problems: tuple[Problem, ...]) -> NoReturn:
    """Print what keeps rules from being used, and leave."""
    for problem in problems:
        err.print(str(problem), markup=False)
    raise typer.Exit(1)


def line_of(problem: Problem, arabic: bool) -> str:
    """A problem in a line."""
    return f"{problem.file} line {problem.line}: {in_arabic(problem)}" if arabic else str(problem)


def person(name: str) -> Human:
    """Whoever types, by the name that the history will show."""
    try:
        shown = console_human(name)
    except DealixError as refused:
        raise typer.BadParameter(refused.message_en) from refused
    return Human(f"cli:{shown.name.casefold()}", shown.name)


def with_room(work: Callable[[Workroom], Awaitable[T]], tenant: str) -> T:
    """Do something with the rules of a tenant of this installation."""

    async def run() -> T:
        async with workroom(settings, lambda refused: _tell_refused(refused, tenant)) as room:
            return await work(room)

    try:
        settings = Settings()
    except ValidationError as invalid:
        stop(f"these settings cannot be used; see .env.example: {invalid.errors(include_input=False)[0]['loc']}")
    try:
        known = [one.id for one in configured(settings)]
    except DealixError as refused:
        stop(f"{refused.message_en}\n{refused.message_ar}")
    if tenant not in known:
        stop(
            f'there is no tenant "{tenant}" here; use one of: {", ".join(known)}.\n'
            f"لا توجد منشأة «{tenant}» هنا؛ الموجود: {'، '.join(known)}."
        )
    # What cannot be used is told by the command itself, once.
    logs.configure(settings.secrets, pretty=True, level=logging.WARNING)
    return run_to_end(run())


def _tell_refused(refused: EditionRefused, tenant: str) -> None:
    if refused.tenant_id == tenant:
        err.print(f"{refused.message_en}\n{refused.message_ar}", markup=False)


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Do something that may be refused."""
    try:
        return asyncio.run(work)
    except RulesRefused as refused:
        refuse_rules(refused.problems)
    except DealixError as refused:
        stop(
            f"{refused.message_en}\n{refused.message_ar}"
            if refused.message_ar != refused.message_en
            else refused.message_en
        )


def stop(sentence: str) -> NoReturn:
    """Say why it ends here, and leave."""
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


def bar(what: str) -> _Bar:
    """A progress bar, for `with`."""
    return _Bar(what)


def lines_of(file: Path) -> int:
    """How many lines a file has."""
    try:
        with file.open("rb") as lines:
            return sum(1 for _ in lines)
    except OSError as missing:
        stop(f"{file} cannot be read: {missing.strerror}")
