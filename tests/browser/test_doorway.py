"""Who may come in, asked of the running product."""

import json
import socket
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from admin.console.entrance import COOKIE
from bot.access import Keyring
from tests.browser.conftest import Comes, Running
from tests.browser.visit import Visit

pytestmark = pytest.mark.browser


def _get(product: str, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    url = urlsplit(product)
    connection = HTTPConnection("127.0.0.1", url.port, timeout=10)
    named = {"Host": url.netloc, **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request("GET", path, headers=named)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/", "/console/simulator"),
        ("/console", "/console/simulator"),
        ("/console/", "/console/simulator"),
        ("/simulator", "/console/simulator"),
        ("/simulator/?lead=966500000001", "/console/simulator?lead=966500000001"),
        ("/simulator/en", "/console/en/simulator"),
    ],
)
def test_the_front_door_and_old_addresses_lead_to_the_simulator(product: str, path: str, there: str) -> None:
    status, _, headers = _get(product, path)

    assert (status, headers["location"]) == (307, there)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Host": "evil.example"}, "a name that is not localhost"),
        ({"Host": "localhost.evil.example:80"}, "a name that is not localhost"),
        ({"X_Forwarded_For": "127.0.0.1"}, "This page opens on this machine only"),
        ({"Forwarded": "for=127.0.0.1"}, "This page opens on this machine only"),
        ({"Origin": "https://evil.example"}, "Another site tried to open"),
    ],
)
@pytest.mark.parametrize("path", ["/console/simulator", "/console/en/simulator"])
def test_a_stranger_reads_in_both_languages_why_not(
    product: str, path: str, headers: dict[str, str], said: str
) -> None:
    status, body, _ = _get(product, path, **headers)

    assert status == 403
    assert said in body
    assert any("\u0600" <= sign <= "\u06ff" for sign in body)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_the_machine_itself_is_let_in_by_each_of_its_names(product: str, name: str) -> None:
    status, _, headers = _get(product, "/console/simulator", Host=f"{name}:{urlsplit(product).port}")

    assert status == 200
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("Origin: http://localhost", b"101"),
        ("Origin: https://evil.example", b"403"),
        ("X-Forwarded-For: 10.0.0.1", b"403"),
    ],
    ids=["own", "foreign site", "forwarded"],
)
def test_the_socket_has_the_same_doorway(product: str, headers: str, expected: bytes) -> None:
    url = urlsplit(product)
    with socket.create_connection(("127.0.0.1", url.port), timeout=10) as wire:
        wire.sendall(
            "GET /console/_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
            f"Host: {url.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n\r\n".encode()
        )
        answer = wire.recv(1024)

    assert expected == answer.split(b" ")[1]


def test_the_page_itself_holds_nothing_of_a_conversation(visit: Visit) -> None:
    visit.opens()
    phone = visit.is_a_new_lead(name="سر لا يظهر")
    visit.says("كم السعر؟")
    visit.hears(1)

    _, body, _ = _get(visit.address, f"/console/simulator?lead={phone}")

    assert "سر لا يظهر" not in body
    assert json.dumps("كم السعر؟")[1:-1] not in body


def test_the_rest_of_the_product_keeps_its_own_doors(product: str) -> None:
    status, body, _ = _get(product, "/no-such-page", Host="evil.example")

    assert status == 404
    assert "message_ar" in json.loads(body)


def test_a_link_from_the_command_line_lets_in_once(running: Running, comes: Comes) -> None:
    printed = running.command("login", "هدى", "--role", "approver").strip()
    link = running.address + urlsplit(printed).path + "?" + urlsplit(printed).query
    huda = comes("هدى", "approver")
    huda.presses_a_link(link)

    expect(huda.page.locator("[data-visitor]")).to_have_text("هدى")
    expect(huda.page.locator("[data-role]")).to_have_attribute("data-role", "approver")

    status, body, _ = _get(running.address, urlsplit(link).path + "?" + urlsplit(link).query)
    assert (status, "هدى" in body) == (200, True)
    again = comes("لص")
    assert "لم يعد صالحًا" in again.presses_a_used_link(link)


def test_a_page_of_the_workbench_asks_who_comes_and_holds_nothing_of_the_tenant(running: Running) -> None:
    status, _, headers = _get(running.address, "/console/book")
    assert status == 303
    assert headers["location"].startswith("/console/hello?next=")

    token = Keyring(running.folder / "data" / "keys").open_session("default", "admin", "Noura", datetime.now(UTC))
    status, body, headers = _get(running.address, "/console/book", Cookie=f"{COOKIE}={token}")
    assert status == 200
    assert "names_a_later_time" not in body
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_socket_of_the_workbench_is_for_nobody_from_elsewhere(running: Running) -> None:
    url = urlsplit(running.address)
    with socket.create_connection(("127.0.0.1", url.port), timeout=10) as wire:
        wire.sendall(
            b"GET /console/_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
            b"Host: console.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://console.example\r\n\r\n"
        )
        assert wire.recv(1024).split(b" ")[1] == b"403"
