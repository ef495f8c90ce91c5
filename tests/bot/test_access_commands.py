"""What an operator does with users and keys in a terminal."""

import asyncio
import re
from datetime import UTC, datetime

import pytest
import structlog
from typer.testing import CliRunner

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.access.opening import open_desk
from bot.alerts import Alerts
from bot.audit import Audit
from bot.cli import commands
from bot.settings import Settings
from bot.tenant import Tenant


def run(*arguments):
    return CliRunner().invoke(commands, list(map(str, arguments)))


@pytest.fixture(autouse=True)
def _own_logs():
    """A command sets up logging for its process; the next test has another terminal."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def database(mongo_uri, tmp_path, monkeypatch):
    """Settings of an installation with a database of its own."""
    name = f"who_{abs(hash(tmp_path)) % 10**12}"
    monkeypatch.setenv("MONGODB_URI", mongo_uri)
    monkeypatch.setenv("MONGODB_DATABASE", name)
    monkeypatch.setenv("DEALIX_DATA_DIR", str(tmp_path / "data"))
    return name


def ask(mongo_uri, database, question):
    """Ask the same database beside the command line, as a running service would."""

    async def asked():
        store = MongoStore(open_door(mongo_uri, database))

        def now():
            return datetime.now(UTC)

        audit, alerts = Audit(store, now, lambda: "x"), Alerts(store.alerts, now, lambda: "x")
        who = open_desk(
            settings=Settings(_env_file=None),
            store=store,
            tenants={"default": Tenant(id="default", name="Default")},
            audit=audit,
            alerts=alerts,
            now=now,
            new_id=lambda: "x",
        )
        try:
            return await question(who)
        finally:
            await store.close()

    return asyncio.run(asked())


def test_a_user_from_the_first_day_to_the_last(mongo_uri, database):
    added = run("users", "add", "Noura", "--role", "approver", "--email", "noura@example.com", "--as", "Huda")
    assert added.exit_code == 0, added.output
    assert "Noura: approver" in added.stdout
    assert run("users", "roles", "noura", "--role", "approver", "--role", "rules_editor").exit_code == 0

    bound = run("users", "bind", "Noura").stdout
    code = re.search(r"/bind (\S+)", bound)[1]
    tenant, user = ask(mongo_uri, database, lambda who: who.users.bind_telegram(code, 4711))
    assert (tenant, user.name, user.roles) == ("default", "Noura", {"approver", "rules_editor"})

    assert run("users", "log-out", "Noura").exit_code == 0
    assert run("users", "deactivate", user.id).exit_code == 0
    listed = run("users", "list").stdout
    assert "Noura: approver, rules_editor  deactivated  telegram sign-in" in listed
    assert run("users", "activate", "Noura").exit_code == 0


def test_the_last_admin_stays_on_the_command_line_too(database):
    run("users", "add", "Huda", "--role", "admin")
    refused = run("users", "deactivate", "Huda")

    assert refused.exit_code != 0
    assert "last admin" in refused.output
    assert "آخر مدير" in refused.output


def test_a_key_is_printed_once_alone_on_its_line_and_can_be_revoked(mongo_uri, database):
    made = run(
        "keys", "create", "CRM", "--role", "service", "--scope", "os", "--scope", "drafts:read", "--days", 7
    )
    assert made.exit_code == 0, made.output
    token = made.stdout.strip().splitlines()[-1]
    assert (ask(mongo_uri, database, lambda who: who.keys.read(token))).scopes == {"os", "drafts:read"}

    listed = run("keys", "list").stdout
    key_id = listed.split()[0]
    assert token.rpartition(".")[2] not in listed
    assert "CRM: service for drafts:read, os" in listed
    assert run("keys", "revoke", key_id).exit_code == 0
    assert "revoked" in run("keys", "list").stdout
    with pytest.raises(Exception, match="revoked"):
        ask(mongo_uri, database, lambda who: who.keys.read(token))


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "add", "Eve", "--role", "emperor"),
        ("users", "deactivate", "Nobody"),
        ("users", "list", "--tenant", "gone"),
        ("keys", "create", "x", "--scope", "everything"),
        ("keys", "create", "x", "--scope", "os", "--role", "approver"),
        ("keys", "revoke", "000000000000"),
    ],
)
def test_what_cannot_be_is_said_and_the_exit_code_tells(database, arguments):
    refused = run(*arguments)

    assert refused.exit_code != 0
    assert "Traceback" not in refused.output


@pytest.mark.parametrize("verb", [("token", "--as", "Sami"), ("login", "Sami")])
def test_what_is_made_for_a_tenant_that_is_not_here_is_said_to_open_nothing(database, verb):
    here, elsewhere = run(*verb), run(*verb, "--tenant", "elsewhere")

    assert (here.exit_code, here.stderr) == (0, "")
    assert elsewhere.exit_code == 0 and len(elsewhere.stdout.split()) == 1
    assert "elsewhere" in elsewhere.stderr and "منشأة" in elsewhere.stderr and "default" in elsewhere.stderr
