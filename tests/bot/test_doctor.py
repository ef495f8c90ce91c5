"""The doctor finds what is wrong, says what to do, keeps secrets, and never hangs."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pymongo import AsyncMongoClient

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot import tenants as tenancy
from bot.commands.doctor_hands import RealHands
from bot.doctor import database_checks, folder_checks, outside_checks, settings_checks
from bot.doctor.findings import Finding, State
from bot.doctor.hands import Patient
from bot.doctor.round import examine
from bot.settings import Settings
from bot.stored_format import HALF_RESTORED_NOTE, LAST_BACKUP_NOTE
from tests.fakes.listener import Listener
from tests.fakes.telegram import FakeTelegram
from tests.fakes.whatsapp import ACCOUNTS, FakeWhatsApp
from tests.house.databases import Databases
from tests.house.running import settings_for

ROOT = Path(__file__).parents[2]


def patient(settings: Settings, environment: Mapping[str, str] | None = None) -> Patient:
    tenants = tenancy.configured(settings)
    return Patient(settings, tenants, RealHands(settings, tenants), environment or {}, {})


def bare(tmp_path: Path, **more: Any) -> Settings:
    return Settings(_env_file=None, **{"DEALIX_DATA_DIR": tmp_path / "data", **more})


def states(found: list[Finding]) -> dict[str, State]:
    return {one.check: one.state for one in found}


def the(found: list[Finding], check: str) -> Finding:
    return next(one for one in found if one.check == check)


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[int]:
    """Somebody who says one thing to everybody."""

    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with Listener(say) as server:
        yield server.port


# settings


async def test_a_misspelt_name_is_found_and_the_right_one_said(tmp_path: Path) -> None:
    names = {"TELEGRAM_TOKEN": "x", "DEALIX_PROT": "1", "DEALIX_NO_SUCH_THING": "1", "HOME": "/root", "PATH": "x"}

    found = [
        one for one in await settings_checks.check(patient(bare(tmp_path), names)) if one.state is State.WARNING
    ]

    said = " ".join(one.what.en + one.do.en for one in found)
    assert len(found) == 3
    assert "DEALIX_PROT" in said and "DEALIX_PORT" in said
    assert "TELEGRAM_TOKEN" in said and "TELEGRAM_BOT_TOKEN" in said


async def test_half_a_provider_is_a_problem(tmp_path: Path) -> None:
    found = await settings_checks.check(patient(bare(tmp_path, ULTRAMSG_INSTANCE_ID="instance1")))

    finding = the(found, "settings.complete")
    assert finding.state is State.PROBLEM and "ULTRAMSG_TOKEN" in finding.what.en


async def test_an_env_file_that_others_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = tmp_path / ".env"
    env.write_text("DEALIX_PORT=8080\n")
    env.chmod(0o644)
    assert states(await settings_checks.check(patient(bare(tmp_path))))["settings.env_file"] is State.WARNING
    env.chmod(0o600)
    assert states(await settings_checks.check(patient(bare(tmp_path))))["settings.env_file"] is State.OK


async def test_a_public_address_without_tls_is_a_problem(tmp_path: Path) -> None:
    found = await settings_checks.check(patient(bare(tmp_path, DEALIX_PUBLIC_URL="http://bot.example.com")))
    assert states(found)["settings.public_url"] is State.PROBLEM


# the folder


async def test_keys_that_others_read_are_a_problem(tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    keys.mkdir(parents=True)
    for name in ("token.key", "contacts.key"):
        (keys / name).write_bytes(b"k")
        (keys / name).chmod(0o600)
    assert states(await folder_checks.check(patient(bare(tmp_path))))["folder.keys"] is State.OK

    (keys / "token.key").unlink()
    found = states(await folder_checks.check(patient(bare(tmp_path))))
    assert found["folder.keys"] is State.OK, "nobody has come in yet, and nothing is wrong"

    (keys / "token.key").write_bytes(b"k")
    (keys / "token.key").chmod(0o640)
    finding = the(await folder_checks.check(patient(bare(tmp_path))), "folder.keys")
    assert finding.state is State.PROBLEM and "token.key" in finding.what.en


async def test_a_folder_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    assert states(await folder_checks.check(patient(bare(tmp_path))))["folder.writable"] is State.PROBLEM


# the database


async def test_a_healthy_database_has_no_problem_and_says_how_old_the_backup_is(
    mongo_uri: str, databases: Databases, tmp_path: Path
) -> None:
    name = databases.take()
    settings = settings_for("http://127.0.0.1:9", mongo_uri, name, tmp_path)
    store = MongoStore(open_door(mongo_uri, name))
    await store.prepare()
    await store.close()
    one = patient(settings)
    found = await database_checks.check(one)
    assert State.PROBLEM not in states(found).values()
    assert states(found)["database.schema"] is State.OK
    assert states(found)["backup.age"] is State.WARNING

    async with AsyncMongoClient(mongo_uri) as client:
        marks = client[name]["marks"]
        at = datetime.now(UTC) - timedelta(hours=3)
        await marks.insert_one({"_id": LAST_BACKUP_NOTE, "tenant_id": "-", "value": {"at": at}})
        assert states(await database_checks.check(one))["backup.age"] is State.OK
        await client[name]["timeline"].drop_index("by_kind")
        drift = the(await database_checks.check(one), "database.schema")
        assert drift.state is State.WARNING and "timeline lacks the index" in drift.what.en
        await marks.insert_one({"_id": HALF_RESTORED_NOTE, "tenant_id": "-", "value": "b-1"})
        assert states(await database_checks.check(one))["database.whole"] is State.PROBLEM
        await client.drop_database(name)


async def test_a_database_that_is_down_is_a_problem_within_seconds(tmp_path: Path) -> None:
    uri = f"mongodb://user:hidden-word@127.0.0.1:{a_free_port()}/"
    settings = settings_for("http://127.0.0.1:9", uri, "x", tmp_path)
    began = asyncio.get_running_loop().time()

    found = await database_checks.check(patient(settings))

    assert states(found)["database.answers"] is State.PROBLEM
    assert asyncio.get_running_loop().time() - began < 10
    assert "hidden-word" not in repr(found)


async def test_an_embedded_database_that_sleeps_is_not_checked_and_not_started(tmp_path: Path) -> None:
    found = await database_checks.check(patient(bare(tmp_path)))

    assert states(found) == {"database.answers": State.NOT_CHECKED}
    assert not (tmp_path / "data").exists()


# providers and Telegram


async def test_each_provider_is_asked_and_a_wrong_token_is_a_problem(mongo_uri: str, tmp_path: Path) -> None:
    async with FakeWhatsApp() as fake:
        fine = settings_for(fake.url, mongo_uri, "x", tmp_path)
        assert State.PROBLEM not in states(await outside_checks.check_providers(patient(fine))).values()

        wrong = settings_for(fake.url, mongo_uri, "x", tmp_path, GREEN_API_TOKEN="not-this-one")
        found = await outside_checks.check_providers(patient(wrong))
        assert states(found)["providers.green_api"] is State.PROBLEM
        assert "not-this-one" not in repr(found)

        unproved = settings_for(
            fake.url, mongo_uri, "x", tmp_path, ULTRAMSG_WEBHOOK_SECRET="", WHATSAPP_APP_SECRET=""
        )
        told = states(await outside_checks.check_providers(patient(unproved)))
        assert told["providers.ultramsg.webhook"] is State.WARNING
        assert told["providers.meta_cloud.webhook"] is State.PROBLEM


async def test_telegram_knows_the_token_and_every_approver_has_started_the_bot(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram:
        telegram.person(1001, "Sami")
        known = {"TELEGRAM_BOT_TOKEN": telegram.token, "TELEGRAM_API_URL": telegram.url}
        fine = bare(tmp_path, **known, TELEGRAM_APPROVER_IDS=(1001,))
        assert set(states(await outside_checks.check_telegram(patient(fine))).values()) == {State.OK}

        stranger = bare(tmp_path, **known, TELEGRAM_APPROVER_IDS=(1001, 4004))
        finding = the(await outside_checks.check_telegram(patient(stranger)), "telegram.approvers")
        assert finding.state is State.PROBLEM and "4004" in finding.what.en

        wrong = bare(tmp_path, **{**known, "TELEGRAM_BOT_TOKEN": "1:WRONG"}, TELEGRAM_APPROVER_IDS=(1001,))
        found = await outside_checks.check_telegram(patient(wrong))
        assert states(found) == {"telegram.token": State.PROBLEM}
        assert "1:WRONG" not in repr(found)


# the broker, the port, telemetry, who signs people in


async def test_a_broker_greets_as_nats_does_or_is_told(tmp_path: Path) -> None:
    async with listening(b'INFO {"server_id":"x"}\r\n') as nats, listening(b"HTTP/1.1 400\r\n\r\n") as other:
        for port, state in ((nats, State.OK), (other, State.WARNING), (a_free_port(), State.WARNING)):
            settings = bare(tmp_path, DEALIX_NATS_URL=f"nats://user:hidden-word@127.0.0.1:{port}")
            found = await outside_checks.check_broker(patient(settings))
            assert states(found) == {"broker": state}
            assert "hidden-word" not in repr(found)


async def test_a_port_that_somebody_else_holds_is_a_problem(tmp_path: Path) -> None:
    async with listening(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi") as port:
        found = await outside_checks.check_port(patient(bare(tmp_path, DEALIX_PORT=port)))
        assert states(found) == {"port": State.PROBLEM}
    found = await outside_checks.check_port(patient(bare(tmp_path, DEALIX_PORT=a_free_port())))
    assert states(found) == {"port": State.OK}


async def test_an_identity_provider_and_a_collector_that_are_not_there_are_told(tmp_path: Path) -> None:
    port = a_free_port()
    settings = bare(
        tmp_path,
        DEALIX_OIDC_ISSUER=f"http://localhost:{port}",
        DEALIX_OIDC_CLIENT_ID="c",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://localhost:{port}",
    )
    one = patient(settings)
    assert states(await outside_checks.check_identity_provider(one)) == {"identity_provider": State.PROBLEM}
    assert states(await outside_checks.check_telemetry(one)) == {"telemetry": State.WARNING}


# all of it


async def test_a_check_that_does_not_end_is_not_checked_and_holds_up_nobody(
    mongo_uri: str, tmp_path: Path
) -> None:
    async with FakeTelegram() as telegram, Listener(lambda r, w: asyncio.sleep(60)) as silent:
        settings = bare(tmp_path, DEALIX_NATS_URL=f"nats://127.0.0.1:{silent.port}")
        began = asyncio.get_running_loop().time()

        found = await examine(patient(settings), (), each_seconds=1.0)

        assert asyncio.get_running_loop().time() - began < 5
        assert states(found)["broker"] is State.NOT_CHECKED
        assert telegram.calls == []


async def test_no_secret_gets_through_wherever_it_comes_from(mongo_uri: str, tmp_path: Path) -> None:
    async with FakeWhatsApp() as fake:
        settings = settings_for(fake.url, mongo_uri, "never_there", tmp_path)
        secrets = (*settings.secrets, *tenancy.secrets_of(tenancy.configured(settings)))
        found = await examine(patient(settings, {"DEALIX_X": "1"}), secrets, each_seconds=8.0)

        said = repr(found)
        assert [
            secret for secret in (ACCOUNTS.green_token, ACCOUNTS.meta_app_secret, *secrets) if secret in said
        ] == []
        assert all(one.what.ar and one.what.en for one in found)
        assert all(one.do.ar and one.do.en and one.why.ar for one in found if one.state in (State.PROBLEM,))


def doctor(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", "doctor", *words],
        cwd=folder,
        env={**plain, "PYTHONPATH": str(ROOT), "DEALIX_PORT": str(a_free_port()), **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_on_the_command_line_it_ends_with_0_when_all_is_well_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = doctor(tmp_path, "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["is_well"] is True, done.stdout + done.stderr
    assert {one["status"] for one in told["checks"]} <= {"ok", "warning", "not_checked"}
    assert list(tmp_path.iterdir()) == []


def test_on_the_command_line_a_problem_ends_with_1_in_the_language_of_the_terminal(tmp_path: Path) -> None:
    done = doctor(tmp_path, LANG="ar_SA.UTF-8", PYTHONUTF8="1", ULTRAMSG_INSTANCE_ID="i")

    assert done.returncode == 1
    assert "ما العمل" in done.stdout and "ULTRAMSG_TOKEN" in done.stdout


def test_settings_that_cannot_be_read_are_named_without_their_value(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        bare(tmp_path, DEALIX_BURST_SECONDS="my-secret-word")
    done = doctor(tmp_path, DEALIX_BURST_SECONDS="my-secret-word")

    assert done.returncode == 1
    assert "DEALIX_BURST_SECONDS" in done.stdout
    assert "my-secret-word" not in done.stdout + done.stderr
