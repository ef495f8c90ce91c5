"""
One sentence in a wording file: put in, changed, or taken out, with the rest of the file left as it is. Pure.
"""

from collections.abc import Mapping
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

from admin.console.book_shelf import OWN_WORDING, Sentence, sentences

# Longer than any sentence: a line is never folded for us.
_WIDTH = 100_000


class FileBroken(Exception):
    """The file cannot be read as YAML; somebody must mend it as text first."""


def file_for(key: str, own: Mapping[str, str]) -> str:
    """The tenant's own file in which this sentence stands, or where it is to stand."""
    known = sentences(own).get(key)
    return known.path if known else OWN_WORDING


def written(text: str, sentence: Sentence) -> str:
    """The file with this sentence in it. Raises FileBroken."""
    content = _read(text)
    entry: dict[str, object] = {}
    if sentence.expects:
        entry["expects"] = sentence.expects
    entry["ar"] = LiteralScalarString(f"{sentence.ar.strip()}\n")
    entry["en"] = LiteralScalarString(f"{sentence.en.strip()}\n")
    if sentence.buttons:
        entry["buttons"] = list(sentence.buttons)
    content[sentence.key] = entry
    return _dumped(content)


def without(text: str, key: str) -> str | None:
    """The file without this sentence; None when nothing is left of it. Raises FileBroken."""
    content = _read(text)
    content.pop(key, None)
    return _dumped(content) if content else None


def merged(base: str, mine: str, theirs: str) -> str | None:
    """
    Their file with what I changed since `base`, sentence by sentence; None when nothing is left of it.

    A sentence that both changed is mine: whoever asks has seen theirs. Raises FileBroken.
    """
    for text in (base, mine, theirs):
        _read(text)
    before, now = _sentences(base), _sentences(mine)
    text: str | None = theirs
    for key, sentence in now.items():
        if sentence != before.get(key):
            text = written(text or "", sentence)
    for key in before:
        if key not in now:
            text = without(text or "", key)
    return text


def _sentences(text: str) -> dict[str, Sentence]:
    return sentences({OWN_WORDING: text})


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.width = _WIDTH
    yaml.allow_unicode = True
    return yaml


def _read(text: str) -> dict[str, object]:
    try:
        content = _yaml().load(text) if text.strip() else {}
    except YAMLError as failed:
        raise FileBroken(" ".join(str(failed).split())) from failed
    if not isinstance(content, dict) and content is not None:
        raise FileBroken("the file must be a map of keys")
    return {} if content is None else content


def _dumped(content: dict[str, object]) -> str:
    out = StringIO()
    _yaml().dump(content, out)
    return out.getvalue()
