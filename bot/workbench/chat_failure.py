"""
How a chat came out otherwise than it says, told so that an analyst sees where and why.

Rule 1: a failure shows the talk up to there, what was expected, what came, and which rules decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.workbench.chat_page import Expected, Step
from bot.workbench.turn import Turn
from rules.problems import Problem

Language = Literal["en", "ar"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was expected, and what came instead."""

    key: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class ChatFailure:
    """Where a chat came out otherwise, or why it cannot be played."""

    chat: str
    """Its id, or its file when it cannot be read."""
    title: str
    file: str
    line: int
    """The line of the step that failed."""
    differences: tuple[Difference, ...] = ()
    problem: str = ""
    """Why it could not be read, or what a step was refused for."""
    turns: tuple[Turn, ...] = ()
    """The talk up to there; the last one is the step that failed, unless it was refused."""
    refused: Step | None = None

    def told(self, language: Language = "en") -> str:
        """The talk as a small script, with what was expected and what came."""
        return "\n".join(_script(self, _WORDS[language]))

    @property
    def as_problem(self) -> Problem:
        """In one line, beside the problems of pages."""
        found = "; ".join(f"{d.key} must be {d.expected}, but is {d.got}" for d in self.differences)
        said = f'"{self.title}": {found or self.problem}' if self.title else self.problem
        return Problem(self.file, self.line, said)

    def __str__(self) -> str:
        return self.told()


# Expected, and got


def difference(expected: Expected, turn: Turn) -> Difference | None:
    """What differs from one expectation, None when it came true."""
    got = _result(expected.key, turn)
    if _agrees(expected, got):
        return None
    return Difference(expected.key, _shown(expected.wanted), _shown(got))


def _result(key: str, turn: Turn) -> str | bool | tuple[str, ...]:
    kind, _, name = key.partition(".")
    results: dict[str, str | bool | tuple[str, ...]] = {
        "intent": turn.intent,
        "stage": turn.stage_after,
        "say": turn.wording,
        "held": turn.held,
        "hold": tuple(reason.removeprefix("hold.") for reason in turn.hold_reasons),
        "flag": turn.flags,
        "silence": turn.silence_reason.removeprefix("silence."),
        "asked": turn.asked,
        "proposes": (turn.proposes, turn.proposed_stage) if turn.proposes else (),
        "language": turn.language,
        "hears": turn.said,
        "slots": turn.slots.get(name, ""),
    }
    return results[kind]


def _agrees(expected: Expected, got: str | bool | tuple[str, ...]) -> bool:
    wanted = expected.wanted
    if not wanted and not isinstance(wanted, bool):
        return not got
    if expected.key == "hears":
        return " ".join(str(wanted).split()) in " ".join(str(got).split())
    if isinstance(got, tuple):
        words = wanted if isinstance(wanted, tuple) else (wanted,)
        return all(word in got for word in words)
    return wanted == got


def _shown(value: str | bool | tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(word for word in value if word) or "nothing"
    return " ".join(value.split()) or "nothing"


# The talk as a script

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "says": "contact",
        "event": "event",
        "approves": "approver",
        "writes": "team",
        "waits": "time",
        "passes": "passes",
        "bot": "Dealix",
        "yes": "yes",
        "held": "waits for a human",
        "silent": "nothing is said",
        "expected": "expected",
        "got": "got",
        "refused": "not possible",
        "rules": "decided by",
        "file": "{file} line {line}: {title}",
    },
    "ar": {
        "says": "العميل",
        "event": "حدث",
        "approves": "المعتمد",
        "writes": "الفريق",
        "waits": "الوقت",
        "passes": "يمضي",
        "bot": "ديالكس",
        "yes": "نعم",
        "held": "ينتظر إنسانا",
        "silent": "لا يقال شيء",
        "expected": "المتوقع",
        "got": "الحاصل",
        "refused": "غير ممكن",
        "rules": "قررتها",
        "file": "{file} سطر {line}: {title}",
    },
}


def _script(failure: ChatFailure, words: dict[str, str]) -> list[str]:
    heading = words["file"].format(file=failure.file, line=failure.line, title=failure.title or failure.problem)
    if not failure.title:
        return [heading]
    last = len(failure.turns) - 1 if failure.differences else -1
    lines = [heading]
    for number, turn in enumerate(failure.turns):
        mark = "✗" if number == last else "✓"
        lines += [f"  {mark} {words[turn.what]}: {_what_happened(turn, words)}", *_answer(turn, words)]
    lines += [
        f"      {d.key}: {words['expected']} {d.expected}, {words['got']} {d.got}" for d in failure.differences
    ]
    if failure.refused is not None:
        step = failure.refused
        tried = words["yes"] if step.what == "approves" else step.text or step.button or f"({step.kind})"
        lines += [f"  ✗ {words[step.what]}: {_one_line(tried)}"]
    if failure.problem:
        lines += [f"      {words['refused']}: {failure.problem}"]
    return lines + (_rules(failure.turns[last], words) if failure.differences else [])


def _what_happened(turn: Turn, words: dict[str, str]) -> str:
    if turn.text:
        return _one_line(turn.text)
    if turn.decision:
        return f"({turn.decision.question.kind})"
    return words["passes" if turn.what == "waits" else "yes"]


def _answer(turn: Turn, words: dict[str, str]) -> list[str]:
    if turn.said:
        waits = f", {words['held']}: {_shown(_result('hold', turn))}" if turn.held else ""
        return [f"    {words['bot']} ({turn.wording}{waits}): {_one_line(turn.said)}"]
    return [f"    {words['silent']} ({_shown(_result('silence', turn))})"] if turn.what == "says" else []


def _rules(turn: Turn, words: dict[str, str]) -> list[str]:
    decided: Sequence[str] = [f"{b.file} {b.title}: {b.said}" for b in turn.because if not b.shadow]
    return [f"      {words['rules']} {line}" for line in decided]


def _one_line(text: str) -> str:
    return " / ".join(line for line in text.splitlines() if line.strip())
