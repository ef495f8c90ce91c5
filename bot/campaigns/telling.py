"""How a campaign is told to programs and people, and what an approver reads about it. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.campaigns.audience import REASONS
from bot.campaigns.campaign import Campaign, CampaignContact, ContactStatus
from bot.phones import mask
from bot.templates.telling import WHY

KIND, ACTION = "campaign", "bulk_send"

ENDS: Mapping[str, tuple[str, str]] = {
    "cancelled": ("somebody cancelled it", "أُلغيت"),
    "complaints": (
        "too many contacts stopped us, blocked us or complained",
        "كثرت طلبات الإيقاف أو الحظر أو الشكاوى",
    ),
    "agreement_too_old": ("the yes to it is too old; ask again", "قدمت الموافقة عليها؛ اطلبها من جديد"),
    "not_permitted": ("the approval does not permit this campaign", "الموافقة لا تشمل هذه الحملة"),
    "rejected": ("somebody said no", "رُفضت"),
    "expired": ("nobody decided in time", "لم يبت فيها أحد في المهلة"),
    **WHY,
}
"""Why a campaign ended before its time: code -> (English, Arabic)."""

OF_A_CONTACT: Mapping[str, tuple[str, str]] = {
    **REASONS,
    **ENDS,
    "campaign_over": ("the campaign has stopped", "توقفت الحملة"),
    "contact_wrote_again": ("the contact wrote meanwhile", "كتب العميل في هذه الأثناء"),
    "taken_over": ("a human took the conversation over", "استلم إنسان المحادثة"),
}


def words_of(code: str) -> dict[str, str | None]:
    """A reason as code and words; a code that is a note of the draft has its words on the card."""
    en, ar = OF_A_CONTACT.get(code, ("", ""))
    return {"reason": code or None, "reason_en": en or None, "reason_ar": ar or None}


def summary_of(
    campaign: Campaign,
    counts: Mapping[str, int],
    excluded: Mapping[str, int],
    *,
    words: Mapping[str, str],
    bad: int = 0,
    run_status: str = "",
    trouble: Mapping[str, str | None] | None = None,
) -> dict[str, Any]:
    """One campaign: what it says, to how many, how far it is."""
    every = {status.value: counts.get(status.value, 0) for status in ContactStatus}
    asked = sum(every.values()) - every[ContactStatus.EXCLUDED]
    done = asked - every[ContactStatus.PENDING] - every[ContactStatus.QUEUED]
    end_en, end_ar = ENDS.get(campaign.end_reason, ("", ""))
    return {
        "id": campaign.id,
        "name": campaign.name,
        "status": campaign.status.value,
        "template": campaign.template,
        "language": campaign.language or None,
        "category": campaign.category,
        "channel": campaign.channel,
        "words": dict(words),
        "content_sha256": campaign.content_sha256,
        "audience_sha256": campaign.audience_sha256,
        "count": campaign.total,
        "counts": every,
        "progress": {"done": done, "total": asked},
        "excluded": [{**words_of(code), "count": count} for code, count in sorted(excluded.items())],
        "complaints": bad,
        "approval_id": campaign.approval_id or None,
        "decided_by": campaign.decided_by.name or None,
        "created_at": campaign.created_at,
        "created_by": campaign.by.name,
        "ended_at": campaign.ended_at,
        "end_reason": campaign.end_reason or None,
        "end_reason_en": end_en or None,
        "end_reason_ar": end_ar or None,
        "run_id": campaign.run_id,
        "run_status": run_status or None,
        **(trouble or {}),
    }


def contact_fields(contact: CampaignContact) -> dict[str, Any]:
    """One contact as programs and pages see it; a phone is masked."""
    kind, _, phone = contact.contact.partition(":")
    shown = f"{kind}:{mask(phone)}" if kind == "phone" else contact.contact
    return {
        "index": contact.index,
        "contact": shown,
        "status": contact.status.value,
        "lead_id": contact.conversation_id or None,
        "draft_id": contact.draft_id or None,
        "complained": contact.is_bad,
        **words_of(contact.reason),
    }


def question_of(campaign: Campaign, words: Mapping[str, str], left_out: int) -> dict[str, Any]:
    """What an approver reads before saying yes to the whole of it."""
    said = "\n\n".join(f"[{language}] {text}" for language, text in words.items())
    return {
        "kind": KIND,
        "action": ACTION,
        "resource": campaign.resource,
        "content_sha256": campaign.content_sha256,
        "recipient": "",
        "title_en": f"Campaign “{campaign.name}” to {campaign.total} contacts",
        "title_ar": f"حملة «{campaign.name}» إلى {campaign.total} جهة اتصال",
        "summary_en": (
            f"Template {campaign.template} ({campaign.category}) from {campaign.channel}, to {campaign.total} "
            f"contacts who agreed to it; {left_out} are left out. One message each, within quiet hours and the "
            f"limits of the day. The words:\n{said}"
        ),
        "summary_ar": (
            f"قالب {campaign.template} ({campaign.category}) من {campaign.channel} "
            f"إلى {campaign.total} جهة اتصال وافقت عليه، واستُبعدت {left_out}. "
            f"رسالة واحدة لكل جهة، مع مراعاة أوقات الهدوء وحدود اليوم. النص:\n{said}"
        ),
        "requested_by": campaign.by,
        "correlation_id": campaign.run_id,
        "evidence": campaign.id,
        "risk": "high",
        "facts": {
            "campaign": campaign.id,
            "template": campaign.template,
            "category": campaign.category,
            "channel": campaign.channel,
            "contacts": str(campaign.total),
            "left_out": str(left_out),
        },
    }
