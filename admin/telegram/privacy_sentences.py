"""What cards about data requests say, in Arabic and English."""

from admin.telegram.sentences import LANGUAGES, Language

SENTENCES: dict[str, tuple[str, str]] = {
    "access": ("🔐 يطلب {name} معرفة ما نحفظه عنه", "🔐 {name} asks what is held about them"),
    "correction": ("🔐 يطلب {name} تصحيح بياناته", "🔐 {name} asks us to correct their data"),
    "deletion": ("🔐 يطلب {name} حذف بياناته", "🔐 {name} asks us to delete their data"),
    "restriction": (
        "🔐 يطلب {name} تقييد استخدام بياناته",
        "🔐 {name} wants the use of their data restricted",
    ),
    "reference": ("الرقم {reference}", "Number {reference}"),
    "due": ("⏳ موعده {at} (بقي {left})", "⏳ Due {at} ({left} left)"),
    "overdue": ("🔴 تجاوز موعده {at} منذ {left}", "🔴 Overdue since {at}, by {left}"),
    "pending": ("🟡 ينتظر", "🟡 Waits"),
    "processing": ("🔵 قيد التنفيذ", "🔵 Under way"),
    "completed": ("✅ أُنجز {at}", "✅ Done {at}"),
    "rejected": ("❌ رُفض {at}: {why}", "❌ Rejected {at}: {why}"),
    "title": ("🔐 طلبات أصحاب البيانات المفتوحة: {count}", "🔐 Open data requests: {count}"),
    "none": ("✨ لا طلبات بيانات مفتوحة.", "✨ No data request is open."),
    "more": ("و{count} غيرها", "and {count} more"),
    "do_page": ("🖥 فتح في لوحة التحكم", "🖥 Open in the console"),
    "no_name": ("عميل", "A contact"),
}


def say(key: str, language: Language, **values: object) -> str:
    """One sentence; what others wrote comes in already made safe."""
    return SENTENCES[key][LANGUAGES.index(language)].format(**values)
