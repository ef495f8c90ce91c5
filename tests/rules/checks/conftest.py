"""Small books that trip one check, and the world around them as it is shipped."""

from pathlib import Path
from textwrap import dedent

import pytest

import flows.deal as deal
from flows.wording import Wordings
from rules.book import Book
from rules.checks import Finding, Lifecycle, WordingFacts, examine
from tests.rules.engine.conftest import Folder

LIFECYCLE = Lifecycle.of(
    deal.STAGES, deal.TABLE, deal.ALLOWED_EVENTS, final=deal.FINAL_STAGES, money=deal.APPROVAL_STAGES
)

SETS = (
    "negators", "nominal_negators", "carries_negation", "idioms", "fillers", "question_openers", "conditions",
    "future_marks", "stop_buttons",
)  # fmt: skip

# Said by a flow or a job, so that no page needs to say it.
ELSEWHERE = (
    "ask_question_again", "follow_up_first", "follow_up_second", "follow_up_third", "booking_confirmed",
    "no_show_follow_up", "book_a_meeting_with_times",
)  # fmt: skip


class SmallBook(Folder):
    """A book folder of a few pages, with words of its own once `hears` was called."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.sentences: dict[str, WordingFacts] = {}

    def page(self, chapter: str, name: str, *rest: str, **options: str) -> None:
        """Write a page, or write it anew; a safety page keeps its place."""
        order = self.path / "safety/order.yml"
        before = (
            order.read_text(encoding="utf-8") if order.is_file() and f"- {name}\n" in order.read_text() else ""
        )
        super().page(chapter, name, *rest, **options)
        if before:
            self.safest_first.pop()
            order.write_text(before, encoding="utf-8")

    def hears(
        self,
        name: str,
        *phrases: str,
        means: str = "default",
        when: str = "",
        then: str = "",
        says: str = "كلام",
        status: str = "live",
        owner: str = "sales",
    ) -> None:
        """Write a page of understanding, and the tables that it needs."""
        listed = "".join(f'      - "{phrase}"\n' for phrase in phrases)
        more = "".join(f"  - {line}\n" for line in when.split("; ") if line)
        effects = "".join(f"  {line}\n" for line in then.split("; ") if line)
        self.text(
            f"understanding/{name}.yml",
            f"id: {name}\ntitle: A page\nstatus: {status}\nowner: {owner}\nwhy: Because.\nwhen:\n"
            f"  - says:\n{listed}{more}then:\n  understand: {means}\n  confidence: 0.95\n{effects}tests:\n"
            f'  - name: hears\n    given: {{says: "{says}"}}\n    expect: {{intent: {means}}}\n'
            '  - name: silent\n    given: {says: "سس"}\n    expect: nothing\n',
        )
        self.text("words.yml", "".join(f"{name}: [كككك]\n" for name in SETS))
        self.text("lexemes.yml", "nothing:\n  exact: [ككككك]\n")
        self.text(
            "short_answers.yml",
            'answers: {"yes": [نعم]}\nopenings: {"yes": [نعم]}\nby_expects: {}\nby_stage: {}\n',
        )
        self.text("priorities.yml", "safest_first: [unsubscribe, default]\n")

    def stops(self) -> None:
        """Add the pages by which a stop is obeyed, and who opted out is left alone."""
        self.page("safety", "gone", "stage: opted_out", "silence: opted_out")
        self.page(
            "safety",
            "stop",
            "stage: {is_not: opted_out}; any: [{opt_out: hard}, {intent: unsubscribe}, {button: opt_out_yes}]",
            "go: opted_out; say: opt_out_confirmation; flag: opt_out",
        )
        self.page(
            "safety",
            "perhaps",
            "stage: {is_not: opted_out}; opt_out: suspected",
            "say: opt_out_check; flag: suspect_opt_out",
        )

    def says(self, key: str, ar: str = "مرحبا", en: str = "Hello", **rest: object) -> None:
        """Hand in a sentence of the bot."""
        self.sentences[key] = WordingFacts(key, dedent(ar), dedent(en), file="replies.yml", **rest)

    def found(self, code: str, **options: object) -> list[Finding]:
        """Return what one check finds in this book."""
        layers = options.pop("tenant_layers", ())
        book = self.load(backend="reference", tenant_layers=layers)
        cycle = options.pop("lifecycle", LIFECYCLE)
        return [f for f in examine(book, cycle, self.sentences, **options) if f.code == code]


@pytest.fixture
def small(tmp_path: Path) -> SmallBook:
    return SmallBook(tmp_path / "book")


@pytest.fixture(scope="session")
def shipped() -> Book:
    return Book.load(backend="reference")


@pytest.fixture(scope="session")
def sentences() -> dict[str, WordingFacts]:
    """Every sentence that we ship."""
    wordings = Wordings.load()
    return {
        key: WordingFacts(
            key,
            wordings.text(key, "ar"),
            wordings.text(key, "en"),
            wordings.blanks(key),
            wordings.expects(key),
            wordings.buttons(key),
            is_said_elsewhere=key in ELSEWHERE,
        )
        for key in wordings.keys
    }
