"""
Every check that stands between a message and a phone is missed when it is gone.

Each mutant is the real module with one check taken out, in a process of its own; the tests of that module must
fail on it. A check that nobody misses is a check that the next tidy-up will lose.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What a mutant's process does: put the module in its place before anything imports it, then run the tests.
_RUN = """
import importlib, sys, types
name, path, *tests = sys.argv[1:]
package = importlib.import_module(name.rpartition(".")[0])
module = types.ModuleType(name)
module.__file__ = path
sys.modules[name] = module
setattr(package, name.rpartition(".")[2], module)
exec(compile(sys.stdin.read(), path, "exec"), module.__dict__)
import pytest
sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))
"""

FAILED = 1


@dataclass(frozen=True, slots=True)
class Guarded:
    """A module whose checks count, and the tests that must miss each of them."""

    module: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        return ROOT / f"{self.module.replace('.', '/')}.py"


GUARDED = (Guarded("bot.gate", ("tests/bot/test_gate.py", "tests/bot/test_unasked_for.py")),)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module without one of its checks."""

    of: Guarded
    line: int
    lost: str
    source: str


def mutants(guarded: Guarded) -> Iterator[Mutant]:
    """One for each `return Refusal(...)`, and one for each link of a chain of checks."""
    text = guarded.path.read_text(encoding="utf-8")
    places = [node for node in ast.walk(ast.parse(text)) if _refuses(node) or _is_chain(node)]
    for place in places:
        links = len(place.value.values) if _is_chain(place) else 1
        for number in range(links):
            tree = ast.parse(text)
            found = next(n for n in ast.walk(tree) if type(n) is type(place) and _at(n) == _at(place))
            lost = ast.unparse(found.value.values.pop(number) if links > 1 else found.value)
            if links == 1:
                found.value = ast.Constant(None)
            yield Mutant(guarded, place.lineno, lost, ast.unparse(ast.fix_missing_locations(tree)))


def _refuses(node: ast.AST) -> bool:
    """`return Refusal(...)`, also as one side of a conditional."""
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    calls = (n for n in ast.walk(node.value) if isinstance(n, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id == "Refusal" for call in calls)


def _is_chain(node: ast.AST) -> bool:
    """`return a(...) or b(...) or c(...)`: checks one after another."""
    return (
        isinstance(node, ast.Return)
        and isinstance(node.value, ast.BoolOp)
        and isinstance(node.value.op, ast.Or)
        and all(isinstance(value, ast.Call) for value in node.value.values)
    )


def _at(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def run(mutant: Mutant | None, guarded: Guarded) -> subprocess.CompletedProcess[str]:
    source = mutant.source if mutant else guarded.path.read_text(encoding="utf-8")
    command = [sys.executable, "-c", _RUN, guarded.module, str(guarded.path), *guarded.tests]
    return subprocess.run(command, input=source, text=True, capture_output=True, cwd=ROOT, timeout=120)


EVERY = [mutant for guarded in GUARDED for mutant in mutants(guarded)]


@pytest.mark.parametrize("guarded", GUARDED, ids=lambda g: g.module)
def test_the_whole_module_passes_when_nothing_is_lost(guarded: Guarded) -> None:
    done = run(None, guarded)

    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]


@pytest.mark.parametrize("mutant", EVERY, ids=lambda m: f"{m.of.module}:{m.line}:{m.lost[:40]}")
def test_a_lost_check_is_missed(mutant: Mutant) -> None:
    done = run(mutant, mutant.of)

    assert done.returncode == FAILED, f"nobody missed {mutant.lost} of {mutant.of.module}, line {mutant.line}"
