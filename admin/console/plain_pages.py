"""The two pages that stand before the simulator: the house is still starting, and you cannot come in."""

from html import escape

# Arabic first, then English: (title, why, what to do).
_REASONS = {
    "from_elsewhere": (
        (
            "هذه الصفحة تفتح على هذا الجهاز فقط",
            "صفحة المحاكاة تتصرف باسم سامي بلا كلمة مرور، لذلك لا تُفتح من جهاز آخر ولا عبر وسيط.",
            "افتحها على الجهاز الذي يعمل عليه Dealix: ‎http://localhost:{port}/simulator",
        ),
        (
            "This page opens on this machine only",
            "The simulator acts as Sami without a password, so it opens neither from another machine nor through"
            " a proxy.",
            "Open it on the machine where Dealix runs: http://localhost:{port}/simulator",
        ),
    ),
    "foreign_name": (
        (
            "هذا العنوان ليس عنوان المحاكاة",
            "وصل الطلب باسم غير localhost، وقد تكون صفحة غريبة تحاول التصرف باسم سامي.",
            "افتحها بالاسم localhost أو 127.0.0.1.",
        ),
        (
            "This is not the simulator's address",
            "The request came under a name that is not localhost; a foreign page may be trying to act as Sami.",
            "Open it as localhost or 127.0.0.1.",
        ),
    ),
    "foreign_site": (
        (
            "موقع آخر حاول فتح المحاكاة",
            "لا تستقبل المحاكاة طلبات من مواقع أخرى.",
            "افتحها مباشرة من المتصفح بالاسم localhost.",
        ),
        (
            "Another site tried to open the simulator",
            "The simulator takes no requests from other sites.",
            "Open it directly in the browser, as localhost.",
        ),
    ),
    "no_simulator": (
        (
            "المحاكاة مغلقة لأن واتساب حقيقي مُعدّ هنا",
            "عند ضبط مزود حقيقي تُغلق المحاكاة، ويعتمد سامي الردود في تيليجرام.",
            "لتشغيلها مع ذلك: عيّن DEALIX_SIMULATOR=on ثم أعد التشغيل.",
        ),
        (
            "The simulator is off, because a real WhatsApp provider is configured here",
            "With a real provider the simulator is closed, and Sami approves replies in Telegram.",
            "To have it all the same, set DEALIX_SIMULATOR=on and start again.",
        ),
    ),
}

_STARTING = (
    ("Dealix يبدأ الآن", "تُفتح قاعدة البيانات ويُقرأ كتاب القواعد. تفتح الصفحة وحدها خلال ثوانٍ."),
    ("Dealix is starting", "The database opens and the rule book is read. This page opens by itself in seconds."),
)

_STYLE = """
:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.7 "IBM Plex Sans Arabic",system-ui,
sans-serif;background:#f4f6f5;color:#16211f}
main{max-width:34rem;margin:1.5rem;padding:2rem 2.25rem;background:#fff;border:1px solid #dfe5e3;
border-radius:18px}
h1{font-size:1.2rem;margin:.2rem 0 .6rem}p{margin:.4rem 0}
section+section{margin-top:1.4rem;padding-top:1.4rem;border-top:1px solid #dfe5e3}
strong{color:#0b6e5a}
i{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;background:#0b6e5a;
animation:b 1s infinite alternate}
@keyframes b{to{opacity:.2}}
@media(prefers-color-scheme:dark){body{background:#0e1514;color:#e6eeec}main{background:#16201e;border-color:#293633}
section+section{border-color:#293633}strong{color:#4fd1b3}i{background:#4fd1b3}}
@media(prefers-reduced-motion:reduce){i{animation:none}}
"""


def refused(reason: str, port: int) -> str:
    """Why the page does not open, and what to do."""
    arabic, english = (
        f"<h1>{escape(title)}</h1><p>{escape(why)}</p><p><strong>{escape(what.format(port=port))}</strong></p>"
        for title, why, what in _REASONS[reason]
    )
    return _page(arabic, english)


def starting() -> str:
    """Shown until everything is ready; it asks again every second."""
    arabic, english = (f"<h1>{escape(title)}</h1><p>{escape(text)}</p>" for title, text in _STARTING)
    return _page(f"<i></i>{arabic}", english, '<meta http-equiv="refresh" content="1">')


def _page(arabic: str, english: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>Dealix</title>{head}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>"
        f'<section>{arabic}</section><section lang="en" dir="ltr">{english}</section></main></body></html>'
    )
