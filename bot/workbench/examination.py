"""
What check and test say about a tenant's rules, before anybody publishes them.

Rule 1: `glance` is quick enough for every pause in typing; `examine` also runs every example and chat.
Rule 2: rules that do not load are reported like those that fail: with file, line and what to do.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.playbook import WORDING_FOLDER, Playbook, Playbooks, RulesRefused
from bot.tenant import Tenant
from bot.workbench.chats import ChatFailure, chats_of, run_chats
from flows import deal
from flows.wording import Wordings
from rules.checks import Finding, Lifecycle, WordingFacts
from rules.checks import examine as check_pages
from rules.examples import count, failures
from rules.known_messages import Heard, compare
from rules.policies import Policies
from rules.problems import Problem


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that was found."""

    version: str
    """The content hash that these rules would have; empty when they do not load."""
    problems: tuple[Problem, ...] = ()
    """What keeps them from loading."""
    findings: tuple[Finding, ...] = ()
    """What check found; only errors stand in the way."""
    failed_examples: tuple[Problem, ...] = ()
    failed_chats: tuple[ChatFailure, ...] = ()
    known: Heard | None = None
    """What happens to messages that we know; None when no words were changed."""
    pages: int = 0
    examples: int = 0
    chats: int = 0
    is_complete: bool = False
    """False for a glance: examples and chats were not run."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level != "error")

    @property
    def is_fit(self) -> bool:
        """True when nothing that was looked at stands in the way of publishing."""
        return not (self.problems or self.errors or self.failed_examples or self.failed_chats) and (
            self.known is None or self.known.is_fit
        )

    @property
    def counts(self) -> dict[str, int]:
        """What is kept with an edition."""
        return {
            "pages": self.pages,
            "examples": self.examples,
            "chats": self.chats,
            "warnings": len(self.warnings),
        }

    @property
    def told(self) -> str:
        """What stands in the way, one a line."""
        chats = [failure.as_problem for failure in self.failed_chats]
        found = [*self.problems, *self.errors, *self.failed_examples, *chats]
        return "\n".join([*map(str, found), *(self.known.told if self.known else ())])


def glance(playbooks: Playbooks, tenant: Tenant, own: Mapping[str, str]) -> Examination:
    """Load and check a tenant's rules."""
    return _examine(playbooks, tenant, own, runs_examples=False)


def examine(playbooks: Playbooks, tenant: Tenant, own: Mapping[str, str]) -> Examination:
    """Load and check a tenant's rules, and run every example and chat; call it outside the event loop."""
    return _examine(playbooks, tenant, own, runs_examples=True)


def in_the_way_back(playbooks: Playbooks, tenant_id: str, before: Playbook) -> tuple[Finding, ...]:
    """
    What stands in the way of rules that were in force before: what check refuses today, and what the registry of
    claims that is in force forbids. Going back takes one person, and must not undo what two have forbidden.
    """
    facts = wording_facts(before, playbooks.shipped.wordings)
    found = [*check_pages(before.book, LIFECYCLE, facts)]
    for policies in (before.book.policies, playbooks.policies_of(tenant_id)):
        found += _claims(policies, facts, playbooks.today)
    return tuple(dict.fromkeys(finding for finding in found if finding.level == "error"))


def _examine(playbooks: Playbooks, tenant: Tenant, own: Mapping[str, str], *, runs_examples: bool) -> Examination:
    try:
        playbook = playbooks.compose(tenant.id, own)
    except RulesRefused as refused:
        return Examination("", refused.problems)
    facts = wording_facts(playbook, playbooks.shipped.wordings)
    policies = playbook.book.policies
    findings = (*check_pages(playbook.book, LIFECYCLE, facts), *_claims(policies, facts, playbooks.today))
    pages = len(playbook.book.pages)
    chats, unreadable = chats_of(playbook, tenant.id)
    if not runs_examples:
        return Examination(playbook.version, unreadable, findings=findings, pages=pages)
    return Examination(
        playbook.version,
        unreadable,
        findings=findings,
        failed_examples=failures(playbook.book),
        failed_chats=asyncio.run(run_chats(playbook, tenant)),
        known=_known_messages(playbooks.of(tenant.id), playbook),
        pages=pages,
        examples=count(playbook.book),
        chats=len(chats),
        is_complete=True,
    )


# Files by which messages are understood; without a change there, every message means what it meant.
OF_THE_WORDS = ("understanding/", "words.yml", "lexemes.yml")


def _known_messages(before: Playbook, after: Playbook) -> Heard | None:
    """Put the messages that we know to both, when their words differ."""
    words = [{p: t for p, t in book.own.items() if p.startswith(OF_THE_WORDS)} for book in (before, after)]
    return compare(before.book, after.book) if words[0] != words[1] else None


LIFECYCLE = Lifecycle.of(
    deal.STAGES, deal.TABLE, deal.ALLOWED_EVENTS, final=deal.FINAL_STAGES, money=deal.APPROVAL_STAGES
)


def wording_facts(playbook: Playbook, shipped: Wordings | None = None) -> dict[str, WordingFacts]:
    """What the checks must know about each sentence; beside what we ship, also whether it is still ours."""
    wordings = playbook.wordings
    places = _places(playbook)
    return {
        key: WordingFacts(
            key=key,
            ar=wordings.text(key, "ar"),
            en=wordings.text(key, "en"),
            blanks=wordings.blanks(key),
            expects=wordings.expects(key),
            buttons=wordings.buttons(key),
            file=places.get(key, (WORDING_FOLDER, 1))[0],
            line=places.get(key, (WORDING_FOLDER, 1))[1],
            is_changed=shipped is not None and _differs(key, wordings, shipped),
            is_said_elsewhere=key.startswith(SAID_ELSEWHERE) or "." in key,
        )
        for key in wordings.keys
    }


def _differs(key: str, wordings: Wordings, shipped: Wordings) -> bool:
    """Whether a sentence of ours says, asks or offers something else here."""
    if key not in shipped.keys:
        return False
    sides = [(w.text(key, "ar"), w.text(key, "en"), w.expects(key), w.buttons(key)) for w in (wordings, shipped)]
    return sides[0] != sides[1]


# What only our own people read promises nobody anything.
OUR_PEOPLE_READ_IT = ("hold.", "silence.", "stage.", "intent.", "note.", "button.")


def _claims(policies: Policies, facts: Mapping[str, WordingFacts], today: date) -> Iterator[Finding]:
    """What the registry of claims says of every sentence that a contact may read."""
    for wording in facts.values():
        if wording.key.startswith(OUR_PEOPLE_READ_IT):
            continue
        for language, text in (("ar", wording.ar), ("en", wording.en)):
            for found in policies.claims.findings(text, language, today):
                level: Literal["error", "warning"] = "error" if found.blocks else "warning"
                en = f'"{wording.key}" in {language}: {found.en}'
                ar = f"نص «{wording.key}» ({language}): {found.ar}"
                yield Finding(f"claim_{found.kind}", level, wording.file, wording.line, en, ar)


# Sentences that a flow or a job says, so that no page names them.
SAID_ELSEWHERE = ("ask_question_again", "qualified_offer_meeting", "not_a_fit_now", "follow_up_")

_KEY = re.compile(r"([a-z][\w.]*):")


def _places(playbook: Playbook) -> dict[str, tuple[str, int]]:
    """Where each sentence stands: the file and the line of its key; a tenant's own last."""
    files = [*playbook.files.items(), *playbook.own.items()]
    return {
        found[1]: (path, number)
        for path, text in files
        if path.startswith(WORDING_FOLDER)
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := _KEY.match(line))
    }
