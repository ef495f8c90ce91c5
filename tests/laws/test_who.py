"""Who may come in, as whom, and for how long: tokens of a provider, keys of machines, users, and limits."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from unicodedata import normalize
from uuid import uuid4

import jwt
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute, iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st

from bot.access import MACHINE_ROLES, OutOfScope, Unauthenticated
from bot.access.machine_keys import FOR_EVERYBODY, SCOPES, MachineKeys, require_scope
from bot.access.turnstile import network_of
from bot.access.users import BadCode, Taken
from bot.people import Human
from bot.web.caller import groups_of
from tests.fakes.oidc import CLIENT_ID, CLIENT_SECRET, FakeOidc
from tests.fakes.oidc.server import new_pair
from tests.fakes.whatsapp import FakeWhatsApp
from tests.house.clock import Clock
from tests.house.running import running, settings_for

API = "dealix-api-at-the-provider"
TENANTS = """
tenants:
  - {id: default, name: Default, channels: [{id: sim, provider: simulated}]}
  - {id: rival, name: Rival, channels: [{id: rival-sim, provider: simulated}]}
"""
OPERATOR = Human("cli:operator", "operator")
numbers = count(1)


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def oidc():
    async with FakeOidc() as provider:
        yield provider


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def office(mongo_uri, tmp_path_factory, oidc):
    """A house with two tenants and an identity provider."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "tenants.yml").write_text(TENANTS, encoding="utf-8")
    async with FakeWhatsApp() as fake:
        settings = settings_for(
            fake.url,
            mongo_uri,
            f"who_{uuid4().hex[:12]}",
            folder,
            DEALIX_TENANTS_FILE=folder / "tenants.yml",
            DEALIX_OIDC_ISSUER=oidc.url,
            DEALIX_OIDC_CLIENT_ID=CLIENT_ID,
            DEALIX_OIDC_CLIENT_SECRET=CLIENT_SECRET,
            DEALIX_OIDC_AUDIENCE=API,
            DEALIX_OIDC_TENANT_CLAIM="tenant",
            DEALIX_OIDC_ROLES_CLAIM="realm_access.roles",
            DEALIX_REQUESTS_LIMIT="60/minute",
            DEALIX_WRONG_TRIES_LIMIT="10/minute",
        )
        async with running(settings, fake, Clock()) as house:
            yield house


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def _provider_is_well(oidc):
    """Each test finds a provider that behaves."""
    yield
    oidc.lists, oidc.alters, oidc.calls_itself, oidc.is_slow = [], {}, "", 0.0
    oidc.signs_in = {"sub": "u-1", "name": "Noura"}
    if oidc._server is None:
        await oidc.start()


@pytest.fixture
def address():
    """Where this test calls from; a proxy on this machine says so."""
    return f"203.0.113.{next(numbers) % 250}"


@pytest.fixture
def ask(office, address):
    """Ask with a bearer token."""

    async def call(token, path="/api/v1/me", method="GET", json=None, address=address):
        headers = {"x-forwarded-for": address}
        if token:
            headers["authorization"] = f"Bearer {token}".encode("latin-1")
        return await office.http.request(method, path, json=json, headers=headers)

    return call


@pytest.fixture
def admin(office, ask):
    """An admin of a tenant; each test has one of its own, so that nobody's requests are counted for another."""
    name = f"Admin {next(numbers)}"

    async def call(path, method="GET", json=None, tenant="default"):
        now = datetime.now(UTC)
        token = office.inside.keyring.issue(tenant, "admin", now, timedelta(hours=1), name)
        return await ask(token, path, method, json)

    return call


def local(office, role, name="", tenant="default"):
    return office.inside.keyring.issue(tenant, role, datetime.now(UTC), timedelta(hours=1), name)


def someone(base="Noura"):
    return f"{base} {next(numbers)}"


def a_second_passes(office):
    office.clock.moves(timedelta(seconds=1))


# Tokens of an identity provider

