"""
Everything we hold about one contact, as a file for machines and a page for people.

Rule 1: it holds what is stored about this contact, and nothing of what staff noted about themselves.
Rule 2: what is handed out is known by its hash, and gone after its days.
"""

import gzip
import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson

from bot.privacy.data_requests import DataRequest

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_TITLES = {
    "conversations": ("Your conversation with us", "محادثتكم معنا"),
    "timeline": ("What happened, and what you wrote", "ما حدث وما كتبتموه"),
    "suppressions": ("Your requests to stop messages", "طلباتكم لإيقاف الرسائل"),
    "consent_events": ("What you agreed to and withdrew", "ما وافقتم عليه وما سحبتموه"),
    "data_requests": ("Your requests about your data", "طلباتكم عن بياناتكم"),
    "approvals": ("Decisions that were asked of our staff about you", "قرارات طُلبت من موظفينا بشأنكم"),
}

_STYLE = "body{font:16px/1.6 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}" + (
    "table{border-collapse:collapse;width:100%;margin:0 0 2rem}td,th{border:1px solid #ccc;padding:.3rem .6rem;"
    "text-align:start;vertical-align:top;overflow-wrap:anywhere}th{white-space:nowrap}"
)


@dataclass(frozen=True, slots=True)
class Export:
    """The two files of one request."""

    request_id: str
    keys: tuple[str, ...]
    json_gz: bytes
    html_gz: bytes
    sha256: str
    """Of the JSON, unpacked."""
    made_at: datetime
    made_by: str
    expires_at: datetime

    @property
    def json(self) -> bytes:
        return gzip.decompress(self.json_gz)

    @property
    def html(self) -> bytes:
        return gzip.decompress(self.html_gz)


class ExportRows(Protocol):
    """Where exports are kept until they expire."""

    async def keep(self, tenant_id: str, export: Export) -> None: ...

    async def read(self, tenant_id: str, request_id: str, at: datetime) -> Export | None: ...


def export_of(
    request: DataRequest, rows: Rows, company: str, made_by: str, at: datetime, expires_at: datetime
) -> Export:
    """Put the two files together."""
    content = {
        "company": company,
        "request": {"reference": request.reference, "requested_at": request.requested_at},
        "made_at": at,
        "subject": {"name": request.subject.name, "phone": request.subject.phone},
        "records": rows,
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
    as_json = orjson.dumps(content, option=options, default=str)
    page = _page(request, rows, company, at).encode()
    return Export(
        request_id=request.id,
        keys=request.subject.keys,
        json_gz=gzip.compress(as_json, mtime=0),
        html_gz=gzip.compress(page, mtime=0),
        sha256=hashlib.sha256(as_json).hexdigest(),
        made_at=at,
        made_by=made_by,
        expires_at=expires_at,
    )


def _page(request: DataRequest, rows: Rows, company: str, at: datetime) -> str:
    title = f"{company} · {request.reference}"
    said = _messages(rows.get("timeline", ()))
    parts = [
        f"<h1>البيانات التي نحتفظ بها عنكم<br><span lang='en' dir='ltr'>The data we hold about you</span></h1>"
        f"<p>{html.escape(title)} · {at:%Y-%m-%d %H:%M} UTC</p>",
        _table(
            "Who you are to us",
            "من أنتم لدينا",
            [("الاسم / Name", request.subject.name), ("الجوال / Mobile", request.subject.phone)],
        ),
        _table("Your messages", "رسائلكم", said),
    ]
    for name, found in rows.items():
        en, ar = _TITLES.get(name, (name, name))
        parts += [_table(f"{en} ({number})", ar, _flat(row)) for number, row in enumerate(found, 1)]
    body = "\n".join(parts)
    return (
        "<!doctype html><html lang='ar' dir='rtl'><head><meta charset='utf-8'>"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _messages(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, object]]:
    heard = [entry for entry in entries if entry.get("what") == "message_received"]
    return [(str(entry["at"]), entry.get("data", {}).get("text", "")) for entry in heard]


def _table(en: str, ar: str, lines: Sequence[tuple[str, object]]) -> str:
    cells = "".join(
        f"<tr><th>{html.escape(name)}</th><td dir='auto'>{html.escape(str(value))}</td></tr>"
        for name, value in lines
        if value not in ("", None, [], {}, ())
    )
    heading = f"<h2>{html.escape(ar)} <small lang='en' dir='ltr'>{html.escape(en)}</small></h2>"
    return f"{heading}<table>{cells}</table>" if cells else ""


def _flat(value: object, under: str = "") -> list[tuple[str, object]]:
    """Every value of a row with the way to it, a line each."""
    match value:
        case Mapping():
            return [
                line
                for name, inner in value.items()
                for line in _flat(inner, f"{under}.{name}" if under else str(name))
            ]
        case list() | tuple():
            return [line for number, inner in enumerate(value, 1) for line in _flat(inner, f"{under} {number}")]
    return [(under, value)]
