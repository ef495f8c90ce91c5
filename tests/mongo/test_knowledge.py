"""What a look at the articles costs, and that whoever holds them notices every change."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.mongo.store import MongoStore
from bot.knowledge.article import AlreadyThere, Article, ArticleStatus, Content, Text
from bot.knowledge.reading import Reader
from bot.people import Human

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NOURA, SAMI = Human("user:noura", "Noura"), Human("user:sami", "Sami")


def draft(article_id: str = "tents", version: int = 1, tenant_id: str = "t") -> Article:
    content = Content(
        Text("الخيام", "لدينا خيام بيضاء."), tags=("tents",), source="s", owner="o", reviewed_at=NOW
    )
    return Article(tenant_id, article_id, version, ArticleStatus.DRAFT, content, NOW, NOW, writers=(NOURA, SAMI))


def approved(article: Article) -> Article:
    return replace(article, status=ArticleStatus.APPROVED, rev=article.rev + 1, approved_by=SAMI, approved_at=NOW)


async def test_a_question_costs_one_small_read_and_three_after_a_change(store: MongoStore) -> None:
    reader = Reader(store.knowledge, lambda: NOW)
    assert await reader.answer("t", "عندكم خيام؟", "ar") is None
    await store.knowledge.add(draft())
    assert await store.knowledge.replace(approved(draft()), if_rev=1)

    async def costs() -> int:
        before = store.round_trips
        found = await reader.answer("t", "عندكم خيام؟", "ar")
        assert found is not None and (found.article_id, found.version) == ("tents", 1)
        return store.round_trips - before

    assert [await costs(), await costs(), await costs()] == [3, 1, 1]
    await store.knowledge.add(draft("chairs"))
    assert [await costs(), await costs()] == [3, 1]


async def test_another_process_answers_from_what_was_approved_a_moment_ago_and_never_from_what_was_retired(
    store: MongoStore,
) -> None:
    here, there = (Reader(store.knowledge, lambda: NOW) for _ in range(2))
    await store.knowledge.add(draft())
    for reader in (here, there):
        assert await reader.answer("t", "الخيام", "ar") is None, "a draft answers nobody"
    live = approved(draft())
    assert await store.knowledge.replace(live, if_rev=1)
    for reader in (here, there):
        assert await reader.answer("t", "الخيام", "ar") is not None
    assert await store.knowledge.replace(replace(live, status=ArticleStatus.RETIRED, rev=3), if_rev=2)
    for reader in (here, there):
        assert await reader.answer("t", "الخيام", "ar") is None


async def test_a_version_comes_back_as_it_was_written(store: MongoStore) -> None:
    article = approved(draft())
    await store.knowledge.add(article)
    assert await store.knowledge.version("t", "tents", 1) == article
    assert await store.knowledge.version("other", "tents", 1) is None
    assert await store.knowledge.current("other") == []


async def test_of_one_article_one_version_is_approved_and_one_is_a_draft(store: MongoStore) -> None:
    await store.knowledge.add(approved(draft()))
    await store.knowledge.add(draft(version=2))
    for again in (draft(version=2), draft(version=3), approved(draft(version=3))):
        with pytest.raises(AlreadyThere):
            await store.knowledge.add(again)
    with pytest.raises(AlreadyThere):
        await store.knowledge.replace(approved(draft(version=2)), if_rev=1)
    assert not await store.knowledge.replace(draft(version=2), if_rev=7)
    assert [(a.version, a.status.value) for a in await store.knowledge.current("t")] == [
        (2, "draft"),
        (1, "approved"),
    ]
    await store.knowledge.add(draft(tenant_id="other"))
    assert await store.knowledge.count("t") == await store.knowledge.count("other") == 1
