"""
Messages from which the rules can learn: those nobody understood, and those whose answer a human put right.

Rule 1: equal words are one item, however often and by whomever they were written.
Rule 2: whoever is done with an item never sees it again; what is kept for that says nothing of what was said.
Rule 3: an item shows what a contact wrote: to people with the role rules_editor, to nobody else. Nothing of it is
        logged, and it holds no phone number or address.
Rule 4: a message with a hidden secret is no item: its words are not kept anywhere.
"""

import asyncio
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from bot.errors import BadRequest
from bot.people import Human
from bot.pipeline import HIDDEN
from bot.shown_text import made_up, masked
from bot.store import Store, TimelineEntry
from rules import vocabulary
from rules.language.normalise import fold
from rules.problems import unknown

# Below this the book itself changes nothing: the page `a_weak_guess_changes_nothing`.
UNSURE_BELOW = 0.5

# A human's text that shares less than this with ours is another answer; above it is ours, polished.
REPLACED_BELOW = 0.5

# How far back one screen looks; older items come up when newer ones are done with.
DECISIONS_AT_MOST = 2_000
BATCH = 500
SHOWN_CONVERSATIONS = 5
NAME_AT_MOST = 48

REASONS: dict[str, tuple[str, str]] = {
    "not_understood": ("لم يفهمها أحد", "nobody understood it"),
    "unsure": ("فهم ضعيف", "hardly understood"),
    "matchers_disagreed": ("اختلف محركا القواعد", "the two matchers disagreed"),
    "wrong_intent": ("قال إنسان: فهم خاطئ", "a human said: understood wrongly"),
    "answer_replaced": ("كتب إنسان ردًا آخر", "a human wrote another answer"),
}
"""Why a message is here, in Arabic and English."""

_HUMANS_DECIDED = ("draft_approved", "draft_rejected")
_WORD = re.compile(r"[\w]+")


@dataclass(frozen=True, slots=True)
class Item:
    """Words that were written at least once, and what was made of them."""

    id: str
    text: str
    """As it was written last, without phone numbers and addresses."""
    example: str
    """The same, fit to stand in a page."""
    times: int
    stages: tuple[tuple[str, int], ...]
    """Where the deals stood, the most frequent first."""
    expects: str
    """What our last question had asked for, the last time."""
    intents: tuple[tuple[str, int], ...]
    """What was understood, the most frequent first."""
    rules: tuple[str, ...]
    """The pages that said so the last time."""
    reasons: tuple[tuple[str, int], ...]
    """Why it is here: codes of REASONS."""
    first_at: datetime
    last_at: datetime
    conversations: tuple[str, ...]
    """Some of the talks, the latest first."""


async def review_queue(
    store: Store, tenant_id: str, since: datetime, until: datetime, limit: int = 100
) -> tuple[Item, ...]:
    """The items of a span of time that nobody has done with, newest first."""
    found: dict[str, tuple[TimelineEntry, set[str]]] = {}
    for entry in await store.timeline.unsure(tenant_id, since, until, UNSURE_BELOW, DECISIONS_AT_MOST):
        found[entry.entry.id] = entry, _doubts(entry)
    corrected = await _corrected(store, tenant_id, since, until)
    causes = list(corrected)
    for start in range(0, len(causes), BATCH):
        batch = causes[start : start + BATCH]
        for entry in await store.timeline.of_correlations(tenant_id, batch, "decided"):
            _, reasons = found.setdefault(entry.entry.id, (entry, _doubts(entry)))
            reasons.add(corrected[entry.entry.correlation_id])
    items = await asyncio.to_thread(_grouped, list(found.values()))
    done = await store.reviewed.among(tenant_id, [item.id for item in items])
    return tuple(item for item in items if item.id not in done)[:limit]


async def dismiss(store: Store, tenant_id: str, item_id: str, by: Human, at: datetime) -> None:
    """Nothing is to be learned from this item."""
    await store.reviewed.add(tenant_id, item_id, "dismissed", by.id, at)


async def learned(store: Store, tenant_id: str, item_id: str, by: Human, at: datetime) -> None:
    """This item became an example of a page."""
    await store.reviewed.add(tenant_id, item_id, "learned", by.id, at)


