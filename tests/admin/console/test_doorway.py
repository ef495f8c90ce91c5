"""The doorway by itself: what it says before there is a house, and when there is no simulated phone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from admin.console.doorway import Doorway, why_not


@dataclass(frozen=True)
class _House:
    simulated: object | None


async def _pages() -> ASGIApp:
    return PlainTextResponse("the simulator")


@asynccontextmanager
async def _visitor(house: _House | None, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    doorway = Doorway(PlainTextResponse("the product"), lambda: house, _pages)
    transport = httpx.ASGITransport(doorway, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        yield client


async def test_while_the_house_starts_the_page_says_so_and_asks_again() -> None:
    async with _visitor(None) as visitor:
        answer = await visitor.get("/console/simulator")

    assert answer.status_code == 503
    assert "Dealix is starting" in answer.text
    assert "Dealix يبدأ الآن" in answer.text
    assert 'http-equiv="refresh"' in answer.text


async def test_with_a_real_provider_the_page_says_why_it_is_off_and_how_to_have_it() -> None:
    async with _visitor(_House(simulated=None)) as visitor:
        answer = await visitor.get("/console/simulator")

    assert answer.status_code == 403
    assert "DEALIX_SIMULATOR=on" in answer.text
    assert "المحاكاة مغلقة" in answer.text


async def test_another_machine_is_refused_whatever_it_claims() -> None:
    async with _visitor(_House(simulated=object()), address="10.1.2.3") as visitor:
        answer = await visitor.get("/console/simulator")

    assert answer.status_code == 403
    assert "on this machine only" in answer.text
    assert "http://localhost:8080/console/simulator" in answer.text


async def test_this_machine_is_let_in_and_nothing_may_load_from_elsewhere() -> None:
    async with _visitor(_House(simulated=object())) as visitor:
        answer = await visitor.get("/console/simulator")

    assert (answer.status_code, answer.text) == (200, "the simulator")
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/healthz", "/webhooks/green", "/simulators", "/consoles", "/console.js"])
async def test_other_addresses_pass_untouched_from_anywhere(path: str) -> None:
    async with _visitor(None, address="10.1.2.3") as visitor:
        answer = await visitor.get(path)

    assert (answer.status_code, answer.text) == (200, "the product")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1"])
@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "LOCALHOST:8080"])
def test_loopback_under_its_own_names_is_welcome(address: str, host: str) -> None:
    assert why_not(address, Headers({"host": host})) == ""


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1"])
def test_any_other_name_is_refused(host: str) -> None:
    assert why_not("127.0.0.1", Headers({"host": host})) == "foreign_name"


@pytest.mark.parametrize("address", ["", "10.0.0.1", "192.168.1.5", "::ffff:10.0.0.1", "not an address"])
def test_any_other_address_is_refused(address: str) -> None:
    assert why_not(address, Headers({"host": "localhost"})) == "from_elsewhere"
