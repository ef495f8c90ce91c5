"""
Pages that contradict each other, beyond the ties that a book refuses to load.

Rule 1: one message has one answer: two examples may not expect different things of it.
Rule 2: a deal does not move at once where its answer always waits, unless the page itself says so.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rules.checks.finding import Check, Finding
from rules.checks.material import Material
from rules.pages import Example, Page

# What an example expects of the verdict as a whole; flags and actions may come from several pages.
ONE_VALUE = ("intent", "stage", "held", "go", "say", "propose", "silence")


def examples_contradict(material: Material) -> Iterator[Finding]:
    """Find two live pages whose examples expect different things of the same message."""
    seen: dict[str, list[tuple[Page, Example]]] = {}
    for page in material.pages:
        for example in page.examples:
            if example.expect is None:
                continue
            for other, its in seen.setdefault(_message(example.given), []):
                key = _differ(example.expect, its.expect or {})
                if key:
                    yield _contradiction(page, example, other, key)
            seen[_message(example.given)].append((page, example))


def moves_before_yes(material: Material) -> Iterator[Finding]:
    """Find pages that move the deal at once although an approval page always holds what they say."""
    for page in material.of("routing"):
        if not page.then.go or page.then.hold:
            continue
        areas = list(material.areas(page))
        if areas and all(material.ground.is_covered(area, material.approvals) for area in areas):
            en = f'it goes on ("{page.then.go}") at once, but an approval page always holds its answer.'
            ar = f"تنقل الصفقة («{page.then.go}») فورا بينما تعلق صفحة موافقة ردها دائما."
            en, ar = (
                f"{en} Add a hold, or propose the step.",
                f"{ar} أضيفوا hold أو اجعلوا الخطوة مقترحة (propose).",
            )
            yield Finding("moves_before_yes", "warning", page.file, page.line, en, ar)


CHECKS = (
    Check(
        "examples_contradict",
        "two pages that expect different things of one message",
        "صفحتان تتوقعان نتيجتين مختلفتين للرسالة نفسها",
        examples_contradict,
    ),
    Check(
        "moves_before_yes", "steps that happen while their answer waits", "خطوات تتم وردها معلق", moves_before_yes
    ),
)


def _message(given: Mapping[str, Any]) -> str:
    return json.dumps({"stage": "new_lead", **given}, sort_keys=True, ensure_ascii=False)


def _differ(expected: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    return next(
        (key for key in ONE_VALUE if key in expected and key in other and expected[key] != other[key]), ""
    )


def _contradiction(page: Page, example: Example, other: Page, key: str) -> Finding:
    en = (
        f'its example "{example.name}" expects another {key} than the page "{other.id}" expects of the same '
        "message. Change one of them."
    )
    ar = f"مثالها «{example.name}» يتوقع {key} غير ما تتوقعه صفحة «{other.id}» للرسالة نفسها. عدّلوا أحدهما."
    return Finding("examples_contradict", "error", page.file, example.line, en, ar)
