"""What an analyst sees on the command line."""

from typer.testing import CliRunner

from rules.__main__ import app
from rules.replay import changes
from rules.verdict import Question


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_check_names_every_problem_and_fails(folder):
    folder.page("approval", "one", "stage: negotiatin", "hold: commercial_stage")
    folder.page("approval", "two", "intnt: greeting", "hold: commercial_stage")

    done = run("check", "--book", folder.path)

    assert done.exit_code == 1
    assert 'approval/one.yml line 7: unknown stage "negotiatin". Did you mean "negotiating"?' in done.stderr
    assert 'approval/two.yml line 7: unknown fact "intnt"' in done.stderr


def test_check_of_a_good_book_says_how_it_decides(folder):
    folder.page("routing", "tries", "intent: greeting", "say: clarify", status="shadow")

    done = run("check", "--book", folder.path)

    assert done.exit_code == 0
    assert "3 pages, version " in done.stdout
    assert "decided by both" in done.stdout
    assert "routing/tries.yml:6 is in shadow" in done.stdout


def test_test_fails_when_an_example_is_false(folder):
    done = run("test", "--book", folder.path)

    assert done.exit_code == 1
    assert '"is silent": the page must stay silent, but it fired.' in done.stderr


def test_the_book_that_we_ship_passes_its_own_examples():
    done = run("test")

    assert done.exit_code == 0, done.stderr
    assert "examples hold" in done.stdout


def test_explain_shows_the_decision_and_its_reasons():
    done = run("explain", "وقفوا الرسايل", "--stage", "negotiating")

    assert done.exit_code == 0
    assert "stage    opted_out" in done.stdout
    assert "says     opt_out_confirmation" in done.stdout
    assert "safety/a_stop_is_obeyed_at_once.yml:" in done.stdout


def test_explain_refuses_a_stage_that_does_not_exist():
    done = run("explain", "hi", "--stage", "negotiatin")

    assert done.exit_code == 2
    assert "negotiating" in done.stderr


def test_a_changed_book_shows_which_messages_change_and_what_safety_is_lost(book, folder):
    """
    Against a book whose only page holds everything, the shipped book's stop and price answers are lost.
    """

    class Deaf:
        """The small test book, asked with the meanings of the shipped one."""

        def __init__(self, small):
            self.small = small

        def decide(self, question):
            return self.small.judge(question, book.understand(question))

    questions = [Question(text="كم السعر"), Question(text="وقفوا الرسايل"), Question(text="كم السعر")]

    found = changes(book, Deaf(folder.load()), questions)

    assert [change.question.text for change in found] == ["وقفوا الرسايل", "كم السعر", "كم السعر"]
    assert found[0].loses_safety
    assert "go: opted_out -> nothing" in found[0].differences
    assert "say: price_on_request -> not_understood_draft" in found[1].differences
    assert changes(book, book, questions) == ()
