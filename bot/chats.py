"""
Whole chats as tests of a playbook: each is played in memory, and the first step that comes out otherwise is told.

Rule 1: a chat is played by the parts that handle real conversations (`bot.rehearsal`).
Rule 2: a chat says itself how freely the bot may answer and whether there is a public price; what the tenant
        switched today changes no test.
Rule 3: a failure shows the talk up to there, what was expected, what came, and which rules decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from bot.chat_reader import Chat, Expected, Step, read_chats
from bot.errors import DealixError
from bot.playbook import Playbook
from bot.rehearsal import Rehearsal, Turn
from bot.tenant import Tenant
from flows.wording import UnfilledBlank, UnknownWording
from rules.problems import Problem

__all__ = ["Chat", "ChatFailure", "Difference", "Played", "chats_of", "play", "read_chats", "run_chats"]

Language = Literal["en", "ar"]

# A Monday morning in Riyadh: nothing is closed, nobody fasts, no prayer is near.
BEGINS = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)

# What a chat with a public price hears when the tenant has none.
SAMPLE_PRICE = {"ar": "الباقة بـ 100 ريال شهريا", "en": "The plan costs 100 SAR a month"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was expected, and what came instead."""

    key: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Played:
    """A chat and every turn that was played of it."""

    chat: Chat
    turns: tuple[Turn, ...]
    failure: "ChatFailure | None"


@dataclass(frozen=True, slots=True)
class ChatFailure:
    """Where a chat came out otherwise, or why it cannot be played."""

    chat: str
    """Its id, or its file when it cannot be read."""
    title: str
    file: str
    line: int
    """The line of the step that failed."""
    differences: tuple[Difference, ...]
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


def chats_of(playbook: Playbook, name: str = "") -> tuple[tuple[Chat, ...], tuple[Problem, ...]]:
    """The chats of a playbook, and what keeps some of them from being played; `name` is the tenant's."""
    return read_chats(playbook.files, own=tuple(playbook.own), name=name, wordings=playbook.wordings.keys)


async def run_chats(playbook: Playbook, tenant: Tenant) -> tuple[ChatFailure, ...]:
    """Play every chat of a playbook; a chat that cannot be read is a failure as well."""
    chats, problems = chats_of(playbook, tenant.id)
    unread = [ChatFailure(p.file, "", p.file, p.line, (), problem=p.what) for p in problems]
    played = [(await play(chat, playbook, tenant)).failure for chat in chats]
    return (*unread, *(failure for failure in played if failure is not None))


async def play(chat: Chat, playbook: Playbook, tenant: Tenant) -> Played:
    """Play one chat until it ends or comes out otherwise."""
    try:
        rehearsal = Rehearsal(
            playbook,
            _tenant_of(chat, tenant),
            BEGINS,
            stage=chat.stage,
            slots=chat.slots,
            language=chat.language,
            asked=chat.asked,
        )
    except DealixError as refused:
        return Played(chat, (), ChatFailure(chat.id, chat.title, chat.file, 1, (), problem=refused.message_en))
    for step in chat.steps:
        try:
            turn = await _happens(step, rehearsal)
        except (DealixError, UnfilledBlank, UnknownWording) as refused:
            turns = rehearsal.turns
            failure = ChatFailure(
                chat.id, chat.title, chat.file, step.line, (), problem=str(refused), turns=turns, refused=step
            )
            return Played(chat, turns, failure)
        differences = tuple(d for expected in step.expect if (d := _difference(expected, turn)) is not None)
        if differences:
            turns = rehearsal.turns
            return Played(
                chat, turns, ChatFailure(chat.id, chat.title, chat.file, step.line, differences, turns=turns)
            )
    return Played(chat, rehearsal.turns, None)


def _tenant_of(chat: Chat, tenant: Tenant) -> Tenant:
    price = (tenant.public_price or SAMPLE_PRICE) if chat.has_public_price else {}
    return replace(tenant, autonomy=chat.autonomy, has_public_price=chat.has_public_price, public_price=price)


async def _happens(step: Step, rehearsal: Rehearsal) -> Turn:
    later = step.minutes_later
    match step.what:
        case "event":
            by: Literal["approver", "system"] = "system" if step.by == "system" else "approver"
            return await rehearsal.event(step.text, by, minutes_later=later)
        case "approves":
            return await rehearsal.approves(minutes_later=later)
        case "writes":
            return await rehearsal.writes(step.text, minutes_later=later)
        case _:
            return await rehearsal.says(step.text, kind=step.kind, button=step.button, minutes_later=later)


# Expected, and got


def _difference(expected: Expected, turn: Turn) -> Difference | None:
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
        lines += [f"  ✗ {words[step.what]}: {_one_line(step.text or step.button or step.kind)}"]
    if failure.problem:
        lines += [f"      {words['refused']}: {failure.problem}"]
    return lines + (_rules(failure.turns[last], words) if failure.differences else [])


def _what_happened(turn: Turn, words: dict[str, str]) -> str:
    if turn.text:
        return _one_line(turn.text)
    return f"({turn.decision.question.kind})" if turn.decision else words["yes"]


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
