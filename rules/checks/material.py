"""
What the checks look at: the pages of a book, what each of them can fire on, and what it says there.

Rule 1: a routing page decides where no safety page does and no better routing page; a reply is only said where
        the routing page says nothing.
Rule 2: everything is worked out once for all checks, and only when one asks for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from rules.book import Book
from rules.checks.ground import Area, Cover, Ground
from rules.checks.lifecycle import Lifecycle, Step, WordingFacts
from rules.language.page import UnderstandingPage
from rules.pages import Page, stages_of
from rules.program import weight

# A page with one of these flags is confirmed at once, whatever the approval pages say.
CONFIRMED_AT_ONCE = frozenset({"opt_out", "suspect_opt_out"})


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a deciding page can be true."""

    page: Page
    area: Area
    cover: Cover
    above: tuple[Cover, ...]
    """Ways of other pages that win before it."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Something that is said, and all messages on which it may be."""

    say: str
    page: Page
    """The page that says it."""
    decider: Page
    """The page that decides: the same one, or the routing page that leaves the words to a reply."""
    area: Area
    above: tuple[Cover, ...]

    @property
    def is_confirmed_at_once(self) -> bool:
        """True for the answer to a stop, which no approval page holds."""
        return bool(CONFIRMED_AT_ONCE & set(self.decider.then.flag))


class Material:
    """One book under examination."""

    def __init__(
        self, book: Book, lifecycle: Lifecycle, wordings: Mapping[str, WordingFacts], today: date | None = None
    ) -> None:
        self.book = book
        self.lifecycle = lifecycle
        self.wordings = wordings
        self.today = today

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """Live deciding pages, in winning order."""
        return tuple(page for page in self.book.pages if not page.is_shadow)

    @cached_property
    def understands(self) -> bool:
        """Whether the book has words of its own; without them it only judges ready meanings."""
        return bool(self.heard)

    @cached_property
    def heard(self) -> Mapping[str, UnderstandingPage]:
        """Live pages of the chapter understanding."""
        return {name: page for name, page in self.book.language_pages.items() if page.status == "live"}

    @cached_property
    def ground(self) -> Ground:
        """All messages."""
        conditions = (c for page in self.book.pages for way in page.alternatives for c in way)
        return Ground(conditions, self.heard)

    def of(self, *chapters: str) -> tuple[Page, ...]:
        """Live pages of some chapters."""
        return tuple(page for page in self.pages if page.chapter in chapters)

    def areas(self, page: Page) -> Iterator[Area]:
        """What a page can fire on, way by way."""
        for way in page.alternatives:
            area = self.ground.area(way)
            if area is not None:
                yield area

    @cached_property
    def covers(self) -> Mapping[str, tuple[Cover, ...]]:
        """The ways of each live page, by its id."""
        return {page.id: tuple(map(self.ground.cover, page.alternatives)) for page in self.pages}

    def covers_of(self, pages: Iterator[Page] | tuple[Page, ...]) -> tuple[Cover, ...]:
        """All ways of some pages."""
        return tuple(cover for page in pages for cover in self.covers[page.id])

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """Every way of every page that may decide, with what wins before it."""
        return (*self._safety_ways, *self._ways_of("routing"), *self._ways_of("replies"))

    @cached_property
    def _safety_ways(self) -> tuple[Way, ...]:
        found: list[Way] = []
        above: list[Cover] = []
        for page in self.of("safety"):
            found += [
                Way(page, area, self.ground.cover(way), tuple(above))
                for way in page.alternatives
                if (area := self.ground.area(way)) is not None
            ]
            above += self.covers[page.id]
        return tuple(found)

    def _ways_of(self, chapter: str) -> tuple[Way, ...]:
        ranked = sorted(
            ((page, way) for page in self.of(chapter) for way in page.alternatives),
            key=lambda item: ([-part for part in weight(item[1])], item[0].id),
        )
        found: list[Way] = []
        above = [(None, cover) for cover in self.covers_of(self.of("safety"))]
        for page, way in ranked:
            cover, area = self.ground.cover(way), self.ground.area(way)
            if area is not None:
                others = tuple(better for owner, better in above if owner is not page)
                found.append(Way(page, area, cover, others))
            above.append((page, cover))
        return tuple(found)

    @cached_property
    def speeches(self) -> tuple[Speech, ...]:
        """Everything that the book says, and where."""
        found = [
            Speech(p.then.say, p, p, way.area, way.above)
            for way in self.ways
            for p in [way.page]
            if p.then.say and p.chapter != "replies"
        ]
        quiet = [
            way
            for way in self.ways
            if way.page.chapter == "routing" and not way.page.then.say and not way.page.then.silence
        ]
        replies = [way for way in self.ways if way.page.chapter == "replies" and way.page.then.say]
        return (
            *found,
            *(speech for route in quiet for reply in replies for speech in self._joined(route, reply)),
        )

    def _joined(self, route: Way, reply: Way) -> Iterator[Speech]:
        area = self.ground.inside(route.area, reply.cover)
        if area is not None:
            yield Speech(reply.page.then.say, reply.page, route.page, area, (*route.above, *reply.above))

    @cached_property
    def taken(self) -> frozenset[Step]:
        """Every step of the deal that a live page, a verified source or an approver's yes to a page causes."""
        cycle, asked = self.lifecycle, dict(self.lifecycle.questions_end_in)
        going: set[tuple[str, str]] = set()
        proposing: set[tuple[str, str]] = set()
        for way in self.ways:
            then = way.page.then
            events = {then.go, *asked.get(then.say, ())} - {""}
            here = self._decided_at(way) if events or then.propose else ()
            going |= {(stage, event) for stage in here for event in events}
            proposing |= {(stage, then.propose) for stage in here}
        return frozenset(
            {step for step in cycle.message_events if (step.stage, step.event) in going}
            | {step for step in cycle.approver_events if (step.stage, step.event) in proposing}
            | set(cycle.system_events)
        )

    def _decided_at(self, way: Way) -> tuple[str, ...]:
        """Name the stages in which a way has a message of its own."""
        areas = ((stage, self.ground.only(way.area, "stage", stage)) for stage in self.lifecycle.stages)
        return tuple(
            s for s, area in areas if area is not None and self.ground.outside(area, way.above) is not None
        )

    @cached_property
    def approvals(self) -> tuple[Cover, ...]:
        """Where an approval page holds whatever is said."""
        return self.covers_of(tuple(page for page in self.of("approval") if page.then.hold))

    def leaves_at_once(self, speech: Speech, area: Area) -> Area | None:
        """Return messages of an area on which a speech leaves without a human; None when there are none."""
        if speech.decider.then.hold:
            return None
        holders = () if speech.is_confirmed_at_once else self.approvals
        return self.ground.outside(area, (*speech.above, *holders))

    def told(self, area: Area) -> str:
        """Name one message of an area: `stage qualifying, intent ask_price`."""
        stage, intent = (self.ground.values(area, fact)[0] for fact in ("stage", "intent"))
        return f"stage {stage}, intent {intent}"

    def fires_at(self, page: Page) -> tuple[str, ...]:
        """Name the stages in which a page can fire, in the order of the deal."""
        known = stages_of(page)
        return tuple(stage for stage in self.lifecycle.stages if stage in known)
