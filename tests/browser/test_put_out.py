"""Somebody is put out while their page is open."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Comes, Running

pytestmark = pytest.mark.browser

# A look every two seconds, a second that lists are believed for, and a loaded machine.
OUT_WITHIN_MS = 10_000


@pytest.mark.parametrize("path", ["/console/en/versions", "/console/book"])
def test_whoever_is_put_out_is_out_of_an_open_page_within_seconds(
    comes: Comes, running: Running, path: str
) -> None:
    name = f"Khalid {uuid4().hex[:6]}"
    running.command("users", "add", name, "--role", "rules_editor")
    khalid = comes(name, "approver")
    page = khalid.opens(path)
    expect(page.locator("[data-role]")).to_have_attribute("data-role", "rules_editor")  # not what the form said

    running.command("users", "deactivate", name)

    page.wait_for_url("**/console/hello**", timeout=OUT_WITHIN_MS)


def test_whoever_leaves_everywhere_has_left_at_the_other_desk_too(comes: Comes) -> None:
    name = f"Layla {uuid4().hex[:6]}"
    desk, phone, other = comes(name), comes(name), comes(f"{name} junior")
    for analyst in (desk, phone, other):
        analyst.opens("/console/en/versions")

    desk.page.locator(".who summary").click()
    desk.page.locator("[data-leave-everywhere]").click()

    phone.page.wait_for_url("**/console/hello**", timeout=OUT_WITHIN_MS)
    other.page.reload()
    other.page.wait_for_selector(".workbench.opened")
