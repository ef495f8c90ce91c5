"""
A stop among quick messages: read together they are one question, and one of them alone may be a stop. Pure.

Rule 1: what is a certain stop when it comes alone is one in whatever company it comes: after an outage, or from a
        fast writer, the words beside it may be anything, and may turn its meaning.
Rule 2: such a burst is read in pieces, one after the other: what came before the stop, the stop, what came after.
        A wish for messages, or a request about data, that follows a stop is heard as what it is.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from bot.gather import WORDLESS, Heard, HeardMessage
from rules.verdict import Question, Understanding

CERTAIN = "hard"


class Ear(Protocol):
    """Whoever says what a message means; a rule book does."""

    def understand(self, question: Question) -> Understanding: ...


def in_pieces(heard: Heard, question_of: Callable[[Heard], Question], ear: Ear) -> tuple[Heard, ...]:
    """The burst as it is to be read: whole, or in pieces where a stop in it would not be heard otherwise."""
    if len(heard.messages) < 2 or ear.understand(question_of(heard)).opt_out == CERTAIN:
        return (heard,)
    pieces: list[list[HeardMessage]] = [[]]
    for item in heard.messages:
        if _is_stop(item, question_of, ear):
            pieces += [[item], []]
        else:
            pieces[-1].append(item)
    return tuple(Heard(tuple(piece)) for piece in pieces if piece)


def _is_stop(item: HeardMessage, question_of: Callable[[Heard], Question], ear: Ear) -> bool:
    if item.message.kind in WORDLESS:
        return False
    # A bare no is a stop only as the whole answer to our first words; here there is more than that.
    question = replace(question_of(Heard((item,))), is_first_reply_to_outbound=False)
    return ear.understand(question).opt_out == CERTAIN
