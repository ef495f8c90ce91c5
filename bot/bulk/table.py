"""
Reads a table out of the bytes of a file, as spreadsheets and other systems write them: row by row. Pure.

Rule 1: how a file is written is found out, not asked: UTF-8 with and without its mark, UTF-16, the old Arabic
        code page; commas, semicolons, tabs and bars; `sep=;` as Excel writes it.
Rule 2: a row that cannot be read is a row with a fault; only a file without a readable heading is refused whole.
Rule 3: a number of a row is the line on which it begins in the file, so that somebody can go there.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from bot.bulk.headings import field_of
from bot.errors import BadRequest

# Excel on an Arabic Windows saves "CSV" in this code page.
_OLD_ARABIC = "cp1256"

_SEPARATORS = (",", ";", "\t", "|", "؛", "،")

# A cell longer than this is a quotation mark that nobody closed.
LONGEST_CELL = 128 * 1024

# How much of a file is looked at to find out how it is written.
_HEAD_CHARACTERS = 16 * 1024


@dataclass(frozen=True, slots=True)
class Cells:
    """One row as it stands in the file."""

    line: int
    values: Mapping[str, Any]
    """By the name of our field; cells of columns that we do not know are left out."""
    fault: str = ""
    """`too_many_cells | not_a_row | unreadable`, empty for a row that can be read."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written, and what its columns are."""

    kind: str
    """`csv | json`"""
    encoding: str = "utf-8"
    separator: str = ","
    known: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Our field -> the heading in the file."""
    ignored: Sequence[str] = ()
    """Headings that say nothing to us."""


class UnreadableFile(BadRequest):
    """The file as a whole cannot be read."""

    code = "unreadable_file"


class Table:
    """One file; `rows` may be walked as often as one likes."""

    def __init__(self, layout: Layout, body: bytes = b"", records: Sequence[Any] = ()) -> None:
        self.layout = layout
        self._body = body
        self._records = records

    @classmethod
    def of_csv(cls, body: bytes) -> "Table":
        """Look at the beginning. Raises UnreadableFile."""
        return cls(_layout_of_csv(body), body)

    @classmethod
    def of_records(cls, records: Any) -> "Table":
        """A list of rows with named fields. Raises UnreadableFile."""
        if not isinstance(records, list):
            raise _unreadable(
                'expected a list of rows, or {"rows": [...]}', 'المتوقع قائمة صفوف أو {"rows": [...]}'
            )
        return cls(_layout_of_records(records), records=records)

    @classmethod
    def of_json(cls, body: bytes) -> "Table":
        """A list of rows, or an object that holds one as `rows`. Raises UnreadableFile."""
        read = json_of(body)
        return cls.of_records(read.get("rows") if isinstance(read, dict) else read)

    def rows(self) -> Iterator[Cells]:
        """Every row that is not blank, in the order of the file."""
        if self.layout.kind == "json":
            yield from (_record(number, record) for number, record in enumerate(self._records, 1))
        else:
            yield from self._lines()

    def _lines(self) -> Iterator[Cells]:
        text = _text(self._body, self.layout.encoding)
        skipped = _skip_separator_line(text)
        reader = _reader(text, self.layout.separator)
        heading = next(reader)
        columns = [field_of(name) for name in heading]
        # Of two columns with one meaning the first counts.
        columns = [name if name not in columns[:place] else "" for place, name in enumerate(columns)]
        while True:
            line = reader.line_num + 1 + skipped
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield Cells(line, {}, "unreadable")
                continue
            if any(cell.strip() for cell in cells):
                yield _cells(line, columns, cells)


def _cells(line: int, columns: Sequence[str], cells: Sequence[str]) -> Cells:
    if any(cell.strip() for cell in cells[len(columns) :]):
        return Cells(line, {}, "too_many_cells")
    return Cells(line, {name: cell for name, cell in zip(columns, cells, strict=False) if name})


# CSV


def _layout_of_csv(body: bytes) -> Layout:
    encoding = _encoding_of(body)
    head = _text(body, encoding).read(_HEAD_CHARACTERS)
    if not head.strip():
        raise _unreadable(
            "the file is empty; the first line names the columns", "الملف فارغ؛ السطر الأول يسمي الأعمدة"
        )
    separator = _separator_of(head)
    text = io.StringIO(head, newline="")
    _skip_separator_line(text)
    try:
        heading = next(_reader(text, separator))
    except (csv.Error, StopIteration) as broken:
        raise _unreadable(
            "the first line cannot be read; it must name the columns",
            "تعذرت قراءة السطر الأول؛ يجب أن يسمي الأعمدة",
        ) from broken
    return _layout("csv", heading, encoding, separator)


def _encoding_of(body: bytes) -> str:
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _proved(body, "utf-16")
    if 0 in body[:_HEAD_CHARACTERS]:  # no text has zeros, but for two-byte letters without their mark
        return _proved(body, max(("utf-16-le", "utf-16-be"), key=lambda named: _readable(body, named)))
    try:
        return _proved(body, "utf-8")
    except UnreadableFile:
        return _proved(body, _OLD_ARABIC)


def _readable(body: bytes, encoding: str) -> int:
    """How many signs of the beginning are of the kind that tables here are made of."""
    head = body[: _HEAD_CHARACTERS // 2 * 2].decode(encoding, "replace")
    return sum(sign.isascii() or "\u0600" <= sign <= "\u06ff" for sign in head)


def _proved(body: bytes, encoding: str) -> str:
    """The same, if all of the file can be read with it. Raises UnreadableFile."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(body), 65_536):
            decoder.decode(body[start : start + 65_536])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as broken:
        raise _unreadable(
            "the letters of this file cannot be read; save it as CSV UTF-8",
            "تعذرت قراءة حروف الملف؛ احفظه بصيغة CSV UTF-8",
        ) from broken
    return encoding


