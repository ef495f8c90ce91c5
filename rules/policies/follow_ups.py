"""
What is said to a contact who fell silent, when, and when no more.

Rule 1: a step is taken at most once, ever; any word of the contact ends the silence that a cadence counts.
Rule 2: the caps below are the product's own. A book or a layer may set lower ones, never higher ones.
Rule 3: times count from our last answer that nobody answered; a step never follows another one sooner than a day.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from rules import vocabulary
from rules.notes import Notes
from rules.policies.fields import Fields
from rules.sheet import Sheet

# Source: the product's policy on contact caps (three messages in 30 days without a request, three follow-ups in a
# row, silence after day 7).
MOST_STEPS = 3
MOST_IN_A_PERIOD = 3
PERIOD = timedelta(days=30)
LONGEST_SILENCE = timedelta(days=7)

# A contact who hears from us twice on one day feels chased.
LEAST_BETWEEN = timedelta(hours=20)

KEYS = ("caps", "not_after", "cadences")
CAP_KEYS = ("messages_in_30_days", "in_a_row", "silence_ends_after")
CADENCE_KEYS = ("title", "stages", "steps")
STEP_NEEDS = ("id", "after", "say")
STEP_KEYS = (*STEP_NEEDS, "template")

# Follow-ups have sentences of their own: each says how to stop. The shipped ones, and whatever else begins so.
SENTENCES = ("follow_up_first", "follow_up_second", "follow_up_third")
SENTENCES_BEGIN = "follow_up_"

# A deal that is closed is left alone, and so is a contact who asked for it.
NEVER_FOLLOWED_UP = ("closed_won", "closed_lost", "opted_out")


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a cadence."""

    id: str
    """Unique in the whole policy; done once it was made, ever."""
    after: timedelta
    say: str
    """The wording."""
    template: str = ""
    """What is said instead where only a template may leave; empty: nothing is."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """What follows a silence at some stages."""

    id: str
    title: str
    stages: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Caps:
    """How much is too much."""

    messages_in_30_days: int = MOST_IN_A_PERIOD
    in_a_row: int = MOST_STEPS
    silence_ends_after: timedelta = LONGEST_SILENCE

    def are_reached(self, unrequested: Sequence[datetime], at: datetime) -> bool:
        """Whether one more message at this moment, after those, would be too many in thirty days."""
        return sum(at - PERIOD < one <= at for one in unrequested) >= self.messages_in_30_days


@dataclass(frozen=True, slots=True)
class NextStep:
    """What comes next if the contact stays silent."""

    step: str
    say: str
    due_at: datetime
    cadence: str
    number: int
    """The place of the step in its cadence, from 1."""
    template: str = ""


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Every cadence; a book without a policy follows up on nobody."""

    cadences: tuple[Cadence, ...] = ()
    caps: Caps = field(default_factory=Caps)
    not_after: tuple[str, ...] = ()
    """Wordings after which nothing follows: a goodbye, or a promise that we come back ourselves."""

    def next_step(
        self,
        stage: str,
        steps_done: Collection[str],
        silent_since: datetime,
        last_said_at: datetime,
        unrequested: Sequence[datetime] = (),
        in_a_row: int = 0,
        after: str = "",
    ) -> NextStep | None:
        """
        The next follow-up and when it is due; None when there is none, now or later.

        Args:
            steps_done: ids of the steps that this contact was ever sent, or that were passed over.
            silent_since: when our last answer left that the contact has not answered.
            last_said_at: when anything of ours left last.
            unrequested: when messages left that nobody had asked for.
            in_a_row: how many of them since the contact last wrote.
            after: the wording of that last answer, when it had one.
        """
        cadence = next((one for one in self.cadences if stage in one.stages), None)
        if cadence is None or in_a_row >= self.caps.in_a_row or after in self.not_after:
            return None
        for place, step in enumerate(cadence.steps, start=1):
            if step.id in steps_done:
                continue
            if step.after > self.caps.silence_ends_after:
                return None
            due = max(silent_since + step.after, last_said_at + LEAST_BETWEEN)
            if self.caps.are_reached(unrequested, due):
                return None
            return NextStep(step.id, step.say, due, cadence.id, place, step.template)
        return None


