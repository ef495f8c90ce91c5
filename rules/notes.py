"""
What a reader of pages writes down: problems, and words checked against the vocabulary.

Rule 1: a reader never stops at the first problem; a word that is wrong becomes an empty one, and a note.
"""

from collections.abc import Collection, Mapping
from typing import Any

from rules.problems import Problem, unknown
from rules.sheet import items, line_of


class Notes:
    """The problems of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def problem(self, line: int, what: str) -> None:
        """Write down one thing to mend."""
        self.problems.append(Problem(self.file, line, what))

    def word(self, holder: Mapping[str, Any], key: str, kind: str, known: Collection[str]) -> str:
        """Return the word under a key, empty and noted when it is not known."""
        value = holder[key]
        if not isinstance(value, str) or value not in known or value == "":
            self.problem(line_of(holder, key), unknown(kind, value, known))
            return ""
        return str(value)

    def words(self, holder: Mapping[str, Any], key: str, kind: str, known: Collection[str]) -> tuple[str, ...]:
        """Return the words under a key, one or a list; unknown and double ones are noted."""
        words: list[str] = []
        listed = list(items(holder[key]))
        for item, line in listed:
            if not isinstance(item, str) or item not in known:
                self.problem(line or line_of(holder, key), unknown(kind, item, known))
            elif item in words:
                self.problem(line or line_of(holder, key), f'"{item}" stands twice. Keep one.')
            else:
                words.append(str(item))
        if not listed:
            self.problem(line_of(holder, key), f'"{key}" is an empty list. Name at least one {kind}.')
        return tuple(words)
