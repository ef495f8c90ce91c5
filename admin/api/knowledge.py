"""
What a tenant knows, over HTTP: write, submit, approve, retire, search, ask, and what is to be mended.

Rule 1: nothing answers anybody before a second person approved it.
Rule 2: a question without a source is answered with that, not with a guess.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from bot.knowledge.article import (
    LONGEST_BODY,
    LONGEST_SOURCE,
    LONGEST_TAG,
    LONGEST_TITLE,
    MOST_TAGS,
    Article,
    ArticleStatus,
    Cited,
    Content,
    Hit,
    Text,
)
from bot.knowledge.linting import Finding
from bot.knowledge.reading import ANSWERS_FROM
from bot.knowledge.room import APPROVERS, EDITORS, Knowledge
from bot.moments import Moment
from bot.people import Human
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import acts, reads_only

READERS = ("admin", "approver", "rules_editor", "executive", "agent", "service", "dpo")

LONGEST_QUESTION = 1_000

# More than anybody writes of one article, and less than a database counts to.
MOST_VERSIONS = 1_000_000_000

ArticleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
_Line = StringConstraints(strip_whitespace=True, max_length=LONGEST_TITLE)
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)]


def _whole_millisecond(moment: datetime) -> datetime:
    """As MongoDB keeps it, so that what is answered is what is stored."""
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


Stored = Annotated[Moment, AfterValidator(_whole_millisecond)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextBody(_Body):
    """One language of an article; both parts, or the language is left out."""

    title: Annotated[str, _Line, Field(min_length=1)]
    body: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_BODY)]


class ContentBody(_Body):
    """Everything that is written of an article."""

    ar: TextBody | None = None
    en: TextBody | None = None
    tags: list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TAG)]] = (
        Field(default_factory=list, max_length=MOST_TAGS)
    )
    source: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_SOURCE)] = ""
    owner: Annotated[str, _Line] = ""
    reviewed_at: Stored | None = None
    expires_at: Stored | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ContentBody":
        if self.ar is None and self.en is None:
            raise ValueError("write the article in Arabic or in English / اكتب المقالة بالعربية أو الإنجليزية")
        return self

    def content(self) -> Content:
        return Content(
            ar=_text(self.ar),
            en=_text(self.en),
            tags=tuple(dict.fromkeys(self.tags)),
            source=self.source,
            owner=self.owner,
            reviewed_at=self.reviewed_at,
            expires_at=self.expires_at,
        )


class CreateBody(ContentBody):
    id: ArticleId | None = None
    """Stable for good; one is made when it is left out."""


class ChangeBody(ContentBody):
    rev: int | None = Field(None, ge=1, le=MOST_VERSIONS)
    """What was read; a change meanwhile is refused."""


class ApproveBody(_Body):
    version: int | None = Field(None, ge=1, le=MOST_VERSIONS)
    rev: int | None = Field(None, ge=1, le=MOST_VERSIONS)
    """What the approver saw; other words are refused."""


class WhyBody(_Body):
    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class AskBody(_Body):
    question: Question
    language: Literal["ar", "en"] = "ar"


class TextView(_Body):
    title: str
    body: str


class HumanView(_Body):
    id: str
    name: str


class ArticleView(_Body):
    id: str
    version: int
    rev: int
    status: Literal["draft", "approved", "retired"]
    is_submitted: bool
    is_expired: bool
    answers: bool
    ar: TextView | None
    en: TextView | None
    tags: list[str]
    source: str
    owner: str
    reviewed_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    changed_at: datetime
    writers: list[HumanView]
    submitted_by: HumanView | None
    submitted_at: datetime | None
    approved_by: HumanView | None
    approved_at: datetime | None
    retired_by: HumanView | None
    retired_at: datetime | None
    why_retired: str
    flags: dict[str, list[str]]
    """What the registry of claims says about the words, by language."""


class Listed(_Body):
    articles: list[ArticleView]
    total: int


class HitView(_Body):
    id: str
    version: int
    status: str
    title_ar: str
    title_en: str
    score: float
    confidence: float
    words: list[str]


class Found(_Body):
    query: str
    hits: list[HitView]
    total: int


class CitationView(_Body):
    article_id: str
    version: int
    title: str
    text: str
    language: Literal["ar", "en"]
    confidence: float
    source: str
    flags: list[str]


class AnswerView(_Body):
    status: Literal["answered", "no_source"]
    answer: CitationView | None
    message_ar: str
    message_en: str
    answers_from: float
    near: list[HitView]


class FindingView(_Body):
    kind: str
    article_id: str
    version: int
    message_ar: str
    message_en: str


class LintView(_Body):
    as_of: datetime
    findings: list[FindingView]
    total: int


def router(knowledge: Knowledge, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/knowledge", tags=["knowledge"])

    Caller = caller_of(callers)

    @routes.post("/articles", status_code=201, dependencies=[acts])
    async def create(body: CreateBody, caller: Caller) -> ArticleView:
        """Write the first version of an article; it is a draft."""
        caller.require(*EDITORS)
        return view(await knowledge.create(caller.tenant_id, body.content(), caller.human, body.id or ""))

    @routes.get("/articles")
    async def every(
        caller: Caller,
        status: Annotated[ArticleStatus | None, Query()] = None,
        tag: Annotated[str, Query(max_length=LONGEST_TAG)] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Annotated[int, Query(ge=0, le=MOST_VERSIONS)] = 0,
    ) -> Listed:
        """The newest version of each article; with a status, the versions that have it."""
        caller.require(*READERS)
        found = await knowledge.every(caller.tenant_id, status)
        tagged = [article for article in found if not tag or tag in article.content.tags]
        return Listed(articles=[view(one) for one in tagged[offset : offset + limit]], total=len(tagged))

    @routes.get("/articles/{article_id}")
    async def one(
        article_id: str, caller: Caller, version: Annotated[int | None, Query(ge=1, le=MOST_VERSIONS)] = None
    ) -> ArticleView:
        """The newest version, or the one that is asked for."""
        caller.require(*READERS)
        if version is not None:
            return view(await knowledge.version(caller.tenant_id, article_id, version))
        return view((await knowledge.versions(caller.tenant_id, article_id))[0])

    @routes.get("/articles/{article_id}/versions")
    async def versions(article_id: str, caller: Caller) -> Listed:
        """Every version, newest first."""
        caller.require(*READERS)
        found = await knowledge.versions(caller.tenant_id, article_id)
        return Listed(articles=[view(article) for article in found], total=len(found))

    @routes.put("/articles/{article_id}", dependencies=[acts])
    async def change(article_id: str, body: ChangeBody, caller: Caller) -> ArticleView:
        """Write on the draft, or open the next version; the approved one goes on answering."""
        caller.require(*EDITORS)
        return view(await knowledge.change(caller.tenant_id, article_id, body.content(), caller.human, body.rev))

    @routes.delete("/articles/{article_id}", status_code=204)
    async def discard(article_id: str, caller: Caller) -> Response:
        """Throw a draft away; what was approved is retired instead."""
        caller.require(*EDITORS)
        await knowledge.discard(caller.tenant_id, article_id, caller.human)
        return Response(status_code=204)

    @routes.post("/articles/{article_id}/submit", dependencies=[acts])
    async def submit(article_id: str, caller: Caller) -> ArticleView:
        """Ask for the yes of a second person."""
        caller.require(*EDITORS)
        return view(await knowledge.submit(caller.tenant_id, article_id, caller.human))

    @routes.post("/articles/{article_id}/approve", dependencies=[acts])
    async def approve(article_id: str, caller: Caller, body: ApproveBody | None = None) -> ArticleView:
        """Let the submitted version answer."""
        caller.require(*APPROVERS)
        seen = body or ApproveBody(version=None, rev=None)
        return view(await knowledge.approve(caller.tenant_id, article_id, caller.human, seen.version, seen.rev))

    @routes.post("/articles/{article_id}/send-back", dependencies=[acts])
    async def send_back(article_id: str, caller: Caller, body: WhyBody | None = None) -> ArticleView:
        """Say no to the submitted version: it is a draft again."""
        caller.require(*APPROVERS)
        why = body.why if body else ""
        return view(await knowledge.send_back(caller.tenant_id, article_id, caller.human, why))

    @routes.post("/articles/{article_id}/retire", dependencies=[acts])
    async def retire(article_id: str, caller: Caller, body: WhyBody | None = None) -> ArticleView:
        """Answer nobody from it from now on."""
        caller.require(*EDITORS, *APPROVERS)
        why = body.why if body else ""
        return view(await knowledge.retire(caller.tenant_id, article_id, caller.human, why))

    @routes.get("/search")
    async def search(
        caller: Caller,
        q: Annotated[str, Query(min_length=1, max_length=LONGEST_QUESTION)],
        status: Annotated[ArticleStatus | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
    ) -> Found:
        """What speaks of these words, best first; without a status, whatever is not retired."""
        caller.require(*READERS)
        hits = await knowledge.search(caller.tenant_id, q, limit, status)
        return Found(query=q, hits=[_hit(hit) for hit in hits], total=len(hits))

    @routes.post("/ask", dependencies=[reads_only])
    async def ask(body: AskBody, caller: Caller) -> AnswerView:
        """What a lead would be answered from; nothing is sent and nothing is stored."""
        caller.require(*READERS)
        answered = await knowledge.ask(caller.tenant_id, body.question, body.language)
        return AnswerView(
            status="answered" if answered.cited else "no_source",
            answer=_citation(answered.cited) if answered.cited else None,
            message_ar="" if answered.cited else "لا مصدر معتمد لهذا السؤال؛ يجيب عنه إنسان.",
            message_en="" if answered.cited else "No approved source answers this; a person does.",
            answers_from=ANSWERS_FROM,
            near=[_hit(hit) for hit in answered.near],
        )

    @routes.get("/lint")
    async def lint(caller: Caller) -> LintView:
        """What is to be mended, most pressing first; the same goes to the analysts once a day."""
        caller.require(*READERS)
        found = await knowledge.lint(caller.tenant_id)
        return LintView(
            as_of=knowledge.now(), findings=[_finding(finding) for finding in found], total=len(found)
        )

    def view(article: Article) -> ArticleView:
        return _view(article, knowledge.now(), knowledge.flags(article))

    return routes


def _text(body: TextBody | None) -> Text:
    return Text(body.title, body.body) if body else Text()


def _view(article: Article, now: datetime, flags: dict[str, tuple[str, ...]]) -> ArticleView:
    content = article.content
    return ArticleView(
        id=article.id,
        version=article.version,
        rev=article.rev,
        status=article.status.value,
        is_submitted=article.is_submitted,
        is_expired=article.is_expired(now),
        answers=article.answers(now),
        ar=_text_view(content.ar),
        en=_text_view(content.en),
        tags=list(content.tags),
        source=content.source,
        owner=content.owner,
        reviewed_at=content.reviewed_at,
        expires_at=content.expires_at,
        created_at=article.created_at,
        changed_at=article.changed_at,
        writers=[HumanView(id=by.id, name=by.name) for by in article.writers],
        submitted_by=_human(article.submitted_by),
        submitted_at=article.submitted_at,
        approved_by=_human(article.approved_by),
        approved_at=article.approved_at,
        retired_by=_human(article.retired_by),
        retired_at=article.retired_at,
        why_retired=article.why_retired,
        flags={language: list(names) for language, names in flags.items() if names},
    )


def _text_view(text: Text) -> TextView | None:
    return TextView(title=text.title, body=text.body) if text.title or text.body else None


def _human(human: Human) -> HumanView | None:
    return HumanView(id=human.id, name=human.name) if human.id else None


def _hit(hit: Hit) -> HitView:
    article = hit.article
    return HitView(
        id=article.id,
        version=article.version,
        status=article.status.value,
        title_ar=article.content.ar.title,
        title_en=article.content.en.title,
        score=round(hit.score, 3),
        confidence=round(hit.confidence, 3),
        words=list(hit.words),
    )


def _citation(cited: Cited) -> CitationView:
    fields: dict[str, Any] = {
        name: getattr(cited, name) for name in ("article_id", "version", "title", "text", "confidence", "source")
    }
    return CitationView(**fields, language=cited.language, flags=list(cited.flags))  # type: ignore[arg-type]


def _finding(finding: Finding) -> FindingView:
    return FindingView(
        kind=finding.kind,
        article_id=finding.article_id,
        version=finding.version,
        message_ar=finding.ar,
        message_en=finding.en,
    )
