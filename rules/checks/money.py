"""
Money: where it is on the table, nothing leaves and nothing moves without a human.

Rule 1: only the confirmation of a stop, and the question whether somebody wants us to stop, leave at once.
"""

from collections.abc import Iterator

from rules.checks.finding import Check, Finding
from rules.checks.material import Material


def unheld_money(material: Material) -> Iterator[Finding]:
    """Find what is said in a stage of money without a human."""
    found: dict[str, set[str]] = {}
    pages = {page.id: page for page in material.pages}
    for speech in material.speeches:
        if speech.is_confirmed_at_once:
            continue
        for stage in material.lifecycle.money:
            here = material.ground.only(speech.area, "stage", stage)
            if here is not None and material.leaves_at_once(speech, here) is not None:
                found.setdefault(speech.page.id, set()).add(stage)
    for name, stages in found.items():
        page, at = pages[name], ", ".join(stage for stage in material.lifecycle.money if stage in stages)
        en = f"at {at} its answer leaves without a human. Add a hold, or an approval page for the stage."
        ar = f"في {at} يخرج ردها دون موافقة إنسان. أضيفوا hold، أو صفحة موافقة للمرحلة."
        yield Finding("unheld_money", "error", page.file, page.line, en, ar)


def step_into_money(material: Material) -> Iterator[Finding]:
    """Find pages that move a deal into a stage of money, and answer at once."""
    into = {step.event for step in material.lifecycle.message_events if step.target in material.lifecycle.money}
    reported = set()
    for speech in material.speeches:
        page = speech.decider
        if page.then.go not in into or page.id in reported:
            continue
        if material.leaves_at_once(speech, speech.area) is not None:
            reported.add(page.id)
            en = f'"{page.then.go}" leads to a stage of money, but its answer leaves at once. Add a hold.'
            ar = f"«{page.then.go}» تنقل إلى مرحلة مالية وردها يخرج فورا. أضيفوا hold."
            yield Finding("step_into_money", "error", page.file, page.line, en, ar)


CHECKS = (
    Check(
        "unheld_money",
        "answers that leave a stage of money without a human",
        "ردود تخرج في مرحلة مالية دون موافقة",
        unheld_money,
    ),
    Check(
        "step_into_money",
        "steps into a stage of money with an answer at once",
        "انتقال إلى مرحلة مالية برد فوري",
        step_into_money,
    ),
)
