"""A table is read as it was written, whatever wrote it; what is wrong with a row is that row's."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bulk.headings import HEADINGS, field_of
from bot.bulk.report import csv_lines
from bot.bulk.row import FAULTS, Row, read_row, row_of, time_of
from bot.bulk.table import Table, UnreadableFile
from bot.phones import mask

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")

cells = st.text(
    st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n\",;\t|،؛'=+-@"), max_size=40
)
tables = st.lists(st.tuples(cells, cells), min_size=1, max_size=8)


def written(rows, separator: str, encoding: str, heading=("الجوال", "الرسالة")) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerows([heading, *rows])
    return out.getvalue().encode(encoding)


@given(tables, st.sampled_from(",;\t|"), st.sampled_from(ENCODINGS))
def test_every_spelling_of_a_table_is_the_same_table(rows, separator, encoding):
    table = Table.of_csv(written(rows, separator, encoding))
    read = [(cells.values["phone"], cells.values["message"]) for cells in table.rows()]

    assert read == [row for row in rows if any(cell.strip() for cell in row)]
    assert list(table.rows()) == list(table.rows())


def test_the_old_arabic_code_page_is_read():
    table = Table.of_csv("الجوال;الرسالة\r\n0501234567;كم السعر؟\r\n".encode("cp1256"))

    assert [cells.values["message"] for cells in table.rows()] == ["كم السعر؟"]
    assert table.layout.encoding == "cp1256"


def test_excels_own_first_line_and_lines_of_cells_with_breaks_are_counted():
    body = 'sep=;\r\nphone;message\r\n1;"a\r\nb"\r\n\r\n2;c\r\n'
    found = list(Table.of_csv(body.encode()).rows())

    assert [(cells.line, cells.values["phone"]) for cells in found] == [(3, "1"), (6, "2")]


def test_a_row_with_more_cells_is_that_rows_fault():
    found = list(Table.of_csv(b"phone,message\n1,a,b,c\n2,d\n3\n").rows())

    assert [cells.fault for cells in found] == ["too_many_cells", "", ""]
    assert found[2].values == {"phone": "3"}


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"   \n", b"name,message\nx,y\n", b"\x80\x81\x8d\x8f\x90 phone", b"\xef\xbb\xbf"],
)
def test_what_is_no_table_of_contacts_is_refused_in_two_languages(body):
    with pytest.raises(UnreadableFile) as refused:
        Table.of_csv(body)

    assert refused.value.message_en.isascii() and not refused.value.message_ar.isascii()


def test_a_quotation_mark_that_nobody_closes_spoils_no_memory():
    body = b'phone,message\n0501234567,"' + b"x" * 400_000
    found = [read_row(cells, NOW) for cells in Table.of_csv(body).rows()]

    assert found and all(isinstance(row, tuple) for row in found)


@given(st.sampled_from([(meant, name) for meant, names in HEADINGS.items() for name in names]), st.booleans())
def test_headings_are_known_however_they_are_typed(case, is_loud):
    meant, name = case
    typed = f"  {name.upper() if is_loud else name.replace(' ', '_')} :"

    assert field_of(typed) == meant
    assert field_of(name.replace("ة", "ه").replace("أ", "ا")) == meant


def test_json_rows_are_read_with_numbers_as_they_come():
    rows = [{"الجوال": 966501234567, "message": 80}, "no row", {"phone": "1", "x": {"deep": []}}, {"phone": True}]
    table = Table.of_json(json.dumps({"rows": rows}).encode())
    found = [read_row(cells, NOW) for cells in table.rows()]

    assert (found[0].phone, found[0].message) == ("966501234567", "80")
    assert [row[0].code for row in found[1:]] == ["not_a_row", "bad_phone", "not_text"]
    assert table.layout.ignored == ("x",)


@pytest.mark.parametrize(
    "typed",
    [
        "0501234567",
        "٠٥٠١٢٣٤٥٦٧",
        "+966 50 123 4567",
        "'0501234567",
        "966501234567.0",
        "00966501234567",
        501234567,
    ],
)
def test_one_phone_is_one_phone_however_a_spreadsheet_spoils_it(typed):
    row = row_of({"phone": float(typed) if str(typed).endswith(".0") else typed}, NOW)

    assert isinstance(row, Row) and row.phone == "966501234567"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("2026-11-20T14:05:00Z", datetime(2026, 11, 20, 14, 5, tzinfo=UTC)),
        ("2026-11-20 14:05", datetime(2026, 11, 20, 11, 5, tzinfo=UTC)),
        ("20/11/2026 14:05", datetime(2026, 11, 20, 11, 5, tzinfo=UTC)),
        ("٢٠/١١/٢٠٢٦", datetime(2026, 11, 19, 21, tzinfo=UTC)),
        ("1795180000", datetime.fromtimestamp(1795180000, UTC)),
        ("1795180000000", datetime.fromtimestamp(1795180000, UTC)),
    ],
)
def test_times_are_read_as_people_here_write_them(typed, told):
    assert time_of(typed) == told


@pytest.mark.parametrize("typed", ["yesterday", "31/31/2026", "1999-01-01", "2026-13-01", "--", "99999999999"])
def test_what_is_no_time_is_a_fault(typed):
    (fault,) = row_of({"phone": "0501234567", "sent_at": typed}, NOW)

    assert (fault.code, fault.field) == ("bad_time", "sent_at")


def test_a_time_that_has_not_come_is_a_fault():
    (fault,) = row_of({"phone": "0501234567", "sent_at": (NOW + timedelta(days=2)).isoformat()}, NOW)

    assert fault.code == "in_the_future"


@given(st.dictionaries(st.sampled_from(list(HEADINGS)), st.text(max_size=80), max_size=6))
def test_a_fault_never_repeats_what_stood_there(values):
    marked = {name: f"{value}SECRET{value}" for name, value in values.items()}
    found = row_of(marked, NOW)

    if not isinstance(found, Row):
        assert found
        for fault in found:
            assert "SECRET" not in fault.message_en + fault.message_ar
            assert fault.message_en and fault.message_ar
    assert all(en.isascii() and not ar.isascii() for en, ar in FAULTS.values())


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_a_row_is_known_by_its_source_and_id(source, one, other):
    row = Row(phone="0501234567", external_id="7", message=one)
    same = Row(phone="0507654321", external_id="7", message=other)

    assert row.key(source) == same.key(source)
    assert row.key(source) != row.key(source + "x")


async def test_no_report_line_begins_a_formula():
    async def none():
        for _ in ():
            yield _

    lines = [line async for line in csv_lines(none())]

    assert lines[0].startswith("\ufeffline,") and len(lines) == 1
    assert mask("966501234567") == "9665•••••567"