GRANTED = {"tenant": "default", "realm_access": {"roles": ["approver", "offline_access"]}}


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_token_of_the_provider_opens_what_its_claims_say(office, oidc, ask, algorithm):
    office.clock.moves(timedelta(seconds=11))
    oidc.rotates(algorithm)
    answer = await ask(oidc.token(API, sub="lena", name="Lena", **GRANTED))

    assert answer.status_code == 200
    assert answer.json() == {
        "id": "oidc:lena",
        "name": "Lena",
        "tenant_id": "default",
        "roles": ["approver"],
        "scopes": None,
    }
    office.clock.moves(timedelta(seconds=11))
    oidc.rotates("RS256")


def _unsigned(oidc):
    head, body, _ = oidc.token(API, **GRANTED).split(".")
    claims = jwt.decode(f"{head}.{body}.", options={"verify_signature": False})
    return jwt.encode(claims, None, algorithm="none", headers={"kid": oidc.key.kid})


def _signed_with_the_public_key(oidc):
    """The oldest trick: the public key as if it were a shared secret."""

    def part(tree):
        return base64.urlsafe_b64encode(json.dumps(tree).encode()).rstrip(b"=")

    now = int(time.time())
    claims = {"iss": oidc.url, "aud": API, "sub": "x", "iat": now, "exp": now + 60, **GRANTED}
    signed = part({"alg": "HS256", "typ": "JWT", "kid": oidc.key.kid}) + b"." + part(claims)
    return (signed + b"." + base64.urlsafe_b64encode(hmac.digest(oidc.key.pem, signed, hashlib.sha256))).decode()


def _tampered(oidc):
    head, _, signature = oidc.token(API, **GRANTED).split(".")
    other = oidc.token(API, **{**GRANTED, "tenant": "rival"}).split(".")[1]
    return f"{head}.{other}.{signature}"


HOUR = 3600
FORGED = {
    "no algorithm": _unsigned,
    "public key as a secret": _signed_with_the_public_key,
    "tampered": _tampered,
    "another key under our key's name": lambda o: o.token(API, new_pair(o.key.kid), **GRANTED),
    "an algorithm that is not ours": lambda o: jwt.encode(
        {"iss": o.url, "aud": API, "sub": "x", "iat": 1, "exp": time.time() + 9, **GRANTED},
        o.key.private,
        algorithm="RS512",
        headers={"kid": o.key.kid},
    ),
    "an id token": lambda o: o.token(CLIENT_ID, **GRANTED),
    "another audience": lambda o: o.token("somebody-else", **GRANTED),
    "another issuer": lambda o: o.token(API, iss="https://evil.example", **GRANTED),
    "expired": lambda o: o.token(API, exp=int(time.time()) - HOUR, **GRANTED),
    "not yet": lambda o: o.token(API, nbf=int(time.time()) + HOUR, **GRANTED),
    "issued tomorrow": lambda o: o.token(API, iat=int(time.time()) + 24 * HOUR, **GRANTED),
    "without an end": lambda o: o.token(API, exp=None, **GRANTED),
    "without a subject": lambda o: o.token(API, sub=None, **GRANTED),
    "without an audience": lambda o: o.token(None, **GRANTED),
    "without an issuer": lambda o: o.token(API, iss=None, **GRANTED),
    "a role that nobody has": lambda o: o.token(API, tenant="default", realm_access={"roles": ["emperor"]}),
    "no role": lambda o: o.token(API, tenant="default"),
    "a tenant that is not here": lambda o: o.token(API, **{**GRANTED, "tenant": "gone"}),
    "no tenant": lambda o: o.token(API, realm_access={"roles": ["admin"]}),
    "a tenant that is no text": lambda o: o.token(API, **{**GRANTED, "tenant": {"$ne": ""}}),
    "an expiry that is no number": lambda o: o.token(API, exp="tomorrow", **GRANTED),
    "too long": lambda o: o.token(API, padding="x" * 20_000, **GRANTED),
    "not a token": lambda o: "a.b.c",
    "letters that are none": lambda o: "é.ü.ß",
}


