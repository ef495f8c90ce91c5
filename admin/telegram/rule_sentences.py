"""What cards about changes of the rules say, in Arabic and English."""

from admin.telegram.sentences import Language

SENTENCES: dict[str, tuple[str, str]] = {
    "heading": ("تعديل على القواعد ينتظر موافقة ثانية:", "A change of the rules waits for a second yes:"),
    "no_title": ("بلا عنوان", "without a title"),
    "by": ("كتبه {name}", "Written by {name}"),
    "more_files": ("و{n} ملفات أخرى", "and {n} more files"),
    "tested": (
        "اجتاز الفحص: {pages} صفحة قرار، {examples} مثالًا، {chats} محادثة",
        "It passed: {pages} deciding pages, {examples} examples, {chats} chats",
    ),
    "no_replay": (
        "لا قرارات سابقة لإعادة تشغيلها",
        "There are no earlier decisions to replay",
    ),
    "replayed": (
        "من {n} قرارًا سابقًا كان سيختلف {changed}",
        "Of {n} earlier decisions {changed} would have been different",
    ),
    "freed": (
        "⚠️ منها {n} كانت تنتظرك وستُرسل وحدها",
        "⚠️ {n} of them waited for you and would leave by themselves",
    ),
    "state_open": ("أعاده صاحبه إلى التحرير", "Its author is writing again"),
    "state_submitted": ("بعد موافقتك يسري خلال ثوانٍ", "With your yes it is in force within seconds"),
    "state_published": ("✅ وافق {name} وهو سارٍ الآن", "✅ {name} agreed, and it is in force"),
    "state_refused": ("❌ رفضه {name}: {why}", "❌ Refused by {name}: {why}"),
    "state_withdrawn": ("سحبه {name}", "Withdrawn by {name}"),
    "gone": ("لم يعد هذا التعديل موجودًا", "This change no longer exists"),
    "do_agree": ("أوافق", "Agree"),
    "do_refuse": ("أرفض", "Refuse"),
    "do_back": ("رجوع", "Back"),
    "pick_reason": ("لماذا؟", "Why?"),
    "reason_wording": ("الصياغة تحتاج تعديلًا", "The wording needs work"),
    "reason_too_broad": ("يشمل رسائل أكثر مما يجب", "It reaches too many messages"),
    "reason_later": ("ليس الآن", "Not now"),
    "reason_other": ("سبب آخر، نتكلم", "Something else, let us talk"),
    "ok_agreed": ("تم، النسخة {number} سارية", "Done, edition {number} is in force"),
    "ok_refused": ("تم الرفض وسيعرف صاحبه السبب", "Refused; its author sees why"),
}


def say(key: str, language: Language, **values: object) -> str:
    """One sentence."""
    return SENTENCES[key][0 if language == "ar" else 1].format(**values)
