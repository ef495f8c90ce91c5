"""Signing in to the console at an identity provider, with a browser that follows every link."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from bot.people import Human
from tests.fakes.oidc import CLIENT_ID, CLIENT_SECRET, FakeOidc
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.clock import Clock
from tests.house.running import PATIENCE, running, settings_for

OPERATOR = Human("cli:operator", "operator")
BOOK = "/console/en/book"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def oidc():
    async with FakeOidc() as provider:
        yield provider


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def office(mongo_uri, tmp_path_factory, oidc):
    """A house whose console asks an identity provider; no phone is simulated."""
    async with FakeWhatsApp() as fake:
        settings = settings_for(
            fake.url,
            mongo_uri,
            f"sign_in_{uuid4().hex[:12]}",
            tmp_path_factory.mktemp("office"),
            DEALIX_OIDC_ISSUER=oidc.url,
            DEALIX_OIDC_CLIENT_ID=CLIENT_ID,
            DEALIX_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        )
        async with running(settings, fake, Clock()) as house:
            yield house


@pytest_asyncio.fixture(loop_scope="session")
async def browser(office, oidc):
    """A browser with cookies of its own, on another machine."""
    async with httpx.AsyncClient(
        base_url=office.http.base_url,
        timeout=PATIENCE,
        headers={"x-forwarded-for": f"203.0.113.{uuid4().int % 250}"},
    ) as client:
        yield client
    oidc.alters, oidc.calls_itself, oidc.signs_in = {}, "", {"sub": "u-1", "name": "Noura"}
    oidc.takes_codes_twice = False
    if oidc._server is None:
        await oidc.start()


@pytest_asyncio.fixture(loop_scope="session")
async def noura(office, oidc):
    """Somebody whom both know."""
    subject = f"noura-{uuid4().hex[:6]}"
    oidc.signs_in = {"sub": subject, "name": "Whatever they call her there"}
    name = f"Noura {subject[-6:]}"
    return await office.inside.trust.who.users.add(
        "default", name, frozenset({"approver"}), OPERATOR, issuer=oidc.url, subject=subject
    )


async def goes_to_the_provider(browser, there=BOOK):
    asked = await browser.get("/console/sign-in", params={"next": there})
    assert asked.status_code == 303
    return asked.headers["location"]


async def comes_back(browser, address):
    at_provider = await browser.get(address)
    assert at_provider.status_code == 302, at_provider.text
    return await browser.get(at_provider.headers["location"])


def session_of(office, browser):
    cookie = browser.cookies["dealix_console"]
    return office.inside.keyring.session(cookie, office.clock())


async def test_a_stranger_is_shown_the_way_and_comes_back_as_the_user_they_are(office, oidc, browser, noura):
    closed = await browser.get(BOOK)
    assert closed.status_code == 401
    assert "Sign in" in closed.text and "سجّل الدخول" in closed.text
    link = unescape(re.search(r'href="(/console/sign-in[^"]+)"', closed.text)[1])

    sent = await browser.get(link)
    entered = await comes_back(browser, sent.headers["location"])

    assert entered.status_code == 200
    assert f"url={BOOK}" in entered.text
    page = await browser.get(BOOK)
    assert page.status_code == 200
    session = await office.inside.trust.who.reception.visitor(session_of(office, browser))
    assert (session.visitor, session.roles) == (noura.human, {"approver"})


async def test_the_browser_carries_state_nonce_and_a_challenge_and_scripts_read_none_of_it(browser):
    sent = await browser.get("/console/sign-in")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    cookie = sent.headers["set-cookie"].lower()

    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert min(map(len, (asked["state"], asked["nonce"], asked["code_challenge"]))) >= 43
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/console/signed-in" in cookie
    assert CLIENT_SECRET not in sent.text + str(sent.headers)


@pytest.mark.parametrize(
    "alters",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": [CLIENT_ID, "somebody-else"]},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"sub": None},
        {"sub": "nobody-here"},
    ],
)
async def test_a_wrong_answer_of_the_provider_lets_nobody_in(oidc, browser, noura, alters):
    address = await goes_to_the_provider(browser)
    oidc.alters = alters
    refused = await comes_back(browser, address)

    assert refused.status_code == 401
    assert "You are not signed in" in refused.text
    assert "dealix_console" not in browser.cookies


async def test_an_answer_counts_once_and_only_in_the_browser_that_asked(office, oidc, browser, noura):
    oidc.takes_codes_twice = True  # a careless provider changes nothing
    answer = (await browser.get(await goes_to_the_provider(browser))).headers["location"]
    async with httpx.AsyncClient(base_url=office.http.base_url) as thief:
        assert (await thief.get(answer)).status_code == 401
        await thief.get("/console/sign-in")
        assert (await thief.get(answer)).status_code == 401
    kept = dict(browser.cookies)
    assert (await browser.get(answer)).status_code == 200

    async with httpx.AsyncClient(base_url=office.http.base_url, cookies=kept) as again:
        assert (await again.get(answer)).status_code == 401


async def test_after_ten_minutes_the_way_back_is_closed(office, browser, noura):
    address = await goes_to_the_provider(browser)
    office.clock.moves(timedelta(minutes=10))
    assert (await comes_back(browser, address)).status_code == 401


async def test_whoever_says_no_at_the_provider_is_told_what_to_do(browser):
    address = await goes_to_the_provider(browser)
    state = parse_qs(urlsplit(address).query)["state"][0]
    refused = await browser.get("/console/signed-in", params={"error": "access_denied", "state": state})

    assert refused.status_code == 401
    assert "Try again" in refused.text


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/console/sign-in", "/api/v1/users"]
)
async def test_the_way_on_never_leads_out_of_the_console(browser, noura, there):
    entered = await comes_back(browser, await goes_to_the_provider(browser, there))
    assert "url=/console/book" in entered.text


async def test_whoever_is_deactivated_does_not_come_back(office, browser, noura):
    await office.inside.trust.who.users.deactivate("default", noura.id, OPERATOR)
    assert (await comes_back(browser, await goes_to_the_provider(browser))).status_code == 401


async def test_while_the_provider_is_away_it_is_said_and_links_still_open(office, oidc, browser):
    address = await goes_to_the_provider(browser)
    answer = (await browser.get(address)).headers["location"]
    await oidc.stop()
    away = await browser.get(answer)
    key = office.inside.keyring.open_login("default", "admin", "Huda", office.clock(), uuid4().hex)
    entered = await browser.post("/console/enter", data={"key": key})

    assert (away.status_code, away.headers["retry-after"]) == (503, "60")
    assert "does not answer" in away.text
    assert entered.status_code == 303


async def test_an_id_token_opens_no_api(office, oidc, browser, noura):
    token = oidc.token(CLIENT_ID, sub=noura.subject)
    answer = await office.http.get("/api/v1/me", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
