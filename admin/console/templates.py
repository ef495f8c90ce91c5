"""
A new page of each chapter, as text to begin from. Pure.

Rule 1: what comes out loads as it is, unless another page decides the same already: the first thing that she sees
        is green, and she changes it from there.
"""

import json
import re
from collections.abc import Mapping

from admin.console.book_shelf import CHAPTERS, content_of

NAME = re.compile(r"[a-z][a-z0-9_]{2,79}")

# What a page of this chapter usually decides, in words that the vocabulary knows.
_THEN: Mapping[str, str] = {
    "safety": "  say: colleague_will_answer\n  hold: complaint\n",
    "routing": "  say: greeting_short\n",
    "replies": "  say: greeting_short\n",
    "approval": "  hold: question_needs_an_answer\n",
    "follow_up": "  act: [sync_crm]\n",
}
_EXPECT: Mapping[str, str] = {
    "safety": "{held: true}",
    "routing": "{say: greeting_short}",
    "replies": "{say: greeting_short}",
    "approval": "{held: true}",
    "follow_up": "{act: sync_crm}",
}


def page(chapter: str, name: str, title: str, intent: str, phrase: str) -> str:
    """The text of a new page; `phrase` is a message that somebody wrote."""
    assert chapter in CHAPTERS, chapter
    called = _one_line(title) or name.replace("_", " ")
    head = f"id: {name}\ntitle: {_quoted(called)}\nstatus: live\nowner: sales\nwhy: >\n  {called}.\n"
    return head + (_hears(intent, phrase) if chapter == "understanding" else _decides(chapter, intent))


def ordered(text: str, name: str) -> str:
    """Our own addition to the order of safety pages, with this page at its end."""
    listed = content_of(text).get("safest_first") if text else None
    names = [str(page) for page in listed] if isinstance(listed, list) else []
    return "safest_first:\n" + "".join(f"  - {page}\n" for page in dict.fromkeys([*names, name]))


def _hears(intent: str, phrase: str) -> str:
    return (
        "when:\n"
        "  - says:\n"
        f"      - {_quoted(_plain(phrase))}\n"
        "then:\n"
        f"  understand: {intent}\n"
        "  confidence: 0.9\n"
        "tests:\n"
        "  - name: hears it\n"
        f"    given: {{says: {_quoted(phrase)}}}\n"
        f"    expect: {{intent: {intent}}}\n"
        "  - name: a greeting is another page's business\n"
        '    given: {says: "السلام عليكم"}\n'
        "    expect: nothing\n"
    )


def _decides(chapter: str, intent: str) -> str:
    return (
        "when:\n"
        "  - stage: new_lead\n"
        f"  - intent: {intent}\n"
        "then:\n"
        f"{_THEN[chapter]}"
        "tests:\n"
        "  - name: at this stage\n"
        f"    given: {{stage: new_lead, intent: {intent}}}\n"
        f"    expect: {_EXPECT[chapter]}\n"
        "  - name: at another stage it is another page's business\n"
        f"    given: {{stage: meeting_done, intent: {intent}}}\n"
        "    expect: nothing\n"
    )


def _quoted(text: str) -> str:
    """As YAML reads it back, whatever signs are in it."""
    return json.dumps(_one_line(text), ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _plain(phrase: str) -> str:
    """The words of a message, without signs that mean something in a phrase."""
    return _one_line(re.sub(r"[^\w\s]", " ", phrase)) or "…"