def read_follow_ups(
    sheets: list[Sheet], notes: dict[str, Notes], wordings: Collection[str], templates: Collection[str] = ()
) -> FollowUps:
    """
    Read the policy; a layer replaces a cadence by its id, and may lower the caps.

    Args:
        templates: those that a step may name for when the service window is closed.
    """
    cadences: dict[str, tuple[Cadence, Fields]] = {}
    caps = Caps()
    not_after: dict[str, None] = {}
    sayable = sorted(key for key in wordings if "." not in key)
    for sheet in sheets:
        top = Fields(notes[sheet.file], sheet.content, 1, KEYS, "the file follow_ups.yml")
        caps = _caps(top, caps)
        not_after |= dict.fromkeys(top.words("not_after", sayable))
        for name, entry in top.entries("cadences", CADENCE_KEYS, "the cadence"):
            cadences[name] = (_cadence(name, entry, wordings, templates), entry)
    _check_together(cadences)
    return FollowUps(tuple(cadence for cadence, _ in cadences.values()), caps, tuple(not_after))


def _caps(top: Fields, before: Caps) -> Caps:
    if "caps" not in top:
        return before
    entry = top.inner("caps", CAP_KEYS)
    return replace(
        before,
        messages_in_30_days=entry.whole(
            "messages_in_30_days", before.messages_in_30_days, 0, before.messages_in_30_days
        ),
        in_a_row=entry.whole("in_a_row", before.in_a_row, 0, before.in_a_row),
        silence_ends_after=entry.duration(
            "silence_ends_after", before.silence_ends_after, before.silence_ends_after
        ),
    )


def _cadence(name: str, entry: Fields, wordings: Collection[str], templates: Collection[str]) -> Cadence:
    entry.need("title", "stages", "steps")
    allowed = tuple(stage for stage in vocabulary.STAGES if stage not in NEVER_FOLLOWED_UP)
    steps = [_step(item, wordings, templates) for item in entry.listed("steps", STEP_KEYS, "a step")]
    if len(steps) > MOST_STEPS:
        entry.problem("steps", f"a cadence has at most {MOST_STEPS} steps, not {len(steps)}. Remove some.")
    if steps and steps[0].after < LEAST_BETWEEN:
        entry.problem("steps", f'"{steps[0].id}" comes sooner than 20 hours after our answer. Give it more time.')
    for one, other in pairwise(steps):
        if other.after - one.after < LEAST_BETWEEN:
            entry.problem("steps", f'"{other.id}" follows "{one.id}" sooner than 20 hours. Give it more time.')
    return Cadence(name, entry.text("title"), entry.words("stages", allowed), tuple(steps))


def _step(entry: Fields, wordings: Collection[str], templates: Collection[str]) -> Step:
    entry.need(*STEP_NEEDS)
    sayable = sorted({*SENTENCES, *(key for key in wordings if key.startswith(SENTENCES_BEGIN))})
    return Step(
        entry.text("id"),
        entry.duration("after", LONGEST_SILENCE, LONGEST_SILENCE),
        entry.word("say", sayable),
        entry.word("template", sorted(templates)),
    )


def _check_together(cadences: Mapping[str, tuple[Cadence, Fields]]) -> None:
    """A stage has one cadence, and the id of a step stands once in all of them."""
    owners: dict[str, str] = {}
    steps: dict[str, str] = {}
    for name, (cadence, entry) in cadences.items():
        for stage in cadence.stages:
            if owners.setdefault(stage, name) != name:
                entry.problem(
                    "stages", f'"{stage}" has the cadence "{owners[stage]}" already. Remove it from one.'
                )
        for step in cadence.steps:
            if step.id in steps:
                entry.problem("steps", f'the step "{step.id}" is also in "{steps[step.id]}". Rename one.')
            steps[step.id] = name
