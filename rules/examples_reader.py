"""
The `tests` of a page: messages that fire it and messages that do not.

Rule 1: a page shows at least one message on which it fires and one on which it stays silent.
"""

from collections.abc import Mapping
from typing import Any

from rules import facts
from rules.notes import Notes
from rules.pages import THEN_KEYS, Example
from rules.problems import unknown
from rules.sheet import items, line_of, plain

GIVEN_KEYS = {
    "says": str,
    "stage": str,
    "intent": str,
    "heard": str,
    "expects": str,
    "kind": str,
    "button": str,
    "answer": str,
    "opt_out": str,
    "language": str,
    "confidence": float,
    "unclear_before": int,
    "slots_filled": int,
    "has_secret": bool,
    "is_late": bool,
    "is_first_reply_to_outbound": bool,
    "has_public_price": bool,
}
EXPECT_KEYS = ("intent", "stage", "held", *THEN_KEYS)


class ExamplesReader:
    """Turns the list under `tests` into examples."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def examples(self, top: Mapping[str, Any]) -> tuple[Example, ...]:
        tests = top.get("tests")
        if not isinstance(tests, list) or not tests:
            if "tests" in top:
                self._notes.problem(
                    line_of(top, "tests"), "a page needs examples: one that fires, one that stays silent."
                )
            return ()
        return tuple(example for item, line in items(tests) if (example := self._example(item, line)) is not None)

    def _example(self, item: object, line: int) -> Example | None:
        if not isinstance(item, Mapping) or tuple(item) != ("name", "given", "expect"):
            self._notes.problem(line, "an example has name, given and expect, in this order.")
            return None
        given, expect = item["given"], item["expect"]
        if not isinstance(given, Mapping) or not (
            expect == "nothing" or (isinstance(expect, Mapping) and expect)
        ):
            self._notes.problem(line, "given is a map of facts; expect is a map of results or the word nothing.")
            return None
        self._check_given(given)
        if expect != "nothing":
            for key in expect:
                if key not in EXPECT_KEYS:
                    self._notes.problem(line_of(expect, key), unknown("result", key, EXPECT_KEYS))
        return Example(str(item["name"]), plain(given), None if expect == "nothing" else plain(expect), line)

    def _check_given(self, given: Mapping[str, Any]) -> None:
        for key, value in given.items():
            line = line_of(given, key)
            if key not in GIVEN_KEYS:
                self._notes.problem(line, unknown("fact in given", key, GIVEN_KEYS))
            elif key in facts.WORDS and value not in facts.WORDS[key]:
                self._notes.problem(line, unknown(key, value, facts.WORDS[key]))
            elif not _fits(value, GIVEN_KEYS[key]):
                self._notes.problem(line, f'"{key}" takes a {GIVEN_KEYS[key].__name__}, not "{value}".')


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _fits(value: object, wanted: type) -> bool:
    if wanted is float:
        return _is_number(value)
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
