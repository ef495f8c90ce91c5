"""
A book compiled: every way in which a page can be true, over a list of unique conditions.

Rule 1: alternatives stand in the order in which they win: chapter, then within the chapter its own order.
Rule 2: a program outside the limits of the C matcher does not load; past them it loops or crashes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules import facts, vocabulary
from rules.facts import Condition, Facts
from rules.pages import Page
from rules.problems import Problem

# durable_rules 2.0.28, measured: 512 distinct siblings loop for ever, 256 identical conditions crash, 4,096
# rules are refused, more than 64 siblings true at once lose the matcher's stack. Each limit keeps a distance.
MAX_SIBLINGS = 480
MAX_IDENTICAL = 250
MAX_ALTERNATIVES = 4000
MAX_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way in which one page can be true."""

    page: int
    needs: tuple[int, ...]
    """Positions of the conditions that must hold, the most shared first."""


@dataclass(frozen=True, slots=True)
class Program:
    """Pages, their conditions, and the alternatives in winning order."""

    pages: tuple[Page, ...]
    conditions: tuple[Condition, ...]
    alternatives: tuple[Alternative, ...]

    def truths(self, known: Facts) -> tuple[bool, ...]:
        """Evaluate every condition once; nothing after this looks at a fact."""
        return tuple(condition.holds(known) for condition in self.conditions)


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
    alternatives = tuple(
        Alternative(ordered.index(page), tuple(sorted(position[condition] for condition in way)))
        for page, way in ways
    )
    return Program(ordered, conditions, alternatives)


def weight(way: Iterable[Condition]) -> tuple[int, int, int]:
    """Say how specific a way is: which page heard it, what it means, then the stage, then how many facts."""
    named = {condition.fact for condition in way}
    meaning = 2 if "heard" in named else int(bool(named & facts.SAYS_WHAT_IT_MEANS))
    return meaning, int("stage" in named), len(named)


def over_limits(program: Program) -> list[Problem]:
    """Name every limit of the C matcher that a program breaks."""
    found = []
    if len(program.alternatives) > MAX_ALTERNATIVES:
        found.append(f"{len(program.alternatives)} ways for pages to be true, more than {MAX_ALTERNATIVES}")
    children: dict[tuple[int, ...], set[int]] = {}
    endings: dict[tuple[int, ...], int] = {}
    for alternative in program.alternatives:
        for depth, need in enumerate(alternative.needs):
            children.setdefault(alternative.needs[:depth], set()).add(need)
        endings[alternative.needs] = endings.get(alternative.needs, 0) + 1
    if (widest := max(map(len, children.values()), default=0)) > MAX_SIBLINGS:
        found.append(f"{widest} conditions stand side by side, more than {MAX_SIBLINGS}")
    if (most := max(endings.values(), default=0)) > MAX_IDENTICAL:
        found.append(f"{most} pages have the same conditions, more than {MAX_IDENTICAL}")
    width = max((_width([program.conditions[n] for n in group]) for group in children.values()), default=0)
    if width > MAX_WIDTH:
        found.append(f"{width} conditions can be true at once, more than {MAX_WIDTH}")
    return [Problem("the book", 1, f"{what}. Use fewer or simpler pages.") for what in found]


def _rank(page: Page, way: tuple[Condition, ...], safety_order: Sequence[str]) -> tuple[object, ...]:
    chapter = vocabulary.CHAPTERS.index(page.chapter)
    if page.chapter == "safety":
        return chapter, safety_order.index(page.id), page.id
    means, stage, named = weight(way)
    return chapter, -means, -stage, -named, page.id


def _width(conditions: list[Condition]) -> int:
    """Bound how many of these conditions one message can make true."""
    by_fact: dict[str, list[Condition]] = {}
    for condition in conditions:
        by_fact.setdefault(condition.fact, []).append(condition)
    return sum(_width_of(fact, group) for fact, group in by_fact.items())


def _width_of(fact: str, group: list[Condition]) -> int:
    if fact in ("also_intent", "also_heard"):
        return len(group)
    if fact in facts.NUMBERS:
        edges = {condition.number + step for condition in group for step in (-0.001, 0.0, 0.001)}
        return max(sum(condition.holds({fact: edge}) for condition in group) for edge in edges)
    if fact in facts.YES_NO:
        return max(sum(condition.holds({fact: value}) for condition in group) for value in (True, False))
    words = facts.WORDS.get(fact) or {word for condition in group for word in condition.words}
    return max(sum(condition.holds({fact: word}) for condition in group) for word in words)
