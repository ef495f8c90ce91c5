"""
Templates: words that Meta has approved, and which alone may leave outside the service window.

Rule 1: the words here are the words at Meta, to the letter; the service compares them and sends nothing else.
Rule 2: every number in a body is filled by one fact about the contact, and every fact has words for when it is
        not known, or the contact is left out.
Rule 3: a figure that claims something about us names the claim that accounts for it; a forbidden claim is a
        problem of the file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

LANGUAGES = ("ar", "en")
CATEGORIES = ("utility", "marketing", "authentication")
USES = ("campaign", "follow_up", "late_answer")
"""What a template may be used for; one of the category `authentication` is for none of them."""

FACTS = (
    "name", "our_company", "monthly_leads", "follow_up_problem", "has_sales_team", "monthly_budget_sar",
    "start_date",
)  # fmt: skip
"""What may fill a number: the contact's name, ours, and the contact's answers to our questions."""

# Meta's own limits of a body, a footer and one filled value.
MOST_IN_BODY = 1_024
MOST_IN_FOOTER = 60
MOST_IN_VALUE = 60

BLANK = re.compile(r"\{\{(\d+)\}\}")


@dataclass(frozen=True, slots=True)
class Fill:
    """What stands where a number is."""

    fact: str
    otherwise: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By language, what is said when the fact is not known; without it the contact is left out."""


@dataclass(frozen=True, slots=True)
class Brakes:
    """When a campaign stops by itself."""

    after_messages: int = 20
    """Not before so many messages ended one way or another."""
    bad_percent: int = 5
    """When so many in a hundred led to a stop, a block or a complaint."""


@dataclass(frozen=True, slots=True)
class Template:
    """One wording that Meta knows by its name, in one or two languages."""

    name: str
    title: str
    title_ar: str
    category: str
    used_for: tuple[str, ...]
    bodies: Mapping[str, str]
    footers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fills: tuple[Fill, ...] = ()
    claims: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By language, Meta's code of it where that is another one: `en_US`."""

    def code(self, language: str) -> str:
        return self.codes.get(language, language)

    def is_for(self, use: str) -> bool:
        return use in self.used_for

    def pattern(self, language: str) -> str:
        """The words with their numbers, as Meta has them: the body, and the footer below it."""
        body, footer = self.bodies[language], self.footers.get(language, "")
        return f"{body}\n\n{footer}" if footer else body

    def values(self, language: str, facts: Mapping[str, str]) -> tuple[str, ...] | None:
        """What fills the numbers for one contact; None when something is not known and has no other words."""
        found = []
        for fill in self.fills:
            said = tidy(facts.get(fill.fact, "")) or fill.otherwise.get(language, "")
            if not said:
                return None
            found.append(said)
        return tuple(found)

    def words(self, language: str, values: tuple[str, ...]) -> str:
        """Exactly what the contact reads."""
        return filled(self.pattern(language), values)


@dataclass(frozen=True, slots=True)
class Templates:
    """Every template of a tenant, by its name."""

    templates: tuple[Template, ...] = ()
    brakes: Brakes = Brakes()

    def find(self, name: str) -> Template | None:
        return next((one for one in self.templates if one.name == name), None)

    def used_for(self, use: str) -> tuple[Template, ...]:
        return tuple(one for one in self.templates if one.is_for(use))


def filled(pattern: str, values: tuple[str, ...]) -> str:
    """The words with every number filled; a number in a value stays what it is."""
    return BLANK.sub(lambda blank: values[int(blank[1]) - 1], pattern)


def tidy(value: str) -> str:
    """A value as Meta takes it: one line without runs of blanks, not longer than a name is."""
    return " ".join(value.replace("\x00", " ").split())[:MOST_IN_VALUE].strip()
