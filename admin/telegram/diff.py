"""What a human changed in a wording: the words that went, struck out, and the words that came, underlined."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from admin.telegram.plain import clean, fitting

# Unchanged words shown around a change; more of them hide what changed.
AROUND = 2

# One changed run longer than this is cut: the whole new text stands below anyway.
RUN_AT_MOST = 160

QUIET_AT_MOST = 80

# Beyond this many pieces the texts have little in common and a diff says nothing.
PARTS_AT_MOST = 8

# The matcher needs time in the square of the words; nobody reads a diff of a longer text on a phone.
WORDS_AT_MOST = 400


def word_diff(before: str, after: str) -> str:
    """The changes as HTML on one line."""
    old, new = clean(before).split()[:WORDS_AT_MOST], clean(after).split()[:WORDS_AT_MOST]
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    parts = [
        part
        for number, (what, i1, i2, j1, j2) in enumerate(steps)
        for part in _step(what, old[i1:i2], new[j1:j2], number == 0, number == len(steps) - 1)
    ]
    kept = parts[:PARTS_AT_MOST]
    return " ".join(kept if len(kept) == len(parts) else [*kept, "…"])


def _step(what: str, old: list[str], new: list[str], is_first: bool, is_last: bool) -> Iterator[str]:
    if what == "equal":
        yield _quiet(old, is_first, is_last)
        return
    if old:
        yield f"<s>{_run(old)}</s>"
    if new:
        yield f"<u>{_run(new)}</u>"


def _quiet(same: list[str], is_first: bool, is_last: bool) -> str:
    """Unchanged words: only those next to a change."""
    head = [] if is_first else same[:AROUND]
    tail = [] if is_last else same[len(head) :][-AROUND:]
    gap = ["…"] if len(head) + len(tail) < len(same) else []
    return fitting(" ".join([*head, *gap, *tail]), QUIET_AT_MOST)[0]


def _run(some: list[str]) -> str:
    return fitting(" ".join(some), RUN_AT_MOST)[0]
