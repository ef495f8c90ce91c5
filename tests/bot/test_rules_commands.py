"""What an analyst sees on the command line."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import structlog
from typer.testing import CliRunner

from adapters.mongo.driver import open_door
from adapters.mongo.store import MongoStore
from bot.cli import commands
from bot.people import Human
from bot.workbench.editions import Edition, How
from rules.replay import changes
from rules.verdict import Question

GREETING = "thanks_reply:\n  ar: {ar}\n  en: With pleasure.\n"


def run(*arguments):
    return CliRunner().invoke(commands, ["rules", *map(str, arguments)])


@pytest.fixture(autouse=True)
def _own_logs():
    """A command sets up logging for its process; the next test has another terminal."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def book(tmp_path):
    """A folder with nothing in it yet."""
    path = tmp_path / "my-book"
    path.mkdir()
    return path


def write(book, path, text):
    file = book / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def installation(mongo_uri, tmp_path, monkeypatch):
    """Settings of an installation with a database of its own."""
    monkeypatch.setenv("MONGODB_URI", mongo_uri)
    monkeypatch.setenv("MONGODB_DATABASE", f"rules_{abs(hash(tmp_path)) % 10**12}")
    monkeypatch.setenv("DEALIX_DATA_DIR", str(tmp_path / "data"))


def test_the_rules_that_we_ship_pass():
    checked, tested = run("check"), run("test")

    assert checked.exit_code == 0, checked.stderr
    assert "decided by both" in checked.stdout
    assert tested.exit_code == 0, tested.stderr
    assert "examples" in tested.stdout


def test_check_names_every_problem_with_its_line_and_fails(book):
    write(book, "approval/one.yml", PAGE.format(id="one", when="stage: negotiatin"))
    write(book, "approval/two.yml", PAGE.format(id="two", when="intnt: greeting"))

    done = run("check", "--book", book)

    assert done.exit_code == 1
    assert 'approval/one.yml line 7: unknown stage "negotiatin". Did you mean "negotiating"?' in done.stderr
    assert 'approval/two.yml line 7: unknown fact "intnt"' in done.stderr


def test_check_speaks_arabic(book):
    write(book, "approval/one.yml", PAGE.format(id="one", when="stage: negotiatin"))

    done = run("check", "--book", book, "--arabic")

    assert "negotiating" in done.stderr
    assert any("\u0600" <= letter <= "\u06ff" for letter in done.stderr)


def test_check_lists_what_it_looks_for():
    done = run("check", "--list")

    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 20


def test_test_fails_when_an_example_is_false_and_says_which(book):
    text = PAGE.format(id="mine", when="stage: negotiating").replace("expect: nothing", "expect: {held: false}")
    write(book, "approval/mine.yml", text)

    done = run("test", "--book", book)

    assert done.exit_code == 1
    assert "approval/mine.yml" in done.stderr


def test_a_copy_of_everything_says_the_same(tmp_path):
    target = tmp_path / "copy"

    copied = run("copy", target)
    checked = run("check", "--book", target)

    assert copied.exit_code == 0
    assert checked.exit_code == 0
    assert checked.stdout == run("check").stdout
    assert run("copy", target).exit_code == 1


def test_explain_shows_the_decision_and_its_reasons():
    done = run("explain", "وقفوا الرسايل", "--stage", "negotiating")

    assert done.exit_code == 0
    assert "stage    opted_out" in done.stdout
    assert "says     opt_out_confirmation" in done.stdout
    assert "safety/a_stop_is_obeyed_at_once.yml:" in done.stdout
    assert "الرسايل" in done.stdout.split("words that matched")[1]


def test_explain_refuses_a_stage_that_does_not_exist():
    done = run("explain", "hi", "--stage", "negotiatin")

    assert done.exit_code == 2
    assert "negotiating" in done.stderr


def test_replay_of_a_file_counts_what_changes_and_names_bad_lines(book, tmp_path):
    write(book, "wording/own.yml", GREETING.format(ar="على الرحب والسعة."))
    messages = tmp_path / "messages.jsonl"
    lines = [json.dumps({"text": text, "stage": "qualified"}) for text in ("شكرا", "كم السعر", "شكرا لكم")]
    messages.write_text("\n".join([*lines, "no json"]), encoding="utf-8")

    done = run("replay", book, "--messages", messages)

    assert done.exit_code == 0, done.stderr
    assert "3 decisions were made again, 2 would be different" in done.stdout
    assert "not asked again: 1" in done.stdout


