"""What one look came to: said in Arabic and English, with what to do, and never with a secret."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"
    """It works, and may not tomorrow, or not for everybody."""
    PROBLEM = "problem"
    """It does not work."""
    NOT_CHECKED = "not_checked"
    """Nobody knows, and `what` says why."""


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in two languages."""

    en: str
    ar: str

    def said(self, language: str) -> str:
        return self.ar if language == "ar" else self.en


NOTHING = Words("", "")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor."""

    check: str
    """`database.primary`: stable, for scripts."""
    state: State
    what: Words
    why: Words = NOTHING
    """Why it matters."""
    do: Words = NOTHING
    """What to do."""


def ok(check: str, en: str, ar: str) -> Finding:
    return Finding(check, State.OK, Words(en, ar))


def not_checked(check: str, en: str, ar: str) -> Finding:
    return Finding(check, State.NOT_CHECKED, Words(en, ar))


def warning(check: str, what: tuple[str, str], why: tuple[str, str], do: tuple[str, str]) -> Finding:
    return Finding(check, State.WARNING, Words(*what), Words(*why), Words(*do))


def problem(check: str, what: tuple[str, str], why: tuple[str, str], do: tuple[str, str]) -> Finding:
    return Finding(check, State.PROBLEM, Words(*what), Words(*why), Words(*do))
