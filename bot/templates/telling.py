"""How templates are told to programs and people. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.templates.room import TemplateView

WHY: Mapping[str, tuple[str, str]] = {
    "template_pending": ("Meta has not approved it yet; wait for its answer", "لم تعتمده ميتا بعد؛ انتظر ردها"),
    "template_rejected": ("Meta has rejected it; change it there and here", "رفضته ميتا؛ عدّله هناك وهنا"),
    "template_paused": ("Meta has paused it because of complaints", "أوقفته ميتا مؤقتًا بسبب شكاوى"),
    "template_disabled": ("Meta has disabled it", "عطّلته ميتا"),
    "template_missing": (
        "it does not exist at Meta: hand it in there under this name",
        "غير موجود لدى ميتا: قدّمه هناك بهذا الاسم",
    ),
    "template_unknown": (
        "Meta has not told how it stands: set WHATSAPP_WABA_ID, or wait for its webhook",
        "لم تخبر ميتا بحالته: عيّن WHATSAPP_WABA_ID أو انتظر إشعارها",
    ),
    "template_differs": (
        "its words, its category or its parts at Meta are others than here; make them the same",
        "نصه أو تصنيفه أو أجزاؤه لدى ميتا تختلف عما هنا؛ وحّدها",
    ),
    "template_changed": ("it has changed since somebody agreed to it", "تغيّر منذ الموافقة عليه"),
    "no_template_channel": (
        "no Meta number is configured that could carry it",
        "لا يوجد رقم ميتا مهيأ يستطيع إرساله",
    ),
}
"""Why a template may not leave: code -> (English, Arabic)."""


def why(code: str) -> dict[str, str | None]:
    """A reason as code and words; nothing where there is none."""
    en, ar = WHY.get(code, ("", ""))
    return {"trouble": code or None, "trouble_en": en or None, "trouble_ar": ar or None}


def fields_of(view: TemplateView) -> dict[str, Any]:
    """One template as programs and pages see it."""
    template, standing = view.template, view.standing
    return {
        "name": template.name,
        "language": view.language,
        "code": template.code(view.language),
        "title": template.title,
        "title_ar": template.title_ar,
        "category": template.category,
        "used_for": list(template.used_for),
        "words": template.pattern(view.language),
        "fills": [fill.fact for fill in template.fills],
        "claims": list(template.claims),
        "channel": view.channel or None,
        "status": standing.status if standing else None,
        "quality": (standing.quality or None) if standing else None,
        "reason": (standing.reason or None) if standing else None,
        "heard_at": standing.at if standing else None,
        **why(view.trouble),
    }
