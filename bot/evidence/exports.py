"""
A pack as others get it: a file that a program reads, a page that people print, and a folder that checks itself.

Rule 1: the file is the very bytes that canonical JSON gives, so that no byte of it can be another one.
Rule 2: the page fetches nothing from anywhere and runs nothing; what people wrote is text in it, never markup.
Rule 3: the same pack always gives the same bytes.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Literal

from jinja2 import Environment, StrictUndefined

from bot.evidence.canonical import canonical
from bot.evidence.packs import TEXT_NAME, Pack, Text
from bot.evidence.signing import PublicKey
from bot.evidence.words import PAGE_WORDS, STATUS_WORDS, TYPE_WORDS, item_name

FORMAT = "dealix-evidence-pack-1"
Language = Literal["ar", "en"]

_PAGES = Environment(autoescape=True, undefined=StrictUndefined)

# A zip remembers when each file was written; this one remembers nothing, so that it is the same every time.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def document(pack: Pack, texts: Sequence[Text], key: PublicKey) -> dict[str, Any]:
    """A pack with what checks it; `key` is the one that signed it."""
    return {
        "format": FORMAT,
        "envelope": dict(pack.envelope),
        "texts": [{"sha256": one.sha256, "salt": one.salt, "text": one.text} for one in texts],
        "hash": pack.hash,
        "signature": {"key_id": pack.signature.key_id, "algorithm": "Ed25519", "hex": pack.signature.value},
        "public_key": {"id": key.id, "algorithm": "Ed25519", "hex": key.raw_hex},
    }


def as_json(pack: Pack, texts: Sequence[Text], key: PublicKey) -> bytes:
    """The file `pack.json`."""
    return canonical(document(pack, texts, key))


def as_page(pack: Pack, texts: Sequence[Text], key: PublicKey, language: Language) -> str:
    """One page of HTML, complete in itself, fit for paper."""
    said = {one.sha256: one.text for one in texts}
    return _PAGES.from_string(_file("pack.html")).render(
        pack=pack,
        envelope=pack.envelope,
        key=key,
        language=language,
        direction="rtl" if language == "ar" else "ltr",
        words=PAGE_WORDS[language],
        title=pack.envelope["title_ar" if language == "ar" else "title"],
        type_name=TYPE_WORDS[language].get(pack.type, pack.type),
        status_name=STATUS_WORDS[language]["ready" if pack.is_complete else "incomplete"],
        tables=[_table(item, said, language) for item in pack.envelope["items"]],
        missing=[item_name(name, language) for name in pack.missing],
    )


def as_zip(pack: Pack, texts: Sequence[Text], key: PublicKey) -> bytes:
    """`pack.json`, both pages, the key, the program that checks them, and how to run it."""
    files = {
        "pack.json": as_json(pack, texts, key),
        "pack.ar.html": as_page(pack, texts, key, "ar").encode(),
        "pack.en.html": as_page(pack, texts, key, "en").encode(),
        "public_key.txt": f"{key.id} Ed25519 {key.raw_hex}\n".encode(),
        "verify.py": _file("standalone.py").encode(),
        "README.md": _file("pack_readme.md").replace("KEY_ID", key.id).encode(),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, content in files.items():
            folder.writestr(zipfile.ZipInfo(name, _LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _file(name: str) -> str:
    return resources.files("bot.evidence").joinpath(name).read_text(encoding="utf-8")


def _table(item: Mapping[str, Any], said: Mapping[str, str], language: Language) -> dict[str, Any]:
    """An item as a table: the columns that any of its entries has."""
    entries = item["data"]["entries"]
    columns = list(dict.fromkeys(name for entry in entries for name in entry))
    rows = [[_shown(entry.get(name), said, language) for name in columns] for entry in entries]
    return {
        "name": item_name(item["type"], language),
        "source": item["source"],
        "sha256": item["sha256"],
        "columns": columns,
        "rows": rows,
    }


def _shown(value: Any, said: Mapping[str, str], language: Language) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping) and set(value) == {TEXT_NAME}:
        return said.get(value[TEXT_NAME], PAGE_WORDS[language]["forgotten"])
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_shown(held, said, language)}" for name, held in value.items())
    if isinstance(value, list):
        return ", ".join(_shown(held, said, language) for held in value)
    return str(value)
