"""Connectors and contradictions on their pages: what is pressed, and what it came to in the records."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import grave
from tests.browser.conftest import Comes, Running
from tests.browser.visit import PATIENCE_MS, PHONE

pytestmark = pytest.mark.browser

Asks = Callable[..., Any]


@pytest.fixture(scope="module")
def asks(running: Running) -> Asks:
    """The API of the running product, as an admin: what stands in the records."""
    token = running.command("token", "--role", "admin", "--as", "dana").strip().splitlines()[-1]

    def ask(path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        headers["idempotency-key"] = uuid4().hex
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{running.address}/api/v1/{path}", data, headers)) as answer:
            return json.load(answer)

    return ask


def test_a_connector_is_checked_switched_off_and_on_with_a_reason(comes: Comes, asks: Asks) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/connectors")
    database = page.locator("[data-connector=mongodb]")
    database.locator("[data-do=check]").click()
    expect(database).to_have_attribute("data-stands", "ok", timeout=PATIENCE_MS)
    expect(database.locator("[data-strip] span").first).to_be_visible()
    expect(database.locator("[data-do=disable]")).to_have_count(0)
    _until(page, lambda: any(one["what"] == "checked" and one["by"] for one in _history(asks, "mongodb")))

    fonnte = page.locator("[data-connector=fonnte]")
    expect(fonnte).to_have_attribute("data-stands", "not_configured")
    fonnte.locator("[data-do=disable]").click()
    fonnte.locator("textarea").fill("the account moves to another number")
    fonnte.locator("[data-sure=disable]").click()
    expect(fonnte).to_have_attribute("data-stands", "disabled", timeout=PATIENCE_MS)
    expect(fonnte.locator("[data-why]")).to_have_text("the account moves to another number")
    (kept,) = [one for one in asks("connectors/governance")["connectors"] if one["connector_key"] == "fonnte"]
    assert (kept["is_disabled"], kept["switched_by"]) == (True, "Dana")

    fonnte.locator("[data-do=enable]").click()
    fonnte.locator("textarea").fill("it has moved")
    fonnte.locator("[data-sure=enable]").click()
    expect(fonnte).to_have_attribute("data-stands", "not_configured", timeout=PATIENCE_MS)
    assert [one["what"] for one in _history(asks, "fonnte")] == ["enabled", "disabled"]
    assert grave(page) == []


def test_a_contradiction_is_reviewed_settled_and_lived_with(comes: Comes, asks: Asks) -> None:
    mark = uuid4().hex[:8]
    made = [
        asks(
            "contradictions",
            {
                "source_a": f"contract {mark} {n}",
                "claim_a": "we answer within a day",
                "source_b": "the page of prices",
                "claim_b": "نرد خلال ساعة",
                "severity": severity,
            },
        )["id"]
        for n, severity in enumerate(("critical", "high"))
    ]
    dana = comes("Dana", "admin")
    page = dana.opens("/console/en/contradictions")
    first, second = (page.locator(f"[data-contradiction='{name}']") for name in made)
    expect(first.locator(".side-claim")).to_have_count(2, timeout=PATIENCE_MS)

    first.locator("[data-do=review]").click()
    expect(first).to_have_attribute("data-status", "reviewing", timeout=PATIENCE_MS)
    first.locator("[data-do=resolve]").click()
    first.locator("textarea").fill("the contract was changed")
    first.locator("[data-sure=resolve]").click()
    expect(first).to_have_count(0, timeout=PATIENCE_MS)
    second.locator("[data-do=accept]").click()
    second.locator("textarea").fill("until the new contract")
    second.locator("[data-sure=accept]").click()
    expect(second).to_have_count(0, timeout=PATIENCE_MS)

    settled, lived_with = (asks(f"contradictions/{name}") for name in made)
    assert (settled["status"], settled["resolution"]) == ("resolved", "the contract was changed")
    assert (settled["resolved_by_name"], lived_with["status"]) == ("Dana", "accepted")
    assert lived_with["accepted_until"]
    page.locator("[data-tile=accepted]").click()
    expect(second).to_have_attribute("data-status", "accepted", timeout=PATIENCE_MS)
    page.locator("[data-do=scan]").click()
    expect(page.locator("[data-tile=settled] .tile-value")).not_to_have_text("0")
    assert grave(page) == []


@pytest.mark.parametrize("leaf", ["connectors", "contradictions"])
def test_in_arabic_on_a_phone_nothing_runs_over_and_nobody_is_kept_out(comes: Comes, leaf: str) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens(f"/console/{leaf}", size=PHONE, scheme="dark")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator(".tile").first).to_be_visible(timeout=PATIENCE_MS)
    assert not dana.scrolls_sideways()
    assert grave(page) == []


def test_whoever_may_only_look_finds_no_switch(comes: Comes) -> None:
    sami = comes("Sami", "approver")
    page = sami.opens("/console/en/connectors")
    switch = page.locator("[data-connector=green_api] [data-do=disable]")
    expect(switch).to_have_attribute("aria-disabled", "true", timeout=PATIENCE_MS)
    switch.click(force=True)
    expect(page.locator("textarea")).to_have_count(0)


def _history(asks: Asks, key: str) -> list[dict[str, Any]]:
    return asks(f"connectors/{key}/history")["history"]


def _until(page: Page, is_so: Callable[[], bool]) -> None:
    """The service looks by itself too; what was pressed is in the records a moment later."""
    deadline = time.monotonic() + PATIENCE_MS / 1_000
    while not is_so():
        assert time.monotonic() < deadline, "it never came to the records"
        page.wait_for_timeout(100)
