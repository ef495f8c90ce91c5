"""
Hot reload: a thousand books in one process, memory as before, and no decision made by half a book.
"""

import gc
import random
import resource
import threading
from pathlib import Path

from rules.book import Book
from rules.layers import Layer
from rules.sheet import Sheet, read
from rules.verdict import IntentFound, Question, Understanding
from tests.rules.engine.random_books import EXAMPLES, text_of
from tests.rules.engine.random_rules import DEPTH

# What Python's own allocator keeps for a while; one book that is not freed would be ten times that after a
# thousand reloads.
NOISE_KILOBYTES = 6_000

SAYS = ("clarify", "greeting_short", "thanks_reply", "colleague_will_answer", "take_your_time")


def resident_kilobytes():
    """Resident memory now, not its peak."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def page(chapter, name, when, then):
    content = {"id": name, "title": "t", "status": "live", "owner": "o", "why": "w"}
    return f"{chapter}/{name}.yml", text_of({**content, "when": when, "then": then, "tests": EXAMPLES})


def small_book(number, pages=6, **options):
    """
    A book of which one can tell who answered: all that it says, does and holds is chosen by its number.
    """
    says = SAYS[number % len(SAYS)]
    files = [
        page(
            "routing",
            "the_rest",
            "always",
            {"say": says, "act": f"{'sync_crm' if number % 2 else 'log_activity'}"},
        ),
        page("replies", "some_reply", "always", {"say": says}),
        page("follow_up", f"names_book_{number}", "always", {"act": "generate_report"}),
        *(
            page(
                "approval", f"holds_{n}_of_{number}", [{"unclear_before": {"above": n}}], {"hold": "late_message"}
            )
            for n in range(pages)
        ),
    ]
    return Book.of([Layer("", dict(files))], **options)


MEANING = Understanding(IntentFound("greeting", 0.9, ""), (IntentFound("greeting", 0.9, ""),), "ar", "arabic")


def ask(book, unclear=3):
    return book.judge(Question(text="x", unclear_before=unclear), MEANING)


def test_a_thousand_reloads_do_not_grow_the_memory():
    """
    Load, decide with both matchers, dispose or only forget: a thousand times, and nothing is left of them.
    """

    def reload(first, times):
        for number in range(first, first + times):
            book = small_book(number % 50)
            assert ask(book).engine_agreed
            if number % 2:
                book.dispose()

    reload(0, 150)
    before = resident_kilobytes()
    reload(150, 1000 * DEPTH)

    assert resident_kilobytes() - before < NOISE_KILOBYTES


def test_reloads_of_the_book_that_we_ship_do_not_grow_the_memory():
    def reload(times):
        for _ in range(times):
            book = Book.load()
            verdict = book.decide(Question(text="السلام عليكم كم السعر"))
            assert (verdict.intent, verdict.engine_agreed) == ("ask_price", True)
            book.dispose()

    reload(4)
    before = resident_kilobytes()
    reload(4 * DEPTH)

    assert resident_kilobytes() - before < 2 * NOISE_KILOBYTES


def test_books_that_are_too_large_for_one_handle_are_freed_as_well():
    """
    A book cut by stage builds its handles when a stage is first asked about, and frees all of them.
    """
    stages = ("new_lead", "qualifying", "qualified", "nurturing")
    files = dict(
        [
            page("routing", "the_rest", "always", {"say": "clarify"}),
            page("replies", "some_reply", "always", {"say": "clarify"}),
            *(
                page(
                    "approval",
                    f"of_{stage}_{n}",
                    [{"stage": stage}, {"text_longer_than": n}],
                    {"hold": "late_message"},
                )
                for stage in stages
                for n in range(25)
            ),
        ]
    )

    def reload(times):
        for _ in range(times):
            book = Book.of([Layer("", files)])
            for stage in stages:
                verdict = book.judge(Question(text="x" * 70, stage=stage), MEANING)
                assert (verdict.engine_agreed, len(verdict.because)) == (True, 26)
            book.dispose()

    reload(4)
    before = resident_kilobytes()
    reload(12 * DEPTH)

    assert resident_kilobytes() - before < NOISE_KILOBYTES


def test_no_decision_is_made_by_half_a_book_while_books_are_swapped():
    """
    Threads decide without a pause while one swaps the book and disposes of the old one: every verdict is exactly
    the one that the book with its version gives, and the matchers never quarrel.
    """
    books = {}
    expected = {}
    for number in range(8):
        book = small_book(number)
        expected[book.version] = {unclear: ask(book, unclear) for unclear in range(5)}
        book.dispose()

    holder = {"book": small_book(0)}
    wrong, asked, stop = [], [], threading.Event()

    def decide(seed):
        dice = random.Random(seed)
        count = 0
        while not stop.is_set():
            book, unclear = holder["book"], dice.randrange(5)
            verdict = ask(book, unclear)
            count += 1
            if verdict != expected[book.version][unclear]:
                wrong.append((book.version, verdict))
        asked.append(count)

    threads = [threading.Thread(target=decide, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for number in range(60 * DEPTH):
        old, holder["book"] = holder["book"], small_book(number % 8)
        old.dispose()
        books[holder["book"].version] = old
        assert old.disagreements == 0
    stop.set()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert min(asked) > 0
    assert len(books) == 8


def test_a_file_that_is_being_typed_leaves_no_trail_of_versions():
    def sheets():
        gc.collect()
        return sum(isinstance(thing, Sheet) for thing in gc.get_objects())

    before = sheets()
    for stroke in range(60):
        read(f"words: [{'a' * stroke}]\n", "clinic:words.yml")

    assert sheets() - before <= 2
    assert read("words: [x]\n", "clinic:words.yml") is read("words: [x]\n", "clinic:words.yml")
