"""
One YAML file of a book, read safely, fast, and with its line numbers.

Rule 1: a file is plain data: no tags, no anchors, no key twice, not larger than MAX_BYTES.
Rule 2: every key and every item knows its line, so that an error can name it.
Rule 3: a bare word is what YAML 1.2 says it is: `yes` and `no` are words, only `true` and `false` are truths.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from rules.layers import MAX_BYTES
from rules.problems import BookError, Problem

# A book has some two hundred files; whoever edits one of them reads the others from here. Of each file the last
# texts are kept, the one in force and the one that is being typed: all that were ever typed would fill memory.
REMEMBERED_TEXTS = 2
REMEMBERED_FILES = 2_048

# Longer runs of digits are no number of ours, and Python refuses to read very long ones.
LONGEST_NUMBER = 18

# No page nests deeper than a handful; beyond this somebody tries something.
MAX_DEPTH = 30

# libyaml reads a book ten times faster than Python; where it is missing the slow reader says the same.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class LinedMap(dict[str, Any]):
    """A map that knows the line of each key."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class LinedList(list[Any]):
    """A list that knows the line of each item."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The content of one file, as maps and lists that know their lines; equal to nothing but itself."""

    file: str
    content: Mapping[str, Any]

    def plain(self) -> Any:
        """Return the content as plain data, the same for every way of writing it."""
        return plain(self.content)


# File -> its last texts and their sheets, the latest first.
_remembered: dict[str, tuple[tuple[str, Sheet], ...]] = {}


def read(text: str, file: str) -> Sheet:
    """
    Read the text of one file of a book, or remember it; `file` is the name that errors use.

    Raises:
        BookError: the text is not plain YAML with a map at its top.
    """
    known = _remembered.pop(file, ())
    sheet = next((sheet for before, sheet in known if before == text), None)
    try:
        sheet = sheet or _read(text, file)
    except BookError:
        _remembered[file] = known
        raise
    others = [item for item in known if item[1] is not sheet]
    _remembered[file] = ((text, sheet), *others)[:REMEMBERED_TEXTS]
    for oldest in list(_remembered)[: max(len(_remembered) - REMEMBERED_FILES, 0)]:
        _remembered.pop(oldest, None)
    return sheet


def _read(text: str, file: str) -> Sheet:
    if (size := len(text.encode("utf-8", "surrogatepass"))) > MAX_BYTES:
        raise _refusal(file, 1, f"the file has {size} bytes, more than {MAX_BYTES}. Split it.")
    try:
        content = _Composer(text, file).document()
    except yaml.MarkedYAMLError as failed:
        raise _refusal(file, _line(failed), f"this is not YAML: {failed.problem or failed.context}.") from failed
    except yaml.YAMLError as failed:
        raise _refusal(file, 1, f"this is not YAML: {failed}.") from failed
    except UnicodeEncodeError as failed:
        raise _refusal(file, 1, "the text holds a broken character. Write it again.") from failed
    if not isinstance(content, LinedMap):
        raise _refusal(file, 1, "a file must be a map of keys and values at its top.")
    return Sheet(file, content)


def line_of(holder: object, key: object) -> int:
    """Return the line of a key of a map, or of an item of a list, counted from 1; 1 when nobody knows."""
    if isinstance(holder, LinedMap) and key in holder:
        return holder.lines[str(key)]
    if isinstance(holder, LinedList) and isinstance(key, int) and key < len(holder):
        return holder.lines[key]
    return 1


def items(holder: object) -> Iterator[tuple[Any, int]]:
    """Yield each item of a list with its line; one word counts as a list of one."""
    if isinstance(holder, LinedList):
        yield from zip(holder, holder.lines, strict=True)
    else:
        yield holder, 0


def plain(value: object) -> Any:
    """Return maps and lists without their lines."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


class _Composer:
    """Builds one document from the events of the parser, refusing what is not plain."""

    def __init__(self, text: str, file: str) -> None:
        self._events = yaml.parse(text, Loader=_LOADER)
        self._file = file

    def document(self) -> Any:
        """The content of the file, None when it is empty."""
        content = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refuse(event, "a file holds one document. Make two files of it.")
                content = self._node(next(self._events), depth=0)
        return content

    def _node(self, event: yaml.Event, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._refuse(event, "anchors and aliases are not allowed. Write the words out.")
        tag = getattr(event, "tag", None)
        if tag and not (isinstance(event, yaml.ScalarEvent) and event.implicit[0]):
            raise self._refuse(event, f"the tag {tag} is not allowed. Remove it.")
        if depth > MAX_DEPTH:
            raise self._refuse(event, f"more than {MAX_DEPTH} levels. Write it flatter.")
        if isinstance(event, yaml.ScalarEvent):
            return _value(event)
        return self._map(depth) if isinstance(event, yaml.MappingStartEvent) else self._list(depth)

    def _map(self, depth: int) -> LinedMap:
        found = LinedMap()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if isinstance(key, LinedMap | LinedList):
                raise self._refuse(event, "a key must be a word.")
            name = str(key)
            if name in found:
                raise self._refuse(event, f'found duplicate key "{name}". Keep one of them.')
            found.lines[name] = event.start_mark.line + 1
            found[name] = self._node(next(self._events), depth + 1)
        return found

    def _list(self, depth: int) -> LinedList:
        found = LinedList()
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.lines.append(event.start_mark.line + 1)
            found.append(self._node(event, depth + 1))
        return found

    def _refuse(self, event: yaml.Event, what: str) -> BookError:
        return _refusal(self._file, event.start_mark.line + 1, what)


def _value(event: yaml.ScalarEvent) -> object:
    """A quoted text is a text; a bare word may be a number, a truth or nothing."""
    word = str(event.value)
    if not event.implicit[0] or (event.style is not None and event.style != ""):
        return word
    if word in _NULL:
        return None
    if word in _TRUTHS:
        return _TRUTHS[word]
    if _INTEGER.fullmatch(word):
        return int(word) if len(word) <= LONGEST_NUMBER else word
    return float(word) if _FLOAT.fullmatch(word) else word


def _refusal(file: str, line: int, what: str) -> BookError:
    return BookError([Problem(file, line, what)])


def _line(failed: yaml.MarkedYAMLError) -> int:
    mark = failed.problem_mark or failed.context_mark
    return mark.line + 1 if mark else 1
