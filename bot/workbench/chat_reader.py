"""
Reads whole chats from YAML: `chats/<id>.yml` of a book, or of a tenant's files.

Rule 1: keys stand in a fixed order, and every word is in the vocabulary; what is wrong is named with its file and
        line, and with the word that may be meant. All problems are reported at once.
Rule 2: a chat claims something: at least one of its steps says what to expect.
Rule 3: a tenant may replace a chat of ours, but not what it claims about stops: `about_stops` is always played.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from bot.tenant import Autonomy
from bot.workbench.chat_page import (
    BY,
    FOLDER,
    GATE_HOLDS,
    KEYS,
    LISTS,
    MOST_STEPS,
    NOTHING,
    ONLY_OF_MESSAGES,
    OTHER_SILENCES,
    SAID_BY_FLOWS,
    START_KEYS,
    STEP_KEYS,
    SYSTEM_EVENTS,
    Chat,
    Expected,
    Step,
)
from flows.wording import LANGUAGES
from rules import vocabulary
from rules.layers import Layer, path_of
from rules.notes import Notes
from rules.problems import BookError, Problem, unknown
from rules.sheet import items, line_of, read


def read_chats(
    files: Mapping[str, str],
    *,
    own: Collection[str] = (),
    name: str = "",
    wordings: Collection[str] = (*vocabulary.WORDINGS, *SAID_BY_FLOWS),
) -> tuple[tuple[Chat, ...], tuple[Problem, ...]]:
    """
    Read every chat among some files; other files are left alone.

    Args:
        files: path -> text, as in a playbook.
        own: the paths that are a tenant's own, whom errors call `name`.
        wordings: the keys of the sentences that a chat may expect.
    """
    chats: list[Chat] = []
    problems: list[Problem] = []
    for path in sorted(path for path in files if path.startswith(FOLDER)):
        label = Layer(name, {}).label(path) if path in own else path
        reader = _Reader(label, wordings)
        chat = reader.chat(files[path])
        problems += reader.notes.problems
        if chat is not None and not reader.notes.problems:
            chats.append(chat)
    return tuple(chats), tuple(sorted(problems))


# What ends, pauses or resumes messages.
_STOPS = frozenset({"opt_out", "suspect_opt_out", "resume_consent"})


def about_stops(chat: Chat) -> Chat | None:
    """The same chat with only the steps' claims about stops and about who has opted out; None without any."""
    steps = tuple(step if _is_about_stops(step) else replace(step, expect=()) for step in chat.steps)
    return replace(chat, steps=steps) if any(step.expect for step in steps) else None


def _is_about_stops(step: Step) -> bool:
    return any(
        (one.key == "stage" and one.wanted == "opted_out")
        or (one.key == "flag" and isinstance(one.wanted, tuple) and not _STOPS.isdisjoint(one.wanted))
        for one in step.expect
    )


