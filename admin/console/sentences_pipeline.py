"""What the board of deals says."""

from admin.console.sentences import Sentences

SENTENCES: Sentences = {
    "title": ("Dealix · مسار الصفقات", "Dealix · Pipeline"),
    "heading": ("مسار الصفقات", "Pipeline"),
    "lead": (
        "كل صفقة في مرحلتها الآن، الأحدث أولًا. تتحرك بما حدث فعلًا، لا بالسحب.",
        "Every deal in its stage now, the latest first. It moves by what really happened, not by dragging.",
    ),
    "as_board": ("لوحة", "Board"),
    "as_map": ("خريطة", "Map"),
    "nobody_yet": ("لا صفقات بعد", "No deals yet"),
    "nobody_yet_hint": ("كل من يكتب أول مرة يظهر في «عميل جديد».", "Whoever writes first appears as a new lead."),
    "no_name": ("بلا اسم", "No name"),
    "no_value": ("لا قيمة محددة", "no value set"),
    "value_is": ("مجموع ما حُددت قيمته: {n}", "sum of {n} with a value"),
    "quiet_for": ("آخر كلام منذ {span}", "last word {span} ago"),
    "days": ("{n} يوم", "{n} days"),
    "mark_waits": ("ينتظر قرارًا", "waits for a yes"),
    "mark_human": ("مع إنسان", "with a human"),
    "move": ("سجّل ما حدث", "Record what happened"),
    "what_happened": ("ماذا حدث فعلًا؟", "What really happened?"),
    "record_sure": (
        "تسجيل: {event}. يُذكر اسمك وما عرفت به.",
        "Record: {event}. Your name stays beside it.",
    ),
    "how_known": ("كيف عرفت؟ رقم حجز، مرجع بنكي…", "How do you know? A booking, a bank reference…"),
    "how_much": ("كم وصل بالريال؟", "How much arrived, in riyals?"),
    "how_much_is": (
        "يدخل في الإيراد. إن تركته فارغًا فهو آخر مبلغ طُلب من العميل عبر طلب دفع.",
        "It becomes revenue. Left empty, it is what a payment request last asked them for.",
    ),
    "winning_is": (
        "تُعد رابحة بعد دفع متحقق منه؛ وإلا فاذكر السبب.",
        "It is won after a verified payment; without one, say why.",
    ),
    "why_without": ("سبب اعتبارها رابحة بلا دفع", "Why it is won without a payment"),
    "record_yes": ("نعم، سجّله", "Yes, record it"),
    "more": ("اعرض الأقدم", "Show older ones"),
}
