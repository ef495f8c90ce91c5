"""
Large rule books for the bench, written as analysts would: most pages name a stage and an intent, some more.

Law 1: a book is the same in every run; pages of one shape exclude each other, so that the more specific one wins
       and the book loads without ties.
"""

import json
import random
from itertools import product

from rules import vocabulary
from rules.verdict import IntentFound, Question, Understanding

INTENTS = tuple(intent for intent in vocabulary.INTENTS if intent != "default")
FILLED = ({"below": 2}, {"above": 1, "below": 4}, {"above": 3})
TESTS = [
    {"name": "fires", "given": {"stage": "new_lead", "intent": "default"}, "expect": {"held": True}},
    {"name": "is silent", "given": {"stage": "new_lead", "intent": "default"}, "expect": "nothing"},
]

# Of 100 pages: how many name stage and intent; those and our question; those and the answers known.
SHAPES = (
    (("stage", "intent"), 8),
    (("stage", "intent", "expects"), 32),
    (("stage", "intent", "expects", "slots"), 60),
)


def files(pages: int) -> dict[str, str]:
    """A book of so many pages, as files."""
    dice = random.Random(pages)
    found = {
        "routing/the_rest.yml": _page("the_rest", "always", {"hold": "not_understood"}),
        "replies/the_rest_is_answered.yml": _page(
            "the_rest_is_answered", "always", {"say": "not_understood_draft"}
        ),
        "approval/late_waits.yml": _page("late_waits", [{"is_late": True}], {"hold": "late_message"}),
        "follow_up/all_is_logged.yml": _page("all_is_logged", "always", {"act": "log_activity"}),
    }
    for shape, share in SHAPES:
        cells = list(product(*(_values(part) for part in shape)))
        for cell in dice.sample(cells, min(len(cells), pages * share // 100)):
            name = f"page_{len(found):05}"
            then = {"say": dice.choice(vocabulary.SAYS)}
            found[f"routing/{name}.yml"] = _page(name, [line for lines in cell for line in lines], then)
    return found


def asked(count: int, seed: int = 7) -> list[tuple[Question, Understanding]]:
    """Messages at random places, with what they mean."""
    dice = random.Random(seed)
    return [_asked(dice) for _ in range(count)]


def _asked(dice: random.Random) -> tuple[Question, Understanding]:
    intent = IntentFound(dice.choice(INTENTS), dice.choice((0.7, 0.9, 0.95)), "")
    slots = tuple(dice.sample(vocabulary.SLOTS, dice.randrange(len(vocabulary.SLOTS) + 1)))
    question = Question(
        text="x" * dice.randrange(5, 200),
        stage=dice.choice(vocabulary.STAGES),
        expects=dice.choice(vocabulary.EXPECTS),
        unclear_before=dice.randrange(3),
        is_late=dice.random() < 0.05,
        slots=slots,
    )
    return question, Understanding(intent, (intent,), dice.choice(("ar", "en")), "arabic")


def _values(part: str) -> list[tuple[dict[str, object], ...]]:
    if part == "slots":
        return [({"slots_filled": limits},) for limits in FILLED]
    words = {"stage": vocabulary.STAGES, "intent": INTENTS, "expects": vocabulary.EXPECTS}[part]
    return [({part: word},) for word in words]


def _page(name: str, when: object, then: dict[str, object]) -> str:
    """Every JSON is YAML."""
    page = {"id": name, "title": "t", "status": "live", "owner": "o", "why": "w", "when": when, "then": then}
    return json.dumps({**page, "tests": TESTS})
