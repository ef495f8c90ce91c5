"""
What each fact of a message's story is called, in Arabic and English.

A sentence takes its blanks from the fact; codes that the house has words for come as those words.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """One kind of fact."""

    en: str
    ar: str
    is_trouble: bool = False


def _calm(en: str, ar: str) -> Phrase:
    return Phrase(en, ar)


def _trouble(en: str, ar: str) -> Phrase:
    return Phrase(en, ar, is_trouble=True)


PHRASES: Mapping[str, Phrase] = {
    "recorded": _calm("Recorded from {channel}; waits to be read", "سُجلت من {channel} وتنتظر القراءة"),
    "message_received": _calm("Received through {channel} ({kind})", "وصلت عبر {channel} ({kind})"),
    "repeated_through_another_channel": _calm(
        "The same message came a second time", "وصلت الرسالة نفسها مرة ثانية"
    ),
    "decided": _calm(
        "Understood as {intent} ({confidence}), because of {rules}", "فُهمت: {intent} ({confidence})، بسبب {rules}"
    ),
    "stage_moved": _calm("The deal moved from {before} to {after}", "انتقلت الصفقة من {before} إلى {after}"),
    "reply_queued_by_bot": _calm("An answer was made and may leave by itself", "أُعد رد ويخرج تلقائيًا"),
    "draft_held": _calm("An answer was made and waits for a human: {why}", "أُعد رد وينتظر إنسانًا: {why}"),
    "kept_silent": _calm("Nothing is answered: {reason}", "لا رد: {reason}"),
    "draft_outdated": _calm("The waiting answer was replaced by a newer one", "حلّ رد أحدث محل الرد المنتظر"),
    "draft_waits_too_long": _trouble("The answer waits too long for a human", "طال انتظار الرد لقرار إنسان"),
    "draft_snoozed": _calm("{by} put the decision off by {minutes} min", "أجّل {by} القرار {minutes} دقيقة"),
    "snooze_ended": _calm("The pause for the decision is over", "انتهى تأجيل القرار"),
    "model_proposed": _calm(
        "A language model proposed something ({task}); it is shown and does nothing",
        "اقترح نموذج لغوي شيئًا ({task})؛ يُعرض ولا يغيّر شيئًا",
    ),
    "source_gone": _trouble(
        "The article behind the waiting answer no longer answers", "المقالة التي أُخذ منها الرد لم تعد تُجيب"
    ),
    "draft_edited": _calm("{by} changed the words", "عدّل {by} النص"),
    "draft_approved": _calm("{by} approved it after {waited}", "وافق {by} بعد {waited}"),
    "draft_rejected": _calm("{by} rejected it after {waited}: {reason}", "رفض {by} بعد {waited}: {reason}"),
    "draft_expired": _trouble("Nobody decided in time", "انتهت المهلة ولم يقرر أحد"),
    "draft_escalated": _trouble("The next level of approvers was told", "أُبلغ المستوى التالي من المعتمدين"),
    "draft_decided_for_another": _calm("{by} decided for somebody else", "قرر {by} نيابة عن غيره"),
    "gate_refused": _trouble("The gate did not let it through: {code}", "لم تسمح البوابة بخروجها: {code}"),
    "attempt_started": _calm("Handed to {channel}", "سُلّمت إلى {channel}"),
    "attempt_ended": _calm(
        "{channel} answered {send_class} after {latency_ms} ms",
        "أجاب {channel}: {send_class} بعد {latency_ms} م.ث",
    ),
    "attempt_orphaned": _trouble(
        "The process ended during the call; nobody knows whether it arrived",
        "توقفت الخدمة أثناء الإرسال ولا يُعرف هل وصلت",
    ),
    "send_postponed": _trouble(
        "No channel could take it; tried again later", "لم تستطع أي قناة حملها؛ تُعاد لاحقًا"
    ),
    "send_waits_in_line": _calm("Waits its turn: {why}", "تنتظر دورها: {why}"),
    "send_given_up": _trouble("No channel took it; a human was told", "لم تحملها أي قناة؛ أُبلغ إنسان"),
    "message_sent": _calm("{channel} reported it sent", "أفاد {channel} بإرسالها"),
    "message_delivered": _calm("Delivered to the phone", "وصلت إلى الجوال"),
    "message_read": _calm("Read by the contact", "قرأها العميل"),
    "message_failed_later": _trouble(
        "The provider reported that it failed: {code}", "أفاد المزود بفشلها: {code}"
    ),
    "old_failure_repeated": _calm("An old failure was reported again", "تكرر إشعار فشل قديم"),
    "doubt_resolved": _calm("The doubt about it was resolved by {by}", "حُسم الشك في وصولها: {by}"),
    "opted_out": _calm(
        "The contact stopped us; waiting answers were dropped", "أوقف العميل الرسائل وأُسقط ما ينتظر"
    ),
    "consent_granted": _calm("A consent was recorded", "سُجلت موافقة"),
    "consent_revoked": _calm("Consents were withdrawn", "سُحبت الموافقات"),
    "consent_renewed": _calm("The contact asked to hear from us again", "طلب العميل رسائلنا من جديد"),
    "data_request_received": _calm("A request about personal data was recorded", "سُجل طلب عن البيانات الشخصية"),
    "event_parked": _trouble(
        "Handling failed again and again; put aside for an operator", "تكرر فشل المعالجة؛ وُضعت جانبًا للمشغّل"
    ),
    "answered_from_phone": _calm("Somebody answered from the phone", "رد أحدهم من الجوال"),
    "foreign_api_message_seen": _calm("Another program sent through this number", "أرسل برنامج آخر من هذا الرقم"),
    "provider_says_resume": _calm(
        "The provider says that messages are wanted again", "أفاد المزود برغبة العميل في الرسائل"
    ),
    "follow_up_cancelled": _calm("A waiting follow-up was cancelled", "أُلغيت متابعة منتظرة"),
    "gap_repaired": _trouble(
        "Its webhook never came; it was found with the provider", "لم يصل إشعارها؛ وُجدت لدى المزود"
    ),
    "test_send_ordered": _calm("A test send was ordered", "طُلب إرسال تجريبي"),
    "alerts": _trouble("An alert was raised: {title}", "صدر تنبيه: {title}"),
    "workflow_runs": _calm("A workflow run: {flow}, {status}", "مهمة متعددة الخطوات: {flow}، {status}"),
    "approvals": _calm("An approval was asked for: {action}, {status}", "طُلبت موافقة: {action}، {status}"),
    "quarantine": _trouble(
        "Kept raw, because it could not be read: {reason}", "حُفظت كما هي لتعذر قراءتها: {reason}"
    ),
}

# What blanks say when the fact does not.
NOTHING = {"en": "nothing", "ar": "لا شيء"}

# Codes that no wording of the house names.
CODES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "channel": {
        "simulated": ("the simulated phone", "الهاتف المحاكى"),
        "api": ("the API", "الواجهة البرمجية"),
        "bulk": ("an import", "استيراد"),
    },
    "kind": {
        "text": ("text", "نص"),
        "image": ("picture", "صورة"),
        "audio": ("voice", "صوت"),
        "video": ("video", "فيديو"),
        "document": ("file", "ملف"),
        "sticker": ("sticker", "ملصق"),
        "location": ("place", "موقع"),
        "contacts": ("contact card", "بطاقة"),
        "button": ("button", "زر"),
        "reaction": ("reaction", "تفاعل"),
    },
    "send_class": {
        "accepted": ("“accepted”", "«قُبلت»"),
        "simulated": ("“simulated”", "«محاكاة»"),
        "not_sent_fallback": ("“not sent”", "«لم تُرسل»"),
        "not_sent_fix_request": ("“the request is refused”", "«الطلب مرفوض»"),
        "not_sent_config": ("“the channel is set up wrongly”", "«إعداد القناة خاطئ»"),
        "not_sent_window_closed": ("“the 24-hour window is shut”", "«نافذة 24 ساعة مغلقة»"),
        "not_sent_wait_pair_limit": ("“too many to this contact”", "«رسائل كثيرة لهذا العميل»"),
        "not_sent_do_not_circumvent": ("“WhatsApp forbids it”", "«منعها واتساب»"),
        "permanent_recipient": ("“this number cannot receive”", "«الرقم لا يستقبل»"),
        "permanent_recipient_opted_out": ("“the contact stopped us”", "«أوقف العميل الرسائل»"),
        "needs_owner": ("“the owner must act”", "«يحتاج صاحب الحساب»"),
        "ambiguous": ("nothing certain: it may have arrived", "بلا جواب أكيد: قد تكون وصلت"),
    },
    "status": {
        "pending": ("waits", "تنتظر"),
        "running": ("at work", "تعمل"),
        "waiting_approval": ("waits for approval", "تنتظر موافقة"),
        "waiting_event": ("waits for something", "تنتظر حدثًا"),
        "completed": ("done", "اكتملت"),
        "failed": ("failed", "تعثرت"),
        "cancelled": ("cancelled", "أُلغيت"),
        "approved": ("approved", "وافقوا"),
        "rejected": ("refused", "رُفضت"),
        "expired": ("out of time", "انتهت مهلتها"),
    },
}

# Which family of words a field of a fact belongs to.
FAMILIES: Mapping[str, str] = {
    "intent": "intent",
    "before": "stage",
    "after": "stage",
    "stage_before": "stage",
    "stage_after": "stage",
    "code": "note",
    "silence": "silence",
}
