"""
The process in which a replay thinks: two sets of rules, one question after the other, nothing else.

Rule 1: it is told everything through its input and answers on its output, a JSON object a line; it reads no
        setting, opens no connection and sends nothing.
Rule 2: when its input ends it leaves: whoever started it is gone, or needs it no more.
Rule 3: it steps aside for everybody else on the machine.
Rule 4: what it says about a fault of its own names the kind and the place, never what a contact wrote.
"""

import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot.conversation import Conversation, Slot
from bot.decision import ASK_NEXT, Decision, decide
from bot.playbook import THRESHOLDS_FILE, WORDING_FOLDER, Playbook, RulesRefused, compose
from bot.shown_text import masked
from bot.tenant import Tenant
from bot.workbench.replay_report import FAILED, FREE, KINDS, SILENT, Count, Example, Report, Side, Why
from bot.workbench.stored_questions import Stored, of_line
from flows import qualification as quiz
from flows.wording import UnfilledBlank, UnknownWording, Wordings
from rules.layers import Layer
from rules.replay import Change, Ear, Listener, decide_alike, opt_out_weight

# Below every process that serves people; half of one core at most goes missing while nobody else wants it.
NICENESS = 10

# More than a screenful of examples nobody reads; each kind gets its share, so that none hides another.
MOST_EXAMPLES = 50
MOST_OF_A_KIND = 6
MOST_LOST_OPT_OUTS = 20

# What is equal is decided once; beyond this many different questions the memory of it begins anew.
REMEMBERED = 50_000

# An answer that was given but not kept counts for the contact, so that both sets of rules come to a result.
_GIVEN = {slot.name: quiz.UNKNOWN if slot.expects == "number" else "yes" for slot in quiz.SLOTS}

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_DECIDING = ("safety/", "routing/", "replies/", "approval/", "follow_up/", "policies/", "chats/", WORDING_FOLDER)
_BESIDE = (THRESHOLDS_FILE,)

Outcome = tuple[str, Side, Side] | None
"""The gravest kind of a change and its two sides; None when nothing changes."""


