"""What cards of the approval centre, alerts and `/away` say, in Arabic and English."""

from admin.telegram.sentences import LANGUAGES, Language

SENTENCES: dict[str, tuple[str, str]] = {
    # The first line: where the request is.
    "pending_0": ("🟡 طلب موافقة بانتظارك", "🟡 A request waits for your approval"),
    "pending_1": ("🟠 طلب موافقة يقترب موعده", "🟠 A request for approval is soon due"),
    "pending_2": ("🔴 طلب موافقة تجاوز مهلته", "🔴 A request for approval is overdue"),
    "pending_3": ("🚨 طلب موافقة حرج", "🚨 A request for approval is critical"),
    "approved": ("✅ تمت الموافقة", "✅ Approved"),
    "rejected": ("❌ رُفض", "❌ Rejected"),
    "expired": ("⌛ انتهت المهلة ولم يقرر أحد", "⌛ Expired, nobody decided"),
    "cancelled": ("🚫 سُحب الطلب", "🚫 Taken back"),
    "superseded": ("🔁 حل محله طلب أحدث", "🔁 A newer request took its place"),
    "by": ("{name} عند {at}", "{name} at {at}"),
    "for_somebody": ("نيابة عن {name}", "for {name}"),
    "note": ("📝 {note}", "📝 {note}"),
    # The parts.
    "asked_by": ("👤 طلبه {name} عند {at}", "👤 Asked by {name} at {at}"),
    "risk": ("⚠️ المخاطرة: {risk}", "⚠️ Risk: {risk}"),
    "risk_none": ("لا شيء", "none"),
    "risk_low": ("منخفضة", "low"),
    "risk_medium": ("متوسطة", "medium"),
    "risk_high": ("عالية", "high"),
    "risk_critical": ("حرجة", "critical"),
    "facts": ("📋 الوقائع", "📋 Facts"),
    "steps": ("👥 الموافقات", "👥 Steps"),
    "step_open": ("⏳ {role}", "⏳ {role}"),
    "step_done": ("✅ {role}: {name} عند {at}", "✅ {role}: {name} at {at}"),
    "four_eyes": ("لا يوافق صاحب الطلب على طلبه", "whoever asked cannot agree"),
    "class_is": ("الصنف {name}", "Class {name}"),
    "content": ("بصمة المحتوى {name}", "Content hash {name}"),
    "about": ("عن {name}", "About {name}"),
    "for_whom": ("إلى {name}", "For {name}"),
    "belongs_to": ("رقم الترابط {name}", "Correlation {name}"),
    "id_is": ("المعرّف {name}", "Id {name}"),
    "gone": ("🗑 لم يعد هذا الطلب موجودًا.", "🗑 This request no longer exists."),
    # Buttons.
    "do_approve": ("✅ أوافق", "✅ Approve"),
    "do_reject": ("❌ أرفض", "❌ Reject"),
    "do_details": ("🔎 التفاصيل", "🔎 Details"),
    "do_open": ("📋 البطاقة", "📋 Card"),
    "do_ack": ("☑️ اطلعت", "☑️ Acknowledge"),
    # What a tap answers.
    "ok_approved": ("تمت الموافقة", "Approved"),
    "ok_step": ("سُجلت موافقتك، وبقي: {roles}", "Your yes is noted; still missing: {roles}"),
    "ok_rejected": ("سُجل الرفض", "The rejection is noted"),
    "not_yours": ("هذه الخطوة ليست لدورك.", "This step is not for your role."),
    "note_prompt": (
        "❌ رفض «{title}»: رد على هذه الرسالة بالسبب (أو - بلا سبب).",
        "❌ Rejecting “{title}”: reply to this message with the reason (or - for none).",
    ),
    "note_placeholder": ("سبب الرفض", "Why not"),
    "note_refused": ("✋ لم يُرفض: {why}", "✋ Not rejected: {why}"),
    "ok_opened": ("البطاقة في الأسفل", "The card is below"),
    # Lists.
    "list_title": ("📋 طلبات موافقة تنتظر: {count}", "📋 Requests that wait: {count}"),
    "list_empty": ("✨ لا طلبات موافقة تنتظر.", "✨ No request waits for approval."),
    "list_more": ("و{count} غيرها", "and {count} more"),
    # Alerts.
    "alert": ("🔔 {title}", "🔔 {title}"),
    "alert_3": ("🚨 {title}", "🚨 {title}"),
    "acknowledged": ("☑️ اطلع عليه {name} عند {at}", "☑️ Acknowledged by {name} at {at}"),
    "ok_ack": ("سُجل اطلاعك", "Noted"),
    "alert_gone": ("لم يعد هذا التنبيه موجودًا.", "This alert no longer exists."),
    # Standing in.
    "away_usage": (
        "اكتب ‎/away 2026-12-01 (آخر يوم تغيب فيه) لتفوض زميلًا حتى نهايته.",
        "Write /away 2026-12-01 (the last day you are away) to lend your approvals until its end.",
    ),
    "away_not_yours": ("ليس لك دور تفوضه.", "You have no role to lend."),
    "away_past": ("هذا التاريخ مضى أو أبعد من {days} يومًا.", "That day is past, or more than {days} days away."),
    "away_nobody": ("لا زميل هنا يمكن تفويضه.", "There is no colleague here to lend to."),
    "away_whom": (
        "🌴 من يقرر عنك حتى نهاية {day}؟",
        "🌴 Who decides for you until the end of {day}?",
    ),
    "away_sure": (
        "🌴 تفوض {name} بدور {roles} من الآن حتى نهاية {day}. تبقى أنت قادرًا على القرار. متأكد؟",
        "🌴 {name} gets the role {roles} from now until the end of {day}. You can still decide too. Sure?",
    ),
    "away_done": (
        "🌴 يقرر عنك {name} حتى نهاية {day}. للعودة: /back",
        "🌴 {name} decides for you until the end of {day}. To end it: /back",
    ),
    "away_lent": (
        "🌴 يفوضك {name} بدور {roles} حتى نهاية {day}. ستصلك البطاقات من الآن.",
        "🌴 {name} lends you the role {roles} until the end of {day}. Cards come to you from now on.",
    ),
    "away_over": ("انتهى تفويض {name} لك.", "What {name} lent you has ended."),
    "do_yes": ("✅ نعم", "✅ Yes"),
    "do_no": ("↩️ لا", "↩️ No"),
    "away_dropped": ("لم يتغير شيء.", "Nothing was changed."),
    "back_none": ("لم تفوض أحدًا.", "You have lent nothing."),
    "back_sure": ("إنهاء تفويض {names} الآن؟", "End what you lent to {names} now?"),
    "back_done": ("👋 أهلًا بعودتك. انتهى التفويض.", "👋 Welcome back. Nobody decides for you any more."),
}


def say(key: str, language: Language, **values: object) -> str:
    """One sentence; what others wrote comes in already made safe."""
    return SENTENCES[key][LANGUAGES.index(language)].format(**values)
