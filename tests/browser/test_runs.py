"""The page of runs: what stopped says why, goes on when somebody says so, and is ended by nobody's mistake."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from adapters.mongo.driver import open_door
from adapters.mongo.embedded import EmbeddedMongo
from adapters.mongo.runs import MongoRuns
from bot.people import Human
from bot.runs.run import Checkpoint, Fault, Run, RunStatus
from bot.sharing.flow import FLOW, VERSION
from bot.tenants import DEFAULT_TENANT
from tests.browser.conftest import Comes, Running
from tests.browser.visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser


def stopped(run_id: str) -> Run:
    """A run as the engine leaves one that gave up, of a request that is not there."""
    now = datetime.now(UTC)
    fault = Fault("request_gone", "ask", "the request is gone", "لم يعد الطلب موجودًا", now)
    last = Checkpoint(DEFAULT_TENANT, run_id, 0, "ask", "failed", RunStatus.FAILED, now)
    return Run(
        id=run_id,
        tenant_id=DEFAULT_TENANT,
        flow=FLOW,
        version=VERSION,
        status=RunStatus.FAILED,
        step="ask",
        state={"request": "gone", "progress": {"done": 1, "total": 2}},
        correlation_id=run_id,
        by=Human("console:dana", "Dana"),
        created_at=now,
        updated_at=now,
        last=last,
        error=fault,
    )


def leave_behind(running: Running, *run_ids: str) -> None:
    """Runs that stopped before anybody looked."""

    async def work() -> None:
        uri = await EmbeddedMongo(running.folder / "data" / "mongo").join()
        door = open_door(uri, "dealix")
        rows = MongoRuns(door)
        for run_id in run_ids:
            run = stopped(run_id)
            assert await rows.add(run)
            await rows.file(run.last)
        await door.close()

    # Playwright holds the loop of this thread.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, work()).result()


def test_a_stopped_run_says_why_in_both_languages_and_is_retried_and_cancelled(
    visit: Visit, comes: Comes, running: Running
) -> None:
    visit.opens()
    leave_behind(running, "stopped-1", "stopped-2")
    dana = comes("Dana", "admin")
    page = dana.opens("/console/runs")
    card = page.locator("[data-run='stopped-1']")
    expect(card).to_have_attribute("data-status", "failed", timeout=PATIENCE_MS)
    expect(card.locator("[data-error=request_gone]")).to_contain_text("لم يعد الطلب موجودًا")
    expect(card.locator("[data-step=ask]")).to_have_attribute("data-state", "failed")
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "16")
    drawn = card.get_by_role("progressbar").evaluate("b => b.firstElementChild.offsetWidth / b.offsetWidth")
    assert 0.1 < drawn < 0.25, "the bar is as long as it says"
    assert page.evaluate("document.documentElement.dir || getComputedStyle(document.body).direction") == "rtl"
    assert not dana.scrolls_sideways()

    card.locator("[data-do=retry]").click()
    expect(card.locator("dl")).to_be_visible(timeout=PATIENCE_MS)
    told = running.command("runs", "show", "stopped-1")
    assert "retried" in told

    second = page.locator("[data-run='stopped-2']")
    second.locator("[data-do=cancel]").click()
    second.locator("[data-sure=cancel]").click()
    expect(second).to_have_count(0, timeout=PATIENCE_MS)
    page.locator("[data-tile=ended]").click()
    expect(page.locator("[data-run='stopped-2']")).to_have_attribute(
        "data-status", "cancelled", timeout=PATIENCE_MS
    )

    noura = comes("Noura", "approver")
    page = noura.opens("/console/en/runs?show=dead")
    expect(page.locator("[data-run='stopped-1']")).to_contain_text("the request is gone", timeout=PATIENCE_MS)
    expect(page.locator("[data-do=retry]")).to_have_count(0)
    page.locator("[data-tile=waiting]").click()
    expect(page.locator("[data-state=empty]")).to_be_visible(timeout=PATIENCE_MS)
