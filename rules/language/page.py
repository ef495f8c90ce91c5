"""
One page of `book/understanding/`: what contacts say, and what it means.

Law 1: the keys stand in a fixed order: id, title, title_ar (if wanted), status, owner, why, when, then, tests.
Law 2: every page has an example that fires and one that stays silent.
Law 3: an unknown word is an error with its file, its line and a suggestion; a bad page never loads.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rules.language.vocabulary import EXPECTS, INTENTS, NEVER_IF, STAGES, STATUSES, did_you_mean

LineOf = Callable[[tuple[str | int, ...]], int]
"""The line of a key path in the YAML file, e.g. `line_of(("when", 0, "says", 2))`."""

KEYS = ("id", "title", "title_ar", "status", "owner", "why", "when", "then", "tests")
OPTIONAL_KEYS = ("title_ar",)
WHEN_KEYS = (
    "says", "unless", "unless_in_message", "not_near", "stage", "expects", "never_if", "first_reply",
    "at_most_words", "resembles",
)  # fmt: skip
RESEMBLES_KEYS = ("what", "at_least", "table")
THEN_KEYS = (
    "understand", "confidence", "instead_at", "if_negated", "opt_out", "only_if_nothing_else", "silences_others",
)  # fmt: skip
NEAR_CLAUSE, NEAR_MESSAGE = 10**6, 10**9
# What a page may ask the tables of resemblance.py, and what it then understands: always the same doubtful thing.
LIKENESSES = {"opt_out": "opt_out_suspected", "an_intent": "default"}
SUREST_GUESS = 0.5
# From here on the words of an opt-out are believed, where the page also leaves out questions and conditions.
CLEAREST = 0.8
"""A guess is below this, so that `a_weak_guess_changes_nothing` gives it to a person."""


class PageError(ValueError):
    """A page cannot be used. The message says what to write instead."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file} line {line}: {message}")
        self.file = file
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class NotNear:
    """Phrases that must not stand within so many words of what was said."""

    phrases: tuple[str, ...]
    within: int


@dataclass(frozen=True, slots=True)
class Resembles:
    """How like something the whole message must be, by which table."""

    what: str
    """`opt_out`, or `an_intent` for whichever it is most like."""
    at_least: float
    table: str


@dataclass(frozen=True, slots=True)
class Example:
    """One test at the bottom of a page."""

    name: str
    says: str
    stage: str
    expects: str
    is_first_reply_to_outbound: bool
    intent: str
    """Expected primary intent; empty when the page must stay silent."""


@dataclass(frozen=True, slots=True)
class UnderstandingPage:
    """A checked page; phrases are still text, they are compiled against the vocabulary of the book."""

    id: str
    title: str
    status: str
    owner: str
    why: str
    file: str
    line: int
    """Line of `when`."""
    says: tuple[tuple[str, ...], ...]
    """Every group must be said; inside a group one phrase is enough. The first group is the main one."""
    intent: str
    confidence: float
    unless: tuple[str, ...] = ()
    unless_in_message: tuple[str, ...] = ()
    not_near: tuple[NotNear, ...] = ()
    stages: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
    never_if: tuple[str, ...] = ()
    first_reply: bool = False
    at_most_words: int = 0
    resembles: Resembles | None = None
    """Instead of `says`: the page listens to no phrase but to the sum of all words."""
    instead_at: tuple[tuple[str, str], ...] = ()
    """Stage and the intent understood there instead."""
    if_negated: str = ""
    """Empty: silent when negated; `same`: negation does not matter; else the intent understood then."""
    opt_out: str = ""
    only_if_nothing_else: bool = False
    silences_others: bool = False
    examples: tuple[Example, ...] = ()
    title_ar: str = ""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object], file: str, line_of: LineOf) -> "UnderstandingPage":
        """Check a parsed YAML page; raises PageError."""
        return _Checker(mapping, file, line_of).page()


