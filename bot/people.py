"""Who acts: the same name for a person in Telegram, on a page, on the command line and over HTTP."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody who decides."""

    id: str
    """`telegram:12345`, `console:sami`, `cli:noura`, `api:approver`"""
    name: str


NOBODY = Human("", "")
