"""What an analyst sees on the command line."""

import json

import pytest
import structlog
from typer.testing import CliRunner

from bot.cli import commands
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
