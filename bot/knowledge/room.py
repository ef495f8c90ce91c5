"""
What a tenant knows: written by one person, approved by another, found again, and looked through every day.

Rule 1: four eyes: whoever wrote or submitted a version does not approve it, and a program approves nothing.
Rule 2: an approved version is never changed. Writing on it opens the next version; the old one answers until
        the new one is approved, and is kept afterwards.
Rule 3: what must never be said is refused before anybody is asked to approve it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.alerts import Alerts
from bot.audit import Audit
from bot.errors import AlreadyDecided, BadRequest, NotAllowed, NotFound, Outdated
from bot.knowledge.article import (
    ID_PATTERN,
    LANGUAGES,
    MOST_ARTICLES,
    AlreadyThere,
    Article,
    ArticleRows,
    ArticleStatus,
    Cited,
    Content,
    Hit,
    faults_of,
    newest,
)
from bot.knowledge.linting import Finding, lint
from bot.knowledge.reading import Reader
from bot.people import NOBODY, Human, is_same_person
from bot.risks import refuse_forbidden, risks_of
from bot.tenant import Tenant
from rules.policies import Policies

logger = structlog.get_logger()

# The report is for the morning: looking often finds the first moment after midnight, and each day is told once.
LOOK_EVERY_SECONDS = 3_600.0

# Alerts quote so many findings; the page and the API have all of them.
TOLD_AT_MOST = 5

EDITORS = ("admin", "rules_editor")
APPROVERS = ("admin", "approver")


class OwnWords(NotAllowed):
    """Somebody would approve what they wrote or submitted themselves."""

    code, status = "four_eyes", 403


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question came to."""

    cited: Cited | None
    """None when there is no source."""
    near: tuple[Hit, ...]
    """What was found, whether or not it is enough to answer."""


