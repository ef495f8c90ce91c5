"""
A phrase more on a page of understanding, with an example that proves it. Pure.

Rule 1: only these lines are added; comments, order and quoting of the page stay as they are.
"""

import json
from collections.abc import Mapping

from admin.console.book_shelf import content_of
from rules.sheet import LinedList


def can_take(text: str) -> bool:
    """Whether the page has a list of phrases with one on each line, and a list of examples."""
    return _phrases(text) is not None and _tests(text) is not None


def with_phrase(text: str, phrase: str) -> str:
    """The page, hearing this phrase too. Give only a page that `can_take` one."""
    phrases, tests = _phrases(text), _tests(text)
    assert phrases is not None and tests is not None
    lines = text.splitlines()
    said = " ".join(phrase.split())
    then = content_of(text).get("then")
    intent = str(then.get("understand", "")) if isinstance(then, Mapping) else ""
    stage = _stage(text)
    given = f"says: {json.dumps(said, ensure_ascii=False)}" + (f", stage: {stage}" if stage else "")
    at = tests.lines[0] - 1
    margin = _margin(lines[at])
    example = [
        f"{margin}- name: {json.dumps(f'hears {said}', ensure_ascii=False)}",
        f"{margin}  given: {{{given}}}",
        f"{margin}  expect: {{intent: {intent}}}",
    ]
    # From below, so that the lines above keep their numbers.
    lines[at:at] = example
    last = phrases.lines[-1]
    words = " ".join("".join(sign if sign.isalnum() or sign.isspace() else " " for sign in said).split())
    lines.insert(last, f"{_margin(lines[last - 1])}- {json.dumps(words or said, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def with_status(text: str, status: str) -> str:
    """The page with another status; a page without one is left as it is."""
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if line.startswith("status:"):
            _, hash_sign, comment = line.partition("#")
            lines[place] = f"status: {status}" + (f"  #{comment}" if hash_sign else "")
            break
    return "\n".join(lines) + "\n"


def _phrases(text: str) -> LinedList | None:
    lines = content_of(text).get("when")
    for line in lines if isinstance(lines, list) else ():
        said = line.get("says") if isinstance(line, Mapping) else None
        if isinstance(said, LinedList) and said and len(set(said.lines)) == len(said):
            return said if text.splitlines()[said.lines[-1] - 1].lstrip().startswith("- ") else None
    return None


def _tests(text: str) -> LinedList | None:
    tests = content_of(text).get("tests")
    if not isinstance(tests, LinedList) or not tests or len(set(tests.lines)) != len(tests):
        return None
    return tests if text.splitlines()[tests.lines[0] - 1].lstrip().startswith("- ") else None


def _stage(text: str) -> str:
    """A stage at which the page listens, when it does not listen everywhere."""
    for line in content_of(text).get("when") or ():
        stage = line.get("stage") if isinstance(line, Mapping) else None
        if stage and not isinstance(stage, Mapping):
            return str(stage[0] if isinstance(stage, list) else stage)
    return ""


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