def _text(body: bytes, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(body), encoding, newline="")


def _skip_separator_line(text: io.TextIOBase) -> int:
    """Leave out `sep=;`, which only tells Excel how to read the rest; answers how many lines were left out."""
    at = text.tell()
    line = text.readline()
    if line.lower().startswith("sep=") and len(line.strip()) <= len("sep=;"):
        return 1
    text.seek(at)
    return 0


def _separator_of(head: str) -> str:
    """Whatever splits the heading into most columns that we know; a comma when nothing does."""
    first = head.splitlines()[0]
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        return first[-1]

    def known(separator: str) -> tuple[int, int]:
        try:
            names = next(_reader(io.StringIO(head, newline=""), separator))
        except (csv.Error, StopIteration):
            return 0, 0
        return sum(bool(field_of(name)) for name in names), len(names)

    return max(_SEPARATORS, key=known)


def _reader(text: Any, separator: str) -> Any:
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(text, delimiter=separator)


# JSON


def json_of(body: bytes) -> Any:
    """Whatever is written there. Raises UnreadableFile."""
    try:
        return orjson.loads(body.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as broken:
        line = broken.lineno
        raise _unreadable(f"this is not JSON: line {line}", f"هذا ليس JSON: السطر {line}") from broken


def _layout_of_records(records: Sequence[Any]) -> Layout:
    names = {str(name): None for record in records if isinstance(record, dict) for name in record}
    return _layout("json", list(names), "utf-8", "") if records else Layout("json")


def _record(number: int, record: Any) -> Cells:
    if not isinstance(record, dict):
        return Cells(number, {}, "not_a_row")
    values: dict[str, Any] = {}
    for name, value in record.items():
        meant = field_of(str(name))
        if meant and meant not in values:
            values[meant] = value
    return Cells(number, values)


def _layout(kind: str, heading: Sequence[str], encoding: str, separator: str) -> Layout:
    known: dict[str, str] = {}
    ignored: list[str] = []
    for name in heading:
        meant = field_of(name)
        if meant and meant not in known:
            known[meant] = name.strip()
        elif name.strip() and (kind == "csv" or not meant):
            ignored.append(name.strip()[:80])
    if "phone" not in known and "lead_id" not in known:
        raise _unreadable(
            'no column names the contact: one must be called "phone" or "lead_id"',
            "لا يوجد عمود يحدد العميل: سمِّ أحد الأعمدة «الجوال» أو phone أو lead_id",
        )
    return Layout(kind, encoding, separator, MappingProxyType(known), tuple(ignored[:50]))


def _unreadable(en: str, ar: str) -> UnreadableFile:
    return UnreadableFile(en, ar)
