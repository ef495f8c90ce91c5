"""
The rule book: loaded from a folder, asked one question at a time.

Rule 1: a book with one problem does not load; it reports all its problems at once.
Rule 2: a safety page decides alone and wins; otherwise exactly one routing page wins, and every approval page
        that matches adds its reason to hold.
Rule 3: a stop is confirmed at once, at every stage: nothing holds it but a quarrel of the two matchers.
Rule 4: a shadow page is seen and has no effect.
Rule 5: every verdict says something or says why it is silent.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from rules import facts, vocabulary
from rules.engine import Backend, Engine
from rules.language.page import UnderstandingPage
from rules.layers import Layer, folder
from rules.pages import Page
from rules.policies import Policies
from rules.problems import BookError, Problem
from rules.shelf import Shelf, take_from_shelf
from rules.verdict import Because, Question, Understanding, Verdict

DEFAULT_PATH = Path(__file__).parent / "book"

# An approver reads a handful of near misses; a full list is what `explain` is for.
NEAR_MISSES_IN_A_VERDICT = 5
NEAR_MISSES_IN_AN_EXPLANATION = 40

UNHELD_FLAGS = frozenset({"opt_out", "suspect_opt_out"})
ENGINE_DISAGREED = "hold.engine_disagreed"


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a verdict came about."""

    verdict: Verdict
    facts: tuple[tuple[str, str], ...]
    fired: tuple[str, ...]
    """Pages that had a say, with their file and line."""
    lost: tuple[str, ...]
    """Pages that matched but lost to a better one."""
    nearly: tuple[str, ...]
    """Pages that missed by one condition, and which."""


@dataclass(frozen=True, slots=True)
class StageRules:
    """What the book can do at one stage, for people who want to see the lifecycle."""

    stage: str
    routes: tuple[tuple[str, str, str], ...]
    """(page, event or proposed event, stage after; empty when only an approver moves it)."""
    wordings: tuple[str, ...]
    actions: tuple[str, ...]
    pages: tuple[str, ...]
    always_held: bool


@dataclass(frozen=True, slots=True)
class _Matches:
    """Live and shadow pages that match one message, best first, by chapter."""

    live: dict[str, list[Page]]
    shadow: list[Page]
    agreed: bool
    truths: int
    """Which conditions hold, one bit each."""

    def best(self, chapter: str) -> Page | None:
        return next(iter(self.live[chapter]), None)


