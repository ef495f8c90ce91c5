"""
What would change: the same messages put to two books.

Rule 1: a change is what a contact or an approver would notice: the intent, the step, the words, the hold.
Rule 2: a safety effect that the new book loses is named first.
Rule 3: two books whose words are equal hear with one ear: the meaning of a message is worked out once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.book import Book
from rules.verdict import Question, Understanding, Verdict

# How much a verdict does about an opt-out, from nothing to everything.
_OPT_OUT_FLAGS = ("", "suspect_opt_out", "opt_out")


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
        return bool(self.lost_flags) or (self.before.held and not self.after.held)

    @property
    def lost_flags(self) -> tuple[str, ...]:
        """Effects that only the old book has."""
        return tuple(flag for flag in self.before.flags if flag not in self.after.flags)

    @property
    def loses_opt_out(self) -> bool:
        """True when a wish to hear no more, or the suspicion of one, is not heard any more."""
        return opt_out_weight(self.before) > 0 == opt_out_weight(self.after)

    @property
    def doubts_opt_out(self) -> bool:
        """True when what was obeyed at once is only asked back."""
        return opt_out_weight(self.before) > opt_out_weight(self.after) > 0

    @property
    def gains_opt_out(self) -> bool:
        """True when the new book hears more of an opt-out than the old one."""
        return opt_out_weight(self.after) > opt_out_weight(self.before)


def opt_out_weight(verdict: Verdict) -> int:
    """Say what a verdict does about an opt-out: 2 obeys it, 1 suspects it, 0 hears none."""
    return max((_OPT_OUT_FLAGS.index(flag) for flag in verdict.flags if flag in _OPT_OUT_FLAGS), default=0)


def changes(old: Book, new: Book, questions: Iterable[Question]) -> tuple[Change, ...]:
    """Return what the new book decides differently, lost safety first."""
    found = [Change(question, old.decide(question), new.decide(question)) for question in questions]
    differing = [change for change in found if change.differences]
    return tuple(sorted(differing, key=lambda change: not change.loses_safety))


class Ear:
    """The words of a book, which remember the last message that they heard."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._last: tuple[Question, Understanding] | None = None

    def understand(self, question: Question) -> Understanding:
        """Say what a message means."""
        if self._last is None or self._last[0] != question:
            self._last = question, self._book.understand(question)
        return self._last[1]


class Listener:
    """A book that decides about what an ear heard: its own, or that of a book with equal words."""

    def __init__(self, book: Book, ear: Ear) -> None:
        self._book = book
        self._ear = ear
        self._last: tuple[Question, Verdict] | None = None
        self.version = book.version

    def decide(self, question: Question) -> Verdict:
        """Say what a message means and what to do about it."""
        if self._last is None or self._last[0] != question:
            self._last = question, self._book.judge(question, self._ear.understand(question))
        return self._last[1]


def decide_alike(before: Verdict, after: Verdict) -> bool:
    """Whether nothing that follows from two verdicts can differ, unless sentences or thresholds do."""
    return _followed(before) == _followed(after)


def _followed(verdict: Verdict) -> tuple[object, ...]:
    heard = verdict.understanding
    return (*_noticed(verdict), heard.answer, heard.numbers, heard.language)


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
