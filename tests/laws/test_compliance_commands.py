"""Compliance on the command line, beside a running service; and the table of doors that only the service sees."""

import asyncio
import csv
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, FastAPI, Request

from bot.access import Principal
from bot.web.caller import caller_of
from bot.web.doors import table_of
from tests.house.running import RunningHouse


async def dealix(house: RunningHouse, *words: str) -> tuple[int, str]:
    """Type a command in the folder of a running installation; answers the exit code and what was printed."""
    values = house.settings
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "MONGODB_URI": values.mongodb_uri.get_secret_value(),
        "MONGODB_DATABASE": values.mongodb_database,
        "DEALIX_DATA_DIR": str(values.data_dir),
        "COLUMNS": "400",
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from bot.cli import main; main()",
        *words,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await started.communicate()
    assert started.returncode is not None
    return started.returncode, printed.decode()


async def scans(house: RunningHouse) -> dict[str, Any]:
    headers = {**house.token("dpo"), "idempotency-key": uuid4().hex}
    answer = await house.http.post("/api/v1/compliance/scan", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_scan_beside_a_running_service_is_remembered_and_no_regression(own_house, tmp_path: Path):
    assert (await dealix(own_house, "compliance", "status"))[0] == 0
    before = await scans(own_house)

    code, printed = await dealix(own_house, "compliance", "scan", "--as", "noura", "--strict")

    assert code == 1 and "at_risk" in printed and "في خطر" in printed, printed
    line = next(row for row in printed.splitlines() if row.startswith("NCA-C01"))
    assert "compliant" in line and "not_assessed" not in line, line
    history = (await own_house.http.get("/api/v1/compliance/scans", headers=own_house.token("dpo"))).json()[
        "scans"
    ]
    assert history[0]["by"] == "noura" and history[0]["previous_id"] == before["id"]
    assert "NCA-C01" not in [r["control"] for r in history[0]["regressions"]]

    file = tmp_path / "matrix.csv"
    code, printed = await dealix(own_house, "compliance", "status", "--csv", str(file))
    assert code == 0, printed
    with file.open(encoding="utf-8-sig", newline="") as lines:
        assert len(list(csv.reader(lines))) == 15
    code, printed = await dealix(own_house, "compliance", "status", "--csv", str(file))
    assert code == 1 and "exists already" in printed and "موجود" in printed


def test_the_table_of_doors_sees_who_asks_through_every_layer():
    async def callers(_: Request) -> Principal:
        raise AssertionError("nobody calls")

    Caller = caller_of(callers)
    inner, outer, app = APIRouter(prefix="/inner"), APIRouter(prefix="/outer"), FastAPI()

    @inner.get("/guarded")
    async def guarded(caller: Caller) -> None: ...

    @inner.post("/open")
    async def unguarded() -> None: ...

    outer.include_router(inner)
    app.include_router(outer)

    @app.get("/later")
    async def later() -> None: ...

    table = {route.path: route.asks_who for route in table_of(app, callers)}

    assert table["/outer/inner/guarded"] is True
    assert table["/outer/inner/open"] is False and table["/later"] is False
