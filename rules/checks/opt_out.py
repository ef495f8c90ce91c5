"""
Opting out: from every stage, in every way, before everything else, and confirmed once in the same words.

Rule 1: a stop in words or by button is obeyed at once; a doubtful one pauses everything and is asked back.
Rule 2: no page may stand above these pages on a message that asks us to stop, a tenant's least of all.
Rule 3: the question about stopping, its buttons and the confirmation are the book's own; no other sentence asks.
Rule 4: every follow-up names a word with which one can stop, in both languages.
Rule 5: the official words are put to the book itself, at every stage; nothing is said to who has already left.
"""

import re
from collections.abc import Iterator

from rules.checks.finding import Check, Finding
from rules.checks.ground import Area, Cover
from rules.checks.material import CONFIRMED_AT_ONCE, Material
from rules.facts import Condition
from rules.pages import Page
from rules.verdict import Question, Verdict

SAFETY = "safety/order.yml"

# What Saudi carriers and messaging providers print as the way to stop.
OFFICIAL_WORDS = ("إيقاف", "قف", "إلغاء الاشتراك", "STOP", "UNSUBSCRIBE")

QUESTION = "opt_out_check"
BUTTONS = ("opt_out_yes", "opt_out_no")
THE_BOOKS_OWN = (QUESTION, "opt_out_confirmation", *(f"button.{button}" for button in BUTTONS))
FOLLOW_UPS = "follow_up_"

# A way to stop stands in quotation marks, or in capitals where a language has them.
_NAMED = re.compile(
    r"[«\"“'](?:إيقاف|ايقاف|قف|إلغاء الاشتراك|(?i:stop|unsubscribe))[»\"”']|\b(?:STOP|UNSUBSCRIBE)\b"
)

HARD = frozenset({"opt_out"})
KINDS = (
    ("hard", "opt_out", "hard", HARD, "a stop in words", "طلب الإيقاف الصريح"),
    ("button", "button", "opt_out_yes", HARD, "the stop button", "زر الإيقاف"),
    ("suspected", "opt_out", "suspected", CONFIRMED_AT_ONCE, "a doubtful stop", "طلب إيقاف محتمل"),
)
"""name, fact, value, flags of which the deciding page must have one, and what it is called."""


def stop_missed(material: Material) -> Iterator[Finding]:
    """Find stages in which a stop is not obeyed, or a doubtful one is not noticed."""
    for _, fact, value, flags, en_name, ar_name in KINDS:
        covers = material.covers_of(_flagging(material, flags))
        missed = [
            stage for stage, area in _asked(material, fact, value) if not material.ground.is_covered(area, covers)
        ]
        if missed:
            at = ", ".join(missed)
            en = f"{en_name} is not obeyed at {at}. A safety page must fire on it with the flag {min(flags)}."
            ar = f"{ar_name} لا ينفذ في {at}. يجب أن تعمل عليه صفحة سلامة بالعلامة {min(flags)}."
            yield Finding("stop_missed", "error", SAFETY, 1, en, ar)


def stop_overtaken(material: Material) -> Iterator[Finding]:
    """Find safety pages that win over a stop."""
    safety = material.of("safety")
    for place, page in enumerate(safety):
        for _, fact, value, flags, en_name, ar_name in KINDS:
            if flags & set(page.then.flag):
                continue
            above = material.covers_of(safety[:place])
            taken = [
                stage
                for stage, area in _asked(material, fact, value)
                for cover in material.covers[page.id]
                if _takes(material, area, cover, above)
            ]
            if taken and _stands_above(page, safety, flags):
                at = ", ".join(dict.fromkeys(taken))
                en = f"it decides before {en_name} does, at {at}. Put it below the opt-out pages in {SAFETY}."
                ar = f"تقرر قبل {ar_name} في {at}. ضعوها تحت صفحات الإيقاف في {SAFETY}."
                yield Finding("stop_overtaken", "error", page.file, page.line, en, ar)
                break


def stop_not_understood(material: Material) -> Iterator[Finding]:
    """Put the official stop words to the book, at every stage."""
    if not material.understands:
        return
    for word in OFFICIAL_WORDS:
        missed = [stage for stage, verdict in _answers(material, word) if "opt_out" not in verdict.flags]
        if missed:
            at = ", ".join(missed)
            en = f"the official word «{word}» is not understood as a stop at {at}. A page must hear it alone."
            ar = f"الكلمة الرسمية «{word}» لا تفهم طلب إيقاف في {at}. يجب أن تسمعها صفحة وحدها."
            yield Finding("stop_not_understood", "error", "understanding", 1, en, ar)


def brought_back(material: Material) -> Iterator[Finding]:
    """Find pages that end a stop or a pause without an explicit wish of the contact."""
    for page in material.of("safety", "routing"):
        if "resume_consent" not in page.then.flag:
            continue
        if not all(map(_is_a_wish, page.alternatives)) or _meets_a_stop(material, page):
            en = "it brings contacts back without an explicit wish. Name the page that heard it, or the button,"
            ar = "تعيد العميل دون رغبة صريحة منه. حددوا صفحة الفهم التي سمعتها أو الزر،"
            en, ar = f"{en} and that nothing asks to stop.", f"{ar} مع شرط عدم وجود طلب إيقاف."
            yield Finding("brought_back", "error", page.file, page.line, en, ar)


def stop_question(material: Material) -> Iterator[Finding]:
    """Make sure that the question whether somebody wants us to stop offers both buttons."""
    for page in _flagging(material, frozenset({"suspect_opt_out"})):
        wording = material.wordings.get(page.then.say)
        if wording is None:
            continue
        if wording.expects != "opt_out_check" or not {"opt_out_yes", "opt_out_no"} <= set(wording.buttons):
            en = f'"{wording.key}" must expect opt_out_check and offer the buttons opt_out_yes and opt_out_no.'
            ar = f"نص «{wording.key}» يجب أن يسأل opt_out_check ويعرض الزرين opt_out_yes وopt_out_no."
            yield Finding("stop_question", "error", wording.file, wording.line, en, ar)


