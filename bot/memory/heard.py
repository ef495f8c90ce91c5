"""
From what was said and decided to facts. Pure.

Rule 1: an answer to a question of ours is a fact of the message that gave it; «I do not know» is none.
Rule 2: a place or a system is heard only as a whole word, in any way of writing it, and not where it is denied.
Rule 3: nothing is guessed: what has no sign beside it is less sure, and an ambiguous word without one is nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.conversation import Conversation, LogEntry
from bot.memory.fact import KEPT_FOR, Fact, fact_of
from bot.memory.vocabulary import (
    CITIES,
    DENIALS,
    NEAR_WORDS,
    NEEDS_A_SIGN,
    PLACE_SIGNS,
    SYSTEM_SIGNS,
    SYSTEMS,
)
from flows.qualification import SLOTS, UNKNOWN
from rules.language.normalise import fold, fold_word

# A number or a yes to the question for it is what it says; words in place of a number are somebody's way of
# saying it; what is only named in passing may be somebody else's.
PLAIN_ANSWER, OTHER_WORDS, WITH_A_SIGN, IN_PASSING = 0.95, 0.6, 0.85, 0.6
LANGUAGE_SPOKEN = 0.9

_WORD = re.compile(r"[\w.']+")
_EXPECTS = {slot.name: slot.expects for slot in SLOTS}

# «بالرياض», «والرياض», «للرياض»: what is written together with the word after it.
_STUCK = ("وال", "بال", "لل", "و", "ب", "ل")


def facts_of(conversation: Conversation, log: Sequence[LogEntry]) -> list[Fact]:
    """Everything that is known now from the answers of a conversation and from its recent messages."""
    heard = [entry for entry in log if entry.what == "message_received"]
    return list(
        dict.fromkeys(
            (
                *_answers(conversation),
                *(fact for entry in heard for fact in _named(conversation, entry)),
                *_languages(conversation, log, heard),
            )
        )
    )


def named_in(text: str) -> list[tuple[str, str, float]]:
    """(key, value, how sure) for each place and system that a text names."""
    words = _WORD.findall(fold(text).text)
    return [
        *_found(words, "city", _CITIES, _PLACE_SIGNS),
        *_found(words, "crm", _SYSTEMS, _SYSTEM_SIGNS),
    ]


def _answers(conversation: Conversation) -> Iterator[Fact]:
    for name, slot in sorted(conversation.slots.items()):
        if name not in KEPT_FOR or slot.value in ("", UNKNOWN):
            continue
        is_plain = _EXPECTS[name] in ("text", "date") or slot.value.isdecimal() or slot.value in ("yes", "no")
        sure = PLAIN_ANSWER if is_plain else OTHER_WORDS
        yield fact_of(
            conversation.tenant_id, conversation.id, name, slot.value, slot.source_key, sure, slot.answered_at
        )


def _named(conversation: Conversation, entry: LogEntry) -> Iterator[Fact]:
    text, source = entry.data.get("text"), entry.data.get("key")
    if not isinstance(text, str) or not isinstance(source, str) or entry.data.get("erased") is True:
        return
    for key, value, sure in named_in(text):
        yield fact_of(conversation.tenant_id, conversation.id, key, value, source, sure, entry.at)


def _languages(conversation: Conversation, log: Sequence[LogEntry], heard: Sequence[LogEntry]) -> Iterator[Fact]:
    """The language of the talk, when it was heard first and whenever it changed."""
    source = {entry.correlation_id: entry.data.get("key") for entry in heard}
    before = ""
    for entry in log:
        spoken, key = entry.data.get("language"), source.get(entry.correlation_id)
        if entry.what != "decided" or spoken not in ("ar", "en") or not key or spoken == before:
            continue
        before = spoken
        yield fact_of(conversation.tenant_id, conversation.id, "language", spoken, key, LANGUAGE_SPOKEN, entry.at)


_Spellings = Mapping[str, Sequence[tuple[tuple[str, ...], str, bool]]]
"""First word, in each way of writing it -> (all words of a name, our name for it, whether it needs a sign)."""


def _found(
    words: Sequence[str], key: str, spellings: _Spellings, signs: frozenset[str]
) -> Iterator[tuple[str, str, float]]:
    said = set()
    for at, word in enumerate(words):
        for spelling, value, needs_sign in spellings.get(word, ()):
            if value in said or tuple(words[at + 1 : at + len(spelling)]) != spelling[1:]:
                continue
            # «ونستخدم» is «نستخدم» with an "and" before it.
            near = [word.removeprefix("و") for word in words[max(0, at - NEAR_WORDS) : at]]
            has_sign = any(word in signs for word in near) or words[at] != spelling[0]
            if any(word in _DENIALS for word in near) or (needs_sign and not has_sign):
                continue
            said.add(value)
            yield key, value, WITH_A_SIGN if has_sign else IN_PASSING


def _written_together(word: str) -> frozenset[str]:
    bare = word.removeprefix("ال")
    return frozenset(
        stuck + bare if stuck.endswith("ل") and stuck != "ل" and word != bare else stuck + word
        for stuck in _STUCK
    )


def _folded(names: Mapping[str, Sequence[str]]) -> _Spellings:
    found: dict[str, list[tuple[tuple[str, ...], str, bool]]] = {}
    for value, spellings in names.items():
        for spelling in spellings:
            words = tuple(_WORD.findall(fold(spelling).text))
            for first in {words[0], *_written_together(words[0])}:
                found.setdefault(first, []).append((words, value, spelling in NEEDS_A_SIGN))
    return found


def _plain(words: Sequence[str]) -> frozenset[str]:
    return frozenset(fold_word(word).removeprefix("و") for word in words)


_CITIES, _SYSTEMS = _folded(CITIES), _folded(SYSTEMS)
_PLACE_SIGNS, _SYSTEM_SIGNS = (_plain(signs) for signs in (PLACE_SIGNS, SYSTEM_SIGNS))
_DENIALS = _plain(DENIALS)
