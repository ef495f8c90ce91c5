"""
The colour of the whole, from lines that are data of the rule book. Pure.

Rule: red beats amber; a needed line without a number makes the whole grey, never green; every line is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.metrics.dictionary import Block, BlockStatus, Number
from rules.policies.rag import Colour, RagLine, RagPolicy


@dataclass(frozen=True, slots=True)
class Judged:
    """One line with the number it watches."""

    line: RagLine
    value: Number | None
    colour: Colour


@dataclass(frozen=True, slots=True)
class Rag:
    """All of them together."""

    overall: Colour
    lines: tuple[Judged, ...]

    @property
    def reasons(self) -> tuple[Judged, ...]:
        """The lines that are not green, the worst first; grey ones only where they are needed."""
        told = [one for one in self.lines if one.colour in (Colour.RED, Colour.AMBER) or _hides(one)]
        order = {Colour.RED: 0, Colour.AMBER: 1, Colour.GREY: 2}
        return tuple(sorted(told, key=lambda one: order[one.colour]))


def judge(policy: RagPolicy, blocks: Mapping[str, Block]) -> Rag:
    """Hold every line against its number; one that is missing, failed or without data is grey."""
    lines = tuple(_judged(line, blocks.get(line.metric)) for line in policy)
    return Rag(_overall(lines), lines)


def _judged(line: RagLine, block: Block | None) -> Judged:
    value = block.value if block is not None and block.status in (BlockStatus.OK, BlockStatus.STALE) else None
    return Judged(line, value, line.colour(value))


def _overall(lines: Iterable[Judged]) -> Colour:
    found = list(lines)
    for colour in (Colour.RED, Colour.AMBER):
        if any(one.colour is colour for one in found):
            return colour
    return Colour.GREY if not found or any(_hides(one) for one in found) else Colour.GREEN


def _hides(one: Judged) -> bool:
    return one.colour is Colour.GREY and one.line.needed
