"""What a look at the articles costs, and that whoever holds them notices every change."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.mongo.driver import Door
from adapters.mongo.knowledge import GENERATIONS, MongoKnowledge
from adapters.mongo.store import MongoStore
from bot.alerts import Alerts
from bot.audit import Audit
from bot.building import new_id
from bot.errors import Outdated
from bot.knowledge.article import AlreadyThere, Article, ArticleStatus, Content, Source, Text
from bot.knowledge.reading import Reader
from bot.knowledge.room import Knowledge
from bot.people import Human
from bot.tenant import Tenant
from rules.policies import Policies

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


class Losing:
    """A door through which the second note of a change never goes: the power is cut in between."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.notes = 0

    def of(self, _tenant_id: str) -> "Losing":
        return self

    def collection(self, name: str) -> Any:
        return self if name == GENERATIONS.name else self._door.collection(name)

    async def update_one(self, *question: Any, **more: Any) -> int:
        self.notes += 1
        if self.notes % 2 == 0:
            raise ConnectionError
        return await self._door.collection(GENERATIONS.name).update_one(*question, **more)


async def test_what_was_retired_in_the_moment_of_a_power_cut_answers_nowhere(
    store: MongoStore, door: Door
) -> None:
    """The row said retired, and a process that held the article went on answering from it."""
    await store.knowledge.add(draft())
    live = approved(draft())
    assert await store.knowledge.replace(live, if_rev=1)
    elsewhere = Reader(store.knowledge, lambda: NOW)
    assert await elsewhere.answer("t", "الخيام", "ar") is not None

    with pytest.raises(ConnectionError):
        await MongoKnowledge(Losing(door)).replace(replace(live, status=ArticleStatus.RETIRED, rev=3), if_rev=2)

    assert await elsewhere.answer("t", "الخيام", "ar") is None
    assert not await elsewhere.still_answers("t", Source("tents", 1, "الخيام"))


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


class Interrupted(MongoKnowledge):
    """Somebody writes on the draft between the two writes of an approval."""

    writes: Callable[[], Awaitable[object]] | None = None

    async def replace(self, article: Article, if_rev: int) -> bool:
        done = await super().replace(article, if_rev)
        if article.status is ArticleStatus.RETIRED and self.writes is not None:
            writes, self.writes = self.writes, None
            await writes()
        return done


async def test_an_approval_that_comes_too_late_leaves_the_old_version_answering(
    store: MongoStore, door: Door
) -> None:
    """It had been retired already, the new one was refused as outdated, and nobody was answered at all."""

    def now() -> datetime:
        return NOW

    rows = Interrupted(door)
    room = Knowledge(
        rows=rows,
        reader=Reader(rows, now),
        tenants={"t": Tenant("t", "t")},
        policies_of=lambda _: Policies(),
        audit=Audit(store, now, new_id),
        alerts=Alerts(store.alerts, now, new_id),
        unreachable=store.unreachable,
        now=now,
        new_id=new_id,
    )
    white, blue, green = (
        Content(Text("لون السيارة", f"السيارة {colour}."), source="s", owner="o")
        for colour in ("بيضاء", "زرقاء", "خضراء")
    )

    async def approved() -> Article:
        await room.submit("t", "car", NOURA)
        return await room.approve("t", "car", SAMI)

    async def answered() -> tuple[int, str]:
        cited = await room.answer("t", "وش لون السيارة؟", "ar")
        assert cited is not None
        return cited.version, cited.text

    await room.create("t", white, NOURA, "car")
    await approved()
    await room.change("t", "car", blue, NOURA)
    rows.writes = lambda: room.change("t", "car", green, NOURA)
    with pytest.raises(Outdated):
        await approved()

    assert await answered() == (1, white.ar.body)
    await approved()
    assert await answered() == (2, green.ar.body)
