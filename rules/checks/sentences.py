"""
What is said: complete, short enough for a phone, said by somebody, and claiming nothing without a basis.

Rule 1: a blank counts as filled only where the page's own conditions make sure of it.
Rule 2: a sentence is measured with its question in it, as the contact sees it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from rules import vocabulary
from rules.checks.finding import Check, Finding
from rules.checks.ground import Area
from rules.checks.lifecycle import LANGUAGES, WordingFacts
from rules.checks.material import Material, Speech

# What people still read on a phone; the wordings themselves refuse more, but without their blanks.
MOST_LINES = 5
MOST_WORDS = 60
MOST_EMOJI = 2
# WhatsApp's own limits.
MOST_BUTTONS = 3
LONGEST_TITLE = 20
LONGEST_TEXT = 4096
LONGEST_TEXT_WITH_BUTTONS = 1024

ALWAYS_FILLED = frozenset({"company"})
WITH_THE_QUESTION = frozenset({"question", "step", "steps"})
_BLANK = re.compile(r"\{([a-z_]+)\}")

Lint = Callable[[str, str], Sequence[str]]
"""Takes a text and its language, and returns what is wrong with it."""


def empty_blank(material: Material) -> Iterator[Finding]:
    """Find pages that say a sentence whose blank may be empty where they fire."""
    goes_on = dict(material.lifecycle.questions_end_in)
    reported = set()
    for speech in material.speeches:
        wording = material.wordings.get(speech.say)
        for blank in wording.blanks if wording else ():
            if blank in WITH_THE_QUESTION and speech.say in goes_on:
                continue
            area = _empty_at(material, speech, blank)
            if (speech.page.id, blank) in reported or area is None:
                continue
            if material.ground.outside(area, speech.above) is not None:
                reported.add((speech.page.id, blank))
                yield _empty(speech, blank)


def too_long(material: Material) -> Iterator[Finding]:
    """Find sentences that are too long for a phone once their blanks are filled."""
    for wording in material.wordings.values():
        if wording.key.startswith("button."):
            flaws = [_flaw(lang, "characters", len(text), LONGEST_TITLE) for lang, text in wording.texts]
        elif "." not in wording.key:
            flaws = [flaw for lang, text in wording.texts for flaw in _measured(material, wording, lang, text)]
        else:
            continue
        for en, ar in filter(None, flaws):
            yield Finding(
                "too_long",
                "error",
                wording.file,
                wording.line,
                f'"{wording.key}" {en}',
                f"نص «{wording.key}» {ar}",
            )


def unused_wording(material: Material) -> Iterator[Finding]:
    """Find sentences for pages that no live page says."""
    used = {page.then.say for page in material.pages}
    for key, wording in material.wordings.items():
        if "." not in key and key not in used and not wording.is_said_elsewhere:
            en = f'no live page says "{key}". Let a page say it, or drop it.'
            ar = f"لا توجد صفحة مفعلة تقول «{key}». استخدموه في صفحة أو احذفوه."
            yield Finding("unused_wording", "warning", wording.file, wording.line, en, ar)


def claims_in(wordings: Iterable[WordingFacts], lint: Lint) -> tuple[Finding, ...]:
    """Put sentences, of wordings or of drafts, before the registry of claims; everything it names is an error."""
    return tuple(
        Finding(
            "claim", "error", w.file, w.line, f'"{w.key}" in {lang}: {said}', f"نص «{w.key}» ({lang}): {said}"
        )
        for w in wordings
        for lang, text in w.texts
        for said in lint(text, lang)
    )


CHECKS = (
    Check("empty_blank", "sentences whose blank may be empty", "نصوص قد يبقى فراغها بلا قيمة", empty_blank),
    Check("too_long", "sentences over the limits of a phone", "نصوص أطول من حدود الجوال", too_long),
    Check("unused_wording", "sentences that no page says", "نصوص لا تقولها أي صفحة", unused_wording),
)


def _empty_at(material: Material, speech: Speech, blank: str) -> Area | None:
    """Return the messages on which nobody can fill a blank."""
    if blank in ALWAYS_FILLED:
        return None
    if blank == "price":
        return material.ground.only(speech.area, "has_public_price", False)
    if blank in WITH_THE_QUESTION:
        return material.ground.only(speech.area, "slots_filled", len(vocabulary.SLOTS))
    return speech.area


def _empty(speech: Speech, blank: str) -> Finding:
    if blank == "price":
        en, ar = "Add `has_public_price: true`.", "أضيفوا has_public_price: true."
    elif blank in WITH_THE_QUESTION:
        en, ar = "Add `slots_missing: {above: 0}`.", "أضيفوا slots_missing: {above: 0}."
    else:
        en, ar = "Pages cannot fill it; say something else.", "لا تستطيع الصفحات ملأه؛ اختاروا نصا آخر."
    return Finding(
        "empty_blank",
        "error",
        speech.page.file,
        speech.page.line,
        f'it says "{speech.say}" also where nobody fills {{{blank}}}. {en}',
        f"تقول «{speech.say}» حتى حيث لا قيمة للفراغ {{{blank}}}. {ar}",
    )


def _measured(
    material: Material, wording: WordingFacts, language: str, text: str
) -> Iterator[tuple[str, str] | None]:
    full = _BLANK.sub(lambda blank: _longest_question(material, language, blank[1]), text)
    yield _flaw(language, "lines", len(full.splitlines()), MOST_LINES)
    yield _flaw(language, "words", len(full.split()), MOST_WORDS)
    yield _flaw(language, "emoji", sum(unicodedata.category(sign) == "So" for sign in full), MOST_EMOJI)
    yield _flaw(language, "questions", sum(full.count(mark) for mark in "؟?"), 1)
    yield _flaw(language, "characters", len(full), LONGEST_TEXT_WITH_BUTTONS if wording.buttons else LONGEST_TEXT)
    yield _flaw(language, "buttons", len(wording.buttons) if language == LANGUAGES[0] else 0, MOST_BUTTONS)


_COUNTED = {
    "lines": "سطرا",
    "words": "كلمة",
    "emoji": "رمزا تعبيريا",
    "questions": "سؤالا",
    "characters": "حرفا",
    "buttons": "زرا",
}


def _flaw(language: str, counted: str, found: int, most: int) -> tuple[str, str] | None:
    if found <= most:
        return None
    en = f"in {language} has {found} {counted} with its blanks filled, more than {most}. Shorten it."
    return en, f"({language}) فيه {found} {_COUNTED[counted]} بعد ملء الفراغات، والحد {most}. اختصروه."


def _longest_question(material: Material, language: str, blank: str) -> str:
    """Return what stands in a blank at its longest; other blanks are a word or two."""
    if blank != "question":
        return blank
    asked = [w for key, w in material.wordings.items() if key.startswith("slot.")]
    return max((dict(w.texts)[language] for w in asked), key=len, default="؟")
