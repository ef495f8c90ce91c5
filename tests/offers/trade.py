"""What the tests of offers do again and again, over HTTP."""

import asyncio
import time
from typing import Any

import httpx

from bot.people import Human
from bot.tenants import DEFAULT_TENANT
from bot.workbench.editions import Edition, How
from tests.house.running import RunningHouse
from tests.house.talk import Talk

PRICES = """\
prices:
  starter:
    name_ar: باقة الانطلاق الشهرية
    name_en: Starter plan, monthly
    amount_halalas: 150050
    currency: SAR
    valid_from: 2025-01-01
    is_public: true
  pilot:
    name_ar: تجربة ثلاثين يومًا
    name_en: Thirty day pilot
    amount_halalas: 5000000
    currency: SAR
    valid_from: 2025-01-01
    is_public: false
  gone:
    name_ar: باقة قديمة
    name_en: Old plan
    amount_halalas: 100
    currency: SAR
    valid_from: 2024-01-01
    valid_until: 2024-12-31
    is_public: false
"""


async def put_in_force(house: RunningHouse, files: dict[str, str]) -> None:
    """A tenant's own rule files, as an edition."""
    rulebooks, noura = house.inside.store.rulebooks, Human("console:noura", "Noura")
    latest = await rulebooks.editions(DEFAULT_TENANT, 1)
    number = latest[0].number + 1 if latest else 1
    version = house.inside.playbooks.compose(DEFAULT_TENANT, files).version
    edition = Edition(DEFAULT_TENANT, number, version, files, How.PUBLISHED, "test", noura, noura, house.clock())
    await rulebooks.add_edition(edition)
    await house.inside.playbooks.look()


async def call(
    house: RunningHouse,
    method: str,
    path: str,
    body: Any = None,
    *,
    role: str = "admin",
    who: str = "",
    **more: Any,
) -> httpx.Response:
    headers = {**house.token(role, who or role), **more.pop("headers", {})}
    return await house.http.request(method, f"/api/v1{path}", json=body, headers=headers, **more)


async def made(house: RunningHouse, method: str, path: str, body: Any = None, **more: Any) -> Any:
    answer = await call(house, method, path, body, **more)
    assert answer.status_code < 300, (path, answer.status_code, answer.text)
    return answer.json()


async def settles(house: RunningHouse) -> None:
    """Nothing is in hand, and no run can go on."""
    await house.settles()
    await house.inside.trust.runs_room.engine.settle()
    await house.settles()


async def becomes(house: RunningHouse, path: str, is_so: Any, within: float = 30.0) -> Any:
    """Wait until what a path answers is so; answers it."""
    deadline = time.monotonic() + within
    while True:
        await settles(house)
        seen = (await call(house, "GET", path)).json()
        if is_so(seen):
            return seen
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.05)


async def agrees(house: RunningHouse, approval_id: str, *, role: str = "approver", who: str = "sami") -> Any:
    seen = await made(house, "GET", f"/approvals/{approval_id}", role=role, who=who)
    return await made(house, "POST", f"/approvals/{approval_id}/approve", {"v": seen["v"]}, role=role, who=who)


async def offered(house: RunningHouse, talk: Talk, *lines: tuple[str, int], **more: Any) -> Any:
    """A proposal that waits for its yes."""
    body = {
        "conversation_id": talk.conversation.id,
        "lines": [{"price_id": price, "quantity": quantity} for price, quantity in lines or [("starter", 2)]],
        **more,
    }
    begun = await made(house, "POST", "/proposals", body, who="noura")
    path = f"/proposals/{begun['proposal_id']}"
    return await becomes(house, path, lambda seen: seen["status"] == "waiting_approval")