def as_example(item: Item, intent: str) -> str:
    """
    The item as an example for the tests of a page that should hear it; without an intent, of one that should not.

    Lines of YAML, to stand under `tests:`. Raises BadRequest for an intent that does not exist.
    """
    if intent and intent not in vocabulary.INTENTS:
        what = unknown("intent", intent, vocabulary.INTENTS)
        raise BadRequest(what, f"لا يوجد قصد بهذا الاسم: {what}")
    given = CommentedMap({"stage": item.stages[0][0]})
    if item.expects:
        given["expects"] = item.expects
    given["says"] = item.example
    verb = "hears" if intent else "stays silent at"
    words = " ".join(item.example.split())
    name = words if len(words) <= NAME_AT_MOST else f"{words[:NAME_AT_MOST].rstrip()}…"
    expect = CommentedMap({"intent": intent}) if intent else "nothing"
    for flow in (given, expect):
        if isinstance(flow, CommentedMap):
            flow.fa.set_flow_style()
    return _yaml(CommentedMap({"name": f"{verb} {name}", "given": given, "expect": expect}))


def key_of(text: str) -> str:
    """The id of an item: equal for words that the rules read alike."""
    return hashlib.sha256(_folded(text).encode("utf-8", "replace")).hexdigest()[:24]


def _folded(text: str) -> str:
    folded = fold(text).text
    return " ".join(_WORD.findall(folded)) or "".join(folded.split())


def _doubts(item: TimelineEntry) -> set[str]:
    facts = item.entry.data
    reasons = set()
    if facts.get("intent") == "default":
        reasons.add("not_understood")
    elif facts.get("confidence", 1.0) < UNSURE_BELOW:
        reasons.add("unsure")
    if facts.get("engine_agreed") is False:
        reasons.add("matchers_disagreed")
    return reasons


async def _corrected(store: Store, tenant_id: str, since: datetime, until: datetime) -> dict[str, str]:
    """Inbound event -> how a human put its answer right."""
    corrected = {}
    facts = ("reason", "wording", "drafted", "text")
    async for item in store.timeline.each(tenant_id, _HUMANS_DECIDED, since, until, facts):
        if reason := _correction(item.entry.what, item.entry.data):
            corrected[item.entry.correlation_id] = reason
    return corrected


def _correction(what: str, facts: Mapping[str, object]) -> str:
    if what == "draft_rejected":
        return "wrong_intent" if facts.get("reason") == "wrong_intent" else ""
    written, drafted = str(facts.get("text") or ""), str(facts.get("drafted") or "")
    is_other = written and facts.get("wording") and fuzz.ratio(written, drafted) / 100 < REPLACED_BELOW
    return "answer_replaced" if is_other else ""


def _grouped(found: Iterable[tuple[TimelineEntry, set[str]]]) -> list[Item]:
    """Newest first."""
    groups: dict[str, list[tuple[TimelineEntry, set[str]]]] = {}
    for entry, reasons in sorted(found, key=lambda pair: (pair[0].entry.at, pair[0].entry.id), reverse=True):
        facts = entry.entry.data
        text = str(facts.get("question", {}).get("text", ""))
        if text.strip() and text != HIDDEN and "secret" not in facts.get("flags", ()):
            groups.setdefault(key_of(text), []).append((entry, reasons))
    return [_item(key, group) for key, group in groups.items()]


def _item(key: str, group: Sequence[tuple[TimelineEntry, set[str]]]) -> Item:
    """`group` is newest first."""
    entries = [entry for entry, _ in group]
    latest = entries[0].entry.data
    question = latest["question"]
    because = [b for b in latest.get("because", ()) if not b.get("shadow")]
    return Item(
        id=key,
        text=masked(question["text"]),
        example=made_up(question["text"]),
        times=len(entries),
        stages=_counted(e.entry.data["question"]["stage"] for e in entries),
        expects=question.get("expects", ""),
        intents=_counted(e.entry.data.get("intent", "") for e in entries),
        rules=tuple(dict.fromkeys(b["rule"] for b in because)),
        reasons=_counted(reason for _, reasons in group for reason in reasons),
        first_at=entries[-1].entry.at,
        last_at=entries[0].entry.at,
        conversations=tuple(dict.fromkeys(e.conversation_id for e in entries))[:SHOWN_CONVERSATIONS],
    )


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


def _yaml(example: CommentedMap) -> str:
    yaml = YAML()
    yaml.width = 1_000_000  # an example stands on one line, like its neighbours
    yaml.indent(mapping=2, sequence=4, offset=2)
    written = io.StringIO()
    yaml.dump({"tests": [example]}, written)
    return written.getvalue().partition("\n")[2]
