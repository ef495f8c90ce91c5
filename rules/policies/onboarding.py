"""
The first steps with a new customer: what is done, by which role, and by which day after the deal began.

Rule 1: a list that was opened for a customer keeps the items that it was opened with.
Rule 2: a layer replaces an item by its id, or adds one; with `is_dropped: true` it takes one away.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.notes import Notes
from rules.policies.fields import Fields
from rules.sheet import Sheet

KEYS = ("items",)
ITEM_KEYS = ("title_ar", "title_en", "role", "due_days", "is_dropped")
ROLES = ("admin", "approver", "agent", "dpo", "rules_editor", "executive")

MOST_DAYS = 365
MOST_ITEMS = 40


@dataclass(frozen=True, slots=True)
class OnboardingItem:
    """One step."""

    id: str
    title_ar: str
    title_en: str
    role: str
    due_days: int
    """Days after the list was opened."""


@dataclass(frozen=True, slots=True)
class Onboarding:
    """Every step, in the order in which they are shown."""

    items: tuple[OnboardingItem, ...] = ()

    def __iter__(self) -> Iterator[OnboardingItem]:
        return iter(self.items)


def read_onboarding(sheets: list[Sheet], notes: dict[str, Notes]) -> Onboarding:
    """Read the list and its layers."""
    items: dict[str, OnboardingItem] = {}
    for sheet in sheets:
        top = Fields(notes[sheet.file], sheet.content, 1, KEYS, "the file onboarding.yml")
        top.need("items")
        for name, entry in top.entries("items", ITEM_KEYS, "the item"):
            if entry.truth("is_dropped", default=False):
                items.pop(name, None)
                continue
            entry.need("title_ar", "title_en", "role")
            items[name] = OnboardingItem(
                name,
                entry.text("title_ar"),
                entry.text("title_en"),
                entry.word("role", ROLES, "agent"),
                entry.whole("due_days", 1, 0, MOST_DAYS),
            )
        if len(items) > MOST_ITEMS:
            top.problem("items", f"a list has at most {MOST_ITEMS} items, not {len(items)}. Remove some.")
    return Onboarding(tuple(items.values()))
