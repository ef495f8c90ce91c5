"""Policies read from texts, the way a book reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.wording import Wordings
from rules.layers import folder
from rules.policies import Policies, read_policies
from rules.problems import Problem
from rules.sheet import Sheet, read

ROOT = Path(__file__).parents[3]
SHIPPED = folder(ROOT / "rules" / "book")
WORDINGS = Wordings.load().keys


@dataclass(frozen=True)
class ReadPolicies:
    """What came of reading."""

    policies: Policies
    problems: tuple[Problem, ...]

    def problem_with(self, words: str) -> Problem:
        """The one problem that says this."""
        found = [problem for problem in self.problems if words in problem.what]
        assert len(found) == 1, f"{words!r} in {[str(p) for p in self.problems]}"
        return found[0]


Reads = Callable[..., ReadPolicies]


def reads(**files: str) -> ReadPolicies:
    """
    Read files by name: `claims=...` is `policies/claims.yml`; `tenant__claims=...` the same of a layer.
    """
    sheets = [read(text, _label(name)) for name, text in files.items()]
    return _read(sheets)


def over_the_book(**files: str) -> ReadPolicies:
    """Lay the files of a tenant over the shipped policies."""
    own = [read(text, file) for file, text in SHIPPED.files.items() if file.startswith("policies/")]
    return _read([*own, *(read(text, f"tenant:policies/{name}.yml") for name, text in files.items())])


def _label(name: str) -> str:
    layer, _, file = name.rpartition("__")
    return f"{layer}:policies/{file}.yml" if layer else f"policies/{file}.yml"


def _read(sheets: list[Sheet]) -> ReadPolicies:
    problems: list[Problem] = []
    policies = read_policies(sheets, problems, WORDINGS)
    return ReadPolicies(policies, tuple(problems))


@pytest.fixture(scope="session")
def shipped() -> Policies:
    """The policies that are shipped with the product."""
    found = over_the_book()
    assert found.problems == ()
    return found.policies
