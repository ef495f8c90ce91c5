"""
Questions that were decided before: from the timeline, from a file, and into a file.

Rule 1: what cannot be asked again is handed on as `Skipped`, with its place and its reason; nothing is lost in
        silence.
Rule 2: a message whose secret was hidden is not asked again: its words are not kept anywhere.
Rule 3: a file holds what contacts wrote; only its owner may read it.
"""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TextIO

from bot.pipeline import HIDDEN
from bot.storable import well_formed
from bot.store import Timeline, TimelineEntry
from rules import vocabulary
from rules.problems import unknown
from rules.verdict import Question

Answers = tuple[tuple[str, str], ...]

WAS_HIDDEN = "secret_was_hidden"
UNREADABLE = "unreadable"


class CannotAsk(Exception):
    """A line or an entry holds no question; the sentence says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One question, with what the flow knew beside it."""

    question: Question
    asked: str = ""
    """The qualification question that was open."""
    asked_times: int = 0
    answers: Answers | None = None
    """The answers given before; None when only their names were kept."""
    where: str = ""
    """The conversation, or the line of the file."""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that cannot be asked again."""

    reason: str
    """`secret_was_hidden | unreadable`"""
    where: str
    detail: str = ""
    """What is wrong with it, in a sentence; never what it says."""


FACTS_ASKED = ("question", "flags")
"""What of a decision must be read to ask it again."""

_TYPES: dict[str, type] = {f.name: type(f.default) for f in fields(Question) if f.name != "text"}
_CLOSED = {
    "stage": vocabulary.STAGES,
    "expects": vocabulary.EXPECTS,
    "kind": vocabulary.KINDS,
    "language_before": ("", *vocabulary.LANGUAGES),
}
_BESIDE_THE_QUESTION = ("asked", "asked_times", "answers")


async def of_timeline(
    timeline: Timeline, tenant_id: str, since: datetime, until: datetime
) -> AsyncIterator[Stored | Skipped]:
    """What was decided in a span of time, oldest first."""
    async for entry in timeline.each(tenant_id, ["decided"], since, until, FACTS_ASKED):
        yield of_entry(entry)


def of_entry(item: TimelineEntry) -> Stored | Skipped:
    """The question of one decision."""
    facts = item.entry.data
    if "secret" in facts.get("flags", ()):
        return Skipped(WAS_HIDDEN, item.conversation_id)
    try:
        return _stored(facts.get("question"), item.conversation_id, item.entry.at)
    except CannotAsk as wrong:
        return Skipped(UNREADABLE, item.conversation_id, str(wrong))


def of_file(path: Path) -> Iterator[Stored | Skipped]:
    """
    The questions of a file with one JSON object a line.

    A line is what `export` wrote, or just `{"text": ..., "stage": ...}` with more facts of a question if wanted.
    """
    with path.open("rb") as lines:
        yield from of_lines(lines)


def of_lines(lines: Iterable[bytes]) -> Iterator[Stored | Skipped]:
    """The questions of such lines; a bad line is named with its number."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _of_line(line, f"line {number}")


async def export(
    timeline: Timeline, tenant_id: str, since: datetime, until: datetime, path: Path
) -> tuple[int, int]:
    """
    Write what was decided to a new file that only its owner may read; answers how many were written and left out.

    Raises FileExistsError.
    """
    written = left_out = 0
    with _new_file(path) as file:
        async for item in of_timeline(timeline, tenant_id, since, until):
            if isinstance(item, Skipped):
                left_out += 1
                continue
            file.write(json.dumps(as_line(item), ensure_ascii=False) + "\n")
            written += 1
    return written, left_out


def _new_file(path: Path) -> TextIO:
    path.touch(mode=0o600, exist_ok=False)
    return path.open("w", encoding="utf-8")


def as_line(item: Stored) -> dict[str, Any]:
    """One question as plain data; `of_line` of it is the same question."""
    return {
        "question": asdict(item.question) | {"slots": list(item.question.slots)},
        "asked": item.asked,
        "asked_times": item.asked_times,
        "answers": dict(item.answers) if item.answers is not None else None,
        "where": item.where,
        "at": item.at.isoformat() if item.at else None,
    }


def of_line(line: Mapping[str, Any]) -> Stored:
    """Raises CannotAsk."""
    at = line.get("at")
    try:
        moment = datetime.fromisoformat(at) if at is not None else None
    except (TypeError, ValueError) as wrong:
        raise CannotAsk("at is not a time; write it as 2027-01-31T12:00:00+00:00") from wrong
    question = line.get("question", line)
    if not isinstance(question, Mapping):
        raise CannotAsk("question is not an object")
    beside = {name: line[name] for name in _BESIDE_THE_QUESTION if name in line}
    return _stored({**question, **beside}, str(line.get("where") or ""), moment)


def _of_line(line: bytes, place: str) -> Stored | Skipped:
    try:
        content = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Skipped(UNREADABLE, place, "it is not UTF-8")
    except json.JSONDecodeError as wrong:
        return Skipped(UNREADABLE, place, f"it is not JSON: {wrong.msg} at character {wrong.colno}")
    except (ValueError, RecursionError):  # a number of thousands of digits, or brackets without end
        return Skipped(UNREADABLE, place, "it is not JSON that anybody could read")
    if not isinstance(content, dict):
        return Skipped(UNREADABLE, place, 'it is not an object such as {"text": "...", "stage": "new_lead"}')
    try:
        stored = of_line(content)
    except CannotAsk as wrong:
        return Skipped(UNREADABLE, place, str(wrong))
    if stored.question.text == HIDDEN:
        return Skipped(WAS_HIDDEN, place)
    return stored if stored.where else replace(stored, where=place)


def _stored(content: object, where: str, at: datetime | None) -> Stored:
    if not isinstance(content, Mapping):
        raise CannotAsk("the question was not kept")
    asked, times = content.get("asked", ""), content.get("asked_times", 0)
    if asked not in ("", *vocabulary.SLOTS):
        raise CannotAsk(unknown("question in asked", asked, vocabulary.SLOTS))
    if not _is_a(times, int):
        raise CannotAsk("asked_times is not a number")
    return Stored(_question(content), asked, times, _answers(content.get("answers")), where, at)


def _question(content: Mapping[str, Any]) -> Question:
    text = content.get("text")
    if not isinstance(text, str):
        raise CannotAsk("text is missing, or is not a text")
    values: dict[str, Any] = {"text": well_formed(text)}
    for name, value in content.items():
        if name in _TYPES:
            values[name] = _value(name, value)
        elif name not in ("text", *_BESIDE_THE_QUESTION):
            _is_no_slip(str(name))
    return Question(**values)


def _answers(given: object) -> Answers | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise CannotAsk("answers is not an object")
    return tuple((str(name), str(value)) for name, value in given.items())


def _is_no_slip(name: str) -> None:
    """Whatever else a line says is its own business, unless it is nearly the name of a fact."""
    if meant := get_close_matches(name, (*_TYPES, "text"), n=1, cutoff=0.8):
        raise CannotAsk(f'there is no fact "{name}"; did you mean "{meant[0]}"?')


def _value(name: str, value: object) -> object:
    if name == "slots":
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise CannotAsk("slots is not a list of names")
        return tuple(value)
    if not _is_a(value, _TYPES[name]):
        raise CannotAsk(f"{name} is not a {_TYPES[name].__name__}")
    if name in _CLOSED and value not in _CLOSED[name]:
        raise CannotAsk(unknown(name, value, _CLOSED[name]))
    return value


def _is_a(value: object, wanted: type) -> bool:
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
