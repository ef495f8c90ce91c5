"""Who is let in to the workbench, as whom, and for how long."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from admin.console.doorway import VISITOR, Doorway
from admin.console.entrance import COOKIE
from bot.access import Keyring
from bot.errors import BadRequest
from bot.tenant import Tenant

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class _Clock:
    """A notebook that knows only the time."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class _Marks:
    """What was seen, in memory."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    async def first_time(self, kind: str, key: str, now: datetime) -> bool:
        is_new = (kind, key) not in self._seen
        self._seen.add((kind, key))
        return is_new


@dataclass
class _Store:
    marks: _Marks = field(default_factory=_Marks)
    unreachable: tuple[type[Exception], ...] = ()


@dataclass
class _House:
    keyring: Keyring
    tenants: dict[str, Tenant]
    simulated: object | None = field(default_factory=object)
    notebook: _Clock = field(default_factory=_Clock)
    store: _Store = field(default_factory=_Store)


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that says who came."""
    visitor = scope.get(VISITOR)
    told = f"{visitor.visitor.name} {visitor.role} {visitor.tenant_id}" if visitor else "somebody"
    await PlainTextResponse(told)(scope, receive, send)


async def _pages() -> ASGIApp:
    return _page


@pytest.fixture
def house(tmp_path: Path) -> _House:
    tenants = {name: Tenant(id=name, name=name.title(), channels=()) for name in ("acme", "oasis")}
    return _House(Keyring(tmp_path), tenants)


HERE = ("127.0.0.1", "http://localhost:8080")
FAR = ("10.1.2.3", "https://console.example")


@asynccontextmanager
async def _from(house: _House, where: tuple[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    address, base = where
    doorway = Doorway(PlainTextResponse("the product"), lambda: house, _pages)  # type: ignore[arg-type, return-value]
    transport = httpx.ASGITransport(doorway, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        yield client


def _hello(**fields: str) -> dict[str, str]:
    return {"name": "Noura", "role": "rules_editor", "tenant": "acme", "next": "/console/versions", **fields}


async def test_on_this_machine_a_visitor_is_asked_who_they_are_and_comes_back_to_where_they_wanted(
    house: _House,
) -> None:
    async with _from(house, HERE) as visitor:
        asked = await visitor.get("/console/en/book?page=a%26b")
        assert asked.status_code == 303
        assert unquote(asked.headers["location"]) == "/console/hello?next=/console/en/book?page=a%26b"
        form = await visitor.get(asked.headers["location"])
        assert "Who are you?" in form.text
        entered = await visitor.post("/console/hello", data=_hello(next="/console/en/book?page=a%26b"))
        assert (entered.status_code, entered.headers["location"]) == (303, "/console/en/book?page=a%26b")
        page = await visitor.get("/console/en/book")

    assert page.text == "Noura rules_editor acme"


async def test_the_cookie_is_for_no_script_and_no_other_site_and_over_tls_only_for_tls(house: _House) -> None:
    async with _from(house, HERE) as visitor:
        plain = (await visitor.post("/console/hello", data=_hello())).headers["set-cookie"].lower()
    key = house.keyring.open_login("acme", "admin", "Huda", NOW, "one")
    async with _from(house, FAR) as visitor:
        secure = (await visitor.post("/console/enter", data={"key": key})).headers["set-cookie"].lower()

    for cookie in (plain, secure):
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/console" in cookie
    assert "secure" not in plain
    assert "secure" in secure


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "\u202enimda"},
        {"name": "…"},
        {"name": "n" * 61},
        {"role": "emperor"},
        {"role": "service"},
        {"role": ""},
        {"tenant": "nobody"},
    ],
)
async def test_a_name_that_is_none_or_a_role_that_nobody_has_is_asked_again(
    house: _House, fields: dict[str, str]
) -> None:
    async with _from(house, HERE) as visitor:
        answer = await visitor.post("/console/hello", data=_hello(**fields))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_what_was_typed_comes_back_as_text_and_never_as_markup(house: _House) -> None:
    async with _from(house, HERE) as visitor:
        answer = await visitor.post("/console/hello", data=_hello(name='"><script>x</script>', role="?"))

    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/",
        "//evil.example",
        "/console/../admin\\x",
        "/",
        "/console/leave",
        "javascript:alert(1)",
    ],
)
async def test_the_way_on_never_leads_out_of_the_console(house: _House, there: str) -> None:
    async with _from(house, HERE) as visitor:
        answer = await visitor.post("/console/hello", data=_hello(next=there))

    assert answer.headers["location"] == "/console/book"


async def test_a_name_is_one_person_however_it_is_typed(house: _House) -> None:
    spellings = ["Noura", " noura ", "NOURA"]
    sessions = [
        house.keyring.session(house.keyring.open_session("acme", "admin", name, NOW), NOW) for name in spellings
    ]

    assert len({session.visitor.id for session in sessions}) == 1


async def test_from_elsewhere_nobody_is_believed_by_name(house: _House) -> None:
    async with _from(house, FAR) as visitor:
        for path in ("/console/book", "/console/hello", "/console/map"):
            answer = await visitor.get(path)
            assert answer.status_code == 401
            assert "dealix login" in answer.text
        posted = await visitor.post("/console/hello", data=_hello())

    assert posted.status_code == 401
    assert "set-cookie" not in posted.headers


