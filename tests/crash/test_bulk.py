"""The product dies in the middle of an import; each row is answered by one draft all the same."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from bot.access import Keyring
from bot.tenants import DEFAULT_TENANT
from tests.house.process import Product

ROWS = 200
PATIENCE_SECONDS = 120


class Importer:
    """Somebody who imports, whoever the process is that answers."""

    def __init__(self, product: Product) -> None:
        self.product = product

    async def asks(self, method: str, path: str, role: str = "admin", **more: Any) -> httpx.Response:
        keyring = Keyring(self.product.folder / "data" / "keys")
        who = "sami" if role == "approver" else "noura"
        token = keyring.issue(DEFAULT_TENANT, role, datetime.now(UTC), timedelta(days=1), who)
        headers = {"authorization": f"Bearer {token}", "idempotency-key": uuid4().hex}
        return await self.product.http.request(method, f"/api/v1/{path}", headers=headers, **more)

    async def hands_in(self, rows: list[dict[str, str]]) -> httpx.Response:
        body = {"rows": rows, "mode": "create_drafts", "source": "old-crm"}
        return await self.asks("POST", "bulk", json=body)

    async def sees(self, job_id: str) -> dict[str, Any]:
        return (await self.asks("GET", f"bulk/{job_id}")).json()

    async def waits_until(self, job_id: str, is_so: Any) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so(job := await self.sees(job_id)):
            assert time.monotonic() < deadline, job
            await asyncio.sleep(0.01)
        return job

    async def agrees(self, approval_id: str) -> None:
        seen = (await self.asks("GET", f"approvals/{approval_id}", "approver")).json()
        body = {"v": seen["v"]}
        said = await self.asks("POST", f"approvals/{approval_id}/approve", "approver", json=body)
        assert said.status_code == 200, said.text


async def test_an_import_that_is_cut_off_by_a_kill_makes_each_draft_once(product, whatsapp):
    importer = Importer(product)
    rows = [
        {
            "phone": f"96658{number % (ROWS - 20):07}",
            "message": f"كم السعر؟ {number}",
            "external_id": f"r-{number}",
        }
        for number in range(ROWS)
    ]
    taken = await importer.hands_in(rows)
    assert taken.status_code == 202, taken.text
    job_id = taken.json()["id"]
    waiting = await importer.waits_until(job_id, lambda job: job["status"] == "waiting_for_approval")
    await importer.agrees(waiting["approval_id"])
    await importer.waits_until(job_id, lambda job: job["done"] >= ROWS // 4)
    await product.reboots()
    assert (await importer.sees(job_id))["status"] == "running"
    over = await importer.waits_until(job_id, lambda job: job["status"] == "done")
    await product.comes_to_rest()

    assert over["counts"]["ok"] == over["total"] == ROWS
    contacts = [row for row in await product.contacts() if str(row.get("phone", "")).startswith("96658")]
    wanted: dict[str, Counter[str]] = {}
    for row in rows:
        wanted.setdefault(row["phone"], Counter())[row["message"]] += 1
    assert {contact["phone"] for contact in contacts} == set(wanted)
    for contact in contacts:
        entries = contact["log"]
        heard = Counter(e["data"]["text"] for e in entries if e["what"] == "message_received")
        made = [e["data"]["draft"] for e in entries if e["what"] == "draft_held"]
        assert heard == wanted[contact["phone"]]
        assert len(made) == len(set(made)) == heard.total()
        assert [draft["status"] for draft in contact["outbox"]].count("held") == 1
    assert whatsapp.ledger == []
