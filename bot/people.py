"""
Who acts: the same name for a person in Telegram, on a page, on the command line and over HTTP.

Rule: where another person is wanted, another door is none. Whoever is no user of the tenant is known by a name
only; however it is typed and wherever it is said, it is one person's.
"""

from dataclasses import dataclass
from unicodedata import category, normalize

_MACHINE = "key:"

# Doors at which strangers to the list of users are known by nothing but a name.
_BY_NAME = ("api", "console", "cli")

_TATWEEL = "\u0640"


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody who decides."""

    id: str
    """`telegram:12345`, `console:sami`, `cli:noura`, `api:approver`"""
    name: str

    @property
    def is_machine(self) -> bool:
        """Whether it is a program with a key, which decides nothing."""
        return self.id.startswith(_MACHINE)


NOBODY = Human("", "")


def folded(name: str) -> str:
    """A name as it is compared: without its way of being typed, stretched or vowelled, or what nobody sees."""
    plain = "".join(sign for sign in normalize("NFKC", name) if sign != _TATWEEL and not _is_unseen(sign))
    return " ".join(normalize("NFKC", plain.casefold()).split())


def person_of(human_id: str) -> str:
    """The person behind an id: the same for whoever says one name at several doors."""
    door, _, name = human_id.partition(":")
    return f"named:{folded(name)}" if door in _BY_NAME else human_id


def is_same_person(one: str, other: str) -> bool:
    """Whether two ids are one person's, as far as anybody can know."""
    return person_of(one) == person_of(other)


def _is_unseen(sign: str) -> bool:
    return category(sign) in ("Cf", "Mn")
