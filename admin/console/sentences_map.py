"""Every sentence of the map page, in Arabic and English; stages and events are named by the house."""

from admin.console.sentences import LANGUAGES, Language

SENTENCES: dict[str, tuple[str, str]] = {
    "title": ("خريطة الصفقة", "The map of a deal"),
    "lead": (
        "أين يقف كل عميل الآن، ومن أين انتقل ومن نقله.",
        "Where every lead stands now, how they moved, and who moved them.",
    ),
    "window": ("الأيام", "Days"),
    "last_days": ("آخر {n} يومًا", "Last {n} days"),
    "last_7": ("آخر 7 أيام", "Last 7 days"),
    "last_30": ("آخر 30 يومًا", "Last 30 days"),
    "as_of": ("كما في {at}", "As of {at}"),
    "as_of_old": (
        "هذه أرقام {at}: قاعدة البيانات لا تجيب الآن. نحاول من جديد.",
        "These are the numbers of {at}: the database does not answer. We keep trying.",
    ),
    "refresh": ("حدّث", "Refresh"),
    "loading": ("نعدّ الصفقات…", "Counting the deals…"),
    "failed": (
        "لم نستطع عدّ الصفقات: قاعدة البيانات لا تجيب. نحاول كل ثوانٍ.",
        "The deals could not be counted: the database does not answer. We try again every few seconds.",
    ),
    "try_again": ("حاول مجددًا", "Try again"),
    "empty": (
        "لم يكتب أحد بعد. هذه هي الطريق؛ وستظهر عليها الأعداد مع أول رسالة.",
        "Nobody has written yet. This is the road; numbers appear on it with the first message.",
    ),
    "quiet": (
        "لم تتحرك أي صفقة في هذه المدة.",
        "No deal moved in this window.",
    ),
    "by_rules": ("القواعد", "Rules"),
    "by_sami": ("سامي", "Sami"),
    "by_system": ("النظام", "System"),
    "legend": ("من يحرّك", "Who moves"),
    "by_rules_hint": ("كلام العميل كما تفهمه القواعد", "what leads say, as the rules understand it"),
    "by_sami_hint": ("قرار إنسان", "a decision of a person"),
    "by_system_hint": ("مصدر موثوق كالحجز والدفع", "a verified source, such as a booking or a payment"),
    "waits": ("لا يخرج رد إلا بموافقة سامي", "No reply leaves without Sami"),
    "sami_agrees": ("كل رد هنا ينتظر موافقة سامي.", "Every reply here waits for Sami."),
    "from_everywhere": ("من أي مرحلة", "from any stage"),
    "came_n": ("دخل {n}", "{n} came"),
    "dropped_n": ("خرج {n}", "{n} lost"),
    "spoken_now": ("{stage}: {n} الآن.", "{stage}: {n} now."),
    "spoken_moves": (
        "في هذه المدة دخل {came} وغادر {left}، منهم {dropped} خسارة أو إيقاف.",
        "In the window {came} came and {left} left, {dropped} of them lost or stopped.",
    ),
    "choose_hint": (
        "اضغط على مرحلة لترى صفحاتها وما يقال فيها.",
        "Press a stage to see its pages and what is said there.",
    ),
    # The tables.
    "stages": ("المراحل", "Stages"),
    "steps": ("الانتقالات", "Moves"),
    "col_stage": ("المرحلة", "Stage"),
    "col_now": ("الآن", "Now"),
    "col_came": ("دخلوا", "Came"),
    "col_left": ("غادروا", "Left"),
    "col_dropped": ("خسارة أو إيقاف", "Lost or stopped"),
    "col_step": ("من ← إلى", "From → to"),
    "col_event": ("السبب", "Because"),
    "col_by": ("من حرّكها", "Moved by"),
    "col_count": ("العدد", "Count"),
    "of_left": ("{percent}٪ ممن غادر", "{percent}% of those who left"),
    "not_in_window": ("لم يحدث", "did not happen"),
    "show_idle": ("أظهر ما لم يحدث ({n})", "Show what did not happen ({n})"),
    "defined": (
        "«الآن»: المحادثات الواقفة في المرحلة لحظة العد. بقية الأعداد: الانتقالات المسجلة في {days} يومًا؛ عميل "
        "انتقل مرتين يُحسب مرتين.",
        "“Now”: conversations that stand in the stage at the moment of counting. All other numbers: moves recorded "
        "in {days} days; a lead who moved twice counts twice.",
    ),
    # One stage.
    "close": ("إغلاق", "Close"),
    "now_n": ("{n} الآن", "{n} now"),
    "leads_to": ("إلى أين", "Where it leads"),
    "pages": ("صفحات القواعد هنا", "Rule pages here"),
    "pages_none": ("لا صفحة تخص هذه المرحلة وحدها.", "No page is about this stage."),
    "pages_more": ("و{n} صفحة أخرى", "and {n} more pages"),
    "wordings": ("ما يقوله البوت هنا", "What the bot says here"),
    "wordings_none": ("لا نص يقال من هنا.", "Nothing is said from here."),
    "recent": ("آخر الانتقالات", "Latest moves"),
    "recent_none": ("لا انتقال في هذه المدة.", "No move in this window."),
    "recent_note": ("بلا أسماء ولا أرقام جوال.", "Without names or phone numbers."),
    "open_page": ("افتح الصفحة في الكتاب", "Open the page in the book"),
}


def say(key: str, language: Language, **values: object) -> str:
    """The sentence, its blanks filled."""
    text = SENTENCES[key][LANGUAGES.index(language)]
    return text.format(**values) if values else text
