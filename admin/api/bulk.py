"""
Imports over HTTP: a file or rows in, how far it is, what became of each row, the report out.

Rule 1: 202 means that every row is stored; what becomes of it is looked up.
Rule 2: no mode sends. Drafts wait for a human, each by itself; above ten in a day also the whole import does.
Rule 3: the tenant comes from the token; another tenant's import is as unknown as one that never was.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.bulk.door import BYTES_AT_MOST, ROWS_AT_MOST, Order, kind_of, table_of
from bot.bulk.job import ItemStatus, Mode
from bot.bulk.report import csv_lines, fields_of, json_lines, summary_of
from bot.bulk.room import PAGE_AT_MOST, Bulk
from bot.bulk.table import Table, json_of
from bot.errors import BadRequest
from bot.web.caller import Callers, caller_of
from bot.web.idempotency import EffectId, acts

IMPORTERS = ("admin", "approver", "agent", "service")
READERS = (*IMPORTERS, "dpo", "executive")

SourceName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w][\w .:/\-]{0,59}$")]

# What a browser or curl calls a table; whoever says nothing sends one.
_TABLES = ("text/csv", "text/plain", "text/tab-separated-values", "application/vnd.ms-excel", "")

_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}, "application/json": {}}}}


class Wanted(BaseModel):
    """What to import; `rows` stand beside it in a JSON body, or are the file itself."""

    model_config = ConfigDict(extra="forbid")

    source: SourceName = "api"
    mode: Mode = Mode.DRY_RUN
    file_name: str = Field("", max_length=200)


class Rows(Wanted):
    """The JSON body, as the description shows it."""

    rows: list[dict[str, Any]] = Field(max_length=ROWS_AT_MOST)


_BODY: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Rows.model_json_schema(ref_template="#/components/schemas/{model}")},
            "text/csv": {"schema": {"type": "string", "maxLength": BYTES_AT_MOST}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


def router(bulk: Bulk, callers: Callers) -> APIRouter:
    """The routes of one installation."""
    routes = APIRouter(prefix="/api/v1/bulk", tags=["bulk"])

    Caller = caller_of(callers)

    @routes.post("", status_code=202, dependencies=[acts], openapi_extra=dict(_BODY))
    async def take(
        request: Request,
        caller: Caller,
        effect_id: EffectId,
        source: Annotated[str, Query(max_length=60)] = "",
        mode: Mode | None = None,
    ) -> dict[str, Any]:
        """Import a CSV file (`text/csv`, or a form with a `file`) or rows in JSON; every row is stored first."""
        caller.require(*IMPORTERS)
        wanted, table = await _read(request)
        wanted = _merged(wanted, source, mode)
        order = Order(
            caller.tenant_id, wanted.mode, wanted.source, caller.human, wanted.file_name, job_id=effect_id
        )
        return summary_of(await bulk.take(order, table))

    @routes.get("")
    async def jobs(caller: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> dict[str, Any]:
        """Newest first."""
        caller.require(*READERS)
        found = await bulk.list(caller.tenant_id, limit)
        return {"jobs": [summary_of(view) for view in found], "total": len(found)}

    @routes.get("/{job_id}")
    async def one(job_id: str, caller: Caller) -> dict[str, Any]:
        """How far it is, and how many rows came to what."""
        caller.require(*READERS)
        return summary_of(await bulk.get(caller.tenant_id, job_id))

    @routes.get("/{job_id}/items")
    async def items(
        job_id: str,
        caller: Caller,
        status: ItemStatus | None = None,
        after: Annotated[int, Query(ge=-1, le=ROWS_AT_MOST)] = -1,
        limit: Annotated[int, Query(ge=1, le=PAGE_AT_MOST)] = 100,
    ) -> dict[str, Any]:
        """Results in the order of the file, a page at a time; `next_after` leads to the next page."""
        caller.require(*READERS)
        chosen = status.value if status else ""
        page = await bulk.items(caller.tenant_id, job_id, status=chosen, after=after, limit=limit)
        last = page[-1].index if len(page) == limit else None
        return {"items": [fields_of(item) for item in page], "next_after": last}

    @routes.get("/{job_id}/report", response_class=Response, responses=_FILES)
    async def report(
        job_id: str,
        request: Request,
        caller: Caller,
        form: Annotated[str, Query(alias="format", pattern="^(csv|json|)$")] = "",
    ) -> Response:
        """What became of every row, as a file: CSV, or JSON when `format` or the header Accept asks for it."""
        caller.require(*READERS)
        view = await bulk.get(caller.tenant_id, job_id)
        every = bulk.every(caller.tenant_id, job_id)
        is_json = (form or _wished(request)) == "json"
        lines = json_lines(summary_of(view), every) if is_json else csv_lines(every)
        name = f"import-{job_id}.{'json' if is_json else 'csv'}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingResponse(
            lines, media_type="application/json" if is_json else "text/csv; charset=utf-8", headers=headers
        )

    @routes.post("/{job_id}/cancel", dependencies=[acts])
    async def cancel(job_id: str, caller: Caller) -> dict[str, Any]:
        """Make nothing more of it; drafts that were made stay, held."""
        caller.require(*IMPORTERS)
        return summary_of(await bulk.cancel(caller.tenant_id, job_id, caller.human))

    return routes


async def _read(request: Request) -> tuple[Wanted, Table]:
    """What is wanted, and the rows. Raises BadRequest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _read_json(await request.body())
    if kind == "multipart/form-data":
        return await _read_form(request)
    if kind in _TABLES:
        return Wanted(), table_of(await request.body(), "csv")
    raise BadRequest(
        "send a table as text/csv, rows as application/json, or a form with a file",
        "أرسل جدولًا بصيغة text/csv، أو صفوفًا بصيغة application/json، أو نموذجًا فيه ملف",
    )


async def _read_form(request: Request) -> tuple[Wanted, Table]:
    async with request.form(max_files=1, max_fields=3) as form:
        file = form.get("file")
        if file is None or isinstance(file, str):
            raise BadRequest("the form has no field `file` with a file in it", "لا يوجد ملف في الحقل file")
        fields = {name: value for name, value in form.items() if name != "file"}
        name = (file.filename or "")[:200]
        wanted = _checked({**fields, "file_name": name})
        return wanted, table_of(await file.read(), kind_of(name))


def _read_json(body: bytes) -> tuple[Wanted, Table]:
    read = json_of(body)
    if not isinstance(read, dict):
        return Wanted(), Table.of_records(read)
    wanted = _checked({name: value for name, value in read.items() if name != "rows"})
    return wanted, Table.of_records(read.get("rows"))


def _checked(fields: Mapping[str, Any]) -> Wanted:
    try:
        return Wanted.model_validate(dict(fields))
    except ValidationError as invalid:
        raise _refused(invalid) from invalid


def _merged(wanted: Wanted, source: str, mode: Mode | None) -> Wanted:
    """What stands in the address counts before what stands in the body."""
    said = {"source": source, "mode": mode.value if mode else ""}
    return _checked({**wanted.model_dump(), **{name: value for name, value in said.items() if value}})


def _refused(invalid: ValidationError) -> BadRequest:
    wrong = ", ".join(sorted({".".join(map(str, error["loc"])) for error in invalid.errors()}))
    return BadRequest(
        f"these cannot be used as they are written: {wrong}; see /api/openapi.json",
        f"لا يمكن استعمال هذه القيم كما كُتبت: {wrong}؛ راجع ‎/api/openapi.json",
    )


def _wished(request: Request) -> str:
    return "json" if "application/json" in request.headers.get("accept", "") else "csv"
