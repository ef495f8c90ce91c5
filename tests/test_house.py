"""The house about itself: what can rot has a test."""

import re
import subprocess
import sys
from pathlib import Path

from bot.settings import Settings
from flows import deal
from flows.wording import Wordings

ROOT = Path(__file__).parent.parent


def test_every_setting_stands_in_the_example_with_its_name() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    named = set(re.findall(r"^([A-Z][A-Z0-9_]*)=", example, re.MULTILINE))

    assert {field.alias for field in Settings.model_fields.values()} == named


def test_every_verb_of_the_makefile_stands_in_the_readme() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    verbs = re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)

    assert [verb for verb in verbs if f"make {verb}" not in readme] == []


def test_the_driver_has_one_door() -> None:
    importers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("bot", "rules", "flows", "adapters", "admin")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(
            r"^\s*(?:import|from) (?:pymongo|motor|bson)\b", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }

    assert importers == {"adapters/mongo/driver.py"}


def test_the_rule_engine_has_one_door() -> None:
    importers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("bot", "rules", "flows", "adapters", "admin")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"^\s*(?:import|from) durable", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert importers == {"rules/engine.py"}


def test_every_refusal_of_the_gate_has_words_for_the_approver() -> None:
    gate = (ROOT / "bot" / "gate.py").read_text(encoding="utf-8")
    written = set(Wordings.load().keys)

    refusals = re.findall(r'Refusal\("(\w+)", Next\.(\w+)\)', gate)

    assert len(refusals) > 10
    assert [code for code, then in refusals if then != "WAIT" and f"note.{code}" not in written] == []
    assert [code for code, then in refusals if then == "HOLD" and f"hold.{code}" not in written] == []


def test_importing_the_house_opens_nothing() -> None:
    """No connection, no clock, no client at import: a fresh interpreter imports everything without a word."""
    said = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", "import bot.bootstrap"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_the_picture_of_the_deal_is_the_deal() -> None:
    readme = (ROOT / "flows" / "README.md").read_text(encoding="utf-8")

    assert deal.picture().strip() in readme


def test_every_link_between_our_pages_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/*.md")]

    dead = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert dead == []
