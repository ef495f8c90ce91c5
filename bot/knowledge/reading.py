"""
Finds the article that answers a question; the only thing of this room that a message may wait for.

Rule 1: answers come from approved, unexpired articles only; below ANSWERS_FROM there is no source, and that is
        said.
Rule 2: the articles of a tenant are held in memory, and held against the number of changes before each answer:
        one small read for a question that needs a source, two more after a change, none for any other message.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.knowledge.article import LANGUAGES, Article, ArticleRows, Cited, Hit, Source
from bot.knowledge.ranking import Shelf

# Of the question, by the weight of its words, so much must be in the article. On the questions of
# tests/knowledge/questions.yml nothing without an answer passes it, and of those answered 97 in 100 are right.
ANSWERS_FROM = 0.5

# Tenants whose articles are held at once; the one that nobody asked for longest is read again when it is.
TENANTS_HELD = 200

# A word that no article has is compared with all that there are: a long text is not looked up while others wait.
LONG_QUESTION = 200

Answering = Callable[[str, str, str], Awaitable[Cited | None]]
"""(tenant, question, language) -> the answer with its source, or None when there is no source."""


async def no_source(tenant_id: str, text: str, language: str) -> Cited | None:
    """Where nobody knows anything: rehearsals and installations without articles."""
    return None


@dataclass(frozen=True, slots=True)
class _Held:
    generation: int
    shelf: Shelf


class Reader:
    """The articles of all tenants, each read when first asked."""

    def __init__(self, rows: ArticleRows, now: Callable[[], datetime]) -> None:
        self._rows = rows
        self._now = now
        self._held: dict[str, _Held] = {}

    async def answer(self, tenant_id: str, text: str, language: str) -> Cited | None:
        """The article that answers a question in this language; None when there is no source."""
        for hit in await self.find(tenant_id, text, limit=3):
            if hit.confidence < ANSWERS_FROM:
                continue
            if (cited := cited_of(hit, language)) is not None:
                return cited
        return None

    async def still_answers(self, tenant_id: str, source: Source) -> bool:
        """Whether the version that a draft was written from may answer anybody now."""
        now, shelf = self._now(), await self.shelf(tenant_id)
        named = (a for a in shelf.articles if (a.id, a.version) == (source.article_id, source.version))
        return any(article.answers(now) for article in named)

    async def find(
        self, tenant_id: str, text: str, limit: int, wanted: Callable[[Article], bool] | None = None
    ) -> list[Hit]:
        """What speaks of these words, best first; of what may answer, unless something else is wanted."""
        now = self._now()
        shelf = await self.shelf(tenant_id)
        serves = wanted or (lambda article: article.answers(now))
        places = frozenset(place for place, article in enumerate(shelf.articles) if serves(article))
        if len(text) > LONG_QUESTION:
            return await asyncio.to_thread(shelf.find, text, limit, places)
        return shelf.find(text, limit, places)

    async def shelf(self, tenant_id: str) -> Shelf:
        """All that this tenant has written, as it is now."""
        generation = await self._rows.generation(tenant_id)
        held = self._held.pop(tenant_id, None)
        if held is None or held.generation != generation:
            articles = await self._rows.current(tenant_id) if generation else []
            # Thousands of articles take seconds, in which everybody else is answered.
            held = _Held(generation, await asyncio.to_thread(Shelf, articles, held.shelf if held else None))
        while len(self._held) >= TENANTS_HELD:
            self._held.pop(next(iter(self._held)))
        self._held[tenant_id] = held
        return held.shelf


def cited_of(hit: Hit, language: str) -> Cited | None:
    """What an article says, in this language where it is written in it, else in the other."""
    content = hit.article.content
    for said_in in (language, *(other for other in LANGUAGES if other != language)):
        text = content.text(said_in)
        if text.is_whole:
            return Cited(
                article_id=hit.article.id,
                version=hit.article.version,
                title=text.title,
                text=text.body,
                language=said_in,
                confidence=round(hit.confidence, 3),
                source=content.source,
            )
    return None
