"""
What a tenant knows: one row for each version of an article, and a number that rises with every change.

Rule: the number is raised before a row is written and once more after it. Whoever read the rows meanwhile reads
once more by the second; where a power cut swallows that, the first tells everybody who has not read since.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter

from adapters.mongo.doors import Doors
from adapters.mongo.driver import Document, Door, Duplicate
from adapters.mongo.scope import Rows
from adapters.mongo.shelf import Index, Shelf
from bot.knowledge.article import AlreadyThere, Article, ArticleStatus, newest

_ARTICLE = TypeAdapter(Article)

SHELF = Shelf(
    "kb_articles",
    "articles of what a tenant knows, every version of each",
    ("tenant_id", "article_id", "version", "status"),
    (
        Index(
            "which version of which article is this? which versions has it?",
            (("tenant_id", 1), ("article_id", 1), ("version", -1)),
            (("unique", True), ("name", "by_version")),
        ),
        Index(
            "is another version of it approved?",
            (("tenant_id", 1), ("article_id", 1)),
            (("unique", True), ("partialFilterExpression", {"status": "approved"}), ("name", "one_approved")),
        ),
        Index(
            "does somebody write on it?",
            (("tenant_id", 1), ("article_id", 1), ("status", 1)),
            (("unique", True), ("partialFilterExpression", {"status": "draft"}), ("name", "one_draft")),
        ),
        Index("what is approved, what waits?", (("tenant_id", 1), ("status", 1)), (("name", "by_status"),)),
    ),
    why_kept="what a tenant says about itself; nothing about a contact is in it",
)

GENERATIONS = Shelf(
    "kb_generations",
    "how often the articles of a tenant changed, so that whoever holds them notices",
    ("tenant_id",),
    why_kept="a number for each tenant",
)


class MongoKnowledge:
    """`bot.knowledge.article.ArticleRows` on MongoDB."""

    def __init__(self, door: Door | Doors) -> None:
        self._rows = Rows(door, SHELF)
        self._generations = Rows(door, GENERATIONS)

    async def generation(self, tenant_id: str) -> int:
        row = await self._generations.of(tenant_id).find_one({"_id": tenant_id})
        return int(row["number"]) if row else 0

    async def add(self, article: Article) -> None:
        await self._changes(article.tenant_id)
        try:
            await self._rows.of(article.tenant_id).insert_one(_row(article))
        except Duplicate as there:
            raise AlreadyThere(article.id) from there
        await self._changes(article.tenant_id)

    async def replace(self, article: Article, if_rev: int) -> bool:
        where = {"_id": _id(article.tenant_id, article.id, article.version), "rev": if_rev}
        fields = {name: value for name, value in _row(article).items() if name != "_id"}
        await self._changes(article.tenant_id)
        try:
            found = await self._rows.of(article.tenant_id).update_one(where, {"$set": fields})
        except Duplicate as there:
            raise AlreadyThere(article.id) from there
        if found:
            await self._changes(article.tenant_id)
        return bool(found)

    async def drop(self, article: Article) -> bool:
        where = {
            "_id": _id(article.tenant_id, article.id, article.version),
            "rev": article.rev,
            "status": ArticleStatus.DRAFT.value,
        }
        await self._changes(article.tenant_id)
        gone = await self._rows.of(article.tenant_id).delete_one(where)
        if gone:
            await self._changes(article.tenant_id)
        return bool(gone)

    async def version(self, tenant_id: str, article_id: str, version: int) -> Article | None:
        row = await self._rows.of(tenant_id).find_one({"_id": _id(tenant_id, article_id, version)})
        return _article(row) if row else None

    async def versions(self, tenant_id: str, article_id: str) -> list[Article]:
        rows = await self._rows.of(tenant_id).find({"article_id": article_id}, sort=[("version", -1)])
        return [_article(row) for row in rows]

    async def current(self, tenant_id: str) -> list[Article]:
        latest = [{"$sort": {"version": -1}}, {"$group": {"_id": "$article_id", "row": {"$first": "$$ROOT"}}}]
        rows = [found["row"] for found in await self._rows.of(tenant_id).aggregate(latest)]
        top = newest([_article(row) for row in rows])
        live = await self._rows.of(tenant_id).find({"status": ArticleStatus.APPROVED.value})
        others = [a for a in map(_article, live) if a.version != top[a.id].version]
        return sorted([*top.values(), *others], key=lambda a: (a.id, -a.version))

    async def count(self, tenant_id: str) -> int:
        found: Sequence[Document] = await self._rows.of(tenant_id).aggregate(
            [{"$group": {"_id": "$article_id"}}, {"$count": "articles"}]
        )
        return int(found[0]["articles"]) if found else 0

    async def _changes(self, tenant_id: str) -> None:
        await self._generations.of(tenant_id).update_one({"_id": tenant_id}, {"$inc": {"number": 1}}, upsert=True)


def _id(tenant_id: str, article_id: str, version: int) -> str:
    return f"{tenant_id}:{article_id}:{version}"


def _row(article: Article) -> Document:
    row: Document = _ARTICLE.dump_python(article)
    row["article_id"] = row.pop("id")
    row["status"] = article.status.value
    row["content"]["tags"] = list(article.content.tags)
    row["writers"] = list(row["writers"])
    row.pop("tenant_id")
    return {"_id": _id(article.tenant_id, article.id, article.version), **row}


def _article(row: Document) -> Article:
    fields = {name: value for name, value in row.items() if name not in ("_id", "article_id")}
    return _ARTICLE.validate_python({**fields, "id": row["article_id"]})