@pytest.mark.parametrize("kind", sorted(FORGED))
async def test_a_forged_token_opens_nothing_and_is_never_repeated(office, oidc, ask, capfd, kind):
    token = FORGED[kind](oidc)
    answer = await ask(token)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"
    assert answer.json()["message_ar"] != answer.json()["message_en"]
    assert token not in answer.text
    assert token not in "".join(capfd.readouterr())


async def test_a_secret_or_a_weak_key_in_the_providers_list_is_no_key(office, oidc, ask):
    weak = new_pair("weak", bits=1024)
    secret = {
        "kty": "oct",
        "kid": "secret",
        "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA",
        "alg": "HS256",
    }
    sealing = new_pair("sealing")
    oidc.lists = [
        secret,
        weak.public,
        {**sealing.public, "use": "enc"},
        {"kty": "RSA", "kid": "broken"},
        "no key",
        {},
    ]
    office.clock.moves(timedelta(minutes=11))

    assert (await ask(oidc.token(API, **GRANTED))).status_code == 200
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        by_weak = oidc.token(API, weak, **GRANTED)
    assert (await ask(by_weak)).status_code == 401
    assert (await ask(oidc.token(API, sealing, **GRANTED))).status_code == 401


async def test_a_new_key_is_looked_up_but_not_for_everybody_who_invents_one(office, oidc, ask):
    office.clock.moves(timedelta(minutes=11))
    assert (await ask(oidc.token(API, **GRANTED))).status_code == 200
    office.clock.moves(timedelta(seconds=11))
    old = oidc.rotates()
    before = oidc.calls["keys"]

    assert (await ask(oidc.token(API, **GRANTED))).status_code == 200
    assert (await ask(oidc.token(API, old, **GRANTED))).status_code == 401
    for _ in range(5):
        assert (await ask(oidc.token(API, new_pair("invented"), **GRANTED))).status_code == 401
    assert oidc.calls["keys"] == before + 1


