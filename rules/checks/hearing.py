"""
What is heard and what is done about it: every intent has a page that hears it, and one that decides on it.

Rule 1: an intent counts as heard when a live page, a short answer or a button means it.
Rule 2: a page that none of the examples ever makes speak has not been shown to work.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rules import vocabulary
from rules.checks.finding import Check, Finding
from rules.checks.ground import BUTTON_MEANS
from rules.checks.material import Material
from rules.examples import question_of
from rules.language.page import Example
from rules.pages import Page
from rules.verdict import IntentFound, Question, Understanding

# What nobody has to hear: it is what is left when nothing was heard.
LEFT_OVER = "default"

# One of each kind of short answer, to ask what it means at a stage.
SHORT_ANSWERS = ("نعم", "تمام", "لا", "إلغاء", "80", "ما أدري")


def intent_not_heard(material: Material) -> Iterator[Finding]:
    """Find intents that no page of understanding means."""
    if not material.understands:
        return
    heard = {LEFT_OVER, *(intent for intent, _ in BUTTON_MEANS.values())}
    for page in material.heard.values():
        heard |= {page.intent, page.if_negated, *(intent for _, intent in page.instead_at)}
    missing = set(vocabulary.INTENTS) - heard
    if missing:
        missing -= _in_short(material)
    for intent in vocabulary.INTENTS:
        if intent in missing:
            en = f'no live page understands "{intent}". Write one, or take the intent out of the other pages.'
            ar = f"لا توجد صفحة مفعلة تفهم «{intent}». اكتبوا واحدة أو احذفوا هذا القصد من الصفحات الأخرى."
            yield Finding("intent_not_heard", "warning", "understanding", 1, en, ar)


def intent_not_routed(material: Material) -> Iterator[Finding]:
    """Find intents that no safety or routing page names."""
    named: set[str] = set()
    for page in material.of("safety", "routing"):
        for condition in (c for way in page.alternatives for c in way if c.test == "is"):
            if condition.fact in ("intent", "also_intent"):
                named |= set(condition.words)
            elif condition.fact in ("heard", "also_heard"):
                named |= {material.heard[word].intent for word in condition.words if word in material.heard}
            elif condition.fact == "opt_out":
                named |= {"hard": {"unsubscribe"}, "suspected": {"opt_out_suspected"}}.get(
                    condition.words[0], set()
                )
    for intent in vocabulary.INTENTS:
        if intent not in named:
            en = f'no live safety or routing page names "{intent}", so it gets the answer of the rest. Route it.'
            ar = f"لا توجد صفحة سلامة أو توجيه تذكر «{intent}»، فيعامل كغير المفهوم. اكتبوا صفحة له."
            yield Finding("intent_not_routed", "warning", "routing", 1, en, ar)


def never_shown(material: Material) -> Iterator[Finding]:
    """Find pages that none of their own examples makes speak."""
    for page in material.pages:
        if not any(
            _speaks(material, page, example.given) for example in page.examples if example.expect is not None
        ):
            en = "none of its examples makes it fire, so nobody has seen it work. Mend one, or add one."
            ar = "لا يوجد مثال يجعلها تعمل، فلم يرها أحد تعمل. صححوا مثالا أو أضيفوا واحدا."
            yield Finding("never_shown", "warning", page.file, page.line, en, ar)
    for name, heard in material.heard.items():
        texts = [e for e in heard.examples if e.intent]
        if not any(_hears(material, name, example) for example in texts):
            en = "in none of its examples does it decide the meaning. Add one that only it understands."
            ar = "في كل أمثلتها تحدد صفحة أخرى المعنى. أضيفوا مثالا لا تفهمه إلا هي."
            yield Finding("never_shown", "warning", heard.file, heard.line, en, ar)


CHECKS = (
    Check("intent_not_heard", "intents that no page understands", "مقاصد لا تفهمها أي صفحة", intent_not_heard),
    Check(
        "intent_not_routed", "intents that no page decides on", "مقاصد لا تقرر فيها أي صفحة", intent_not_routed
    ),
    Check("never_shown", "pages that no example makes speak", "صفحات لا يظهرها أي مثال", never_shown),
)


def _in_short(material: Material) -> set[str]:
    """Intents that a bare yes, no or number means somewhere."""
    return {
        material.book.understand(Question(text=text, stage=stage, expects=expects)).primary.name
        for text in SHORT_ANSWERS
        for stage in material.lifecycle.stages
        for expects in vocabulary.EXPECTS
    }


def _speaks(material: Material, page: Page, given: Mapping[str, Any]) -> bool:
    question = question_of(given)
    if "intent" in given or not material.understands:
        found = IntentFound(
            str(given.get("intent", LEFT_OVER)), float(given.get("confidence", 1)), str(given.get("heard", ""))
        )
        meant = Understanding(
            primary=found,
            intents=(found,),
            language=str(given.get("language", "ar")),
            script="arabic",
            answer=str(given.get("answer", "")),
            opt_out=str(given.get("opt_out", "")),
            has_secret=bool(given.get("has_secret", False)),
        )
    else:
        meant = material.book.understand(question)
    return any(reason.page == page.id for reason in material.book.judge(question, meant).because)


def _hears(material: Material, name: str, example: Example) -> bool:
    question = Question(
        text=example.says,
        stage=example.stage,
        expects=example.expects,
        is_first_reply_to_outbound=example.is_first_reply_to_outbound,
    )
    return any(found.page == name for found in material.book.understand(question).intents)
