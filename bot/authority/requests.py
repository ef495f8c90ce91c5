"""From what somebody asks for to a request that can wait: checked, bounded, and with its deadlines. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from bot.access import ROLES
from bot.authority.approval import PRIORITIES, Approval, Risk, Step
from bot.authority.policy import Ruling
from bot.errors import BadRequest
from bot.people import Human
from rules.policies.deadlines import DraftTimes

LONGEST_TITLE = 200
# The longest message there is, whole: nobody agrees to words that he was not shown.
LONGEST_SUMMARY = 4_096
LONGEST_NAME = 300
MOST_STEPS = 5
MOST_FACTS = 40
LONGEST_FACT = 1_000

_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, as it came."""

    id: str
    tenant_id: str
    kind: str
    resource: str
    content_sha256: str
    recipient: str
    title_en: str
    title_ar: str
    summary_en: str
    summary_ar: str
    requested_by: Human
    correlation_id: str
    steps: tuple[str, ...]
    risk: str
    facts: Mapping[str, str]
    four_eyes: bool


def request_of(asked: Request, ruling: Ruling, times: DraftTimes, now: datetime) -> Approval:
    """The request that waits. Raises BadRequest for one that nobody could decide about."""
    _check(asked)
    risk = Risk(asked.risk)
    return Approval(
        id=asked.id,
        tenant_id=asked.tenant_id,
        kind=asked.kind,
        action=ruling.action,
        action_class=ruling.action_class,
        resource=asked.resource,
        content_sha256=asked.content_sha256,
        recipient=asked.recipient,
        title_en=asked.title_en.strip(),
        title_ar=asked.title_ar.strip(),
        summary_en=asked.summary_en.strip(),
        summary_ar=asked.summary_ar.strip(),
        risk=risk,
        priority=PRIORITIES[risk],
        requested_by=asked.requested_by,
        correlation_id=asked.correlation_id,
        facts=MappingProxyType({name: str(value) for name, value in asked.facts.items()}),
        created_at=now,
        warn_at=times.warn_at,
        due_at=times.due_at,
        escalate_at=times.escalate_at,
        expires_at=times.expires_at,
        steps=tuple(Step(role) for role in asked.steps),
        four_eyes=asked.four_eyes,
    )


def _check(asked: Request) -> None:
    if not _KIND.fullmatch(asked.kind):
        raise BadRequest("a kind of request is a short word in lower case", "نوع الطلب كلمة لاتينية قصيرة")
    if not _SHA256.fullmatch(asked.content_sha256):
        raise BadRequest(
            "content_sha256 is the SHA-256 of what would be done, 64 signs in lower-case hex",
            "‏content_sha256 هو بصمة المحتوى: 64 خانة ست عشرية",
        )
    if asked.risk not in set(Risk):
        known = ", ".join(Risk)
        raise BadRequest(
            f"there is no risk {asked.risk!r}: choose one of {known}", f"درجة مخاطرة غير معروفة؛ اختر من: {known}"
        )
    if not 1 <= len(asked.steps) <= MOST_STEPS or not set(asked.steps) <= set(ROLES):
        raise BadRequest(
            f"steps are 1 to {MOST_STEPS} of the roles {', '.join(ROLES)}",
            f"الخطوات من 1 إلى {MOST_STEPS} من الأدوار: {', '.join(ROLES)}",
        )
    if not asked.title_en.strip() or not asked.title_ar.strip():
        raise BadRequest(
            "say what is asked for, in English and in Arabic", "اكتب عنوان الطلب بالعربية والإنجليزية"
        )
    _check_lengths(asked)


def _check_lengths(asked: Request) -> None:
    too_long = (
        any(len(text) > LONGEST_TITLE for text in (asked.title_en, asked.title_ar))
        or any(len(text) > LONGEST_SUMMARY for text in (asked.summary_en, asked.summary_ar))
        or any(len(text) > LONGEST_NAME for text in (asked.resource, asked.recipient, asked.correlation_id))
        or len(asked.facts) > MOST_FACTS
        or any(len(str(value)) > LONGEST_FACT for value in asked.facts.values())
    )
    if too_long:
        raise BadRequest(
            "a request is read on a phone: shorten its title, summary or facts",
            "يُقرأ الطلب على الجوال: اختصر العنوان أو الملخص أو الحقائق",
        )
    if not asked.resource.strip():
        raise BadRequest("say what it is about: resource", "حدد موضوع الطلب: resource")