def stop_question_borrowed(material: Material) -> Iterator[Finding]:
    """Find other sentences whose answer would be taken for the answer to the question about stopping."""
    for key, wording in material.wordings.items():
        if key != QUESTION and (wording.expects == QUESTION or set(BUTTONS) & set(wording.buttons)):
            en = f'only "{QUESTION}" expects {QUESTION} and offers its buttons. Take them out of "{key}".'
            ar = f"نص «{QUESTION}» وحده يسأل {QUESTION} ويعرض زريه. احذفوهما من «{key}»."
            yield Finding("stop_question_borrowed", "error", wording.file, wording.line, en, ar)


def stop_reworded(material: Material) -> Iterator[Finding]:
    """Find sentences about a stop that a tenant says in other words than we."""
    for key in THE_BOOKS_OWN:
        wording = material.wordings.get(key)
        if wording is not None and wording.is_changed:
            en = f'"{key}" is the book\'s own: a stop is asked and confirmed in tested words. Take yours out.'
            ar = f"نص «{key}» خاص بالقواعد الأساسية: طلب الإيقاف يُسأل عنه ويؤكد بكلمات مجربة. احذفوا نصكم."
            yield Finding("stop_reworded", "error", wording.file, wording.line, en, ar)


def follow_up_without_a_stop(material: Material) -> Iterator[Finding]:
    """Find follow-ups that do not say how to stop them."""
    steps = (step.say for cadence in material.book.policies.follow_ups.cadences for step in cadence.steps)
    keys = dict.fromkeys((*steps, *(key for key in material.wordings if key.startswith(FOLLOW_UPS))))
    for wording in (material.wordings[key] for key in keys if key in material.wordings):
        for language, text in wording.texts:
            if not _NAMED.search(text):
                en = f'"{wording.key}" in {language} does not say how to stop. Name «إيقاف», in English STOP.'
                ar = f"نص «{wording.key}» ({language}) لا يذكر طريقة الإيقاف. اذكروا «إيقاف»، وبالإنجليزية STOP."
                yield Finding("follow_up_without_a_stop", "error", wording.file, wording.line, en, ar)


CHECKS = (
    Check("stop_missed", "stages in which a stop is not obeyed", "مراحل لا ينفذ فيها طلب الإيقاف", stop_missed),
    Check("stop_overtaken", "safety pages that win over a stop", "صفحات تتقدم على طلب الإيقاف", stop_overtaken),
    Check(
        "stop_not_understood",
        "official stop words that are not understood",
        "كلمات إيقاف رسمية لا تفهم",
        stop_not_understood,
    ),
    Check(
        "brought_back", "contacts brought back without a wish of theirs", "إعادة بلا رغبة العميل", brought_back
    ),
    Check(
        "stop_question_borrowed",
        "other sentences that ask the opt-out question",
        "نصوص أخرى تسأل سؤال الإيقاف",
        stop_question_borrowed,
    ),
    Check("stop_reworded", "opt-out sentences in other words", "نصوص إيقاف بكلمات أخرى", stop_reworded),
    Check(
        "follow_up_without_a_stop",
        "follow-ups that do not say how to stop",
        "متابعات لا تذكر طريقة الإيقاف",
        follow_up_without_a_stop,
    ),
    Check(
        "stop_question", "the opt-out question without its two buttons", "سؤال الإيقاف بلا زريه", stop_question
    ),
)


def _flagging(material: Material, flags: frozenset[str]) -> tuple[Page, ...]:
    return tuple(page for page in material.of("safety") if flags & set(page.then.flag))


def _asked(material: Material, fact: str, value: str) -> Iterator[tuple[str, Area]]:
    """All messages of one kind of stop, stage by stage."""
    for stage in material.lifecycle.stages:
        here = material.ground.only(material.ground.everything, "stage", stage)
        area = here and material.ground.only(here, fact, value)
        if area and stage != material.lifecycle.opt_out_stage:
            yield stage, area


def _takes(material: Material, area: Area, cover: Cover, above: tuple[Cover, ...]) -> bool:
    inside = material.ground.inside(area, cover)
    return inside is not None and material.ground.outside(inside, above) is not None


def _stands_above(page: Page, safety: tuple[Page, ...], flags: frozenset[str]) -> bool:
    """Only a page above an opt-out page overtakes it; what nobody covers is missed, and reported as that."""
    return any(flags & set(other.then.flag) for other in safety[safety.index(page) :])


def _is_a_wish(way: tuple[Condition, ...]) -> bool:
    """Whether a way can only be true of somebody who says that messages may come."""
    said = {condition.fact: condition.words for condition in way if condition.test == "is"}
    if "heard" in said or "also_heard" in said or said.get("button") == ("opt_out_no",):
        return True
    return said.get("expects") == ("opt_out_check",) and said.get("answer") == ("no",)


def _meets_a_stop(material: Material, page: Page) -> bool:
    """Whether a page can decide on a message that asks us to stop as well."""
    above = next((way.above for way in material.ways if way.page is page), ())
    stops = [material.ground.only(area, "opt_out", "hard") for area in material.areas(page)]
    return any(area is not None and material.ground.outside(area, above) is not None for area in stops)


def _answers(material: Material, word: str) -> Iterator[tuple[str, Verdict]]:
    for stage in material.lifecycle.stages:
        if stage != material.lifecycle.opt_out_stage:
            yield stage, material.book.decide(Question(text=word, stage=stage))
