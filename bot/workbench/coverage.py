"""
Which pages ever had a say: in the examples, in the chats, and in production.

Rule 1: a page that never fires in a test is a claim that nobody has checked; one that never fires in production
        may be one that nobody needs. Both are named, never judged.
Rule 2: no data is not zero: without a single stored decision nothing is said about production.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.playbook import Playbook
from bot.tenant import Tenant
from bot.workbench.chats import Chat, chats_of, play
from bot.workbench.turn import Turn
from rules import examples, vocabulary
from rules.book import Book

# What decisions name as a reason without being a page: bare answers and buttons.
NO_PAGES = ("short_answers", "button:")


@dataclass(frozen=True, slots=True)
class PageCoverage:
    """One page in force, and how often it had a say."""

    page: str
    title: str
    chapter: str
    file: str
    status: str
    """`live | shadow`"""
    fired_in_examples: int
    """In how many examples, its own and those of others."""
    fired_in_chats: int
    """In how many turns of chats."""
    fired_in_production: int | None
    """In how many stored decisions; None when there are none."""

    @property
    def fires_in_tests(self) -> bool:
        return self.fired_in_examples + self.fired_in_chats > 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of every page in force, chapter by chapter."""

    version: str
    """Of the playbook."""
    pages: tuple[PageCoverage, ...]
    examples: int
    """How many examples were run."""
    chats: int
    """How many chats were played."""
    turns: int
    """How many turns they have; a chat that fails ends early."""
    gone: tuple[tuple[str, int], ...] | None
    """Pages that decided in production and are not in force here, most frequent first; None without data."""

    @property
    def has_production_data(self) -> bool:
        return self.gone is not None

    @property
    def never_in_tests(self) -> tuple[PageCoverage, ...]:
        """Pages that no example and no chat has made fire."""
        return tuple(page for page in self.pages if not page.fires_in_tests)

    @property
    def never_in_chats(self) -> tuple[PageCoverage, ...]:
        """Pages that fire in no chat."""
        return tuple(page for page in self.pages if not page.fired_in_chats)

    @property
    def never_in_production(self) -> tuple[PageCoverage, ...] | None:
        """Pages that no stored decision names; None when there are no decisions to look at."""
        return (
            tuple(page for page in self.pages if page.fired_in_production == 0)
            if self.has_production_data
            else None
        )


async def coverage(
    playbook: Playbook, tenant: Tenant, *, production: Iterable[tuple[str, int]] | None = None
) -> Coverage:
    """
    Run every example and every chat of a playbook, and count who had a say.

    Args:
        production: (page id, how many decisions named it), in any order, a page as often as one likes; None, or
            nothing in it, when no decision is stored.
    """
    # Seconds of thinking: whoever shares the event loop goes on meanwhile.
    return await asyncio.to_thread(_covered, playbook, tenant, _counted(production or ()))


def _covered(playbook: Playbook, tenant: Tenant, in_production: Counter[str]) -> Coverage:
    in_examples = Counter(page for run in examples.runs(playbook.book) for page in run.fired)
    chats, _ = chats_of(playbook, tenant.id)
    turns = asyncio.run(_turns_of(chats, playbook, tenant))
    in_chats = Counter(page for turn in turns for page in {reason.page for reason in turn.because})
    pages = _pages(playbook.book, in_examples, in_chats, in_production)
    return Coverage(
        version=playbook.version,
        pages=pages,
        examples=examples.count(playbook.book),
        chats=len(chats),
        turns=len(turns),
        gone=_gone(pages, in_production) if in_production else None,
    )


async def _turns_of(chats: Sequence[Chat], playbook: Playbook, tenant: Tenant) -> list[Turn]:
    return [turn for chat in chats for turn in (await play(chat, playbook, tenant)).turns]


def _counted(production: Iterable[tuple[str, int]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for page, times in production:
        counted[page] += times
    return counted


def _pages(
    book: Book, in_examples: Counter[str], in_chats: Counter[str], in_production: Counter[str]
) -> tuple[PageCoverage, ...]:
    listening = [(page, "understanding") for page in book.language_pages.values() if page.status == "live"]
    deciding = [(page, page.chapter) for page in book.pages]
    covered = [
        PageCoverage(
            page=page.id,
            title=page.title,
            chapter=chapter,
            file=page.file,
            status=page.status,
            fired_in_examples=in_examples[page.id],
            fired_in_chats=in_chats[page.id],
            fired_in_production=in_production[page.id] if in_production else None,
        )
        for page, chapter in (*listening, *deciding)
    ]
    return tuple(sorted(covered, key=lambda found: (vocabulary.CHAPTERS.index(found.chapter), found.page)))


def _gone(pages: tuple[PageCoverage, ...], in_production: Counter[str]) -> tuple[tuple[str, int], ...]:
    here = {page.page for page in pages}
    return tuple((p, n) for p, n in in_production.most_common() if p not in here and not p.startswith(NO_PAGES))
