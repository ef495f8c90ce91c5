"""
The playbook of a tenant: what messages mean, what is decided, what is said and who fits us, in force together.

Rule 1: a playbook is immutable and complete. A decision takes the whole of it once, so none is made by half.
Rule 2: it is the book that we ship with a tenant's own files over it; its version is a hash of all that it says.
Rule 3: a playbook with one problem does not come into being; all its problems are named at once.
Rule 4: a running process never falls back to other rules by itself: when a new edition cannot be read it keeps
        the one that it has, and says so; at the start it refuses. One tenant's trouble is no other tenant's.
Rule 5: what is published can be used on every later day too, whatever seasons begin and end (`Playbooks.prove`).
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import structlog

from bot.errors import DealixError
from bot.workbench.editions import Rulebooks
from flows import qualification, wording
from flows.wording import WordingError, Wordings
from rules import book as rule_book
from rules import vocabulary
from rules.book import Book
from rules.checks import in_arabic
from rules.engine import Backend
from rules.layers import Layer, folder
from rules.policies import Policies
from rules.policies.zones import RIYADH
from rules.problems import BookError, Problem
from rules.sheet import Sheet, line_of, read

logger = structlog.get_logger()

WORDING_FOLDER = "wording/"
THRESHOLDS_FILE = "qualification.yml"

# Every day on which a season begins or ends costs a third of a second before publishing; thirty seasons fit.
MOST_SEASON_DAYS = 60

# Of an edition that cannot be read, so many before it are tried, to name one that can.
EDITIONS_TRIED = 20

_KEY_IN_A_PROBLEM = re.compile(r'"([\w.]+)"')
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class RulesRefused(DealixError):
    """Rules cannot be put in force; `problems` says where and what to do."""

    code, status = "rules_refused", 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        self.details = {"problems": [{"file": p.file, "line": p.line, "what": p.what} for p in self.problems]}
        shown, more = self.problems[:20], len(self.problems) - 20
        en = "\n".join(map(str, shown)) + (f"\n... and {more} more" if more > 0 else "")
        ar = "\n".join(_in_arabic(problem) for problem in shown) + (f"\n... و{more} غيرها" if more > 0 else "")
        super().__init__(
            f"these rules cannot be used, {len(self.problems)} things to mend:\n{en}",
            f"لا يمكن استعمال هذه القواعد، وفيها {len(self.problems)} مما يلزم إصلاحه:\n{ar}",
        )


def _in_arabic(problem: Problem) -> str:
    return f"{problem.file} السطر {problem.line}: {in_arabic(problem)}"


class EditionRefused(RulesRefused):
    """What is in force for a tenant cannot be used by this version of Dealix."""

    code = "edition_refused"

    def __init__(self, tenant_id: str, number: int, back_to: int, problems: Sequence[Problem]) -> None:
        """`back_to` is the latest edition that can be used, 0 for what we ship."""
        super().__init__(problems)
        self.tenant_id, self.number, self.back_to = tenant_id, number, back_to
        command = f"dealix rules rollback {back_to} --tenant {tenant_id} --as NAME"
        self.message_en = (
            f"edition {number} of the rules of {tenant_id} cannot be used. Mend what is named below, or go back "
            f"with: {command}\n{self.message_en}"
        )
        self.message_ar = (
            f"النسخة {number} من قواعد {tenant_id} لا يمكن استعمالها. أصلح ما يلي، أو ارجع بالأمر: {command}\n"
            f"{self.message_ar}"
        )
        self.args = (self.message_en,)


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
    base: Mapping[str, str] = field(repr=False)
    """What we ship, as it stands below."""


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
    sheets = [_sheets(one, problems) for one in (base, layer)]
    # A sentence that cannot be read is not a missing one.
    wordings = _wordings(sheets, problems) if _are_read((base, layer), sheets) else None
    thresholds = _thresholds((base, layer), sheets, problems)
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
    return Playbook(book.version, book, wordings, thresholds, files, MappingProxyType(dict(own)), base.files)


def _sheets(layer: Layer, problems: list[Problem]) -> dict[str, Sheet]:
    """What a layer says and who fits, read like every page: plain data with line numbers, or a problem."""
    sheets = {}
    for path, text in layer.files.items():
        if path.startswith(WORDING_FOLDER) or path == THRESHOLDS_FILE:
            try:
                sheets[path] = read(text, layer.label(path))
            except BookError as failed:
                problems += failed.problems
    return sheets


def _are_read(layers: Sequence[Layer], sheets: Sequence[Mapping[str, Sheet]]) -> bool:
    """Whether every file of sentences could be read."""
    return all(
        path in of_layer
        for layer, of_layer in zip(layers, sheets, strict=True)
        for path in layer.files
        if path.startswith(WORDING_FOLDER)
    )


def _wordings(sheets: Sequence[Mapping[str, Sheet]], problems: list[Problem]) -> Wordings | None:
    files = [
        {
            path.removeprefix(WORDING_FOLDER): sheet.content
            for path, sheet in of_layer.items()
            if path.startswith(WORDING_FOLDER)
        }
        for of_layer in sheets
    ]
    try:
        return Wordings.of(files, needed=vocabulary.WORDINGS)
    except WordingError as failed:
        problems += [_placed(what, sheets) for what in failed.problems]
        return None


def _placed(what: str, sheets: Sequence[Mapping[str, Sheet]]) -> Problem:
    """Find the line that a problem of a wording is about: where its key stands."""
    file, _, sentence = what.partition(": ")
    path = f"{WORDING_FOLDER}{file}"
    named = _KEY_IN_A_PROBLEM.search(sentence)
    key = named[1] if named else ""
    found = [of_layer[path] for of_layer in reversed(sheets) if path in of_layer]
    for sheet in found:
        for name in (key, key.rpartition(".")[0]):
            if name in sheet.content:
                return Problem(sheet.file, line_of(sheet.content, name), sentence)
    return Problem(found[0].file, 1, sentence) if found else Problem(WORDING_FOLDER, 1, what)


def _thresholds(
    layers: Sequence[Layer], sheets: Sequence[Mapping[str, Sheet]], problems: list[Problem]
) -> qualification.Thresholds | None:
    number = max(n for n, layer in enumerate(layers) if n == 0 or THRESHOLDS_FILE in layer.files)
    sheet = sheets[number].get(THRESHOLDS_FILE)
    if sheet is None:  # it cannot be read, and that is said already
        return None
    try:
        return qualification.Thresholds.of(sheet.content, THRESHOLDS_FILE)
    except qualification.ThresholdsUnreadable as failed:
        problems += [Problem(sheet.file, line_of(sheet.content, key), what) for key, what in failed.problems]
        return None


def season_days(layers: Sequence[Layer], after: date) -> dict[date, Problem]:
    """
    Later days on which other pages are in force than on the day before, each with the place that says so.

    Only pages have seasons; whatever cannot be read is nobody's season.
    """
    days: dict[date, Problem] = {}
    for layer in layers:
        for path, text in layer.files.items():
            if "/" not in path or path.startswith(WORDING_FOLDER):
                continue
            try:
                sheet = read(text, layer.label(path))
            except BookError:
                continue  # whoever composes the book names it
            for key, later in (("since", 0), ("until", 1)):
                written = sheet.content.get(key)
                if (day := _day(written)) is not None and (turn := day + timedelta(days=later)) > after:
                    days.setdefault(turn, Problem(sheet.file, line_of(sheet.content, key), f"{key}: {written}"))
    return dict(sorted(days.items()))


def _day(written: object) -> date | None:
    if not isinstance(written, str) or not _ISO_DAY.fullmatch(written):
        return None
    try:
        day = date.fromisoformat(written)
    except ValueError:  # such as 31 February; its page says so
        return None
    return day if day < date.max else None


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
        # Two who look at once would put one's older rules over the other's newer ones.
        self._turn = asyncio.Lock()

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
        return self._composed(tenant_id, own, self._day, self.shipped)

    def prove(self, tenant_id: str, own: Mapping[str, str]) -> Playbook:
        """
        Make a playbook that can be used today and on every later day; call it outside the event loop.

        Raises RulesRefused: also for a season that begins or ends one day, and leaves rules that cannot be used.
        """
        playbook = self.compose(tenant_id, own)
        days = season_days([self._base, Layer(tenant_id, own)], self._day) if own else {}
        if len(days) > MOST_SEASON_DAYS:
            last = [*days.values()][-1]
            what = f"seasons begin or end on {len(days)} days, more than {MOST_SEASON_DAYS}. Drop some."
            raise RulesRefused([Problem(last.file, last.line, what)])
        problems: list[Problem] = []
        for day, turn in days.items():
            try:
                compose(self._base, own, name=tenant_id, backend="reference", today=day)
            except RulesRefused as refused:
                problems += [_from_then_on(day, turn, problem) for problem in refused.problems]
        if problems:
            raise RulesRefused(problems)
        return playbook

    async def start(self, rulebooks: Rulebooks, refused: Callable[[EditionRefused], None] | None = None) -> None:
        """
        Take the editions that are in force.

        Raises EditionRefused when one of them cannot be used; with `refused`, tells it instead, and what we ship
        stands for that tenant in this process: good enough for going back, never for deciding.
        """
        self._rulebooks = rulebooks
        for tenant_id, number in await rulebooks.heads():
            edition = await rulebooks.edition(tenant_id, number)
            if edition is None:
                continue
            try:
                playbook = await asyncio.to_thread(self.compose, tenant_id, edition.files)
            except RulesRefused as failed:
                back_to = await self._latest_that_can_be_used(rulebooks, tenant_id, number)
                problem = EditionRefused(tenant_id, number, back_to, failed.problems)
                if refused is None:
                    raise problem from failed
                self._refused[tenant_id] = number
                refused(problem)
            else:
                self._put_in_force(tenant_id, number, playbook)

    async def look(self) -> None:
        """
        Take over what was published since, here or in another process.

        What cannot be used is logged, and is nobody else's trouble: the tenant keeps what it has.
        """
        rulebooks = self._rulebooks
        assert rulebooks is not None, "start comes before looking"
        async with self._turn:
            if (day := self._today()) != self._day:
                await self._turn_the_page(day)
            for tenant_id, number in await rulebooks.heads():
                if number != self.edition(tenant_id) and self._refused.get(tenant_id) != number:
                    await self._take(rulebooks, tenant_id, number)

    async def _take(self, rulebooks: Rulebooks, tenant_id: str, number: int) -> None:
        edition = await rulebooks.edition(tenant_id, number)
        if edition is None:
            return
        playbook = await self._usable(tenant_id, number, edition.files, self._day, self.shipped)
        if playbook is None:
            self._refused[tenant_id] = number
        else:
            self._put_in_force(tenant_id, number, playbook)

    async def _turn_the_page(self, day: date) -> None:
        """A new day: seasons begin and end. Whoever has no rules for it keeps those of the day before."""
        shipped = await self._usable("", 0, {}, day, None) or self.shipped
        live = {}
        for tenant_id, (number, playbook) in self._live.items():
            fresh = await self._usable(tenant_id, number, playbook.own, day, shipped)
            live[tenant_id] = (number, fresh or playbook)
        self.shipped, self._live, self._refused, self._day = shipped, live, {}, day

    async def _usable(
        self, tenant_id: str, number: int, own: Mapping[str, str], day: date, shipped: Playbook | None
    ) -> Playbook | None:
        """The playbook of an edition; None, with a line in the log, when it cannot be used."""
        try:
            return await asyncio.to_thread(self._composed, tenant_id, own, day, shipped)
        except RulesRefused as refused:
            problems = [str(problem) for problem in refused.problems[:5]]
        except Exception as fault:  # noqa: BLE001  (the border between tenants: one's files stop no other's)
            problems = [f"a fault of ours: {fault!r:.200}"]
        logger.error("rules_not_taken", tenant=tenant_id, edition=number, day=day.isoformat(), problems=problems)
        return None

    def _composed(self, tenant_id: str, own: Mapping[str, str], day: date, shipped: Playbook | None) -> Playbook:
        if not own and shipped is not None:
            return shipped
        return compose(self._base, own, name=tenant_id, backend=self._backend, today=day)

    def _put_in_force(self, tenant_id: str, number: int, playbook: Playbook) -> None:
        self._live[tenant_id] = (number, playbook)
        logger.info("rules_in_force", tenant=tenant_id, edition=number, version=playbook.version)

    async def _latest_that_can_be_used(self, rulebooks: Rulebooks, tenant_id: str, before: int) -> int:
        for number in range(before - 1, max(before - 1 - EDITIONS_TRIED, 0), -1):
            edition = await rulebooks.edition(tenant_id, number)
            if edition is None:
                continue
            try:
                await asyncio.to_thread(self.compose, tenant_id, edition.files)
            except RulesRefused:
                continue
            return number
        return 0

    def _today(self) -> date:
        """The day in Riyadh, by which policies count too."""
        return riyadh_day(self._now())


def riyadh_day(moment: datetime) -> date:
    """The day that a moment belongs to in Riyadh."""
    return moment.astimezone(ZoneInfo(RIYADH)).date()


def _from_then_on(day: date, turn: Problem, problem: Problem) -> Problem:
    """A problem of a later day, where the season is written that makes it."""
    return Problem(turn.file, turn.line, f"from {day.isoformat()} on, by the season here, {problem}")
