"""Every page of the console, opened by one tenant with the ids of another: nothing of theirs is shown."""

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from admin.console.leaves import LEAVES
from bot.access import Keyring
from tests.browser.analyst import Analyst
from tests.browser.conftest import Running, _free_port, _start, _wait_until_ready

OWNER, NEIGHBOUR = "owner", "neighbour"
MARK = "سر-صاحب-المنشأة"

FILE = """
tenants:
  - {id: owner, name: Owner, channels: [{id: owner_phone, provider: simulated}]}
  - {id: neighbour, name: Neighbour, channels: [{id: neighbour_phone, provider: simulated}]}
"""

# Who sits before a page that is not for everybody.
FOR = {"approvals": "approver", "privacy": "dpo", "compliance": "dpo", "book": "rules_editor"}


class Street:
    """A Dealix with two tenants, of whom one has something of everything."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.keyring = Keyring(running.folder / "data" / "keys")
        self.ids: dict[str, str] = {}

    def posts(self, role: str, path: str, body: Any) -> Any:
        token = self.keyring.issue(OWNER, role, datetime.now(UTC), timedelta(hours=1), f"{role}-x")
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": uuid4().hex,
        }
        request = Request(self.running.address + path, json.dumps(body).encode(), headers, method="POST")
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def lets_in(self, browser: Browser, tenant: str, role: str) -> Analyst:
        key = self.keyring.open_login(tenant, role, f"One of {tenant}", datetime.now(UTC), uuid4().hex)
        person = Analyst(browser, self.running.address, f"One of {tenant}", role)
        person.presses_a_link(f"{self.running.address}/console/enter?key={key}")
        return person

    def settles_in(self) -> None:
        lead = {"phone": "966555000222", "company": MARK, "message": "حولت المبلغ"}
        reported = self.posts("service", "/os/process-and-act", lead)
        self.ids["conversation"] = reported.get("conversation_id", "")
        change = self.posts("rules_editor", "/api/v1/rules/changes", {"title": MARK})
        scan = self.posts("dpo", "/api/v1/compliance/scan", {})
        pack = {"type": "compliance_audit", "entity_id": scan.get("id") or scan["scan_id"]}
        made = self.posts("admin", "/api/v1/evidence-packs/assemble", pack)
        wish = {"kind": "access", "contact": "966555000222", "note": MARK}
        request = self.posts("dpo", "/api/v1/data-requests", wish)
        self.ids |= {"change": change["id"], "pack": made["pack_id"]}
        self.ids |= {"request": request.get("id") or request["request_id"]}


@pytest.fixture(scope="module")
def street() -> Iterator[Street]:
    with tempfile.TemporaryDirectory(prefix="dealix-neighbours-") as folder:
        place, port = Path(folder), _free_port()
        (place / "tenants.yml").write_text(FILE, encoding="utf-8")
        (place / ".env").write_text("DEALIX_TENANTS_FILE=tenants.yml\n", encoding="utf-8")
        process = _start(place, port)
        try:
            _wait_until_ready(process, port)
            street = Street(Running(f"http://localhost:{port}", process.pid, place))
            street.settles_in()
            yield street
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.mark.parametrize("leaf", [leaf.name for leaf in LEAVES])
def test_a_page_shows_nothing_of_another_tenant(street: Street, browser: Browser, leaf: str) -> None:
    person = street.lets_in(browser, NEIGHBOUR, FOR.get(leaf, "admin"))
    everything = {
        **dict.fromkeys(("conversation", "show", "line"), street.ids["conversation"]),
        **dict.fromkeys(("change", "page"), street.ids["change"]),
        **dict.fromkeys(("pack", "approval", "control"), street.ids["pack"]),
        "edition": "1",
    }
    for asked in ("", f"?{urlencode(everything)}", f"?{urlencode({'show': street.ids['request']})}"):
        page = person.opens(f"/console/{leaf}{asked}")
        page.wait_for_timeout(700)
        seen = page.content()
        assert MARK not in seen, asked
        assert "966555000222" not in seen, asked
    person.leaves()


def test_its_owner_reads_it(street: Street, browser: Browser) -> None:
    """The walk would also be green before pages that show nothing to anybody."""
    person = street.lets_in(browser, OWNER, "rules_editor")

    page = person.opens(f"/console/book?change={street.ids['change']}")
    page.wait_for_timeout(1_500)
    changes = page.content()
    person.leaves()

    assert MARK in changes
