"""What somebody who answers for data protection sees on the command line."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from typer.testing import CliRunner

from bot.cli import commands

HEADING = "phone,channel,purpose,basis,evidence_ref,at,expires_at\n"
GOOD = "0501234567,whatsapp,marketing,form_submission,form 7,2099-01-01T00:00:00Z,\n"
PHONE = "966501234567"


def run(*arguments: object):
    return CliRunner().invoke(commands, [*map(str, arguments)])


@pytest.fixture(autouse=True)
def _own_logs():
    """A command sets up logging for its process; the next test has another terminal."""
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _installation(mongo_uri, tmp_path, monkeypatch):
    """Settings of an installation with a database of its own."""
    monkeypatch.setenv("MONGODB_URI", mongo_uri)
    monkeypatch.setenv("MONGODB_DATABASE", f"privacy_{uuid4().hex[:12]}")
    monkeypatch.setenv("DEALIX_DATA_DIR", str(tmp_path / "data"))


def listed(folder: Path, text: str, name: str = "customers.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_dry_run_imports_nothing(tmp_path):
    file = listed(tmp_path, HEADING + GOOD)
    tried = run("consent", "import", file, "--as", "Noura", "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "1 consents would be imported" in tried.output
    assert "form_submission" not in run("consent", "show", PHONE).output


def test_what_is_imported_is_shown_and_begins_when_it_says(tmp_path):
    today = GOOD.replace("2099", "2026")
    file = listed(tmp_path, HEADING + today + GOOD.replace("0501234567", "+966 55 123 4567"))
    done = run("consent", "import", file, "--as", "Noura")
    assert done.exit_code == 0, done.output
    assert "2 consents imported" in done.output
    shown = run("consent", "show", "050 123 4567").output
    assert "form_submission  import" in shown
    assert "the contact agreed to it" in shown
    assert "the consent begins later" in run("consent", "show", "966551234567").output


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (GOOD.replace("form 7", ""), "evidence_ref"),
        (GOOD.replace("form_submission", "existing_client"), "marketing needs an explicit consent"),
        (GOOD.replace("form_submission", ""), "basis"),
        (GOOD.replace("0501234567", "0112345678"), "not a Saudi mobile"),
        (GOOD.replace("whatsapp", "pigeon"), "is no channel"),
        (GOOD.replace("2099-01-01T00:00:00Z", "yesterday"), "at:"),
        (GOOD.replace("2099-01-01T00:00:00Z", "2026-01-01T00:00:00"), "at:"),
        (GOOD.strip() + "2098-01-01T00:00:00Z\n", "must expire after it begins"),
        (GOOD.strip() + ",one more\n", "more"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_of_its_file_is_imported(tmp_path, line, says):
    file = listed(tmp_path, HEADING + GOOD + line)
    done = run("consent", "import", file, "--as", "Noura")
    assert done.exit_code == 1
    assert "line 3" in done.output
    assert "السطر 3" in done.output
    assert says in done.output
    assert "form_submission" not in run("consent", "show", PHONE).output


def test_a_json_list_is_read_as_well(tmp_path):
    row = {
        "phone": "0501234567",
        "purpose": "sales",
        "basis": "existing_client",
        "evidence_ref": "contract 3",
        "at": "2026-01-01T00:00:00+03:00",
    }
    file = listed(tmp_path, json.dumps([row]), "customers.json")
    assert run("consent", "import", file, "--as", "Noura").exit_code == 0
    assert run("consent", "import", listed(tmp_path, "{", "bad.json"), "--as", "Noura").exit_code == 1
    assert "existing_client" in run("consent", "show", PHONE).output


def test_who_is_forgotten_on_the_command_line_is_gone(tmp_path):
    file = listed(tmp_path, HEADING + GOOD.replace("2099", "2026"))
    assert run("consent", "import", file, "--as", "Noura").exit_code == 0
    asked = run("privacy", "ask", "deletion", "0501234567", "--as", "Noura", "--note", "a letter")
    reference = asked.output.split()[0]
    assert reference in run("privacy", "requests", "--status", "pending").output
    assert run("privacy", "erase", reference, "--as", "Noura").exit_code == 1
    done = run("privacy", "erase", reference, "--as", "Noura", "--yes")
    assert done.exit_code == 0, done.output
    assert "completed" in done.output
    assert "consent_events: 1" in done.output
    assert run("privacy", "reject", reference, "--as", "Noura", "--reason", "late").exit_code == 1
    assert run("privacy", "show", "DR-NOBODY").exit_code == 1
    assert "verified_at" in run("privacy", "show", reference.lower()).output
