"""
The `when` of a page: lines that must all hold, each about one fact.

Rule 1: a line names one fact; only `any` offers a choice, and only one level deep.
"""

from collections.abc import Collection, Mapping
from itertools import product
from typing import Any

from rules import facts
from rules.facts import Condition
from rules.notes import Notes
from rules.problems import unknown
from rules.sheet import items, line_of

# A rule that needs more ways to be true than this is two rules.
MAX_ALTERNATIVES = 16

ALWAYS = "always"


class WhenReader:
    """Turns lines into conditions."""

    def __init__(self, notes: Notes, heard: Collection[str]) -> None:
        self._notes = notes
        self._words = facts.WORDS | dict.fromkeys(facts.PAGES, tuple(heard))

    def alternatives(self, top: Mapping[str, Any]) -> tuple[tuple[Condition, ...], ...]:
        """Return every way in which the page can be true."""
        lines = top.get("when")
        if lines == ALWAYS:
            return ((),)
        if not isinstance(lines, list) or not lines:
            if "when" in top:
                self._notes.problem(line_of(top, "when"), f'"when" must be a list of lines, or {ALWAYS}.')
            return ()
        choices = [self._line(item, line) for item, line in items(lines)]
        ways = tuple(tuple(dict.fromkeys(sum(chosen, ()))) for chosen in product(*choices))
        if len(ways) > MAX_ALTERNATIVES:
            self._notes.problem(
                line_of(top, "when"), f"{len(ways)} ways to be true, more than {MAX_ALTERNATIVES}. Split it."
            )
        return ways

    def _line(self, item: object, line: int) -> list[tuple[Condition, ...]]:
        if not isinstance(item, Mapping) or len(item) != 1:
            self._notes.problem(line, "a line of `when` names one fact, as in `- stage: new_lead`. Split it.")
            return [()]
        if "any" not in item:
            return [self._conditions(item)]
        choices = item["any"]
        if not isinstance(choices, list) or len(choices) < 2:
            self._notes.problem(line, "`any` needs a list of two lines or more. Write them, or drop `any`.")
            return [()]
        ways = []
        for choice, place in items(choices):
            if not isinstance(choice, Mapping) or not choice or "any" in choice:
                self._notes.problem(
                    place, "inside `any` stand facts only, one level deep. If you need more, write two rules."
                )
            else:
                ways.append(self._conditions(choice))
        return ways or [()]

    def _conditions(self, holder: Mapping[str, Any]) -> tuple[Condition, ...]:
        return tuple(condition for fact in holder for condition in self._fact(holder, fact))

    def _fact(self, holder: Mapping[str, Any], fact: str) -> list[Condition]:
        value, line = holder[fact], line_of(holder, fact)
        if fact not in facts.FACTS:
            self._notes.problem(line, unknown("fact", fact, facts.FACTS))
            return []
        if fact in facts.SHORTHANDS:
            return self._shorthand(fact, value, line)
        if fact in facts.YES_NO:
            return self._yes_no(fact, value, line)
        if fact in facts.NUMBERS:
            return self._number(fact, value, line)
        if isinstance(value, Mapping):
            if set(value) != {"is_not"}:
                self._notes.problem(line, f'"{fact}" takes words, or is_not with words.')
                return []
            return [Condition(fact, "is_not", self._notes.words(value, "is_not", fact, self._words[fact]))]
        return [Condition(fact, "is", self._notes.words(holder, fact, fact, self._words[fact]))]

    def _shorthand(self, fact: str, value: object, line: int) -> list[Condition]:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._notes.problem(line, f'"{fact}" takes a whole number, as in `{fact}: 1000`.')
            return []
        meant, test = facts.SHORTHANDS[fact]
        return [Condition(meant, test, number=float(value))]

    def _yes_no(self, fact: str, value: object, line: int) -> list[Condition]:
        if not isinstance(value, bool):
            self._notes.problem(line, f'"{fact}" is true or false, not "{value}".')
            return []
        return [Condition(fact, "is", ("true" if value else "false",))]

    def _number(self, fact: str, value: object, line: int) -> list[Condition]:
        limits = value if isinstance(value, Mapping) else {}
        known = [test for test in limits if test in ("above", "below")]
        numbers = [limits[test] for test in known]
        fine = known and len(known) == len(limits) and all(_is_number(number) for number in numbers)
        if not fine:
            self._notes.problem(
                line, f'"{fact}" takes above or below and a number, as in `{fact}: {{above: 1}}`.'
            )
            return []
        return [Condition(fact, test, number=float(limits[test])) for test in known]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
