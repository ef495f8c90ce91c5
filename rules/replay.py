"""
What would change: the same messages put to two books.

Rule 1: a change is what a contact or an approver would notice: the intent, the step, the words, the hold.
Rule 2: a safety effect that the new book loses is named first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.book import Book
from rules.verdict import Question, Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """One message that the new book decides differently."""

    question: Question
    before: Verdict
    after: Verdict

    @property
    def differences(self) -> tuple[str, ...]:
        """Name what differs, as `say: clarify -> greeting_short`."""
        pairs = zip(_noticed(self.before), _noticed(self.after), strict=True)
        return tuple(
            f"{name}: {old or 'nothing'} -> {new or 'nothing'}" for (name, old), (_, new) in pairs if old != new
        )

    @property
    def loses_safety(self) -> bool:
        """True when the new book no longer flags or holds what the old one did."""
        return bool(set(self.before.flags) - set(self.after.flags)) or (self.before.held and not self.after.held)


def changes(old: Book, new: Book, questions: Iterable[Question]) -> tuple[Change, ...]:
    """Return what the new book decides differently, lost safety first."""
    found = [Change(question, old.decide(question), new.decide(question)) for question in questions]
    differing = [change for change in found if change.differences]
    return tuple(sorted(differing, key=lambda change: not change.loses_safety))


def _noticed(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    return (
        ("intent", verdict.intent),
        ("go", verdict.go),
        ("propose", verdict.proposes),
        ("say", verdict.say),
        ("silence", verdict.silence_reason),
        ("held", str(verdict.held)),
        ("hold", ", ".join(verdict.hold_reasons)),
        ("flag", ", ".join(sorted(verdict.flags))),
        ("act", ", ".join(sorted(verdict.actions))),
    )
