"""
From a lesson to a change: the example and its phrase are put into a page, tried, and saved.

Rule 1: what would not load is not saved; its problems are shown where it was written.
Rule 2: what would load and still fail as an example is saved only when it is asked for twice.
"""

import asyncio
from dataclasses import dataclass, replace

from admin.console.place import WRITES, Place
from admin.console.review_cards import SILENT, Lesson, question_of
from admin.console.review_edit import with_example, with_phrase
from bot.errors import BadRequest
from bot.playbook import Playbook, RulesRefused
from bot.workbench.editions import Change
from bot.workbench.review_queue import Item, as_example, learned
from bot.workbench.suggestions import Suggestion


@dataclass(frozen=True, slots=True)
class Taught:
    """What came of a lesson."""

    change: Change | None
    """The change that holds it now; None when something is in its way."""
    lesson: Lesson
    """With what is in its way."""


async def teach(place: Place, item: Item, lesson: Lesson, change_id: str, *, is_anyway: bool) -> Taught:
    """
    Put a lesson into a change, beginning one when `change_id` is empty.

    Raises Forbidden, NotFound, ChangeMoved, and BadRequest for what cannot be written.
    """
    bench = place.house.workbench
    place.require(*WRITES)
    if not lesson.choice or not lesson.path:
        raise BadRequest("choose the meaning and the page first", "اختر المعنى والصفحة أولًا")
    change = await bench.change(place.tenant_id, change_id) if change_id else None
    published = await bench.own_files(place.tenant_id)
    own = change.over(published) if change else published
    text = _written(own.get(lesson.path) or bench.shipped_files()[lesson.path], item, lesson)
    try:
        book = await asyncio.to_thread(place.house.playbooks.compose, place.tenant_id, {**own, lesson.path: text})
    except RulesRefused as refused:
        return Taught(None, replace(lesson, problems=refused.problems, warning=""))
    warning = "" if is_anyway else _warning(place, item, lesson, book)
    if warning:
        return Taught(None, replace(lesson, warning=warning, problems=()))
    if change is None:
        change = await bench.begin(place.tenant_id, place.visitor, place.say("title_learned"))
    change = await bench.edit(place.tenant_id, change.id, change.v, lesson.path, text, place.visitor)
    await learned(place.house.store, place.tenant_id, item.id, place.visitor, place.now())
    return Taught(change, lesson)


async def propose(place: Place, found: Suggestion) -> Change:
    """Make a suggestion a change of its own, so that it is agreed to or refused by itself. Raises Forbidden."""
    bench = place.house.workbench
    place.require(*WRITES)
    title = place.say("title_sentence", subject=found.subject)
    change = await bench.begin(place.tenant_id, place.visitor, title)
    return await bench.edit(place.tenant_id, change.id, change.v, found.path, found.edit, place.visitor)


def _written(text: str, item: Item, lesson: Lesson) -> str:
    written = with_example(lesson.path, text, as_example(item, lesson.intent))
    return with_phrase(lesson.path, written, lesson.phrase) if lesson.phrase and lesson.intent else written


def _warning(place: Place, item: Item, lesson: Lesson, book: Playbook) -> str:
    """Why the example would fail under these rules; empty when it holds."""
    question = question_of(item)
    hearing = book.book.pages_that_hear(question)
    if not lesson.intent:
        return place.say("still_heard") if lesson.choice.removeprefix(SILENT) in hearing else ""
    found = book.book.understand(question).primary
    if found.name == lesson.intent:
        return ""
    intent, page = place.words("intent", found.name), lesson.path.rpartition("/")[2].removesuffix(".yml")
    if page in hearing and found.page:
        return place.say("overruled", intent=intent, page=f"\u2066{found.page}\u2069")
    return place.say("still_other", intent=intent)
