"""
What a contact said of themselves, as far as it can contradict itself: no CRM, and later that they use one. Pure.

Rule 1: a statement is the contact's own: a question is none, and neither is a wish for later.
Rule 2: what is quoted reaches nobody: phones and addresses are masked first, because a quote is cut at every dot.
Rule 3: an answer to one of our questions is a statement of its own topic; the same question answered twice in
        different ways contradicts itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.shown_text import masked
from rules.language.normalise import fold

_TOOLS = (
    r"hubspot|salesforce|zoho|pipedrive|odoo|freshsales|dynamics|bitrix"
    r"|هبسبوت|هاب سبوت|سيلزفورس|سيلز فورس|زوهو|اودو|بيتركس"
)
_CRM = rf"(?:crm|سي ار ام|نظام (?:ل|اداره |لاداره )?(?:ال)?عملا\w*|{_TOOLS})"
_HAVE_EN = r"(?:we|i|our (?:team|company)) (?:already |currently |now )?(?:use|have|run|work with|are on)"
_NOT_EN = r"(?:(?:we|i) (?:do not|dont|don.t) (?:use|have|run)|(?:we|i) have no|we.ve no|without)"
_HAVE_AR = r"(?:عندنا|لدينا|معنا|نستخدم|نستعمل|نشتغل علي|شغالين علي|نعمل علي|استخدم|عندي|لدي)"
_NOT_AR = r"(?:ما عندنا|ماعندنا|ليس لدينا|لا يوجد لدينا|ما لدينا|لا نستخدم|ما نستخدم|مانستخدم|ما عندي|بدون|بلا)"
_TEAM = r"(?:sales (?:team|reps|people|department)|فريق (?:ال)?مبيعات|قسم (?:ال)?مبيعات)"

_TOPICS: tuple[tuple[str, str], ...] = (("crm", _CRM), ("has_sales_team", _TEAM))

_BETWEEN_EN = r"(?: (?:a|an|any|the|our|own|proper|yet))*"
_BETWEEN_AR = r"(?: (?:اي|نظام|برنامج))*"

_NO = {
    name: re.compile(rf"(?<!\w)(?:{_NOT_EN}{_BETWEEN_EN} {what}|no {what}|{_NOT_AR}{_BETWEEN_AR} {what})(?!\w)")
    for name, what in _TOPICS
}
_YES = {
    name: re.compile(rf"(?<!\w)(?:{_HAVE_EN}{_BETWEEN_EN} {what}|{_HAVE_AR}{_BETWEEN_AR} {what})(?!\w)")
    for name, what in _TOPICS
}
_LATER = re.compile(
    r"(?<!\w)(?:will|want|would|plan|planning|thinking|if|نبي|نبغي|نفكر|ناوين|سوف|راح|بن\w+|لو|اذا)(?!\w)"
)
_PART = re.compile(r"[.!\n،,;؛]+")

# A sentence longer than this is a story, and what it says of whom is anybody's guess.
LONGEST = 200

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a contact said of themselves."""

    topic: str
    value: str
    said_at: datetime
    source: str
    """The key of the message, or of the answer."""
    quote: str


def stated_in(text: str, said_at: datetime, source: str) -> Iterator[Statement]:
    """What one message states."""
    for part in _PART.split(masked(text)):
        said = " ".join(fold(part).text.split())
        if not said or len(said) > LONGEST or part.rstrip().endswith(("?", "؟")) or _LATER.search(said):
            continue
        for topic, _ in _TOPICS:
            value = NO if _NO[topic].search(said) else YES if _YES[topic].search(said) else ""
            if value:
                yield Statement(topic, value, said_at, source, part.strip())


def conflicting(statements: Sequence[Statement]) -> Iterator[tuple[Statement, Statement]]:
    """The latest statement of each topic, and the latest before it that says otherwise."""
    for topic in dict.fromkeys(one.topic for one in statements):
        of_topic = sorted((one for one in statements if one.topic == topic), key=lambda one: one.said_at)
        last = of_topic[-1]
        other = next((one for one in reversed(of_topic) if one.value != last.value), None)
        if other is not None:
            yield other, last