async def test_where_messages_reach_real_people_a_name_is_not_enough_on_this_machine_either(
    house: _House,
) -> None:
    house.simulated = None
    async with _from(house, HERE) as visitor:
        page = await visitor.get("/console/book")
        posted = await visitor.post("/console/hello", data=_hello())

    assert (page.status_code, posted.status_code) == (401, 401)
    assert "dealix login" in page.text


async def test_a_link_lets_in_once_and_looking_at_it_uses_nothing_up(house: _House) -> None:
    key = house.keyring.open_login("oasis", "approver", "Faisal", NOW, "one")
    async with _from(house, FAR) as visitor:
        for _ in range(3):
            seen = await visitor.get("/console/enter", params={"key": key})
            assert seen.status_code == 200
            assert "Faisal" in seen.text
            assert "set-cookie" not in seen.headers
        entered = await visitor.post("/console/enter", data={"key": key})
        page = await visitor.get("/console/book")
        again = await visitor.post("/console/enter", data={"key": key})

    assert entered.status_code == 303
    assert page.text == "Faisal approver oasis"
    assert again.status_code == 401
    assert "set-cookie" not in again.headers


async def test_a_link_is_too_old_after_ten_minutes_and_a_session_after_twelve_hours(house: _House) -> None:
    key = house.keyring.open_login("acme", "admin", "Huda", NOW, "one")
    late = house.keyring.open_login("acme", "admin", "Huda", NOW - timedelta(minutes=10), "two")
    async with _from(house, FAR) as visitor:
        assert (await visitor.post("/console/enter", data={"key": late})).status_code == 401
        await visitor.post("/console/enter", data={"key": key})
        house.notebook.at = NOW + timedelta(hours=12, seconds=-1)
        assert (await visitor.get("/console/book")).status_code == 200
        house.notebook.at = NOW + timedelta(hours=12)
        assert (await visitor.get("/console/book")).status_code == 401


async def test_a_token_opens_its_own_door_only(house: _House, tmp_path: Path) -> None:
    foreign = Keyring(tmp_path / "other").open_session("acme", "admin", "Eve", NOW)
    keys = [
        house.keyring.issue("acme", "admin", NOW, timedelta(hours=1)),
        house.keyring.open_login("acme", "admin", "Eve", NOW, "one"),
        house.keyring.open_session("gone", "admin", "Eve", NOW),
        foreign,
        "",
        "x.y.z",
    ]
    async with _from(house, FAR) as visitor:
        for key in keys:
            answer = await visitor.get("/console/book", headers={"cookie": f"{COOKIE}={key}"})
            assert answer.status_code == 401
        session = house.keyring.open_session("acme", "admin", "Eve", NOW)
        assert (await visitor.post("/console/enter", data={"key": session})).status_code == 401


@pytest.mark.parametrize("path", ["/console/hello", "/console/enter", "/console/book", "/console/leave"])
async def test_the_form_of_another_site_is_refused_in_anybodys_name(house: _House, path: str) -> None:
    token = house.keyring.open_session("acme", "admin", "Huda", NOW)
    for where in (HERE, FAR):
        async with _from(house, where) as visitor:
            answer = await visitor.post(
                path,
                data=_hello(),
                headers={"origin": "https://evil.example", "cookie": f"{COOKIE}={token}"},
            )
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_our_own_form_is_told_from_a_forged_one_behind_a_proxy_too(house: _House) -> None:
    key = house.keyring.open_login("acme", "admin", "Huda", NOW, "one")
    proxied = {
        "origin": "https://console.example",
        "host": "127.0.0.1:8080",
        "x-forwarded-host": "console.example",
        "x-forwarded-proto": "https",
    }
    async with _from(house, HERE) as visitor:
        answer = await visitor.post("/console/enter", data={"key": key}, headers=proxied)

    assert answer.status_code == 303
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_whoever_leaves_is_nobody_again(house: _House) -> None:
    async with _from(house, HERE) as visitor:
        await visitor.post("/console/hello", data=_hello())
        assert (await visitor.get("/console/book")).text == "Noura rules_editor acme"
        await visitor.get("/console/leave")
        assert (await visitor.get("/console/book")).text == "Noura rules_editor acme"
        await visitor.post("/console/leave")
        assert (await visitor.get("/console/book")).status_code == 303


async def test_a_form_larger_than_any_of_ours_is_not_read(house: _House) -> None:
    async with _from(house, HERE) as visitor:
        answer = await visitor.post("/console/hello", data=_hello(name="n" * 20_000))

    assert answer.status_code == 413


async def test_a_link_in_another_page_is_opened_once_more_as_a_visit_of_our_own(house: _House) -> None:
    """The browser keeps a strict cookie back while a foreign page leads here."""
    async with _from(house, FAR) as visitor:
        answer = await visitor.get("/console/versions", headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 200
    assert 'http-equiv="refresh"' in answer.text


async def test_the_simulator_is_closed_to_another_machine_whoever_asks(house: _House) -> None:
    token = house.keyring.open_session("acme", "admin", "Huda", NOW)
    async with _from(house, FAR) as visitor:
        answer = await visitor.get("/console/simulator", headers={"cookie": f"{COOKIE}={token}"})

    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["", "\n", "a\u0000b", "\u200f"])
def test_a_login_is_not_made_for_nobody(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest):
        Keyring(tmp_path).open_login("acme", "admin", name, NOW, "one")


def test_a_login_is_not_made_for_a_role_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="emperor"):
        Keyring(tmp_path).open_login("acme", "emperor", "Eve", NOW, "one")
