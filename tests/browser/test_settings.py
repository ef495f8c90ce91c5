"""The page of settings: a key that works until it is revoked, a user who is in until disabled, and who may."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from bot.access.user import User
from bot.tenants import DEFAULT_TENANT
from tests.browser.axe import grave
from tests.browser.conftest import Comes, Running
from tests.browser.desk import Desk
from tests.browser.visit import PATIENCE_MS, PHONE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(running: Running) -> Desk:
    return Desk(running)


def _status(desk: Desk, path: str, token: str) -> int:
    """What the API answers to a key."""
    asked = Request(f"{desk.running.address}/api/v1/{path}", headers={"authorization": f"Bearer {token}"})
    try:
        with urlopen(asked, timeout=30) as answer:
            json.load(answer)
            return answer.status
    except HTTPError as refused:
        with refused:
            return refused.code


def _stored(desk: Desk, name: str) -> User:
    people = desk.asks(lambda store: store.users.read(DEFAULT_TENANT))
    (found,) = [user for user in people.users if user.name == name]
    return found


def _adds(page: Page, name: str, *roles: str) -> None:
    page.locator("[data-new-name]").fill(name)
    for role in roles:
        page.locator(f"[data-new-role][value={role}]").check()
    page.locator("[data-add-user]").click()


def test_a_key_is_shown_once_opens_its_scope_and_is_refused_once_revoked(comes: Comes, desk: Desk) -> None:
    page = comes("Dana", "admin").opens("/console/en/settings?show=keys")
    name = f"reports {uuid4().hex[:6]}"
    page.locator("[data-key-name]").fill(name)
    page.locator("[data-key-role][value=service]").uncheck()
    page.locator("[data-key-role][value=executive]").check()
    page.locator("[data-key-scope][value=limits]").check()
    page.locator("[data-make-key]").click()
    token = page.locator("[data-secret-text]").inner_text()
    card = page.locator("[data-key-id]").filter(has_text=name)

    assert _status(desk, "limits", token) == 200
    assert _status(desk, "deals/board", token) == 403  # not among its scopes
    assert grave(page) == []
    page.locator("[data-put-away]").click()
    expect(page.locator("[data-secret]")).to_have_count(0)
    assert token not in page.content()

    card.locator("[data-do=revoke]").click()
    assert _status(desk, "limits", token) == 200  # asked, not done
    card.locator("[data-sure=revoke]").click()
    expect(card).to_have_attribute("data-stands", "revoked", timeout=PATIENCE_MS)
    assert _status(desk, "limits", token) == 401
    expect(card.locator("[data-do]")).to_have_count(0)


def test_somebody_is_added_given_roles_disabled_and_enabled(comes: Comes, desk: Desk) -> None:
    page = comes("Dana", "admin").opens("/console/en/settings")
    name = f"Salma {uuid4().hex[:6]}"
    _adds(page, name)  # a user without a role may do nothing, so there is none
    expect(page.locator(".toast-bad")).to_be_visible()
    _adds(page, name, "agent")
    card = page.locator("[data-user]").filter(has_text=name)
    expect(card.locator("[data-role]")).to_have_count(1)

    card.locator("[data-do=roles]").click()
    card.locator("[data-role-of][value=approver]").check()
    card.locator("[data-sure=roles]").click()
    expect(card.locator("[data-role=approver]")).to_be_visible()
    assert _stored(desk, name).roles == {"agent", "approver"}

    card.locator("[data-do=deactivate]").click()
    assert _stored(desk, name).is_active  # asked, not done
    card.locator("[data-sure=deactivate]").click()
    expect(card).to_have_attribute("data-active", "no", timeout=PATIENCE_MS)
    assert not _stored(desk, name).is_active
    assert grave(page) == []
    card.locator("[data-do=activate]").click()
    expect(card).to_have_attribute("data-active", "yes", timeout=PATIENCE_MS)
    assert _stored(desk, name).is_active


def test_whoever_is_no_admin_reads_what_the_api_lets_them_read(comes: Comes) -> None:
    page = comes("Sami", "approver").opens("/console/en/settings?show=people")
    expect(page.locator("[data-state=empty]")).to_contain_text("Admin", timeout=PATIENCE_MS)
    page.locator("[data-tile=keys]").click()
    expect(page.locator("[data-tile=keys]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-user], [data-key-id], [data-new-user], [data-new-key]")).to_have_count(0)
    expect(page.locator("[data-tile=limits] .tile-value")).to_have_text("Closed")
    page.locator("[data-tile=settled]").click()
    expect(page.locator("[data-setting=autonomy] [data-value]")).to_have_text("Safe replies leave by themselves")
    expect(page.locator("[data-group-of=installation]")).to_have_count(0)


def test_what_is_in_force_says_where_it_is_changed_in_arabic_on_a_phone(comes: Comes) -> None:
    dana = comes("Dana", "admin")
    page = dana.opens("/console/settings?show=settled", size=PHONE, scheme="dark")
    expect(page.locator("[data-setting=autonomy]")).to_contain_text("DEALIX_AUTONOMY", timeout=PATIENCE_MS)
    expect(page.locator("[data-group-of=quiet] [data-where]")).to_contain_text("policies/quiet_hours.yml")
    expect(page.locator("[data-setting=database] [data-value]")).to_have_text("مدمجة في مجلد البيانات")
    expect(page.locator("[data-setting=data_dir]")).to_contain_text("DEALIX_DATA_DIR")
    assert not dana.scrolls_sideways()
    assert grave(page) == []
    page.locator("[data-tile=limits]").click()
    expect(page.locator("[data-setting=used]")).to_contain_text("WHATSAPP_DAILY_LIMIT")
    assert not dana.scrolls_sideways()
    assert grave(page, within=".settings") == []  # the bar of the framework may still run above it
