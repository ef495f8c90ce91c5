"""
A page of the book put into words for people: when, then, why, and its examples. Pure.

Rule 1: everything that the page says is said; what nobody has put into words is shown as it is written.
Rule 2: a page that is only half written is read as far as it goes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Say = Callable[..., str]
"""A sentence of the page: `say(key, blank=...)`."""
Words = Callable[[str, str], str]
"""Family and name -> words: `words("stage", "new_lead")`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of `when` or `then`."""

    label: str
    values: tuple[str, ...] = ()
    kind: str = "words"
    """`words | phrases | wording | any`"""
    lines: tuple["Line", ...] = ()
    """The choices of an `any`."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a page."""

    name: str
    says: str
    given: tuple[str, ...]
    """Where it is said, in words."""
    expected: tuple[str, ...]
    """What must come of it, in words."""
    is_silent: bool
    """The page must have no say."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A page, read aloud."""

    title: str
    why: str
    owner: str
    until: str
    when: tuple[Line, ...]
    then: tuple[Line, ...]
    examples: tuple[Example, ...]


class Reader:
    """Reads in one language."""

    def __init__(self, say: Say, words: Words) -> None:
        """`words` knows the families stage, intent, hold, silence, event, flag, action, page, `reader`."""
        self._say = say
        self._words = words

    def read(self, content: Mapping[str, Any]) -> Reading:
        """Put a page into words."""
        then = content.get("then")
        return Reading(
            title=str(content.get("title") or ""),
            why=" ".join(str(content.get("why") or "").split()),
            owner=str(content.get("owner") or ""),
            until=str(content.get("until") or ""),
            when=tuple(self._when(content.get("when"))),
            then=tuple(self._then(then)) if isinstance(then, Mapping) else (),
            examples=tuple(self._examples(content.get("tests"))),
        )

    # when

    def _when(self, lines: Any) -> Iterator[Line]:
        if lines == "always":
            yield Line(self._say("when_always"))
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, Mapping):
                for fact, value in line.items():
                    yield self._fact(str(fact), value)

    def _fact(self, fact: str, value: Any) -> Line:
        if fact == "any" and isinstance(value, list):
            ways = tuple(
                Line(self._say("when_way"), lines=tuple(self._fact(str(f), v) for f, v in way.items()))
                for way in value
                if isinstance(way, Mapping)
            )
            return Line(self._say("when_any"), kind="any", lines=ways)
        if fact in ("says", "unless", "unless_in_message"):
            return Line(self._label(fact), tuple(map(str, _listed(value))), "phrases")
        if fact == "not_near" and isinstance(value, Mapping):
            within = value.get("within")
            label = (
                self._say("when_not_near", n=within) if isinstance(within, int) else self._label(f"near_{within}")
            )
            return Line(label, tuple(map(str, _listed(value.get("words")))), "phrases")
        if isinstance(value, bool):
            return Line(self._label(f"{fact}_{'true' if value else 'false'}"))
        if isinstance(value, Mapping):
            return self._compared(fact, value)
        if isinstance(value, int | float):
            return Line(self._label(fact), (f"{value:g}",))
        return Line(self._label(fact), tuple(self._value(fact, word) for word in _listed(value)))

    def _compared(self, fact: str, value: Mapping[str, Any]) -> Line:
        if "is_not" in value:
            words = tuple(self._value(fact, word) for word in _listed(value["is_not"]))
            return Line(self._say("when_not", what=self._label(fact)), words)
        if set(value) <= {"above", "below"}:
            limits = tuple(self._say(f"when_{test}", n=_number(fact, number)) for test, number in value.items())
            return Line(self._label(fact), limits)
        return Line(self._label(fact), tuple(f"{name}: {word}" for name, word in value.items()))

    def _value(self, fact: str, word: Any) -> str:
        name = str(word)
        if not name:
            return self._say("nothing")
        family = _FAMILY_OF_FACT.get(fact)
        return self._words(family, name) if family else self._words("reader", f"{fact}_{name}")

    def _label(self, fact: str) -> str:
        return self._words("reader", f"when_{fact}")

    # then

    def _then(self, then: Mapping[str, Any]) -> Iterator[Line]:
        for key, value in then.items():
            yield self._verb(str(key), value)

    def _verb(self, key: str, value: Any) -> Line:
        label = self._words("reader", f"then_{key}")
        names = [str(name) for name in _listed(value)]
        match key:
            case "say":
                return Line(label, tuple(names), "wording")
            case "go" | "propose":
                return Line(label, tuple(self._words("event", name) for name in names))
            case "hold" | "silence":
                return Line(label, tuple(self._words(key, name.removeprefix(f"{key}.")) for name in names))
            case "flag":
                return Line(label, tuple(self._words("flag", name) for name in names))
            case "act":
                return Line(label, tuple(self._words("action", name) for name in names))
            case "understand":
                return Line(label, tuple(self._words("intent", name) for name in names))
            case "if_negated" if value != "same":
                return Line(label, tuple(self._words("intent", name) for name in names))
            case "confidence":
                return Line(label, (_number(key, value),))
            case "instead_at" if isinstance(value, Mapping):
                moved = (f"{self._words('stage', s)} ← {self._words('intent', i)}" for s, i in value.items())
                return Line(label, tuple(moved))
        if isinstance(value, bool):
            return Line(label)
        return Line(label, tuple(self._words("reader", f"{key}_{name}") for name in names))

    # examples

    def _examples(self, tests: Any) -> Iterator[Example]:
        for test in tests if isinstance(tests, list) else ():
            if isinstance(test, Mapping):
                yield self._example(test)

    def _example(self, test: Mapping[str, Any]) -> Example:
        given, expect = test.get("given"), test.get("expect")
        given = given if isinstance(given, Mapping) else {}
        around = (self._told(str(k), v) for k, v in given.items() if k != "says")
        wanted = expect if isinstance(expect, Mapping) else {}
        return Example(
            name=str(test.get("name") or ""),
            says=str(given.get("says") or ""),
            given=tuple(around),
            expected=tuple(self._told(str(k), v) for k, v in wanted.items()),
            is_silent=expect == "nothing",
        )

    def _told(self, key: str, value: Any) -> str:
        if isinstance(value, bool):
            return self._words("reader", f"given_{key}_{'true' if value else 'false'}")
        names = [str(name) for name in _listed(value)]
        family = _FAMILIES.get(key)
        if family is not None:
            names = [self._words(family, name.removeprefix(f"{family}.")) for name in names]
        return f"{self._words('reader', f'given_{key}')}: {' · '.join(names)}"


_FAMILY_OF_FACT = {
    "stage": "stage",
    "intent": "intent",
    "also_intent": "intent",
    "heard": "page",
    "also_heard": "page",
}

_FAMILIES = {
    "heard": "page",
    "stage": "stage",
    "intent": "intent",
    "go": "event",
    "propose": "event",
    "hold": "hold",
    "silence": "silence",
    "flag": "flag",
    "act": "action",
}


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _number(fact: str, number: Any) -> str:
    if fact == "confidence" and isinstance(number, int | float):
        return f"{round(number * 100)}%"
    return f"{number:g}" if isinstance(number, int | float) else str(number)