class Judge:
    """Two playbooks side by side."""

    def __init__(self, old: Playbook, new: Playbook, tenant: Tenant) -> None:
        self._old_version, self._new_version = old.version, new.version
        ear = Ear(old.book)
        self._old = replace(old, book=Listener(old.book, ear))
        self._new = replace(
            new, book=Listener(new.book, ear if hear_alike(old.files, new.files) else Ear(new.book))
        )
        self._same_thresholds = old.thresholds == new.thresholds
        self._reworded = reworded(old.wordings, new.wordings)
        self._tenant = tenant
        self._known: dict[object, tuple[Outcome, bool]] = {}
        self._decisions = self._without_answers = 0
        self._kinds: Counter[str] = Counter()
        self._turned: dict[str, Counter[tuple[str, str]]] = {
            name: Counter() for name in ("intent", "stage", "wording", "gate", "silence")
        }
        self._examples: dict[str, dict[object, Example]] = {}

    def ask(self, item: Stored) -> None:
        """Decide one question by both."""
        key = (item.question, item.asked, item.asked_times, item.answers)
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = self._outcome(item)
        outcome, is_made_up = self._known[key]
        self._decisions += 1
        self._without_answers += is_made_up
        if outcome is not None:
            self._count(item, *outcome)

    def report(self) -> Report:
        """Everything that was found so far."""
        return Report(
            old_version=self._old_version,
            new_version=self._new_version,
            decisions=self._decisions,
            changed=sum(self._kinds.values()),
            by_kind=tuple((kind, self._kinds[kind]) for kind in KINDS if self._kinds[kind]),
            **{f"by_{name}": _counts(counter) for name, counter in self._turned.items()},
            examples=self._chosen(),
            without_answers=self._without_answers,
        )

    def _outcome(self, item: Stored) -> tuple[Outcome, bool]:
        """What changes, and whether answers had to be made up to say so."""
        verdicts = [playbook.book.decide(item.question) for playbook in (self._old, self._new)]
        if decide_alike(*verdicts) and self._says_the_same(verdicts[0].say):
            return None, False
        conversation = _as_it_stood(item)
        old = self._decided(conversation, item, self._old)
        new = self._decided(conversation, item, self._new)
        is_made_up = item.answers is None and any(_qualifies(decision) for decision in (old, new))
        before, after = _side(old), _side(new)
        kind = _gravest(item, old, new, before, after)
        return ((kind, before, after) if kind else None), is_made_up

    def _says_the_same(self, say: str) -> bool:
        """Whether equal verdicts surely end in equal words: the long way is for those that may not."""
        if say == ASK_NEXT:
            return self._same_thresholds and not self._reworded
        asks = bool(say) and "question" in self._old.wordings.blanks(say)
        return say not in self._reworded and not (asks and any(key.startswith("slot.") for key in self._reworded))

    def _decided(self, conversation: Conversation, item: Stored, playbook: Playbook) -> Decision | None:
        try:
            return decide(conversation, item.question, self._tenant, playbook)
        except (UnfilledBlank, UnknownWording):
            return None  # a finding about the rules, counted as `failed`

    def _count(self, item: Stored, kind: str, before: Side, after: Side) -> None:
        self._kinds[kind] += 1
        for name, counter in self._turned.items():
            one, other = getattr(before, name), getattr(after, name)
            if one != other or (name == "wording" and kind == "text"):
                counter[one, other] += 1
        examples = self._examples.setdefault(kind, {})
        key = (item.question.text, item.question.stage, before, after)
        if key in examples:
            examples[key] = replace(examples[key], times=examples[key].times + 1)
        elif len(examples) < (MOST_LOST_OPT_OUTS if kind == "lost_opt_out" else MOST_OF_A_KIND):
            text = masked(item.question.text)
            examples[key] = Example(kind, text, item.question.stage, item.where, item.at, before, after)

    def _chosen(self) -> tuple[Example, ...]:
        gravest_first = [example for kind in KINDS for example in self._examples.get(kind, {}).values()]
        return tuple(gravest_first[:MOST_EXAMPLES])