def test_a_folder_is_published_by_two_people_and_taken_back(book, installation):
    write(book, "wording/own.yml", GREETING.format(ar="على الرحب والسعة."))

    submitted = run("submit", book, "--as", "Noura", "--title", "warmer thanks")
    assert submitted.exit_code == 0, submitted.stderr
    change = submitted.stdout.split("submitted as ")[1].split(":")[0]
    alone = run("agree", change, "--as", "noura")
    agreed = run("agree", change, "--as", "Sami")
    listed = run("history")
    back = run("rollback", "0", "--as", "Sami", "--why", "too warm")

    assert alone.exit_code == 1
    assert "somebody else" in alone.stderr
    assert agreed.exit_code == 0, agreed.stderr
    assert "edition 1" in agreed.stdout
    assert "warmer thanks" in listed.stdout.replace("\n", " ")
    assert back.exit_code == 0
    assert "edition 2, version" in run("status").stdout


def test_a_folder_that_promises_something_cannot_be_submitted(book, installation):
    write(book, "wording/own.yml", GREETING.format(ar="نضمن لك النتيجة."))

    done = run("submit", book, "--as", "Noura")

    assert done.exit_code == 1
    assert "wording/own.yml line 1" in done.stderr
    assert "edition 0" in run("status").stdout


def publish(book, *, title="", more=()):
    """Two people put a folder in force."""
    submitted = run("submit", book, "--as", "Noura", "--title", title, *more)
    assert submitted.exit_code == 0, submitted.stderr
    change = submitted.stdout.split("submitted as ")[1].split(":")[0]
    agreed = run("agree", change, "--as", "Sami")
    assert agreed.exit_code == 0, agreed.stderr
    return submitted


def in_force(tmp_path, name):
    """What is in force, as somebody would get it to edit."""
    target = tmp_path / name
    copied = run("copy", target, "--tenant", "default")
    assert copied.exit_code == 0, copied.stderr
    return target


COLLEAGUE = "button.okay: {ar: تمام, en: Fine}\n"


def test_a_folder_takes_nothing_away_that_it_does_not_name(tmp_path, book, installation):
    first = tmp_path / "first"
    write(first, "wording/colleague.yml", COLLEAGUE)
    publish(first)
    write(book, "wording/own.yml", GREETING.format(ar="على الرحب والسعة."))

    submitted = publish(book)

    assert "writes  wording/own.yml" in submitted.stdout
    assert "colleague" not in submitted.stdout
    target = in_force(tmp_path, "both")
    assert (target / "wording/colleague.yml").read_text(encoding="utf-8") == COLLEAGUE
    assert (target / "wording/own.yml").exists()
    assert run("submit", target, "--as", "Noura").exit_code == 1  # it says what is in force


def test_a_copy_of_ours_takes_no_colleagues_page_back(tmp_path, installation):
    ours = tmp_path / "ours"
    run("copy", ours)
    text = (ours / "qualification.yml").read_text(encoding="utf-8")
    first = tmp_path / "first"
    write(first, "qualification.yml", text.replace("20 ", "30 ", 1))
    publish(first)
    write(ours, "wording/own.yml", GREETING.format(ar="على الرحب والسعة."))

    submitted = publish(ours)

    assert "left as it is: qualification.yml" in submitted.stderr
    assert "--remove qualification.yml" in submitted.stderr
    kept = in_force(tmp_path, "kept")
    assert (kept / "qualification.yml").read_text(encoding="utf-8") == text.replace("20 ", "30 ", 1)

    removed = publish(ours, more=("--remove", "qualification.yml"))

    assert "removes  qualification.yml" in removed.stdout
    assert (in_force(tmp_path, "gone") / "qualification.yml").read_text(encoding="utf-8") == text


def test_only_a_file_of_the_tenants_own_can_be_removed(tmp_path, book, installation):
    write(book, "wording/own.yml", GREETING.format(ar="على الرحب والسعة."))

    absent = run("submit", book, "--as", "Noura", "--remove", "wording/nobody.yml")
    publish(book)
    write(book, "wording/own.yml", GREETING.format(ar="أهلا بك."))
    both = run("replay", book, "--remove", "wording/own.yml")

    assert absent.exit_code == both.exit_code == 1
    assert "there is no file wording/nobody.yml" in absent.stderr
    assert "Keep one of them" in both.stderr


def test_replay_compares_with_what_is_in_force(tmp_path, book, installation):
    write(book, "wording/own.yml", GREETING.format(ar="على الرحب والسعة."))
    publish(book)
    messages = tmp_path / "messages.jsonl"
    messages.write_text(json.dumps({"text": "شكرا", "stage": "qualified"}), encoding="utf-8")
    other = tmp_path / "other"
    write(other, "wording/colleague.yml", COLLEAGUE)

    with_ours = run("replay", book, "--messages", messages)
    in_force_here = run("replay", book, "--messages", messages, "--tenant", "default")
    besides = run("replay", other, "--messages", messages, "--tenant", "default")

    assert "1 would be different" in with_ours.stdout
    assert "0 would be different" in in_force_here.stdout
    assert "0 would be different" in besides.stdout, "a folder without the sentence takes nothing back"