class Knowledge:
    """The room."""

    def __init__(
        self,
        rows: ArticleRows,
        reader: Reader,
        tenants: Mapping[str, Tenant],
        policies_of: Callable[[str], Policies],
        audit: Audit,
        alerts: Alerts,
        unreachable: tuple[type[Exception], ...],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._rows = rows
        self._reader = reader
        self._tenants = tenants
        self._policies_of = policies_of
        self._audit = audit
        self._alerts = alerts
        self._unreachable = unreachable
        self._now = now
        self._new_id = new_id

    def now(self) -> datetime:
        """The clock by which articles expire."""
        return self._now()

    # writing

    async def create(self, tenant_id: str, content: Content, by: Human, article_id: str = "") -> Article:
        """Write the first version of an article. Raises AlreadyDecided when the id is taken."""
        if await self._rows.count(tenant_id) >= MOST_ARTICLES:
            raise BadRequest(
                f"there are {MOST_ARTICLES} articles already; retire some, or join them",
                f"بلغ عدد المقالات {MOST_ARTICLES}؛ أوقف بعضها أو اجمعها",
            )
        wanted = article_id or f"kb-{self._new_id().lower()}"
        if not re.fullmatch(ID_PATTERN, wanted):
            raise BadRequest(
                f"“{wanted:.80}” is no id: small letters, digits and hyphens, at most 80",
                f"«{wanted:.80}» ليس معرّفًا: أحرف لاتينية صغيرة وأرقام وشرطات، 80 على الأكثر",
            )
        _refuse_misshapen(content)
        if await self._rows.versions(tenant_id, wanted):
            raise _taken(wanted)
        return await self._add(tenant_id, wanted, 1, content, by)

    async def change(
        self, tenant_id: str, article_id: str, content: Content, by: Human, if_rev: int | None = None
    ) -> Article:
        """
        Write on the draft of an article, or open its next version.

        A draft that waited for approval waits no more: its words are others now. Raises Outdated.
        """
        _refuse_misshapen(content)
        latest = (await self.versions(tenant_id, article_id))[0]
        if if_rev is not None and if_rev != latest.rev:
            raise _outdated(article_id)
        if latest.status is not ArticleStatus.DRAFT:
            return await self._add(tenant_id, article_id, latest.version + 1, content, by)
        fresh = replace(
            latest,
            content=content,
            writers=_with(latest.writers, by),
            submitted_by=NOBODY,
            submitted_at=None,
        )
        return await self._write(latest, fresh, "article_written", by)

    async def discard(self, tenant_id: str, article_id: str, by: Human) -> None:
        """Throw a draft away. Raises AlreadyDecided where there is none: what was approved is retired instead."""
        latest = (await self.versions(tenant_id, article_id))[0]
        if latest.status is not ArticleStatus.DRAFT:
            raise AlreadyDecided(
                f"{article_id} has no draft to throw away; retire it instead",
                f"لا مسودة للمقالة {article_id}؛ أوقفها بدل ذلك",
            )
        if not await self._rows.drop(latest):
            raise _outdated(article_id)
        await self._note("article_discarded", latest, by)

    # deciding

    async def submit(self, tenant_id: str, article_id: str, by: Human) -> Article:
        """Ask for a second person. Raises BadRequest, naming all that keeps it from being approved."""
        draft = await self._draft(tenant_id, article_id)
        if draft.is_submitted:
            raise AlreadyDecided(
                f"{article_id} is waiting for approval already", f"المقالة {article_id} تنتظر الموافقة أصلًا"
            )
        self._refuse_unfit(draft)
        fresh = replace(draft, submitted_by=by, submitted_at=self._now())
        return await self._write(draft, fresh, "article_submitted", by)

    async def send_back(self, tenant_id: str, article_id: str, by: Human, why: str = "") -> Article:
        """Say no to a submitted version: it is a draft again."""
        draft = await self._submitted(tenant_id, article_id)
        fresh = replace(draft, submitted_by=NOBODY, submitted_at=None)
        return await self._write(draft, fresh, "article_sent_back", by, note=why)

    async def approve(
        self, tenant_id: str, article_id: str, by: Human, version: int | None = None, if_rev: int | None = None
    ) -> Article:
        """
        Let a submitted version answer, in place of the one before.

        Args:
            version, if_rev: what the approver saw; other words are refused as outdated.

        Raises OwnWords, Outdated, BadRequest.
        """
        draft = await self._submitted(tenant_id, article_id)
        if (version is not None and version != draft.version) or (if_rev is not None and if_rev != draft.rev):
            raise _outdated(article_id)
        if by.is_machine or any(_is_one(by, other) for other in (*draft.writers, draft.submitted_by)):
            raise OwnWords(
                f"{article_id} needs the yes of a person who neither wrote nor submitted it",
                f"تحتاج المقالة {article_id} إلى موافقة شخص لم يكتبها ولم يقدّمها",
            )
        self._refuse_unfit(draft)
        fresh = replace(draft, status=ArticleStatus.APPROVED, approved_by=by, approved_at=self._now())
        retired = [
            await self._retire(old, by, f"version {draft.version} took its place")
            for old in await self._rows.versions(tenant_id, article_id)
            if old.status is ArticleStatus.APPROVED
        ]
        try:
            return await self._write(draft, fresh, "article_approved", by)
        except Outdated:
            # Somebody wrote on it in this moment: what answered goes on answering.
            for old in retired:
                await self._restore(old, by)
            raise

    async def retire(self, tenant_id: str, article_id: str, by: Human, why: str = "") -> Article:
        """Answer nobody from this article from now on. Raises AlreadyDecided."""
        for version in await self.versions(tenant_id, article_id):
            if version.status is ArticleStatus.APPROVED:
                return await self._retire(version, by, why)
        raise AlreadyDecided(
            f"{article_id} is not approved, so there is nothing to retire",
            f"المقالة {article_id} ليست معتمدة، فلا شيء لإيقافه",
        )

    # reading

    async def versions(self, tenant_id: str, article_id: str) -> list[Article]:
        """Every version, newest first. Raises NotFound."""
        found = await self._rows.versions(tenant_id, article_id)
        if not found:
            raise NotFound(f"there is no article {article_id}", f"لا توجد مقالة باسم {article_id}")
        return found

    async def version(self, tenant_id: str, article_id: str, version: int) -> Article:
        """Raises NotFound."""
        found = await self._rows.version(tenant_id, article_id, version)
        if found is None:
            raise NotFound(
                f"there is no version {version} of {article_id}", f"لا توجد نسخة {version} من {article_id}"
            )
        return found

    async def everything(self, tenant_id: str) -> tuple[Article, ...]:
        """Of each article the newest version, and the approved one where that is another."""
        return (await self._reader.shelf(tenant_id)).articles

    async def every(self, tenant_id: str, status: ArticleStatus | None = None) -> list[Article]:
        """The newest version of each article; with a status, the versions that have it."""
        articles = (await self._reader.shelf(tenant_id)).articles
        if status is None:
            return [newest(articles)[article_id] for article_id in sorted({a.id for a in articles})]
        return [article for article in articles if article.status is status]

    async def search(
        self, tenant_id: str, text: str, limit: int, status: ArticleStatus | None = None
    ) -> list[Hit]:
        """What speaks of these words, best first; without a status, whatever is not retired."""

        def wanted(article: Article) -> bool:
            return article.status is status if status else article.status is not ArticleStatus.RETIRED

        return await self._reader.find(tenant_id, text, limit, wanted)

    async def answer(self, tenant_id: str, text: str, language: str) -> Cited | None:
        """The answer with its source; None when there is no source."""
        cited = await self._reader.answer(tenant_id, text, language)
        if cited is None:
            return None
        flags = risks_of(cited.text, cited.language, *self._judged_by(tenant_id), self._now())
        return replace(cited, flags=flags)

    async def ask(self, tenant_id: str, text: str, language: str) -> Answered:
        """What a lead would be answered from, and what else was near."""
        near = await self._reader.find(tenant_id, text, limit=3)
        return Answered(await self.answer(tenant_id, text, language), tuple(near))

    async def lint(self, tenant_id: str) -> tuple[Finding, ...]:
        """Everything to mend, most pressing first."""
        return lint((await self._reader.shelf(tenant_id)).articles, self._now())

    def flags(self, article: Article) -> dict[str, tuple[str, ...]]:
        """What the registry of claims says about the words of an article, by language."""
        return {
            language: risks_of(text, language, *self._judged_by(article.tenant_id), self._now())
            for language in LANGUAGES
            if (text := _said(article, language))
        }

    async def look(self) -> None:
        """Tell the analysts of each tenant what is to be mended, once a day."""
        for tenant_id in self._tenants:
            try:
                await self._report(tenant_id)
            except self._unreachable as away:
                logger.warning("knowledge_waits_for_database", tenant=tenant_id, reason=type(away).__name__)

    # within

    async def _report(self, tenant_id: str) -> None:
        found = await self.lint(tenant_id)
        if not found:
            return
        articles = len({finding.article_id for finding in found})
        day = (self._now() + timedelta(hours=3)).date().isoformat()  # Riyadh's
        detail = ", ".join(f"{finding.article_id} ({finding.kind})" for finding in found[:TOLD_AT_MOST])
        await self._alerts.tell(
            tenant_id,
            "knowledge_report",
            f"{articles} articles of the knowledge base need a look",
            f"مقالات تحتاج نظرة في قاعدة المعرفة: {articles}",
            detail,
            f"knowledge_report:{day}",
            audience=EDITORS,
        )

    async def _add(self, tenant_id: str, article_id: str, version: int, content: Content, by: Human) -> Article:
        now = self._now()
        article = Article(
            tenant_id=tenant_id,
            id=article_id,
            version=version,
            status=ArticleStatus.DRAFT,
            content=content,
            created_at=now,
            changed_at=now,
            writers=(by,),
        )
        try:
            await self._rows.add(article)
        except AlreadyThere as there:
            raise (_taken(article_id) if version == 1 else _outdated(article_id)) from there
        await self._note("article_written", article, by)
        return article

    async def _write(self, old: Article, fresh: Article, what: str, by: Human, note: str = "") -> Article:
        fresh = replace(fresh, rev=old.rev + 1, changed_at=self._now())
        try:
            is_written = await self._rows.replace(fresh, if_rev=old.rev)
        except AlreadyThere as there:
            raise _outdated(old.id) from there
        if not is_written:
            raise _outdated(old.id)
        await self._note(what, fresh, by, note)
        return fresh

    async def _retire(self, article: Article, by: Human, why: str) -> Article:
        fresh = replace(
            article, status=ArticleStatus.RETIRED, retired_by=by, retired_at=self._now(), why_retired=why
        )
        return await self._write(article, fresh, "article_retired", by, note=why)

    async def _restore(self, article: Article, by: Human) -> None:
        fresh = replace(
            article, status=ArticleStatus.APPROVED, retired_by=NOBODY, retired_at=None, why_retired=""
        )
        await self._write(article, fresh, "article_restored", by)

    async def _draft(self, tenant_id: str, article_id: str) -> Article:
        latest = (await self.versions(tenant_id, article_id))[0]
        if latest.status is not ArticleStatus.DRAFT:
            raise AlreadyDecided(
                f"{article_id} has no draft: version {latest.version} is {latest.status}",
                f"لا مسودة للمقالة {article_id}، ونسختها {latest.version} محسومة",
            )
        return latest

    async def _submitted(self, tenant_id: str, article_id: str) -> Article:
        draft = await self._draft(tenant_id, article_id)
        if not draft.is_submitted:
            raise AlreadyDecided(
                f"{article_id} was not submitted; its writer submits it first",
                f"لم تُقدَّم المقالة {article_id} للموافقة؛ يقدّمها كاتبها أولًا",
            )
        return draft

    def _refuse_unfit(self, draft: Article) -> None:
        """Raises BadRequest when nobody could be answered from this."""
        content, missing = draft.content, []
        if not (content.ar.is_whole or content.en.is_whole):
            missing.append(("a title and a text in one language", "عنوان ونص بلغة واحدة على الأقل"))
        if not content.source:
            missing.append(("a source", "مصدر"))
        if not content.owner:
            missing.append(("an owner", "صاحب"))
        if draft.is_expired(self._now()):
            missing.append(("an expiry that is not past", "تاريخ انتهاء لم يمضِ"))
        if missing:
            raise BadRequest(
                f"{draft.id} needs {', '.join(en for en, _ in missing)}",
                f"تحتاج المقالة {draft.id} إلى: {'، '.join(ar for _, ar in missing)}",
            )
        for language in LANGUAGES:
            if text := _said(draft, language):
                refuse_forbidden(text, language, *self._judged_by(draft.tenant_id), self._now())

    def _judged_by(self, tenant_id: str) -> tuple[Tenant, Policies]:
        return self._tenants[tenant_id], self._policies_of(tenant_id)

    async def _note(self, what: str, article: Article, by: Human, note: str = "") -> None:
        said = {"note": note} if note else {}
        await self._audit.note(
            article.tenant_id, what, by, article=article.id, version=article.version, rev=article.rev, **said
        )


def _refuse_misshapen(content: Content) -> None:
    if faults := faults_of(content):
        raise BadRequest("; ".join(en for en, _ in faults), "؛ ".join(ar for _, ar in faults))


def _said(article: Article, language: str) -> str:
    text = article.content.text(language)
    return "\n".join(part for part in (text.title, text.body) if part)


def _with(writers: Sequence[Human], by: Human) -> tuple[Human, ...]:
    return tuple(writers) if any(writer.id == by.id for writer in writers) else (*writers, by)


def _is_one(by: Human, other: Human) -> bool:
    """Whether two are one person, as far as anybody can know: by their ids, or by the name they go by."""
    if not other.id:
        return False
    return is_same_person(by.id, other.id) or is_same_person(f"api:{by.name}", f"api:{other.name}")


def _taken(article_id: str) -> AlreadyDecided:
    return AlreadyDecided(
        f"there is an article {article_id} already; change it instead", f"توجد مقالة باسم {article_id}؛ عدّلها"
    )


def _outdated(article_id: str) -> Outdated:
    return Outdated(
        f"{article_id} was changed meanwhile; read it again",
        f"تغيّرت المقالة {article_id} في هذه الأثناء؛ اقرأها من جديد",
    )
