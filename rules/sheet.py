"""
One YAML file of a book, read safely and with its line numbers.

Rule 1: a file is plain data: no tags, no anchors, no key twice, not larger than MAX_BYTES.
Rule 2: every key and every item knows its line, so that an error can name it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, NodeEvent, ScalarEvent

from rules.problems import BookError, Problem

# A page is about 1 kB; the largest word list stays far below. Beyond this a file is a mistake.
MAX_BYTES = 512_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """The content of one file, as maps and lists that know their lines."""

    file: str
    content: Mapping[str, Any]

    def plain(self) -> Any:
        """Return the content as plain data, the same for every way of writing it."""
        return plain(self.content)


def read(path: Path, file: str) -> Sheet:
    """
    Read one file of a book; `file` is the name that errors use.

    Raises:
        BookError: the file is not readable as plain YAML with a map at its top.
    """
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise _refusal(file, 1, f"the file has {len(raw)} bytes, more than {MAX_BYTES}. Split it.")
        text = raw.decode("utf-8")
        _refuse_what_is_not_plain(text, file)
        content = YAML(typ="rt").load(text)
    except UnicodeDecodeError as failed:
        raise _refusal(file, 1, "the file is not UTF-8. Save it as UTF-8.") from failed
    except DuplicateKeyError as failed:
        line = _line(failed)
        raise _refusal(file, line, f"{failed.problem}. Keep one of them.") from failed
    except MarkedYAMLError as failed:
        raise _refusal(file, _line(failed), f"this is not YAML: {failed.problem or failed.context}.") from failed
    except YAMLError as failed:
        raise _refusal(file, 1, f"this is not YAML: {failed}.") from failed
    if not isinstance(content, CommentedMap):
        raise _refusal(file, 1, "a file must be a map of keys and values at its top.")
    return Sheet(file, content)


def line_of(holder: object, key: object) -> int:
    """Return the line of a key of a map, or of an item of a list, counted from 1; 1 when nobody knows."""
    if isinstance(holder, CommentedMap) and key in holder:
        return int(holder.lc.key(key)[0]) + 1
    if isinstance(holder, CommentedSeq) and isinstance(key, int) and key < len(holder):
        return int(holder.lc.item(key)[0]) + 1
    return 1


def items(holder: object) -> Iterator[tuple[Any, int]]:
    """Yield each item of a list with its line; one word counts as a list of one."""
    if isinstance(holder, CommentedSeq):
        for position, item in enumerate(holder):
            yield item, line_of(holder, position)
    else:
        yield holder, 0


def plain(value: object) -> Any:
    """Return maps, lists and words without comments, lines and quoting styles."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def _refuse_what_is_not_plain(text: str, file: str) -> None:
    for event in YAML(typ="rt").parse(text):
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise _refusal(file, line, "anchors and aliases are not allowed. Write the words out.")
        tag = getattr(event, "tag", None)
        if tag and not (isinstance(event, ScalarEvent) and event.implicit[0]):
            raise _refusal(file, line, f"the tag {tag} is not allowed. Remove it.")


def _refusal(file: str, line: int, what: str) -> BookError:
    return BookError([Problem(file, line, what)])


def _line(failed: MarkedYAMLError) -> int:
    mark = failed.problem_mark or failed.context_mark
    return mark.line + 1 if mark else 1
