"""Who is let in to the workbench, as whom, and for how long."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote
from uuid import uuid4

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.mongo.store import MongoStore
from admin.console.doorway import VISITOR, Doorway
from admin.console.entrance import COOKIE
from bot.access import Keyring
from bot.access.opening import Who, open_desk
from bot.alerts import Alerts
from bot.audit import Audit
from bot.errors import BadRequest
from bot.people import Human
from bot.settings import Settings
from bot.tenant import Tenant

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class _Clock:
    """A notebook that knows only the time."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class _Trust:
    who: Who


@dataclass
class _House:
    keyring: Keyring
    tenants: dict[str, Tenant]
    store: MongoStore
    trust: _Trust
    notebook: _Clock
    simulated: object | None = field(default_factory=object)


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    """A page that says who came."""
    visitor = scope.get(VISITOR)
    told = f"{visitor.visitor.name} {visitor.role} {visitor.tenant_id}" if visitor else "somebody"
    await PlainTextResponse(told)(scope, receive, send)


async def _pages() -> ASGIApp:
    return _page


@pytest.fixture
def house(tmp_path: Path, store: MongoStore) -> _House:
    tenants = {name: Tenant(id=name, name=name.title(), channels=()) for name in ("acme", "oasis")}
    clock, new_id = _Clock(), lambda: uuid4().hex
    who = open_desk(
        settings=Settings(_env_file=None, DEALIX_WRONG_TRIES_LIMIT="8/minute"),  # type: ignore[call-arg]
        store=store,
        tenants=tenants,
        audit=Audit(store, clock.now, new_id),
        alerts=Alerts(store.alerts, clock.now, new_id),
        now=clock.now,
        new_id=new_id,
    )
    return _House(Keyring(tmp_path), tenants, store, _Trust(who), clock)


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


ADMIN = Human("cli:operator", "operator")


async def test_whoever_is_a_user_comes_in_as_that_user_whatever_the_link_says(house: _House) -> None:
    huda = await house.trust.who.users.add("acme", "Huda", frozenset({"executive"}), ADMIN)
    key = house.keyring.open_login("acme", "admin", "HUDA", NOW, "one")
    async with _from(house, FAR) as visitor:
        await visitor.post("/console/enter", data={"key": key})
        page = await visitor.get("/console/book")

    assert page.text == "Huda executive acme"
    assert huda.human == Human(f"user:{huda.id}", "Huda")


async def test_whoever_is_put_out_is_out_within_a_second_and_comes_in_by_no_door(house: _House) -> None:
    users = house.trust.who.users
    huda = await users.add("acme", "Huda", frozenset({"approver"}), ADMIN)
    async with _from(house, HERE) as visitor:
        key = house.keyring.open_login("acme", "approver", "Huda", NOW, "one")
        await visitor.post("/console/enter", data={"key": key})
        assert (await visitor.get("/console/book")).text == "Huda approver acme"

        await users.deactivate("acme", huda.id, ADMIN)
        house.notebook.at += timedelta(seconds=1)

        assert (await visitor.get("/console/book")).status_code == 303
        late = house.keyring.open_login("acme", "approver", "Huda", NOW, "two")
        assert (await visitor.post("/console/enter", data={"key": late})).status_code == 401
        said = await visitor.post("/console/hello", data=_hello(name="huda"))
        assert (said.status_code, "set-cookie" in said.headers) == (422, False)


async def test_other_roles_count_within_a_second(house: _House) -> None:
    users = house.trust.who.users
    huda = await users.add("acme", "Huda", frozenset({"rules_editor"}), ADMIN)
    async with _from(house, HERE) as visitor:
        await visitor.post("/console/hello", data=_hello(name="Huda", role="admin"))
        assert (await visitor.get("/console/book")).text == "Huda rules_editor acme"
        await users.set_roles("acme", huda.id, frozenset({"executive"}), ADMIN)
        house.notebook.at += timedelta(seconds=1)
        assert (await visitor.get("/console/book")).text == "Huda executive acme"


async def test_a_copied_cookie_opens_nothing_after_leaving(house: _House) -> None:
    async with _from(house, HERE) as visitor, _from(house, HERE) as thief:
        await visitor.post("/console/hello", data=_hello())
        copied = {"cookie": f"{COOKIE}={visitor.cookies[COOKIE]}"}
        assert (await thief.get("/console/book", headers=copied)).text == "Noura rules_editor acme"
        await visitor.post("/console/leave")
        house.notebook.at += timedelta(seconds=1)
        assert (await thief.get("/console/book", headers=copied)).status_code == 303


async def test_leaving_everywhere_ends_every_session_of_this_person_and_nobody_elses(house: _House) -> None:
    async with _from(house, HERE) as desk, _from(house, HERE) as phone, _from(house, HERE) as other:
        for visitor, name in ((desk, "Noura"), (phone, " noura "), (other, "Huda")):
            await visitor.post("/console/hello", data=_hello(name=name))
        house.notebook.at += timedelta(seconds=1)
        await desk.post("/console/leave", data={"everywhere": "yes"})
        house.notebook.at += timedelta(seconds=1)
        assert (await phone.get("/console/book")).status_code == 303
        assert (await other.get("/console/book")).text == "Huda rules_editor acme"
        await phone.post("/console/hello", data=_hello())
        assert (await phone.get("/console/book")).text == "Noura rules_editor acme"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_form_that_the_browser_calls_foreign_is_refused_though_it_names_no_origin(
    house: _House, site: str
) -> None:
    async with _from(house, HERE) as visitor:
        answer = await visitor.post("/console/hello", data=_hello(), headers={"sec-fetch-site": site})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_wrong_links_lock_an_address_out_and_the_audit_log_has_it_once(house: _House) -> None:
    async with _from(house, FAR) as visitor:
        answers = [await visitor.post("/console/enter", data={"key": f"wrong.{n}.key"}) for n in range(12)]
        good = house.keyring.open_login("acme", "admin", "Huda", NOW, "one")
        entered = await visitor.post("/console/enter", data={"key": good})

    assert [answer.status_code for answer in answers] == [401] * 8 + [429] * 4
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers[8:])
    assert "Too many wrong tries" in answers[-1].text
    assert entered.status_code == 303
    for tenant in ("acme", "oasis"):
        noted = await house.store.timeline.of_kind(
            tenant, "caller_locked_out", NOW - timedelta(days=1), NOW + timedelta(days=1), 10
        )
        assert [entry.entry.data["tried"] for entry in noted] == ["login_link"]
