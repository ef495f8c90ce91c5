"""Somebody who imports leads over HTTP, and Sami who agrees to the whole of it."""

import asyncio
import itertools
import time
from typing import Any
from uuid import uuid4

import httpx

from tests.house.running import RunningHouse

API = "/api/v1/bulk"
OVER = ("done", "cancelled", "rejected", "failed")
PATIENCE_SECONDS = 60

_PHONES = itertools.count(40_000_000)


def a_phone() -> str:
    """One that nobody else has."""
    return f"9665{next(_PHONES)}"


class Importer:
    """One person with one role."""

    def __init__(self, house: RunningHouse, role: str = "admin", name: str = "noura") -> None:
        self.house = house
        self.role, self.name = role, name

    async def asks(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        headers = {**self.house.token(self.role, self.name), **more.pop("headers", {})}
        return await self.house.http.request(method, f"{API}{path}", headers=headers, **more)

    async def hands_in(
        self, rows: list[dict[str, Any]], mode: str = "create_drafts", source: str = "old-crm", key: str = ""
    ) -> dict[str, Any]:
        """Rows in JSON; answers the job as it was taken."""
        body = {"rows": rows, "mode": mode, "source": source}
        answer = await self.asks("POST", json=body, headers={"idempotency-key": key or uuid4().hex})
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def hands_in_file(self, content: bytes, mode: str = "dry_run", **params: str) -> httpx.Response:
        headers = {"content-type": "text/csv", "idempotency-key": uuid4().hex}
        query = {"mode": mode, "source": "file", **params}
        return await self.asks("POST", content=content, params=query, headers=headers)

    async def sees(self, job_id: str) -> dict[str, Any]:
        answer = await self.asks("GET", f"/{job_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def waits_for(self, job_id: str, *statuses: str) -> dict[str, Any]:
        """Wait until the job is in one of these."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (job := await self.sees(job_id))["status"] not in statuses:
            assert time.monotonic() < deadline, job
            await asyncio.sleep(0.02)
        return job

    async def sees_the_end(self, job: dict[str, Any], verdict: str = "approve") -> dict[str, Any]:
        """Wait until it is over; where a yes is needed, Sami says it (or says no)."""
        now = await self.waits_for(job["id"], "waiting_for_approval", *OVER)
        if now["status"] == "waiting_for_approval":
            answer = await self.sami_says(now["approval_id"], verdict)
            assert answer.status_code == 200, answer.text
        return await self.waits_for(job["id"], *OVER)

    async def sami_says(self, approval_id: str, verdict: str) -> httpx.Response:
        sami = self.house.token("approver", "sami")
        seen = await self.house.http.get(f"/api/v1/approvals/{approval_id}", headers=sami)
        body = {"v": seen.json()["v"]}
        return await self.house.http.post(f"/api/v1/approvals/{approval_id}/{verdict}", json=body, headers=sami)

    async def results(self, job: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
        """Every result, page by page."""
        found: list[dict[str, Any]] = []
        after = -1
        while after is not None:
            answer = await self.asks("GET", f"/{job['id']}/items", params={"after": after, "limit": 7, **params})
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            after = answer.json()["next_after"]
        return found

    async def imports(self, rows: list[dict[str, Any]], mode: str = "create_drafts") -> list[dict[str, Any]]:
        """Hand in, agree, wait; answers the results."""
        job = await self.hands_in(rows, mode)
        assert (await self.sees_the_end(job))["status"] == "done"
        return await self.results(job)
