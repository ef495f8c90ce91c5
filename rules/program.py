"""
A book compiled: every way in which a page can be true, over a list of unique conditions.

Rule 1: alternatives stand in the order in which they win: chapter, then within the chapter its own order.
Rule 2: a program that the C matcher could never hold does not load; what is only large is cut into pieces.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules import facts, vocabulary
from rules.facts import Condition, Facts
from rules.pages import Page
from rules.problems import Problem
from rules.truths import Looks, Truths

# The C matcher takes 252 true conditions at once; a page with more could never be true there. Nobody reads a page
# with a tenth of them.
MAX_NEEDS = 200

# Each way costs the C matcher about 12 kB, and up to 13 times that when it is cut by stage.
MAX_ALTERNATIVES = 20_000


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way in which one page can be true."""

    page: int
    needs: tuple[int, ...]
    """Positions of the conditions that must hold, the most shared first."""


@dataclass(frozen=True)
class Program:
    """Pages, their conditions, and the alternatives in winning order."""

    pages: tuple[Page, ...]
    conditions: tuple[Condition, ...]
    alternatives: tuple[Alternative, ...]

    def truths(self, known: Facts) -> Truths:
        """Evaluate every condition once; nothing after this looks at a fact."""
        return self._looks.truths(known)

    @cached_property
    def _looks(self) -> Looks:
        return Looks(self.conditions)


def compile_pages(pages: Sequence[Page], safety_order: Sequence[str]) -> Program:
    """Order the pages, collect their conditions, and list their alternatives."""
    ways = [(page, way) for page in pages for way in page.alternatives]
    ways.sort(key=lambda item: _rank(item[0], item[1], safety_order))
    ordered = tuple(dict.fromkeys(page for page, _ in ways))
    uses: dict[Condition, int] = {}
    for _, way in ways:
        for condition in way:
            uses[condition] = uses.get(condition, 0) + 1
    conditions = tuple(sorted(uses, key=lambda condition: (-uses[condition], str(condition))))
    position = {condition: number for number, condition in enumerate(conditions)}
    place = {page: number for number, page in enumerate(ordered)}
    alternatives = tuple(
        Alternative(place[page], tuple(sorted(position[condition] for condition in way))) for page, way in ways
    )
    return Program(ordered, conditions, alternatives)


def weight(way: Iterable[Condition]) -> tuple[int, int, int]:
    """Say how specific a way is: which page heard it, what it means, then the stage, then how many facts."""
    named = {condition.fact for condition in way}
    meaning = 2 if "heard" in named else int(bool(named & facts.SAYS_WHAT_IT_MEANS))
    return meaning, int("stage" in named), len(named)


def over_limits(program: Program) -> list[Problem]:
    """Name everything that makes a program too large to be decided."""
    found = []
    if (ways := len(program.alternatives)) > MAX_ALTERNATIVES:
        what = f"the book has {ways} ways for pages to be true, more than {MAX_ALTERNATIVES}. Use fewer pages."
        found.append(Problem("the book", 1, what))
    for alternative in program.alternatives:
        if (needs := len(alternative.needs)) > MAX_NEEDS:
            page = program.pages[alternative.page]
            what = f"it needs {needs} things at once, more than {MAX_NEEDS}. Make several pages of it."
            found.append(Problem(page.file, page.line, what))
    return found


def _rank(page: Page, way: tuple[Condition, ...], safety_order: Sequence[str]) -> tuple[object, ...]:
    chapter = vocabulary.CHAPTERS.index(page.chapter)
    if page.chapter == "safety":
        return chapter, safety_order.index(page.id), page.id
    means, stage, named = weight(way)
    return chapter, -means, -stage, -named, page.id
