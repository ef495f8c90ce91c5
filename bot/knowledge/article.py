"""
One article of what a tenant knows, in its versions.

Rule 1: a version that was approved never changes; who wants it otherwise writes the next version.
Rule 2: nobody approves words of their own: everybody who wrote a version is kept in it.
Rule 3: of one article at most one version is approved and at most one is a draft.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.people import NOBODY, Human

LANGUAGES = ("ar", "en")

# What is answered on a phone is read there: longer than this is a document, and belongs into several articles.
LONGEST_BODY = 2_000
LONGEST_TITLE = 160
MOST_TAGS = 20
LONGEST_TAG = 60
LONGEST_SOURCE = 500

# In an address, a citation and the name of a file.
ID_PATTERN = r"[a-z0-9][a-z0-9-]{0,79}"

# All of them are held in memory for search; ten times what the largest help centre we know needs.
MOST_ARTICLES = 5_000


class ArticleStatus(StrEnum):
    """How far a version is."""

    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Text:
    """What an article says in one language."""

    title: str = ""
    body: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it can answer somebody."""
        return bool(self.title and self.body)


@dataclass(frozen=True, slots=True)
class Content:
    """What somebody writes: everything of a version but its history."""

    ar: Text = Text()
    en: Text = Text()
    tags: tuple[str, ...] = ()
    """Other words by which people ask for it."""
    source: str = ""
    """Where it is known from: a contract, a decision, a page."""
    owner: str = ""
    """Who is asked when it may no longer be true."""
    reviewed_at: datetime | None = None
    expires_at: datetime | None = None

    def text(self, language: str) -> Text:
        return self.en if language == "en" else self.ar


@dataclass(frozen=True, slots=True)
class Article:
    """One version of one article."""

    tenant_id: str
    id: str
    """Stable over all versions; as it stands in the address."""
    version: int
    status: ArticleStatus
    content: Content
    created_at: datetime
    changed_at: datetime
    rev: int = 1
    """Rises with every write of this version; a write against an older one changes nothing."""
    writers: tuple[Human, ...] = ()
    """Everybody who wrote words of this version."""
    submitted_by: Human = NOBODY
    submitted_at: datetime | None = None
    approved_by: Human = NOBODY
    approved_at: datetime | None = None
    retired_by: Human = NOBODY
    retired_at: datetime | None = None
    why_retired: str = ""

    @property
    def is_submitted(self) -> bool:
        """Whether it waits for a second person."""
        return self.status is ArticleStatus.DRAFT and self.submitted_at is not None

    def is_expired(self, now: datetime) -> bool:
        ends = self.content.expires_at
        return ends is not None and ends <= now

    def answers(self, now: datetime) -> bool:
        """Whether anybody may be answered from it at this moment."""
        return self.status is ArticleStatus.APPROVED and not self.is_expired(now)


@dataclass(frozen=True, slots=True)
class Source:
    """From which article a draft was written, as the draft keeps it."""

    article_id: str
    version: int
    title: str
    """In the language of the answer."""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Cited:
    """An answer with its source."""

    article_id: str
    version: int
    title: str
    text: str
    language: str
    """Of the text; another than the question's where the article is not written in that."""
    confidence: float
    """0 to 1: how much of what was asked the article speaks of."""
    source: str = ""
    flags: tuple[str, ...] = ()
    """What the registry of claims says about the text; empty where it says nothing."""

    @property
    def as_source(self) -> Source:
        return Source(self.article_id, self.version, self.title, self.confidence)


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that search found."""

    article: Article
    score: float
    confidence: float
    words: tuple[str, ...] = field(default=())
    """Of the question, those that were found in it."""


def faults_of(content: Content) -> tuple[tuple[str, str], ...]:
    """What keeps this from being an article at all, each in (English, Arabic)."""
    found = []
    if not (content.ar.is_whole or content.en.is_whole):
        found.append(("write a title and a text in one language", "اكتب عنوانًا ونصًا بلغة واحدة على الأقل"))
    for language, name in (("ar", "العربية"), ("en", "الإنجليزية")):
        text = content.text(language)
        if bool(text.title) != bool(text.body):
            found.append((f"{language} has a title or a text only", f"في {name} عنوان بلا نص أو نص بلا عنوان"))
        if len(text.title) > LONGEST_TITLE or len(text.body) > LONGEST_BODY:
            most = f"{LONGEST_TITLE} / {LONGEST_BODY}"
            found.append((f"{language} is longer than {most} letters", f"نص {name} أطول من {most} حرفًا"))
    if len(content.tags) > MOST_TAGS or any(not 0 < len(tag) <= LONGEST_TAG for tag in content.tags):
        found.append(
            (
                f"at most {MOST_TAGS} tags of at most {LONGEST_TAG} letters",
                f"الوسوم {MOST_TAGS} على الأكثر، وكل منها {LONGEST_TAG} حرفًا على الأكثر",
            )
        )
    if len(content.source) > LONGEST_SOURCE or len(content.owner) > LONGEST_TITLE:
        found.append(("the source or the owner is too long", "المصدر أو اسم المسؤول طويل جدًا"))
    return tuple(found)


class ArticleRows(Protocol):
    """Where articles are kept."""

    async def generation(self, tenant_id: str) -> int:
        """Rises whenever something about the articles of this tenant changed."""

    async def add(self, article: Article) -> None:
        """A new version. Raises AlreadyThere when this version, or another draft of the article, exists."""

    async def replace(self, article: Article, if_rev: int) -> bool:
        """Write a version if it still is at this revision; answers whether it was."""

    async def drop(self, article: Article) -> bool:
        """Take away a draft that was never approved; answers whether it was there at this revision."""

    async def version(self, tenant_id: str, article_id: str, version: int) -> Article | None: ...

    async def versions(self, tenant_id: str, article_id: str) -> list[Article]:
        """Newest first."""

    async def current(self, tenant_id: str) -> list[Article]:
        """Of every article the newest version, and the approved one where that is another."""

    async def count(self, tenant_id: str) -> int:
        """How many articles there are, whatever their status."""


class AlreadyThere(Exception):
    """The version, or a draft of this article, exists: somebody else was faster."""


def newest(articles: Sequence[Article]) -> Mapping[str, Article]:
    """The newest version of each article."""
    found: dict[str, Article] = {}
    for article in articles:
        if article.id not in found or article.version > found[article.id].version:
            found[article.id] = article
    return found
