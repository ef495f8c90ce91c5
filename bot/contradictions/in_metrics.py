"""
One number defined twice: two metrics of one name, or one definition under two names. Pure.

Rule: every register of numbers is read together; who shows a number says which of them it is.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Protocol

from bot.contradictions.kinds import BY_NAME
from bot.contradictions.register import Found, Side
from rules.language.normalise import fold


class Defined(Protocol):
    """A number with its meaning."""

    @property
    def id(self) -> str: ...

    @property
    def name_en(self) -> str: ...

    @property
    def name_ar(self) -> str: ...

    @property
    def definition_en(self) -> str: ...

    @property
    def definition_ar(self) -> str: ...


def defined_twice(metrics: Iterable[Defined]) -> Iterator[Found]:
    """Every pair that shares an id, a name or a definition, and is not the same in all of it."""
    for one, other in combinations(list(metrics), 2):
        shared = next((what for what in ("id", "name", "definition") if _shares(one, other, what)), "")
        if shared and _all(one) != _all(other):
            kind = BY_NAME["metric_twice"]
            a, b = _side(one), _side(other)
            yield Found("metric_twice", kind.kind, kind.severity, a, b, evidence=(f"same {shared}",))


def _shares(one: Defined, other: Defined, what: str) -> bool:
    if what == "id":
        return one.id == other.id
    names = (f"{what}_en", f"{what}_ar")
    return any(_plain(getattr(one, n)) == _plain(getattr(other, n)) != "" for n in names)


def _side(one: Defined) -> Side:
    return Side(f"metric {one.id}", f"{one.name_en}: {one.definition_en}")


def _all(one: Defined) -> tuple[str, ...]:
    return tuple(
        _plain(text) for text in (one.id, one.name_en, one.name_ar, one.definition_en, one.definition_ar)
    )


def _plain(text: str) -> str:
    return " ".join(fold(text).text.split())