def hear_alike(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Whether everything that says what words mean is equal in two sets of files."""
    return _words(old) == _words(new)


def reworded(old: Wordings, new: Wordings) -> frozenset[str]:
    """The sentences that read differently, in any language, in their buttons, or that only one of the two has."""
    both = set(old.keys) & set(new.keys)
    texts = {key for key in both if _sentence(old, key) != _sentence(new, key)}
    buttons = {key for key in both if any(f"button.{button}" in texts for button in old.buttons(key))}
    return frozenset(texts | buttons | (set(old.keys) ^ set(new.keys)))


def _sentence(wordings: Wordings, key: str) -> object:
    return wordings.text(key, "ar"), wordings.text(key, "en"), wordings.expects(key), wordings.buttons(key)


def _words(files: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if not path.startswith(_DECIDING) and path not in _BESIDE}


def _as_it_stood(item: Stored) -> Conversation:
    """The conversation as far as a decision looks at it."""
    question = item.question
    answers = dict(item.answers) if item.answers is not None else {n: _GIVEN.get(n, "") for n in question.slots}
    asked = item.asked or _open_question(question.expects, answers)
    return Conversation(
        id="",
        tenant_id="",
        keys=(),
        created_at=_NEVER,
        stage=question.stage,
        slots={name: Slot(value, _NEVER, "") for name, value in answers.items()},
        asked=asked,
        asked_times=item.asked_times or int(bool(asked)),
        expects=question.expects,
    )


def _open_question(expects: str, answers: Mapping[str, str]) -> str:
    """Older decisions did not keep which question was open: it was the next one, if it wants such an answer."""
    following = quiz.next_question(answers)
    return following.slot if following and following.expects == expects else ""


def _qualifies(decision: Decision | None) -> bool:
    return decision is not None and decision.event in ("qualified", "not_qualified")


def _side(decision: Decision | None) -> Side:
    if decision is None:
        return Side("", "", "", "", "", FAILED)
    verdict = decision.verdict
    return Side(
        intent=verdict.intent,
        stage=decision.stage_after,
        proposes=verdict.proposes,
        wording=decision.rendered.key if decision.rendered else "",
        silence=decision.silence_reason,
        gate=_gate(decision),
        flags=tuple(sorted(verdict.flags)),
        because=tuple(Why(b.page, b.file, b.said) for b in verdict.because if not b.shadow),
        says=decision.rendered.text if decision.rendered else "",
    )


def _gate(decision: Decision) -> str:
    """What stands between the answer and the contact, as the rules see it."""
    if decision.rendered is None:
        return SILENT
    if "opt_out" in decision.verdict.flags or not decision.needs_human:
        return FREE
    return ", ".join(decision.verdict.hold_reasons) or "hold.commercial_stage"


def _gravest(item: Stored, old: Decision | None, new: Decision | None, before: Side, after: Side) -> str:
    """The kind of a change, empty when there is none; a fault that both have is nobody's change."""
    if old is None or new is None:
        return "failed" if new is None and old is not None else ""
    change = Change(item.question, old.verdict, new.verdict)
    speaks = after.wording and not opt_out_weight(new.verdict) and "resume_consent" not in after.flags
    holds, held = (side.gate not in (FREE, SILENT) for side in (after, before))
    found = {
        "lost_opt_out": change.loses_opt_out,
        "speaks_after_opt_out": item.question.stage == "opted_out" and speaks and not before.wording,
        "brought_back": "resume_consent" in after.flags and "resume_consent" not in before.flags,
        "doubted_opt_out": change.doubts_opt_out,
        "lost_flag": bool(change.lost_flags),
        "freed": held and after.gate == FREE and not change.gains_opt_out,
        "new_opt_out": change.gains_opt_out,
        "newly_held": holds and before.gate == FREE,
        "stage": before.stage != after.stage,
        "proposal": before.proposes != after.proposes,
        "wording": before.wording != after.wording,
        "text": before.wording == after.wording and _said(old) != _said(new),
        "silence": before.silence != after.silence,
        "intent": before.intent != after.intent,
        "care": (before.gate, before.flags, old.actions) != (after.gate, after.flags, new.actions),
    }
    return next((kind for kind in KINDS if found.get(kind)), "")


def _said(decision: Decision) -> object:
    rendered = decision.rendered
    return (rendered.text, rendered.buttons) if rendered else None


def _counts(counter: Counter[tuple[str, str]]) -> tuple[Count, ...]:
    return tuple(Count(before, after, count) for (before, after), count in counter.most_common())


# talking with whoever started this process


def main() -> None:
    """Answer until the input ends."""
    os.nice(NICENESS)
    try:
        for line in sys.stdin.buffer:
            answer(json.loads(line))
    except BrokenPipeError:
        os._exit(0)  # nobody listens any more: leave without trying to say so once more


_judge: Judge | None = None


def answer(said: dict[str, Any]) -> None:
    """Do what one line asks for and say that it is done."""
    global _judge
    try:
        if "rules" in said:
            _judge = _prepared(said["rules"])
            _say({"ready": True})
        elif "ask" in said:
            for line in said["ask"]:
                _judge.ask(of_line(line))
            _say({"done": len(said["ask"])})
        else:
            _say({"report": _judge.report().as_data()})
    except RulesRefused as refused:
        _say({"refused": [[p.file, p.line, p.what] for p in refused.problems]})
    except Exception as fault:  # noqa: BLE001 (the border of the process: whoever started it is told and stops)
        last = traceback.extract_tb(fault.__traceback__)[-1]
        _say({"failed": f"{type(fault).__name__} in {Path(last.filename).name} line {last.lineno}"})


def _prepared(rules: dict[str, Any]) -> Judge:
    base = Layer("", rules["base"])
    day = date.fromisoformat(rules["day"])
    old, new = (
        compose(base, rules[own], name=rules["tenant"], backend="reference", today=day)
        for own in ("before", "after")
    )
    # The real name and price change nothing that is counted, and need not travel.
    price = {"ar": "{price}", "en": "{price}"}
    return Judge(old, new, Tenant(id=rules["tenant"], name="{company}", public_price=price))


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