async def test_while_the_provider_hangs_whoever_has_a_known_key_hardly_waits_and_it_is_asked_once(
    office, oidc, ask
):
    office.clock.moves(timedelta(minutes=11))
    token = oidc.token(API, **GRANTED)
    assert (await ask(token)).status_code == 200
    office.clock.moves(timedelta(minutes=11))
    oidc.is_slow, before = 3.0, oidc.calls["keys"]
    began = time.monotonic()
    answers = await asyncio.gather(*(ask(token) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert time.monotonic() - began < 2.5
    assert oidc.calls["keys"] == before + 1


async def test_while_the_provider_is_away_known_keys_go_on_and_unknown_ones_are_not_called_wrong(
    office, oidc, ask
):
    office.clock.moves(timedelta(minutes=11))
    token = oidc.token(API, **GRANTED)
    assert (await ask(token)).status_code == 200
    old = oidc.key
    await oidc.stop()
    office.clock.moves(timedelta(hours=2))

    assert (await ask(token)).status_code == 200
    oidc.rotates()
    unknown = await ask(oidc.token(API, **GRANTED))
    assert (unknown.status_code, unknown.json()["code"]) == (503, "identity_provider_away")
    assert int(unknown.headers["retry-after"]) > 0
    office.clock.moves(timedelta(hours=23))
    assert (await ask(token)).status_code == 503  # a withdrawn key must not live for ever
    await oidc.start()
    office.clock.moves(timedelta(seconds=11))
    assert (await ask(oidc.token(API, **GRANTED))).status_code == 200
    assert (await ask(oidc.token(API, old, **GRANTED))).status_code == 401


async def test_our_own_tokens_do_not_need_the_provider(office, oidc, ask):
    await oidc.stop()
    assert (await ask(local(office, "agent", someone()))).status_code == 200


# Users


async def test_a_user_is_one_person_by_every_door(office, oidc, ask, admin):
    name = someone()
    made = (await admin("/api/v1/users", "POST", {"name": name, "roles": ["approver"], "subject": name})).json()
    human = f"user:{made['id']}"
    code = (await admin(f"/api/v1/users/{made['id']}/bind-code", "POST")).json()["code"]
    telegram_id = 10_000 + next(numbers)
    users = office.inside.trust.who.users
    tenant_id, bound = await users.bind_telegram(code.upper().replace("-", " "), telegram_id)

    by_name = (await ask(local(office, "admin", name.upper()))).json()
    by_provider = (await ask(oidc.token(API, sub=name))).json()
    ((_, by_telegram),) = await users.by_telegram(telegram_id)
    assert (tenant_id, bound.human.id, by_telegram.human.id) == ("default", human, human)
    assert (by_name["id"], by_provider["id"]) == (human, human)
    assert by_name["roles"] == by_provider["roles"] == ["approver"]  # whatever the token says


async def test_however_a_name_is_spelled_it_is_the_users(office, ask, admin):
    name = someone("Zo\u00e9 Sal\u00eda")
    made = (await admin("/api/v1/users", "POST", {"name": name, "roles": ["agent"]})).json()
    await admin(f"/api/v1/users/{made['id']}/deactivate", "POST")
    a_second_passes(office)

    spelled = (normalize("NFD", name), name.replace(" ", " \u200b"), name.replace("S", "\uff33"), name.upper())
    for other in spelled:
        assert (await ask(local(office, "admin", other))).status_code == 401
        assert (await admin("/api/v1/users", "POST", {"name": other, "roles": ["agent"]})).status_code in (
            409,
            422,
        )


async def test_a_token_for_a_tenant_that_is_not_served_opens_nothing(office, ask):
    for tenant in ("gone", "DEFAULT", "default "):
        answer = await ask(local(office, "admin", someone(), tenant))
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        keyring, now = office.inside.keyring, office.clock()
        session = keyring.session(keyring.open_session(tenant, "admin", "Noura", now), now)
        with pytest.raises(Unauthenticated):
            await office.inside.trust.who.reception.visitor(session)


async def test_a_verified_address_recognises_somebody_once_and_then_the_subject_does(office, oidc, ask, admin):
    name = someone()
    email = f"{name.replace(' ', '.')}@Example.com"
    await admin("/api/v1/users", "POST", {"name": name, "roles": ["agent"], "email": email})

    unverified = oidc.token(API, sub=f"{name}-1", email=email)
    assert (await ask(unverified)).status_code == 401
    first = await ask(oidc.token(API, sub=f"{name}-1", email=email.lower(), email_verified=True))
    assert (first.status_code, first.json()["roles"]) == (200, ["agent"])
    a_second_passes(office)
    assert (await ask(oidc.token(API, sub=f"{name}-1"))).status_code == 200
    successor = oidc.token(API, sub=f"{name}-2", email=email, email_verified=True)
    assert (await ask(successor)).status_code == 401


async def test_no_other_tenant_shuts_somebody_out_by_writing_their_address_down(office, oidc, ask, admin):
    name = someone()
    email = f"{name.replace(' ', '.')}@example.com"
    await admin("/api/v1/users", "POST", {"name": name, "roles": ["agent"], "email": email})
    token = oidc.token(API, sub=name, email=email, email_verified=True)
    assert (await ask(token)).json()["tenant_id"] == "default"

    theirs = {"name": name, "roles": ["agent"], "email": email}
    assert (await admin("/api/v1/users", "POST", theirs, tenant="rival")).status_code == 201
    a_second_passes(office)

    answer = await ask(token)
    assert (answer.status_code, answer.json().get("tenant_id")) == (200, "default")


async def test_whoever_is_deactivated_is_out_by_every_door_within_a_second(office, oidc, ask, admin):
    name = someone()
    made = (await admin("/api/v1/users", "POST", {"name": name, "roles": ["agent"], "subject": name})).json()
    tokens = [local(office, "admin", name), oidc.token(API, sub=name, **GRANTED)]
    assert [(await ask(token)).status_code for token in tokens] == [200, 200]

    await admin(f"/api/v1/users/{made['id']}/deactivate", "POST")
    a_second_passes(office)
    assert [(await ask(token)).status_code for token in tokens] == [401, 401]

    await admin(f"/api/v1/users/{made['id']}/activate", "POST")
    a_second_passes(office)
    assert (await ask(tokens[0])).status_code == 200


async def test_the_last_admin_stays_also_when_two_take_each_others_role_at_once(office, oidc):
    users = office.inside.trust.who.users
    one = await users.add("rival", someone("Khalid"), frozenset({"admin"}), OPERATOR)
    two = await users.add("rival", someone("Majed"), frozenset({"admin"}), OPERATOR)
    done = await asyncio.gather(
        users.set_roles("rival", two.id, frozenset({"agent"}), one.human),
        users.deactivate("rival", one.id, two.human),
        return_exceptions=True,
    )

    admins = [u for u in (await users.people("rival")).users if u.is_active and "admin" in u.roles]
    assert len(admins) == 1
    assert [type(one).__name__ for one in done if isinstance(one, Exception)] == ["LastAdmin"]


async def test_only_an_admin_sees_users_and_those_of_another_tenant_do_not_exist(office, ask, admin):
    made = (await admin("/api/v1/users", "POST", {"name": someone(), "roles": ["agent"]})).json()
    path = f"/api/v1/users/{made['id']}"

    for role in ("approver", "dpo", "service", "executive", "agent", "rules_editor"):
        token = local(office, role, someone())
        assert (await ask(token, "/api/v1/users")).status_code == 403
        assert (await ask(token, f"{path}/deactivate", "POST")).status_code == 403
        assert (await ask(token, "/api/v1/keys")).status_code == 403
    for method, where, body in (
        ("GET", path, None),
        ("PUT", f"{path}/roles", {"roles": ["admin"]}),
        ("PUT", f"{path}/identity", {"email": "a@b.example"}),
        ("POST", f"{path}/deactivate", None),
        ("POST", f"{path}/activate", None),
        ("POST", f"{path}/bind-code", None),
        ("POST", f"{path}/unbind-telegram", None),
        ("POST", f"{path}/log-out", None),
    ):
        assert (await admin(where, method, body, tenant="rival")).status_code == 404
    listed = (await admin("/api/v1/users", tenant="rival")).json()["users"]
    assert made["id"] not in {user["id"] for user in listed}
    assert (await admin(path)).json() == made


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "roles": ["agent"]},
        {"name": "Huda", "roles": []},
        {"name": "Huda", "roles": ["emperor"]},
        {"name": "admin", "roles": ["agent"]},
        {"name": "\u202e", "roles": ["agent"]},
        {"name": "Huda", "roles": ["agent"], "email": "no address"},
        {"name": "Huda", "roles": ["agent"], "telegram_id": -1},
        {"name": "Huda", "roles": ["agent"], "tenant_id": "rival"},
    ],
)
async def test_what_is_no_user_is_refused(admin, body):
    assert (await admin("/api/v1/users", "POST", body)).status_code == 422


