"""
What contradicts itself in the rules in force: pages, sentences, templates, and the numbers beside them. Pure.

Rule 1: the checks that guard publishing are asked the same questions again of what is in force, because what is
        in force can grow wrong without being touched: a price ends, a claim is forbidden, a new version of the
        product disagrees with a page of the tenant's.
Rule 2: what only our own people read promises nobody anything.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.contradictions.kinds import BY_NAME
from bot.contradictions.promises import answers_within, in_words, spans
from bot.contradictions.register import Found, Side
from bot.playbook import Playbook
from bot.templates.standing import DIFFERS, Standing, trouble_at_provider
from bot.tenant import Tenant
from bot.workbench.examination import LIFECYCLE, OUR_PEOPLE_READ_IT, wording_facts
from flows.wording import Wordings
from rules.checks import WordingFacts
from rules.checks.contradictions import examples_contradict
from rules.checks.material import Material
from rules.policies import Policies
from rules.policies.templates import BLANK
from rules.problems import Problem
from rules.ties import CAN_FIRE_TOGETHER

_OTHER = re.compile(r'"([\w.]+)" expects|together with "([\w.]+)"')
_FIGURES = ("unbacked_figure", "unbacked_percentage", "expired_claim", "restricted_without_qualifier")

# How `flows.wording` begins to say what is wrong with a sentence.
_SAYS_WRONG = {"states a figure": "wrong_figure", "promises something with": "forbidden_claim"}

DEADLINES, FOLLOW_UPS = "policies/approval_deadlines.yml", "policies/follow_ups.yml"


@dataclass(frozen=True, slots=True)
class InForce:
    """What a tenant's messages are handled by, and what stands beside it."""

    tenant: Tenant
    playbook: Playbook
    shipped: Wordings
    today: date
    refused: tuple[Problem, ...] = ()
    """Why the latest edition cannot come into force, where it cannot."""
    templates: Sequence[Standing] = ()
    """What the providers last said of the tenant's templates."""


def found_in(now: InForce) -> list[Found]:
    """Everything; slow enough (a second) to be called outside the event loop."""
    facts = wording_facts(now.playbook, now.shipped)
    policies = now.playbook.book.policies
    read = [one for one in facts.values() if not one.key.startswith(OUR_PEOPLE_READ_IT)]
    return [
        *_kept_out(now.refused),
        *_disagreeing(now.playbook, facts),
        *_said(read, policies, now.today),
        *_priced(now.tenant, policies, now.today),
        *_templates(policies, now),
        *_promised(read, policies),
        *_cadences(policies),
    ]


def _kept_out(problems: Sequence[Problem]) -> Iterator[Found]:
    """What keeps an edition from coming into force: pages that tie, and words that no sentence may say."""
    for problem in problems:
        if CAN_FIRE_TOGETHER in problem.what:
            yield _disagree(problem.file, problem.line, problem.what)
            continue
        for sign, detector in _SAYS_WRONG.items():
            if sign in problem.what:
                place = f"{problem.file} line {problem.line}"
                law = Side("the laws of wordings", sign)
                yield _found(detector, Side(place, problem.what), law, place)


def _disagreeing(playbook: Playbook, facts: Mapping[str, WordingFacts]) -> Iterator[Found]:
    for finding in examples_contradict(Material(playbook.book, LIFECYCLE, facts, None)):
        yield _disagree(finding.file, finding.line, finding.what_en)


def _disagree(file: str, line: int, what: str) -> Found:
    named = _OTHER.search(what)
    other = next(filter(None, named.groups())) if named else "another page"
    place = f"{file} line {line}"
    return _found("rules_disagree", Side(place, what), Side(f"page {other}", f'"{other}" says otherwise'), place)


def _said(read: Sequence[WordingFacts], policies: Policies, today: date) -> Iterator[Found]:
    for wording in read:
        for language, text in wording.texts:
            place = f'wording "{wording.key}" ({language})'
            yield from _claims(place, text, language, policies, today, f"{wording.file} line {wording.line}")


def _claims(
    place: str, text: str, language: str, policies: Policies, today: date, evidence: str
) -> Iterator[Found]:
    for finding in policies.findings(text, language, today):
        source = f"claim {finding.claim}" if finding.claim else "price list and claims"
        if finding.blocks:
            yield _found("forbidden_claim", Side(place, finding.words), Side(source, finding.en), evidence)
        elif finding.kind in _FIGURES:
            yield _found("wrong_figure", Side(place, finding.words), Side(source, finding.en), evidence)


def _priced(tenant: Tenant, policies: Policies, today: date) -> Iterator[Found]:
    """The price of the settings beside that of the list: the list is said, and whoever reads both must wonder."""
    listed = policies.prices.public(today)
    if not listed:
        return
    for language, text in tenant.public_price.items():
        wrong = [f for f in policies.findings(text, language, today) if f.kind == "unbacked_figure"]
        if text and wrong:
            said = policies.prices.sentence(language, today)
            a = Side(f"setting public_price ({language})", text)
            yield _found("wrong_figure", a, Side("policies/prices.yml", said), "policies/prices.yml")


def _templates(policies: Policies, now: InForce) -> Iterator[Found]:
    heard = {(one.name, one.code): one for one in now.templates}
    for template in policies.templates.templates:
        for language in template.bodies:
            name, ours = template.name, template.pattern(language)
            place = f'template "{name}" ({language})'
            yield from _claims(
                place, BLANK.sub("…", ours), language, policies, now.today, "policies/templates.yml"
            )
            standing = heard.get((name, template.code(language)))
            if standing is None or not standing.words:
                continue
            if trouble_at_provider(standing, template, language) == DIFFERS:
                theirs = Side(f"{place} at the provider", f"[{standing.category}] {standing.words}")
                yield _found("wrong_figure", Side(place, f"[{template.category}] {ours}"), theirs, name)


def _promised(read: Sequence[WordingFacts], policies: Policies) -> Iterator[Found]:
    """An answer promised sooner than anybody has to give it."""
    due = policies.deadlines.kinds["reply"].due_after
    texts = [(f'wording "{w.key}" ({lang})', text) for w in read for lang, text in w.texts]
    said = [one for one in policies.claims.claims if one.status != "forbidden"]
    texts += [(f"claim {one.id}", text) for one in said for text in (one.text_ar, one.text_en)]
    for place, text in texts:
        for promise in answers_within(text):
            if promise.span < due:
                b = Side(f"{DEADLINES} reply.due_after", f"an answer is due after {in_words(due)}")
                yield _found("text_and_setting", Side(place, promise.words), b, DEADLINES)


def _cadences(policies: Policies) -> Iterator[Found]:
    """A cadence whose title names a time that none of its steps keeps."""
    for cadence in policies.follow_ups.cadences:
        kept = {step.after for step in cadence.steps}
        for named in spans(cadence.title):
            if named.span not in kept:
                a = Side(f"{FOLLOW_UPS} {cadence.id}.title", cadence.title)
                steps = ", ".join(in_words(step.after) for step in cadence.steps)
                b = Side(f"{FOLLOW_UPS} {cadence.id}.steps", f"steps come after {steps}")
                yield _found("text_and_setting", a, b, FOLLOW_UPS)


def _found(detector: str, a: Side, b: Side, *evidence: str) -> Found:
    kind = BY_NAME[detector]
    return Found(detector, kind.kind, kind.severity, a, b, evidence=evidence)