class _Checker:
    def __init__(self, mapping: Mapping[str, object], file: str, line_of: LineOf) -> None:
        self.mapping, self.file, self.line_of = mapping, file, line_of

    def fail(self, path: tuple[str | int, ...], message: str) -> PageError:
        return PageError(self.file, self.line_of(path), message)

    def known(self, word: object, known: tuple[str, ...], what: str, path: tuple[str | int, ...]) -> str:
        if word not in known:
            raise self.fail(path, f'unknown {what} "{word}".{did_you_mean(str(word), known)}')
        return str(word)

    def page(self) -> UnderstandingPage:
        self._check_keys()
        conditions = self._when()
        then = self._then()
        self._check_likeness(conditions.get("resembles"), conditions.get("never_if", ()), then)  # type: ignore[arg-type]
        return UnderstandingPage(
            id=self._id(),
            title=str(self.mapping["title"]).strip(),
            title_ar=str(self.mapping.get("title_ar", "")).strip(),
            status=self.known(self.mapping["status"], STATUSES, "status", ("status",)),
            owner=str(self.mapping["owner"]),
            why=str(self.mapping["why"]).strip(),
            file=self.file,
            line=self.line_of(("when",)),
            examples=self._examples(),
            **conditions,
            **then,
        )

    def _check_likeness(self, resembles: object, never_if: Iterable[str], then: Mapping[str, object]) -> None:
        """A likeness is a doubt: it may suspect an opt-out or guess weakly; only the clearest is believed."""
        if not isinstance(resembles, Resembles):
            return
        if resembles.what == "opt_out" and then["intent"] == "unsubscribe":
            if resembles.at_least < CLEAREST or not {"question", "condition"} <= set(never_if):
                raise self.fail(
                    ("then",),
                    f"an opt-out is believed by its likeness only from at_least: {CLEAREST} on and with "
                    "never_if: [question, condition]; understand opt_out_suspected below that",
                )
            return
        intent = LIKENESSES[resembles.what]
        if then["intent"] != intent or then["opt_out"] == "hard":
            raise self.fail(
                ("then",), f"what only resembles {resembles.what} is understood as {intent}, never more"
            )
        if resembles.what == "an_intent" and float(str(then["confidence"])) >= SUREST_GUESS:
            raise self.fail(("then",), f"a guess has a confidence below {SUREST_GUESS}; a person reads it first")

    def _check_keys(self) -> None:
        order = [key for key in KEYS if key not in OPTIONAL_KEYS or key in self.mapping]
        for place, key in enumerate(self.mapping):
            self.known(key, KEYS, "key", (str(key),))
            if key != order[place]:
                raise self.fail(
                    (str(key),), f'"{order[place]}" comes before "{key}"; the order is {", ".join(KEYS)}'
                )
        for key in KEYS:
            if key not in OPTIONAL_KEYS and not self.mapping.get(key):
                raise self.fail((), f'"{key}" is missing')

    def _id(self) -> str:
        name = str(self.mapping["id"])
        stem = self.file.rsplit("/", 1)[-1].removesuffix(".yml")
        if name != stem:
            raise self.fail(("id",), f'the id "{name}" is not the file name "{stem}"')
        return name

    def _when(self) -> dict[str, object]:
        found: dict[str, object] = {"says": (), "not_near": ()}
        lines = self.mapping["when"]
        if not isinstance(lines, list):
            raise self.fail(("when",), "`when` is a list; begin its lines with a dash")
        for place, line in enumerate(lines):
            if not isinstance(line, Mapping) or len(line) != 1:
                raise self.fail(("when", place), "a line of `when` has one key and its value")
            key, value = next(iter(line.items()))
            path = ("when", place, str(key))
            self.known(key, WHEN_KEYS, "word", path)
            self._line(str(key), value, path, found)
        if bool(found["says"]) == ("resembles" in found):
            raise self.fail(("when",), "`when` needs a line `says`, or one line `resembles` instead of it")
        return found

    def _line(self, key: str, value: object, path: tuple[str | int, ...], found: dict[str, object]) -> None:
        if key == "says":
            found["says"] = (*found["says"], self._texts(value, path))  # type: ignore[misc]
        elif key in ("unless", "unless_in_message"):
            found[key] = self._texts(value, path)
        elif key == "not_near":
            found["not_near"] = (*found["not_near"], self._not_near(value, path))  # type: ignore[misc]
        elif key == "stage":
            found["stages"] = self._names(value, STAGES, "stage", path)
        elif key == "expects":
            found["expects"] = self._names(value, ("", *EXPECTS), "kind of question", path)
        elif key == "never_if":
            found["never_if"] = self._names(value, NEVER_IF, "circumstance", path)
        elif key == "first_reply":
            found["first_reply"] = value is True
        elif key == "resembles":
            found["resembles"] = self._resembles(value, path)
        else:
            if not isinstance(value, int) or value < 1:
                raise self.fail(path, "at_most_words takes a number of words")
            found["at_most_words"] = int(value)

    def _texts(self, value: object, path: tuple[str | int, ...]) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.fail(path, "this takes a list of phrases; put a phrase that looks like a number in quotes")
        return tuple(str(item) for item in value)

    def _names(
        self, value: object, known: tuple[str, ...], what: str, path: tuple[str | int, ...]
    ) -> tuple[str, ...]:
        names = value if isinstance(value, list) else [value]
        return tuple(self.known(name, known, what, path) for name in names)

    def _not_near(self, value: object, path: tuple[str | int, ...]) -> NotNear:
        if not isinstance(value, Mapping) or set(value) != {"words", "within"}:
            raise self.fail(path, "not_near takes `words` and `within`")
        within = {"clause": NEAR_CLAUSE, "message": NEAR_MESSAGE}.get(str(value["within"]), value["within"])
        if not isinstance(within, int):
            raise self.fail(path, "`within` is a number of words, `clause` or `message`")
        return NotNear(self._texts(value["words"], path), within)

    def _resembles(self, value: object, path: tuple[str | int, ...]) -> Resembles:
        if not isinstance(value, Mapping) or set(value) != set(RESEMBLES_KEYS):
            raise self.fail(path, f"resembles takes {', '.join(RESEMBLES_KEYS)}")
        what = self.known(value["what"], tuple(LIKENESSES), "likeness", path)
        least = value["at_least"]
        if not isinstance(least, int | float) or not 0 < least < 1:
            raise self.fail(path, "`at_least` is a number between 0 and 1")
        return Resembles(what, float(least), str(value["table"]))

    def _then(self) -> dict[str, object]:
        then = self.mapping["then"]
        if not isinstance(then, Mapping):
            raise self.fail(("then",), "`then` needs `understand` and `confidence`")
        for key in then:
            self.known(key, THEN_KEYS, "word", ("then", str(key)))
        confidence = then.get("confidence")
        if not isinstance(confidence, int | float) or not 0 < confidence <= 1:
            raise self.fail(("then",), "`confidence` is a number above 0 and up to 1")
        negated = str(then.get("if_negated", ""))
        if negated:
            self.known(negated, (*INTENTS, "same"), "intent", ("then", "if_negated"))
        opt_out = str(then.get("opt_out", ""))
        if opt_out:
            self.known(opt_out, ("hard", "suspected"), "kind of opt-out", ("then", "opt_out"))
        return {
            "intent": self.known(then.get("understand"), INTENTS, "intent", ("then", "understand")),
            "confidence": float(confidence),
            "instead_at": self._instead(then.get("instead_at", {})),
            "if_negated": negated,
            "opt_out": opt_out,
            "only_if_nothing_else": then.get("only_if_nothing_else") is True,
            "silences_others": then.get("silences_others") is True,
        }

    def _instead(self, value: object) -> tuple[tuple[str, str], ...]:
        path = ("then", "instead_at")
        if not isinstance(value, Mapping):
            raise self.fail(path, "`instead_at` maps stages to intents")
        return tuple(
            (self.known(stage, STAGES, "stage", path), self.known(intent, INTENTS, "intent", path))
            for stage, intent in value.items()
        )

    def _examples(self) -> tuple[Example, ...]:
        tests = self.mapping["tests"]
        if not isinstance(tests, list):
            raise self.fail(("tests",), "`tests` is a list of examples")
        examples = tuple(self._example(test, ("tests", place)) for place, test in enumerate(tests))
        if not any(example.intent for example in examples) or all(example.intent for example in examples):
            raise self.fail(("tests",), "a page needs an example that fires and one that expects nothing")
        return examples

    def _example(self, test: object, path: tuple[str | int, ...]) -> Example:
        if not isinstance(test, Mapping) or not {"name", "given", "expect"} <= set(test):
            raise self.fail(path, "an example has name, given and expect")
        given, expect = test["given"], test["expect"]
        if not isinstance(given, Mapping) or "says" not in given:
            raise self.fail(path, "`given` needs `says`")
        intent = ""
        if expect != "nothing":
            if not isinstance(expect, Mapping) or "intent" not in expect:
                raise self.fail(path, "`expect` is `nothing` or has an `intent`")
            intent = self.known(expect["intent"], INTENTS, "intent", (*path, "expect"))
        return Example(
            name=str(test["name"]),
            says=str(given["says"]),
            stage=self.known(given.get("stage", "new_lead"), STAGES, "stage", (*path, "given")),
            expects=str(given.get("expects", "")),
            is_first_reply_to_outbound=given.get("first_reply") is True,
            intent=intent,
        )
