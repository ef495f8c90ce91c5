"""
What the bot may answer from: search as a lead asks, read, write, approve, and what is to be mended.

Rule 1: what somebody types is never redrawn under their hands; the form stays until it is saved or left.
Rule 2: an approval is of the version and the revision that is shown; if others came meanwhile it is refused.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nicegui.events import GenericEventArguments
from starlette.datastructures import QueryParams

from admin.console import knowledge_card, knowledge_form
from admin.console.draw import Part, Rows, argument, button, gated, put
from admin.console.knowledge_card import Line, Shown, status_of, title_of
from admin.console.knowledge_form import Writing
from admin.console.live import Watch
from admin.console.place import Place
from admin.console.states import empty, loading
from admin.console.tiles import Tile, draw_tiles
from bot.knowledge.article import Article, ArticleStatus, newest
from bot.knowledge.linting import Finding
from bot.knowledge.room import APPROVERS, EDITORS, Answered
from bot.people import is_same_person

READERS = ("admin", "approver", "rules_editor", "executive", "agent", "dpo")
FILTERS = ("answers", "waits", "drafts", "mend", "retired")

_ASKED = "() => emit(dealix.values('[data-ask]')[0])"
_ASKED_ON_KEY = "(e) => { if (e.key === 'Enter') { e.preventDefault(); emit(e.target.value); } }"


@dataclass(frozen=True, slots=True)
class _Told:
    """What a question came to."""

    question: str
    answered: Answered


class KnowledgePage:
    """One page of one visitor."""

    def __init__(self, place: Place, query: QueryParams) -> None:
        self._place = place
        wanted = query.get("show", "")
        self._show = wanted if wanted in FILTERS else "answers"
        self._open = query.get("article", "")
        version = query.get("version", "")
        self._version = int(version) if version.isdecimal() and len(version) < 6 else 0
        """0 for the newest."""
        self._question = query.get("q", "")[:300]
        self._writing: Writing | None = None
        self._asked = ""
        self._is_busy = False
        self._watch = Watch(place, self._look)

    def build(self) -> None:
        say = self._place.say
        with put("div", "knowledge grow-in"):
            with put("header", "page-head"):
                put("h1", "page-title", say("heading"))
                put("p", "faint", say("lead"))
            with put("div", "sheet"):
                self._build_ask()
                self._told: Part[_Told | None] = Part(put("div"), self._draw_told)
            self._tiles: Part[tuple[tuple[Tile, ...], str]] = Part(put("div"), self._draw_tiles)
            self._wait: Part[bool] = Part(put("div"), self._draw_wait)
            self._middle: Part[Shown | Writing | None] = Part(put("div"), self._draw_middle)
            self._none: Part[str] = Part(put("div"), self._draw_none)
            self._rows: Rows[Line] = Rows(put("div", "queue"), self._draw_line)
        self._wait.show(True)

    async def open(self) -> None:
        self._watch.start()

    async def _look(self) -> None:
        place, knowledge = self._place, self._place.house.rooms.knowledge
        if not place.may(READERS):
            self._wait.show(False)  # nothing will come; the notice above says why
        place.require(*READERS)
        articles = await knowledge.everything(place.tenant_id)
        findings = await knowledge.lint(place.tenant_id)
        self._wait.show(False)
        lines = self._lines(articles, findings)
        self._tiles.show((self._counted(lines, findings), self._show))
        rows = lines[self._show]
        self._none.show("" if rows else self._show)
        self._rows.show([(f"{n}:{line.article.id}:{line.article.version}", line) for n, line in enumerate(rows)])
        self._middle.show(self._writing or await self._shown())
        told = None
        if self._question:
            told = _Told(
                self._question, await knowledge.ask(place.tenant_id, self._question, self._place.language)
            )
        self._told.show(told)

    def _lines(self, articles: Sequence[Article], findings: Sequence[Finding]) -> dict[str, list[Line]]:
        now = self._place.now()
        by_version = {(a.id, a.version): a for a in articles}
        latest = newest(articles)
        lines: dict[str, list[Line]] = {name: [] for name in FILTERS}
        for article in sorted(articles, key=lambda a: title_of(a, self._place.language)):
            line = Line(article, status_of(article, article.is_expired(now)))
            if article.answers(now):
                lines["answers"].append(line)
            elif article.is_submitted:
                lines["waits"].append(line)
            elif article.status is ArticleStatus.DRAFT:
                lines["drafts"].append(line)
            elif article.status is ArticleStatus.RETIRED and latest[article.id] is article:
                lines["retired"].append(line)
        for finding in findings:
            article = by_version[(finding.article_id, finding.version)]
            words = finding.ar if self._place.language == "ar" else finding.en
            lines["mend"].append(Line(article, status_of(article, article.is_expired(now)), words))
        return lines

    def _counted(self, lines: dict[str, list[Line]], findings: Sequence[Finding]) -> tuple[Tile, ...]:
        say = self._place.say
        is_pressing = any(finding.kind == "expired" for finding in findings)
        return tuple(
            Tile(
                key,
                say(f"tile_{key}"),
                str(len(lines[key])),
                say(f"tile_{key}_is"),
                key == "mend" and is_pressing,
            )
            for key in FILTERS
        )

    async def _shown(self) -> Shown | None:
        if not self._open:
            return None
        knowledge, place = self._place.house.rooms.knowledge, self._place
        versions = await knowledge.versions(place.tenant_id, self._open)
        article = next((one for one in versions if one.version == self._version), versions[0])
        people = (*article.writers, article.submitted_by)
        return Shown(
            article=article,
            status=status_of(article, article.is_expired(place.now())),
            versions=tuple((one.version, one.status.value) for one in versions),
            flags=tuple((lang, names) for lang, names in knowledge.flags(article).items() if names),
            is_newest=article is versions[0],
            is_own=any(by.id and is_same_person(by.id, place.visitor.id) for by in people),
            asked=self._asked,
            is_busy=self._is_busy,
        )

    # what is shown

    def _build_ask(self) -> None:
        say = self._place.say
        with put("div", "know-ask"):
            with put("label"):
                put("span", text=say("ask"))
                field = put("input", "text-field", type="search", dir="auto", maxlength="300", data_ask="")
                field.props["defaultValue"] = self._question
                field.on("keydown", self._ask, js_handler=_ASKED_ON_KEY)
            button(say("ask_do"), None, picture="search", data_ask_do="").on(
                "click", self._ask, js_handler=_ASKED
            )
            why_not = "" if self._place.may(EDITORS) else self._place.needs(EDITORS)
            gated(say("new"), self._write_new, why_not, look="main narrow", picture="plus", data_new="")

    def _draw_told(self, told: _Told | None) -> None:
        say = self._place.say
        if told is None:
            return
        cited = told.answered.cited
        with put(
            "section", f"know-answer {'' if cited else 'none'}", data_told="answered" if cited else "no_source"
        ):
            if cited is None:
                put("p", text=say("no_source"), role="status")
            else:
                put("strong", text=f"{say('answered')}: {cited.title}", dir="auto")
                put("p", "know-body", cited.text, dir="auto")
                put("span", "faint tiny", f"{cited.article_id} · {say('version', n=cited.version)}", dir="auto")
        put("h3", text=say("near"))
        if not told.answered.near:
            put("p", "faint", say("nothing_near"))
        for hit in told.answered.near:
            with put("div", "know-hit", data_hit=hit.article.id):
                button(
                    title_of(hit.article, self._place.language),
                    lambda article=hit.article: self._read(article),
                    look="link",
                    dir="auto",
                )
                put("span", "faint tiny", say("sure_of", percent=round(hit.confidence * 100)))

    def _draw_tiles(self, state: tuple[tuple[Tile, ...], str]) -> None:
        tiles, chosen = state
        draw_tiles(tiles, chosen, self._choose)

    def _draw_wait(self, is_waiting: bool) -> None:
        if is_waiting:
            loading(self._place.say("reading"))

    def _draw_none(self, show: str) -> None:
        if show:
            with put("div", "sheet"):
                empty("book", self._place.say(f"none_{show}"), self._place.say(f"none_{show}_hint"))

    def _draw_line(self, line: Line) -> None:
        knowledge_card.draw_line(self._place, line, self._read)

    def _draw_middle(self, middle: Shown | Writing | None) -> None:
        if isinstance(middle, Writing):
            knowledge_form.draw(self._place, middle, self._save, self._leave_form)
        elif middle is not None:
            knowledge_card.draw_whole(self._place, middle, lambda what: self._press(middle, what))

    # what is done

    async def _ask(self, event: GenericEventArguments) -> None:
        self._question = argument(event).strip()[:300]
        await self._go_on()

    async def _choose(self, show: str) -> None:
        self._show = show
        await self._go_on()

    async def _read(self, article: Article) -> None:
        self._open, self._version, self._asked, self._writing = article.id, article.version, "", None
        await self._go_on()

    async def _write_new(self) -> None:
        self._writing = Writing(None)
        await self._go_on()

    async def _leave_form(self) -> None:
        self._writing = None
        await self._go_on()

    async def _go_on(self) -> None:
        version = str(self._version) if self._version else ""
        self._place.remember(show=self._show, article=self._open, version=version, q=self._question)
        await self._place.act(self._look())

    async def _save(self, values: Sequence[str]) -> None:
        place, knowledge, writing = self._place, self._place.house.rooms.knowledge, self._writing
        if writing is None:
            return
        saved: list[Article] = []

        async def saving() -> None:
            place.require(*EDITORS)
            made = knowledge_form.written(place, values)
            if writing.article is None:
                saved.append(
                    await knowledge.create(place.tenant_id, made.content, place.visitor, made.article_id)
                )
            else:
                base = writing.article
                saved.append(
                    await knowledge.change(place.tenant_id, base.id, made.content, place.visitor, base.rev)
                )

        if await place.act(saving(), "ok_saved"):
            self._writing, self._open, self._version = None, saved[0].id, saved[0].version
            self._show = "drafts"
            await self._go_on()

    async def _press(self, shown: Shown, what: str) -> None:
        deed, _, more = what.partition(":")
        knowledge, place, article = self._place.house.rooms.knowledge, self._place, shown.article
        tenant_id, by = place.tenant_id, place.visitor
        if deed == "version":
            self._version, self._asked = int(more), ""
            await self._go_on()
        elif deed == "ask":
            self._asked = "" if self._asked == more else more
            await place.act(self._look())
        elif deed == "edit":
            self._writing = Writing(article)
            await self._go_on()
        elif deed == "submit":
            await self._do("ok_submit", EDITORS, lambda: knowledge.submit(tenant_id, article.id, by), "waits")
        elif deed == "approve":
            seen = (article.version, article.rev)
            await self._do(
                "ok_approve", APPROVERS, lambda: knowledge.approve(tenant_id, article.id, by, *seen), "answers"
            )
        elif deed == "send_back":
            await self._do(
                "ok_send_back", APPROVERS, lambda: knowledge.send_back(tenant_id, article.id, by, more), "drafts"
            )
        elif deed == "retire":
            roles = (*EDITORS, *APPROVERS)
            await self._do(
                "ok_retire", roles, lambda: knowledge.retire(tenant_id, article.id, by, more), "retired"
            )
        elif deed == "discard":
            await self._do("ok_discard", EDITORS, lambda: knowledge.discard(tenant_id, article.id, by), "drafts")

    async def _do(
        self, done: str, roles: tuple[str, ...], work: Callable[[], Awaitable[object]], show: str
    ) -> None:
        if self._is_busy:
            return

        async def doing() -> None:
            self._place.require(*roles)
            await work()

        self._is_busy = True
        try:
            if await self._place.act(doing(), done):
                self._asked, self._show, self._version = "", show, 0
                if done == "ok_discard":
                    self._open = ""
        finally:
            self._is_busy = False
        await self._go_on()
