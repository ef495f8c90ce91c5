"""
The YAML files that flows read from disk themselves, as plain data.

Rule 1: a file is a map of plain words: no anchors, no tags, no deep nesting, not larger than MAX_BYTES; whatever
        else stands in it is refused before anything is built from it.
"""

from collections.abc import Mapping

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_BYTES = 512_000
MAX_DEPTH = 30


class NotPlain(Exception):
    """The text is no map of plain words; the message says why, as a sentence."""


def read(text: str) -> Mapping[str, object]:
    """Read one file. Raises NotPlain."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise NotPlain(f"the file has more than {MAX_BYTES} bytes. Split it.")
    try:
        _look_through(text)
        content = YAML(typ="safe").load(text)
    # A date that no calendar has and a number that no machine holds are a ValueError; so is half a character.
    except (YAMLError, ValueError) as failed:
        raise NotPlain(f"this is not YAML: {' '.join(str(failed).split())}") from failed
    if not isinstance(content, dict):
        raise NotPlain("the file must be a map of keys. Write one.")
    return {str(key): value for key, value in content.items()}


def _look_through(text: str) -> None:
    depth = 0
    for event in YAML(typ="safe").parse(text):
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise NotPlain("anchors and aliases are not allowed. Write the words out.")
        if isinstance(event, NodeEvent) and getattr(event, "tag", None):
            raise NotPlain("tags are not allowed. Remove them.")
        depth += isinstance(event, MappingStartEvent | SequenceStartEvent)
        depth -= isinstance(event, MappingEndEvent | SequenceEndEvent)
        if depth > MAX_DEPTH:
            raise NotPlain(f"more than {MAX_DEPTH} levels. Write it flatter.")