async def test_what_we_know_a_person_by_is_one_persons(admin):
    name, number = someone(), next(numbers)
    known = {"email": f"{number}@example.com", "telegram_id": 500_000 + number, "subject": f"s-{number}"}
    await admin("/api/v1/users", "POST", {"name": name, "roles": ["agent"], **known})

    for taken in ({"name": f" {name.upper()} "}, *({key: value} for key, value in known.items())):
        body = {"name": someone(), "roles": ["agent"], **taken}
        answer = await admin("/api/v1/users", "POST", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "taken")


async def test_every_change_of_a_user_is_in_the_audit_log_with_before_and_after(office, admin):
    made = (await admin("/api/v1/users", "POST", {"name": someone(), "roles": ["agent"]})).json()
    path = f"/api/v1/users/{made['id']}"
    await admin(f"{path}/roles", "PUT", {"roles": ["agent", "approver"]})
    await admin(f"{path}/roles", "PUT", {"roles": ["agent", "approver"]})  # changes nothing
    await admin(f"{path}/deactivate", "POST")

    now = office.clock()
    span = (now - timedelta(hours=1), now + timedelta(hours=1), 1_000)
    timeline = office.inside.store.timeline
    noted = {
        what: [
            e.entry.data
            for e in await timeline.of_kind("default", what, *span)
            if e.entry.data["user"] == made["id"]
        ]
        for what in ("user_added", "user_roles_changed", "user_deactivated")
    }
    assert [len(entries) for entries in noted.values()] == [1, 1, 1]
    changed = noted["user_roles_changed"][0]
    assert (changed["before"]["roles"], changed["after"]["roles"]) == (["agent"], ["agent", "approver"])
    assert changed["by"].startswith("api:admin")


