"""
Everything that is stored about one contact, as the heart asks for it; and by what a contact is recognised.

Rule 1: digits and keys belong to one contact. Names and sentences do not: they count only where the row says by
        an id that it is about this contact.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.privacy.data_requests import Subject

# Shorter words stand in everybody's messages, and prove nothing.
SHORTEST_TEXT = 12
SHORTEST_NAME = 3
SHORTEST_ID = 6

CUT = "[erased]"

_LOCAL_DIGITS = 9
"""Of a Saudi mobile: the digits that every spelling of the number ends with."""


@dataclass(frozen=True, slots=True)
class Needles:
    """By what a contact is recognised in a row."""

    ids: tuple[str, ...]
    """Digits and keys that belong to nobody else."""
    conversation_ids: tuple[str, ...]
    words: tuple[str, ...]
    """Names and sentences; others may have the same, so they count only in rows that name the conversation."""

    def are_in(self, texts: Sequence[str]) -> bool:
        """Whether something personal of the contact stands in a row."""
        if any(found in text for found in self.ids for text in texts):
            return True
        return self.name_the_contact(texts) and any(word in text for word in self.words for text in texts)

    def name_the_contact(self, texts: Sequence[str]) -> bool:
        """Whether a row is about the contact, by an id that names nobody."""
        return any(known in text for known in self.conversation_ids for text in texts)

    def cut_from(self, text: str) -> str:
        for needle in sorted((*self.ids, *self.words), key=len, reverse=True):
            text = text.replace(needle, CUT)
        return text


class PersonalRows(Protocol):
    """Every collection there is, as far as one contact is in it."""

    async def about(self, tenant_id: str, subject: Subject) -> Mapping[str, Sequence[Mapping[str, Any]]]: ...

    async def forget(
        self,
        tenant_id: str,
        subject: Subject,
        needles: Needles,
        fingerprint: Callable[[str], str],
        because_of: str,
    ) -> Mapping[str, int]: ...

    async def left(self, tenant_id: str, needles: Needles, besides: str) -> Mapping[str, int]: ...


def needles_of(subject: Subject, texts: Sequence[str]) -> Needles:
    """By what to recognise a contact."""
    bodies = [key.partition(":")[2] or key for key in subject.keys]
    ids = {*subject.keys, *(body for body in bodies if len(body) >= SHORTEST_ID)}
    ids |= {
        _core(digits) for digits in (subject.phone, *bodies) if digits.isdigit() and len(digits) > _LOCAL_DIGITS
    }
    words = {text for text in texts if len(text) >= SHORTEST_TEXT}
    if len(subject.name) >= SHORTEST_NAME:
        words.add(subject.name)
    return Needles(tuple(sorted(filter(None, ids))), subject.conversation_ids, tuple(sorted(words)))


def _core(digits: str) -> str:
    return digits[-_LOCAL_DIGITS:]
