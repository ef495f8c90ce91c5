"""
Articles as Markdown files: front matter between two lines of `---`, then the text under `## ar` and `## en`.

    ---
    id: refund
    title_ar: سياسة الاسترداد
    title_en: Refund policy
    tags: [استرجاع]
    source: contract, section 7
    owner: Noura
    reviewed_at: 2026-10-01
    expires_at: 2027-10-01
    ---

    ## ar

    ...

Rule 1: a file with one problem is not read; all of its problems are named at once.
Rule 2: a text without a heading is in the language it is written in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from bot.errors import BadRequest
from bot.knowledge.article import ID_PATTERN, Content, Text, faults_of
from flows.plain_yaml import NotPlain
from flows.plain_yaml import read as read_yaml
from rules.language.tokens import read as read_text

KEYS = ("id", "title", "title_ar", "title_en", "tags", "source", "owner", "reviewed_at", "expires_at")
ID = re.compile(ID_PATTERN)

# A page of the longest body in two languages and its front matter; anything larger is no article.
LARGEST_BYTES = 64_000

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n?(.*)\Z", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^##[ \t]+(ar|en)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Paper:
    """One file."""

    article_id: str
    content: Content


class UnreadablePaper(BadRequest):
    """A file is no article; says which, and everything that is wrong with it."""

    code, status = "unreadable_article", 422


def read_paper(path: Path) -> Paper:
    """Read a file. Raises UnreadablePaper."""
    if path.stat().st_size > LARGEST_BYTES:
        raise _refused(path.name, [f"more than {LARGEST_BYTES} bytes"])
    try:
        return paper_of(path.read_text(encoding="utf-8"), path.stem, path.name)
    except UnicodeDecodeError as not_text:
        raise _refused(path.name, ["not written in UTF-8"]) from not_text


def paper_of(text: str, name: str, file: str = "") -> Paper:
    """
    Read the text of a file; `name` is the id where the front matter gives none.

    Raises UnreadablePaper.
    """
    found = _FRONT.match(text)
    if found is None:
        raise _refused(file or name, ["it does not begin with front matter between two lines of ---"])
    try:
        front = read_yaml(found[1])
    except NotPlain as failed:
        raise _refused(file or name, [str(failed)]) from failed
    problems = [f'unknown key "{key}"; there are {", ".join(KEYS)}' for key in front if key not in KEYS]
    article_id = str(front.get("id", name.lower().replace("_", "-").replace(" ", "-")))
    if not ID.fullmatch(article_id):
        problems.append(f'"{article_id}" is no id: small letters, digits and hyphens, at most 80')
    bodies = _bodies(found[2])
    content = Content(
        ar=Text(_title(front, "ar", bodies), bodies.get("ar", "")),
        en=Text(_title(front, "en", bodies), bodies.get("en", "")),
        tags=_tags(front, problems),
        source=_line(front, "source"),
        owner=_line(front, "owner"),
        reviewed_at=_day(front, "reviewed_at", problems),
        expires_at=_day(front, "expires_at", problems),
    )
    problems += [english for english, _ in faults_of(content)]
    if problems:
        raise _refused(file or name, problems)
    return Paper(article_id, content)


def _bodies(text: str) -> dict[str, str]:
    pieces = _HEADING.split(text)
    bodies = {language: body.strip() for language, body in zip(pieces[1::2], pieces[2::2], strict=True)}
    if opening := pieces[0].strip():
        bodies.setdefault(read_text(opening).language, opening)
    return {language: body for language, body in bodies.items() if body}


def _title(front: Mapping[str, object], language: str, bodies: Mapping[str, str]) -> str:
    title = front.get(f"title_{language}")
    if title is None and list(bodies) == [language]:
        title = front.get("title")
    return " ".join(str(title or "").split())


def _tags(front: Mapping[str, object], problems: list[str]) -> tuple[str, ...]:
    listed = front.get("tags") or []
    if not isinstance(listed, list):
        problems.append("tags is a list")
        return ()
    return tuple(dict.fromkeys(" ".join(str(tag).split()) for tag in listed))


def _line(front: Mapping[str, object], key: str) -> str:
    return " ".join(str(front.get(key) or "").split())


def _day(front: Mapping[str, object], key: str, problems: list[str]) -> datetime | None:
    day = front.get(key)
    if day is None:
        return None
    if isinstance(day, str):
        try:
            day = date.fromisoformat(day)
        except ValueError:
            problems.append(f'{key}: "{day}" is no day; write 2027-01-31')
            return None
    if isinstance(day, datetime):
        return day if day.tzinfo else day.replace(tzinfo=UTC)
    if isinstance(day, date):
        return datetime.combine(day, time(), UTC)
    problems.append(f'{key}: "{day}" is no day; write 2027-01-31')
    return None


def _refused(file: str, problems: list[str]) -> UnreadablePaper:
    said = "; ".join(problems)
    return UnreadablePaper(f"{file} is no article: {said}", f"الملف {file} ليس مقالة: {said}")