# Binding a Telegram account


async def test_a_code_binds_once_and_for_a_quarter_of_an_hour_and_only_its_hash_is_kept(office):
    users = office.inside.trust.who.users
    user = await users.add("default", someone(), frozenset({"approver"}), OPERATOR)
    code = await users.bind_code("default", user.id, OPERATOR)
    stored = str(await office.everything_stored())
    assert code not in stored
    assert code.replace("-", "") not in stored

    await users.bind_telegram(code, 900_001)
    with pytest.raises(BadCode):
        await users.bind_telegram(code, 900_002)
    late = await users.bind_code("default", user.id, OPERATOR)
    office.clock.moves(timedelta(minutes=15))
    with pytest.raises(BadCode):
        await users.bind_telegram(late, 900_003)
    other = await users.add("default", someone(), frozenset({"approver"}), OPERATOR)
    with pytest.raises(Taken):
        await users.bind_telegram(await users.bind_code("default", other.id, OPERATOR), 900_001)


async def test_of_two_accounts_with_one_code_one_is_bound(office):
    users = office.inside.trust.who.users
    user = await users.add("default", someone(), frozenset({"approver"}), OPERATOR)
    code = await users.bind_code("default", user.id, OPERATOR)
    done = await asyncio.gather(
        *(users.bind_telegram(code, 910_000 + n) for n in range(5)), return_exceptions=True
    )

    assert sum(not isinstance(one, Exception) for one in done) == 1
    assert (await users.get("default", user.id)).telegram_id in range(910_000, 910_005)


async def test_an_account_that_guesses_codes_is_locked_out(office):
    users = office.inside.trust.who.users
    user = await users.add("default", someone(), frozenset({"approver"}), OPERATOR)
    code = await users.bind_code("default", user.id, OPERATOR)
    refused = []
    for _ in range(12):
        with pytest.raises(Exception, match=r"wrong") as told:
            await users.bind_telegram("wrong-guess", 920_000)
        refused.append(told.value.code)

    assert refused == ["bad_code"] * 10 + ["locked_out"] * 2
    with pytest.raises(Exception, match="too many"):
        await users.bind_telegram(code, 920_000)
    assert (await users.bind_telegram(code, 920_001))[1].id == user.id


# Keys of machines


