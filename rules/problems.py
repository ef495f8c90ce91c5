"""
What is wrong with a book, said so that an analyst can mend it.

Rule 1: every problem names the file and the line, says what is wrong, and what to do.
Rule 2: a book reports all its problems at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

# How much of a long list an error still prints; more than this nobody reads.
LISTED_CHOICES = 14


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend, and where."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.what}"


class BookError(Exception):
    """A book cannot be used; whoever starts it must mend the pages that `problems` names."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def unknown(kind: str, word: object, known: Iterable[str]) -> str:
    """Say that `word` is not in the vocabulary, and which word may be meant."""
    choices = [choice for choice in known if choice]
    near = get_close_matches(str(word), choices, n=1, cutoff=0.6)
    meant = f' Did you mean "{near[0]}"?' if near else ""
    listed = ", ".join(choices[:LISTED_CHOICES]) + (", ..." if len(choices) > LISTED_CHOICES else "")
    return f'unknown {kind} "{word}".{meant} Use one of: {listed}.'
