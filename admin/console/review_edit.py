"""
How a message becomes part of a page: as an example at its end, and as a phrase that it listens to. Pure.

Rule 1: the rest of the file stays as it is written, line by line; nothing is put in another form.
Rule 2: whatever cannot be read again afterwards is never handed on: it raises here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import BadRequest
from rules.problems import BookError
from rules.sheet import LinedList, LinedMap, line_of, read

FOLDER = "understanding/"


@dataclass(frozen=True, slots=True)
class HearingPage:
    """A page that can learn to hear something."""

    id: str
    path: str
    title: str
    title_ar: str
    intent: str
    takes_phrase: bool
    """True when one phrase is enough for it to hear something."""

    def called(self, language: str) -> str:
        """The title in a language; the one there is when it has no other."""
        return self.title_ar if language == "ar" and self.title_ar else self.title


def hearing_pages(files: Mapping[str, str]) -> tuple[HearingPage, ...]:
    """The pages of understanding among the files of a playbook, by their titles."""
    found = []
    for path, text in files.items():
        if not path.startswith(FOLDER):
            continue
        page = _read(path, text)
        then, status = page.get("then"), page.get("status")
        if isinstance(then, Mapping) and status != "retired":
            intent = str(then.get("understand", ""))
            groups = _groups(page)
            title, title_ar = str(page["title"]), str(page.get("title_ar") or "")
            found.append(HearingPage(str(page["id"]), path, title, title_ar, intent, len(groups) == 1))
    return tuple(sorted(found, key=lambda page: (page.intent, page.title)))


def with_example(path: str, text: str, example: str) -> str:
    """The page with one more example at its end; `example` is lines of YAML as they stand under `tests:`."""
    page = _read(path, text)
    if list(page)[-1:] != ["tests"] or not isinstance(page["tests"], LinedList):
        raise BadRequest(
            f"{path} does not end with its tests; add the example by hand on the Book page",
            f"الملف {path} لا ينتهي باختباراته؛ أضف المثال بيدك من صفحة الكتاب",
        )
    written = f"{text.rstrip()}\n{_indented_like(text, page, example)}"
    _read(path, written)
    return written


def with_phrase(path: str, text: str, phrase: str) -> str:
    """The page listening to one more phrase."""
    page = _read(path, text)
    groups = _groups(page)
    if len(groups) != 1:
        raise BadRequest(
            f"{path} wants several things said at once; add the phrase by hand on the Book page",
            f"الصفحة {path} تشترط أكثر من عبارة معًا؛ أضف العبارة بيدك من صفحة الكتاب",
        )
    (holder,) = groups
    quoted = _quoted(phrase)
    lines = text.splitlines()
    at = line_of(holder, "says") - 1
    says = holder["says"]
    if isinstance(says, LinedList) and says.lines[0] - 1 > at:
        first = lines[says.lines[0] - 1]
        indent = first[: len(first) - len(first.lstrip())]
        lines.insert(says.lines[0] - 1, f"{indent}- {quoted}")
    elif isinstance(says, LinedList):
        lines[at] = lines[at].replace("[", f"[{quoted}, ", 1)
    else:
        before, _, after = lines[at].partition("says:")
        lines[at] = f"{before}says: [{quoted}, {after.strip()}]"
    written = "\n".join(lines) + "\n"
    now = _groups(_read(path, written))
    heard = now[0]["says"] if len(now) == 1 else ()
    if phrase not in heard:
        raise BadRequest(
            f"the phrase could not be put into {path}; add it by hand on the Book page",
            f"تعذّر وضع العبارة في {path}؛ أضفها بيدك من صفحة الكتاب",
        )
    return written


def _groups(page: Mapping[str, Any]) -> list[LinedMap]:
    """The conditions of a page that want something said."""
    when = page.get("when")
    lines = when if isinstance(when, list) else []
    return [line for line in lines if isinstance(line, LinedMap) and "says" in line]


def _indented_like(text: str, page: Mapping[str, Any], example: str) -> str:
    """The example, its dash under the dashes of the others."""
    line = text.splitlines()[page["tests"].lines[0] - 1]
    wanted = len(line) - len(line.lstrip())
    given = len(example) - len(example.lstrip())
    moved = (
        " " * (wanted - given) + each if wanted >= given else each[given - wanted :]
        for each in example.splitlines()
    )
    return "\n".join(moved) + "\n"


def _quoted(phrase: str) -> str:
    escaped = phrase.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _read(path: str, text: str) -> Mapping[str, Any]:
    try:
        return read(text, path).content
    except BookError as failed:
        first = failed.problems[0]
        raise BadRequest(f"{first}", f"تعذّرت قراءة الملف: {first}") from failed
