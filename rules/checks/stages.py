"""
The lifecycle as the book drives it: every stage is reached, left, and answered.

Rule 1: a step counts when a live page, a verified source, or an approver's yes to what a live page proposes
        causes it.
Rule 2: opting out is no way to finish a deal.
"""

from collections.abc import Iterable, Iterator

from rules.checks.finding import Check, Finding
from rules.checks.material import Material

DEAL = "the deal"


def out_of_reach(material: Material) -> Iterator[Finding]:
    """Find stages that no deal can come to."""
    cycle = material.lifecycle
    reached = _closure({cycle.stages[0]}, [(step.stage, step.target) for step in material.taken])
    for stage in cycle.stages:
        if stage not in reached:
            en = (
                f'no page and no verified source leads to the stage "{stage}". Write a page whose go leads there.'
            )
            ar = f"لا توجد صفحة ولا مصدر موثوق يوصل إلى مرحلة «{stage}». اكتبوا صفحة تنقل إليها (go)."
            yield Finding("out_of_reach", "error", DEAL, 1, en, ar)


def no_way_out(material: Material) -> Iterator[Finding]:
    """Find stages from which no deal can be won or lost."""
    cycle = material.lifecycle
    ends = set(cycle.final) - {cycle.opt_out_stage}
    steps = [step for step in material.taken if step.target != cycle.opt_out_stage]
    finishing = _closure(ends, [(step.target, step.stage) for step in steps])
    for stage in cycle.stages:
        if stage not in finishing and stage not in cycle.final:
            en = f'no step leads from the stage "{stage}" to an end of the deal. Write a page that moves it on.'
            ar = f"لا توجد خطوة تنهي الصفقة انطلاقا من مرحلة «{stage}». اكتبوا صفحة تنقلها للأمام."
            yield Finding("no_way_out", "error", DEAL, 1, en, ar)


def dead_step(material: Material) -> Iterator[Finding]:
    """Find steps of the deal that a contact's words may cause and that no page causes."""
    known = {(step.stage, step.event) for step in material.taken}
    for step in material.lifecycle.message_events:
        if (step.stage, step.event) not in known:
            en = f'no live page takes the step "{step.event}" from "{step.stage}" to "{step.target}".'
            ar = f"لا توجد صفحة مفعلة تنفذ الخطوة «{step.event}» من «{step.stage}» إلى «{step.target}»."
            en, ar = f"{en} Write one, or drop the step.", f"{ar} اكتبوا صفحة لها أو احذفوا الخطوة."
            yield Finding("dead_step", "warning", DEAL, 1, en, ar)


def impossible_step(material: Material) -> Iterator[Finding]:
    """Find pages whose step the deal does not know where they fire, or which words alone may not cause."""
    by_words = {(step.stage, step.event) for step in material.lifecycle.message_events}
    by_yes = {(step.stage, step.event) for step in material.lifecycle.approver_events}
    for page in material.of("safety", "routing"):
        for event, known in ((page.then.go, by_words), (page.then.propose, by_yes)):
            wrong = [s for s in material.fires_at(page) if (s, event) not in known] if event else []
            if wrong:
                at = ", ".join(wrong)
                en = f'"{event}" may not be caused this way at {at}. Name other stages, or propose another step.'
                ar = f"لا يجوز أن تسبب هذه الصفحة «{event}» في {at}. سمّوا مراحل أخرى أو اقترحوا خطوة أخرى."
                yield Finding("impossible_step", "error", page.file, page.line, en, ar)


def stage_without_page(material: Material) -> Iterator[Finding]:
    """Find stages that no live page is written for."""
    every = len(material.lifecycle.stages)
    named = {s for page in material.pages if len(at := material.fires_at(page)) < every for s in at}
    for stage in material.lifecycle.stages:
        if stage not in named:
            en = (
                f'no live page is written for the stage "{stage}"; only the general ones answer there. Write one.'
            )
            ar = f"لا توجد صفحة مفعلة مخصصة لمرحلة «{stage}»؛ ترد فيها الصفحات العامة فقط. اكتبوا صفحة لها."
            yield Finding("stage_without_page", "warning", DEAL, 1, en, ar)


def mute_stage(material: Material) -> Iterator[Finding]:
    """Find stages in which every message is met with silence, although nobody asked us to stop."""
    quiet = material.covers_of(tuple(page for page in material.of("safety") if page.then.silence))
    for stage in material.lifecycle.stages:
        here = material.ground.only(material.ground.everything, "stage", stage)
        if here and stage != material.lifecycle.opt_out_stage and material.ground.is_covered(here, quiet):
            en = (
                f'at the stage "{stage}" nobody is ever answered. Narrow the safety pages that stay silent there.'
            )
            ar = f"في مرحلة «{stage}» لا يتلقى أحد ردا أبدا. ضيّقوا شروط صفحات السلامة التي تسكت فيها."
            yield Finding("mute_stage", "error", DEAL, 1, en, ar)


CHECKS = (
    Check("out_of_reach", "stages that no deal can come to", "مراحل لا تصل إليها أي صفقة", out_of_reach),
    Check("no_way_out", "stages from which no deal can end", "مراحل لا تنتهي منها أي صفقة", no_way_out),
    Check("dead_step", "steps of the deal that no page takes", "خطوات لا تنفذها أي صفحة", dead_step),
    Check(
        "impossible_step",
        "steps that words alone may not cause",
        "خطوات لا يجوز أن يسببها كلام العميل",
        impossible_step,
    ),
    Check("stage_without_page", "stages without a page of their own", "مراحل بلا صفحة مخصصة", stage_without_page),
    Check("mute_stage", "stages in which nobody is answered", "مراحل لا يرد فيها على أحد", mute_stage),
)


def _closure(begin: set[str], arrows: Iterable[tuple[str, str]]) -> set[str]:
    arrows, found, new = list(arrows), set(begin), set(begin)
    while new:
        new = {after for before, after in arrows if before in new} - found
        found |= new
    return found
