"""
What a bare «نعم», «لا», «تمام» or «80» means: first by what we asked, then by the stage.

Law 1: the whole line is the answer, or it is no short answer.
Law 2: «تمام» after a proposal, an invoice or a report is a receipt, never an acceptance.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.language.hearing import Hearing
from rules.language.page import PageError
from rules.language.patterns import Grammar, Pattern, PatternError
from rules.language.vocabulary import ANSWERS, EXPECTS, INTENTS, STAGES, did_you_mean

# A known short answer is certain; a known one that means nothing here is certain too, and stays `default`.
CONFIDENCE = 0.92
PAGE = "short_answers"


@dataclass(frozen=True, slots=True)
class ShortAnswers:
    """The compiled table of `book/short_answers.yml`."""

    phrases: tuple[tuple[str, tuple[Pattern, ...]], ...]
    openings: tuple[tuple[str, tuple[Pattern, ...]], ...]
    by_expects: Mapping[str, Mapping[str, Mapping[str, str]]]
    """Question kind, answer, stage (or `any`): intent."""
    by_stage: Mapping[str, Mapping[str, str]]

    @classmethod
    def compile(
        cls, mapping: Mapping[str, object], grammar: Grammar, file: str = "short_answers.yml"
    ) -> "ShortAnswers":
        """Check and compile the table; raises PageError."""
        answers = {str(name): list(phrases) for name, phrases in mapping["answers"].items()}  # type: ignore[attr-defined]
        openings = {str(name): list(phrases) for name, phrases in mapping["openings"].items()}  # type: ignore[attr-defined]
        by_expects = mapping["by_expects"]
        by_stage = mapping["by_stage"]
        for name in (*answers, *openings):
            _check(name, ANSWERS, file)
        for kind, table in by_expects.items():  # type: ignore[attr-defined]
            _check(kind, EXPECTS, file)
            for answer, stages in table.items():
                _check(answer, ANSWERS, file)
                for stage, intent in stages.items():
                    _check(stage, (*STAGES, "any"), file)
                    _check(intent, INTENTS, file)
        for stage, table in by_stage.items():  # type: ignore[attr-defined]
            _check(stage, STAGES, file)
            for answer, intent in table.items():
                _check(answer, ANSWERS, file)
                _check(intent, INTENTS, file)
        return cls(
            phrases=tuple(
                (name, _compiled(phrases, grammar, file, whole=True)) for name, phrases in answers.items()
            ),
            openings=tuple(
                (name, _compiled(found, grammar, file, whole=False)) for name, found in openings.items()
            ),
            by_expects=by_expects,  # type: ignore[arg-type]
            by_stage=by_stage,  # type: ignore[arg-type]
        )

    def answer_in(self, hearing: Hearing) -> tuple[str, tuple[int, ...]]:
        """Which plain answer the message is, and the places of its words; empty when it is none."""
        for name, patterns in self.phrases:
            for pattern in patterns:
                if not pattern.anchors.isdisjoint(hearing.all_keys):
                    found = hearing.find_all(pattern)
                    if found:
                        return name, found[0].places
        return "", ()

    def opening_of(self, hearing: Hearing) -> str:
        """Which plain answer the message begins with («ايه عندنا فريق»); empty when with none."""
        for name, patterns in self.openings:
            if any(match.places[0] == 0 for pattern in patterns for match in hearing.find_all(pattern)):
                return name
        return ""

    def meaning(self, answer: str, stage: str, expects: str) -> str:
        """The intent of this answer here; empty when the table is silent."""
        stages = self.by_expects.get(expects, {}).get(answer, {})
        found = stages.get(stage) or stages.get("any")
        return found or self.by_stage.get(stage, {}).get(answer, "")


def _check(name: object, known: tuple[str, ...], file: str) -> None:
    if name not in known:
        raise PageError(file, 1, f'unknown name "{name}".{did_you_mean(str(name), known)}')


def _compiled(phrases: list[str], grammar: Grammar, file: str, *, whole: bool) -> tuple[Pattern, ...]:
    try:
        return tuple(grammar.compile(f"<< {phrase} >>" if whole else f"< {phrase}") for phrase in phrases)
    except PatternError as exc:
        raise PageError(file, 1, str(exc)) from exc