class Book:
    """Rules in force, compiled and ready; immutable, so a reload is one assignment by whoever holds it."""

    def __init__(self, shelf: Shelf, engine: Engine, version: str) -> None:
        self._shelf = shelf
        self._program = shelf.program
        self._engine = engine
        self.version = version
        """Hash of everything in the book; stored with each decision."""

    @classmethod
    def load(cls, path: Path = DEFAULT_PATH, *, tenant_layers: Sequence[Path] = (), **options: Any) -> "Book":
        """
        Read, check and compile a book from a folder, and more folders of the same shape over it.

        Takes the options of `of`. Raises BookError with every problem of the book.
        """
        layers = [folder(Path(path)), *(folder(Path(layer), Path(layer).name) for layer in tenant_layers)]
        return cls.of(layers, **options)

    @classmethod
    def of(
        cls,
        layers: Sequence[Layer],
        *,
        backend: Backend = "both",
        wordings: Collection[str] = vocabulary.WORDINGS,
        wordings_version: str = "",
        today: date | None = None,
    ) -> "Book":
        """
        Check and compile a book and the layers over it.

        Args:
            layers: the book itself, then what is laid over it; a page there replaces the page with its id.
            backend: which matcher decides; `both` lets the reference one watch the C engine.
            wordings: the wording keys that pages may use.
            wordings_version: becomes part of the version, so that a changed sentence changes it.
            today: pages whose `until` is before this day are left out; without it none is.

        Raises:
            BookError: with every problem of the book.
        """
        shelf = take_from_shelf(layers, wordings, today)
        content = json.dumps([shelf.content, wordings_version], sort_keys=True, ensure_ascii=True)
        version = hashlib.sha256(content.encode()).hexdigest()[:12]
        return cls(shelf, Engine.of(shelf.program, backend), version)

    @classmethod
    def check(cls, path: Path = DEFAULT_PATH, *, tenant_layers: Sequence[Path] = ()) -> tuple[Problem, ...]:
        """Return what keeps a book from loading; nothing when it loads."""
        try:
            cls.load(path, backend="reference", tenant_layers=tenant_layers)
        except BookError as failed:
            return failed.problems
        return ()

    @property
    def backend(self) -> str:
        """Which matchers decide: `both | durable | reference`."""
        return self._engine.backend

    @property
    def pages(self) -> tuple[Page, ...]:
        """Every page in force, in winning order."""
        return self._program.pages

    @property
    def language_pages(self) -> Mapping[str, UnderstandingPage]:
        """The pages of the chapter understanding by id, whatever their status; none when the book only judges."""
        return self._shelf.language.pages if self._shelf.language else {}

    @property
    def policies(self) -> Policies:
        """What stands beside the pages: claims, prices, quiet hours, deadlines, follow-ups."""
        return self._shelf.policies

    @property
    def titles(self) -> dict[str, str]:
        """Page id -> title, of every chapter."""
        return self.titles_in("en")

    def titles_in(self, language: str) -> dict[str, str]:
        """Page id -> title in a language, of every chapter; a page without one is called as it is."""
        pages = [*self.language_pages.values(), *self.pages]
        return {page.id: (language == "ar" and page.title_ar) or page.title for page in pages}

    @property
    def disagreements(self) -> int:
        """How often the C engine failed or differed since the book was loaded; more than 0 deserves an alert."""
        return self._engine.disagreements

    def dispose(self) -> None:
        """Free the memory of the C engine; decisions that still come are the reference matcher's."""
        self._engine.dispose()

    def understand(self, question: Question) -> Understanding:
        """
        Say what a message means, without asking what to do about it.

        Raises:
            BookError: the book has no chapter understanding; it can only judge ready meanings.
        """
        language = self._shelf.language
        if language is None:
            raise BookError(
                [Problem("understanding", 1, "this book has no words. Add the chapter understanding.")]
            )
        return language.understand(question)

    def pages_that_hear(self, question: Question) -> tuple[str, ...]:
        """Name every page of understanding that hears something in a message, also those that do not govern."""
        language = self._shelf.language
        if language is None:
            return ()
        return language.understander.pages_that_fire(
            question.text,
            stage=question.stage,
            expects=question.expects,
            is_first_reply_to_outbound=question.is_first_reply_to_outbound,
        )

    def decide(self, question: Question) -> Verdict:
        """Say what a message means and what to do about it; shadow pages are named, and change nothing."""
        verdict = self.judge(question, self.understand(question))
        shadows = self._shadows_that_hear(question)
        return replace(verdict, because=(*verdict.because, *shadows)) if shadows else verdict

    def _shadows_that_hear(self, question: Question) -> tuple[Because, ...]:
        """What pages of understanding in shadow hear, and what it would have meant."""
        language = self._shelf.language
        rehearsed = language and language.understander.rehearse(
            question.text,
            stage=question.stage,
            expects=question.expects,
            is_first_reply_to_outbound=question.is_first_reply_to_outbound,
        )
        if not language or not rehearsed:
            return ()
        meant = rehearsed.understanding.primary.name
        return tuple(
            replace(heard, shadow=True, said=f"{heard.said}; the message would mean {meant}")
            for heard in map(language.because, rehearsed.heard)
        )

    def judge(self, question: Question, understood: Understanding) -> Verdict:
        """Say what to do about a message whose meaning is already known."""
        matches = self._match(question, understood)
        safety = matches.best("safety")
        deciders = [safety] if safety else self._ordinary(matches)
        holds = self._holds(deciders, matches)
        says = next((page.then.say for page in deciders if page.then.say), "")
        because = [
            *self._understood(understood),
            *(_because(page, understood) for page in deciders),
            *(_because(page, understood) for page in self._holders(deciders, matches)),
            *(_because(page, understood) for page in self._followers(deciders, matches)),
            *(_because(page, understood) for page in matches.shadow),
        ]
        proposes = next((page.then.propose for page in deciders if page.then.propose), "")
        return Verdict(
            understanding=understood,
            intent=understood.primary.name,
            confidence=understood.primary.confidence,
            go=next((page.then.go for page in deciders if page.then.go), ""),
            say=says,
            silence_reason=next((page.then.silence for page in deciders if page.then.silence and not says), ""),
            held=bool(holds),
            hold_reasons=holds,
            proposes=proposes,
            actions=_unique(
                a for page in (*deciders, *self._followers(deciders, matches)) for a in page.then.act
            ),
            flags=self._flags(deciders, matches),
            because=tuple(because),
            book_version=self.version,
            near_misses=self._near_misses(matches.truths, NEAR_MISSES_IN_A_VERDICT),
            engine_agreed=matches.agreed,
        )

    def explain(self, question: Question, understood: Understanding | None = None) -> Explanation:
        """Say how the book comes to its verdict: facts, pages that fired, lost or nearly fired."""
        meant = understood or self.understand(question)
        verdict = self.judge(question, meant)
        matches = self._match(question, meant)
        fired = {reason.page for reason in verdict.because}
        matched = [page for pages in matches.live.values() for page in pages]
        return Explanation(
            verdict=verdict,
            facts=tuple((name, _shown(value)) for name, value in facts.gather(question, meant).items()),
            fired=tuple(f"{reason.file} {reason.title}: {reason.said}" for reason in verdict.because),
            lost=tuple(f"{page.place} {page.title}" for page in matched if page.id not in fired),
            nearly=self._near_misses(matches.truths, NEAR_MISSES_IN_AN_EXPLANATION),
        )

    def stages(self) -> tuple[StageRules, ...]:
        """Describe every stage: where its pages lead, what they say and do."""
        return tuple(_stage_rules(stage, self.pages) for stage in vocabulary.STAGES)

    # deciding

    def _match(self, question: Question, understood: Understanding) -> _Matches:
        truths = self._program.truths(facts.gather(question, understood))
        alternatives, agreed = self._engine.matching(truths)
        numbers = dict.fromkeys(self._program.alternatives[found].page for found in alternatives)
        live: dict[str, list[Page]] = {chapter: [] for chapter in vocabulary.CHAPTERS}
        shadow = []
        for page in (self._program.pages[number] for number in numbers):
            if page.is_shadow:
                shadow.append(page)
            else:
                live[page.chapter].append(page)
        return _Matches(live, shadow, agreed, truths)

    def _ordinary(self, matches: _Matches) -> list[Page]:
        """Take the one routing page that wins, and a reply for it when it says nothing itself."""
        deciders = [page for page in [matches.best("routing")] if page]
        speaks = any(page.then.say or page.then.silence for page in deciders)
        reply = matches.best("replies")
        return deciders if speaks or reply is None else [*deciders, reply]

    def _is_free_of_holds(self, deciders: Iterable[Page]) -> bool:
        return any(UNHELD_FLAGS & set(page.then.flag) for page in deciders)

    def _holders(self, deciders: list[Page], matches: _Matches) -> list[Page]:
        """Take every approval page that matches; a silence has nothing to hold."""
        speaks = any(page.then.say or page.then.propose for page in deciders)
        return [] if self._is_free_of_holds(deciders) or not speaks else matches.live["approval"]

    def _followers(self, deciders: list[Page], matches: _Matches) -> list[Page]:
        by_safety = any(page.chapter == "safety" for page in deciders)
        return [] if by_safety else matches.live["follow_up"]

    def _holds(self, deciders: list[Page], matches: _Matches) -> tuple[str, ...]:
        pages = [*deciders, *self._holders(deciders, matches)]
        quarrel = () if matches.agreed else (ENGINE_DISAGREED,)
        return _unique([*(reason for page in pages for reason in page.then.hold), *quarrel])

    def _flags(self, deciders: list[Page], matches: _Matches) -> tuple[str, ...]:
        own = [flag for page in deciders for flag in page.then.flag]
        own += [flag for page in self._holders(deciders, matches) for flag in page.then.flag]
        others = [flag for page in matches.live["safety"] for flag in page.then.flag]
        return _unique([*own, *(flag for flag in others if flag in vocabulary.CAREFUL_FLAGS)])

    # saying why

    def _understood(self, understood: Understanding) -> list[Because]:
        language = self._shelf.language
        return [language.because(found) for found in understood.intents if found.page and language]

    def _near_misses(self, truths: int, limit: int) -> tuple[str, ...]:
        return tuple(
            f"{page.id}: it is not true that {self._program.conditions[failed]}"
            for number, failed in self._engine.near_misses(truths, limit)
            for page in [self._program.pages[self._program.alternatives[number].page]]
        )


