"""
The playbook of a tenant: what messages mean, what is decided, what is said and who fits us, in force together.

Rule 1: a playbook is immutable and complete. A decision takes the whole of it once, so none is made by half.
Rule 2: it is the book that we ship with a tenant's own files over it; its version is a hash of all that it says.
Rule 3: a playbook with one problem does not come into being; all its problems are named at once.
Rule 4: a running process never falls back to other rules by itself: when a new edition cannot be read it keeps
        the one that it has, and says so; at the start it refuses.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

import structlog

from bot.editions import Rulebooks
from bot.errors import DealixError
from flows import qualification, wording
from flows.wording import WordingError, Wordings
from rules import book as rule_book
from rules import vocabulary
from rules.book import Book
from rules.engine import Backend
from rules.layers import Layer, folder
from rules.policies import Policies
from rules.problems import BookError, Problem

logger = structlog.get_logger()

WORDING_FOLDER = "wording/"
THRESHOLDS_FILE = "qualification.yml"

_KEY_IN_A_PROBLEM = re.compile(r'"([\w.]+)"')


class RulesRefused(DealixError):
    """Rules cannot be put in force; `problems` says where and what to do."""

    code, status = "rules_refused", 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.details = {"problems": [{"file": p.file, "line": p.line, "what": p.what} for p in self.problems]}
        first = "\n".join(str(problem) for problem in self.problems[:20])
        more = len(self.problems) - 20
        super().__init__(
            f"these rules cannot be used, {len(self.problems)} things to mend:\n{first}"
            + (f"\n... and {more} more" if more > 0 else ""),
            f"لا يمكن استعمال هذه القواعد، وفيها {len(self.problems)} مما يلزم إصلاحه:\n{first}",
        )


@dataclass(frozen=True, slots=True)
class Playbook:
    """Everything by which the messages of a tenant are handled."""

    version: str
    book: Book
    wordings: Wordings
    thresholds: qualification.Thresholds
    files: Mapping[str, str] = field(repr=False)
    """Path -> text of every file in force, the tenant's own in place of ours."""
    own: Mapping[str, str] = field(repr=False)
    """The tenant's own files."""


def shipped() -> Layer:
    """The rules that we ship, as one layer: pages, sentences, thresholds."""
    pages = folder(rule_book.DEFAULT_PATH)
    sentences = folder(wording.DEFAULT_PATH)
    files = {
        **pages.files,
        **{f"{WORDING_FOLDER}{name}": text for name, text in sentences.files.items()},
        THRESHOLDS_FILE: qualification.DEFAULT_THRESHOLDS.read_text(encoding="utf-8"),
    }
    return Layer("", MappingProxyType(files), (*pages.problems, *sentences.problems))


def compose(
    base: Layer,
    own: Mapping[str, str],
    *,
    name: str,
    backend: Backend = "both",
    today: date | None = None,
) -> Playbook:
    """
    Make the playbook of a tenant.

    Args:
        base: what we ship.
        own: path -> text of the tenant's own files. A page replaces the shipped page with its id; a wording file
            adds sentences, and replaces those with the same key.
        name: how errors call the tenant's files.
        today: pages whose season ended before this day are left out.

    Raises:
        RulesRefused: with every problem found.
    """
    problems: list[Problem] = []
    layer = Layer(name, own)
    wordings = _wordings((base, layer), problems)
    thresholds = _thresholds(base, layer, problems)
    book = None
    try:
        book = Book.of(
            [base, layer] if own else [base],
            backend=backend,
            wordings=wordings.keys if wordings else vocabulary.WORDINGS,
            wordings_version=f"{wordings.version if wordings else ''} {thresholds}",
            today=today,
        )
    except BookError as failed:
        problems += failed.problems
    if problems or book is None or wordings is None or thresholds is None:
        raise RulesRefused(sorted(set(problems)))
    files = MappingProxyType({**base.files, **own})
    return Playbook(book.version, book, wordings, thresholds, files, MappingProxyType(dict(own)))


def _wordings(layers: Sequence[Layer], problems: list[Problem]) -> Wordings | None:
    texts = [
        {
            path.removeprefix(WORDING_FOLDER): text
            for path, text in layer.files.items()
            if path.startswith(WORDING_FOLDER)
        }
        for layer in layers
    ]
    try:
        return Wordings.of(texts, needed=vocabulary.WORDINGS)
    except WordingError as failed:
        problems += [_placed(what, layers) for what in failed.problems]
        return None