async def a_key(admin, **more):
    body = {"name": "CRM", "scopes": ["os"], **more}
    answer = await admin("/api/v1/keys", "POST", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_key_is_shown_once_and_kept_as_a_hash(office, admin, ask, capfd):
    made = await a_key(admin)
    token = made["key"]
    await ask(token, "/os/stages")
    secret = token.rpartition(".")[2]

    assert token.startswith("dlx_default.")
    assert made["prefix"] in token
    assert secret not in str(await office.everything_stored())
    assert secret not in (await admin("/api/v1/keys")).text
    assert secret not in (await admin(f"/api/v1/keys/{made['id']}")).text
    assert secret not in "".join(capfd.readouterr())


async def test_a_key_opens_its_scopes_and_nothing_else(ask, admin):
    token = (await a_key(admin, scopes=["os:read", "drafts"], roles=["agent"]))["key"]

    assert (await ask(token, "/os/stages")).status_code == 200
    assert (await ask(token, "/api/v1/drafts")).status_code == 200
    assert (await ask(token)).json()["scopes"] == ["drafts", "os:read"]
    for path, method in (("/os/process", "POST"), ("/api/v1/users", "GET"), ("/api/v1/rules/editions", "GET")):
        answer = await ask(token, path, method, {"message": "x"} if method == "POST" else None)
        if answer.status_code != 404:
            assert (answer.status_code, answer.json()["code"]) == (403, "out_of_scope")
    assert (await ask(token, "/os/process", "POST", {"message": "x"})).status_code == 403


async def test_no_machine_gets_a_role_in_which_humans_decide(admin):
    for role in ("admin", "approver", "dpo", "emperor"):
        answer = await admin("/api/v1/keys", "POST", {"name": "x", "scopes": ["os"], "roles": [role]})
        assert answer.status_code == 422
    for scopes in ([], ["users"], ["keys"], ["everything"], ["os:write"]):
        answer = await admin("/api/v1/keys", "POST", {"name": "x", "scopes": scopes})
        assert answer.status_code == 422


async def test_a_revoked_key_is_refused_within_a_second_in_every_process(office, ask, admin):
    made = await a_key(admin)
    inside = office.inside
    elsewhere = MachineKeys(
        inside.store.api_keys, inside.tenants, inside.trust.audit, office.clock, lambda n: b"", lambda b: ""
    )
    await elsewhere.read(made["key"])
    assert (await ask(made["key"], "/os/stages")).status_code == 200

    revoked = await admin(f"/api/v1/keys/{made['id']}/revoke", "POST")
    again = await admin(f"/api/v1/keys/{made['id']}/revoke", "POST")
    assert revoked.json()["revoked_at"] == again.json()["revoked_at"]
    assert (await ask(made["key"], "/os/stages")).status_code == 401
    a_second_passes(office)
    with pytest.raises(Exception, match="revoked"):
        await elsewhere.read(made["key"])


async def test_a_key_ends_on_its_day(office, ask, admin):
    made = await a_key(admin, days=1)
    assert (await ask(made["key"], "/os/stages")).status_code == 200
    office.clock.moves(timedelta(days=1))
    assert (await ask(made["key"], "/os/stages")).status_code == 401


async def test_a_key_that_is_nearly_right_is_wrong(ask, admin):
    token = (await a_key(admin))["key"]
    tenant_and_prefix, _, secret = token.rpartition(".")
    head, _, prefix = tenant_and_prefix.rpartition(".")
    for wrong in (
        f"{tenant_and_prefix}.{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        f"{tenant_and_prefix}.{secret[::-1]}",
        f"dlx_rival.{prefix}.{secret}",
        f"dlx_nobody.{prefix}.{secret}",
        f"{head}.{'0' * 12}.{secret}",
        f"{tenant_and_prefix}.",
        tenant_and_prefix,
        token.upper(),
    ):
        assert (await ask(wrong, "/os/stages")).status_code == 401


async def test_the_keys_of_another_tenant_do_not_exist(admin):
    made = await a_key(admin)
    assert (await admin(f"/api/v1/keys/{made['id']}", tenant="rival")).status_code == 404
    assert (await admin(f"/api/v1/keys/{made['id']}/revoke", "POST", tenant="rival")).status_code == 404
    assert made["id"] not in (await admin("/api/v1/keys", tenant="rival")).text


async def test_the_last_use_is_noted_at_most_once_a_minute(office, ask, admin):
    made = await a_key(admin)

    async def last_use():
        return (await admin(f"/api/v1/keys/{made['id']}")).json()["last_used_at"]

    assert await last_use() is None
    await ask(made["key"], "/os/stages")
    first = await last_use()
    office.clock.moves(timedelta(seconds=50))
    await ask(made["key"], "/os/stages")
    assert await last_use() == first
    office.clock.moves(timedelta(seconds=11))
    await ask(made["key"], "/os/stages")
    assert await last_use() > first


async def test_every_route_that_asks_who_calls_belongs_to_a_group(office):
    """A new router that names none is closed to keys; this says so before somebody wonders."""
    callers_asked = {
        context.path: groups_of(context.original_route.tags)
        for context in iter_route_contexts(office.app.routes)
        if isinstance(context.original_route, APIRoute)
        and str(context.path).startswith(("/api/", "/os/"))
        and context.path != "/api/openapi.json"
    }
    named = {*SCOPES, *FOR_EVERYBODY, "users", "keys"}

    assert len(callers_asked) > 20
    assert {path: tags for path, tags in callers_asked.items() if not named.intersection(tags)} == {}


async def test_no_route_of_ours_opens_without_a_credential(office, ask):
    for context in iter_route_contexts(office.app.routes):
        path = str(context.path)
        if not isinstance(context.original_route, APIRoute) or not path.startswith(("/api/", "/os/")):
            continue
        for method in context.methods or ():
            answer = await ask("", path.replace("{", "").replace("}", ""), method, address="198.51.100.7")
            assert answer.status_code in (401, 413, 422), (method, path)
            assert answer.status_code != 422 or "is_prepared" not in answer.text


@given(
    scopes=st.frozensets(st.sampled_from([*SCOPES, *(f"{s}:read" for s in SCOPES)])),
    group=st.sampled_from([*SCOPES, "", "users"]),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
)
def test_a_scope_opens_its_group_and_its_reading_only_reads(scopes, group, method):
    may = group in scopes or (method in ("GET", "HEAD") and f"{group}:read" in scopes)
    try:
        require_scope(scopes, [group] if group else [], method)
    except OutOfScope:
        assert not may
    else:
        assert may


def test_people_have_no_scopes():
    require_scope(None, [], "POST")
    assert not {"admin", "approver", "dpo"} & set(MACHINE_ROLES)


# Limits


async def test_too_many_wrong_credentials_lock_the_address_out_once_and_nobody_else(office, ask):
    codes = [(await ask(f"wrong.{n}.token")).status_code for n in range(14)]
    locked = await ask("dlx_default.000000000000." + "x" * 43)

    assert codes == [401] * 10 + [429] * 4
    assert locked.headers["content-type"] == "application/problem+json"
    assert locked.json()["code"] == "locked_out"
    assert 0 < int(locked.headers["retry-after"]) <= 60
    assert (await ask("wrong.again.token", address="198.51.100.77")).status_code == 401
    assert (await ask(local(office, "agent", someone()))).status_code == 200  # a good one is nobody's guess
    now = office.clock()
    for tenant in ("default", "rival"):
        span = (now - timedelta(hours=1), now + timedelta(hours=1), 1_000)
        noted = await office.inside.store.timeline.of_kind(tenant, "caller_locked_out", *span)
        alerts = [a for a in await office.inside.trust.alerts.latest(tenant) if a.kind == "caller_locked_out"]
        assert len({e.entry.id for e in noted}) == len(noted) >= 1
        assert alerts


async def test_a_request_without_a_credential_is_refused_and_not_counted(ask):
    assert {(await ask("")).status_code for _ in range(15)} == {401}


async def test_one_person_may_ask_so_often_and_others_are_not_kept_waiting(office, ask):
    token = local(office, "agent", someone())
    codes = [(await ask(token)).status_code for _ in range(63)]
    refused = await ask(token)

    assert codes.count(200) == 60
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await ask(local(office, "agent", someone()))).status_code == 200


async def test_health_and_webhooks_are_not_counted(office, address):
    for _ in range(70):
        answer = await office.http.get("/healthz", headers={"x-forwarded-for": address})
        assert answer.status_code == 200
    for _ in range(12):
        answer = await office.http.post(
            "/webhooks/nobody", content=b"{}", headers={"x-forwarded-for": address, "authorization": "Bearer x"}
        )
        assert answer.status_code == 404


@given(st.ip_addresses(v=6))
def test_a_whole_network_of_version_six_is_one_address(ip):
    neighbour = type(ip)(int(ip) ^ 1)
    if ip.ipv4_mapped is None:
        assert network_of(str(ip)) == network_of(str(neighbour))
