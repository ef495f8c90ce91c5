"""
What is wrong with the articles of a tenant, as a report for whoever looks after them. Pure.

Rule: a finding names the article, says in both languages what is wrong, and what to do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.knowledge.article import LANGUAGES, Article, ArticleStatus
from rules.language.normalise import fold_word

# Prices, hours and names change within half a year more often than not.
STALE_AFTER = timedelta(days=180)
EXPIRING_WITHIN = timedelta(days=14)
WAITS_LONG_AFTER = timedelta(days=7)

KINDS = (
    "expired", "expiring", "stale", "missing_arabic", "missing_english", "no_source", "no_owner",
    "duplicate_title", "waits_long",
)  # fmt: skip
"""Most pressing first."""

_SAID = {
    "expired": (
        "«{title}» انتهت صلاحيتها ولا يُجاب منها. راجعها، واكتب نسخة جديدة أو أوقفها.",
        "“{title}” has expired and answers nobody. Review it: write a new version, or retire it.",
    ),
    "expiring": (
        "«{title}» تنتهي صلاحيتها في {day}. راجعها قبل ذلك.",
        "“{title}” expires on {day}. Review it before.",
    ),
    "stale": (
        "«{title}» لم تُراجع منذ {days} يومًا. تأكد من أنها ما زالت صحيحة.",
        "“{title}” was not reviewed for {days} days. See whether it is still true.",
    ),
    "missing_arabic": (
        "«{title}» ليس لها نص عربي كامل، فلا يُجاب منها من يسأل بالعربية.",
        "“{title}” has no whole Arabic text, so nobody who asks in Arabic is answered from it.",
    ),
    "missing_english": (
        "«{title}» ليس لها نص إنجليزي كامل.",
        "“{title}” has no whole English text.",
    ),
    "no_source": (
        "«{title}» لا يُعرف مصدرها. اذكر من أين هي معلومة.",
        "“{title}” names no source. Say where it is known from.",
    ),
    "no_owner": (
        "«{title}» لا صاحب لها. اذكر من يُسأل عنها.",
        "“{title}” has no owner. Say who is asked about it.",
    ),
    "duplicate_title": (
        "«{title}» تحمل العنوان نفسه مثل {others}. اجمعها أو غيّر عنوانًا.",
        "“{title}” has the same title as {others}. Join them, or change a title.",
    ),
    "waits_long": (
        "«{title}» تنتظر موافقة منذ {days} أيام.",
        "“{title}” has been waiting for approval for {days} days.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend."""

    kind: str
    """One of KINDS."""
    article_id: str
    version: int
    ar: str
    en: str


def lint(articles: Iterable[Article], now: datetime) -> tuple[Finding, ...]:
    """Everything to mend in these articles, most pressing first; what is retired is nobody's trouble."""
    kept = [article for article in articles if article.status is not ArticleStatus.RETIRED]
    doubles = _doubles(kept)
    found = [
        _finding(kind, article, values)
        for article in kept
        for kind, values in _faults_of(article, now, doubles.get((article.id, article.version), ()))
    ]
    return tuple(sorted(found, key=lambda one: (KINDS.index(one.kind), one.article_id, one.version)))


def _faults_of(
    article: Article, now: datetime, doubles: Sequence[str]
) -> Iterator[tuple[str, dict[str, object]]]:
    content = article.content
    yield from _faults_of_time(article, now)
    if not content.ar.is_whole:
        yield "missing_arabic", {}
    if not content.en.is_whole:
        yield "missing_english", {}
    if not content.source:
        yield "no_source", {}
    if not content.owner:
        yield "no_owner", {}
    if doubles:
        yield "duplicate_title", {"others": ", ".join(doubles)}


def _faults_of_time(article: Article, now: datetime) -> Iterator[tuple[str, dict[str, object]]]:
    if article.status is ArticleStatus.DRAFT:
        if article.submitted_at is not None and now - article.submitted_at >= WAITS_LONG_AFTER:
            yield "waits_long", {"days": (now - article.submitted_at).days}
        return
    ends = article.content.expires_at
    if article.is_expired(now):
        yield "expired", {}
    elif ends is not None and ends - now <= EXPIRING_WITHIN:
        yield "expiring", {"day": ends.date().isoformat()}
    seen = article.content.reviewed_at or article.approved_at or article.created_at
    if now - seen >= STALE_AFTER:
        yield "stale", {"days": (now - seen).days}


def _doubles(articles: Sequence[Article]) -> dict[tuple[str, int], tuple[str, ...]]:
    """Versions whose title another article has too, however it is spelt -> the ids of those."""
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for article in articles:
        for language in LANGUAGES:
            if title := fold_word(article.content.text(language).title):
                named[(language, title)].add(article.id)
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for article in articles:
        titles = ((language, fold_word(article.content.text(language).title)) for language in LANGUAGES)
        others = set().union(*(named.get(title, set()) for title in titles)) - {article.id}
        if others:
            found[(article.id, article.version)] = tuple(sorted(others))
    return found


def _finding(kind: str, article: Article, values: dict[str, object]) -> Finding:
    ar, en = article.content.ar.title, article.content.en.title
    arabic, english = _SAID[kind]
    return Finding(
        kind,
        article.id,
        article.version,
        arabic.format(title=ar or en or article.id, **values),
        english.format(title=en or ar or article.id, **values),
    )