def _placed(what: str, layers: Sequence[Layer]) -> Problem:
    """Find the line that a problem of a wording is about: where its key stands."""
    file, _, sentence = what.partition(": ")
    path = f"{WORDING_FOLDER}{file}"
    key = _KEY_IN_A_PROBLEM.search(sentence)
    for layer in reversed(layers):
        if path in layer.files:
            lines = layer.files[path].splitlines()
            at = (n for n, line in enumerate(lines, start=1) if key and line.startswith(f"{key[1]}:"))
            return Problem(layer.label(path), next(at, 1), sentence)
    return Problem(WORDING_FOLDER, 1, what)


def _thresholds(base: Layer, own: Layer, problems: list[Problem]) -> qualification.Thresholds | None:
    layer = own if THRESHOLDS_FILE in own.files else base
    try:
        return qualification.Thresholds.of(layer.files[THRESHOLDS_FILE])
    except qualification.ThresholdsUnreadable as failed:
        what = str(failed).removeprefix(f"{THRESHOLDS_FILE}: ").removeprefix(f"{THRESHOLDS_FILE} ")
        problems.append(Problem(layer.label(THRESHOLDS_FILE), 1, what))
        return None


class Playbooks:
    """The playbook of each tenant that is in force in this process."""

    def __init__(self, base: Layer, backend: Backend, now: Callable[[], datetime]) -> None:
        """Compiles what we ship. Raises RulesRefused."""
        self._base = base
        self._rulebooks: Rulebooks | None = None
        self._backend = backend
        self._now = now
        self._day = self._today()
        self.shipped = compose(base, {}, name="", backend=backend, today=self._day)
        self._live: dict[str, tuple[int, Playbook]] = {}
        self._refused: dict[str, int] = {}

    def of(self, tenant_id: str) -> Playbook:
        """The playbook by which this tenant's messages are decided now."""
        live = self._live.get(tenant_id)
        return live[1] if live else self.shipped

    def policies_of(self, tenant_id: str) -> Policies:
        """What this tenant's rules say besides their pages: claims, prices, quiet hours, deadlines."""
        return self.of(tenant_id).book.policies

    def edition(self, tenant_id: str) -> int:
        """The number of the edition in force here; 0 for what we ship."""
        live = self._live.get(tenant_id)
        return live[0] if live else 0

    @property
    def base(self) -> Layer:
        """What we ship."""
        return self._base

    @property
    def today(self) -> date:
        """The day for which the rules in force were read."""
        return self._day

    def compose(self, tenant_id: str, own: Mapping[str, str]) -> Playbook:
        """Make a playbook of a tenant's files without putting it in force. Raises RulesRefused."""
        if not own:
            return self.shipped
        return compose(self._base, own, name=tenant_id, backend=self._backend, today=self._day)

    async def start(self, rulebooks: Rulebooks) -> None:
        """Take the editions that are in force. Raises RulesRefused when one of them cannot be read."""
        self._rulebooks = rulebooks
        await self._look(is_start=True)

    async def look(self) -> None:
        """Take over what was published since, here or in another process."""
        await self._look()

    async def _look(self, *, is_start: bool = False) -> None:
        if (day := self._today()) != self._day:
            await self._turn_the_page(day)
        rulebooks = self._rulebooks
        assert rulebooks is not None, "start comes before looking"
        for tenant_id, number in await rulebooks.heads():
            if number != self.edition(tenant_id) and (is_start or self._refused.get(tenant_id) != number):
                await self._take(rulebooks, tenant_id, number, is_start)

    async def _take(self, rulebooks: Rulebooks, tenant_id: str, number: int, is_start: bool) -> None:
        edition = await rulebooks.edition(tenant_id, number)
        if edition is None:
            return
        try:
            playbook = await asyncio.to_thread(self.compose, tenant_id, edition.files)
        except RulesRefused as refused:
            if is_start:
                raise
            self._refused[tenant_id] = number
            logger.error(
                "rules_not_taken", tenant=tenant_id, edition=number, problems=list(map(str, refused.problems[:5]))
            )
            return
        self._live[tenant_id] = (number, playbook)
        logger.info("rules_in_force", tenant=tenant_id, edition=number, version=playbook.version)

    async def _turn_the_page(self, day: date) -> None:
        """A new day: seasons begin and end."""
        self._day = day
        self.shipped = await asyncio.to_thread(compose, self._base, {}, name="", backend=self._backend, today=day)
        for tenant_id, (number, playbook) in list(self._live.items()):
            fresh = await asyncio.to_thread(self.compose, tenant_id, playbook.own)
            self._live[tenant_id] = (number, fresh)

    def _today(self) -> date:
        return self._now().date()