class _Reader:
    """Turns one file into a chat, and keeps every problem that it meets."""

    def __init__(self, file: str, wordings: Collection[str]) -> None:
        self.notes = Notes(file)
        says = [key for key in wordings if "." not in key]
        holds = [key.removeprefix("hold.") for key in wordings if key.startswith("hold.")]
        silences = [key.removeprefix("silence.") for key in wordings if key.startswith("silence.")]
        self._words: dict[str, Collection[str]] = {
            "intent": tuple(vocabulary.INTENTS),
            "stage": vocabulary.STAGES,
            "say": says,
            "hold": dict.fromkeys((*holds, *GATE_HOLDS)),
            "flag": vocabulary.FLAGS,
            "silence": dict.fromkeys((*silences, *OTHER_SILENCES)),
            "asked": vocabulary.SLOTS,
            "proposes": (*vocabulary.PROPOSED_EVENTS, *vocabulary.STAGES),
            "language": LANGUAGES,
        }

    def chat(self, text: str) -> Chat | None:
        try:
            top = read(text, self.notes.file).content
        except BookError as failed:
            self.notes.problems += failed.problems
            return None
        self._check_keys(top, KEYS, "key", needed=("id", "title", "why", "chat"))
        start = self._start(top)
        chat = Chat(
            id=self._id(top),
            title=self._sentence(top, "title"),
            why=self._sentence(top, "why"),
            file=self.notes.file,
            steps=self._steps(top),
            **start,
        )
        if chat.steps and not any(step.expect for step in chat.steps):
            self.notes.problem(line_of(top, "chat"), "no step says what to expect. Add expect to one.")
        return chat

    def _check_keys(
        self,
        holder: Mapping[str, Any],
        known: tuple[str, ...],
        kind: str,
        needed: tuple[str, ...] = (),
        line: int = 1,
    ) -> None:
        for key in holder:
            if key not in known:
                self.notes.problem(line_of(holder, key), unknown(kind, key, known))
        for key in needed:
            if key not in holder:
                self.notes.problem(line, f'the key "{key}" is missing. Write it; the order is {" ".join(known)}.')
        found = [key for key in holder if key in known]
        for key, expected in zip(found, sorted(found, key=known.index), strict=True):
            if key != expected:
                what = f'"{key}" stands where "{expected}" belongs. The order is {" ".join(known)}.'
                self.notes.problem(line_of(holder, key), what)
                return

    def _id(self, top: Mapping[str, Any]) -> str:
        found = self._sentence(top, "id")
        stem = path_of(self.notes.file).removeprefix(FOLDER).removesuffix(".yml")
        if found and found != stem:
            self.notes.problem(line_of(top, "id"), f'the id "{found}" is not the file name "{stem}". Rename one.')
        return found

    def _sentence(self, holder: Mapping[str, Any], key: str) -> str:
        value = holder.get(key, "")
        if key in holder and (not isinstance(value, str) or not value.strip()):
            self.notes.problem(line_of(holder, key), f'"{key}" must be a sentence or a word. Write one.')
            return ""
        return " ".join(str(value).split())

    # start

    def _start(self, top: Mapping[str, Any]) -> dict[str, Any]:
        start = top.get("start", {})
        if not isinstance(start, Mapping):
            self.notes.problem(line_of(top, "start"), f"start is a map with some of: {', '.join(START_KEYS)}.")
            return {}
        self._check_keys(start, START_KEYS, "key of start")
        found: dict[str, Any] = {}
        known = {
            "stage": vocabulary.STAGES,
            "language": LANGUAGES,
            "autonomy": tuple(a.value for a in Autonomy),
            "asked": vocabulary.SLOTS,
        }
        for key, words in known.items():
            if key in start:
                found[key] = self.notes.word(start, key, key, words)
        if found.get("autonomy"):
            found["autonomy"] = Autonomy(found["autonomy"])
        if "slots" in start:
            answers = dict(self._answers(start))
            found["slots"] = MappingProxyType({name: value for name, (value, _) in answers.items()})
        if "has_public_price" in start:
            found["has_public_price"] = self._truth(start, "has_public_price")
        return found

    def _answers(self, holder: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, int]]]:
        """Each qualification answer under `slots`, with its line."""
        slots = holder["slots"]
        if not isinstance(slots, Mapping) or not slots:
            self.notes.problem(line_of(holder, "slots"), "slots is a map of questions and their answers.")
            return
        for name, value in slots.items():
            line = line_of(slots, name)
            if name not in vocabulary.SLOTS:
                self.notes.problem(line, unknown("question", name, vocabulary.SLOTS))
            elif isinstance(value, (Mapping, list)) or value is None or value == "":
                self.notes.problem(line, f'"{name}" takes one answer. Write it, in quotes when it is a sentence.')
            else:
                yield name, (_plain(value), line)

    def _truth(self, holder: Mapping[str, Any], key: str) -> bool:
        if not isinstance(holder[key], bool):
            self.notes.problem(line_of(holder, key), f'"{key}" takes true or false, not "{holder[key]}".')
        return holder[key] is True

    # chat

    def _steps(self, top: Mapping[str, Any]) -> tuple[Step, ...]:
        listed = top.get("chat")
        if "chat" not in top:
            return ()
        if not isinstance(listed, list) or not listed:
            self.notes.problem(line_of(top, "chat"), "chat is a list of steps. Begin each of them with a dash.")
            return ()
        if len(listed) > MOST_STEPS:
            what = f"the chat has {len(listed)} steps, more than {MOST_STEPS}. Make two chats of it."
            self.notes.problem(line_of(top, "chat"), what)
        return tuple(step for item, line in items(listed) if (step := self._step(item, line)) is not None)

    def _step(self, item: object, line: int) -> Step | None:
        if not isinstance(item, Mapping):
            self.notes.problem(
                line, "a step is a map: says, event, approves, writes or waits, and what to expect."
            )
            return None
        self._check_keys(item, STEP_KEYS, "key of a step")
        happens = [what for what in ("event", "approves", "writes", "waits") if what in item]
        if any(key in item for key in ("says", "kind", "button")):
            happens.append("says")
        if len(happens) != 1:
            self.notes.problem(
                line, "a step is one thing: says, event, approves, writes or waits. Make several of it."
            )
            return None
        (what,) = happens
        if "minutes_later" in item and what == "waits":
            self.notes.problem(line_of(item, "minutes_later"), "waits says itself how many minutes. Remove this.")
        if "by" in item and what != "event":
            self.notes.problem(line_of(item, "by"), "only an event has somebody who causes it. Remove by.")
        step = Step(
            what=what,
            text=self._text(item, what),
            line=line,
            kind=self._kind(item),
            button=self._sentence(item, "button"),
            by=self.notes.word(item, "by", "cause", BY) if "by" in item else BY[0],
            minutes_later=self._minutes(item, "waits" if what == "waits" else "minutes_later"),
            expect=tuple(self._expected(item, what)) if "expect" in item else (),
        )
        if what == "says" and not (step.text.strip() or step.button or step.kind != "text"):
            self.notes.problem(line, "the contact says nothing. Write what, or name a kind or a button.")
        return step

    def _text(self, item: Mapping[str, Any], what: str) -> str:
        value = item.get(what, "")
        if what == "event":
            return self.notes.word(item, what, "event", SYSTEM_EVENTS)
        if what == "approves":
            if value not in ("yes", True):
                self.notes.problem(line_of(item, what), '"approves" takes yes.')
            return ""
        if what == "waits":
            return ""
        if isinstance(value, (Mapping, list)) or value is None:
            self.notes.problem(line_of(item, what), f'"{what}" takes a text. Put it in quotes.')
            return ""
        return _plain(value)

    def _kind(self, item: Mapping[str, Any]) -> str:
        return self.notes.word(item, "kind", "kind of message", vocabulary.KINDS) if "kind" in item else "text"

    def _minutes(self, item: Mapping[str, Any], key: str) -> float:
        value = item.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            self.notes.problem(line_of(item, key), f'"{key}" takes a number of minutes, not "{value}".')
            return 1
        return float(value)

    # expect

    def _expected(self, item: Mapping[str, Any], what: str) -> Iterator[Expected]:
        expect = item["expect"]
        keys = (*self._words, "held", "slots", "hears")
        if not isinstance(expect, Mapping) or not expect:
            self.notes.problem(line_of(item, "expect"), f"expect is a map with some of: {', '.join(keys)}.")
            return
        for key in expect:
            line = line_of(expect, key)
            if key not in keys:
                self.notes.problem(line, unknown("key of expect", key, keys))
            elif what != "says" and key in ONLY_OF_MESSAGES:
                self.notes.problem(line, f'only what a contact says has "{key}". Remove it here.')
            elif key == "slots":
                yield from (
                    Expected(f"slots.{name}", _unless_nothing(v), at) for name, (v, at) in self._answers(expect)
                )
            elif key == "held":
                yield Expected(key, self._truth(expect, key), line)
            elif key == "hears":
                yield Expected(key, _unless_nothing(self._sentence(expect, key)), line)
            else:
                yield Expected(key, self._wanted(expect, key), line)

    def _wanted(self, expect: Mapping[str, Any], key: str) -> str | tuple[str, ...]:
        value = expect[key]
        if value == NOTHING and key not in ("intent", "stage", "language"):
            return () if key in LISTS else ""
        if key in LISTS:
            return self.notes.words(expect, key, key, self._words[key])
        return self.notes.word(expect, key, key, self._words[key])


def _unless_nothing(text: str) -> str:
    return "" if text == NOTHING else text


def _plain(value: object) -> str:
    """A bare `80` or `true` as somebody would type it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