def _because(page: Page, understood: Understanding) -> Because:
    named = {word for way in page.alternatives for c in way if "intent" in c.fact for word in c.words}
    words = _unique(word for found in understood.intents if found.name in named for word in found.words)
    return Because(
        page.id, page.title, page.chapter, page.place, str(page.then), words, page.is_shadow, page.title_ar
    )


def _stage_rules(stage: str, pages: Sequence[Page]) -> StageRules:
    here = [page for page in pages if not page.is_shadow and _fires_at(page, stage)]
    routes = [
        (page.id, event, vocabulary.MESSAGE_EVENTS.get(event, ((), ""))[1])
        for page in here
        for event in (page.then.go, page.then.propose)
        if event
    ]
    return StageRules(
        stage=stage,
        routes=tuple(routes),
        wordings=_unique(page.then.say for page in here if page.then.say),
        actions=_unique(action for page in here for action in page.then.act),
        pages=tuple(page.id for page in here),
        always_held=any(page.chapter == "approval" and _names_only_stages(page) for page in here),
    )


def _fires_at(page: Page, stage: str) -> bool:
    return any(
        all(condition.holds({"stage": stage}) for condition in way if condition.fact == "stage")
        for way in page.alternatives
    )


def _names_only_stages(page: Page) -> bool:
    return any(all(condition.fact == "stage" for condition in way) for way in page.alternatives)


def _shown(value: facts.Value) -> str:
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
