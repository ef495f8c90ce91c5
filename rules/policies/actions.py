"""
What anybody may do, by the name of the action: one table, read from `rules/actions.yml`.

Rule 1: a name that does not stand in the table belongs to no class; whoever asks for it is refused.
Rule 2: the spelling of a name makes no other action of it: `Send-WhatsApp` is `send_whatsapp`.
Rule 3: the table has an owner and a version; both go into every decision that is made by it.
Rule 4: what the rules may have done without a yes says so here (`by_book`); it costs no money, needs no proof,
        and what it says to a contact passes the gate like everything else.
Rule 5: the table is no part of the rule book, so that no layer of a tenant lowers a class.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from unicodedata import category, normalize

from rules.notes import Notes
from rules.policies.deadlines import KINDS
from rules.policies.fields import Fields
from rules.problems import BookError
from rules.sheet import read

TOP_KEYS = ("owner", "version", "budget", "roles", "actions")
ENTRY_KEYS = (
    "class",
    "title",
    "title_ar",
    "roles",
    "evidence",
    "four_eyes",
    "consent",
    "cost_halalas",
    "kind",
    "by_book",
    "also",
)

# A day that costs more than a million riyals is a typing mistake.
MOST_HALALAS = 100_000_000

# What an effect costs that the table puts no price on. Reading costs a tenth of a halala, which is no whole one.
SMALLEST_COST = 1

_SEPARATORS = frozenset("_-./:")


class ActionClass(StrEnum):
    """How much stands between an action and its effect."""

    SAFE = "A"
    APPROVAL = "B"
    FORBIDDEN = "C"


@dataclass(frozen=True, slots=True)
class Action:
    """One line of the table."""

    name: str
    action_class: ActionClass
    title_en: str
    title_ar: str
    roles: frozenset[str]
    """Who may ask for it; for class C nobody."""
    needs_evidence: bool = False
    four_eyes: bool = False
    """Whoever asked may not agree."""
    needs_consent: bool = False
    """It reaches a contact, who must have agreed."""
    cost_halalas: int = 0
    kind: str = "request"
    """The kind of approval it asks for, which has deadlines of its own."""
    by_book: bool = False
    """What our own rules ask for, in a decision that did not wait for a human, needs no yes of its own."""
    also: tuple[str, ...] = ()

    @property
    def shown_class(self) -> str:
        """`A`, `B`, `B+` or `C`."""
        return f"{self.action_class}+" if self.needs_evidence else str(self.action_class)


@dataclass(frozen=True, slots=True)
class Actions:
    """The whole table."""

    owner: str
    version: str
    day_halalas: int
    actions: tuple[Action, ...]
    by_letters: Mapping[str, Action]

    def find(self, name: str) -> Action | None:
        """The action that a name means, however it is spelled; None for a name of no action."""
        return self.by_letters.get(letters_of(name))


def letters_of(name: str) -> str:
    """The letters and digits of a name, which alone make it; what is left of a blank name is empty."""
    plain = normalize("NFKC", name).casefold()
    return "".join(sign for sign in plain if sign not in _SEPARATORS and category(sign) not in _UNSEEN)


# Blanks and signs that nobody sees.
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def read_actions(text: str, file: str, roles: Iterable[str]) -> Actions:
    """
    Read the table.

    Args:
        roles: the roles that exist.

    Raises BookError with everything that is wrong.
    """
    sheet = read(text, file)
    notes = Notes(file)
    top = Fields(notes, sheet.content, 1, TOP_KEYS, "the table of actions")
    top.need(*TOP_KEYS)
    known = tuple(roles)
    defaults = _defaults(top, known)
    actions = [
        _action(name, entry, defaults, known) for name, entry in top.entries("actions", ENTRY_KEYS, "action")
    ]
    by_letters = _by_letters(actions, top)
    budget = top.inner("budget", ("day_halalas",)).whole("day_halalas", 0, 0, MOST_HALALAS)
    table = Actions(top.text("owner"), top.text("version"), budget, tuple(actions), by_letters)
    if notes.problems:
        raise BookError(notes.problems)
    return table


def _defaults(top: Fields, roles: tuple[str, ...]) -> dict[ActionClass, frozenset[str]]:
    entry = top.inner("roles", ("A", "B"))
    entry.need("A", "B")
    return {
        ActionClass.SAFE: frozenset(entry.words("A", roles)),
        ActionClass.APPROVAL: frozenset(entry.words("B", roles)),
        ActionClass.FORBIDDEN: frozenset(),
    }


def _action(
    name: str, entry: Fields, defaults: Mapping[ActionClass, frozenset[str]], roles: tuple[str, ...]
) -> Action:
    entry.need("class", "title", "title_ar")
    action_class = ActionClass(entry.word("class", tuple(ActionClass), ActionClass.FORBIDDEN))
    own = frozenset(entry.words("roles", roles))
    cost = SMALLEST_COST if action_class is ActionClass.APPROVAL else 0
    if action_class is not ActionClass.APPROVAL:
        for key in ("evidence", "four_eyes", "consent"):
            if key in entry:
                entry.problem(key, f'"{key}" is for class B, where a human agrees. Remove it.')
    if action_class is ActionClass.FORBIDDEN and own:
        entry.problem("roles", "nobody may ask for an action of class C. Remove it.")
    return Action(
        name=name,
        action_class=action_class,
        title_en=entry.text("title"),
        title_ar=entry.text("title_ar"),
        roles=own or defaults[action_class],
        needs_evidence=entry.truth("evidence", default=False),
        four_eyes=entry.truth("four_eyes", default=False),
        needs_consent=entry.truth("consent", default=False),
        cost_halalas=entry.whole("cost_halalas", cost, 0, MOST_HALALAS),
        kind=entry.word("kind", KINDS, "request"),
        by_book=_by_book(entry, action_class),
        also=tuple(word for word, _ in entry.texts("also")),
    )


def _by_book(entry: Fields, action_class: ActionClass) -> bool:
    """Whether our own rules may have it done by themselves: never what takes proof or a second pair of eyes."""
    said = entry.truth("by_book", default=False)
    if not said:
        return False
    if action_class is not ActionClass.APPROVAL:
        entry.problem("by_book", '"by_book" is for class B, where a human agrees. Remove it.')
    for key in ("evidence", "four_eyes", "cost_halalas"):
        if key in entry:
            entry.problem("by_book", f'what says "{key}" is never done by the rules alone. Remove "by_book".')
    return True


def _by_letters(actions: Iterable[Action], top: Fields) -> Mapping[str, Action]:
    found: dict[str, Action] = {}
    for action in actions:
        for name in (action.name, *action.also):
            letters = letters_of(name)
            if letters in found:
                top.problem("actions", f'"{name}" is "{found[letters].name}" in another spelling. Remove one.')
            found[letters] = action
    return MappingProxyType(found)