BROKEN = {"routing/zz.yml": "x: 1\n"}


def put_in_force(files):
    """An edition that an older Dealix could use."""

    async def put():
        store = MongoStore(open_door(os.environ["MONGODB_URI"], os.environ["MONGODB_DATABASE"]))
        await store.prepare()
        noura, sami = Human("a", "Noura"), Human("b", "Sami")
        edition = Edition("default", 1, "v", files, How.PUBLISHED, "old", noura, sami, datetime.now(UTC))
        await store.rulebooks.add_edition(edition)
        await store.close()

    asyncio.run(put())


def test_rules_in_force_that_cannot_be_used_can_be_looked_at_mended_and_left(tmp_path, installation):
    put_in_force(BROKEN)

    looked = run("status")
    target = in_force(tmp_path, "broken")
    listed = run("history")
    back = run("rollback", "0", "--as", "Sami")

    assert looked.exit_code == listed.exit_code == back.exit_code == 0
    assert "dealix rules rollback 0 --tenant default --as NAME" in looked.stderr
    assert "routing/zz.yml" in looked.stderr
    assert "in force: edition 1, and it cannot be used" in looked.stdout
    assert (target / "routing/zz.yml").read_text() == BROKEN["routing/zz.yml"]
    assert "edition 2 is in force" in back.stdout
    after = run("status")
    assert "in force: edition 2" in after.stdout
    assert after.stderr == ""


def test_an_unknown_tenant_is_told_with_those_that_are_known(installation):
    for command in (("status",), ("rollback", "0", "--as", "Sami"), ("copy", "nowhere")):
        done = run(*command, "--tenant", "acmi")

        assert done.exit_code == 1
        assert 'there is no tenant "acmi" here; use one of: default.' in done.stderr
        assert "الموجود: default" in done.stderr


def _closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_database_that_does_not_answer_is_told_in_a_sentence(tmp_path):
    """In a process of its own: the driver leaves a socket behind when nobody answers."""
    away = f"mongodb://somebody:a-secret@127.0.0.1:{_closed_port()}/"
    settings = {"DEALIX_DATA_DIR": str(tmp_path / "data"), "MONGODB_URI": away}

    done = subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", "rules", "status"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "the database does not answer" in done.stderr
    assert "قاعدة البيانات لا تستجيب" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "a-secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://user:a-secret@h:99999/"])
def test_an_address_that_cannot_be_read_is_told_without_repeating_it(tmp_path, monkeypatch, uri):
    monkeypatch.setenv("DEALIX_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MONGODB_URI", uri)

    done = run("status")

    assert done.exit_code == 1
    assert "MONGODB_URI" in done.stderr
    assert "a-secret" not in done.output


def test_a_changed_book_shows_which_messages_change_and_what_safety_is_lost():
    """Against a book that hears nothing, the shipped book's stop and price answers are lost."""
    from rules.book import Book

    shipped = Book.load()

    class Deaf:
        """The shipped pages, asked with the meaning of an empty message."""

        def decide(self, question):
            return shipped.judge(question, shipped.understand(Question(text="zzz")))

    questions = [Question(text="كم السعر"), Question(text="وقفوا الرسايل"), Question(text="كم السعر")]

    found = changes(shipped, Deaf(), questions)

    assert [change.question.text for change in found] == ["وقفوا الرسايل", "كم السعر", "كم السعر"]
    assert found[0].loses_safety
    assert "go: opted_out -> nothing" in found[0].differences
    assert changes(shipped, shipped, questions) == ()


PAGE = """\
id: {id}
title: A page
status: live
owner: sales
why: Because.
when:
  - {when}
then:
  hold: commercial_stage
tests:
  - name: fires
    given: {{stage: negotiating, says: "كم السعر"}}
    expect: {{held: true}}
  - name: is silent
    given: {{stage: new_lead, says: "كم السعر"}}
    expect: nothing
"""


def test_a_place_that_is_taken_is_named_in_both_languages(tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("mine", encoding="utf-8")

    for verb in ("copy", "schemas"):
        told = run(verb, taken)
        assert told.exit_code == 1 and isinstance(told.exception, SystemExit), verb
        assert "name a folder" in told.output and "اختر اسم مجلد" in told.output, verb
    assert taken.read_text(encoding="utf-8") == "mine"
